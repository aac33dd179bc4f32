"""Attached files: recognised by content, and taken into the store so that later changes to them change nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gnomon.plans.plan import Attachment
from gnomon.plans.run import file_name
from gnomon.plans.store import Store
from gnomon.tools.errors import UsageError
from gnomon.tools.registry import Registry


@dataclass(frozen=True)
class Attached:
    """A file that came with a question, and the tool that reads it.

    ``supplied`` says that no person attached it: it was made for the question, of words that stand at ``places`` in it.
    """

    attachment: Attachment
    reader: str
    supplied: bool = False
    places: frozenset[int] = frozenset()


def shown(path: Path) -> str:
    """A path as a person can read it, whatever bytes its name has."""
    return str(path).encode("utf-8", errors="replace").decode("utf-8")


def attach(paths: Sequence[Path], registry: Registry, store: Store, language: str = "en") -> list[Attached]:
    """Recognise files by their content and take them into the store.

    Parameters
    ----------
    paths : sequence of pathlib.Path
    registry : Registry
        Its readers say what they recognise.
    store : Store
    language : {"en", "zh"}
        Language of the question, in which the plan says what was found.

    Raises
    ------
    UsageError
        Where a file is not there, or no reader knows it: what was expected and what was found.
    """
    attached: list[Attached] = []
    for path in paths:
        if not path.exists():
            raise UsageError(f"There is no file {shown(path)}.", remedy="Check the name.")
        if not (path.is_file() or path.is_dir()):
            raise UsageError(
                f"{shown(path)} is not a regular file.", remedy="Write what it holds into a file, and give that."
            )
        found = registry.recognise(path) if path.is_file() else []
        if not found:
            expected = ", ".join(sorted({t.kind.name for t in registry.readers}))
            raise UsageError(
                f"{shown(path)} is {registry.describe(path)}; expected a file that holds one of: {expected}.",
                remedy="`gnomon tools` says what the readers take.",
            )
        best = found[0]
        if best.kind.name == "ObservingRequests" and not best.rows:
            raise UsageError(
                f"{shown(path)} holds no requests: nothing is to be observed.",
                remedy="Write at least one request into it.",
            )
        name = _free_name(file_name(path), {a.attachment.name for a in attached})
        sha256 = store.put_file(path)
        attachment = Attachment(
            name=name,
            sha256=sha256,
            size=path.stat().st_size,
            kind=str(best.kind),
            found=best.found_zh if language == "zh" else best.found,
            rows=best.rows,
        )
        attached.append(Attached(attachment, best.tool))
    return attached


def _free_name(name: str, taken: set[str]) -> str:
    """`name`, with a number before its ending where another file of the question has it."""
    stem, suffix = Path(name).stem, Path(name).suffix
    number = 1
    free = name
    while free in taken:
        number += 1
        free = f"{stem}-{number}{suffix}"
    return free
