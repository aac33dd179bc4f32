"""What tests share: a registry of toys, a store, plans and runs over them, and the shared data where it is."""

from __future__ import annotations

import importlib
import os
import threading
import warnings
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from toy_steps import MEASURE, READ, TILT, StepSpec

from gnomon.plans import approval as approvals
from gnomon.plans.arguments import complete
from gnomon.plans.engine import Engine
from gnomon.plans.plan import Attachment, Plan, Ref, Step
from gnomon.plans.policy import Policy
from gnomon.plans.run import Run, new_identifier
from gnomon.plans.store import Store
from gnomon.tools.registry import Registry

ROOT = Path(__file__).resolve().parents[1]

# Servers of tests are on this machine, where no archive is asked unless a person says so.
os.environ["GNOMON_ARCHIVES_HOSTS"] = "127.0.0.1,localhost,*.invalid"


def pytest_configure(config: pytest.Config) -> None:
    """Import ArviZ once before there are several processes: the first import of a day writes a file, and two at a time fail."""
    if not hasattr(config, "workerinput"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            importlib.import_module("arviz")


@pytest.fixture(scope="session")
def toys() -> Registry:
    import gnomon_toys

    return Registry.of_modules([gnomon_toys])


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


@pytest.fixture
def toy_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    """What toys ran, in order."""
    path = tmp_path / "toys.log"
    monkeypatch.setenv("GNOMON_TOY_LOG", str(path))
    return lambda: path.read_text().splitlines() if path.exists() else []


@pytest.fixture
def make_plan(toys: Registry, store: Store, tmp_path: Path) -> Callable[..., Plan]:
    """A plan from (id, tool, inputs by step name, arguments); `toy.txt` is attached as the file."""

    def make(*steps: StepSpec, rows: int = 5, question: str = "How long is the toy?", tools: Registry = toys) -> Plan:
        path = tmp_path / "toy.txt"
        path.write_text(f"TOY\n{rows}\n")
        sha256 = store.put_file(path)
        made = []
        for identifier, name, inputs, arguments in steps:
            tool = tools[name]
            made.append(
                Step(
                    id=identifier,
                    tool=name,
                    version=tool.version,
                    arguments=complete(tool, arguments),
                    inputs={k: Ref(file=v) if v == "toy.txt" else Ref(step=v) for k, v in inputs.items()},
                    kind=str(tool.kind),
                    effects=list(tool.effects),
                    cost=tool.cost(),
                )
            )
        file = Attachment(
            name="toy.txt", sha256=sha256, size=path.stat().st_size, kind="LightCurve", found="a toy", rows=rows
        )
        return Plan(question=question, language="en", goal="Measurements", files=[file], steps=made)

    return make


@pytest.fixture
def simple_plan(make_plan: Callable[..., Plan]) -> Plan:
    return make_plan(READ, TILT, MEASURE)


@pytest.fixture
def make_run(store: Store, tmp_path: Path) -> Callable[..., Run]:
    """A run of a plan, approved under the default policy unless told otherwise."""

    def make(plan: Plan, *, approve: bool = True, policy: Policy | None = None) -> Run:
        run = Run.create(tmp_path / "runs", new_identifier(), plan, store)
        if approve:
            with run.exclusive():
                run.record(approvals.decide(plan, policy or Policy(), "approve", "command", who="tester"))
        return run

    return make


@pytest.fixture
def execute(toys: Registry, store: Store) -> Callable[..., str]:
    """Execute a run with two workers."""

    def go(run: Run, **options: Any) -> str:
        with run.exclusive():
            return Engine(toys, store, options.pop("policy", Policy()), workers=2, **options).execute(run)

    return go


class _Counter(BaseHTTPRequestHandler):
    """Answers with a number that grows, so that a second asking is not the first."""

    asked = 0

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        type(self).asked += 1
        body = str(type(self).asked).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = _answer

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def _server() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Counter)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def toy_server(_server: ThreadingHTTPServer) -> str:
    """Address of a service on this machine that answers every request with the number of requests so far."""
    return f"http://127.0.0.1:{_server.server_port}"


@pytest.fixture
def stop_toy_server(_server: ThreadingHTTPServer) -> Callable[[], None]:
    def stop() -> None:
        _server.shutdown()
        _server.server_close()

    return stop


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of shared data; the test is skipped, and says so, where it is absent."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("NOT TESTED: the shared data are not beside this checkout (../shared/data)")
    return folder
