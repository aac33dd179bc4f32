"""Files of SIGPROC: headers, and samples of 1, 2, 4, 8, 16 or 32 bits, a stretch at a time.

The format is that of the program's own manual, http://sigproc.sourceforge.net/sigproc.pdf (Lorimer 2011, ascl:1107.016): names and
values one after the other between ``HEADER_START`` and ``HEADER_END``, then the samples, all channels of one time together, in
the byte order of the machine that wrote them.  Samples below eight bits are packed, the first one in the lowest bits.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO

from gnomon.tools.errors import InputError
from gnomon.tools.reading.file_bytes import shown_name

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_TEXT = frozenset({"source_name", "rawdatafile"})
_INTEGERS = frozenset(
    {
        "telescope_id", "machine_id", "data_type", "nchans", "nbits", "nifs", "nsamples", "nbeams", "ibeam", "barycentric", "pulsarcentric",
        "scan_number", "nbins",
    }
)  # fmt: skip
_NUMBERS = frozenset(
    {"az_start", "za_start", "src_raj", "src_dej", "tstart", "tsamp", "fch1", "foff", "refdm", "period", "fchannel"}
)
_BYTES = frozenset({"signed"})
_MARKS = frozenset({"FREQUENCY_START", "FREQUENCY_END"})
_NAME_MAX = 80  # as in the program's own reader
_HEADER_MAX = 1 << 20
# Numbers of telescopes, of aliases.c of SIGPROC and the list of PRESTO (Ransom 2011, ascl:1107.017).
_TELESCOPES = {
    1: "Arecibo", 2: "Ooty", 3: "Nancay", 4: "Parkes", 5: "Jodrell", 6: "GBT", 7: "GMRT", 8: "Effelsberg", 9: "ATA", 10: "SRT",
    11: "LOFAR", 12: "VLA", 20: "CHIME", 21: "FAST", 64: "MeerKAT", 65: "KAT-7",
}  # fmt: skip


@dataclass(frozen=True)
class SigprocFile:
    """A file of SIGPROC whose header has been read and found good.

    Parameters
    ----------
    path : pathlib.Path
        Where it is.
    header : dict
        Names and values as they stand.
    offset : int
        First byte of the samples.
    order : str
        Byte order, ``<`` or ``>``.
    times : int
        Number of whole time samples that are there.
    frequency_mhz : numpy.ndarray of float, shape (channels,)
        Centres of the channels in the order of the file [MHz].
    warnings : tuple of str
        What a reader should know of it.
    """

    path: Path
    header: Mapping[str, Any]
    offset: int
    order: str
    times: int
    frequency_mhz: Any
    warnings: tuple[str, ...] = field(default=())

    @property
    def time_step_s(self) -> float:
        """Time between samples [s]."""
        return float(self.header["tsamp"])

    @property
    def channels(self) -> int:
        """Number of channels."""
        return int(self.header["nchans"])

    @property
    def polarisations(self) -> int:
        """Number of polarisations, or other things sampled together."""
        return int(self.header.get("nifs", 1))

    @property
    def powers(self) -> int:
        """How many of the polarisations add up to total power: two of two, else the first, since the format does not say what they are."""
        return 2 if self.polarisations == 2 else 1

    @property
    def bits(self) -> int:
        """Bits of a sample."""
        return int(self.header["nbits"])

    @property
    def start_mjd(self) -> float | None:
        """Time of the first sample, as a modified Julian date (UTC); None where the header does not say."""
        start = float(self.header.get("tstart", 0.0))
        return start if start > 0 else None

    @property
    def source(self) -> str | None:
        """Name of the source."""
        return str(self.header.get("source_name", "")).strip() or None

    @property
    def telescope(self) -> str | None:
        """The telescope's number, with its name in the list of SIGPROC: not every writer keeps to that list."""
        number = int(self.header.get("telescope_id", 0))
        return f"number {number} ({_TELESCOPES[number]} in the list of SIGPROC)" if number in _TELESCOPES else None

    def samples(self, start: int, count: int) -> Any:
        """Read a stretch of time.

        Parameters
        ----------
        start, count : int
            First time sample, and how many; fewer are given at the end of the file.

        Returns
        -------
        numpy.ndarray of float32, shape (polarisations, channels, times)
            Channels in order of increasing frequency.

        Raises
        ------
        InputError
            Where the file cannot be read, or has become shorter.
        """
        import numpy as np

        count = max(min(count, self.times - start), 0)
        each = self.channels * self.polarisations
        row = each * self.bits // 8
        try:
            with self.path.open("rb") as stream:
                stream.seek(self.offset + start * row)
                content = stream.read(count * row)
        except OSError as error:
            raise InputError(
                f"{shown_name(self.path)} cannot be read: {error.strerror}.",
                remedy="Check the file and its permissions.",
            ) from error
        if len(content) < count * row:
            raise InputError(
                f"{shown_name(self.path)} became shorter while it was read.", remedy="Wait until it is written, then read it again."
            )  # fmt: skip
        values = _unpacked(content, self.bits, self.order, bool(self.header.get("signed", 0)))
        shaped = values.reshape(count, self.polarisations, self.channels).astype(np.float32)
        ascending = np.argsort(self.frequency_mhz, kind="stable")
        return np.ascontiguousarray(shaped[:, :, ascending].transpose(1, 2, 0))


def _unpacked(content: bytes, bits: int, order: str, signed: bool) -> Any:
    """Numbers of packed or plain samples."""
    import numpy as np

    if bits == 32:
        return np.frombuffer(content, dtype=f"{order}f4")
    if bits == 16:
        return np.frombuffer(content, dtype=f"{order}{'i' if signed else 'u'}2")
    octets = np.frombuffer(content, dtype=np.int8 if bits == 8 and signed else np.uint8)
    if bits == 8:
        return octets
    shifts = np.arange(0, 8, bits, dtype=np.uint8)
    return ((octets[:, None] >> shifts[None, :]) & np.uint8((1 << bits) - 1)).ravel()


def is_sigproc(path: Path) -> bool:
    """Whether a file begins as one of SIGPROC does, in either byte order.

    Parameters
    ----------
    path : pathlib.Path

    Returns
    -------
    bool
    """
    try:
        with path.open("rb") as stream:
            return stream.read(16) in (b"\x0c\x00\x00\x00HEADER_START", b"\x00\x00\x00\x0cHEADER_START")
    except OSError:
        return False


def open_sigproc(path: Path) -> SigprocFile:
    """Read the header of a file of SIGPROC and check it.

    Parameters
    ----------
    path : pathlib.Path

    Returns
    -------
    SigprocFile

    Raises
    ------
    InputError
        Where it is no such file, its header is cut or makes no sense, or it holds no sample.
    """
    name = shown_name(path)
    try:
        size = path.stat().st_size
        with path.open("rb") as stream:
            order = _byte_order(stream, name)
            header, listed = _header(stream, order, name)
            offset = stream.tell()
    except OSError as error:
        raise InputError(
            f"{name} cannot be read: {error.strerror}.", remedy="Check the file and its permissions."
        ) from error
    told = _checked(header, name)
    frequency = _frequencies(header, listed, name)
    row = header["nchans"] * header.get("nifs", 1) * header["nbits"]
    if row % 8:
        raise InputError(
            f"{name} has {header['nchans']} channels of {header['nbits']} bits, which fill no whole number of bytes.",
            remedy="Check how the file was written.",
        )
    times, rest = divmod(size - offset, row // 8)
    if times < 1:
        raise InputError(f"{name} ends before its first time sample.", remedy="Fetch the file again.")
    if rest:
        told.append(f"{name} ends in the middle of a time sample, so its last {rest} bytes were left out.")
    stated = header.get("nsamples", 0)
    if stated > times:
        told.append(f"{name} should have {stated} time samples and has {times}: it is cut short.")
    return SigprocFile(path, header, offset, order, times, frequency, tuple(told))


def _byte_order(stream: BinaryIO, name: str) -> str:
    """Byte order by the length of the first word."""
    start = stream.read(16)
    for order, mark in (("<", b"\x0c\x00\x00\x00"), (">", b"\x00\x00\x00\x0c")):
        if start == mark + b"HEADER_START":
            return order
    raise InputError(
        f"{name} is no SIGPROC filterbank file: it does not begin with HEADER_START.",
        remedy="Attach a .fil file of SIGPROC, or a PSRFITS file in search mode.",
    )


def _header(stream: BinaryIO, order: str, name: str) -> tuple[dict[str, Any], list[float]]:
    """Names and values up to the end of the header."""
    header: dict[str, Any] = {}
    listed: list[float] = []

    def take(form: str) -> Any:
        content = stream.read(struct.calcsize(form))
        if len(content) < struct.calcsize(form):
            raise InputError(f"The header of {name} ends before HEADER_END.", remedy="Fetch the file again.")
        return struct.unpack(order + form, content)[0]

    def word() -> str:
        length = take("i")
        if not 1 <= length <= _NAME_MAX:
            raise InputError(
                f"The header of {name} is broken at byte {stream.tell() - 4}: a word of {length} letters.",
                remedy="Fetch the file again.",
            )
        return str(take(f"{length}s").decode("latin-1"))

    while stream.tell() < _HEADER_MAX:
        key = word()
        if key == "HEADER_END":
            return header, listed
        if key in _TEXT:
            header[key] = word()
        elif key in _INTEGERS:
            header[key] = int(take("i"))
        elif key == "fchannel":
            listed.append(float(take("d")))
        elif key in _NUMBERS:
            header[key] = float(take("d"))
        elif key in _BYTES:
            header[key] = int(take("b"))
        elif key not in _MARKS:
            raise InputError(
                f"The header of {name} has the unknown word {key!r}, whose length nobody can tell.",
                remedy="Rewrite the file with a program that keeps to the words of SIGPROC.",
            )
    raise InputError(f"The header of {name} has no end.", remedy="Fetch the file again.")


def _checked(header: dict[str, Any], name: str) -> list[str]:
    """Refuse headers that make no sense; give what should be told."""
    import math

    for key in ("nchans", "nbits", "tsamp"):
        if key not in header:
            raise InputError(f"The header of {name} does not give {key}.", remedy="Add it to the header.")
    header.setdefault("nifs", 1)
    if header["nbits"] not in (1, 2, 4, 8, 16, 32):
        raise InputError(
            f"{name} has samples of {header['nbits']} bits; 1, 2, 4, 8, 16 and 32 are known.", remedy="Rewrite the file with 8 or 32 bits."
        )  # fmt: skip
    if header["nchans"] < 2:
        raise InputError(
            f"{name} has {header['nchans']} channels, and dispersion needs at least two.",
            remedy="Attach filterbank data.",
        )
    if not 1 <= header["nifs"] <= 4:
        raise InputError(
            f"{name} states {header['nifs']} polarisations; 1 to 4 are possible.", remedy="Check its header."
        )
    if not (math.isfinite(header["tsamp"]) and header["tsamp"] > 0):
        raise InputError(
            f"{name} states a time of {header['tsamp']} s between samples.", remedy="Correct tsamp in its header."
        )
    if header.get("data_type", 1) not in (0, 1):
        raise InputError(
            f"{name} is a SIGPROC file of data type {header['data_type']}, not of filterbank data (1).", remedy="Attach filterbank data."
        )  # fmt: skip
    told = []
    if header.get("refdm", 0.0):
        told.append(
            f"{name} says that it was dedispersed at {header['refdm']:g} pc/cm3; dispersion measures here come on top of that."
        )
    return told


def _frequencies(header: dict[str, Any], listed: list[float], name: str) -> Any:
    """Centres of the channels, in the order of the file."""
    import numpy as np

    count = header["nchans"]
    if listed:
        if len(listed) != count:
            raise InputError(
                f"{name} lists {len(listed)} frequencies for {count} channels.", remedy="Correct its header."
            )
        centres = np.array(listed)
    elif "fch1" in header and header.get("foff"):
        centres = header["fch1"] + header["foff"] * np.arange(count)
    else:
        raise InputError(
            f"The header of {name} does not say at which frequencies its channels are.",
            remedy="Add fch1 and foff to it.",
        )
    if not np.isfinite(centres).all() or centres.min() <= 0 or len(np.unique(centres)) < count:
        raise InputError(
            f"The channels of {name} lie at {centres.min():g} to {centres.max():g} MHz, which cannot be.", remedy="Correct fch1 and foff in its header."
        )  # fmt: skip
    return centres
