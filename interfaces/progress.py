"""Progress on standard error: a bar where a person watches, a line a step elsewhere.

A step that tells how far it is (`gnomon.tools.progress`) fills its bar; elsewhere it has a line for every tenth, and no two within
seconds of each other.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from gnomon.interfaces.output import print_answer, say

_ENDS = {
    "step.finished": "done",
    "step.kept": "kept from before",
    "step.empty": "found nothing",
    "step.failed": "failed",
    "step.skipped": "skipped",
}

_LINES_APART = 5.0  # seconds, so that a short step has no lines of its own


@contextmanager
def shown(quiet: bool) -> Iterator[Callable[[str, dict[str, Any]], None] | None]:
    """Yield what an engine tells its events to; nothing is shown where `quiet`."""
    if quiet:
        yield None
    elif sys.stderr.isatty() and sys.stdout.isatty():
        with _bars() as told:
            yield told
    else:
        yield Lines()


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
    if event == "memory.reading":
        return f"Reading {fields['notes']} notes on methods that come with Gnomon; once."
    return ""


def how_far(done: int, total: int, what: str, failed: int = 0, speed: float | None = None) -> str:
    """How far a step is, in words: what is done, what failed, how fast it goes and how long it takes from here.

    Parameters
    ----------
    done, total : int
    what : str
        What is counted.
    failed : int
    speed : float, optional
        How many a second; None where that is not known yet.
    """
    parts = [f"{done:,} of {total:,} {what}"]
    if failed:
        parts.append(f"{failed:,} failed")
    if speed and done < total:
        parts.append(
            f"{speed:.0f}/s" if speed >= 10.0 else f"{speed:.2g}/s" if speed >= 1.0 else f"{60.0 * speed:.2g}/min"
        )
        parts.append(f"about {_for_people((total - done) / speed)} left")
    return ", ".join(parts)


def _for_people(seconds: float) -> str:
    if seconds < 90.0:
        return f"{max(1, math.ceil(seconds))} s"
    if seconds < 5400.0:
        return f"{math.ceil(seconds / 60.0)} min"
    return f"{seconds / 3600.0:.1f} h"


@dataclass
class _Heard:
    """When a step was heard of first, and when there was a line of it last."""

    began: float
    done_then: int
    line: float
    tenth: int


class Lines:
    """Lines where nobody watches: one for each step that ended, and for every tenth of a long one.

    Parameters
    ----------
    write : callable
        Takes a line.
    clock : callable
        Seconds, from whenever.
    """

    def __init__(self, write: Callable[[str], None] = say, clock: Callable[[], float] = time.monotonic) -> None:
        self.write = write
        self.clock = clock
        self.heard: dict[str, _Heard] = {}

    def __call__(self, event: str, fields: dict[str, Any]) -> None:
        """Take an event of the engine or of the conversation."""
        if event == "answer":
            print_answer(fields["answer"])
        elif event == "step.started":
            self.heard.pop(fields["step"], None)
        elif event == "step.progressed":
            self._progressed(fields)
        elif line := _told(event, fields):
            self.write(line)

    def _progressed(self, fields: dict[str, Any]) -> None:
        now, done, total = self.clock(), fields["done"], fields["total"]
        tenth = 10 * done // total if total else 10
        known = self.heard.setdefault(fields["step"], _Heard(now, done, now, tenth))
        if tenth <= known.tenth or now - known.line < _LINES_APART:
            return
        known.tenth, known.line = tenth, now
        speed = (done - known.done_then) / (now - known.began)
        self.write(f"  {fields['step']}: {how_far(done, total, fields['what'], fields['failed'], speed)}")


@contextmanager
def _bars() -> Iterator[Callable[[str, dict[str, Any]], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, ProgressColumn, SpinnerColumn, Task, TextColumn, TimeElapsedColumn
    from rich.text import Text

    class Bar(BarColumn):
        """A bar for steps that tell how far they are, and for no others."""

        def render(self, task: Task) -> Any:
            return Text("") if task.total is None else super().render(task)

    class HowFar(ProgressColumn):
        """The same in words."""

        def render(self, task: Task) -> Text:
            if task.total is None:
                return Text("")
            return Text(
                how_far(int(task.completed), int(task.total), task.fields["what"], task.fields["failed"], task.speed)
            )

    console = Console(stderr=True)
    progress = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        Bar(bar_width=24),
        HowFar(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
    )
    tasks: dict[str, Any] = {}

    def told(event: str, fields: dict[str, Any]) -> None:
        if event == "run.started":
            progress.start()
        elif event == "step.started":
            tasks[fields["step"]] = progress.add_task(fields["step"], total=None)
        elif event == "step.progressed" and fields["step"] in tasks:
            told_of = {name: fields[name] for name in ("total", "what", "failed")}
            progress.update(tasks[fields["step"]], completed=fields["done"], **told_of)
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
