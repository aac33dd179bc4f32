"""Files, folders and numbers put into the memory: one document after another, each whole or not at all, going on where it was cut short."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

from gnomon.knowledge.literature.blocks import Block, Parsed
from gnomon.knowledge.literature.by_number import NOT_ASKED, put_by_number
from gnomon.knowledge.literature.documents import Document
from gnomon.knowledge.literature.identifiers import Identifier, identifier_of, identifiers_of_list
from gnomon.knowledge.literature.memory import LiteratureMemory
from gnomon.knowledge.literature.outcomes import Outcome as Outcome
from gnomon.knowledge.literature.reading import ENDINGS, LISTS, decoded, read_document, told_as_broken
from gnomon.tools.errors import GnomonError, InputError, UsageError

# Endings under which ADS and people keep lists of references and of numbers, but other texts too; and how much of them is looked at.
_PERHAPS_LISTS = (".txt", ".text", ".list", ".lst", "")
_LONGEST_LIST = 4_000_000


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


def named_or_numbered(said: Sequence[str]) -> list[Path | Identifier]:
    """What arguments name: files, the files in folders, and papers by their numbers.

    Parameters
    ----------
    said : sequence of str
        A path that is there wins.

    Returns
    -------
    list of pathlib.Path or Identifier
        Each once.

    Raises
    ------
    UsageError
        Where one is neither.
    """
    out: list[Path | Identifier] = []
    for one in said:
        if _is_there(one):
            out += files_of([Path(one)])
        elif (number := identifier_of(one)) is not None:
            out.append(number)
        else:
            raise UsageError(
                f"{one!r} is no file or folder that is there, and no arXiv number, DOI or bibcode.",
                remedy="Look at its name; numbers are written like arXiv:1202.3665, 10.1051/0004-6361:20020802 or 2002A&A...391..369K.",
            )
    return list(dict.fromkeys(out))


def _is_there(path: str) -> bool:
    try:
        return bool(path.strip()) and Path(path).exists()
    except (OSError, ValueError):  # too long for a name, or with signs that no name has
        return False


def ingest(
    memory: LiteratureMemory,
    files: Iterable[Path | Identifier],
    *,
    kind: str = "document",
    told: Callable[[Outcome], None] | None = None,
    services: Callable[[], AbstractContextManager[object]] | None = None,
    again: bool = False,
    encoded: Callable[[int, int], None] | None = None,
) -> Iterator[Outcome]:
    """Put files, and papers by their numbers, into the memory.

    Parameters
    ----------
    memory : LiteratureMemory
    files : iterable of pathlib.Path or Identifier
    kind : {"document", "method"}
    told : callable, optional
        Called with each outcome.
    services : callable, optional
        Gives a context in which services may be asked; without it numbers, and files that list them, are left out.
    again : bool
        Ask the services of papers that are there too.
    encoded : callable, optional
        Called with how many documents have their vectors, and of how many, first with none; not where none waits for them.

    Yields
    ------
    Outcome
        Of each file, as it is done.  A file that fails leaves nothing behind, and the others go on.  Files that are known by their bytes
        are not parsed again, so that work that was cut short goes on where it was.  Files are found by their words as soon as they are told of;
        their vectors, which take ten times as long, are made when all have been, with those that wait from before.
    """
    known = {d.file_sha256: d for d in memory.documents()}
    remarked: set[str] = set()
    for path in files:
        for outcome in _outcomes(memory, path, kind, known, services, again):
            if outcome.document is not None and not outcome.entry:
                known[outcome.document.file_sha256] = outcome.document
            # That a service has no token, or is down, is told once.
            outcome = replace(
                outcome, remarks=tuple(r for r in outcome.remarks if NOT_ASKED not in r or r not in remarked)
            )
            remarked |= set(outcome.remarks)
            if told is not None:
                told(outcome)
            yield outcome
    if kind == "document" and (most := len(memory.waiting())):
        if encoded is not None:
            encoded(0, most)
        for number, _document in enumerate(memory.complete(), start=1):
            if encoded is not None:
                encoded(number, most)


def _outcomes(
    memory: LiteratureMemory,
    path: Path | Identifier,
    kind: str,
    known: dict[str, Document],
    services: Callable[[], AbstractContextManager[object]] | None,
    again: bool,
) -> Iterator[Outcome]:
    numbers: list[Identifier] = []
    problems: list[str] = []
    if isinstance(path, Identifier):
        numbers = [path]
    elif kind == "document" and path.suffix.lower() in LISTS:
        yield from _of_list(memory, path)
        return
    elif kind == "document" and path.suffix.lower() in _PERHAPS_LISTS:
        from gnomon.knowledge.literature.parsing.bibliography import looks_like_bibliography

        text = _beginning(path)
        if looks_like_bibliography(text):
            yield from _of_list(memory, path)
            return
        numbers, problems = identifiers_of_list(text) or ([], [])
    if not numbers:
        assert isinstance(path, Path)
        yield _one(memory, path, kind, known)
        return
    file = path if isinstance(path, Path) else Path()
    for problem in problems:
        yield Outcome(file, "failed", problem=problem, entry="list of numbers")
    if services is None:
        yield Outcome(file, "left", problem="it lists numbers of papers, which `gnomon knowledge add FILE` fetches", entry="list of numbers")  # fmt: skip
        return
    for outcome in put_by_number(memory, numbers, services, again=again):
        yield replace(outcome, path=file)


def _beginning(path: Path) -> str:
    """The text of a short file, and the beginning of a long one; nothing where it cannot be read, which is told when it is put in."""
    try:
        with path.open("rb") as stream:
            return decoded(stream.read(_LONGEST_LIST))[0]
    except OSError:
        return ""


def _one(memory: LiteratureMemory, path: Path, kind: str, known: dict[str, Document]) -> Outcome:
    try:
        if (same := known.get(_digest(path))) is not None:
            return Outcome(path, "known", same)
        parsed, content = read_document(path)
        # The vectors of notes on methods come with them.
        document, new = memory.put(parsed, path.name, content, kind=kind, later=kind == "document")
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
            parsed = Parsed([Block("paragraph", record["abstract"])], parser="abstract")
            said = [("a list of references", record)]
            document, new = memory.put(parsed, f"{path.name}: {entry}", content, records=said)
            yield Outcome(path, "added" if new else "known", document, entry=entry)
        elif noted := memory.notice(record):
            # An erratum has no abstract, and still says something of its paper.
            for document in noted:
                yield Outcome(path, "described", document, entry=entry)
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
