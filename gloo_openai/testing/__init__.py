"""A local Gloo AI to test against: a real HTTP server on loopback, in `gloo-openai[testing]`.

`LocalGloo` is the server, and the pytest fixture `local_gloo` is a fresh one for every test.
"""

from typing import TYPE_CHECKING

from .answers import Answer
from .catalogue import odd_models
from .faults import Fault
from .wire import SeenRequest

if TYPE_CHECKING:
    from .server import LocalGloo
else:
    # Lazy, because pytest imports the plugin in this package on every run, and the server needs
    # pytest-httpserver, which only the extra installs.
    def __getattr__(name: str) -> object:
        if name == "LocalGloo":
            from .server import LocalGloo

            return LocalGloo
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = ["Answer", "Fault", "LocalGloo", "SeenRequest", "odd_models"]
