"""How long a visit takes on an instrument, and what must happen between two visits besides turning the telescope."""

from __future__ import annotations

from gnomon.tools.observing.documents.requests import Visit
from gnomon.tools.observing.documents.telescopes import Instrument, Mode


def duration_of(visit: Visit, instrument: Instrument, mode: Mode) -> float:
    """Seconds from the start of a visit to its end: acquisition, exposures with their read-outs, changes of band; of what is taken at once the longest.

    Parameters
    ----------
    visit : Visit
        Not one that covers a phase; that one's length is the window's.
    instrument : Instrument
    mode : Mode
        The one of the instrument that the visit needs.

    Returns
    -------
    float
        [s]
    """
    exposed = [count * (seconds + instrument.readout) for count, seconds in visit.exposures_by_band]
    if mode.groups and visit.bands:
        inside = [[s for b, s in zip(visit.bands, exposed, strict=True) if b in group] for group in mode.groups]
        return mode.acquisition + max(sum(s) + instrument.band_change * (len(s) - 1) for s in inside if s)
    if mode.simultaneous_bands:
        return mode.acquisition + max(exposed)
    return mode.acquisition + sum(exposed) + instrument.band_change * (max(len(visit.bands), 1) - 1)


def change_between(instrument: str, band: str, following: Instrument, following_band: str) -> float:
    """Seconds that a telescope needs between two visits for changing instrument or band.

    Parameters
    ----------
    instrument, band : str
        Instrument and last band of the visit before (`Instrument.last_setting`, where bands are in groups).
    following : Instrument
        The instrument of the visit after.
    following_band : str
        Its first band (`Instrument.first_setting`).

    Returns
    -------
    float
        [s]; it passes while the telescope turns.
    """
    if instrument != following.key:
        return following.change
    return following.band_change if band != following_band else 0.0
