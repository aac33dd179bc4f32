"""What the command says: messages on standard error, answers on standard output, and the JSON document of a run."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gnomon.plans.run import Run


def say(text: str) -> None:
    """A message to the person, on standard error."""
    sys.stderr.write(_harmless(text.encode("utf-8", "replace").decode("utf-8")).rstrip("\n") + "\n")
    sys.stderr.flush()


def print_text(text: str) -> None:
    """The answer, on standard output."""
    sys.stdout.write(_harmless(text).rstrip("\n") + "\n")
    sys.stdout.flush()


def _harmless(text: str) -> str:
    """A text without characters that a terminal would obey, or that turn its direction: file names and titles may have them."""
    from gnomon.agents.markup import clean

    return clean(text)


_answered: list[str] = []


def expect_answer() -> None:
    """Another answer may come, even one that reads like the last one."""
    _answered.clear()


def print_answer(text: str) -> None:
    """The answer, on standard output; once, however often it is told."""
    if text not in _answered:
        _answered.append(text)
        print_text(text)


def print_json(document: Any) -> None:
    """One JSON document, on standard output."""
    from gnomon.agents.markup import TREACHEROUS

    text = json.dumps(document, ensure_ascii=False, indent=1)
    print_text(TREACHEROUS.sub(lambda m: json.dumps(m[0])[1:-1], text))


def run_document(run: Run, status: str) -> dict[str, Any]:
    """The JSON document of a run, as every command that has one prints it."""
    created = run.events("run.created")[0]
    results = run.folder / "report" / "results.json"
    report = run.folder / "report" / "report.md"
    told: dict[str, Any] = (
        json.loads(results.read_text(encoding="utf-8"))
        if results.exists()
        else {"answer": "", "results": [], "warnings": []}
    )
    return {
        "run": run.id,
        "status": status,
        "plan_hash": executed.hash if (executed := run.executed()) else created["plan"],
        "question": created["question"],
        "answer": told["answer"],
        "results": told["results"],
        "warnings": told["warnings"],
        "tables": told.get("tables", []),
        "report": str(report) if report.exists() else None,
        "bundle": str(run.folder),
        "seconds": sum(e["seconds"] for e in run.events("run.finished")),
    }


_LABELS = {"warning": ("Warning: ", "注意："), "report": ("Report: ", "报告：")}


def labelled(label: str, text: str, question: str) -> str:
    """A line with what it is before it, "warning" or "report", in the language of the question that it answers."""
    from gnomon.agents.understanding.grammar import language_of

    return _LABELS[label][language_of(question) == "zh"] + text


def print_shown(run: Run) -> None:
    """What a run fetched or made that is no number, as text, on standard output."""
    results = run.folder / "report" / "results.json"
    if results.exists() and (text := str(json.loads(results.read_text(encoding="utf-8")).get("shown") or "")):
        print_text("\n" + text + "\n")


def print_event(event: dict[str, Any]) -> None:
    """What became of a step, in a line."""
    if event["event"] == "step.finished":
        how = f"taken over from run {event['reused']}" if event.get("reused") else f"{event['seconds']:.2f} s"
        print_text(f"  {event['step']}: {event['artifact']['preview']} ({how})")
    elif event["event"] in ("step.failed", "step.empty"):
        print_text(f"  {event['step']}: {event['error']['what']} {event['error']['remedy']}")
    elif event["event"] == "step.skipped":
        print_text(f"  {event['step']}: skipped, because {event['because']} {event['how']}")
