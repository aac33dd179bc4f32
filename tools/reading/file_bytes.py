"""Bytes of attached files: reading them, unpacking gzip, and turning them into text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gnomon.tools.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path


def shown_name(path: Path) -> str:
    """Give the name of a file in a form that can be printed, whatever its bytes.

    Parameters
    ----------
    path : pathlib.Path
        Path of the file.

    Returns
    -------
    str
        Its last part, with bytes that are not UTF-8 replaced.
    """
    import os

    return os.fsencode(path.name or str(path)).decode("utf-8", "replace")


def read_bytes(path: Path, limit: int = -1) -> bytes:
    """Read a file, unpacking gzip, with one-sentence errors.

    Parameters
    ----------
    path : pathlib.Path
        Path of the file.
    limit : int
        Number of bytes at most; all of them by default.

    Returns
    -------
    bytes
        The content.

    Raises
    ------
    InputError
        Where there is no such file, it is a directory, or it cannot be read.
    """
    import gzip
    import zlib
    from pathlib import Path as _Path

    path = _Path(path)
    name = shown_name(path)
    if path.is_dir():
        raise InputError(f"{name} is a directory, not a file.", remedy="Attach one of the files in it.")
    if not path.exists():
        raise InputError(f"There is no file called {name}.", remedy="Check the path.")
    try:
        with path.open("rb") as stream:
            packed = stream.read(2) == b"\x1f\x8b"
            stream.seek(0)
            if not packed:
                return stream.read(limit)
            with gzip.open(stream) as unpacked:
                return unpacked.read(limit)
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise InputError(f"{name} cannot be read: {reason}.", remedy="Check the file and its permissions.") from error


def decode_text(content: bytes, name: str) -> tuple[str, str]:
    """Turn bytes into text: by byte-order mark, as UTF-8, else as Latin-1.

    Parameters
    ----------
    content : bytes
        Bytes of a text file, or of its beginning.
    name : str
        Name of the file, for the error.

    Returns
    -------
    tuple of str
        The text, and the encoding that was used.

    Raises
    ------
    InputError
        Where the bytes are not text.
    """
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16", "replace"), "utf-16"
    if b"\x00" in content[:262_144]:
        raise InputError(f"{name} is a binary file, not a text table.", remedy="Attach a text table or a FITS table.")
    try:
        return content.decode("utf-8-sig"), "utf-8"
    except UnicodeDecodeError as error:
        # The beginning of a longer file may end in the middle of a character.
        if error.start >= len(content) - 3 and error.reason == "unexpected end of data":
            return content[: error.start].decode("utf-8-sig"), "utf-8"
        return content.decode("latin-1"), "latin-1"


def unpacked_size(path: Path) -> int:
    """Give the size of a file; for gzip, the size before packing, which its last four bytes say (RFC 1952).

    Parameters
    ----------
    path : pathlib.Path
        Path of the file.

    Returns
    -------
    int
        Bytes.
    """
    import os

    with path.open("rb") as stream:
        packed = stream.read(2) == b"\x1f\x8b"
        if packed:
            stream.seek(-4, os.SEEK_END)
            return int.from_bytes(stream.read(4), "little")
    return path.stat().st_size
