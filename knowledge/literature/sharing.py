"""A memory as a file for others: what is known of its documents always, their words only where a licence lets everyone pass them on.

The file is a zip of ``gnomon-knowledge.json`` (form, version, sizes and digests), for each document ``documents/ID.json`` (see
`gnomon.knowledge.literature.described`), for some ``texts/ID.txt``, and ``ATTRIBUTION.txt`` for people.  It holds no vectors: words can be made
out again from vectors of them (Morris et al. 2023, doi:10.18653/v1/2023.emnlp-main.765), so that they may go no further than the words, and where the words go
the vectors are made again from them, by whatever encoder is in use there, and nobody has to trust them.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from gnomon.knowledge.literature.awaited import AwaitedDocuments
from gnomon.knowledge.literature.described import Described, describe, read_described
from gnomon.knowledge.literature.documents import Document, citation_key
from gnomon.knowledge.literature.licences import read_licence
from gnomon.knowledge.literature.memory import LiteratureMemory
from gnomon.knowledge.literature.tokens import language_of
from gnomon.tools.errors import InputError, StoreError, UsageError

FORM, VERSION = "gnomon-knowledge", 1
MANIFEST, ATTRIBUTION = "gnomon-knowledge.json", "ATTRIBUTION.txt"
_ENTRY = re.compile(r"(?:documents/[0-9a-f]{16}\.json|texts/[0-9a-f]{16}\.txt|ATTRIBUTION\.txt)")
# Zip knows no earlier time; one fixed time makes the same content the same bytes.
_TIME = (1980, 1, 1, 0, 0, 0)
# Bytes of one entry and of all, unpacked; and how many times smaller than itself a text may be packed, where it is large.  Prose is packed
# to a third or a fourth.
_LARGEST, _LARGEST_OF_ALL = 200_000_000, 8_000_000_000
_PACKED, _LARGE = 100, 1_000_000
_KEY = re.compile(r"[\w.'-]{1,80}")


@dataclass(frozen=True)
class Exported:
    """What went into a file.

    Parameters
    ----------
    with_text : tuple of Document
    without : tuple of (Document, str)
        Documents whose words stayed here, each with why.
    """

    with_text: tuple[Document, ...]
    without: tuple[tuple[Document, str], ...]


@dataclass(frozen=True)
class Received:
    """What became of a document of a file.

    Parameters
    ----------
    name : str
        Its citation key, or its place in the file where it could not be read.
    state : {"added", "described", "known", "failed"}
        ``added``: with its text; ``described``: known without it from now on; ``known``: it was there, and nothing was changed.
    document : Document, optional
    problem : str
    """

    name: str
    state: Literal["added", "described", "known", "failed"]
    document: Document | None = None
    problem: str = ""


# --------------------------------------------------------------------------- writing


def export(memory: LiteratureMemory, path: Path, chosen: Sequence[Document] | None = None) -> Exported:
    """Write documents of a memory to a file.

    Gnomon's own notes stay out, since everyone has them.  Documents that are known here without their text are passed on so.

    Parameters
    ----------
    memory : LiteratureMemory
    path : pathlib.Path
        The file, which must not be there.  The same documents give the same bytes.
    chosen : sequence of Document, optional
        Those of the memory that are meant; by default all.

    Returns
    -------
    Exported

    Raises
    ------
    UsageError
        Where the file is there already, or there is nothing to write.
    StoreError
        Where it cannot be written.
    """
    if path.exists():
        raise UsageError(f"{path} is there already.", remedy="Choose another name, or take it away.")
    documents = [d for d in (memory.documents() if chosen is None else chosen) if d.kind != "method"]
    known = AwaitedDocuments(memory.folder).documents() if chosen is None else []
    if not documents and not known:
        raise UsageError(
            "The memory has no documents but the notes that come with Gnomon.", remedy="Everyone has those."
        )
    with_text, without = [], [(k.document, "only this is known of it here") for k in known]
    entries: dict[str, bytes | Document] = {f"documents/{k.document.id}.json": k.content() for k in known}
    for d in documents:
        licence = read_licence(d.licence)
        if licence.shared:
            with_text.append(d)
            entries[f"texts/{d.id}.txt"] = entries[f"documents/{d.id}.json"] = d
        else:
            without.append((d, licence.why_not))
            # What a parser complained of may quote the text.
            entries[f"documents/{d.id}.json"] = replace(d, problems=())
    entries[ATTRIBUTION] = _attribution([*with_text, *(d for d, _why in without)], {d.id for d in with_text})
    try:
        _write(memory, path, entries)
    except OSError as error:
        raise StoreError(
            f"{path} cannot be written: {error.strerror}.", remedy="Look at the folder, its rights and the disk."
        ) from error
    return Exported(tuple(with_text), tuple(without))


def _write(memory: LiteratureMemory, path: Path, entries: dict[str, bytes | Document]) -> None:
    place = path.with_name(f".{path.name}.{os.getpid()}.part")
    with place.open("xb") as part:
        try:
            with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
                listed = []
                for name in sorted(entries):
                    content = _content(memory, name, entries[name])
                    listed.append({"name": name, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()})
                    _add(archive, name, content)
                manifest = {"format": FORM, "version": VERSION, "entries": listed}
                _add(archive, MANIFEST, (json.dumps(manifest, indent=1) + "\n").encode())
            part.flush()
            os.fsync(part.fileno())
            place.replace(path)
        except BaseException:
            place.unlink(missing_ok=True)
            raise


def _content(memory: LiteratureMemory, name: str, entry: bytes | Document) -> bytes:
    if isinstance(entry, bytes):
        return entry
    passages = memory.index.passages_of(entry.id)
    if name.startswith("texts/"):
        return "".join(p.text for p in passages).encode()
    return describe(entry, passages).content()


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    entry = zipfile.ZipInfo(name, _TIME)
    entry.create_system, entry.external_attr, entry.compress_type = 3, 0o644 << 16, zipfile.ZIP_DEFLATED
    archive.writestr(entry, content)


def _attribution(documents: Sequence[Document], with_text: set[str]) -> bytes:
    """Who wrote what, and under which licence, as the licences want it told."""
    lines = ["Documents in this file, each under its own licence.  The text of those marked * is here, as it was read from the file that is named.", ""]  # fmt: skip
    for d in sorted(documents, key=lambda d: d.id):
        where = f"https://doi.org/{d.doi}" if d.doi else f"arXiv:{d.arxiv}" if d.arxiv else ""
        told = (", ".join(d.authors), d.citation(), where, f"File: {d.source}", f"Licence: {d.licence or 'not known'}")
        lines.append(f"{'*' if d.id in with_text else ' '} {d.id}  {'. '.join(p for p in told if p)}")
    return ("\n".join(lines) + "\n").encode("utf-8", "replace")


# --------------------------------------------------------------------------- reading


def receive(memory: LiteratureMemory, path: Path) -> Iterator[Received]:
    """Put what a file holds into a memory; what is there already stays as it is.

    Parameters
    ----------
    memory : LiteratureMemory
    path : pathlib.Path

    Yields
    ------
    Received
        Of each document, as it is done: it is put in whole or not at all, and one that is wrong does not keep out the others.

    Raises
    ------
    InputError
        Where the file is none of these, is cut short, was made by a later version, or holds what it should not.  Nothing is put in then.
    """
    with _opened(path) as archive:
        listed = _listed(archive, path.name)
        awaited = AwaitedDocuments(memory.folder)
        for name in (n for n in sorted(listed) if n.startswith("documents/")):
            try:
                received = _one(memory, awaited, archive, listed, name, path.name)
            except InputError as error:
                received = Received(name, "failed", problem=str(error))
            yield received


def _opened(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except OSError as error:
        raise InputError(
            f"{path} cannot be read: {error.strerror or error}.", remedy="Look whether it is there, and may be read."
        ) from error
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError) as error:
        raise InputError(
            f"{path.name} is no file that `gnomon knowledge export` wrote, or is cut short ({error}).",
            remedy="Fetch it again.",
        ) from error


def _listed(archive: zipfile.ZipFile, name: str) -> dict[str, dict[str, Any]]:
    """What the file says that it holds, after the whole of it was held against that."""
    there = {e.filename: e for e in archive.infolist()}
    if MANIFEST not in there:
        raise InputError(f"{name} is no file that `gnomon knowledge export` wrote.", remedy="Give one that is.")
    if len(there) != len(archive.infolist()):
        raise InputError(f"{name} holds two entries of one name.", remedy="Do not trust it.")
    for entry in there.values():
        _require_sound(entry, name)
    if sum(e.file_size for e in there.values()) > _LARGEST_OF_ALL:
        raise InputError(
            f"{name} would unpack to more than {_LARGEST_OF_ALL // 10**9} GB.",
            remedy="Ask for it in several files; `gnomon knowledge export --documents` makes them.",
        )
    manifest = _manifest(archive, there[MANIFEST], name)
    listed = {e["name"]: e for e in manifest}
    if missing := sorted(listed.keys() - there.keys()):
        raise InputError(f"{name} lacks {missing[0]}, which it says that it holds.", remedy="Fetch it again.")
    if more := sorted(there.keys() - listed.keys() - {MANIFEST}):
        raise InputError(f"{name} holds {more[0]!r}, of which it does not say so.", remedy="Do not trust it.")
    for told in manifest:
        if told["bytes"] != there[told["name"]].file_size:
            raise InputError(
                f"{told['name']} in {name} has another size than it says that it has.", remedy="Fetch it again."
            )
    return listed


def _require_sound(entry: zipfile.ZipInfo, name: str) -> None:
    fault = ""
    if entry.filename != MANIFEST and not _ENTRY.fullmatch(entry.filename):
        fault = "has a name that no entry has"
    elif entry.flag_bits & 0x1:
        fault = "is locked with a password"
    elif entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        fault = "is packed in a way that is not used here"
    elif entry.file_size > _LARGEST:
        fault = f"would unpack to {entry.file_size / 1e6:.0f} MB, and {_LARGEST / 1e6:.0f} MB are the most"
    elif entry.file_size > _LARGE and entry.file_size > _PACKED * entry.compress_size:
        fault = f"would unpack to more than {_PACKED} times its size, as no text does"
    if fault:
        raise InputError(f"{entry.filename!r} in {name} {fault}.", remedy="Do not trust the file.")


def _manifest(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str) -> list[dict[str, Any]]:
    try:
        told = json.loads(_unpacked(archive, MANIFEST, entry.file_size))
        form, version = told.get("format"), told.get("version")
        listed = [{"name": str(e["name"]), "bytes": int(e["bytes"]), "sha256": str(e["sha256"])} for e in told.get("entries", [])]  # fmt: skip
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise InputError(f"What {name} says of itself cannot be read: {error}.", remedy="Fetch it again.") from error
    if form != FORM or not isinstance(version, int):
        raise InputError(f"{name} is no file that `gnomon knowledge export` wrote.", remedy="Give one that is.")
    if version != VERSION:
        raise InputError(
            f"{name} is of version {version}, and version {VERSION} is what this Gnomon reads.",
            remedy="Use the Gnomon that it was written with, or a later one.",
        )
    if len({e["name"] for e in listed}) != len(listed):
        raise InputError(f"{name} tells of an entry twice.", remedy="Do not trust it.")
    return listed


def _one(
    memory: LiteratureMemory,
    awaited: AwaitedDocuments,
    archive: zipfile.ZipFile,
    listed: dict[str, dict[str, Any]],
    name: str,
    source: str,
) -> Received:
    known = read_described(_checked(archive, listed[name]), name)
    identifier = Path(name).stem
    if known.document.id != identifier:
        raise InputError(f"{name} in {source} describes another document.", remedy="Ask for the file again.")
    there = memory.index.document(identifier)
    if there is not None:
        return Received(there.key, "known", there)
    of_text = f"texts/{identifier}.txt"
    if of_text not in listed:
        document = _as_received(memory, awaited, known, source)
        new = awaited.put(replace(known, document=document))
        return Received(document.key, "described" if new else "known", document)
    licence = read_licence(known.document.licence)
    if not licence.shared:
        raise InputError(
            f"The text of {known.document.key} came without a licence to pass it on: {licence.why_not}.",
            remedy="Ask who sent it; `gnomon knowledge licence` states one.",
        )
    try:
        text = _checked(archive, listed[of_text]).decode()
    except UnicodeDecodeError as error:
        raise InputError(f"{of_text} in {source} is no UTF-8.", remedy="Ask for the file again.") from error
    passages = known.passages(text)
    # What file it was read from is the sender's word: the person's own file of that digest is read when it is put in.
    document = replace(_as_received(memory, awaited, known, source), file_sha256="", language=language_of(text))
    memory.restore(document, passages)
    awaited.remove(identifier)
    return Received(document.key, "added", document)


def _as_received(memory: LiteratureMemory, awaited: AwaitedDocuments, known: Described, source: str) -> Document:
    """A record as it is kept here: with a key that no other document has, when it came, and out of which file."""
    document = known.document
    others = [*memory.documents(), *(a.document for a in awaited.documents())]
    taken = {d.key for d in others if d.id != document.id}
    key = document.key
    if key in taken or not _KEY.fullmatch(key):
        key = citation_key(document.authors, document.year, document.title, taken)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return replace(document, key=key, added=now, more={**document.more, "shared_in": source})


def _checked(archive: zipfile.ZipFile, told: dict[str, Any]) -> bytes:
    """An entry, which must be what the file says of it."""
    content = _unpacked(archive, told["name"], told["bytes"])
    if hashlib.sha256(content).hexdigest() != told["sha256"]:
        raise InputError(f"{told['name']} is not what its digest names.", remedy="Fetch the file again.")
    return content


def _unpacked(archive: zipfile.ZipFile, name: str, size: int) -> bytes:
    """An entry of so many bytes, and not more of it, whatever it unpacks to."""
    try:
        with archive.open(name) as stream:
            content = stream.read(size + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError) as error:
        raise InputError(f"{name} cannot be unpacked: {error}.", remedy="Fetch the file again.") from error
    if len(content) != size:
        raise InputError(f"{name} has another size than it says that it has.", remedy="Fetch the file again.")
    return content


def state_licence(memory: LiteratureMemory, document: Document, licence: str) -> Document:
    """Keep what a person says of the licence of a document, in place of what was known of it.

    Raises
    ------
    UsageError
        Where it is one of Gnomon's own notes, which have Gnomon's.
    """
    if document.kind == "method":
        raise UsageError(
            f"{document.key} is a note that comes with Gnomon, under Gnomon's own licence.", remedy="Name a document."
        )
    before = {"licence_before": document.licence} if document.licence else {}
    more = {**document.more, **before, "licence_from": "stated by hand"}
    stated = replace(document, licence=read_licence(licence).name, more=more)
    memory.amend(stated)
    return stated


def chosen_documents(memory: LiteratureMemory, names: Iterable[str]) -> list[Document]:
    """Documents by their names, each once.

    Raises
    ------
    UsageError
        Where one is not there, or is one of Gnomon's own notes.
    """
    out = {}
    for name in names:
        document = memory.named(name)
        if document.kind == "method":
            raise UsageError(f"{document.key} is a note that comes with Gnomon; everyone has it.", remedy="Leave it out.")  # fmt: skip
        out[document.id] = document
    return list(out.values())
