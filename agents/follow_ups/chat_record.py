"""The record of a conversation: one file to which every saying and every answer is appended, so that it survives whatever ends it."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from gnomon.plans.journal import Journal, read_events
from gnomon.tools.errors import StoreError, UsageError

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def new_name() -> str:
    """A name for a new conversation, in the order of time."""
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


def find_name(folder: Path, name: str) -> str:
    """The conversation of that name or of a name that starts so; the last one where none is given.

    Raises
    ------
    UsageError
        Where there is none, or more than one.
    """
    files = sorted(folder.glob("*.jsonl"), key=lambda p: (p.stat().st_mtime_ns, p.name)) if folder.is_dir() else []
    names = [p.stem for p in files]
    if not names:
        raise UsageError("There is no conversation to go on with.", remedy="`gnomon chat` begins one.")
    if not name:
        return names[-1]
    found = [n for n in names if n == name] or [n for n in names if n.startswith(name)]
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(
            f"{len(found)} conversations start with {name!r}: {', '.join(found[:5])}.", remedy="Give more of the name."
        )
    raise UsageError(f"There is no conversation called {name!r}.", remedy=f"There are: {', '.join(names[-5:])}.")


class ChatRecord:
    """What was said in one conversation, in the order in which it was said.

    A line is on the disk before the next thing happens (`gnomon.plans.journal`); a process killed while writing loses at most that line.

    Parameters
    ----------
    folder : pathlib.Path
        Folder of all conversations.
    name : str
    """

    def __init__(self, folder: Path, name: str) -> None:
        if not _NAME.fullmatch(name):
            raise UsageError(
                f"{name!r} is no name for a conversation.", remedy="Use letters, digits, dots, - and _, 64 at most."
            )
        folder.mkdir(parents=True, exist_ok=True)
        self.name = name
        self.path = folder / f"{name}.jsonl"
        self._journal: Journal | None = None

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the conversation; only one process can.

        Raises
        ------
        UsageError
            Where another one holds it.
        """
        lock = FileLock(self.path.with_suffix(".lock"))
        try:
            lock.acquire(timeout=0)
        except Timeout as error:
            raise UsageError(
                f"The conversation {self.name} is going on in another process.",
                remedy="End it there, or begin another one.",
            ) from error
        except OSError as error:  # after Timeout, which is one
            raise StoreError(
                f"The conversation {self.name} could not be held: {error.strerror}.",
                remedy="Check the folder's permissions and the disk.",
            ) from error
        try:
            yield
        finally:
            lock.release()

    def append(self, event: str, **fields: Any) -> None:
        """Write one line."""
        if self._journal is None:
            self._journal = Journal(self.path)
        self._journal.append(event, **fields)

    def events(self) -> list[dict[str, Any]]:
        """All lines; a torn last one is left out."""
        return read_events(self.path, being_written=True)
