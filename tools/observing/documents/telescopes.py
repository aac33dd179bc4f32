"""The telescopes document: sites, telescopes with their limits, instruments with their modes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gnomon.tools.errors import InputError
from gnomon.tools.observing.documents.fields import Fields, add_once, begin, document_digest, items, number_of

FORM = "gnomon telescopes"
MODES = ("imaging", "spectroscopy")
_SLEWS = {"great_circle": (), "altaz": ("azimuth", "altitude"), "equatorial": ("hour angle", "declination")}


@dataclass(frozen=True)
class Site:
    """A place on the Earth: geodetic longitude and latitude [deg, east and north positive], height [m]."""

    key: str
    name: str
    name_zh: str
    longitude: float
    latitude: float
    height: float
    zone: str
    code: str


@dataclass(frozen=True)
class Limits:
    """What a telescope can point at; angles in degrees, the hour angle in hours, None where there is no limit.

    ``horizon`` holds (azimuth, altitude) in order of azimuth, linear in between and closed round the circle.
    """

    altitude_min: float
    sun_altitude_max: float
    altitude_max: float | None = None
    hour_angle_max: float | None = None
    declination_min: float | None = None
    declination_max: float | None = None
    moon_separation_min: float | None = None
    horizon: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True)
class Slew:
    """How fast a telescope turns: ``rates`` [deg/s] are one for ``great_circle``, else of the two axes; ``settle`` [s]."""

    model: str
    rates: tuple[float, ...]
    settle: float


@dataclass(frozen=True)
class Limit:
    """How faint a mode reaches: ``magnitude`` after ``exposure`` seconds."""

    magnitude: float
    exposure: float


@dataclass(frozen=True)
class Mode:
    """What an instrument can do: ``imaging`` or ``spectroscopy`` in ``bands`` (or with grisms), after ``acquisition`` [s].

    With ``simultaneous_bands`` bands of a visit are exposed at the same time: all of them, or, where there are ``groups``, one of each group, those of one group in turn.
    """

    mode: str
    bands: tuple[str, ...]
    acquisition: float
    limits_mag: Mapping[str, Limit]
    simultaneous_bands: bool = False
    groups: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class Instrument:
    """An instrument; ``readout`` after every exposure, ``change`` to it from another one, ``band_change`` [s].

    ``field`` is (width, height) of a rectangle or (diameter,) of a circle [deg]; None where nobody says.
    """

    key: str
    name: str
    readout: float
    change: float
    band_change: float
    field: tuple[float, ...] | None
    modes: tuple[Mode, ...]

    def first_setting(self, bands: tuple[str, ...]) -> str:
        """What must be in the beam when a visit in these bands begins: the first band, or the first band of each group."""
        return self._setting(bands, 0)

    def last_setting(self, bands: tuple[str, ...]) -> str:
        """What is in the beam when such a visit ends."""
        return self._setting(bands, -1)

    def _setting(self, bands: tuple[str, ...], which: int) -> str:
        if not bands:
            return ""
        groups = next((m.groups for m in self.modes if m.groups and set(bands) <= set(m.bands)), ())
        if not groups:
            return bands[which]
        used = [[b for b in bands if b in group] for group in groups]
        return "|".join(inside[which] if inside else "" for inside in used)

    def mode(self, name: str) -> Mode | None:
        """The mode of a name; None where it has none."""
        return next((m for m in self.modes if m.mode == name), None)


@dataclass(frozen=True)
class Closure:
    """A time [MJD UTC] in which a telescope is shut."""

    start: float
    end: float
    why: str


@dataclass(frozen=True)
class Telescope:
    """A telescope with its instruments."""

    key: str
    name: str
    name_zh: str
    site: str
    aperture: float
    limits: Limits
    slew: Slew
    closures: tuple[Closure, ...]
    instruments: Mapping[str, Instrument]
    sources: Mapping[str, str]


@dataclass(frozen=True)
class Telescopes:
    """What can observe."""

    sites: Mapping[str, Site]
    telescopes: Mapping[str, Telescope]
    document: dict[str, Any] = field(repr=False)

    @property
    def digest(self) -> str:
        """SHA-256 of the document."""
        return document_digest(self.document)


def read_telescopes_document(document: dict[str, Any], name: str = "The telescopes document") -> Telescopes:
    """Check a telescopes document and give it typed.

    Parameters
    ----------
    document : dict
        Plain JSON (`read_document`).
    name : str
        What errors call it.

    Returns
    -------
    Telescopes

    Raises
    ------
    InputError
        Naming the place, for a key that nobody knows, a value out of range, a key given twice or a site that is not there.
    """
    fields = begin(document, FORM, name)
    sites: dict[str, Site] = {}
    for row in items(fields.list("sites", required=True), f"{name}: site"):
        add_once(sites, _site(row), row.where)
    telescopes: dict[str, Telescope] = {}
    for row in items(fields.list("telescopes", required=True), f"{name}: telescope"):
        telescope = _telescope(row)
        if telescope.site not in sites:
            raise InputError(
                f"{row.where} stands at site {telescope.site!r}, which is not among the sites.",
                remedy=f"Add that site, or name one of {', '.join(sites) or 'them'}.",
            )
        add_once(telescopes, telescope, row.where)
    fields.end()
    if not telescopes:
        raise InputError(f"{name} has no telescope.", remedy="Give at least one.")
    return Telescopes(sites, telescopes, document)


def _site(row: Fields) -> Site:
    site = Site(
        key=row.text("key", required=True),
        name=row.text("name", required=True),
        name_zh=row.text("name_zh"),
        longitude=row.required_number("longitude", -180, 360),
        latitude=row.required_number("latitude", -90, 90),
        height=row.required_number("height", -500, 9000),
        zone=row.text("zone", "UTC"),
        code=row.text("code"),
    )
    row.end()
    return site


def _telescope(row: Fields) -> Telescope:
    key = row.text("key", required=True)
    limits, slew = row.inside("limits", required=True), row.inside("slew", required=True)
    assert limits is not None and slew is not None
    instruments: dict[str, Instrument] = {}
    for inner in items(row.list("instruments", required=True), f"{row.where}: instrument"):
        add_once(instruments, _instrument(inner), inner.where)
    if not instruments:
        raise InputError(f"{row.where} has no instrument.", remedy="Give at least one.")
    sources = row.take("sources") or {}
    if not isinstance(sources, dict) or not all(isinstance(s, str) for s in sources.values()):
        raise InputError(f"{row.where}: sources must map places to texts.", remedy='Write `sources: {aperture: "…"}`.')
    telescope = Telescope(
        key=key,
        name=row.text("name", required=True),
        name_zh=row.text("name_zh"),
        site=row.text("site", required=True),
        aperture=row.required_number("aperture", 0, 1000, above=True),
        limits=_limits(limits),
        slew=_slew(slew),
        closures=tuple(_closure(c) for c in items(row.list("closures"), f"{row.where}: closure")),
        instruments=instruments,
        sources=sources,
    )
    row.end()
    return telescope


def _limits(row: Fields) -> Limits:
    horizon = []
    for point in row.list("horizon"):
        if not isinstance(point, list) or len(point) != 2:
            raise InputError(
                f"{row.where}: horizon must be pairs of azimuth and altitude.", remedy="Write [[0, 20], [90, 35]]."
            )
        azimuth, altitude = (number_of(v, f"{row.where}: horizon", -90, 360) for v in point)
        horizon.append((azimuth % 360.0, altitude))
    horizon.sort()
    if len({a for a, _ in horizon}) < len(horizon):
        raise InputError(
            f"{row.where}: horizon has an azimuth twice.", remedy="Give each azimuth once, from 0 to below 360."
        )
    limits = Limits(
        altitude_min=row.required_number("altitude_min", -5, 90),
        sun_altitude_max=row.required_number("sun_altitude_max", -90, 90),
        altitude_max=row.number("altitude_max", 0, 90),
        hour_angle_max=row.number("hour_angle_max", 0, 12),
        declination_min=row.number("declination_min", -90, 90),
        declination_max=row.number("declination_max", -90, 90),
        moon_separation_min=row.number("moon_separation_min", 0, 180),
        horizon=tuple(horizon),
    )
    row.end()
    if limits.altitude_max is not None and limits.altitude_max <= limits.altitude_min:
        raise InputError(f"{row.where}: altitude_max is not above altitude_min.", remedy="Exchange them.")
    return limits


def _slew(row: Fields) -> Slew:
    model = row.choice("model", tuple(_SLEWS), "great_circle")
    if model == "great_circle":
        rates: tuple[float, ...] = (row.required_number("rate", 0, above=True),)
    else:
        told = row.list("rates", required=True)
        if len(told) != 2:
            raise InputError(
                f"{row.where}: rates must be two, of {' and '.join(_SLEWS[model])}.",
                remedy="Write [2.0, 1.5], in deg/s.",
            )
        rates = tuple(number_of(r, f"{row.where}: rates", 0, above=True) for r in told)
    slew = Slew(model, rates, row.number("settle", 0) or 0.0)
    row.end()
    return slew


def _closure(row: Fields) -> Closure:
    start, end = row.time("start", required=True), row.time("end", required=True)
    assert start is not None and end is not None
    closure = Closure(start, end, row.text("why"))
    row.end()
    if end <= start:
        raise InputError(f"{row.where} ends before it begins.", remedy="Exchange start and end.")
    return closure


def _instrument(row: Fields) -> Instrument:
    field = row.inside("field")
    size: tuple[float, ...] | None = None
    if field is not None:
        if field.choice("shape", ("rectangle", "circle")) == "circle":
            size = (field.required_number("diameter", 0, 180, above=True),)
        else:
            size = tuple(field.required_number(side, 0, 180, above=True) for side in ("width", "height"))
        field.end()
    modes = tuple(_mode(m) for m in items(row.list("modes", required=True), f"{row.where}: mode"))
    if not modes or len({m.mode for m in modes}) < len(modes):
        raise InputError(f"{row.where} must have modes, each once.", remedy="Put all bands of a mode into one entry.")
    instrument = Instrument(
        key=row.text("key", required=True),
        name=row.text("name", required=True),
        readout=row.required_number("readout", 0),
        change=row.number("change", 0) or 0.0,
        band_change=row.number("band_change", 0) or 0.0,
        field=size,
        modes=modes,
    )
    row.end()
    return instrument


def _mode(row: Fields) -> Mode:
    mode = row.choice("mode", MODES)
    bands = row.texts("bands")
    if not bands or len(set(bands)) < len(bands):
        raise InputError(f"{row.where} must have bands, each once.", remedy="Write [g, r], or the names of grisms.")
    limits: dict[str, Limit] = {}
    faintest = row.inside("limits_mag")
    if faintest is not None:
        for band in bands:
            inner = faintest.inside(band)
            if inner is not None:
                limits[band] = Limit(
                    inner.required_number("magnitude", -30, 40), inner.required_number("exposure", 0, above=True)
                )
                inner.end()
        faintest.end()
    acquisition, listed = row.number("acquisition", 0) or 0.0, row.is_list("simultaneous_bands")
    groups = _groups(row, bands) if listed else ()
    told = Mode(mode, bands, acquisition, limits, listed or row.flag("simultaneous_bands"), groups)
    row.end()
    return told


def _groups(row: Fields, bands: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """The bands of each camera, where `simultaneous_bands` is a list."""
    groups = []
    for group in row.list("simultaneous_bands"):
        if not isinstance(group, list) or not group or not all(isinstance(b, str) for b in group):
            raise InputError(
                f"{row.where}: simultaneous_bands must be true, false or lists of bands.",
                remedy="Write [[u, v], [g, r], [i, z]], one list for each camera.",
            )
        groups.append(tuple(group))
    if sorted(b for group in groups for b in group) != sorted(bands):
        raise InputError(
            f"{row.where}: the groups of simultaneous_bands do not hold each of its bands once.",
            remedy=f"Share out {', '.join(bands)} among them.",
        )
    return tuple(groups)
