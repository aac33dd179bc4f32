"""Files and folders put into the memory: one document after another, each whole or not at all, going on where it was cut short."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from gnomon.knowledge.literature.blocks import Block, Parsed
from gnomon.knowledge.literature.documents import Document
from gnomon.knowledge.literature.memory import LiteratureMemory
from gnomon.knowledge.literature.reading import ENDINGS, LISTS, decoded, read_document, told_as_broken
from gnomon.tools.errors import GnomonError, InputError, UsageError


@dataclass(frozen=True)
class Outcome:
    """What became of a file.

    Parameters
    ----------
    path : pathlib.Path
    state : {"added", "known", "described", "left", "failed"}
        ``known``: a document of the same text is there already; of an entry in a list of references ``described``: what was not known of
        its document is known now, and ``left``: it has no abstract, so that there is nothing to find.
    document : Document, optional
    problem : str
        Why it could not be put in.
    entry : str
        Of a list of references: the key of the entry.
    """

    path: Path
    state: Literal["added", "known", "described", "left", "failed"]
    document: Document | None = None
    problem: str = ""
    entry: str = ""


def files_of(paths: Iterable[Path]) -> list[Path]:
    """The files that are named, and those that can be read in the folders that are named, in order of their names.

    Raises
    ------
    UsageError
        Where a path is not there.
    """
    out: list[Path] = []
    for path in paths:
        if path.is_dir():
            found = (p for p in sorted(path.rglob("*")) if p.is_file() and p.suffix.lower() in ENDINGS)
            out += [p for p in found if not any(part.startswith(".") for part in p.relative_to(path).parts)]
        elif path.is_file():
            out.append(path)
        else:
            raise UsageError(f"There is no file or folder {path}.", remedy="Look at its name.")
    return list(dict.fromkeys(out))


def ingest(
    memory: LiteratureMemory,
    files: Iterable[Path],
    *,
    kind: str = "document",
    told: Callable[[Outcome], None] | None = None,
) -> Iterator[Outcome]:
    """Put files into the memory.

    Parameters
    ----------
    memory : LiteratureMemory
    files : iterable of pathlib.Path
    kind : {"document", "method"}
    told : callable, optional
        Called with each outcome.

    Yields
    ------
    Outcome
        Of each file, as it is done.  A file that fails leaves nothing behind, and the others go on.  Files that are known by their bytes
        are not parsed again, so that work that was cut short goes on where it was.
    """
    known = {d.file_sha256: d for d in memory.documents()}
    for path in files:
        listed = path.suffix.lower() in LISTS
        for outcome in _of_list(memory, path) if listed else [_one(memory, path, kind, known)]:
            if outcome.document is not None and not listed:
                known[outcome.document.file_sha256] = outcome.document
            if told is not None:
                told(outcome)
            yield outcome


def _one(memory: LiteratureMemory, path: Path, kind: str, known: dict[str, Document]) -> Outcome:
    try:
        if (same := known.get(_digest(path))) is not None:
            return Outcome(path, "known", same)
        parsed, content = read_document(path)
        document, new = memory.put(parsed, path.name, content, kind=kind)
    except GnomonError as error:
        return Outcome(path, "failed", problem=str(error))
    return Outcome(path, "added" if new else "known", document)


def _of_list(memory: LiteratureMemory, path: Path) -> Iterator[Outcome]:
    """The entries of a list of references: they describe documents that are there, and bring abstracts of those that are not."""
    from gnomon.knowledge.literature.parsing.bibliography import parse_bibliography

    try:
        content = path.read_bytes()
        with told_as_broken(path.name):
            records, problems = parse_bibliography(decoded(content)[0], path.name)
    except OSError as error:
        yield Outcome(path, "failed", problem=f"{path.name} cannot be read: {error.strerror}.")
        return
    except GnomonError as error:
        yield Outcome(path, "failed", problem=str(error))
        return
    for problem in problems:
        yield Outcome(path, "failed", problem=problem)
    for record in records:
        entry = str(record.get("key") or record.get("title") or "")
        same = memory.same_as(record)
        if same is not None:
            document, changed = memory.describe(same, record)
            yield Outcome(path, "described" if changed else "known", document, entry=entry)
        elif record.get("abstract"):
            told = {k: v for k, v in record.items() if k not in ("abstract", "key")}
            parsed = Parsed([Block("paragraph", record["abstract"])], told, parser="abstract")
            document, new = memory.put(parsed, f"{path.name}: {entry}", content)
            yield Outcome(path, "added" if new else "known", document, entry=entry)
        else:
            yield Outcome(path, "left", problem="it has no abstract; put in the paper itself", entry=entry)


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise InputError(
            f"{path.name} cannot be read: {error.strerror}.", remedy="Look whether it is there, and may be read."
        ) from error
