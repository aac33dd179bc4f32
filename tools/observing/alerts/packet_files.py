"""Packets in files: one a file, one a line, or one a row of a table; and folders into which they are put."""

from __future__ import annotations

import csv
import gzip
import io
import itertools
import json
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal, cast

from gnomon.tools.errors import InputError
from gnomon.tools.observing.alerts.packets import LARGEST_PACKET
from gnomon.tools.reading.file_bytes import shown_name

Layout = Literal["packet", "lines", "table"]
_UNFINISHED = (".part", ".tmp", ".swp", ".crdownload", "~")
_SETTLED = 0.5  # s without a change after which a file counts as written
_TNS_COLUMNS = {"name", "name_prefix", "declination", "discoverydate"}
_LONGEST_HEAD = 65_536


@dataclass(frozen=True)
class Piece:
    """One packet of a file, and how far the file is read with it; or, where `problem` says so, what cannot be read."""

    content: bytes
    position: str
    problem: str = ""


def pieces_of(path: Path, after: str = "", *, growing: bool = False) -> Iterator[Piece]:
    """The packets of a file, one by one; of a large file little is in memory.

    Parameters
    ----------
    path : pathlib.Path
        JSON, VOEvent or Avro (one packet), JSON lines, or a table of the Transient Name Server (CSV); also gzipped.
    after : str
        Position of the last packet that was taken; from the beginning where it is empty.
    growing : bool
        Whether a last line without its end is left for later.

    Raises
    ------
    InputError
        Where it cannot be read.
    """
    layout = layout_of(path)
    try:
        if layout == "lines":
            yield from _lines(path, int(after or 0), growing)
        elif layout == "table":
            yield from _rows(path, int(after or 0))
        elif not after:
            with _opened(path) as stream:
                yield Piece(stream.read(LARGEST_PACKET + 1), "whole")
    except (OSError, EOFError, zlib.error, csv.Error) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise InputError(
            f"{shown_name(path)} cannot be read to its end: {reason}.", remedy="Check the file."
        ) from error


def layout_of(path: Path) -> Layout:
    """Whether a file is one packet, a packet a line, or a table of packets.

    Raises
    ------
    InputError
        Where there is none, or it cannot be read.
    """
    if not path.is_file():
        raise InputError(f"There is no file called {shown_name(path)}.", remedy="Check the path.")
    try:
        with _opened(path) as stream:
            first = stream.readline(_LONGEST_HEAD)
            second = stream.readline(_LONGEST_HEAD)
            if (
                first.startswith(b'"') and b"," not in first
            ):  # the table of TNS begins with a line that says of which hours it is
                first, second = second, b""
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{shown_name(path)} cannot be read.", remedy="Check the file.") from error
    name = path.name.removesuffix(".gz")
    if name.endswith((".jsonl", ".ndjson")):
        return "lines"
    if _is_head_of_table(first):
        return "table"
    return "lines" if second.lstrip().startswith(b"{") and _is_json(first) else "packet"


def _is_head_of_table(line: bytes) -> bool:
    try:
        return set(next(csv.reader([line.decode("utf-8", "replace")]), [])) >= _TNS_COLUMNS
    except csv.Error:  # such as bytes of a picture, of which a carriage return is one
        return False


def _is_json(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _opened(path: Path) -> BinaryIO:
    stream = path.open("rb")
    packed = stream.read(2) == b"\x1f\x8b"
    stream.seek(0)
    return cast(BinaryIO, gzip.GzipFile(fileobj=stream)) if packed else stream


def _lines(path: Path, start: int, growing: bool) -> Iterator[Piece]:
    with _opened(path) as stream:
        stream.seek(start)
        while line := stream.readline(LARGEST_PACKET + 2):
            cut = not line.endswith(b"\n") and len(line) > LARGEST_PACKET
            while cut and (rest := stream.readline(1 << 20)) and not rest.endswith(b"\n"):
                pass  # the rest of a line that is too long to be any packet
            if growing and not cut and not line.endswith(b"\n"):
                return
            if content := line.rstrip(b"\r\n").strip():
                yield Piece(content, str(stream.tell()))


def _rows(path: Path, start: int) -> Iterator[Piece]:
    with io.TextIOWrapper(_opened(path), "utf-8", "replace", newline="") as text:
        rows = csv.reader(text)
        head = next(rows, [])
        if not set(head) >= _TNS_COLUMNS:
            head = next(rows, [])
        for number, row in itertools.islice(enumerate(rows, 1), start, None):
            told = dict(zip(head, row, strict=False))
            yield Piece(json.dumps(told, ensure_ascii=False).encode(), str(number))


def new_pieces(folder: Path, position: Callable[[str], str | None], now: float) -> Iterator[tuple[str, Piece]]:
    """What came into a folder since it was last looked at.

    Files that are still being written are left for later: those with a name that says so, and those that changed in the last half second.  Of files of
    lines, whole lines are taken as they come.

    Parameters
    ----------
    folder : pathlib.Path
    position : callable
        How far a stream was read, or None.
    now : float
        Seconds since 1970.

    Yields
    ------
    (str, Piece)
        The name of the stream and the packet; its position is to be kept with the packet.  A file that cannot be read is a piece with a problem.
    """
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.name.endswith(_UNFINISHED) or not path.is_file():
            continue
        stream, found = f"folder {folder.resolve()} {path.name}", path.stat()
        size, changed, at = (json.loads(position(stream) or "null") or [0, 0, ""])[:3]
        if [size, changed] == [found.st_size, found.st_mtime_ns]:
            continue
        try:
            growing = layout_of(path) == "lines"
            if not growing and now - found.st_mtime < _SETTLED:
                continue
            # A file of one packet is read again where it changed, and one of lines from its beginning where it became shorter than what was read.
            again = not growing or not at.isdigit() or (found.st_size < int(at) and not path.name.endswith(".gz"))
            last: Piece | None = None
            for piece in pieces_of(path, "" if again else at, growing=growing):
                if last is not None:
                    yield stream, _noted(last, 0, 0)
                last = piece
            if last is not None:
                yield stream, _noted(last, found.st_size, found.st_mtime_ns)
        except InputError as error:  # one bad file must not stop the others; it is tried again when it changes
            if now - found.st_mtime >= _SETTLED:
                yield stream, Piece(b"", json.dumps([found.st_size, found.st_mtime_ns, ""]), error.what)


def _noted(piece: Piece, size: int, changed: int) -> Piece:
    """The position of a piece with what the file was like; that only with the last piece, so that a file cut short is taken up again."""
    return Piece(piece.content, json.dumps([size, changed, piece.position]))
