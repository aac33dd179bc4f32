"""FITS files from outside: fetched whole, held against what their own headers say, and only then opened.

Sizes, checksums and the END of each header are looked at before any library builds an array from them (FITS standard: Pence et al. 2010,
doi:10.1051/0004-6361/201015362, and its version 4.0, https://fits.gsfc.nasa.gov/fits_standard.html, where section 4.4.2.7 has the checksums).
"""

from __future__ import annotations

import contextlib
import io
import json
import re
import warnings
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gnomon.tools.archives.asking.service_session import open_session, words_of
from gnomon.tools.errors import BrokenReply, ServiceError
from gnomon.tools.transport import Asked, inquire

if TYPE_CHECKING:
    from collections.abc import Iterator

BLOCK = 2880  # bytes; every part of a FITS file is a multiple of it
# A light curve has 2 MB, a plate of a survey 1 GB; what is larger is cut out at the service and not here.
LARGEST_FILE = 512 * 1024**2
# 14400 cards: the longest headers of real files have some thousands (combined from hundreds of exposures).
_LONGEST_HEADER = 400 * BLOCK
_MOST_HDUS = 1000
_MOST_PIXELS = 256 * 1024**2  # of an image that is stored compressed, where the size of the file says nothing
_INTEGER = re.compile(r"[+-]?\d+")


@dataclass
class Part:
    """A header and where its data are.

    Attributes
    ----------
    cards : dict
        Keywords that say how large the data are, and a few others, as text.
    start, size : int
        Of the data, bytes; `size` without the padding.
    header_start : int
    """

    cards: dict[str, str]
    start: int
    size: int
    header_start: int


@dataclass
class FitsFile:
    """A FITS file that was fetched and checked.

    Attributes
    ----------
    content : bytes
        Unpacked.
    service, url : str
    asked : Asked
        When, and which bytes came.
    parts : list of Part
    """

    content: bytes
    service: str
    url: str
    asked: Asked
    parts: list[Part] = field(default_factory=list)

    @contextlib.contextmanager
    def open(self) -> Iterator[Any]:
        """Open it with astropy; what it cannot read is a `BrokenReply`.

        Yields
        ------
        astropy.io.fits.HDUList
            In memory.
        """
        from astropy.io import fits
        from astropy.io.fits.verify import VerifyError

        from gnomon.tools.reading.column_tables import BROKEN_CONTENT

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of cards that are not quite standard, of which real files are full
            try:
                hdus = fits.open(io.BytesIO(self.content), memmap=False, lazy_load_hdus=False)
            except (*BROKEN_CONTENT, VerifyError) as error:
                raise self.broken(f"cannot be opened ({type(error).__name__})") from error
        with hdus:
            try:
                yield hdus
            except (*BROKEN_CONTENT, VerifyError) as error:
                raise self.broken(f"cannot be read ({type(error).__name__})") from error

    def broken(self, how: str) -> BrokenReply:
        """The error that says what is wrong with it."""
        return _broken(self.service, how)

    def header(self, number: int = 0) -> dict[str, Any]:
        """The header of a part as plain values, without comments and without what says only how the file is laid out."""
        with self.open() as hdus:
            return plain_header(hdus[number].header)


def fetch_fits(url: str, service: str, *, longest: int = LARGEST_FILE, good_for: float = 0.0) -> FitsFile:
    """Fetch a FITS file and check it.

    Parameters
    ----------
    url : str
    service : str
        What people call the one that sends it.
    longest : int
        Most bytes, unpacked.
    good_for : float
        As for `gnomon.tools.transport.inquire`.

    Returns
    -------
    FitsFile

    Raises
    ------
    ServiceError
        Where it cannot be had; `BrokenReply` where what came is no FITS file, is cut short, or is damaged.

    Warns
    -----
    UserWarning
        Where the data are what their checksum says and a header is not.
    """

    def ask() -> tuple[bytes, list[Part], list[str]]:
        content = fetched(url, service, longest)
        content = unpacked(content, service, longest)
        return content, *checked_parts(content, service)

    (content, parts, doubts), asked = inquire({"service": service, "file": url}, ask, good_for)
    for doubt in doubts:
        warnings.warn(doubt, stacklevel=3)
    return FitsFile(content, service, url, asked, parts)


def fetched(url: str, service: str, longest: int = LARGEST_FILE) -> bytes:
    """The bytes behind an address; to be called within `inquire`.

    Raises
    ------
    ServiceError
        Where there is nothing, or a refusal, which is told in its own words.
    """
    reply = open_session(service, longest=longest).get(url)
    content: bytes = reply.content
    if reply.status_code >= 400:
        words = words_of(content[:65536]) or _words_of_json(content) or f"status {reply.status_code}"
        raise ServiceError(
            f"{service} refuses: {words}.", remedy="Look whether the question is one that it can answer."
        )
    if not content:
        raise BrokenReply(f"{service} sent an empty file.", remedy="Ask again later.", retryable=True)
    return content


def _words_of_json(content: bytes) -> str:
    """What a service says in JSON that it does not like."""
    try:
        said = json.loads(content[:65536])
    except ValueError:
        return ""
    found = [said.get(key) for key in ("description", "message", "msg", "title")] if isinstance(said, dict) else []
    return " ".join(next((str(text) for text in found if text), "").split())[:300].rstrip(".")


def unpacked(content: bytes, service: str, longest: int = LARGEST_FILE) -> bytes:
    """The content of a gzipped file; other files as they are."""
    if content[:2] != b"\x1f\x8b":
        return content
    inflate = zlib.decompressobj(31)
    try:
        plain = inflate.decompress(content, longest)
        if not inflate.eof and inflate.unconsumed_tail:
            raise BrokenReply(
                f"{service} sent a file of more than {longest / 1024**2:.0f} MiB, unpacked.",
                remedy="Ask for a smaller part.",
            )
    except zlib.error as error:
        raise _broken(service, "cannot be unpacked") from error
    if not inflate.eof:
        raise _broken(service, "is cut short")
    return plain


def checked_parts(content: bytes, service: str) -> tuple[list[Part], list[str]]:
    """Walk through a FITS file by hand and hold it against its own headers.

    Parameters
    ----------
    content : bytes
    service : str
        For sentences.

    Returns
    -------
    parts : list of Part
    doubts : list of str
        Sentences about headers that are not what their checksum says, though the data are.

    Raises
    ------
    BrokenReply
        Where it does not begin as FITS does, a header has no END, data are shorter than declared, there is more behind the
        last part than padding, or data are not what their checksum says.
    """
    if not content.startswith(b"SIMPLE  ="):
        raise BrokenReply(
            f"{service} sent a file that is not FITS; it begins with {content[:12]!r}.",
            remedy="Ask again later; if it stays so, the product has another format than it says.",
        )
    parts: list[Part] = []
    doubts: list[str] = []
    at = 0
    while at < len(content):
        if not content[at : at + BLOCK].strip(b"\0 "):
            if content[at:].strip(b"\0 "):
                raise _broken(service, "has a hole in it")
            break  # padding, which some programs write
        if len(parts) >= _MOST_HDUS:
            raise _broken(service, f"has more than {_MOST_HDUS} parts")
        if parts and not content.startswith(b"XTENSION=", at):
            # The standard allows special records here and forbids to take them for anything (section 3.5).
            break
        part = _part(content, at, len(parts), service)
        parts.append(part)
        end = part.start + part.size
        if end > len(content):
            raise BrokenReply(
                f"{service} sent a FITS file that is cut short: part {len(parts) - 1} has {part.size:,} bytes of data, and "
                f"{max(0, len(content) - part.start):,} came.",
                remedy="Ask again.",
                retryable=True,
            )
        at = -(-end // BLOCK) * BLOCK
        doubt = _checksum_fault(
            content[part.header_start : at], content[part.start : at], part, len(parts) - 1, service
        )
        if doubt:
            doubts.append(doubt)
    return parts, doubts


def _part(content: bytes, at: int, number: int, service: str) -> Part:
    cards, length = _cards(content, at, number, service)

    def whole(key: str, default: int | None = None) -> int:
        text = cards.get(key)
        if text is None and default is not None:
            return default
        if text is None or not _INTEGER.fullmatch(text):
            raise _broken(service, f"does not say {key} in part {number}")
        return int(text)

    axes = whole("NAXIS")
    if not 0 <= axes <= 999:
        raise _broken(service, f"has {axes} axes in part {number}")
    bits = whole("BITPIX")
    if bits not in (8, 16, 32, 64, -32, -64):
        raise _broken(service, f"has {bits} bits a pixel in part {number}")
    sizes = [whole(f"NAXIS{n + 1}") for n in range(axes)]
    if any(size < 0 for size in sizes):
        raise _broken(service, f"has an axis of negative length in part {number}")
    groups = bool(sizes) and sizes[0] == 0 and cards.get("GROUPS") == "T"
    pixels = 1 if axes else 0
    for size in sizes[1:] if groups else sizes:
        pixels *= size
    bytes_of_data = abs(bits) // 8 * whole("GCOUNT", 1) * (whole("PCOUNT", 0) + pixels)
    if bytes_of_data < 0:
        raise _broken(service, f"has data of negative size in part {number}")
    if cards.get("ZIMAGE") == "T":
        plain = 1
        for n in range(whole("ZNAXIS", 0)):
            plain *= whole(f"ZNAXIS{n + 1}")
        if plain > _MOST_PIXELS:
            raise BrokenReply(
                f"{service} sent a compressed image of {plain:,} pixels, more than fit here.",
                remedy="Ask for a smaller part.",
            )
    return Part(cards, at + length, bytes_of_data, at)


def _cards(content: bytes, at: int, number: int, service: str) -> tuple[dict[str, str], int]:
    """Values of a header as text, and the bytes that it takes up with its padding."""
    cards: dict[str, str] = {}
    limit = min(len(content), at + _LONGEST_HEADER)
    for place in range(at, limit - 79, 80):
        card = content[place : place + 80]
        keyword = card[:8].rstrip().decode("latin-1")
        if keyword == "END" and not card[8:].strip():
            return cards, -(-(place + 80 - at) // BLOCK) * BLOCK
        if card[8:10] == b"= ":
            text = card[10:].decode("latin-1").strip()
            if text.startswith("'"):
                value = re.match(r"'((?:[^']|'')*)'", text)
                cards.setdefault(keyword, value[1].replace("''", "'").rstrip() if value else text)
            else:
                cards.setdefault(keyword, text.partition("/")[0].strip())
    if limit < len(content):
        raise _broken(service, f"has a header of more than {_LONGEST_HEADER // 1024} KiB, or without an end, in part {number}")  # fmt: skip
    raise _broken(service, f"is cut short in the header of part {number}")


def _checksum_fault(whole: bytes, data: bytes, part: Part, number: int, service: str) -> str:
    """A sentence where a header is not what its checksum says; data that are not are an error."""
    said = part.cards.get("DATASUM", "").strip()
    if said and _INTEGER.fullmatch(said):
        if _sum(data) % 0xFFFFFFFF != int(said) % 0xFFFFFFFF:
            raise BrokenReply(
                f"{service} sent a FITS file whose data are not what their checksum says (part {number}).",
                remedy="Ask again; it was damaged on its way, or lies damaged there.",
                retryable=True,
            )
        if part.cards.get("CHECKSUM", "").strip("0 ") and _sum(whole) % 0xFFFFFFFF:
            return f"The header of part {number} of a file of {service} was changed after its checksum was written; the data were not."
    return ""


def _sum(data: bytes) -> int:
    """The ones' complement sum of 32-bit words, before its carries are folded in."""
    import numpy as np

    data = data + b"\0" * (-len(data) % 4)
    return int(np.frombuffer(data, ">u4").astype(np.uint64).sum(dtype=np.uint64))


def _broken(service: str, how: str) -> BrokenReply:
    return BrokenReply(
        f"{service} sent a FITS file that {how}.", remedy="Ask again; if it stays so, the product is damaged there.", retryable=True
    )  # fmt: skip


_LAYOUT = re.compile(
    r"SIMPLE|XTENSION|BITPIX|NAXIS\d*|EXTEND|PCOUNT|GCOUNT|TFIELDS|T[A-Z]{3,5}\d+|CHECKSUM|DATASUM|BSCALE|BZERO|COMMENT|HISTORY|END|"
    r"Z(IMAGE|TILE\d+|CMPTYPE|NAME\d+|VAL\d+|NAXIS\d*|BITPIX|QUANTIZ|DITHER\d?)|"
)


def plain_header(header: Any) -> dict[str, Any]:
    """The cards of a header as plain values, without comments and without what says only how the file is laid out.

    Parameters
    ----------
    header : astropy.io.fits.Header

    Returns
    -------
    dict
        The first of each keyword; cards without a value, or that cannot be read, are left out.
    """
    from astropy.io.fits.verify import VerifyError

    told: dict[str, Any] = {}
    for card in header.cards:
        try:
            key, value = str(card.keyword), card.value
        except (VerifyError, ValueError):
            continue
        if _LAYOUT.fullmatch(key) or key in told or not isinstance(value, str | bool | int | float):
            continue
        told[key] = value.strip() if isinstance(value, str) else value
    return told
