"""Recall: earlier runs by object, by date, by what was found, by sense; and what is said where none fits."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from gnomon.agents.follow_ups.recall import Found, Recall
from gnomon.agents.past_runs.forgotten import Forgotten
from gnomon.agents.understanding.clock import Clock
from gnomon.agents.understanding.understand import understand
from gnomon.plans import journal
from gnomon.plans.plan import Plan
from gnomon.plans.run import Run

CLOCK = Clock.of("2026-11-22T16:00:00", "Asia/Shanghai")
# Run, time in UTC, question, answer, what its results are of.
RUNS = [
    ("hd", "2026-11-21T06:00:00.000000Z", "Which planets orbit HD 164922?", "HD 164922 planet 1: period 1200.9 d; planet 2: period 75.767 d.", ["HD 164922 planet 1", "HD 164922 planet 2"]),
    ("k2", "2026-11-12T06:00:00.000000Z", "K2-3 的光变曲线里有行星吗？", "信号 1：周期 10.05 d；信号 2：周期 24.6 d；信号 3：周期 44.6 d。", ["signal 1", "signal 2", "signal 3"]),
    ("toi", "2026-11-21T17:30:00.000000Z", "Is there a transit in the light curve of TOI-114?", "signal 1: period 3.29 d.", ["signal 1"]),
    ("draw", "2026-03-02T06:00:00.000000Z", "Draw the light curve", "", []),
]  # fmt: skip


@pytest.fixture
def recall(simple_plan: Plan, store: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recall:
    root = tmp_path / "runs"
    for name, when, question, answer, of in RUNS:
        monkeypatch.setattr(journal, "now", lambda when=when: when)
        run = Run.create(
            root, f"{when[:10].replace('-', '')}-{name}", simple_plan.model_copy(update={"question": question}), store
        )
        results = [{"of": o, "quantity": "period", "value": 1.0} for o in of]
        (run.folder / "report" / "results.json").write_text(json.dumps({"answer": answer, "results": results}))
    (root / "20260101-damaged").mkdir()
    return Recall(root, tmp_path / "cache", CLOCK)


@pytest.fixture
def find(recall: Recall) -> Callable[[str], Found]:
    return lambda text: recall.find(understand(text, CLOCK))


@pytest.mark.parametrize(
    ("text", "first", "without"),
    [
        ("show yesterday's analysis of HD 164922", "hd", ""),
        ("昨天对 HD 164922 的分析", "hd", ""),
        ("what did we find for K2-3?", "k2", ""),
        ("the run with the two planets", "hd", ""),
        ("有三个信号的那次", "k2", ""),
        ("what did we do last week?", "k2", ""),
        ("上周我们做了什么？", "k2", ""),
        ("what did I do today?", "toi", ""),  # it is half past one in the morning in Shanghai
        ("the run in March", "draw", ""),
        ("my analysis of HD 164922 b", "hd", ""),
        ("the analysis of K2-3 of yesterday", "k2", "time"),
        ("what did we do in 2024?", "toi", "time"),
        ("the run about TOI-270", "toi", "object"),
    ],
)
def test_found(find: Callable[[str], Found], text: str, first: str, without: str) -> None:
    found = find(text)
    assert found.runs[0].run.endswith(first)
    assert found.without == without
    assert len(found.runs) <= 3


def test_only_what_fits_a_date(find: Callable[[str], Found]) -> None:
    assert [p.run.rpartition("-")[2] for p in find("what did we do yesterday?").runs] == ["hd"]


def test_sense_across_languages(find: Callable[[str], Found]) -> None:
    assert find("画光变曲线的那次").runs[0].run.endswith("draw")


def test_nothing_like_it_is_said(find: Callable[[str], Found]) -> None:
    assert find("the one about gravitational waves").without == "like"


def test_no_runs(tmp_path: Path) -> None:
    recall = Recall(tmp_path / "none", tmp_path / "cache", CLOCK)
    assert recall.find(understand("what did we do yesterday?", CLOCK)) == Found((), "time")


def test_half_a_file_of_vectors_is_made_anew(recall: Recall) -> None:
    recall.find(understand("two planets", CLOCK))
    recall.kept.write_bytes(recall.kept.read_bytes()[:100])
    assert Recall(recall.runs, recall.kept.parent, CLOCK).find(understand("the run with two planets", CLOCK)).runs


def test_a_forgotten_run_is_not_found(recall: Recall, find: Callable[[str], Found]) -> None:
    (hd,) = [p.run for p in recall.past if p.run.endswith("-hd")]
    assert hd in [p.run for p in find("what did we find for HD 164922?").runs]
    Forgotten(recall.runs.parent).forget_runs([hd])
    assert hd not in [p.run for p in find("what did we find for HD 164922?").runs]
