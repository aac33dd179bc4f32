"""What a name leads to: the step that made or read an artifact, by its file, digest or receipt."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from gnomon.plans.canonical import file_digest
from gnomon.plans.record import Record, listed
from gnomon.tools.errors import UsageError
from gnomon.tools.registry import Registry

# Shorter beginnings of a digest are too likely to be the beginning of two.
SHORTEST_PREFIX = 6

_RESULT = re.compile(r"artifact:(?P<digest>[0-9a-f]{64})#(?P<step>[a-z][a-z0-9_]*)/row [1-9][0-9]*")
_LABEL = re.compile(r"\[?(r[1-9][0-9]*)\]?")
_DIGEST = re.compile(rf"(?:artifact:|sha256:)?([0-9a-f]{{{SHORTEST_PREFIX},64}})")


def find(folder: Path, name: str, registry: Registry | None = None) -> str:
    """The step that a name leads to.

    Parameters
    ----------
    folder : pathlib.Path
        A run's folder.
    name : str
        A step; an output file (``outputs/fit.nc``, ``fit.nc``); an attached file, or its digest; a content digest or SHA-256 of
        an artifact, or six digits or more of its beginning; a receipt of the report (``r3``) or of a result
        (``artifact:<digest>#<step>/row 2``).
    registry : Registry, optional
        See `Record`.

    Returns
    -------
    str
        The step's identifier; for an attached file, the step that reads it.

    Raises
    ------
    UsageError
        Where the name leads nowhere or to several steps; it names what there is.
    """
    record = Record(folder, registry)
    wanted = name.strip()
    if wanted in record.steps():
        return wanted
    if match := _RESULT.fullmatch(wanted):
        return _of_result(record, wanted, match["step"], match["digest"])
    if (match := _LABEL.fullmatch(wanted)) and (step := _of_label(record, match[1])):
        return step
    found = dict(_of_file(record, wanted)) or dict(_of_digest(record, wanted))
    if len(set(found.values())) > 1:
        raise UsageError(
            f"{wanted!r} is more than one thing in run {record.id}: {listed(list(found))}.",
            remedy=f"Name the step: {', '.join(sorted(set(found.values())))}.",
        )
    for step in found.values():
        return step
    names = [*record.steps(), *record.outputs(), *_attached(record)]
    near = difflib.get_close_matches(wanted, names, n=3, cutoff=0.5)
    raise UsageError(
        f"There is nothing called {wanted!r} in run {record.id}.",
        remedy=f"Did you mean {' or '.join(near)}?" if near else f"Its steps are: {listed(record.steps())}.",
    )


def _of_result(record: Record, receipt: str, step: str, digest: str) -> str:
    line = record.settled(step) if step in record.steps() else None
    if line is None or line.get("artifact", {}).get("digest") != digest:
        made = next((s for s, a in record.outputs().values() if a.digest == digest), "")
        raise UsageError(
            f"The receipt {receipt!r} is not of run {record.id}: its step {step!r} made no such artifact.",
            remedy=f"The artifact was made by {made}." if made else "Take a receipt from this run's results.json.",
        )
    return step


def _of_label(record: Record, label: str) -> str:
    """The step of a receipt of the report; empty where there is no such receipt."""
    path = record.folder / "report" / "report.md"
    if not path.is_file():
        return ""
    written = [e for e in record.events if e["event"] == "report.written"]
    if written and written[-1].get("sha256") != file_digest(path):
        raise UsageError(
            "report.md is not the report that the journal names, so its receipts may lead elsewhere.",
            remedy="Give the step or the file instead.",
        )
    row = re.search(rf"^\| {label} \| ([^|]+) \|", path.read_text(encoding="utf-8", errors="replace"), re.MULTILINE)
    step = re.sub(r"\\(.)", r"\1", row[1]).strip() if row else ""
    return step if step in record.steps() else ""


def _attached(record: Record) -> dict[str, list[str]]:
    """The steps that read each attached file."""
    plan = record.plan()
    readers: dict[str, list[str]] = {f"inputs/{f.name}": [] for f in plan.files} if plan else {}
    for step in plan.steps if plan else []:
        for ref in step.refs():
            if ref.file is not None:
                readers.setdefault(f"inputs/{ref.file}", []).append(step.id)
    return readers


def _of_file(record: Record, wanted: str) -> Iterator[tuple[str, str]]:
    path = Path(wanted)
    if path.exists() and path.resolve().is_relative_to(record.folder.resolve()):
        parts = path.resolve().relative_to(record.folder.resolve()).parts
    else:
        parts = PurePosixPath(wanted.replace("\\", "/")).parts
    if not 1 <= len(parts) <= 2:
        return
    above, last = ("", *parts)[-2:]
    for file, (step, _artifact) in record.outputs().items():
        if above in ("", "outputs", "report") and file == f"outputs/{last}":  # the report has copies of figures
            yield file, step
    for file, readers in _attached(record).items():
        if above in ("", "inputs") and file == f"inputs/{last}":
            yield from _readers(record, file, readers)


def _readers(record: Record, file: str, readers: list[str]) -> Iterator[tuple[str, str]]:
    if not readers:
        raise UsageError(f"{file} came with run {record.id}, and no step reads it.", remedy="Name a step.")
    for step in readers:
        yield (file if len(readers) == 1 else f"{file} as read by {step}"), step


def _of_digest(record: Record, wanted: str) -> Iterator[tuple[str, str]]:
    match = _DIGEST.fullmatch(wanted.lower())
    if not match:
        return
    for file, (step, artifact) in record.outputs().items():
        if artifact.digest.startswith(match[1]) or artifact.sha256.startswith(match[1]):
            yield file, step
    plan, attached = record.plan(), _attached(record)
    for given in plan.files if plan else []:
        if given.sha256.startswith(match[1]):
            file = f"inputs/{given.name}"
            yield from _readers(record, file, attached[file])
