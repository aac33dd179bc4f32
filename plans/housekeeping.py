"""Housekeeping: how large the store is, and removing what no run needs any more.

A run that is there needs, whatever its state, every object whose digest stands anywhere in its journal, its plan or its other
records: outputs, attached files, weights, replies.  It is enough that 64 hexadecimal digits look like a digest; keeping too
much costs space, and removing too much costs results.

Removing is safe while runs are under way:

* an object's time of modification is when it was last written or found useful (`Store.touch`); younger ones stay;
* what was used since the oldest run under way began stays, too, whatever age was asked for;
* a run that finds an object useful at the very moment when it is to be removed either keeps it or does not see it any more,
  and then makes it again.

Where one run's record cannot be read, nobody knows what it needs, and nothing is removed.
"""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_hex
from typing import Any

from filelock import FileLock, Timeout

from gnomon.plans import kept_replies
from gnomon.plans.run import Run
from gnomon.plans.store import Store
from gnomon.tools.errors import JournalError, StoreError, UsageError

# Nothing takes this long to write; what is older was left by a process that was killed.
PART_SECONDS = 86400.0

# File systems keep times in ticks of up to 10 ms, so an object touched now may seem touched a moment ago.
TICK_SECONDS = 0.05

_AGE = re.compile(r"([0-9]+)\s*([hdw])")
_HOURS = {"h": 1, "d": 24, "w": 7 * 24}
_HEX = re.compile(rb"(?<![0-9a-fA-F])[0-9a-fA-F]{64}(?![0-9a-fA-F])")
_RECORDS = (".json", ".jsonl", ".yaml")


@dataclass(frozen=True)
class Survey:
    """What the store holds.

    Parameters
    ----------
    objects, bytes : int
    needed, needed_bytes : int
        Of these, what the runs need that are there.
    rows : int
        Finished steps in the index.
    parts, part_bytes : int
        Files and folders that were begun and not finished; some may be under way.
    runs : int
    unreadable : tuple of str
        Runs whose record cannot be read; what they need is known only as far as it can be.
    replies, reply_bytes : int
        Answers of services that are kept for when one does not answer, and the bytes that no run has too.
    """

    objects: int
    bytes: int
    needed: int
    needed_bytes: int
    rows: int
    parts: int
    part_bytes: int
    runs: int
    unreadable: tuple[str, ...]
    replies: int = 0
    reply_bytes: int = 0

    def document(self) -> dict[str, Any]:
        """The JSON form."""
        return asdict(self)

    def __str__(self) -> str:
        lines = [
            f"{_count(self.objects, 'object')}, {_size(self.bytes)}; "
            f"{_runs_need(self.runs)} {self.needed} of them, {_size(self.needed_bytes)}",
            f"{_count(self.rows, 'finished step')} in the index",
        ]
        if self.parts:
            lines.append(f"{_count(self.parts, 'unfinished file')}, {_size(self.part_bytes)}")
        if self.replies:
            lines.append(f"{_answers(self.replies)} of services kept for when one is silent, {_size(self.reply_bytes)}")
        if self.unreadable:
            lines.append(f"the record cannot be read of {', '.join(self.unreadable)}")
        return "\n".join(lines)


@dataclass(frozen=True)
class Freed:
    """What was removed from the store, or would be, and what was kept.

    Parameters
    ----------
    objects, bytes : int
        Removed objects.
    rows : int
        Removed entries of the index, whose artifacts are gone.
    parts, part_bytes : int
        Removed remains of processes that were killed.
    needed, needed_bytes : int
        Kept, since a run needs them.
    recent, recent_bytes : int
        Kept, since they were used too lately.
    held, held_bytes : int
        Kept, since they were used after the oldest run under way began.
    runs : int
        Runs that were asked.
    dry_run : bool
        Whether nothing was removed.
    replies, reply_bytes : int
        Forgotten answers of services, and the bytes that no run has too.
    """

    objects: int
    bytes: int
    rows: int
    parts: int
    part_bytes: int
    needed: int
    needed_bytes: int
    recent: int
    recent_bytes: int
    held: int
    held_bytes: int
    runs: int
    dry_run: bool
    replies: int = 0
    reply_bytes: int = 0

    def document(self) -> dict[str, Any]:
        """The JSON form."""
        return asdict(self)

    def __str__(self) -> str:
        did = "would free" if self.dry_run else "freed"
        lines = [f"{did} {_count(self.objects, 'object')}, {_size(self.bytes)}"]
        if self.rows:
            lines.append(f"{did} {_count(self.rows, 'entry', 'entries')} of the index, whose artifacts are gone")
        if self.parts:
            lines.append(f"{did} {_count(self.parts, 'unfinished file')}, {_size(self.part_bytes)}")
        if self.replies:
            lines.append(f"{did} {_answers(self.replies)} of services, {_size(self.reply_bytes)}")
        for number, size, why in (
            (self.needed, self.needed_bytes, f"that {_runs_need(self.runs)}"),
            (self.recent, self.recent_bytes, "that were used too lately"),
            (self.held, self.held_bytes, "that were used since the oldest run under way began"),
        ):
            if number:
                lines.append(f"kept {_count(number, 'object')} {why}, {_size(size)}")
        return "\n".join(lines)


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"


def _answers(number: int) -> str:
    return _count(number, "answer")


def _runs_need(runs: int) -> str:
    return f"{_count(runs, 'run')} {'needs' if runs == 1 else 'need'}"


def _size(size: int) -> str:
    number = float(size)
    for unit in ("bytes", "kB", "MB", "GB"):
        if number < 1000:
            return f"{number:.0f} {unit}" if unit == "bytes" else f"{number:.1f} {unit}"
        number /= 1000
    return f"{number:.1f} TB"


def parse_age(text: str) -> timedelta:
    """An age as people write it: ``12h``, ``30d``, ``2w``; ``0d`` is any age.

    Raises
    ------
    UsageError
        For anything else.
    """
    match = _AGE.fullmatch(text.strip())
    try:
        if match:
            return timedelta(hours=int(match[1]) * _HOURS[match[2]])
    except (OverflowError, ValueError):
        pass  # too many digits for an age; refused like anything else that is none
    raise UsageError(f"{text!r} is not an age.", remedy="Write hours, days or weeks, like 12h, 30d or 2w.")


# ---------------------------------------------------------------------- looking


@dataclass(frozen=True)
class _Object:
    path: Path
    digest: str
    size: int
    used: float


def _objects(root: Path) -> Iterator[_Object]:
    for path in sorted((root / "objects").glob("??/*")):
        digest = path.name.partition(".")[0]
        # What else lies there is not ours to remove.
        if _HEX.fullmatch(digest.encode()) and (found := _stat(path)) is not None:
            yield _Object(path, digest, found[0], found[1])


def _stat(path: Path) -> tuple[int, float] | None:
    """Size and time of modification, or None where it is gone meanwhile."""
    try:
        seen = path.stat()
    except FileNotFoundError:
        return None
    return seen.st_size, seen.st_mtime


def _parts(root: Path, runs_root: Path) -> Iterator[tuple[Path, int, float]]:
    """What was begun and not finished, in the store and among the runs: path, size, time."""
    for path in sorted([*root.glob("objects/??/.part-*"), *root.glob(".part-*"), *runs_root.glob(".part-*")]):
        seen = _stat(path)
        if seen is not None:
            size, used = seen
            if path.is_dir():
                size = sum(found[0] for p in path.rglob("*") if p.is_file() and (found := _stat(p)))
            yield path, size, used


def _folders(runs_root: Path) -> list[Path]:
    """The folders that may need objects: runs, and those being made; a folder with nothing but a lock is none."""
    if not runs_root.is_dir():
        return []
    beginning = [p for p in runs_root.glob(".part-*") if p.is_dir()]
    made = [r.folder for r in Run.all(runs_root) if any(p.name != ".lock" for p in r.folder.iterdir())]
    return sorted([*beginning, *made])


def _needed(folder: Path) -> set[str]:
    """Everything in a run's records that looks like a digest."""
    places = [folder, folder / "report", folder / "planning"]
    files = [p for place in places if place.is_dir() for p in place.iterdir() if p.suffix in _RECORDS and p.is_file()]
    files += sorted((folder / "replies").glob("*.jsonl"))  # the lists of replies, not the replies
    return {match.decode().lower() for path in files for match in _HEX.findall(path.read_bytes())}


def _unreadable(folder: Path) -> str:
    """Why a run's record does not say what it needs; empty where it does."""
    try:
        if not (folder / "journal.jsonl").is_file():
            return "it has no journal"
        if not Run(folder).events():
            return "its journal is empty"
    except (JournalError, OSError) as error:
        return str(error.what if isinstance(error, JournalError) else error).rstrip(".")
    return ""


def survey(store_root: Path, runs_root: Path, replies: Path | None = None) -> Survey:
    """Look at a store, and change nothing.

    Parameters
    ----------
    store_root, runs_root : pathlib.Path
        Either may not be there yet.
    replies : pathlib.Path, optional
        The folder of kept replies of services.

    Raises
    ------
    StoreError
        Where the index or a run's record cannot be read.
    """
    folders = _folders(runs_root)
    runs = [f for f in folders if not f.name.startswith(".")]
    needed = _needed_by(folders)
    objects = list(_objects(store_root))
    kept = [o for o in objects if o.digest in needed]
    parts = list(_parts(store_root, runs_root))
    answers = kept_replies.size_of(replies) if replies is not None else kept_replies.Kept(0, 0)
    return Survey(
        objects=len(objects),
        bytes=sum(o.size for o in objects),
        needed=len(kept),
        needed_bytes=sum(o.size for o in kept),
        rows=len(_rows(store_root)),
        parts=len(parts),
        part_bytes=sum(size for _path, size, _used in parts),
        runs=len(runs),
        unreadable=tuple(f.name for f in runs if _unreadable(f)),
        replies=answers.answers,
        reply_bytes=answers.bytes,
    )


def _needed_by(folders: list[Path]) -> set[str]:
    found: set[str] = set()
    for folder in folders:
        try:
            found |= _needed(folder)
        except FileNotFoundError:  # renamed or removed meanwhile, so it needs nothing under this name
            if folder.exists():
                raise
        except OSError as error:
            raise StoreError(
                f"The record of run {folder.name} cannot be read: {error.strerror}.",
                remedy="Check the folder's permissions and the disk.",
            ) from error
    return found


# ---------------------------------------------------------------------- the index


def _index(root: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{(root / 'index.sqlite').as_posix()}?mode=rw", uri=True, timeout=30)


def _artifact_path(store: Store, record: str) -> Path | None:
    artifact = json.loads(record).get("artifact")
    return store.path(artifact["digest"], artifact["suffix"]) if artifact else None


def _rows(root: Path) -> list[tuple[str, str]]:
    if not (root / "index.sqlite").exists():
        return []
    try:
        with closing(_index(root)) as connection:
            if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'steps'").fetchone():
                return []
            return connection.execute("SELECT key, record FROM steps").fetchall()
    except sqlite3.Error as error:
        raise _index_error(root, error) from error


def _index_error(root: Path, error: sqlite3.Error) -> StoreError:
    return StoreError(
        f"The index of finished steps could not be read: {error}.",
        remedy=f"Delete {root / 'index.sqlite'}; only reuse is lost.",
    )


def _forget(store: Store) -> int:
    """Remove the entries whose artifacts are gone.

    One transaction, so that an artifact that is made again meanwhile is entered before or after, never lost between.
    """
    if not _rows(store.root):
        return 0
    try:
        with closing(_index(store.root)) as connection, connection:
            connection.execute("BEGIN IMMEDIATE")
            rows = connection.execute("SELECT key, record FROM steps").fetchall()
            gone = [(k,) for k, r in rows if (path := _artifact_path(store, r)) is not None and not path.exists()]
            connection.executemany("DELETE FROM steps WHERE key = ?", gone)
            return len(gone)
    except sqlite3.Error as error:
        raise _index_error(store.root, error) from error


# ---------------------------------------------------------------------- removing


def collect(
    store: Store, runs_root: Path, older: timedelta, dry_run: bool = False, replies: Path | None = None
) -> Freed:
    """Remove the objects that no run needs and that were not used for a while.

    Parameters
    ----------
    store : Store
    runs_root : pathlib.Path
        Every run in it keeps what it needs: finished, stopped, failed, rejected and waiting ones alike.
    older : datetime.timedelta
        Objects used less long ago stay.  With 0, a file that was attached to a question that has no run yet may go.
    dry_run : bool
        Only say what would be removed.
    replies : pathlib.Path, optional
        The folder of kept replies of services, where old ones are to be forgotten, too.

    Returns
    -------
    Freed

    Raises
    ------
    UsageError
        Where there is no folder of runs, or another process is collecting.
    JournalError
        Where a run's record cannot be read; nothing was removed then.
    StoreError
        Where the disk refuses.
    """
    if not runs_root.is_dir():
        raise UsageError(
            f"There is no folder of runs at {runs_root}, so nothing says what is still needed.",
            remedy="Check the settings; if the runs are gone for good, make an empty folder there.",
        )
    if dry_run:
        return _collect_all(store, runs_root, older, replies, dry_run=True)
    try:
        with FileLock(store.root / ".collecting.lock", timeout=0):
            return _collect_all(store, runs_root, older, replies, dry_run=False)
    except Timeout as error:
        raise UsageError("Another process is clearing this store.", remedy="Wait for it.") from error


def _collect_all(store: Store, runs_root: Path, older: timedelta, replies: Path | None, *, dry_run: bool) -> Freed:
    freed = _collect(store, runs_root, older, dry_run=dry_run)
    if replies is None:
        return freed
    gone = kept_replies.forget(replies, older, dry_run)
    return replace(freed, replies=gone.answers, reply_bytes=gone.bytes)


def _collect(store: Store, runs_root: Path, older: timedelta, *, dry_run: bool) -> Freed:
    # The time comes before the look at the runs: what a run that begins after the look uses is younger than this.
    now = time.time()
    parts = [(path, size) for path, size, used in _parts(store.root, runs_root) if used < now - PART_SECONDS]
    going = {path for path, _size in parts}
    folders = [f for f in _folders(runs_root) if f not in going]
    runs = [f for f in folders if not f.name.startswith(".")]
    for folder in runs:
        if (why := _unreadable(folder)) and folder.exists():
            raise JournalError(
                f"Nothing was removed: what run {folder.name} needs cannot be known, since {why[0].lower()}{why[1:]}.",
                remedy=f"Restore {folder} from a copy, or take it away, and try again.",
            )
    since = min((_began(folder) for folder in runs if _is_held(folder)), default=now)
    needed = _needed_by(folders)
    kept: dict[str, list[int]] = {"needed": [], "recent": [], "held": []}
    removed: list[_Object] = []
    oldest = now - older.total_seconds() - TICK_SECONDS
    for found in _objects(store.root):
        if found.digest in needed:
            kept["needed"].append(found.size)
        elif found.used >= oldest:
            kept["recent"].append(found.size)
        elif found.used >= since - TICK_SECONDS:
            kept["held"].append(found.size)
        elif dry_run or _remove(store, found, min(oldest, since - TICK_SECONDS)):
            removed.append(found)
        else:
            kept["recent"].append(found.size)
    if dry_run:
        gone = {o.path for o in removed}
        paths = (_artifact_path(store, record) for _key, record in _rows(store.root))
        rows = sum(path is not None and (path in gone or not path.exists()) for path in paths)
    else:
        for path, _size in parts:
            _remove_part(path)
        rows = _forget(store)
    return Freed(
        objects=len(removed),
        bytes=sum(o.size for o in removed),
        rows=rows,
        parts=len(parts),
        part_bytes=sum(size for _path, size in parts),
        needed=len(kept["needed"]),
        needed_bytes=sum(kept["needed"]),
        recent=len(kept["recent"]),
        recent_bytes=sum(kept["recent"]),
        held=len(kept["held"]),
        held_bytes=sum(kept["held"]),
        runs=len(runs),
        dry_run=dry_run,
    )


def _is_held(folder: Path) -> bool:
    if not (folder / ".lock").exists():
        return False  # nobody has held it yet, and one who does so now uses what is younger than the look
    try:
        return Run(folder).is_held()
    except OSError:
        return True  # the lock is another person's; to be safe


def _began(folder: Path) -> float:
    """When the process that holds a run may have begun to use objects.

    One that has not said so yet began after the journal's last line.
    """
    events = Run(folder).events()
    started = [e for e in events if e["event"] == "run.started"]
    line = (started or events)[-1]
    return datetime.fromisoformat(line["time"]).replace(tzinfo=UTC).timestamp()


def _remove(store: Store, found: _Object, before: float) -> bool:
    """Remove an object unless it was used meanwhile."""
    try:
        with store.removing():
            seen = _stat(found.path)
            if seen is None or seen[1] >= before:
                return False
            found.path.unlink()
            return True
    except OSError as error:
        raise _disk_error(found.path, error) from error


def _remove_part(path: Path) -> None:
    try:
        if path.is_dir():
            _remove_folder(path)
        else:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise _disk_error(path, error) from error


def _disk_error(path: Path, error: OSError) -> StoreError:
    return StoreError(
        f"{path} could not be removed: {error.strerror or error}.",
        remedy="Check the folder's permissions and the disk.",
    )


def _remove_folder(folder: Path) -> None:
    """Remove a folder, also where another process is removing it at the same time."""
    while folder.exists():
        with suppress(FileNotFoundError):
            shutil.rmtree(folder)


def discard(run: Run) -> None:
    """Remove a run's folder; what it needed in the store is left to `collect`.

    The folder is renamed away first, so the run is there whole or not at all.

    Raises
    ------
    ApprovalError
        Where a process holds the run.
    UsageError
        Where the folder is not there, or is a link to one elsewhere.
    StoreError
        Where the disk refuses.
    """
    if run.folder.is_symlink():
        raise UsageError(
            f"Run {run.id} is a link to {run.folder.resolve()}.", remedy="Remove the link, and what it leads to."
        )
    if not run.folder.is_dir():
        raise UsageError(f"There is no run called {run.id!r}.", remedy="`gnomon runs` lists them.")
    away = run.folder.with_name(f".part-discarded-{run.id}-{token_hex(3)}")
    try:
        with run.exclusive():
            run.folder.rename(away)
        _remove_folder(away)
    except OSError as error:
        raise _disk_error(run.folder, error) from error
