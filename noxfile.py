"""The checks of the project; plain `nox` runs what continuous integration runs.

Sessions need nothing but nox and an interpreter: each makes an environment of its own.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import nox

ROOT = Path(__file__).parent
PYPROJECT = nox.project.load_toml(ROOT / "pyproject.toml")

nox.needs_version = ">=2025.5"
nox.options.sessions = ["tests", "trio", "httptools", "lint", "typing", "docs", "wheel"]
nox.options.error_on_missing_interpreters = False
nox.options.reuse_existing_virtualenvs = True
nox.options.default_venv_backend = "uv|virtualenv"

ON_HTTPX2 = ROOT / "tests" / "support" / "on_httpx2"
"""First on the path, it lets whoever imports httpx have httpx2."""

PEERS = {
    "openai": "openai==3.52.0",
    "anthropic": "anthropic==2.14.0",
    "openrouter": "openrouter==1.3.84",
    "litellm": "litellm[mcp]==1.106.2",
    "pydantic_ai": "pydantic-ai-slim[openai]==2.68.0",
    "langchain": "langchain-openrouter==0.2.9",
}
"""Other clients: those that judge the emulator, and those that are measured beside ours.

litellm sends tools only where its extra `mcp` is installed.
"""

TOOLS = {
    "respx": ("respx", ["respx==0.23.1"]),
    "pytest_httpx": ("pytest_httpx", ["pytest-httpx==0.36.2", "httpx2-pytest==2.0.0"]),
    "vcrpy": ("vcr", ["vcrpy==9.4.2"]),
    "pytest_recording": ("pytest_recording", ["pytest-recording==0.14.1"]),
    "opentelemetry": (
        "opentelemetry",
        ["opentelemetry-instrumentation-httpx==0.66b2", "opentelemetry-sdk==1.45.2"],
    ),
    "sentry": ("sentry_sdk", ["sentry-sdk==2.75.0"]),
    "logfire": ("logfire,opentelemetry", ["logfire[httpx]==5.4.0"]),
    "openinference": (
        "openinference,opentelemetry",
        ["openinference-instrumentation-pydantic-ai==0.1.30", "opentelemetry-sdk==1.45.2"],
    ),
    "langfuse": ("langfuse,opentelemetry", ["langfuse==5.0.4"]),
    "structlog": ("structlog", ["structlog==26.1.0"]),
    "ddtrace": ("ddtrace", ["ddtrace==4.16.0"]),
}
"""Tools that watch calls: for each test file of tests/tools_seen the modules it needs, and their packages."""

JUDGES = {
    "instructor": ["instructor==1.17.0"],
    "pydantic_ai": [PEERS["pydantic_ai"]],
    "langchain": [PEERS["langchain"]],
    "llm": ["llm==0.36"],
    "pytest": [
        "-e",
        ".[testing]",
        "pytest-asyncio==1.5.0",
        "pytest-randomly==5.1.0",
        "pytest-recording==0.14.1",
        "pytest-timeout==2.4.0",
        "pytest-xdist==3.8.0",
        "trio==0.35.0",
    ],
}
"""Judges in Python, each with its packages; those in Node are in tests/judges/node/package.json."""


def install(session: nox.Session, *groups: str, extras: str = "") -> None:
    """Install the package as it is in the working tree, with extras, and the tools of some groups."""
    tools = nox.project.dependency_groups(PYPROJECT, *groups) if groups else ()
    session.install("-q", "-e", f".[{extras}]" if extras else ".", *tools)


def own_python(session: nox.Session) -> str:
    """Return the interpreter of a session; uv does not find `python` where the path has `python3` alone."""
    return str(Path(session.bin, "python"))


def peer_pythons(session: nox.Session, *names: str) -> dict[str, str]:
    """Install other clients, each in an environment of its own, and return the interpreters of those."""
    built = Path(session.create_tmp()).resolve()
    pythons = {}
    for name in names:
        pythons[name] = str(built / name / "bin" / "python")
        session.run("python", "-m", "venv", str(built / name))
        session.log(f"{name}: {PEERS[name]}")
        session.run(pythons[name], "-m", "pip", "install", "-q", PEERS[name], external=True)
    return pythons


@nox.session(python=["3.11", "3.12", "3.13", "3.14"])
def tests(session: nox.Session) -> None:
    """Run the suite and the examples of the documentation, on each Python found."""
    install(session, extras="dev")
    session.run("pytest", "-n", "auto", *session.posargs)


@nox.session
def slow(session: nox.Session) -> None:
    """Run the tests that take longest, which the command of README.md leaves out."""
    install(session, extras="dev")
    session.run("pytest", "-n", "auto", "-m", "slow", *session.posargs)


@nox.session
def trio(session: nox.Session) -> None:
    """Run the tests that know no event loop under trio."""
    install(session, extras="dev")
    session.run("pytest", "-n", "auto", "tests", "--trio", "-m", "loopback", *session.posargs)


@nox.session
def lowest(session: nox.Session) -> None:
    """Run the loopback tests with the lowest versions that pyproject.toml allows, which have no known holes."""
    session.install("-q", "uv")
    lowest = ("--resolution", "lowest-direct", "-e", ".[dev]")
    session.run("uv", "pip", "install", "-q", "--python", own_python(session), *lowest)
    session.run("pytest", "tests", "-q", "-m", "loopback", *session.posargs)


@nox.session
def audit(session: nox.Session) -> None:
    """Look for known holes in what the extras install, where the database of them can be reached."""
    install(session, extras="all")
    session.install("-q", "pip-audit")
    told = Path(session.create_tmp()).resolve() / "audit.json"
    session.run(
        "pip-audit", "--skip-editable", "--format", "json", "--output", str(told), success_codes=[0, 1]
    )
    packages = json.loads(told.read_text("utf-8"))["dependencies"]
    holes = [f"{each['name']}: {hole['id']}" for each in packages for hole in each.get("vulns", ())]
    if holes:
        session.error(f"what is installed has known holes: {', '.join(holes)}")
    if all("skip_reason" in each for each in packages):
        session.skip("the database of known holes cannot be reached from here")


@nox.session
def httptools(session: nox.Session) -> None:
    """Run the tests of the wire, or those named, with httptools as the parser, under both event loops."""
    install(session, extras="dev")
    faults = [f"tests/faults/test_{name}.py" for name in ("connections", "lifetime", "streams_that_fail")]
    pytest = ("pytest", "-n", "auto", "--httptools", "-q")
    session.run(*pytest, *(session.posargs or ["tests/_http", *faults]))
    session.run(*pytest, *(session.posargs or ["tests/_http"]), "--trio", "-m", "loopback")


@nox.session
def httpx2(session: nox.Session) -> None:
    """Run the suite, or the tests named, where httpx2 is installed and httpx is not."""
    install(session, extras="dev")
    uninstall = ["uv", "pip", "uninstall"] if session.venv_backend == "uv" else ["pip", "uninstall", "-y"]
    session.run(*uninstall, "-q", "httpx", "httpcore", external=True)
    session.run(
        "pytest", "-n", "auto", "-q", *(session.posargs or ["tests"]), env={"PYTHONPATH": str(ON_HTTPX2)}
    )


@nox.session
def faults(session: nox.Session) -> None:
    """Provoke every fault, under both event loops, over httptools and through proxies; write the table of the docs."""
    install(session, "web", extras="dev")
    runs = ("asyncio", "trio", "httptools", "http", "socks5")
    reports = [str(Path(session.create_tmp()).resolve() / f"{run}.xml") for run in runs]
    # Rows of the local servers are tested with the servers; a failed row is written down, and fails at the end.
    chosen = ["tests", "-q", "-k", "(faults and not test_faults) or test_W0 or test_W1 or test_J0 or test_J1"]
    session.run("pytest", *chosen, "--junitxml", reports[0], success_codes=[0, 1])
    session.run("pytest", *chosen, "--trio", "-m", "loopback", "--junitxml", reports[1], success_codes=[0, 1])
    session.run("pytest", *chosen, "--httptools", "--junitxml", reports[2], success_codes=[0, 1])
    for kind, report in zip(runs[3:], reports[3:], strict=True):
        session.run(
            "pytest", "tests/faults", "-q", "--proxy", kind, "--junitxml", report, success_codes=[0, 1]
        )
    session.run("python", "-m", "tests.faults.table", "docs/faults-table.md", *reports)


@nox.session
def fuzz(session: nox.Session) -> None:
    """Fuzz what reads bytes of others: `nox -s fuzz -- SECONDS [TARGET ...]`; see tests/fuzz."""
    install(session, "fuzz", extras="dev")
    session.run("python", "-m", "tests.fuzz", *(session.posargs or ["60"]))


@nox.session
def properties(session: nox.Session) -> None:
    """Draw ten times as many examples in the tests that say how many."""
    install(session, extras="dev")
    tests = ["tests/structured", "tests/recorded", "tests/_http/http11", "tests/ledger/test_holders.py"]
    more = {"OPENROUTER_ASYNC_EXAMPLES": "10"}
    session.run("pytest", "-n", "auto", *tests, "tests/cli/test_drawn_answer.py", *session.posargs, env=more)


@nox.session
def soak(session: nox.Session) -> None:
    """A hundred calls at once against a service on a bad day: `nox -s soak -- SECONDS [--cancels N]`."""
    install(session, extras="dev")
    session.run("python", "-m", "tests.faults.soak", *(session.posargs or ["20", "--cancels", "1000"]))


@nox.session
def lint(session: nox.Session) -> None:
    """Look for mistakes, and for formatting that differs from ruff's."""
    session.install("-q", *nox.project.dependency_groups(PYPROJECT, "lint"))
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session
def typing(session: nox.Session) -> None:
    """Check the types of the package, of the examples, and of the documentation, with mypy and pyright."""
    install(session, "typing", "snippets", extras="all")
    checked = ("src", "tests/typing", "tests/contract/calls", "examples")
    session.run("mypy", "--strict", *checked)
    session.run("pyright", *checked)
    examples = Path(session.create_tmp()).resolve() / "examples"
    shutil.rmtree(examples, ignore_errors=True)
    session.run("python", "-m", "tests.support.doc_modules", str(examples))
    # The examples of a page share their names, so a later one may use a name for another type.
    session.run("mypy", "--strict", "--allow-redefinition", "--disable-error-code=no-redef", str(examples))
    session.run("pyright", "-p", str(examples))


@nox.session
def docs(session: nox.Session) -> None:
    """Build the documentation, and count the parameters that its reference shows; a warning is an error."""
    install(session, "docs", extras="all")
    site = Path(session.create_tmp()).resolve() / "site"
    quiet = {"NO_MKDOCS_2_WARNING": "1"}  # an advertisement of mkdocs-material, not a warning about our pages
    session.run("mkdocs", "build", "--strict", "--site-dir", str(site), env=quiet)
    session.run("python", "-m", "tests.support.documented", str(site))


@nox.session
def peers(session: nox.Session) -> None:
    """Let other clients judge the emulator, each in an environment of its own."""
    install(session, extras="dev")
    pythons = peer_pythons(session, "openai", "openrouter", "litellm", "anthropic", "langchain")
    variables = {f"OPENROUTER_ASYNC_PEER_{name.upper()}": python for name, python in pythons.items()}
    session.run("pytest", "tests/peers", *session.posargs, env=variables)


@nox.session
def judges(session: nox.Session) -> None:
    """Let software that is not ours work with the emulator and the tools, or those named: `-- instructor node`."""
    chosen = session.posargs or [*JUDGES, "node"]
    install(session, extras="dev")
    session.install("-q", "uv")
    built = Path(session.create_tmp()).resolve()
    variables = {}
    for name in (name for name in chosen if name != "node"):
        python = str(built / name / "bin" / "python")
        session.run("uv", "venv", "-q", "--clear", "--python", own_python(session), str(built / name))
        session.run("uv", "pip", "install", "-q", "--python", python, *JUDGES[name])
        variables[f"OPENROUTER_ASYNC_JUDGE_{name.upper()}"] = python
    if "node" in chosen:
        if shutil.which("npm") is None:
            session.error("npm is missing: judges in Node need it; install Node.js, or name other judges")
        modules = ROOT / "tests" / "judges" / "node"
        with session.chdir(modules):
            session.run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", external=True)
        variables["OPENROUTER_ASYNC_JUDGES_IN_NODE"] = str(modules)
    session.run("pytest", "tests/judges", "-q", env=variables)


@nox.session
def tools(session: nox.Session) -> None:
    """Let tools that mock, record or trace httpx see our calls, then those for httpx2, where that is the base."""
    session.install("-q", "uv")
    built = Path(session.create_tmp()).resolve()
    base = [
        "-e",
        ".[fast,testing]",
        "httpx2>=2,<3",
        "hypothesis",
        "pytest",
        "pytest-asyncio",
        "pytest-timeout",
        "sybil",
    ]
    for name in session.posargs or TOOLS:
        modules, packages = TOOLS[name]
        python = str(built / name / "bin" / "python")
        session.run("uv", "venv", "-q", "--clear", "--python", own_python(session), str(built / name))
        session.run("uv", "pip", "install", "-q", "--python", python, *base, *packages)
        test = f"tests/tools_seen/test_{name}.py"
        needs = {"OPENROUTER_ASYNC_NEEDS_TOOL": modules}
        session.run(python, "-m", "pytest", "-q", test, env=needs, external=True)
        first = ["httpx", "httpcore", "pytest-httpx"]
        session.run("uv", "pip", "uninstall", "-q", "--python", python, *first)
        path = {"PYTHONPATH": str(ON_HTTPX2)} if name in ("respx", "langfuse") else {}  # which import httpx
        session.run(python, "-m", "pytest", "-q", test, env={**needs, **path}, external=True)


@nox.session
def engines(session: nox.Session) -> None:
    """Run prompts on Ray Data and Dask and on frames of pandas and polars; keep ledgers and streams in a real Redis."""
    if shutil.which(os.environ.get("OPENROUTER_ASYNC_REDIS_SERVER") or "redis-server") is None:
        session.error(
            "redis-server is missing; install Redis, or name a server in OPENROUTER_ASYNC_REDIS_SERVER"
        )
    install(session, "engines", extras="dev,ray,dask")
    variables = {"OPENROUTER_ASYNC_ENGINES": "1", "OPENROUTER_ASYNC_NEEDS_REDIS": "1"}
    tests = session.posargs or ["tests/engines", "tests/server/relays/streams"]
    session.run("pytest", "-q", *tests, env=variables)


@nox.session
def examples(session: nox.Session) -> None:
    """Run the programs of examples/, the notebook in a real kernel."""
    install(session, "examples", extras="dev")
    session.run("pytest", "-q", "tests/examples", *session.posargs)


@nox.session
def web(session: nox.Session) -> None:
    """Let the packages `ai`, `@ai-sdk/react` and `@openrouter/agent`, `openai` and a browser judge the server."""
    if shutil.which("npm") is None:
        session.error("npm is missing: the package `ai` reads what the server writes; install Node.js")
    install(session, "web", extras="dev")
    built = Path(session.create_tmp()).resolve()
    session.run("python", "-m", "venv", str(built / "openai"))
    python = str(built / "openai" / "bin" / "python")
    session.run(python, "-m", "pip", "install", "-q", PEERS["openai"], external=True)
    places = ROOT / "tests" / "server"
    locks = [*places.glob("ai_sdk/*/package-lock.json"), *places.glob("*/package-lock.json")]
    locks.append(ROOT / "examples" / "nextjs" / "package-lock.json")
    for lock in sorted(locks):
        with session.chdir(lock.parent):
            session.run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", external=True)
    variables = {"OPENROUTER_ASYNC_PEER_OPENAI": python, "OPENROUTER_ASYNC_NEEDS_BROWSER": "1"}
    # The other tests of the server need none of these, and are of the suite.
    judged = [f"tests/server/{name}" for name in ("ai_sdk", "openrouter_agent", "chat/test_openai.py")]
    session.run("pytest", "-n", "2", *judged, "tests/page", *session.posargs, env=variables)


@nox.session
def coverage(session: nox.Session) -> None:
    """Show which lines and branches the suite does not reach."""
    install(session, "coverage", extras="dev")
    session.run("coverage", "run", "-m", "pytest", *session.posargs)
    session.run("coverage", "report", "--show-missing", "--skip-covered")


@nox.session
def mutants(session: nox.Session) -> None:
    """Change the package in places drawn by seed, and show the changes no test notices: `-- 100 --seed 7`."""
    install(session, "coverage", extras="dev")
    session.install("-q", "cosmic-ray>=8.4,<9")
    kept = Path(session.create_tmp()).resolve() / "lines"
    session.run("python", "-m", "tests.support.mutants", "--kept", str(kept), *session.posargs)


@nox.session
def spec(session: nox.Session) -> None:
    """Say what is wrapped, and how a newer document or wheel differs; without `-- PATH` the SDK's newest wheel."""
    install(session, extras="dev")
    arguments = session.posargs
    if not arguments:
        folder = session.create_tmp()
        session.install("-q", "pip")  # uv makes environments without it
        session.run("python", "-m", "pip", "download", "-q", "--no-deps", "--dest", folder, "openrouter")
        arguments = [str(max(Path(folder).glob("openrouter-*.whl"), key=lambda path: path.stat().st_mtime))]
    session.run("python", "-m", "tests.contract.spec", *arguments)


@nox.session
def bench(session: nox.Session) -> None:
    """Measure this library, the floors below it and its peers; arguments are handed on: `nox -s bench -- --help`."""
    install(session, "bench", extras="fast,server,socks")
    pythons = peer_pythons(session, *(name for name in PEERS if name != "anthropic"))
    session.run(
        "python",
        "benchmarks",
        *(f"--python={name}={path}" for name, path in pythons.items()),
        *session.posargs,
    )


@nox.session
def compare(session: nox.Session) -> None:
    """Play the scenes of README.md's comparison with each client, and write its figures and its table."""
    install(session, extras="dev")
    pythons = peer_pythons(session, "openai", "openrouter", "pydantic_ai", "litellm")
    session.run(
        "python", "benchmarks/comparison", *(f"--python={name}={path}" for name, path in pythons.items())
    )


@nox.session
def wheel(session: nox.Session) -> None:
    """Build wheel and sdist; install each without extras in an empty environment, and import it there."""
    session.install("-q", "build")
    built = Path(session.create_tmp()).resolve() / "dist"
    shutil.rmtree(built, ignore_errors=True)
    session.run("python", "-m", "build", "--outdir", str(built), silent=True)
    packages = [*built.glob("*.whl"), *built.glob("*.tar.gz")]
    if len(packages) != 2:
        session.error(f"expected a wheel and an sdist, got {[package.name for package in packages]}")
    for package in packages:
        place = built / package.name.replace(".", "_")
        session.run("python", "-m", "venv", str(place))
        python = str(place / "bin" / "python")
        session.run(python, "-m", "pip", "install", "-q", str(package), external=True)
        session.chdir(built)  # away from the source
        session.run(python, "-I", "-W", "error", "-c", "import openrouter_async", external=True)
        session.run(
            python, "-I", "-W", "error", str(ROOT / "tests" / "support" / "installed.py"), external=True
        )
        session.chdir(ROOT)
