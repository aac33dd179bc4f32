"""What a scheduler asks of the sky: when a visit may lie on a telescope, and where a target is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from gnomon.tools.errors import InputError, UsageError
from gnomon.tools.observing.documents.durations import duration_of
from gnomon.tools.observing.documents.requests import Requests, Target, Visit
from gnomon.tools.observing.documents.telescopes import Instrument, Mode, Telescope, Telescopes
from gnomon.tools.observing.visibility.earth import DAY
from gnomon.tools.observing.visibility.intervals import common, gaps, longest, none, where_positive
from gnomon.tools.observing.visibility.limits import Mount, SkyLimits, limits_of
from gnomon.tools.observing.visibility.paths import place_of
from gnomon.tools.observing.visibility.phases import phase_windows
from gnomon.tools.observing.visibility.reasons import WhyNot, reason, why_not
from gnomon.tools.observing.visibility.search import Rows, clear_times
from gnomon.tools.observing.visibility.sky import (
    Sky,
    altitude_azimuth,
    hour_angle_declination,
    parallactic_angle,
    separation,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.intp]

# Target, site, mount, lowest altitude, least distance of the Moon, highest Sun: what decides when a target is clear at night.
_Row = tuple[int, str, Mount, float, float | None, float]


class SkyTracks:
    """Windows and directions for all visits of some requests on some telescopes.

    Parameters
    ----------
    telescopes : Telescopes
    requests : Requests
        Their span is the one that is looked at; every time is in seconds since its start.
    step : float
        Of the grid on which windows are looked for [s].  Their edges are refined to a tenth of a second, whatever the grid; a window shorter than the step
        may be missed, nothing that is not a window is given.

    Notes
    -----
    Equal targets (same place and motion) are computed once, and so are visits with the same limits.  Directions, Sun and Moon are apparent and
    topocentric, without refraction.
    """

    def __init__(self, telescopes: Telescopes, requests: Requests, step: float = 60.0) -> None:
        if not 1.0 <= step <= 3600.0:
            raise UsageError(f"A grid of {step:g} s makes no sense.", remedy="Give a step from 1 to 3600 s.")
        self.telescopes, self.requests, self.step = telescopes, requests, step
        self.start, end = requests.span
        self.seconds = (end - self.start) * DAY
        self._index: dict[str, int] = {}
        self.targets = self._unique_targets()
        self.sky = Sky(self.start, self.seconds, telescopes.sites, self.targets)
        self._nights: dict[tuple[str, float], Floats] = {}
        self._moonless: dict[tuple[str, float], Floats] = {}
        self._wished: dict[tuple[str, str], Floats | None] = {}
        self._windows: dict[tuple[str, str, str, str], Floats] = {}
        self._open = {t.key: self._open_times(t) for t in telescopes.telescopes.values()}
        self._clear: dict[_Row, Floats] = {}
        self._search(
            self._row(request.key, telescope, limits_of(telescope, visit))
            for request in requests.requests.values()
            for visit in request.visits
            for telescope in self.telescopes_for(visit)
        )

    def _unique_targets(self) -> tuple[Target, ...]:
        known: dict[object, int] = {}
        targets: list[Target] = []
        for request in self.requests.requests.values():
            place = place_of(request.target)
            if place not in known:
                known[place] = len(targets)
                targets.append(request.target)
            self._index[request.key] = known[place]
        return tuple(targets)

    def _open_times(self, telescope: Telescope) -> Floats:
        import numpy as np

        closed = (np.array([(c.start, c.end) for c in telescope.closures]).reshape(-1, 2) - self.start) * DAY
        return gaps(closed, 0.0, self.seconds)

    def open_times(self, telescope_key: str) -> Floats:
        """When a telescope is not closed, intervals (n, 2) [s] within the span."""
        return self._open[telescope_key]

    def _search(self, wanted: Iterable[_Row]) -> None:
        """Find when each different combination of target and limits is clear at night."""
        import numpy as np

        groups: dict[tuple[str, Mount], dict[_Row, None]] = {}
        for row in wanted:
            if row not in self._clear:
                groups.setdefault((row[1], row[2]), {})[row] = None
        for (site, mount), keys in groups.items():
            rows = list(keys)
            brightest = max(r[5] for r in rows)
            found = clear_times(
                self.sky,
                site,
                mount,
                Rows(
                    np.array([r[0] for r in rows], np.intp),
                    np.sin(np.radians([r[3] for r in rows])),
                    np.array([2.0 if r[4] is None else np.cos(np.radians(r[4])) for r in rows]),
                ),
                self.night(site, brightest),
                self.step,
            )
            for row, times in zip(rows, found, strict=True):
                self._clear[row] = times if row[5] == brightest else common(times, self.night(site, row[5]))

    def _row(self, request: str, telescope: Telescope, limits: SkyLimits) -> _Row:
        return (
            self._index[request],
            telescope.site,
            limits.mount,
            limits.altitude_min,
            limits.moon_separation_min,
            limits.sun_altitude_max,
        )

    def telescopes_for(self, visit: Visit) -> list[Telescope]:
        """The telescopes on which a visit is allowed and that have an instrument for it."""
        return [t for t in self.telescopes.telescopes.values() if self.instruments_for(visit, t)]

    def instruments_for(self, visit: Visit, telescope: Telescope) -> list[tuple[Instrument, Mode]]:
        """The instruments of a telescope on which a visit is allowed, with the mode that it needs; empty where there is none."""
        if visit.telescopes is not None and telescope.key not in visit.telescopes:
            return []
        if visit.sites is not None and telescope.site not in visit.sites:
            return []
        out = []
        for instrument in telescope.instruments.values():
            mode = instrument.mode(visit.mode)
            allowed = visit.instruments is None or instrument.key in visit.instruments
            if allowed and mode is not None and set(visit.bands) <= set(mode.bands):
                out.append((instrument, mode))
        return out

    def night(self, site: str, sun_altitude_max: float) -> Floats:
        """When the Sun's centre is not above an altitude [deg] at a site, intervals (n, 2) [s] within the span."""
        import numpy as np

        key = (site, sun_altitude_max)
        if key not in self._nights:
            limit = np.sin(np.radians(sun_altitude_max))
            observer = self.sky.observers[site]

            def margin(at: Floats) -> Floats:
                return np.asarray(limit - self.sky.bodies.local("sun", observer, at)[:, 2])

            self._nights[key] = where_positive(margin, 0.0, self.seconds, self.step)
        return self._nights[key]

    def moonless(self, site: str, illumination_max: float) -> Floats:
        """When the Moon is either not up (its centre not above 0°) or lit at most so far, intervals (n, 2) [s] within the span."""
        import numpy as np

        key = (site, illumination_max)
        if key not in self._moonless:
            observer, bodies = self.sky.observers[site], self.sky.bodies

            def margin(at: Floats) -> Floats:
                return np.maximum(illumination_max - bodies.illumination(at), -bodies.local("moon", observer, at)[:, 2])

            self._moonless[key] = where_positive(margin, 0.0, self.seconds, self.step)
        return self._moonless[key]

    def wished(self, request_key: str, visit_key: str) -> Floats | None:
        """The windows and phases that a visit asks for, (n, 2) [s], also where they reach beyond the span; None where it asks for none.

        Windows that overlap stand each for itself, since a visit lies within one of them.  Of a visit that covers a phase these are the phases; its acquisition
        comes before them.
        """

        key = (request_key, visit_key)
        if key not in self._wished:
            request = self.requests.requests[request_key]
            visit = request.visit(visit_key)
            out: Floats | None = None
            if visit.windows:
                out = self.asked_windows(visit)
            if visit.phases is not None:
                phases = phase_windows(visit.phases, self._icrs(request.target), self.requests.span)
                out = phases if out is None or visit.cover else common(phases, out)
            self._wished[key] = out
        return self._wished[key]

    def asked_windows(self, visit: Visit) -> Floats:
        """The ``windows`` of a visit in seconds, (n, 2)."""
        import numpy as np

        return (np.array(visit.windows).reshape(-1, 2) - self.start) * DAY

    def clear_times(self, request_key: str, telescope: Telescope, visit: Visit, *, moon: bool = True) -> Floats:
        """When a target keeps the limits of altitude, mount, Sun and, with `moon`, separation, intervals (n, 2) [s]."""
        row = self._row(request_key, telescope, limits_of(telescope, visit))
        if not moon and row[4] is not None:
            row = _without_moon(row)
            if row not in self._clear:
                # Whoever asks about one visit without room will ask about the others, and together they are fast.
                self._search([*map(_without_moon, self._rows_without_room()), row])
        return self._clear[row]

    def _rows_without_room(self) -> Iterable[_Row]:
        for request in self.requests.requests.values():
            for visit in request.visits:
                for telescope in self.telescopes_for(visit):
                    if all(
                        longest(self.windows(request.key, visit.key, telescope.key, instrument.key))
                        < (1e-3 if visit.cover else duration_of(visit, instrument, mode))
                        for instrument, mode in self.instruments_for(visit, telescope)
                    ):
                        yield self._row(request.key, telescope, limits_of(telescope, visit))

    def why_not(self, request_key: str, visit_key: str, most: int | None = None) -> list[WhyNot]:
        """How far a visit comes on each telescope that it allows: the first stage without room, and of `most` telescopes its limit and the best reached."""
        return why_not(self, request_key, visit_key, most)

    def reason(self, request_key: str, visit_key: str) -> str:
        """Why no telescope has room for a visit, one of `STAGES`; empty where one has."""
        return reason(self, request_key, visit_key)

    def _icrs(self, target: Target) -> Floats:
        import erfa
        import numpy as np

        if target.ra is None or target.dec is None:
            raise InputError(
                f"{target.name} moves, and phases are of a fixed target.", remedy="Give windows in place of phases."
            )
        return np.asarray(erfa.s2c(np.radians(target.ra), np.radians(target.dec)))

    def windows(self, request_key: str, visit_key: str, telescope_key: str, instrument_key: str) -> Floats:
        """When a visit may lie on an instrument: its start and its end must both be in one of the intervals.

        Parameters
        ----------
        request_key, visit_key, telescope_key, instrument_key : str

        Returns
        -------
        ndarray (n, 2)
            Seconds since the start of the span; every limit of altitude, airmass, horizon, hour angle, declination, Sun, Moon, illumination, windows, phases,
            closures and span holds throughout each.  They may overlap where the visit's own windows do.  A visit that covers a phase fills one of the
            intervals exactly.  Empty where the telescope or the instrument is not allowed or has not the mode and bands.
        """
        key = (request_key, visit_key, telescope_key, instrument_key)
        if key not in self._windows:
            self._windows[key] = self._window(*key)
        return self._windows[key]

    def _window(self, request_key: str, visit_key: str, telescope_key: str, instrument_key: str) -> Floats:
        import numpy as np

        visit = self.requests.requests[request_key].visit(visit_key)
        telescope = self.telescopes.telescopes[telescope_key]
        mode = next((m for i, m in self.instruments_for(visit, telescope) if i.key == instrument_key), None)
        if mode is None:
            return none()
        limits = limits_of(telescope, visit)
        times = common(self.clear_times(request_key, telescope, visit), self._open[telescope_key])
        if limits.moon_illumination_max is not None and limits.moon_illumination_max < 1.0:
            times = common(times, self.moonless(telescope.site, limits.moon_illumination_max))
        wished = self.wished(request_key, visit_key)
        if wished is None:
            return times
        if not visit.cover:
            return common(times, wished)
        filled = wished - np.array([mode.acquisition, 0.0])
        within = [times]
        if visit.windows:
            within.append(self.asked_windows(visit))
        return np.array([f for f in filled if all(_holds_whole(w, f) for w in within)]).reshape(-1, 2)

    def target_index(self, request_key: str) -> int:
        """The number of a request's target; requests of the same place share it."""
        return self._index[request_key]

    def direction(self, target_index: int | Integers, site_key: str, seconds: Floats) -> Floats:
        """Apparent topocentric directions of targets.

        Parameters
        ----------
        target_index : int or ndarray of int (n,)
            One for all times, or one for each.
        site_key : str
        seconds : ndarray (n,)

        Returns
        -------
        ndarray (n, 3)
            Unit vectors, x north, y east, z up; NaN where a body's ephemeris does not reach.
        """
        return self.sky.local(target_index, site_key, seconds)

    def pointing(self, target_index: int, site_key: str, second: float) -> tuple[float, float, float]:
        """`direction` at one time in plain numbers, ten times as fast as an array of one; within 0.005 arcsec of it."""
        return self.sky.point(target_index, site_key, second)

    def hour_angle_declination(
        self, target_index: int | Integers, site_key: str, seconds: Floats
    ) -> tuple[Floats, Floats]:
        """Apparent hour angle (-180 to 180, positive in the west) and declination [deg], as `direction`."""
        local = self.direction(target_index, site_key, seconds)
        return hour_angle_declination(local, self.sky.observers[site_key].latitude)

    def altitude_azimuth(self, target_index: int | Integers, site_key: str, seconds: Floats) -> tuple[Floats, Floats]:
        """Altitude and azimuth (north through east, 0 to 360) [deg], as `direction`."""
        return altitude_azimuth(self.direction(target_index, site_key, seconds))

    def parallactic_angle(self, target_index: int | Integers, site_key: str, seconds: Floats) -> Floats:
        """The angle from the pole to the zenith at a target [deg], positive in the west."""
        local = self.direction(target_index, site_key, seconds)
        return parallactic_angle(local, self.sky.observers[site_key].latitude)

    def airmass(self, target_index: int | Integers, site_key: str, seconds: Floats) -> Floats:
        """1/sin(altitude); inf where a target is not up."""
        import numpy as np

        sine = self.direction(target_index, site_key, seconds)[:, 2]
        return np.divide(1.0, sine, out=np.full_like(sine, np.inf), where=~(sine <= 0.0))

    def sun_altitude(self, site_key: str, seconds: Floats) -> Floats:
        """The altitude of the Sun's centre [deg]."""
        return altitude_azimuth(self.sky.bodies.local("sun", self.sky.observers[site_key], seconds))[0]

    def moon(self, site_key: str, seconds: Floats) -> tuple[Floats, Floats]:
        """Where the Moon is, unit vectors (n, 3) north, east, up, and the part of it that is lit (n,)."""
        bodies = self.sky.bodies
        return bodies.local("moon", self.sky.observers[site_key], seconds), bodies.illumination(seconds)

    def moon_separation(self, target_index: int | Integers, site_key: str, seconds: Floats) -> Floats:
        """The apparent angle between a target and the Moon's centre [deg]."""
        return separation(self.direction(target_index, site_key, seconds), self.moon(site_key, seconds)[0])


def _without_moon(row: _Row) -> _Row:
    return (*row[:4], None, row[5])


def _holds_whole(intervals: Floats, inner: Floats) -> bool:
    return bool(((intervals[:, 0] <= inner[0]) & (intervals[:, 1] >= inner[1])).any())
