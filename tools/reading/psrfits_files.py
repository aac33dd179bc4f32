"""PSRFITS files in search mode, a stretch at a time.

The format is that of Hotan, van Straten & Manchester 2004, 2004PASA...21..302H, doi:10.1071/AS04022, and of its definition version 6.6 at
https://www.atnf.csiro.au/research/pulsar/psrfits_definition/Psrfits.html: rows of the table SUBINT hold blocks of samples, with an offset, a
scale and a weight for each channel.  Samples below eight bits are packed, the first one in the highest bits.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gnomon.tools.errors import InputError
from gnomon.tools.reading.file_bytes import shown_name

if TYPE_CHECKING:
    from pathlib import Path

_NEEDED = ("NBITS", "NCHAN", "NPOL", "NSBLK", "TBIN")


@dataclass(frozen=True)
class PsrfitsFile:
    """A PSRFITS file in search mode whose headers have been read and found good.

    Parameters
    ----------
    path : pathlib.Path
        Where it is.
    channels, polarisations, bits : int
        Of a sample.
    block, rows : int
        Time samples in a row of the table, and number of rows.
    time_step_s : float
        Time between samples [s].
    frequency_mhz : numpy.ndarray of float, shape (channels,)
        Centres of the channels in the order of the file [MHz].
    zero : float
        Value of a sample that stands for none.
    signed : bool
        Whether samples of a byte have a sign.
    powers : int
        How many of the polarisations add up to total power.
    start_mjd : float or None
        Time of the first sample (UTC).
    source, telescope : str or None
        As the header names them.
    warnings : tuple of str
        What a reader should know of it.
    """

    path: Path
    channels: int
    polarisations: int
    bits: int
    block: int
    rows: int
    time_step_s: float
    frequency_mhz: Any
    zero: float
    signed: bool
    powers: int
    start_mjd: float | None
    source: str | None
    telescope: str | None
    warnings: tuple[str, ...] = field(default=())

    @property
    def times(self) -> int:
        """Number of time samples."""
        return self.block * self.rows

    def samples(self, start: int, count: int) -> Any:
        """Read a stretch of time.

        Parameters
        ----------
        start, count : int
            First time sample, and how many; fewer are given at the end of the file.

        Returns
        -------
        numpy.ndarray of float32, shape (polarisations, channels, times)
            Scaled, channels in order of increasing frequency; NaN where the weight of a channel is zero.

        Raises
        ------
        InputError
            Where the file cannot be read.
        """
        import numpy as np
        from astropy.io import fits

        count = max(min(count, self.times - start), 0)
        ascending = np.argsort(self.frequency_mhz, kind="stable")
        taken = np.empty((self.polarisations, self.channels, count), dtype=np.float32)
        done = 0
        try:
            with fits.open(self.path, memmap=True) as hdus:
                table = hdus["SUBINT"].data
                while done < count:
                    row, inside = divmod(start + done, self.block)
                    part = min(self.block - inside, count - done)
                    values = self._row(table, row)[inside : inside + part]
                    taken[:, :, done : done + part] = values[:, :, ascending].transpose(1, 2, 0)
                    done += part
        except (OSError, ValueError, KeyError, IndexError) as error:
            raise InputError(
                f"{shown_name(self.path)} cannot be read: {error}.", remedy="Fetch the file again."
            ) from error
        return taken

    def _row(self, table: Any, row: int) -> Any:
        """One block of samples, scaled; shape (times, polarisations, channels)."""
        import numpy as np

        raw = np.ascontiguousarray(table["DATA"][row])
        if self.bits < 8:
            octets = raw.view(np.uint8).ravel()
            shifts = np.arange(8 - self.bits, -1, -self.bits, dtype=np.uint8)
            raw = (octets[:, None] >> shifts[None, :]) & np.uint8((1 << self.bits) - 1)
        elif self.bits == 8:
            raw = raw.view(np.int8 if self.signed else np.uint8)
        values = raw.reshape(self.block, self.polarisations, self.channels).astype(np.float32) - np.float32(self.zero)
        names = table.columns.names
        for name, apply in (("DAT_SCL", np.multiply), ("DAT_OFFS", np.add)):
            if name in names:
                each = np.asarray(table[name][row], dtype=np.float32).reshape(self.polarisations, self.channels)
                values = apply(values, each[None])
        if "DAT_WTS" in names:
            values[:, :, np.asarray(table["DAT_WTS"][row]).ravel() == 0] = np.nan
        return values


def is_psrfits_search(path: Path) -> bool:
    """Whether a file is PSRFITS in search mode.

    Parameters
    ----------
    path : pathlib.Path

    Returns
    -------
    bool
    """
    try:
        with path.open("rb") as stream:
            first = stream.read(2880 * 8)
    except OSError:
        return False
    cards = {first[i : i + 8].strip(): first[i + 9 : i + 80] for i in range(0, len(first) - 79, 80)}
    return (
        first[:6] == b"SIMPLE"
        and b"PSRFITS" in cards.get(b"FITSTYPE", b"")
        and b"SEARCH" in cards.get(b"OBS_MODE", b"")
    )


def open_psrfits(path: Path) -> PsrfitsFile:
    """Read the headers of a PSRFITS file in search mode and check them.

    Parameters
    ----------
    path : pathlib.Path

    Returns
    -------
    PsrfitsFile

    Raises
    ------
    InputError
        Where it is no such file, is cut, or its headers make no sense.
    """
    import warnings

    import numpy as np
    from astropy.io import fits

    name = shown_name(path)
    try:
        with warnings.catch_warnings(), fits.open(path, memmap=True) as hdus:
            warnings.simplefilter("ignore")  # of files cut short, which is checked below
            if "SUBINT" not in hdus:
                raise InputError(
                    f"{name} has no table SUBINT, so it is no PSRFITS data.", remedy="Attach a PSRFITS file."
                )
            main, header = hdus[0].header, hdus["SUBINT"].header
            missing = [key for key in _NEEDED if not isinstance(header.get(key), int | float)]
            if missing:
                raise InputError(
                    f"The table SUBINT of {name} does not give {', '.join(missing)}.", remedy="Correct its header."
                )
            told = hdus["SUBINT"].fileinfo()
            if told["datLoc"] + header["NAXIS1"] * header["NAXIS2"] > path.stat().st_size:
                raise InputError(f"{name} is shorter than its headers say.", remedy="Fetch the file again.")
            if not header["NAXIS2"]:
                raise InputError(f"{name} holds no samples.", remedy="Attach a file with data.")
            frequency = np.asarray(hdus["SUBINT"].data["DAT_FREQ"][0], dtype=np.float64).ravel()
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"{name} cannot be read as PSRFITS: {error}.", remedy="Fetch the file again.") from error
    bits, step = int(header["NBITS"]), float(header["TBIN"])
    if bits not in (1, 2, 4, 8):
        raise InputError(
            f"{name} has samples of {bits} bits; 1, 2, 4 and 8 are known.", remedy="Rewrite it with 8 bits."
        )
    if not (np.isfinite(step) and step > 0):
        raise InputError(f"{name} states a time of {step} s between samples.", remedy="Correct TBIN in its header.")
    if (
        len(frequency) != header["NCHAN"]
        or not np.isfinite(frequency).all()
        or frequency.min() <= 0
        or len(frequency) < 2
    ):
        raise InputError(
            f"The channels of {name} have no sensible frequencies.", remedy="Correct DAT_FREQ in the file."
        )
    days = [main.get(key) for key in ("STT_IMJD", "STT_SMJD", "STT_OFFS")]
    start = None
    if all(isinstance(d, int | float) for d in days[:2]) and days[0]:
        start = float(days[0]) + (float(days[1]) + float(days[2] or 0.0)) / 86400.0
    zero = header.get("ZERO_OFF", 0.0)
    notes = []
    dm = main.get("CHAN_DM", 0.0)
    if isinstance(dm, int | float) and dm > 0:
        notes.append(
            f"{name} says that its channels were dedispersed coherently at {dm:g} pc/cm3; delays between channels are still there."
        )
    return PsrfitsFile(
        path, int(header["NCHAN"]), int(header["NPOL"]), bits, int(header["NSBLK"]), int(header["NAXIS2"]), step, frequency,
        float(zero) if isinstance(zero, int | float) else 0.0, bool(header.get("SIGNINT", 0)),
        # AABB and AABBCRCI begin with the powers of two polarisations; AA+BB, INTEN and IQUV with their sum.
        2 if str(header.get("POL_TYPE", "")).startswith("AABB") else 1, start,
        str(main.get("SRC_NAME") or "").strip() or None, str(main.get("TELESCOP") or "").strip() or None, tuple(notes),
    )  # fmt: skip
