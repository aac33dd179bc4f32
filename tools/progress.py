"""How far a long step is: a tool says so, and whoever runs it listens.

Nothing of it enters a result, a digest or a journal.  Where nobody listens (in a script, in a test) it does nothing.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

# A person sees no more, and a step must not be slowed by telling.
_EVERY = 0.25  # seconds

_listening: list[Any] = []


@dataclass(frozen=True)
class Progress:
    """How far a step is.

    Attributes
    ----------
    done, total : int
        Of whatever is counted.
    what : str
        What is counted, in a word or two and in the plural: ``objects``, ``names``.
    failed : int
        How many of those that are done came to nothing.
    """

    done: int
    total: int
    what: str
    failed: int = 0


def progressed(done: int, total: int, what: str, failed: int = 0) -> None:
    """Say how far this step is; as often as one likes, since little of it is passed on.

    Parameters
    ----------
    done, total : int
        Of whatever is counted.
    what : str
        What is counted, in a word or two and in the plural.
    failed : int
        How many of those that are done came to nothing.
    """
    if _listening:
        _listening[-1].write(done, total, what, failed)


@contextmanager
def progress_noted(path: str) -> Iterator[None]:
    """Keep what a tool says in a small file, for another process or another machine to read.

    Parameters
    ----------
    path : str
        The file, which holds the last word; "" for none.
    """
    if not path:
        yield
        return
    note = _Note(Path(path))
    _listening.append(note)
    try:
        yield
    finally:
        _listening.remove(note)


def progress_in(path: Path) -> Progress | None:
    """The last word in a file of `progress_noted`; None where nothing was said yet."""
    try:
        told: dict[str, Any] = json.loads(path.read_bytes())
        return Progress(int(told["done"]), int(told["total"]), str(told["what"]), int(told["failed"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


class _Note:
    """Writes the last word, at most every so often, and the very last one always."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.new = path.with_name(path.name + ".new")
        self.next = 0.0

    def write(self, done: int, total: int, what: str, failed: int) -> None:
        now = time.monotonic()
        if now < self.next and done < total:
            return
        self.next = now + _EVERY
        # No result hangs on it, so a disk that refuses must not end the step.
        with contextlib.suppress(OSError):
            self.new.write_text(json.dumps(asdict(Progress(done, total, what, failed))), encoding="utf-8")
            self.new.replace(self.path)
