"""Laws that hold for every plan: what its hash hangs on, and what becomes of it when it runs, is sealed and is replayed."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from random_plans import FILE, planned, some_steps, some_words, wide_numbers, words

from gnomon.plans import approval as approvals
from gnomon.plans import bundle, document, executors
from gnomon.plans.canonical import canonical, file_digest, read, text_digest
from gnomon.plans.check import require_sound
from gnomon.plans.engine import Engine
from gnomon.plans.journal import read_events
from gnomon.plans.plan import Plan
from gnomon.plans.policy import Policy
from gnomon.plans.render import plan_page
from gnomon.plans.replay import replay
from gnomon.plans.run import SETTLED, Run
from gnomon.plans.script_check import check_script
from gnomon.plans.store import Store
from gnomon.plans.verify import verify
from gnomon.tools.registry import Registry


def turned(value: Any, chance: random.Random) -> Any:
    """The same JSON with the keys of its objects in another order."""
    if isinstance(value, dict):
        keys = list(value)
        chance.shuffle(keys)
        return {key: turned(value[key], chance) for key in keys}
    return [turned(v, chance) for v in value] if isinstance(value, list) else value


# --------------------------------------------------------------------------- the plan by itself


@given(steps=some_steps(runs=False, ordered=False), more=st.fixed_dictionaries(some_words), chance=st.randoms())
@settings(deadline=None, max_examples=50)
def test_the_hash_and_the_page_do_not_hang_on_the_order_of_keys(
    toys: Registry, steps: list[dict[str, Any]], more: dict[str, Any], chance: random.Random
) -> None:
    plan = planned(toys, steps, **more)
    other = Plan.of_document(turned(plan.document(), chance))
    assert other.hash == plan.hash
    assert plan_page(other) == plan_page(plan)
    assert plan.hash in plan_page(plan)


@given(steps=some_steps(runs=False, ordered=False), more=st.fixed_dictionaries(some_words))
@settings(deadline=None, max_examples=50)
def test_a_plan_survives_its_file(toys: Registry, steps: list[dict[str, Any]], more: dict[str, Any]) -> None:
    plan = planned(toys, steps, **more)
    text = document.to_yaml(plan)
    again = document.of_yaml(text, toys)
    assert again.hash == plan.hash
    assert again == plan
    assert plan_page(again) == plan_page(plan)
    assert document.says(text, plan)
    require_sound(again, toys, Policy())


@given(steps=some_steps(runs=False), more=st.fixed_dictionaries(some_words))
@settings(deadline=None, max_examples=50)
def test_a_plan_survives_the_journal(toys: Registry, steps: list[dict[str, Any]], more: dict[str, Any]) -> None:
    """The journal keeps the canonical form, in which a whole float has no point."""
    plan = planned(toys, steps, **more)
    kept = Plan.of_document(read(canonical(plan.document())))
    assert kept.hash == plan.hash
    assert document.says(document.to_yaml(plan), kept)
    assert document.of_yaml(document.to_yaml(kept), toys).hash == plan.hash


@given(steps=some_steps(runs=False), more=st.fixed_dictionaries(some_words), data=st.data())
@settings(deadline=None, max_examples=50)
def test_another_plan_has_another_hash(
    toys: Registry, steps: list[dict[str, Any]], more: dict[str, Any], data: st.DataObject
) -> None:
    plan = planned(toys, steps, **more)
    tilts = [i for i, s in enumerate(steps) if s["tool"] == "toy_tilt"]
    if tilts and data.draw(st.booleans()):
        place = data.draw(st.sampled_from(tilts))
        old = plan.steps[place].arguments["slope"]
        steps[place]["arguments"]["slope"] = data.draw(wide_numbers.filter(lambda x: float(x) != old))
        other = planned(toys, steps, **more)
    else:
        field = data.draw(st.sampled_from(["question", "goal"]))
        other = planned(toys, steps, **{**more, field: data.draw(words.filter(lambda t: t != more[field]))})
    assert other.hash != plan.hash
    assert plan_page(other) != plan_page(plan)
    assert not document.says(document.to_yaml(other), plan)


READ: dict[str, Any] = {"id": "read", "tool": "toy_read", "inputs": {"file": "toy.txt"}, "arguments": {}}


def with_argument(toys: Registry, name: str, value: Any) -> Plan:
    """A plan in which one argument of one step has this value."""
    tool = {"slope": "toy_tilt", "label": "toy_wait"}[name]
    step = {"id": "step", "tool": tool, "inputs": {"light_curve": "read"}, "arguments": {name: value}}
    return planned(toys, [READ, step])


def test_one_hash_is_one_page_for_either_zero(toys: Registry) -> None:
    minus, plus = (with_argument(toys, "slope", zero) for zero in (-0.0, 0.0))
    assert (minus.hash == plus.hash) == (plan_page(minus) == plan_page(plus))


def test_one_hash_is_one_page_for_a_plan_from_the_journal(toys: Registry) -> None:
    plan = with_argument(toys, "slope", 1e12)
    kept = Plan.of_document(read(canonical(plan.document())))
    assert kept.hash == plan.hash
    assert plan_page(kept) == plan_page(plan)


@pytest.mark.parametrize(("one", "other"), [("1", "1.0"), ("0.5 d", "5e-1 d")])
def test_text_that_looks_like_a_number_is_text(toys: Registry, one: str, other: str) -> None:
    plan, altered = with_argument(toys, "label", one), with_argument(toys, "label", other)
    assert altered.hash != plan.hash
    assert not document.says(document.to_yaml(altered), plan)


@pytest.mark.parametrize(
    "character",
    [
        pytest.param(chr(c), id=f"U+{c:04X}")
        for c in [*range(0x20), *range(0x7F, 0xA1), 0x2028, 0x2029, 0xFEFF, 0xFFFE, 0x1F600]
    ],
)
def test_every_character_survives_the_file(toys: Registry, character: str) -> None:
    plan = with_argument(toys, "label", f"a{character}b").model_copy(update={"question": f"a{character}b?"})
    text = document.to_yaml(plan)
    assert document.of_yaml(text, toys).hash == plan.hash
    assert document.says(text, plan)


# --------------------------------------------------------------------------- the plan as it runs


@contextmanager
def _threads(workers: int, threads: int = 1) -> Iterator[Executor]:
    with ThreadPoolExecutor(workers) as pool:
        yield pool


@pytest.fixture
def without_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps run in threads of this process, which is the same to the engine and spares the start of processes."""
    monkeypatch.setattr(executors, "local", _threads)


@dataclass
class Place:
    """A folder in which runs are made, and a count of what toys ran there."""

    root: Path
    toys: Registry

    def __post_init__(self) -> None:
        self.store = Store(self.root / "store")
        (self.root / "toy.txt").write_text(FILE)
        assert self.store.put_file(self.root / "toy.txt") == text_digest(FILE)

    def run(self, plan: Plan, name: str) -> Run:
        run = Run.create(self.root / "runs", name, plan, self.store)
        with run.exclusive():
            run.record(approvals.decide(plan, Policy(), "approve", "command", who="tester"))
            Engine(self.toys, self.store, Policy(), workers=2).execute(run)
        return run

    def ran(self) -> list[str]:
        path = self.root / "toys.log"
        return path.read_text().splitlines() if path.exists() else []


@pytest.fixture
def place(toys: Registry, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Any]:
    """A fresh place for each example."""

    @contextmanager
    def make() -> Iterator[Place]:
        with tempfile.TemporaryDirectory() as folder:
            monkeypatch.setenv("GNOMON_TOY_LOG", str(Path(folder) / "toys.log"))
            yield Place(Path(folder), toys)

    return make


def expected_states(plan: Plan) -> dict[str, str]:
    """What must become of each step, by its tool and by what became of those above it."""
    states: dict[str, str] = {}
    while len(states) < len(plan.steps):
        for step in plan.steps:
            if step.id not in states and step.needs() <= set(states):
                if any(states[n] != "finished" for n in step.needs()):
                    states[step.id] = "skipped"
                elif step.tool == "toy_break":
                    states[step.id] = "empty" if step.arguments["how"] == "empty" else "failed"
                else:
                    states[step.id] = "finished"
    return states


def require_lawful(run: Run, plan: Plan) -> None:
    """What holds of the journal of every run that ended."""
    events = read_events(run.folder / "journal.jsonl")
    settled = [e["step"] for e in events if e["event"] in SETTLED]
    assert sorted(settled) == sorted(s.id for s in plan.steps), "a step settled twice, or never"
    states = expected_states(plan)
    assert {step: SETTLED[e["event"]] for step, e in run.outcomes().items()} == states
    assert run.status() == ("failed" if "failed" in states.values() else "done")
    finished: set[str] = set()
    for event in events:
        if event["event"] in ("step.started", "step.finished", "step.empty", "step.failed"):
            assert plan.step(event["step"]).needs() <= finished, f"{event['step']} did not wait for what it refers to"
        if event["event"] == "step.finished":
            finished.add(event["step"])
    assert {p.stem for p in (run.folder / "outputs").iterdir()} == finished
    for step, artifact in run.artifacts().items():
        assert file_digest(run.folder / "outputs" / f"{step}{artifact.suffix}") == artifact.sha256


def require_second_takes_over(place: Place, plan: Plan, first: Run) -> None:
    before = len(place.ran())
    second = place.run(plan, "second")
    require_lawful(second, plan)
    assert second.artifacts() == first.artifacts()
    assert {e["reused"] for n in ("step.finished", "step.empty") for e in second.events(n)} <= {first.id}
    again = [s for s in plan.steps if expected_states(plan)[s.id] == "failed"]
    assert place.ran()[before:] == ["toy_break"] * len(again), "more ran again than what had failed"
    assert {e["step"] for e in second.events("step.started")} == {s.id for s in again}


def require_good_bundle(run: Run, toys: Registry) -> None:
    with run.exclusive():
        bundle.write_script(run, run.plan(toys), toys)
        identity = bundle.seal(run, toys)
        before = bundle.digests(run.folder)
        assert bundle.seal(run, toys) == identity
    assert bundle.digests(run.folder) == before
    assert [str(f) for c in verify(run.folder, profile=False) for f in c.faults] == []
    found = replay(run.folder, toys, workers=2)
    assert (found.cause, found.verdict, found.first, found.before) == (None, "equal", "", [])
    assert bundle.digests(run.folder) == before  # and the replay left no trace


Examples = Callable[[], Any]
# To shrink an example that runs plans takes minutes.
run_examples = settings(
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@given(steps=some_steps(runs=True))
@settings(run_examples, max_examples=12)
@pytest.mark.usefixtures("without_processes")
def test_every_step_settles_once_after_what_it_needs_and_need_not_run_again(
    toys: Registry, place: Examples, steps: list[dict[str, Any]]
) -> None:
    with place() as here:
        plan = planned(toys, steps)
        first = here.run(plan, "first")
        require_lawful(first, plan)
        require_second_takes_over(here, plan, first)


@given(steps=some_steps(runs=True))
@settings(run_examples, max_examples=8)
@pytest.mark.usefixtures("without_processes")
def test_every_run_makes_a_good_bundle(toys: Registry, place: Examples, steps: list[dict[str, Any]]) -> None:
    with place() as here:
        require_good_bundle(here.run(planned(toys, steps), "first"), toys)


@given(steps=some_steps(runs=True, ordered=False))
@settings(run_examples, max_examples=8)
@pytest.mark.usefixtures("without_processes")
def test_steps_written_down_in_any_order_run(toys: Registry, place: Examples, steps: list[dict[str, Any]]) -> None:
    with place() as here:
        plan = planned(toys, steps)
        first = here.run(plan, "first")
        require_lawful(first, plan)
        require_second_takes_over(here, plan, first)


@given(steps=some_steps(runs=True))
@settings(run_examples, max_examples=2)
def test_worker_processes_keep_the_laws_too(toys: Registry, place: Examples, steps: list[dict[str, Any]]) -> None:
    with place() as here:
        plan = planned(toys, steps)
        first = here.run(plan, "first")
        require_lawful(first, plan)
        require_second_takes_over(here, plan, first)


@pytest.mark.usefixtures("without_processes")
def test_a_step_written_down_before_what_it_needs_is_replayed(toys: Registry, place: Examples) -> None:
    tilt = {"id": "tilt", "tool": "toy_tilt", "inputs": {"light_curve": "read"}, "arguments": {}}
    with place() as here:
        require_good_bundle(here.run(planned(toys, [tilt, READ]), "first"), toys)


@pytest.mark.usefixtures("without_processes")
def test_a_step_written_down_before_what_it_needs_runs_in_the_script(toys: Registry, place: Examples) -> None:
    tilt = {"id": "tilt", "tool": "toy_tilt", "inputs": {"light_curve": "read"}, "arguments": {}}
    with place() as here:
        run = here.run(planned(toys, [tilt, READ]), "first")
        bundle.write_script(run, run.plan(toys), toys)
        checked = check_script(run)
        assert checked.verdict == "equal", checked.why


@pytest.mark.usefixtures("without_processes")
def test_what_is_not_of_its_kind_fails_in_the_script_too(toys: Registry, place: Examples) -> None:
    wrong = {"id": "wrong", "tool": "toy_break", "inputs": {"light_curve": "read"}, "arguments": {"how": "wrong"}}
    with place() as here:
        run = here.run(planned(toys, [READ, wrong]), "first")
        bundle.write_script(run, run.plan(toys), toys)
        checked = check_script(run)
        assert checked.verdict == "equal", checked.why


@pytest.mark.slow
@given(steps=some_steps(runs=True))
@settings(run_examples, max_examples=20)
def test_every_plan_runs_in_processes_and_as_a_script(
    toys: Registry, place: Examples, steps: list[dict[str, Any]]
) -> None:
    with place() as here:
        plan = planned(toys, steps)
        first = here.run(plan, "first")
        require_lawful(first, plan)
        require_second_takes_over(here, plan, first)
        require_good_bundle(first, toys)
        checked = check_script(first)
        assert checked.verdict == "equal", checked.why
