"""Progress on standard error: a bar where a person watches, a line a step elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from gnomon.interfaces.output import print_answer, say

_ENDS = {
    "step.finished": "done",
    "step.kept": "kept from before",
    "step.empty": "found nothing",
    "step.failed": "failed",
    "step.skipped": "skipped",
}


@contextmanager
def shown(quiet: bool) -> Iterator[Callable[[str, dict[str, Any]], None] | None]:
    """Yield what an engine tells its events to; nothing is shown where `quiet`."""
    if quiet:
        yield None
    elif sys.stderr.isatty():
        with _bars() as told:
            yield told
    else:
        yield _line


def _how(event: str, fields: dict[str, Any]) -> str:
    if fields.get("reused"):
        return f"taken over from run {fields['reused']}"
    return f"{_ENDS[event]}, {fields['seconds']:.1f} s" if fields.get("seconds") else _ENDS[event]


def _told(event: str, fields: dict[str, Any]) -> str:
    """What a line says of an event; nothing for most."""
    if event in _ENDS:
        return f"  {fields['step']}: {_how(event, fields)}"
    if event == "script.checked":
        reused = f", as in run {fields['reused']}" if fields.get("reused") else ""
        why = f": {fields['why']}" if fields["why"] else ""
        return f"  script checked: {fields['verdict']}{why}{reused}"
    return ""


def _line(event: str, fields: dict[str, Any]) -> None:
    if event == "answer":
        print_answer(fields["answer"])
    elif line := _told(event, fields):
        say(line)


@contextmanager
def _bars() -> Iterator[Callable[[str, dict[str, Any]], None]]:
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    progress = Progress(
        SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), console=console, transient=True
    )
    tasks: dict[str, Any] = {}

    def told(event: str, fields: dict[str, Any]) -> None:
        if event == "run.started":
            progress.start()
        elif event == "step.started":
            tasks[fields["step"]] = progress.add_task(fields["step"], total=None)
        elif event == "script.checking":
            progress.start()
            tasks[event] = progress.add_task("checking the script", total=None)
        elif line := _told(event, fields):
            name = fields.get("step", "script.checking")
            if name in tasks:
                progress.remove_task(tasks.pop(name))
            console.print(line, highlight=False, markup=False)
        elif event == "answer":
            progress.stop()
            print_answer(fields["answer"])
        elif event == "run.finished":
            progress.stop()

    try:
        yield told
    finally:
        progress.stop()
