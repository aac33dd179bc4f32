"""Files that somebody names in what they say: plain paths, quoted ones as they are dropped into a terminal, names of attached files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from gnomon.agents.understanding.settings import find_files

# In quotes, as a file: address, or with escaped spaces: so file managers write what is dropped.
_QUOTED = re.compile(
    r"'((?:/|~|\.)[^'\n]*|[^'\n]*\.[A-Za-z0-9]{1,8})'|\"((?:/|~|\.)[^\"\n]*|[^\"\n]*\.[A-Za-z0-9]{1,8})\""
)
_ADDRESS = re.compile(r"file://(?:localhost)?(/\S+)")
_PATH = re.compile(r"(?<![\w/~.\\])(?:~|\.{1,2})?/(?:\\.|[^\s\\'\"，。；？！]){2,}")
_CHINESE = re.compile(r"[\u4e00-\u9fff]*")
_ENDING = ".,;:?!)"


@dataclass(frozen=True)
class Named:
    """A file that a text names.

    ``words`` are the text's own, from ``start`` to ``end``; ``path`` is None where there is no such file.
    """

    words: str
    start: int
    end: int
    path: Path | None


def named_files(text: str, attached: Sequence[Path] = (), folder: Path | None = None) -> list[Named]:
    """The files that a text names, in their order.

    Parameters
    ----------
    text : str
    attached : sequence of pathlib.Path
        Files that may be called by their names alone.
    folder : pathlib.Path, optional
        Where names without a folder are looked for; by default the present one.

    Returns
    -------
    list of Named
    """
    found: list[Named] = []
    taken: list[tuple[int, int]] = []

    def take(start: int, end: int, written: str, certain: bool) -> None:
        if any(a < end and start < b for a, b in taken):
            return
        path = _there(written, attached, folder)
        if path is None and not certain:
            return
        taken.append((start, end))
        found.append(Named(text[start:end], start, end, path))

    for match in _QUOTED.finditer(text):
        take(match.start(), match.end(), match[1] or match[2], "/" in match[0])
    for match in _ADDRESS.finditer(text):
        take(match.start(), match.end(), unquote(match[1]), True)
    for match in _PATH.finditer(text):
        written = match[0].rstrip(_ENDING)
        take(match.start(), match.start() + len(written), re.sub(r"\\(.)", r"\1", written), False)
    for slot in find_files(text):
        # Chinese has no spaces: 用光变.csv is the file 光变.csv, if there is one.
        lead = len(_CHINESE.match(slot.text)[0])  # type: ignore[index]
        begin = next((i for i in range(lead + 1) if _there(slot.text[i:], attached, folder)), lead)
        take(slot.start + begin, slot.end, slot.text[begin:], True)
    for path in attached:
        for match in re.finditer(rf"(?<![\w./-]){re.escape(path.name)}(?![\w/-])", text):
            take(match.start(), match.end(), str(path), True)
    if not found and text.strip() and (path := _there(text.strip().strip("'\""), attached, folder)) is not None:
        take(0, len(text), str(path), True)
    return sorted(found, key=lambda n: n.start)


def without(text: str, files: Sequence[Named]) -> str:
    """The text without the files that it names."""
    for file in sorted(files, key=lambda n: -n.start):
        text = f"{text[: file.start]} {text[file.end :]}"
    return " ".join(text.split())


def _there(written: str, attached: Sequence[Path], folder: Path | None) -> Path | None:
    try:
        path = Path(written).expanduser()
        if not path.is_absolute():
            path = (folder or Path.cwd()) / path
        if path.is_file():
            return path.resolve()
    except (OSError, RuntimeError, ValueError):
        return None  # too long for a path, no such user, a NUL: no file
    return next((p for p in attached if written in (p.name, str(p))), None)
