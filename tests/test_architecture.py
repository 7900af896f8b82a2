"""The package is laid out in rooms, and docs/architecture.md tells the truth about them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "gloo_openai"
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
INTERNALS = (ROOT / "docs" / "internals.md").read_text(encoding="utf-8")

# From the top floor down: what stands on a floor imports from its own room and from lower floors.
FLOORS = [
    {"__main__"},
    {"cli"},
    {"proxy", "integrations"},
    {"__init__"},
    {"client"},
    {"base_client", "client_options"},
    {"resources"},
    {"answers"},
    {"calls"},
    {"responses_body"},
    {"routing"},
    {"auth"},
    {"endpoints", "traditions"},
    {"errors"},
    {"portable"},
    {"http_libraries", "lazy", "shapes", "signatures"},
]
FRONT_DOORS = ("cli", "proxy", "integrations")
FILES = sorted(PACKAGE.rglob("*.py"))


def modules_of(path: Path) -> list[str]:
    """A file's name below the package, in parts: `["auth", "hook"]`, `["auth", "__init__"]`."""
    return list(path.relative_to(PACKAGE).with_suffix("").parts)


def imports(path: Path) -> Iterator[tuple[list[str], str]]:
    """What a file imports from the package: the module, in parts, and the name.

    Everywhere in it: on top, inside functions, and for type checkers only.
    """
    here = modules_of(path)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.ImportFrom):
            continue
        named = (node.module or "").split(".") if node.module else []
        if node.level:
            base = here[: len(here) - node.level]
        elif named[:1] == ["gloo_openai"]:
            base, named = [], named[1:]
        else:
            continue
        for alias in node.names:
            yield [*base, *named], alias.name


def file_of(module: list[str], name: str) -> Path:
    """The file that an import leads to: a module, a package's face, or a module of a package."""
    inner = PACKAGE.joinpath(*module, f"{name}.py")
    if inner.is_file():
        return inner
    if PACKAGE.joinpath(*module, name, "__init__.py").is_file():
        return PACKAGE.joinpath(*module, name, "__init__.py")
    path = PACKAGE.joinpath(*module)
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def room_of(path: Path) -> str:
    return modules_of(path)[0]


def floor_of(path: Path) -> int:
    return next(n for n, floor in enumerate(FLOORS) if room_of(path) in floor)


def name_of(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


def arrows() -> Iterator[tuple[Path, Path, str]]:
    """Every import of the package: from which file, of which, and which name."""
    for path in FILES:
        for module, name in imports(path):
            target = file_of(module, name)
            if target != path:
                yield path, target, name


def test_every_file_stands_on_a_floor() -> None:
    """Who adds a file at the top, or a room, says here where it belongs."""
    known = set().union(*FLOORS, {"testing"})
    assert {room_of(path) for path in FILES} == known


def test_arrows_go_down() -> None:
    """Clients, resources, answers, rules, auth, ground: the lower know nothing of the higher."""
    upwards = [
        f"{name_of(path)} imports {name} of {name_of(target)}"
        for path, target, name in arrows()
        if "testing" not in (room_of(path), room_of(target))
        and room_of(path) != room_of(target)
        and floor_of(target) <= floor_of(path)
    ]
    assert upwards == []


def test_there_is_no_circle() -> None:
    """Not even of imports inside functions, or for type checkers, but for a face and its room."""
    below: dict[Path, set[Path]] = {path: set() for path in FILES}
    for path, target, _ in arrows():
        if path.name != "__init__.py":
            below[path].add(target)
    circles: list[str] = []

    def visit(path: Path, trail: tuple[Path, ...]) -> None:
        if path in trail:
            circles.append(" -> ".join(map(name_of, (*trail[trail.index(path) :], path))))
            return
        for target in below[path]:
            if path not in done:
                visit(target, (*trail, path))
        done.add(path)

    done: set[Path] = set()
    for path in FILES:
        visit(path, ())
    assert circles == []


def test_rooms_are_entered_by_their_face() -> None:
    """Another room's inner files are its own business."""
    inside = [
        f"{name_of(path)} imports {name} of {name_of(target)}"
        for path, target, name in arrows()
        if room_of(path) != room_of(target)
        and len(modules_of(target)) > 1
        and target.name != "__init__.py"
    ]
    assert inside == []


@pytest.mark.parametrize("room", ["", "auth", "answers", "resources", "proxy", "testing"])
def test_a_face_says_what_it_is_for_and_hands_out_what_it_lists(room: str) -> None:
    face = import_module(".".join(["gloo_openai", room]).rstrip("."))
    assert face.__doc__
    assert [name for name in face.__all__ if not hasattr(face, name)] == []
    assert not hasattr(face, "no_such_name")


def test_other_rooms_import_what_a_face_or_a_file_lists() -> None:
    """Front doors above all: they use the package as a user would, through public names."""
    unlisted = [
        f"{name_of(path)} imports {name} of {name_of(target)}"
        for path, target, name in arrows()
        if room_of(path) != room_of(target)
        and name not in [*listed(target), "__version__", room_of(target)]
    ]
    assert unlisted == []


def listed(path: Path) -> list[str]:
    """A file's `__all__`, read and not imported: some name types that only the newest SDK has."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return list(ast.literal_eval(node.value))
    return []


def test_a_folders_name_is_not_repeated_in_its_files() -> None:
    """`auth/hook.py` and not `auth/auth_hook.py`: a name is read with its folder."""
    repeated = [
        name_of(path)
        for path in FILES
        for folder in modules_of(path)[:-1]
        if folder.rstrip("s") in path.stem.split("_") or folder in path.stem.split("_")
    ]
    assert repeated == []


def test_the_page_names_every_file() -> None:
    """Who adds a file of the core says there, in one line, what it is for."""
    table = PAGE.split("| file | its job |")[1].split("\n\n")[0]
    rows = re.findall(r"^\| `([\w/]+\.py)` \|", table, re.MULTILINE)
    core = [
        name_of(path)
        for path in FILES
        if room_of(path) not in (*FRONT_DOORS, "testing") and not path.stem.startswith("__")
    ]
    assert sorted(rows) == sorted(core)


def test_the_page_names_every_room_of_the_tests() -> None:
    """Who looks for what keeps a promise finds it."""
    tests = {path.name for path in (ROOT / "tests").glob("test_*.py")}
    rooms = {path.parent.name + "/" for path in (ROOT / "tests").glob("*/test_*.py")}
    assert (tests | rooms) - set(re.findall(r"`(\w+(?:\.py|/))`", INTERNALS)) == set()


def test_the_local_gloo_imports_nothing_of_the_rest() -> None:
    """A server that shared the client's code would share its mistakes."""
    shared = [
        f"{name_of(path)} imports {name_of(target)}"
        for path, target, _ in arrows()
        if room_of(path) == "testing" != room_of(target)
    ]
    assert shared == []
