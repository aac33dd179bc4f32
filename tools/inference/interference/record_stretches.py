"""Records of voltage cut and averaged to what the network for sources of interference reads."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from gnomon.tools.errors import InputError
from gnomon.tools.inference.interference.simulate_sources import SAMPLES, SPAN_S, STEP_S

if TYPE_CHECKING:
    import numpy as np

    from gnomon.tools.kinds import VoltageRecords

_UNEVEN = 0.02  # of a step, that clocks of recorders and rounded times may be off


def record_stretches(records: VoltageRecords) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Stretches of 41 ms of all records, one after the other.

    Parameters
    ----------
    records : VoltageRecords
        ``record``, ``time`` [s] and ``voltage``, in order of record and time.

    Returns
    -------
    names : ndarray of str (s,)
    start : ndarray (s,)
        Of each stretch, from the first sample of its record [s].
    stretches : ndarray of float32 (s, 8192)

    Raises
    ------
    InputError
        Where samples are uneven or further apart than 5 microseconds, or no record is long enough.
    """
    import numpy as np

    whose = np.asarray(records["record"]).astype(str)
    time = np.asarray(
        records["time"].to_value("s") if hasattr(records["time"], "to_value") else records["time"], dtype=float
    )
    voltage = np.asarray(getattr(records["voltage"], "value", records["voltage"]), dtype=float)
    names: list[str] = []
    starts: list[float] = []
    cut: list[np.ndarray] = []
    longest = 0.0
    edges = [0, *(np.flatnonzero(whose[1:] != whose[:-1]) + 1), len(whose)]
    for first, last in pairwise(edges):
        if last - first < 2:
            continue
        wave = on_grid(time[first:last], voltage[first:last], whose[first])
        longest = max(longest, len(wave) * STEP_S)
        for number in range(len(wave) // SAMPLES):
            piece = wave[number * SAMPLES : (number + 1) * SAMPLES]
            names.append(f"{whose[first]} from {1e3 * number * SPAN_S:.0f} ms")
            starts.append(number * SPAN_S)
            cut.append(piece)
    if not cut:
        raise InputError(
            f"No record is as long as {1e3 * SPAN_S:.0f} ms, two cycles of the mains, by which sources are told apart; the longest has {1e3 * longest:.3g} ms.",
            remedy="Record for 41 ms or longer, with a sample every 5 microseconds or more often.",
        )
    return np.array(names), np.array(starts), np.array(cut, dtype=np.float32)


def on_grid(time: np.ndarray, voltage: np.ndarray, name: str) -> np.ndarray:
    """A record averaged to steps of 5 microseconds, without its mean.

    Parameters
    ----------
    time, voltage : ndarray (m,)
        Times in order [s] and voltages; what is not finite, in at most one sample of a hundred, is bridged.
    name : str
        Of the record, for errors.

    Raises
    ------
    InputError
        Where samples are uneven, missing, or further apart than the grid.
    """
    import numpy as np
    from scipy.signal import resample_poly

    step = float(time[-1] - time[0]) / (len(time) - 1)
    even = time[0] + step * np.arange(len(time))
    if not step > 0 or np.abs(time - even).max() > max(_UNEVEN, 1e-9 * len(time)) * step + 1e-12:
        raise InputError(
            f"The samples of {name} are not evenly spaced in time.",
            remedy="Give records as they came from the digitiser, without gaps.",
        )
    if step > STEP_S * 1.001:
        raise InputError(
            f"The samples of {name} are {1e6 * step:.3g} microseconds apart, and sources are told apart by what happens in {1e6 * STEP_S:.0f}.",
            remedy="Record with 200 000 samples a second or more.",
        )
    known = np.isfinite(voltage)
    if known.mean() < 0.99:
        raise InputError(
            f"{int((~known).sum())} of {len(known)} voltages of {name} are missing.",
            remedy="Give records without gaps.",
        )
    whole = np.interp(time, time[known], voltage[known])
    whole = whole - whole.mean()
    if not whole.any():
        raise InputError(f"All voltages of {name} are the same.", remedy="Give a record with something in it.")
    if abs(step / STEP_S - 1.0) < 1e-3:
        return np.asarray(whole)
    ratio = step / STEP_S
    # A ratio of small whole numbers near enough: over 41 ms it is off by less than a sample in ten thousand.
    from fractions import Fraction

    near = Fraction(ratio).limit_denominator(2000)
    if near.numerator == 0:
        raise InputError(
            f"The samples of {name} are {1e9 * step:.3g} ns apart, 2000 times as dense as sources are told apart by.",
            remedy="Average the record to 5 microseconds or some fraction of it first.",
        )
    return np.asarray(resample_poly(whole, near.numerator, near.denominator))
