"""What becomes of what is put into the memory."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from gnomon.knowledge.literature.documents import Document

State = Literal["added", "known", "described", "left", "failed", "absent", "unasked"]


@dataclass(frozen=True)
class Outcome:
    """What became of a file, of an entry in a list, or of a number.

    Parameters
    ----------
    path : pathlib.Path
        Of the file; empty where there is none.
    state : {"added", "known", "described", "left", "failed", "absent", "unasked"}
        ``known``: a document of the same text is there already; of an entry in a list of references ``described``: what was not known of
        its document is known now, and ``left``: it has no abstract, so that there is nothing to find.  Of a number ``absent``: the service
        that would know it answers that there is none; ``unasked``: that could not be found out.
    document : Document, optional
    problem : str
        Why it could not be put in.
    entry : str
        Of a list of references: the key of the entry; else the number.
    remarks : tuple of str
        What else there is to tell: that there is the abstract alone, which services were not asked.
    """

    path: Path
    state: State
    document: Document | None = None
    problem: str = ""
    entry: str = ""
    remarks: tuple[str, ...] = ()
