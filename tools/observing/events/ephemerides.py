"""A periodic event: period and epoch with their errors, perhaps a period that changes, and how long the event lasts."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gnomon.tools.errors import InputError
from gnomon.tools.observing.documents.requests import Phases
from gnomon.tools.observing.visibility.phases import barycentric_days, phase_windows

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_DAY = 86400.0  # s
# Full Julian dates of the years 1858 to 2132: other numbers are dates from which something was taken off.
_DATES = (2400000.0, 2500000.0)
# Days in a day of one millisecond a Julian year.
_MS_PER_YEAR = 1e-3 / (365.25 * _DAY)


@dataclass(frozen=True)
class RecurringEvent:
    """An event of an orbit, a rotation or a pulsation that comes once a period.

    Parameters
    ----------
    period : float
        [d], at the epoch.
    epoch : float
        BJD (TDB), where the phase is 0.
    duration : float
        From the beginning of the event to its end [d].
    phase : float
        Of the event's middle, in cycles.
    period_error, epoch_error : float or None
        One standard deviation [d]; None where nobody says.
    period_change : float
        By how much the period grows in a year [ms/yr].

    Raises
    ------
    InputError
        Where the epoch is no full Julian date, or the event lasts a period or longer.
    """

    period: float
    epoch: float
    duration: float
    phase: float = 0.0
    period_error: float | None = None
    epoch_error: float | None = None
    period_change: float = 0.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.period) and self.period > 0):
            raise InputError(f"A period of {self.period:g} d makes no sense.", remedy="Give the period in days.")
        if not _DATES[0] <= self.epoch <= _DATES[1]:
            raise InputError(
                f"An epoch of {self.epoch:.10g} is no full Julian date.",
                remedy="Add what was taken off, as 2450000, or 2457000 for times of TESS, and give BJD (TDB).",
                zh=f"历元 {self.epoch:.10g} 不是完整的儒略日。",
            )
        if not 0 < self.duration < self.period:
            raise InputError(
                f"An event of {self.duration * 24:g} h does not fit in a period of {self.period:g} d.",
                remedy="Give the duration in hours and the period in days.",
                zh=f"{self.duration * 24:g} 小时的事件放不进 {self.period:g} 天的周期。",
            )

    @property
    def change_per_cycle(self) -> float:
        """By how much each period is longer than the one before [d]."""
        return self.period_change * _MS_PER_YEAR * self.period

    def middles(self, cycles: Floats) -> Floats:
        """Middles of the events of some cycles.

        Parameters
        ----------
        cycles : ndarray (n,)
            Whole numbers since the epoch.

        Returns
        -------
        ndarray (n,)
            BJD (TDB).

        References
        ----------
        With a period that changes: Patra et al. 2017, AJ, 154, 4, doi:10.3847/1538-3881/aa6d75
        """
        turns = cycles + self.phase
        return self.epoch + self.period * turns + 0.5 * self.change_per_cycle * turns**2

    def errors(self, cycles: Floats) -> Floats:
        """Standard deviations of middles, those of period and epoch taken as independent.

        Parameters
        ----------
        cycles : ndarray (n,)

        Returns
        -------
        ndarray (n,)
            [d]; NaN unless both errors are known.
        """
        import numpy as np

        if self.period_error is None or self.epoch_error is None:
            return np.full(len(cycles), np.nan)
        return np.hypot(self.epoch_error, (cycles + self.phase) * self.period_error)

    def near(self, bjd: float) -> RecurringEvent:
        """The same with a steady period, the one that it has at a time, and an epoch near it; itself where the period does not change.

        Parameters
        ----------
        bjd : float
            BJD (TDB).

        Returns
        -------
        RecurringEvent
            Its errors are None: they do not grow from the new epoch.
        """
        import numpy as np

        if not self.period_change:
            return self
        turns = (bjd - self.epoch) / self.period
        for _ in range(3):  # the change is a part in a million at most, so that each round is nearly exact
            turns = (bjd - self.epoch - 0.5 * self.change_per_cycle * turns**2) / self.period
        cycle = float(round(turns))
        epoch = float(replace(self, phase=0.0).middles(np.array([cycle]))[0])
        period = self.period + self.change_per_cycle * cycle
        return RecurringEvent(period, epoch, self.duration, self.phase)

    def phases(self, margin: float = 0.0) -> Phases:
        """The event as the phases of a visit, `margin` seconds wider at both ends; of a period that changes see `near`."""
        half = 0.5 * self.duration / self.period
        start, end = self.phase - half, self.phase + half
        # Documents have phases from -1 to 1, and a whole cycle more or less is the same.
        turns = math.ceil(end - 1.0) if end > 1.0 else 0
        return Phases(self.epoch, self.period, start - turns, end - turns, margin)


@dataclass(frozen=True)
class Occurrences:
    """Events that touch a span, in order.

    Parameters
    ----------
    cycles : ndarray (n,)
        Whole numbers since the epoch.
    middles : ndarray (n,)
        BJD (TDB).
    errors : ndarray (n,)
        Of middles [d]; NaN where not known.
    windows : ndarray (n, 2)
        Beginning and end [s since the start of the span].
    """

    cycles: Floats
    middles: Floats
    errors: Floats
    windows: Floats


def occurrences(event: RecurringEvent, direction: Floats, span: tuple[float, float]) -> Occurrences:
    """When an event happens, as it is seen from the Earth's centre.

    Parameters
    ----------
    event : RecurringEvent
    direction : ndarray (3,)
        Unit vector toward the target, ICRS.
    span : (float, float)
        MJD (UTC).

    Returns
    -------
    Occurrences
        The events that touch the span, whole; on the ground each is seen within 21 ms of then.

    References
    ----------
    Eastman, Siverd & Gaudi 2010, PASP, 122, 935, doi:10.1086/655938
    """
    import numpy as np

    middle = 2400000.5 + float(barycentric_days(direction, np.array([0.5 * (span[0] + span[1])]))[0])
    steady = event.near(middle)
    windows = phase_windows(steady.phases(), direction, span)
    mjd = span[0] + windows.mean(axis=1) / _DAY
    seen = 2400000.5 + barycentric_days(direction, mjd)
    # Counted from the epoch that was given, whatever the steady period nearby counts from.
    shift = round((steady.epoch - event.epoch) / event.period)
    cycles = np.round((seen - steady.epoch) / steady.period - steady.phase) + shift
    middles = event.middles(cycles)
    # A steady period is good near the middle of the span; what is left is moved by.
    windows = windows + ((middles - steady.middles(cycles - shift)) * _DAY)[:, None]
    return Occurrences(cycles, middles, event.errors(cycles), windows)
