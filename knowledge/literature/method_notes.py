"""The notes on methods that come with Gnomon, which a memory starts with: new ones are put in, changed ones in place of what they were."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

from gnomon.knowledge.literature.ingest import Outcome, ingest
from gnomon.knowledge.literature.memory import LiteratureMemory

# A line of the head of a note.
_FIELD = re.compile(r"^(title|tools): (.*)$", re.M)
FOLDER = Path(__file__).parent.parent / "methods"


def note_files() -> list[Path]:
    """The notes, in order of their names."""
    return sorted(FOLDER.glob("*.md"))


@cache
def notes_on(tool: str) -> tuple[str, ...]:
    """The notes on what a tool does, each as its title and the key by which it is cited; none for a tool that no note names."""
    out = []
    for path in sorted((Path(__file__).parent.parent / "methods").glob("*.md")):
        told = {m[1]: m[2] for m in _FIELD.finditer(path.read_text(encoding="utf-8").split("\n---\n")[0])}
        if tool in re.findall(r"\w+", told.get("tools", "")):
            out.append(f"{told['title']} [{path.stem}]")
    return tuple(out)


def refresh(memory: LiteratureMemory, told: Callable[[int], None] | None = None) -> list[Outcome]:
    """Make the memory hold the notes as they are now.

    Parameters
    ----------
    memory : LiteratureMemory
    told : callable, optional
        Called with how many are to be read, before they are; not where there are none.

    Returns
    -------
    list of Outcome
        Of those that were read.
    """
    now = {hashlib.sha256(path.read_bytes()).hexdigest(): path for path in note_files()}
    here = {d.file_sha256: d for d in memory.documents() if d.kind == "method"}
    new = [path for digest, path in now.items() if digest not in here]
    if new and told is not None:
        told(len(new))
    for digest in here.keys() - now.keys():
        memory.remove(here[digest].id)
    return list(ingest(memory, new, kind="method"))
