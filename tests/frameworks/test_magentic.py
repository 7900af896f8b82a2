"""magentic: functions whose body is a prompt."""

from typing import Any, ClassVar

from magentic import AsyncStreamedStr, StreamedStr, prompt, prompt_chain

from .checklist import Verse
from .own_classes import OwnClass


class TestSync(OwnClass):
    """`prompt`, `prompt_chain`."""

    section = "magentic"
    packages = ("magentic",)
    keeps_routing = False
    lacks: ClassVar[dict[str, str]] = {
        "a_refusal_has_no_shape": "magentic reads shapes from streams"
    }

    def model(self, name: str, **options: Any) -> Any:
        return self.page["GlooChatModel"](name, **options)

    def shown(self, model: Any) -> str:
        return repr(model) + str(vars(model))

    def ask(self, model: Any, question: str) -> Any:
        @prompt("{question}", model=model)
        def asked(question: str) -> str: ...

        return asked(question)

    def stream(self, model: Any, question: str) -> Any:
        @prompt("{question}", model=model)
        def asked(question: str) -> StreamedStr: ...

        return list(asked(question))

    def agent(self, model: Any, question: str, tool: Any) -> Any:
        @prompt_chain("{question}", functions=[tool], model=model)
        def asked(question: str) -> str: ...

        return asked(question)

    def structured(self, model: Any, question: str) -> Any:
        @prompt("{question}", model=model)
        def asked(question: str) -> Verse: ...

        return asked(question)


class TestAsync(TestSync):
    """The same, awaited."""

    async def ask(self, model: Any, question: str) -> Any:
        @prompt("{question}", model=model)
        async def asked(question: str) -> str: ...

        return await asked(question)

    async def stream(self, model: Any, question: str) -> Any:
        @prompt("{question}", model=model)
        async def asked(question: str) -> AsyncStreamedStr: ...

        return [piece async for piece in await asked(question)]

    async def agent(self, model: Any, question: str, tool: Any) -> Any:
        @prompt_chain("{question}", functions=[tool], model=model)
        async def asked(question: str) -> str: ...

        return await asked(question)

    async def structured(self, model: Any, question: str) -> Any:
        @prompt("{question}", model=model)
        async def asked(question: str) -> Verse: ...

        return await asked(question)
