"""A front door in OpenAI's shape for tools that take only a URL and a key.

`create_app` is the ASGI application, `serve` runs it on loopback; both are in the extra
`gloo-openai[proxy]`. What a user sees is described in docs/proxy.md.
"""

try:
    from .app import create_app
    from .server import listen, serve
    from .start import doubt_of
except ModuleNotFoundError as error:
    missing = (error.name or "").partition(".")[0]
    if missing not in ("starlette", "uvicorn"):  # the core does not depend on them
        raise
    raise ImportError(
        f"the proxy needs {missing}, which is not installed: pip install 'gloo-openai[proxy]'"
    ) from error

__all__ = ["create_app", "doubt_of", "listen", "serve"]
