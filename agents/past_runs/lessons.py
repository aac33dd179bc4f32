"""Lessons: what each finished run taught, read from its folder; an index beside the runs is only a cache of that."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from gnomon.agents.follow_ups.recall import objects_in
from gnomon.agents.markup import one_line
from gnomon.agents.past_runs.edits import Edit, merged, reason_in
from gnomon.plans.canonical import canonical
from gnomon.plans.plan import Plan
from gnomon.plans.run import Run, write_text
from gnomon.tools.errors import GnomonError, StoreError

# Written into the index; another number makes it anew.
_FORM = 1


@dataclass(frozen=True)
class Lesson:
    """What a finished run taught.

    Parameters
    ----------
    run : str
    when : str
        When it was made, ISO 8601 in UTC.
    question : str
        As the person asked it, without what was said later to change the plan.
    goal : str
    objects : tuple of str
        Names of the objects it is about, as catalogues spell them.
    files : tuple of str
        SHA-256 of the files it read.
    settings : dict
        Arguments by tool, in the form that plans keep.
    edits : tuple of Edit
        What the person changed before approving.
    answer : str
        The run's outcome in a sentence; empty where it has none.
    """

    run: str
    when: str
    question: str
    goal: str
    objects: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    settings: dict[str, dict[str, Any]] | None = None
    edits: tuple[Edit, ...] = ()
    answer: str = ""

    def document(self) -> dict[str, Any]:
        """JSON form."""
        return {**asdict(self), "edits": [e.document() for e in self.edits]}

    @classmethod
    def of_document(cls, document: dict[str, Any]) -> Lesson:
        """Read the JSON form; raises TypeError, KeyError or ValueError where it is not that."""
        lists = {k: tuple(map(str, document[k])) for k in ("objects", "files")}
        return cls(**{**document, **lists, "edits": tuple(Edit.of_document(e) for e in document["edits"])})


def lesson_of(run: Run) -> Lesson | None:
    """What a run taught; None where it did not finish, or nobody approved it.

    Raises
    ------
    GnomonError
        Where its record cannot be trusted; ValueError, KeyError, TypeError or OSError where it cannot be read.
    """
    if run.status() != "done":
        return None
    plan, approval, created = run.executed(), run.approval(), run.events("run.created")[0]
    if plan is None or approval is None or approval.decision != "approve":
        return None
    approved = [e for e in run.events("approval") if e["approval"]["decision"] == "approve"]
    offered = [Edit.of_document(e) for e in created.get("edits", [])]
    later = [Edit.of_document(e) for event in approved for e in event.get("edits", [])]
    reason = reason_in(approval.reason) or approval.reason
    edits = [replace(e, reason=e.reason or ("" if e.words else reason)) for e in merged(offered, later)]
    results = run.folder / "report" / "results.json"
    answer = json.loads(results.read_text(encoding="utf-8")).get("answer", "") if results.is_file() else ""
    question = plan.question.partition("\n")[0]
    return Lesson(
        run=run.id,
        when=str(created["time"]),
        question=one_line(question),
        goal=plan.goal,
        objects=tuple(sorted(objects_of(plan))),
        files=tuple(f.sha256 for f in plan.files),
        settings={s.tool: s.arguments for s in plan.steps},
        edits=tuple(e for e in edits if _holds(plan, e)),
        answer=one_line(answer),
    )


def objects_of(plan: Plan) -> set[str]:
    """The names of the objects that a plan is about, by its question, its files' names and the names it gives its tools."""
    named = [str(v) for s in plan.steps for n, v in s.arguments.items() if isinstance(v, str) and "object" in n]
    return objects_in([plan.question, *(Path(f.name).stem.replace("_", " ") for f in plan.files), *named])


def _holds(plan: Plan, edit: Edit) -> bool:
    """Whether the plan that ran is as an edit says it became."""
    there = [s for s in plan.steps if s.tool == edit.tool]
    if edit.what == "left_out":
        return not there
    if edit.what == "added":
        return bool(there)
    return any(
        edit.argument in s.arguments and canonical(s.arguments[edit.argument]) == canonical(edit.new) for s in there
    )


class Lessons:
    """What the finished runs taught.

    Parameters
    ----------
    runs : pathlib.Path
        Folder of the runs.
    kept : pathlib.Path
        Folder of caches.
    """

    def __init__(self, runs: Path, kept: Path) -> None:
        self.runs = runs
        self.index = kept / "past_runs.json"

    def all(self) -> list[Lesson]:
        """Every lesson, the newest first; a damaged run teaches nothing, and `gnomon runs` says that it is damaged."""
        known = self._read()
        rows: dict[str, Any] = {}
        for run in Run.all(self.runs):
            state = _state(run.folder)
            row = known.get(run.id)
            rows[run.id] = row if isinstance(row, dict) and row.get("state") == state else _row(run, state)
        if rows != known:
            with suppress(StoreError):  # where it cannot be kept, only time is lost
                write_text(self.index, json.dumps({"form": _FORM, "runs": rows}, ensure_ascii=False))
        lessons = [Lesson.of_document(row["lesson"]) for row in rows.values() if row["lesson"] is not None]
        return sorted(lessons, key=lambda lesson: (lesson.when, lesson.run), reverse=True)

    def _read(self) -> dict[str, Any]:
        """The index; an empty one where it is not there, torn, or of another form."""
        try:
            document = json.loads(self.index.read_text(encoding="utf-8"))
            if document["form"] != _FORM:
                return {}
            for row in document["runs"].values():
                if row["lesson"] is not None:
                    Lesson.of_document(row["lesson"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return {}
        rows: dict[str, Any] = document["runs"]
        return rows


def _state(folder: Path) -> Sequence[int]:
    """By what it is told whether a run's folder is still what it was."""
    state: list[int] = []
    for name in ("journal.jsonl", "report/results.json"):
        path = folder / name
        stat = path.stat() if path.is_file() else None
        state += [stat.st_mtime_ns, stat.st_size] if stat else [0, 0]
    return state


def _row(run: Run, state: Sequence[int]) -> dict[str, Any]:
    try:
        lesson = lesson_of(run)
    except (GnomonError, OSError, ValueError, KeyError, TypeError, IndexError):
        lesson = None  # `gnomon runs` and `gnomon verify` say what is wrong with a run that cannot be trusted
    return {"state": state, "lesson": lesson.document() if lesson else None}
