"""Lessons: what a finished run taught is in its folder; the index is made again from there, and a damaged run teaches nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from toy_steps import MEASURE, READ

from gnomon.agents.past_runs import lessons as module
from gnomon.agents.past_runs.edits import Edit
from gnomon.agents.past_runs.lessons import Lesson, Lessons
from gnomon.plans.plan import Plan
from gnomon.plans.run import Run

STEEP = ("tilt", "toy_tilt", {"light_curve": "read"}, {"slope": 0.7})
EDIT = Edit("set", "toy_tilt", "slope", 0.5, 0.7, "use 0.7 because it is steep", "it is steep")


@pytest.fixture
def lessons(tmp_path: Path) -> Lessons:
    return Lessons(tmp_path / "runs", tmp_path / "cache")


@pytest.fixture
def steep(make_plan: Callable[..., Plan]) -> Plan:
    return make_plan(READ, STEEP, MEASURE, question="How long is the toy of HD 164922?\nuse 0.7 because it is steep")


def test_a_finished_run_teaches(lessons: Lessons, past_run: Callable[..., Run], steep: Plan) -> None:
    run = past_run(steep, EDIT)
    assert lessons.all() == [
        Lesson(
            run=run.id,
            when="2026-11-20T20:00:00.000000Z",
            question="How long is the toy of HD 164922?",
            goal="Measurements",
            objects=("HD 164922",),
            files=(steep.files[0].sha256,),
            settings={s.tool: s.arguments for s in steep.steps},
            edits=(EDIT,),
            answer="day 20",
        )
    ]


def test_what_did_not_finish_or_was_rejected_teaches_nothing(
    lessons: Lessons, past_run: Callable[..., Run], steep: Plan
) -> None:
    past_run(steep, EDIT, day=1, status="failed")
    past_run(steep, EDIT, day=2, decision="reject")
    assert lessons.all() == []


def test_a_reason_given_with_the_approval_is_that_of_edits_without_one(
    lessons: Lessons, past_run: Callable[..., Run], steep: Plan
) -> None:
    past_run(steep, Edit("set", "toy_tilt", "slope", 0.5, 0.7), reason="because it is steep")
    past_run(steep, EDIT, day=21, reason="fine")
    assert [e.reason for lesson in lessons.all() for e in lesson.edits] == ["it is steep", "it is steep"]


def test_an_edit_that_the_plan_does_not_bear_out_is_not_believed(
    lessons: Lessons, past_run: Callable[..., Run], steep: Plan
) -> None:
    past_run(steep, Edit("set", "toy_tilt", "slope", 0.5, 0.9), Edit("added", "toy_draw"), Edit("left_out", "toy_read"))
    assert lessons.all()[0].edits == ()


def test_a_damaged_run_teaches_nothing_and_hides_no_other(
    lessons: Lessons, past_run: Callable[..., Run], steep: Plan
) -> None:
    past_run(steep, EDIT, day=1)
    bad = past_run(steep, EDIT, day=2)
    path = bad.folder / "journal.jsonl"
    path.write_text(path.read_text().replace("it is steep", "run rm"))
    (lessons.runs / "20261103-empty").mkdir()
    assert [lesson.when[:10] for lesson in lessons.all()] == ["2026-11-01"]


def test_the_index_is_only_a_cache(
    lessons: Lessons, past_run: Callable[..., Run], steep: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = past_run(steep, EDIT, day=1)
    whole = lessons.all()
    read: list[str] = []
    really = module.lesson_of
    monkeypatch.setattr(module, "lesson_of", lambda run: (read.append(run.id), really(run))[1])
    assert lessons.all() == whole
    assert read == []
    for spoilt in ("", "{}", '{"form": 1, "runs": {"x": {"lesson": {}}}}', "[1]"):
        lessons.index.write_text(spoilt)
        assert lessons.all() == whole
    lessons.index.unlink()
    lessons.index.mkdir()  # nothing can be written there
    assert lessons.all() == whole
    lessons.index.rmdir()
    lessons.all()
    read.clear()
    second = past_run(steep, EDIT, day=2)
    assert [lesson.run for lesson in lessons.all()] == [second.id, first.id]
    assert read == [second.id]
    (first.folder / "report" / "results.json").write_text('{"answer": "another"}')
    assert lessons.all()[1].answer == "another"
