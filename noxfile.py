"""The checks that need environments of their own: `nox`, or one of them: `nox -s lint`."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import nox

nox.options.default_venv_backend = "uv|virtualenv"
nox.options.sessions = ["lint", "types", "docs", "sdk", "package"]
nox.options.error_on_missing_interpreters = False

PYPROJECT = nox.project.load_toml("pyproject.toml")
PYTHONS = nox.project.python_versions(PYPROJECT)

# Both generations of the SDK, the oldest and the newest of each. The two old ones have only the
# HTTP library that they bring themselves, the two new ones have both. Each has a Python of its
# own where that is installed; the oldest comes with the lowest version of everything else.
SDKS = {
    "2.31": ("openai==2.31.*", "httpx2", "3.10"),
    "2": ("openai>=2.31,<3", None, "3.12"),
    "3.0": ("openai==3.0.*", "httpx", "3.13"),
    "3": ("openai>=3,<4", None, "3.14"),
}


def group(name: str) -> list[str]:
    """The requirements of a dependency group in pyproject.toml."""
    return list(nox.project.dependency_groups(PYPROJECT, name))


def found(python: str) -> str | None:
    """The interpreter of a version; None, which is nox's own, where it is not to be had."""
    command = shutil.which(f"python{python}")
    works = (
        command
        and subprocess.run([command, "--version"], capture_output=True, check=False).returncode == 0
    )
    return command if works else None


def test(session: nox.Session, sdk: str) -> None:
    """Run the whole suite on one SDK."""
    requirement, absent, _ = SDKS[sdk]
    wanted = [each for each in group("test") if absent is None or not each.startswith(f"{absent}>")]
    lowest = ["--resolution", "lowest-direct"] if sdk == "2.31" else []
    session.install(*lowest, "-e", ".[cli,proxy,testing]", requirement, *wanted)
    session.run("python", "--version")
    session.run("python", "-c", "import openai; print('openai', openai.__version__)")
    # Trio is tested where there is one HTTP library, both libraries without it, to stay short.
    env = {"HTTP_LIBRARIES": "all", "TESTS": "all" if absent else ""}
    session.run(
        "python", "-m", "pytest", "-q", "-n", "4", "--dist", "worksteal", *session.posargs, env=env
    )


@nox.session(venv_backend="uv")
@nox.parametrize(
    "python,sdk", [(found(python), sdk) for sdk, (_, _, python) in SDKS.items()], ids=list(SDKS)
)
def sdk(session: nox.Session, sdk: str) -> None:
    """The whole suite on the oldest and newest openai 2 and 3."""
    test(session, sdk)


@nox.session(python=PYTHONS)
def python(session: nox.Session) -> None:
    """The whole suite on every Python that is found, with the newest SDK."""
    test(session, "3")


@nox.session
def lint(session: nox.Session) -> None:
    """Ruff: rules and format."""
    session.install(*(each for each in group("lint") if each.startswith("ruff")))
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")


@nox.session
def types(session: nox.Session) -> None:
    """Mypy and pyright, strict, on the package and on code that uses it as a user does.

    Pyright takes every Python in turn, mypy the one in use, the oldest and the newest.
    """
    session.install("-e", ".[cli,proxy,testing]", *group("test"), *group("lint"))
    session.run("mypy")
    for version in (PYTHONS[0], PYTHONS[-1]):
        session.run("mypy", "--python-version", version, "gloo_openai", "tests/typing", "examples")
    for version in PYTHONS:
        session.run("pyright", "--pythonpath", f"{session.bin}/python", "--pythonversion", version)


@nox.session
def docs(session: nox.Session) -> None:
    """The site, in site/; a warning is an error, as is a link or a name that leads nowhere."""
    session.install("-e", ".[cli,testing]", *group("docs"))
    session.run(
        "python", "-m", "sphinx", "--nitpicky", "--fail-on-warning", "--keep-going",
        "--fresh-env", "--quiet", "docs", "site", *session.posargs,
    )  # fmt: skip


@nox.session
def links(session: nox.Session) -> None:
    """The links to elsewhere, which only a network can tell; the others are a test."""
    session.install("-e", ".[cli,testing]", *group("docs"))
    session.run("python", "-m", "sphinx", "-b", "linkcheck", "--quiet", "docs", "site/links")


@nox.session
def bench(session: nox.Session) -> None:
    """What the adapter costs, beside what people use in its place: `nox -s bench -- --help`."""
    session.install("-e", ".[testing]", *group("test"), *group("bench"))
    # Importing is timed where nothing is installed but what the package needs.
    plain = Path(session.virtualenv.location) / "plain"
    session.run("python", "-m", "venv", "--clear", str(plain))
    python = next(str(path) for path in plain.glob("*/python*") if path.stem == "python")
    session.run(python, "-m", "pip", "install", "--quiet", ".", external=True)
    # What people use in the adapter's place brings one generation of the SDK: the other one has an
    # environment of its own.
    asked = "import openai; print(openai.__version__.split('.')[0])"
    here = str(session.run("python", "-c", asked, silent=True)).strip()
    other = Path(session.virtualenv.location) / "other"
    session.run("python", "-m", "venv", "--clear", str(other))
    second = next(str(path) for path in other.glob("*/python*") if path.stem == "python")
    wanted = ["-e", ".[testing]", *group("test"), SDKS["2" if here == "3" else "3"][0]]
    session.run(second, "-m", "pip", "install", "--quiet", *wanted, external=True)
    pythons = ["--plain-python", python, "--other-python", second]
    session.run("python", "-m", "benchmarks", *pythons, *session.posargs)


@nox.session
@nox.parametrize("sdk", ["2", "3"], ids=["2", "3"])
def chaos(session: nox.Session, sdk: str) -> None:
    """Every fault, in every world, on the newest of both SDK generations."""
    session.install("-e", ".[testing]", SDKS[sdk][0], *group("test"))
    session.run("python", "-m", "chaos", *session.posargs)


@nox.session
def scaling(session: nox.Session) -> None:
    """The example of docs/scaling.md: worker processes that are stopped, killed and resumed."""
    session.install("-e", ".[testing]", *group("test"), *group("scaling"))
    session.run("python", "-m", "pytest", "-q", "tests/test_scaling.py", *session.posargs)


@nox.session
def package(session: nox.Session) -> None:
    """What would be published: built, looked into, installed where nothing else is, and run."""
    session.install("-e", ".[testing]", *group("test"), *group("package"))
    session.run("python", "-m", "pytest", "-q", "tests/test_package.py", *session.posargs)


FRAMEWORKS = [
    path.stem.removeprefix("test_").replace("_", "-")
    for path in sorted(Path("tests/frameworks").glob("test_*.py"))
]


@nox.session
@nox.parametrize("name", FRAMEWORKS, ids=FRAMEWORKS)
def frameworks(session: nox.Session, name: str) -> None:
    """One framework of docs/frameworks/ in its newest release; `-- --recorded`: as recorded.

    `-- --record` keeps the results and the versions, for the tables.
    """
    extra = PYPROJECT["project"]["optional-dependencies"][name]
    # The newest of all, but of what has an upper bound alone: there what came after breaks it.
    wanted = [
        each if re.search(r"^[^>=]+<", each) else re.split(r"[<>=]", each)[0] for each in extra
    ]
    newest(session, "frameworks", name, wanted)


# What is installed for each tracer of docs/tracing.md. OpenTelemetry's own imports httpx, which
# openai 3 does not bring, and a module that its helper has renamed in 1.2.
TRACERS = {
    "chainlit": ["chainlit"],
    "ddtrace": ["ddtrace", "msgpack"],
    "langsmith": ["langsmith"],
    "logfire": ["logfire"],
    "mlflow": ["mlflow"],
    "openai-v2": [
        "opentelemetry-instrumentation-openai-v2",
        "opentelemetry-sdk",
        "opentelemetry-util-genai<1.2",
        "httpx",
    ],
    "openinference": ["openinference-instrumentation-openai"],
    "sentry": ["sentry-sdk"],
    "weave": ["weave"],
    "traceloop": ["opentelemetry-instrumentation-openai", "opentelemetry-sdk"],
}


@nox.session
@nox.parametrize("name", list(TRACERS), ids=list(TRACERS))
def tracers(session: nox.Session, name: str) -> None:
    """One tracer of docs/tracing.md in its newest release; `-- --recorded`: as recorded.

    `-- --record` keeps the results and the versions, for the table: scripts/tracers_table.py.
    """
    newest(session, "tracers", name, TRACERS[name])


def newest(session: nox.Session, kind: str, name: str, wanted: list[str]) -> None:
    """Run the tests of something of other people's, with its newest release or the recorded one."""
    options = [option for option in session.posargs if option != "--recorded"]
    if len(options) < len(session.posargs):
        wanted = [*wanted, "--constraint", f"tests/{kind}/constraints/{name}.txt"]
    session.install("-e", ".[testing]", "certifi", *wanted)
    tests = f"tests/{kind}/test_{name.replace('-', '_')}.py"
    # Datadog's plugin would read its settings before the test has made them.
    session.run("python", "-m", "pytest", "-q", "-p", "no:ddtrace", tests, *options)


if __name__ == "__main__":
    sys.exit("run it with nox")
