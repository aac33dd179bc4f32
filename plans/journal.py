"""The journal: an append-only file of events, each line carrying the digest of the line before.

A line is canonical JSON ``{"seq", "time", "event", ..., "prev"}``.  A line is on the disk before `Journal.append` returns.
A process killed while writing leaves at most one torn last line; opening the journal moves that line to a file beside it
and notes so, and the chain goes on from the last whole line.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from gnomon.plans.canonical import canonical, read
from gnomon.tools.errors import JournalError, StoreError

GENESIS = "0" * 64


def now() -> str:
    """The present in UTC, ISO 8601 with microseconds."""
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _line_digest(line: bytes) -> str:
    return hashlib.sha256(line).hexdigest()


@lru_cache(maxsize=512)
def _is_canonical(line: bytes) -> bool:
    """Whether a line is written as its event is; a journal is read many times while a run goes on, and grows by a line at a time."""
    return canonical(read(line)) == line


def read_events(path: Path, *, being_written: bool = False) -> list[dict[str, Any]]:
    """All events of a journal, after checking its chain.

    Parameters
    ----------
    path : pathlib.Path
    being_written : bool
        Whether another process may be writing now: a last line without its end is then not an event yet.

    Raises
    ------
    JournalError
        Naming the first line that was altered, removed, added or torn, as near as the chain can tell.
    """
    events: list[dict[str, Any]] = []
    previous = GENESIS
    if not path.exists():
        return events
    content = path.read_bytes()
    lines = content.split(b"\n")
    torn = lines.pop()
    for number, line in enumerate(lines, start=1):
        try:
            event = read(line)
        except (ValueError, RecursionError) as error:
            raise JournalError(
                f"Line {number} of {path.name} is not readable.", remedy="The record of this run cannot be trusted."
            ) from error
        if not isinstance(event, dict) or not isinstance(event.get("event"), str):
            raise JournalError(
                f"Line {number} of {path.name} is not an event.", remedy="The record of this run cannot be trusted."
            )
        if event.get("prev") != previous or event.get("seq") != number or not _is_canonical(line):
            raise JournalError(
                f"{_which_was_altered(lines, number, event, previous)} ({path.name}).",
                remedy="The record of this run cannot be trusted.",
            )
        previous = _line_digest(line)
        events.append(event)
    if torn and not being_written:
        raise JournalError(
            f"The last line of {path.name} was never finished.", remedy="`gnomon resume` sets it aside and goes on."
        )
    return events


def _which_was_altered(lines: list[bytes], number: int, event: dict[str, Any], previous: str) -> str:
    """Which line is not as it was written, where the chain breaks at line `number`, in words.

    A line does not hold its own digest, the next one does: one that was edited is only noticed at the line after it.
    """
    if event.get("seq") != number:
        return f"Line {number} was altered, or lines before it were removed or added"
    if event.get("prev") == previous or number == 1:
        return f"Line {number} was altered"
    if number == len(lines):
        return f"Line {number - 1} or {number} was altered"
    # The line after this one still knows this one as it is, so that it is the one before that was changed.
    following = _line_digest(lines[number - 1])
    return f"Line {number - 1 if _prev_of(lines[number]) == following else number} was altered"


def _prev_of(line: bytes) -> Any:
    try:
        event = read(line)
    except (ValueError, RecursionError):
        return None
    return event.get("prev") if isinstance(event, dict) else None


class Journal:
    """A journal opened for writing.

    Parameters
    ----------
    path : pathlib.Path
        The file; it is made where there is none.

    Raises
    ------
    JournalError
        Where the chain is broken elsewhere than in a torn last line.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._set_torn_line_aside()
        self._events = read_events(path)
        self._previous = _line_digest(path.read_bytes().split(b"\n")[-2]) if self._events else GENESIS
        # What was set aside and not noted yet, also by a process that died between the two.
        noted = sum(e["torn_bytes"] + 1 for e in self._events if e["event"] == "journal.recovered")
        aside = self._torn.stat().st_size if self._torn.exists() else 0
        if aside > noted:
            self.append("journal.recovered", torn_bytes=aside - noted - 1)

    @property
    def _torn(self) -> Path:
        return self.path.with_suffix(".torn")

    def _set_torn_line_aside(self) -> None:
        if not self.path.exists():
            return
        content = self.path.read_bytes()
        end = content.rfind(b"\n") + 1
        if end == len(content):
            return
        with self._torn.open("ab") as aside:
            aside.write(content[end:] + b"\n")
        with self.path.open("r+b") as stream:
            stream.truncate(end)
            os.fsync(stream.fileno())

    def append(self, event: str, **fields: Any) -> dict[str, Any]:
        """Write one event; it is on the disk when this returns.

        Raises
        ------
        StoreError
            Where the disk refuses; nothing of the line is then left behind.
        """
        with self._lock:
            record = {"seq": len(self._events) + 1, "time": now(), "event": event, **fields, "prev": self._previous}
            line = canonical(record)
            size = self.path.stat().st_size if self.path.exists() else 0
            try:
                with self.path.open("ab") as stream:
                    stream.write(line + b"\n")
                    stream.flush()
                    os.fsync(stream.fileno())
            except OSError as error:
                with self.path.open("r+b") as stream:
                    stream.truncate(size)
                raise StoreError(
                    f"The journal {self.path.name} could not be written: {error.strerror}.",
                    remedy="Free some disk space, then `gnomon resume`.",
                ) from error
            self._previous = _line_digest(line)
            # Read back from the bytes, so that what later steps see is what the disk holds.
            self._events.append(read(line))
            return self._events[-1]

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(list(self._events))

    @property
    def head(self) -> str:
        """Digest of the last line."""
        return self._previous
