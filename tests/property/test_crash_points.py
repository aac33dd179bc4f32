"""kill -9 at every moment at which something is written: what is resumed is as if nothing had happened.

This file is also the program that is killed.  As a program it does the work once, undisturbed, and then once for each moment
in a fork of itself: so a moment costs no start of Python.  Steps run in the same process, one after another, so that the
moments are the same each time.
"""

from __future__ import annotations

import gc
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from toy_steps import MEASURE, READ

from gnomon.plans import bundle, executors, script_check
from gnomon.plans.canonical import file_digest
from gnomon.plans.engine import Engine
from gnomon.plans.journal import read_events
from gnomon.plans.plan import Plan
from gnomon.plans.policy import Policy
from gnomon.plans.replay import replay
from gnomon.plans.run import SETTLED, Run
from gnomon.plans.script_check import Checked
from gnomon.plans.store import Store
from gnomon.plans.verify import verify
from gnomon.tools.machine import THREAD_VARIABLES
from gnomon.tools.registry import Registry

# --------------------------------------------------------------------------- dying at a given moment


@dataclass
class Fate:
    """Counts the moments at which something is written under a folder, and ends the process at one of them.

    A moment is: before a file is opened for writing, renamed or removed; before the database of finished steps or of
    conversations is opened; and for a line of the journal both when half of it and when all of it is there.  Between two
    moments nothing that lasts is done, so dying after one is dying before the next.
    """

    folder: Path
    at: int | None = None
    names: list[str] = field(default_factory=list)
    last: str = ""
    size: int = 0

    def moment(self, name: str, before_death: Callable[[], None] = lambda: None) -> None:
        self.names.append(name)
        if len(self.names) - 1 == self.at:
            before_death()
            os.kill(os.getpid(), signal.SIGKILL)

    def watch(self, event: str, arguments: tuple[Any, ...]) -> None:
        """An audit hook."""
        if event == "open":
            path, writes = arguments[0], arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        elif event == "os.rename":
            path, writes = arguments[1], 1
        elif event in ("os.remove", "sqlite3.connect"):
            path, writes = arguments[0], 1
        else:
            return
        path = os.fsdecode(path) if isinstance(path, str | bytes | os.PathLike) else ""
        if path.startswith(f"{self.folder}{os.sep}") and not path.endswith((".lock", "toys.log")):
            if event == "open":
                self.last = path
                self.size = os.stat(path).st_size if os.path.exists(path) else 0  # noqa: PTH110, PTH116
            if writes:
                self.moment(f"{event} {os.path.relpath(path, self.folder)}")

    def sync(self, descriptor: int) -> None:
        """Stands for `os.fsync`: a process that is killed loses nothing that it gave to the system, so the disk can wait."""
        if self.last.endswith("journal.jsonl"):
            if (whole := os.fstat(descriptor).st_size) > self.size:
                self.moment("half a line", lambda: os.truncate(self.last, self.size + (whole - self.size) // 2))
            self.moment("a whole line")

    def begin(self) -> None:
        os.fsync = self.sync
        sys.addaudithook(self.watch)


class Here(Executor):
    """Does at once, in this process, what it is given."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


@contextmanager
def _here(workers: int, threads: int = 1) -> Iterator[Executor]:
    yield Here()


# --------------------------------------------------------------------------- what is done, and gone on with


def _registry() -> Registry:
    import gnomon_toys

    return Registry.of_modules([gnomon_toys])


def _only_run(home: Path) -> Run:
    (run,) = Run.all(home / "runs")
    return run


def execute_and_seal(home: Path) -> None:
    """The engine by itself, and the bundle."""
    run, registry = _only_run(home), _registry()
    with run.exclusive():
        Engine(registry, Store(home / "store"), Policy(), workers=2).execute(run)
        bundle.write_script(run, run.plan(registry), registry)
        bundle.seal(run, registry)


def _conversation(home: Path) -> Any:
    from gnomon.agents.conversation import Conversation

    return Conversation(home=home, registry=_registry(), workers=2)


def resume(home: Path) -> None:
    """What `gnomon resume` does; here with a run that waits for its report."""
    _conversation(home).resume(_only_run(home))


def decide_and_resume(home: Path) -> None:
    """What a person does who approves, finds the process killed, and comes back."""
    talk, run = _conversation(home), _only_run(home)
    if talk.resume(run) == "waiting":
        talk.decide(run, "approve", "command", who="tester")


def offer_and_decide(home: Path) -> None:
    """What a person does who asks, finds the process killed, and asks again unless the plan was offered already."""
    talk = _conversation(home)
    runs = Run.all(talk.runs)
    if not runs:
        plan = Plan.of_document(json.loads((home / "plan.json").read_text()))
        runs = [talk.run_plan(plan)]
    if talk.resume(runs[0]) == "waiting":
        talk.decide(runs[0], "approve", "command", who="tester")


WORKS = {f.__name__: f for f in (execute_and_seal, resume, decide_and_resume, offer_and_decide)}
Faults = dict[str, list[str]]


def _toy_log(home: Path) -> list[str]:
    path = home / "toys.log"
    return path.read_text().splitlines() if path.exists() else []


def _finished(home: Path) -> dict[str, int]:
    """The steps that have a row in the journal, and how often the tool of each ran so far."""
    ran = _toy_log(home)
    rows = [e for run in Run.all(home / "runs") for e in run.events() if e["event"] in ("step.finished", "step.empty")]
    return {e["step"]: sum(line.startswith(e["tool"]) for line in ran) for e in rows if "reused" not in e}


def look(home: Path, whole: Path, survived: dict[str, int], *, deaths: int, replays: bool) -> Iterator[tuple[str, str]]:
    """The laws that do not hold of what was resumed in `home`, beside what was done undisturbed in `whole`.

    `survived` are the steps that had a row in the journal when the process was killed, which it was `deaths` times, and how
    often each had run by then.
    """
    run, undisturbed, registry = _only_run(home), _only_run(whole), _registry()
    events = read_events(run.folder / "journal.jsonl")
    if (run.folder / "journal.torn").exists() and not run.events("journal.recovered"):
        yield "recovery", "a torn line was set aside without a word"
    starts = [i for i, e in enumerate(events) if e["event"] == "run.started"]
    plan = run.executed()
    assert plan is not None
    settled = [e["step"] for e in events[starts[-1] :] if e["event"] in SETTLED]
    if len(settled) != len(set(settled)):
        yield "journal", f"a step settled twice: {settled}"
    if set(run.outcomes()) != {s.id for s in plan.steps}:
        yield "journal", f"not every step settled: {sorted(run.outcomes())}"

    for step in plan.steps:
        count = sum(line.startswith(step.tool) for line in _toy_log(home))
        if count > survived.get(step.id, 1 if step.tool == "toy_send" else deaths + 1):
            yield "once", f"{step.id} ran {count} times"

    sent = {s.id for s in plan.steps if s.tool == "toy_send"}
    asked = {s.id for s in plan.steps if s.tool == "toy_ask"}
    may_fail = {s for s in sent if run.outcomes()[s]["event"] == "step.failed"}
    if run.status() != ("failed" if may_fail else "done"):
        yield "result", f"the run's status is {run.status()}"
    now, then = run.artifacts(), undisturbed.artifacts()
    for name in then.keys() - may_fail - asked:
        if name not in now or now[name] != then[name]:
            yield "result", f"{name} is not what an undisturbed run makes"
    results = Path("report") / "results.json"
    if (undisturbed.folder / results).is_file() and not (run.folder / results).is_file():
        yield "result", "the results were not written"

    if not bundle.is_sealed(run.folder):
        yield "bundle", "it is not sealed"
    for check in verify(run.folder, profile=False):
        for fault in check.faults:
            yield ("leftovers" if ".part-" in str(fault) else "bundle"), f"{check.name}: {fault}"
    listed = bundle.read_manifest(run.folder)
    lying = {p.relative_to(run.folder).as_posix() for p in run.folder.rglob("*") if p.is_file()}
    odd = lying - set(listed) - {bundle.MANIFEST, ".lock"}
    if parts := sorted(n for n in odd if ".part-" in n):
        yield "leftovers", f"in the bundle lies {parts}"
    if odd := sorted(n for n in odd if ".part-" not in n):
        yield "bundle", f"not in the manifest: {odd}"
    for path in (home / "store" / "objects").rglob("*"):
        name = path.name.partition(".")[0]
        if path.suffix == ".file" and name and file_digest(path) != name:
            yield "store", f"{path.name} is not what its name says"

    if replays and (found := replay(run.folder, registry)).verdict != "equal":
        law = "leftovers" if found.cause and ".part-" in found.cause.what else "replay"
        yield law, f"{found.verdict}: {found.cause}"


# --------------------------------------------------------------------------- the program


def _forked(job: Callable[[], None]) -> int:
    """Do a job in a fork, and return its wait status."""
    assert threading.active_count() == 1, "a fork of a process with threads can hang"
    pid = os.fork()
    if pid == 0:
        try:
            job()
        except BaseException:  # noqa: BLE001 - a fork must never come back into the loop that made it
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return os.waitpid(pid, 0)[1]


def _copied(template: Path, home: Path) -> Path:
    shutil.copytree(template, home)
    os.environ["GNOMON_TOY_LOG"] = str(home / "toys.log")
    return home


def _at(work: Callable[[Path], None], home: Path, moment: int | None, result: Path) -> None:
    fate = Fate(home, moment)
    fate.begin()
    work(home)
    result.write_text(json.dumps(fate.names))


def _resumed(
    work: Callable[[Path], None],
    home: Path,
    whole: Path,
    survived: dict[str, int],
    result: Path,
    deaths: int,
    replays: bool,
) -> None:
    os.fsync = lambda descriptor: None
    faults: Faults = {}
    try:
        work(home)
        for law, what in look(home, whole, survived, deaths=deaths, replays=replays):
            faults.setdefault(law, []).append(what)
    except Exception as error:  # noqa: BLE001 - whatever goes wrong is what the test is to hear of
        traceback.print_exc()
        faults["resumed"] = [f"{type(error).__name__}: {error}"]
    result.write_text(json.dumps(faults))


def _deaths(moments: list[str], which: str) -> list[list[int]]:
    """When to die: ``at WORDS``, at every moment whose name has one of the words, or ``twice N``, N times, again while going on."""
    how, *rest = which.split()
    if how == "twice":
        chance = random.Random(1)
        return [[chance.randrange(len(moments)) for _ in range(2)] for _ in range(int(rest[0]))]
    return [[n] for n, name in enumerate(moments) if not rest or any(word in name for word in rest)]


def main(name: str, template: Path, place: Path, which: str, replay_each: int) -> None:
    """Kill and resume; one in `replay_each` of the bundles is replayed."""
    work = WORKS[name]
    executors.local = _here
    # The script's own check takes seconds and writes nothing but its row; it has tests of its own.
    script_check.check_script = lambda run: Checked("equal", "isolated process", "", [], 0.0, "0" * 64, "it ran")
    result = place / "result.json"
    os.fsync, synced = (lambda descriptor: None), os.fsync
    whole = _copied(template, place / "whole")
    work(whole)  # here, so that every fork finds all imported, and every source read
    broken = [*look(whole, whole, _finished(whole), deaths=0, replays=True)]
    assert not broken, broken
    os.fsync = synced
    gc.collect()
    gc.freeze()  # or each fork would copy what its collector touches

    home = _copied(template, place / "counted")
    assert _forked(lambda: _at(work, home, None, result)) == 0
    moments: list[str] = json.loads(result.read_text())
    found = []
    for number, death in enumerate(_deaths(moments, which)):
        home = _copied(template, place / "killed")
        survived: dict[str, int] = {}
        for moment in death:
            status = _forked(lambda moment=moment, home=home: _at(work, home, moment, result))
            # A second death may come after the end: then there was nothing left to do.
            assert os.WIFSIGNALED(status) or len(death) > 1, f"it outlived moment {moment}: {moments[moment]}"
            survived = {**_finished(home), **survived}  # as it was when the row was first there
        result.unlink(missing_ok=True)
        replays = number % replay_each == 0
        looked = (survived, result, len(death), replays)
        _forked(lambda home=home, looked=looked: _resumed(work, home, whole, *looked))
        found.append([" then ".join(f"{m} {moments[m]}" for m in death), json.loads(result.read_text())])
        shutil.rmtree(home)
    print(json.dumps({"moments": moments, "found": found}))  # noqa: T201


# --------------------------------------------------------------------------- the tests

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="NOT TESTED: this system cannot fork")

LAWS = ("journal", "recovery", "once", "result", "bundle", "leftovers", "store", "replay", "resumed")
# Each tool once in a plan, so that the toys' log says which step ran.
TILT = ("tilt", "toy_tilt", {"light_curve": "read"}, {})
WAIT = ("wait", "toy_wait", {"light_curve": "read"}, {"pause": "0 s"})
SCORE = ("score", "toy_score", {"light_curve": "read"}, {})
DRAW = ("draw", "toy_draw", {"light_curve": "tilt"}, {})
EMPTY = ("empty", "toy_break", {"light_curve": "read"}, {"how": "empty"})
FOLLOW = ("follow", "toy_follow", {"periodogram": "empty"}, {})
SEND = ("send", "toy_send", {"light_curve": "read"}, {"address": "moon"})


@dataclass
class Deaths:
    """The moments there were, and the laws that were broken where the process died at one of them."""

    moments: list[str]
    faults: dict[str, Faults]
    count: int

    def broke(self, *laws: str) -> dict[str, list[str]]:
        """What broke these laws, by moment."""
        return {
            where: told
            for where, faults in self.faults.items()
            if (told := [x for n in laws for x in faults.get(n, [])])
        }


Kill = Callable[..., Deaths]


@pytest.fixture
def kill(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Kill:
    """Do some work in copies of this test's home, killed at the given moments and gone on with."""

    def go(work: str, which: str = "at", *, replay_each: int = 1) -> Deaths:
        place = tmp_path_factory.mktemp("killed")
        shutil.copytree(tmp_path, place / "template")
        one_thread = dict.fromkeys(THREAD_VARIABLES, "1")
        done = subprocess.run(
            [sys.executable, __file__, work, str(place / "template"), str(place), which, str(replay_each)],
            env={**os.environ, **one_thread, "PYTHONPATH": str(Path(__file__).parents[1] / "toys")},
            capture_output=True,
            text=True,
            check=False,
        )
        shutil.rmtree(place)
        assert done.returncode == 0, done.stderr[-4000:]
        document = json.loads(done.stdout.splitlines()[-1])
        faults = {where: faults for where, faults in document["found"] if faults}
        return Deaths(document["moments"], faults, len(document["found"]))

    return go


def written_in_place(moments: list[str]) -> set[str]:
    """Files that are filled under their own names, so that a death may leave half of one."""
    opened = {Path(m.partition(" ")[2]).name for m in moments if m.startswith("open ")}
    return {name for name in opened if not name.startswith(".part-")}


Make = Callable[..., Any]


def test_a_run_goes_on_from_any_moment(make_plan: Make, make_run: Make, kill: Kill) -> None:
    make_run(make_plan(READ, TILT, EMPTY, FOLLOW))
    deaths = kill("execute_and_seal", replay_each=16)
    assert deaths.count == len(deaths.moments) > 50
    assert deaths.broke(*LAWS) == {}
    assert written_in_place(deaths.moments) == {"journal.jsonl"}


@pytest.mark.parametrize("which", ["at os.rename line", pytest.param("at", marks=pytest.mark.slow)])
def test_a_report_and_its_bundle_are_finished_from_any_moment(
    which: str,
    make_plan: Make,
    make_run: Make,
    toys: Registry,
    store: Store,
    monkeypatch: pytest.MonkeyPatch,
    kill: Kill,
) -> None:
    """The run is done, and the process dies while script, report and manifest are written."""
    monkeypatch.setattr(executors, "local", _here)
    run = make_run(make_plan(READ, TILT, MEASURE, DRAW))
    with run.exclusive():
        assert Engine(toys, store, Policy()).execute(run) == "done"
    deaths = kill("resume", which, replay_each=20)
    assert deaths.count >= 20
    assert deaths.broke(*LAWS) == {}
    assert written_in_place(deaths.moments) == {"journal.jsonl"}


def test_what_acts_on_the_world_acts_once_at_most(make_plan: Make, make_run: Make, kill: Kill) -> None:
    make_run(make_plan(READ, SEND))
    deaths = kill("execute_and_seal", "at /journal line /outputs/", replay_each=5)
    assert deaths.broke(*LAWS) == {}


@pytest.fixture
def may_have_acted(
    make_plan: Make,
    make_run: Make,
    toys: Registry,
    store: Store,
    toy_log: Callable[[], list[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> Run:
    """The bundle of a run that stopped when a step that acts on the world had begun, and was resumed."""
    monkeypatch.setattr(executors, "local", _here)
    run = make_run(make_plan(READ, SEND))
    with run.exclusive():
        run.journal.append("step.started", step="send", tool="toy_send", token=f"{run.id}:send")
        assert Engine(toys, store, Policy()).execute(run) == "failed"
        bundle.write_script(run, run.plan(toys), toys)
        bundle.seal(run, toys)
    assert [str(f) for c in verify(run.folder, profile=False) for f in c.faults] == []
    return run


def test_a_replay_never_acts_on_the_world(
    may_have_acted: Run, toys: Registry, toy_log: Callable[[], list[str]]
) -> None:
    before = toy_log()
    assert before == ["toy_read"]
    replay(may_have_acted.folder, toys)
    assert toy_log()[len(before) :] == ["toy_read"]


def test_a_script_finds_equal_what_may_have_acted(may_have_acted: Run) -> None:
    checked = script_check.check_script(may_have_acted)
    assert checked.verdict == "equal", checked.why


def stopped_with_half_a_line(run: Run) -> None:
    path = run.folder / "journal.jsonl"
    path.write_bytes(path.read_bytes() + b'{"event":"run.sta')


def test_a_recovery_is_finished_from_any_moment(make_plan: Make, make_run: Make, kill: Kill) -> None:
    """The process dies while it sets aside half a line that an earlier death left."""
    stopped_with_half_a_line(make_run(make_plan(READ)))
    deaths = kill("execute_and_seal", "at /journal line", replay_each=100)
    assert any(m.endswith("journal.torn") for m in deaths.moments)
    assert deaths.broke(*LAWS) == {}


@pytest.mark.parametrize("folder", ["outputs", "weights"])
def test_nothing_unfinished_is_taken_for_a_result(folder: str, make_plan: Make, make_run: Make, kill: Kill) -> None:
    make_run(make_plan(READ, SCORE))
    deaths = kill("execute_and_seal", f"at /{folder}/")
    assert deaths.count
    assert deaths.broke("leftovers") == {}


@pytest.mark.slow
def test_all_kinds_of_steps_go_on_from_any_moment(make_plan: Make, make_run: Make, toy_server: str, kill: Kill) -> None:
    ask = ("ask", "toy_ask", {"light_curve": "read"}, {"address": toy_server})
    make_run(make_plan(READ, TILT, MEASURE, DRAW, WAIT, SCORE, EMPTY, FOLLOW, ask))
    deaths = kill("execute_and_seal", replay_each=8)
    assert deaths.broke(*LAWS) == {}
    assert written_in_place(deaths.moments) == {"journal.jsonl"}


@pytest.mark.slow
def test_an_approval_is_given_once_from_any_moment(make_plan: Make, tmp_path: Path, kill: Kill) -> None:
    """From the offer of a plan to its report, as a person would go on."""
    (tmp_path / "plan.json").write_text(json.dumps(make_plan(READ, TILT, MEASURE).document()))
    assert kill("offer_and_decide", replay_each=8).broke(*LAWS) == {}


@pytest.mark.slow
def test_a_process_may_die_again_while_it_goes_on(make_plan: Make, make_run: Make, kill: Kill) -> None:
    make_run(make_plan(READ, TILT, MEASURE, EMPTY, FOLLOW), approve=False)
    assert kill("decide_and_resume", "twice 150", replay_each=8).broke(*LAWS) == {}


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4], int(sys.argv[5]))
