"""Replies of earlier runs, by what was asked: what there is when a service does not answer, or may not be asked.

On disk::

    FOLDER/KEY.json         the question, when it was answered, and the exchanges that the answer took
    FOLDER/bodies/SHA256    bodies of replies, named by digest

Only what a tool understood is put here (see `gnomon.tools.transport.inquire`), so an error page never becomes an answer.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any


def key_of(question: Mapping[str, Any]) -> str:
    """SHA-256 of a question in canonical JSON."""
    return hashlib.sha256(json.dumps(question, sort_keys=True, ensure_ascii=True).encode()).hexdigest()


class Shelf:
    """The replies in a folder.

    Parameters
    ----------
    folder : pathlib.Path
        Made when the first reply is put there.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bodies = folder / "bodies"

    def find(self, question: Mapping[str, Any], younger_than: float | None = None) -> list[dict[str, Any]] | None:
        """The exchanges that answered this question last; None where nobody asked, where a body is gone, or for one that is too old."""
        path = self.folder / f"{key_of(question)}.json"
        try:
            if younger_than is not None and time.time() - path.stat().st_mtime > younger_than:
                return None
            kept = json.loads(path.read_text(encoding="utf-8"))
            records: list[dict[str, Any]] = kept["exchanges"]
            whole = all((self.bodies / r["sha256"]).is_file() for r in records if r["sha256"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return records if whole else None

    def put(self, question: Mapping[str, Any], records: Iterable[dict[str, Any]], bodies: Path) -> bool:
        """Keep the exchanges that answered a question, in place of older ones.

        Parameters
        ----------
        question : mapping
        records : iterable of dict
            As the recorder wrote them.
        bodies : pathlib.Path
            Where the recorder keeps bodies; they are linked, or copied where that cannot be.

        Returns
        -------
        bool
            Whether they are kept: not where a body was withheld, or the disk refuses.  An answer is not lost for that.
        """
        exchanges = list(records)
        if any(r["availability"] == "withheld" or r.get("stale") for r in exchanges):
            return False
        try:
            self.bodies.mkdir(parents=True, exist_ok=True)
            for sha256 in {r["sha256"] for r in exchanges if r["sha256"]}:
                bring(bodies / sha256, self.bodies / sha256)
            text = json.dumps({"question": dict(question), "exchanges": exchanges}, ensure_ascii=False, indent=1)
            handle, part = tempfile.mkstemp(dir=self.folder, prefix=".part-")
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
            Path(part).replace(self.folder / f"{key_of(question)}.json")
        except OSError:
            return False
        return True


def bring(source: Path, place: Path) -> None:
    """Let a file named by its digest lie at another place too, by a link where the disk can."""
    if place.exists():
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(OSError):
        os.link(source, place)
        return
    handle, part = tempfile.mkstemp(dir=place.parent, prefix=".part-")
    os.close(handle)
    try:
        shutil.copyfile(source, part)
        Path(part).replace(place)
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise
