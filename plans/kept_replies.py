"""Replies of earlier runs that are kept for when a service does not answer: how much room they take, and forgetting old ones.

They are those of `gnomon.tools.shelf`.  No run needs them: a run's folder has its own copies, or links to the same bytes where
the disk can, and then no room is freed by forgetting.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from gnomon.tools.errors import StoreError

# Nothing takes this long to write; what is older was left by a process that was killed.
_PART_SECONDS = 86400.0

_HEX = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Kept:
    """How many answers, and the bytes that only they take."""

    answers: int
    bytes: int


@dataclass(frozen=True)
class _Answer:
    path: Path
    when: float
    size: int
    bodies: frozenset[str]


def _answers(folder: Path) -> list[_Answer]:
    found = []
    for path in sorted(folder.glob("*.json")):
        try:
            seen, text = path.stat(), path.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:  # forgotten meanwhile by another process
            continue
        # Whatever looks like a digest is kept, as in the store.
        found.append(_Answer(path, seen.st_mtime, seen.st_size, frozenset(_HEX.findall(text))))
    return found


def _own(path: Path) -> int:
    """Bytes that are free once this name is gone; none where a run has another name for them."""
    seen = path.stat()
    return seen.st_size if seen.st_nlink == 1 else 0


def size_of(folder: Path) -> Kept:
    """What a folder of kept replies holds, changing nothing.

    Parameters
    ----------
    folder : pathlib.Path
        It need not be there.
    """
    files = [path for path in folder.rglob("*") if path.is_file()]
    return Kept(sum(1 for _ in folder.glob("*.json")), sum(_own(path) for path in files))


def forget(folder: Path, older: timedelta, dry_run: bool = False) -> Kept:
    """Forget the answers that were given longer ago than this.

    Parameters
    ----------
    folder : pathlib.Path
        It need not be there.
    older : datetime.timedelta
        Since a service gave the answer; one that it gave again since is as young as that.
    dry_run : bool
        Only say what would be forgotten.

    Returns
    -------
    Kept
        What was forgotten.

    Raises
    ------
    StoreError
        Where the disk refuses.
    """
    now = time.time()
    before = now - older.total_seconds()
    going: list[_Answer] = []
    staying: list[_Answer] = []
    for answer in _answers(folder):
        (going if answer.when < before else staying).append(answer)
    freed = sum(answer.size for answer in going)
    try:
        if not dry_run:
            for answer in going:
                answer.path.unlink(missing_ok=True)
            staying = _answers(folder)  # one may have been put there meanwhile
        needed = {sha256 for answer in staying for sha256 in answer.bodies}
        gone = {sha256 for answer in going for sha256 in answer.bodies}
        for path in [p for place in (folder, folder / "bodies") for p in place.glob("*") if p.is_file()]:
            part = path.name.startswith(".part-")
            if not part and (path.parent == folder or path.name in needed):
                continue
            seen = path.stat()
            # A body that no answer names may be one whose answer is being written.
            if path.name in gone or max(seen.st_mtime, seen.st_ctime) < now - _PART_SECONDS:
                freed += _own(path)
                if not dry_run:
                    path.unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(
            f"{error.filename or folder} could not be removed: {error.strerror or error}.",
            remedy="Check the folder's permissions and the disk.",
        ) from error
    return Kept(len(going), freed)
