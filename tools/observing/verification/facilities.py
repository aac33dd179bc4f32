"""Telescopes as the check reads them from their document."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gnomon.tools.observing.verification.fields import (
    Broken,
    Taken,
    any_text,
    as_is,
    begin,
    listed,
    number,
    one_of,
    paired,
    text,
    told,
)
from gnomon.tools.observing.verification.findings import Ledger
from gnomon.tools.observing.verification.moments import seconds_of

MODES = ("imaging", "spectroscopy")


@dataclass(frozen=True)
class Mode:
    """Bands of a mode, seconds of acquisition, by band (magnitude, seconds) of the faintest target, and what is taken at once: one band of each of ``cameras`` (none: one band at a time).

    ``settings`` says whether the cameras are told as such, each with the bands that it changes among.
    """

    bands: tuple[str, ...]
    acquisition: float
    faintest: Mapping[str, tuple[float, float]]
    cameras: tuple[tuple[str, ...], ...]
    settings: bool


@dataclass(frozen=True)
class Instrument:
    """Overheads in seconds, and what it offers by mode."""

    key: str
    readout: float
    change: float
    band_change: float
    modes: Mapping[str, Mode]


@dataclass(frozen=True)
class Telescope:
    """A telescope with its place [deg, deg, m], limits [deg; the hour angle too], slew [deg/s, s] and closures [s since 1970]."""

    key: str
    site: str
    place: tuple[float, float, float]
    limits: Mapping[str, float]
    horizon: tuple[tuple[float, float], ...]
    model: str
    rates: tuple[float, ...]
    settle: float
    closures: tuple[tuple[float, float], ...]
    instruments: Mapping[str, Instrument]


def read_telescopes(document: Any, ledger: Ledger) -> dict[str, Telescope]:
    """All telescopes of a document.

    Parameters
    ----------
    document : object
        Plain JSON.
    ledger : Ledger
        Gets what is wrong.

    Raises
    ------
    Broken
        Where anything is wrong: a schedule cannot be checked against limits that nobody can read.
    """
    top = begin(document, "gnomon telescopes", "telescopes", ledger)
    known = len(ledger.findings)
    places: dict[str, tuple[float, float, float]] = {}
    for row in top.need("sites", listed(as_is)):
        _attempt(lambda row=row: _site(row, places, ledger))
    telescopes: dict[str, Telescope] = {}
    for row in top.need("telescopes", listed(as_is)):
        _attempt(lambda row=row: _telescope(row, places, telescopes, ledger))
    top.end()
    if len(ledger.findings) > known:
        raise Broken("telescopes")
    return telescopes


def _attempt(read: Any) -> None:
    # What is wrong with one row stands in the ledger; the others are still read, so that all is told at once.
    try:
        read()
    except Broken:
        return


def named(row: Any, what: str) -> str:
    """What to call a row of a list."""
    key = row.get("key") if isinstance(row, Mapping) else None
    return f"{what} {key}" if isinstance(key, str) else what


def _site(row: Any, places: dict[str, tuple[float, float, float]], ledger: Ledger) -> None:
    taken = Taken(row, named(row, "site"), ledger)
    key = taken.need("key", text)
    taken.need("name", text)
    place = (
        taken.need("longitude", number(-180, 360)),
        taken.need("latitude", number(-90, 90)),
        taken.need("height", number(-500, 9000)),
    )
    for name in ("name_zh", "zone", "code"):
        taken.maybe(name, any_text)
    taken.end()
    if key in places:
        taken.fail("value", "The site stands there twice.")
    places[key] = place


def _telescope(
    row: Any, places: Mapping[str, tuple[float, float, float]], known: dict[str, Telescope], ledger: Ledger
) -> None:
    where = named(row, "telescope")
    taken = Taken(row, where, ledger)
    key, site = taken.need("key", text), taken.need("site", text)
    taken.need("name", text)
    taken.need("aperture", number(0, above=True))
    taken.maybe("name_zh", any_text)
    taken.maybe("sources", lambda v: Taken(v, f"{where}: sources", ledger))
    limits, horizon = _limits(Taken(taken.need("limits", as_is), f"{where}: limits", ledger))
    model, rates, settle = _slew(Taken(taken.need("slew", as_is), f"{where}: slew", ledger))
    closures = []
    for closure in taken.get("closures", listed(as_is), ()):
        shut = Taken(closure, f"{where}: closure", ledger)
        start, end = shut.need("start", seconds_of), shut.need("end", seconds_of)
        shut.maybe("why", any_text)
        shut.end()
        if end <= start:
            shut.fail("value", "The closure ends before it begins.")
        closures.append((start, end))
    instruments: dict[str, Instrument] = {}
    for inner in taken.need("instruments", listed(as_is)):
        instrument = _instrument(inner, where, ledger)
        if instrument.key in instruments:
            taken.fail("value", f"The instrument {instrument.key} stands there twice.")
        instruments[instrument.key] = instrument
    if site not in places:
        taken.fail("value", f"The site {site!r} is not there.")
    if key in known:
        taken.fail("value", "The telescope stands there twice.")
    taken.end()
    known[key] = Telescope(key, site, places[site], limits, horizon, model, rates, settle, tuple(closures), instruments)


def _limits(taken: Taken) -> tuple[dict[str, float], tuple[tuple[float, float], ...]]:
    limits = {
        "altitude_min": taken.need("altitude_min", number(-90, 90)),
        "sun_altitude_max": taken.need("sun_altitude_max", number(-90, 90)),
    }
    for name, least, most in (
        ("altitude_max", -90, 90),
        ("hour_angle_max", 0, 12),
        ("declination_min", -90, 90),
        ("declination_max", -90, 90),
        ("moon_separation_min", 0, 180),
    ):
        value = taken.maybe(name, number(least, most))
        if value is not None:
            # The one limit in hours becomes degrees like the others.
            limits[name] = 15.0 * value if name == "hour_angle_max" else value
    points = taken.get("horizon", listed(paired(number(-360, 360), number(-90, 90))), ())
    taken.end()
    return limits, tuple(sorted((a % 360.0, h) for a, h in points))


def _slew(taken: Taken) -> tuple[str, tuple[float, ...], float]:
    model = taken.get("model", one_of("great_circle", "altaz", "equatorial"), "great_circle")
    rate = number(0, above=True)
    if model == "great_circle":
        rates: tuple[float, ...] = (taken.need("rate", rate),)
    else:
        rates = taken.need("rates", paired(rate, rate))
    settle = taken.get("settle", number(0), 0.0)
    taken.end()
    return model, rates, settle


def _instrument(row: Any, where: str, ledger: Ledger) -> Instrument:
    place = f"{where}: {named(row, 'instrument')}"
    taken = Taken(row, place, ledger)
    key = taken.need("key", text)
    taken.need("name", text)
    readout = taken.need("readout", number(0))
    change, band_change = taken.get("change", number(0), 0.0), taken.get("band_change", number(0), 0.0)
    field = taken.maybe("field", lambda v: Taken(v, f"{place}: field", ledger))
    if field is not None:
        sides = ("diameter",) if field.need("shape", one_of("rectangle", "circle")) == "circle" else ("width", "height")
        for side in sides:
            field.need(side, number(0, 360, above=True))
        field.end()
    modes: dict[str, Mode] = {}
    for inner in taken.need("modes", listed(as_is)):
        name, mode = _mode(Taken(inner, f"{place}: mode", ledger), ledger)
        if name in modes:
            taken.fail("value", f"The mode {name} stands there twice.")
        modes[name] = mode
    taken.end()
    return Instrument(key, readout, change, band_change, modes)


def _mode(taken: Taken, ledger: Ledger) -> tuple[str, Mode]:
    name = taken.need("mode", one_of(*MODES))
    bands = taken.need("bands", listed(text))
    acquisition = taken.get("acquisition", number(0), 0.0)
    faintest: dict[str, tuple[float, float]] = {}
    for band, limit in taken.get("limits_mag", _mapping, {}).items():
        inner = Taken(limit, f"{taken.place}: limits_mag in {band}", ledger)
        faintest[band] = inner.need("magnitude", number()), inner.need("exposure", number(0, above=True))
        inner.end()
        if band not in bands:
            taken.fail("value", f"limits_mag names the band {band!r}, which the mode does not have.")
    at_once = taken.get("simultaneous_bands", _cameras, False)
    taken.end()
    if isinstance(at_once, bool):
        return name, Mode(bands, acquisition, faintest, tuple((b,) for b in bands) if at_once else (), False)
    if sorted(itertools.chain.from_iterable(at_once)) != sorted(bands):
        taken.fail("value", "The groups of simultaneous_bands do not hold each of its bands once.")
    return name, Mode(bands, acquisition, faintest, at_once, True)


def _cameras(value: Any) -> bool | tuple[tuple[str, ...], ...]:
    if isinstance(value, bool):
        return value
    return tuple(tuple(group) for group in listed(listed(text))(value))


def _mapping(value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise ValueError(f"{told(value)} is no mapping")
    return dict(value)
