"""A folder that is looked at again and again: what is new or changed in it goes into the memory.

It is looked at, and not told by the system, since network folders tell nothing, and a look at ten thousand files takes a fraction of a second.
What was seen is kept beside the memory, so that a restart goes on where it was.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Literal

from gnomon.knowledge.literature.awaited import AwaitedDocuments
from gnomon.knowledge.literature.documents import Document
from gnomon.knowledge.literature.ingest import files_of, ingest
from gnomon.knowledge.literature.memory import LiteratureMemory
from gnomon.knowledge.literature.outcomes import Outcome
from gnomon.tools.errors import StoreError, UsageError

Opened = Callable[[], AbstractContextManager[LiteratureMemory]]


@dataclass(frozen=True)
class Seen:
    """Something that happened in a watched folder.

    Parameters
    ----------
    path : pathlib.Path
    state : {"read", "waits", "replaced", "deleted", "taken out", "unseen"}
        ``read``: put in, with its outcome; ``waits``: it is still being written; ``replaced``: the older text of a changed file was taken
        out; ``deleted``: the file is gone, and its documents stay; ``taken out``: they were taken out; ``unseen``: the folder itself cannot
        be looked at, or is suddenly empty, and nothing is concluded from that.
    outcome : Outcome, optional
    documents : tuple of Document
        Those that were taken out, or that stay of a file that is gone; other versions of what was put in.
    """

    path: Path
    state: Literal["read", "waits", "replaced", "deleted", "taken out", "unseen"]
    outcome: Outcome | None = None
    documents: tuple[Document, ...] = ()


@dataclass
class _File:
    """What is known of a file: its size and time when it was read, the documents it has, and which of these are here because of it."""

    size: int
    mtime_ns: int
    documents: list[str] = field(default_factory=list)
    own: list[str] = field(default_factory=list)
    gone: bool = False


class WatchedFolder:
    """A folder and what was seen in it.

    Parameters
    ----------
    folder : pathlib.Path
    memory_folder : pathlib.Path
        Beside which it is kept what was seen.
    opened : callable
        Gives the memory, opened for as long as there is something to do: others use it in between.
    remove_deleted : bool
        Whether the documents of files that are deleted are taken out.

    Raises
    ------
    UsageError
        Where it is no folder, or is watched already.
    """

    def __init__(self, folder: Path, memory_folder: Path, opened: Opened, *, remove_deleted: bool = False) -> None:
        from filelock import FileLock, Timeout

        if not folder.is_dir():
            raise UsageError(f"There is no folder {folder}.", remedy="Look at its name.")
        self.folder = folder.resolve()
        self._opened, self._remove_deleted = opened, remove_deleted
        name = hashlib.sha256(str(self.folder).encode("utf-8", "surrogateescape")).hexdigest()[:16]
        self._path = memory_folder / "watched" / f"{name}.json"
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = FileLock(self._path.with_suffix(".lock"))
        try:
            self._lock.acquire(timeout=0)
        except Timeout as error:
            raise UsageError(f"{folder} is watched already.", remedy="End the other one first.") from error
        self._files = self._kept()
        self._before: dict[str, tuple[int, int]] | None = None
        # Of what it was told already that nothing can be concluded from it, and which files wait.
        self._unseen: set[Path] = set()
        self._waits: set[str] = set()

    def close(self) -> None:
        """Let others watch the folder."""
        self._lock.release()

    @property
    def waiting(self) -> int:
        """How many files the last look saw to be new or changed, and left to the next."""
        return sum(self._is_new(n, s) for n, s in (self._before or {}).items()) + sum(
            self._is_news_that_gone(n) for n in self._files.keys() - (self._before or {}).keys()
        )

    def look(self) -> Iterator[Seen]:
        """Look once.

        A file is read when two looks one after the other see the same size and time, and counts as deleted when two do not see it.

        Yields
        ------
        Seen
            As it happens.
        """
        now = self._there()
        if now is None:
            if self.folder not in self._unseen:
                self._unseen.add(self.folder)
                yield Seen(self.folder, "unseen")
            return
        self._unseen.discard(self.folder)
        before, self._before = self._before, now
        if before is None:
            return
        new = [n for n, stat in now.items() if self._is_new(n, stat)]
        settled = [n for n in new if before.get(n) == now[n]]
        for name in new:
            writing = name in before and self._is_new(name, before[name]) and name not in settled
            if writing and name not in self._waits:
                self._waits.add(name)
                yield Seen(self.folder / name, "waits")
        gone = [n for n in self._files.keys() - now.keys() - before.keys() if self._is_news_that_gone(n)]
        away = {n: place for n in gone if (place := self._away(n)) is not None}
        yield from (Seen(place, "unseen") for place in sorted({*away.values()} - self._unseen))
        self._unseen = {*away.values()}
        gone = sorted(n for n in gone if n not in away)
        if settled or gone:
            with self._opened() as memory:
                awaited = AwaitedDocuments(memory.folder)
                for name in settled:
                    yield from self._read(memory, awaited, name, now[name])
                for name in gone:
                    yield from self._deleted(memory, name)

    def _is_new(self, name: str, stat: tuple[int, int]) -> bool:
        known = self._files.get(name)
        return known is None or known.gone or (known.size, known.mtime_ns) != stat

    def _is_news_that_gone(self, name: str) -> bool:
        """Whether a file that is not there was there when it was last told of, or has documents that are now to be taken out."""
        known = self._files[name]
        return not known.gone or bool(self._remove_deleted and known.own)

    def _there(self) -> dict[str, tuple[int, int]] | None:
        """The files that can be read, with their sizes and times; None where the folder cannot be looked at."""
        out = {}
        try:
            for path in files_of([self.folder]):
                try:
                    stat = path.stat()
                except FileNotFoundError:
                    continue  # deleted since
                out[path.relative_to(self.folder).as_posix()] = (stat.st_size, stat.st_mtime_ns)
            next(self.folder.iterdir(), None)
        except (OSError, UsageError):
            return None
        return out

    def _away(self, name: str) -> Path | None:
        """The folder with which a file may be away rather than deleted; None where it is deleted.

        A drive that is not mounted is an empty folder, or one that cannot be read.
        """
        place = (self.folder / name).parent
        while place != self.folder and not place.is_dir():
            place = place.parent
        try:
            if any(place.iterdir()):
                return None
        except OSError:
            return place
        missing = sum((self.folder / n).is_relative_to(place) and not f.gone for n, f in self._files.items())
        return place if missing > 1 else None

    def _read(
        self, memory: LiteratureMemory, awaited: AwaitedDocuments, name: str, stat: tuple[int, int]
    ) -> Iterator[Seen]:
        path = self.folder / name
        self._waits.discard(name)
        older = self._files.get(name, _File(0, 0))
        known = _File(*stat)
        failed = False
        for outcome in ingest(memory, [path]):
            failed = failed or outcome.state == "failed"
            if (document := outcome.document) is not None:
                known.documents.append(document.id)
                of_this_name = document.source == path.name or document.source.startswith(f"{path.name}: ")
                if outcome.state == "added" or of_this_name or self._is_own(document.id):
                    known.own.append(document.id)
            versions = memory.versions_of(outcome.document) if outcome.document is not None else []
            versions = [d for d in versions if d.id not in older.own]
            yield Seen(path, "read", awaited.remarked(memory, outcome), tuple(versions))
        if failed:  # what it had stays until it can be read again
            known.documents = list(dict.fromkeys([*known.documents, *older.documents]))
            known.own = list(dict.fromkeys([*known.own, *older.own]))
        self._files[name] = known
        taken = self._take_out(memory, [d for d in older.own if d not in known.documents])
        self._keep()
        if taken:
            self._pass_on_key(memory, taken, known)
            yield Seen(path, "replaced", documents=tuple(taken))

    def _pass_on_key(self, memory: LiteratureMemory, taken: list[Document], known: _File) -> None:
        """Let the newer text of a file be cited by the key of the older one, where it is by the same people of the same year."""
        newer = memory.index.document(known.documents[0]) if len(known.documents) == len(taken) == 1 else None
        if newer is not None and (newer.authors, newer.year) == (taken[0].authors, taken[0].year):
            memory.amend(replace(newer, key=taken[0].key))

    def _deleted(self, memory: LiteratureMemory, name: str) -> Iterator[Seen]:
        known = self._files[name]
        first, known.gone = not known.gone, True
        if self._remove_deleted:
            own, known.own = known.own, []
            taken = self._take_out(memory, own, but=name)
            self._keep()
            yield Seen(self.folder / name, "taken out", documents=tuple(taken))
        elif first:
            self._keep()
            stay = [d for i in known.documents if (d := memory.index.document(i)) is not None]
            yield Seen(self.folder / name, "deleted", documents=tuple(stay))

    def _is_own(self, document: str) -> bool:
        return any(document in f.own for f in self._files.values())

    def _take_out(self, memory: LiteratureMemory, documents: list[str], but: str = "") -> list[Document]:
        """Take documents out that no file of the folder has any more."""
        held = {d for n, f in self._files.items() if n != but and not f.gone for d in f.documents}
        out = []
        for i in documents:
            if i not in held and (document := memory.index.document(i)) is not None:
                memory.remove(i)
                out.append(document)
        return out

    # ------------------------------------------------------------------ what was seen

    def _kept(self) -> dict[str, _File]:
        try:
            told = json.loads(self._path.read_bytes())
            return {str(n): _File(**f) for n, f in told["files"].items()}
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise StoreError(f"{self._path} cannot be read: {error.strerror}.", remedy="Look at its rights.") from error
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise StoreError(
                f"{self._path}, which says what was seen in {self.folder}, is broken.",
                remedy="Take it away: all files are looked at again then, and those that are known stay as they are.",
            ) from error

    def _keep(self) -> None:
        told = {"folder": str(self.folder), "files": {n: asdict(f) for n, f in sorted(self._files.items())}}
        try:
            with NamedTemporaryFile(dir=self._path.parent, suffix=".part", delete=False) as part:
                part.write(json.dumps(told, indent=1).encode())
                part.flush()
                os.fsync(part.fileno())
            Path(part.name).replace(self._path)
        except OSError as error:
            raise StoreError(
                f"{self._path} cannot be written: {error.strerror}.", remedy="Look at its rights, and at the disk."
            ) from error
