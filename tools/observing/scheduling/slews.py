"""The time between two visits: turning the telescope from where one target is to where the next will be, and changing instruments.

Hour angles of targets that do not move grow at the rate of the Earth's rotation (IERS Conventions 2010, TN 36, eq. 5.15; the apparent right
ascension changes by less than 0.1 arcsec in a day, which is far below a second of turning), so that a slew is a few
trigonometric functions of two times.  The rule is that of the reference page: where the one target is at its end, where the other is at its start.
"""

from __future__ import annotations

from collections.abc import Callable
from math import acos, asin, atan2, ceil, cos, degrees, pi, radians, sin, sqrt

from gnomon.tools.observing.scheduling.problem import Option

# Rotation of the Earth in radians a second of UTC.
ROTATION = 2 * pi * 1.00273781191135448 / 86400
# Points nearer than this count as the same; a little less than the rule's arcsecond, since a slew too many harms nobody.
_SAME = cos(radians(0.95 / 3600))
# Added to every slew before it is rounded up: the verifier's positions differ from these by an arcsecond.
MARGIN = 0.3


def place(option: Option, time: float) -> tuple[float, float, float]:
    """Hour angle [rad, not wrapped], sine and cosine of the declination of an option's target at a time [s]."""
    if option.track is not None:
        return option.track(time)
    return option.hour_angle + ROTATION * time, option.sine, option.cosine


def _change(a: Option, b: Option) -> float:
    if a.instrument != b.instrument:
        return b.change
    return b.band_change if a.last != b.first else 0.0


def great_circle_gap(rate: float, settle: float) -> Callable[[Option, int, Option, int], int]:
    """The gap of a telescope that turns along great circles.

    Parameters
    ----------
    rate : float
        [deg/s]
    settle : float
        [s]

    Returns
    -------
    callable
        Of an option, its end, the next option and its start; whole seconds, rounded up.
    """
    per_radian = degrees(1.0) / rate

    def gap(a: Option, end: int, b: Option, start: int) -> int:
        if a.track is None and b.track is None:
            turned = b.hour_angle - a.hour_angle
            product, sines = a.cosine * b.cosine, a.sine * b.sine
            still = sines + product * cos(turned)
            if still > _SAME:
                change = _change(a, b)
                return ceil(change + MARGIN) if change else 0
            # A telescope that follows the first target while it waits turns by the angle on the sky, one that stops by the angle above the horizon; the larger holds for both.
            nearest = min(still, sines + product * cos(turned + ROTATION * (start - end)))
        else:
            if same_point(a, end, b, start):
                change = _change(a, b)
                return ceil(change + MARGIN) if change else 0
            ha, sa, ca = place(a, end)
            hb, sb, cb = place(b, start)
            nearest = sa * sb + ca * cb * min(cos(hb - ha), cos(hb - ha - ROTATION * (start - end)))
        needed = acos(nearest if nearest > -1.0 else -1.0) * per_radian + settle if nearest < 1.0 else settle
        change = _change(a, b)
        return ceil((needed if needed > change else change) + MARGIN)

    return gap


def altaz_gap(rates: tuple[float, float], settle: float, latitude: float) -> Callable[[Option, int, Option, int], int]:
    """The gap of a telescope on an altazimuth mount, both axes turning at once.

    Parameters
    ----------
    rates : (float, float)
        Of azimuth and altitude [deg/s].
    settle : float
        [s]
    latitude : float
        [deg]

    Returns
    -------
    callable
        As of `great_circle_gap`.
    """
    sin_site, cos_site = sin(radians(latitude)), cos(radians(latitude))

    def look(h: float, s: float, c: float) -> tuple[float, float]:
        up = sin_site * s + cos_site * c * cos(h)
        east, north = -c * sin(h), cos_site * s - sin_site * c * cos(h)
        return atan2(east, north), asin(max(-1.0, min(1.0, up)))

    def gap(a: Option, end: int, b: Option, start: int) -> int:
        change = _change(a, b)
        if same_point(a, end, b, start):
            return ceil(change + MARGIN) if change else 0
        az_a, alt_a = look(*place(a, end))
        az_b, alt_b = look(*place(b, start))
        turn = abs(az_a - az_b) % (2 * pi)
        turn = min(turn, 2 * pi - turn)
        needed = max(degrees(turn) / rates[0], degrees(abs(alt_a - alt_b)) / rates[1]) + settle
        # Near the zenith an arcsecond on the sky is much in azimuth.
        slop = degrees(5e-6) / max(1e-3, cos(max(alt_a, alt_b))) / rates[0]
        return ceil(max(needed + slop, change) + MARGIN)

    return gap


def equatorial_gap(rates: tuple[float, float], settle: float) -> Callable[[Option, int, Option, int], int]:
    """The gap of a telescope on an equatorial mount that does not pass the hour angle of ±12 h.

    Parameters
    ----------
    rates : (float, float)
        Of hour angle and declination [deg/s].
    settle : float
        [s]

    Returns
    -------
    callable
        As of `great_circle_gap`.
    """

    def wrapped(h: float) -> float:
        return (h + pi) % (2 * pi) - pi

    def gap(a: Option, end: int, b: Option, start: int) -> int:
        change = _change(a, b)
        if same_point(a, end, b, start):
            return ceil(change + MARGIN) if change else 0
        ha, sa, ca = place(a, end)
        hb, sb, cb = place(b, start)
        hours = degrees(abs(wrapped(ha) - wrapped(hb))) / rates[0]
        needed = max(hours, degrees(abs(atan2(sa, ca) - atan2(sb, cb))) / rates[1]) + settle
        return ceil(max(needed, change) + MARGIN)

    return gap


def same_point(a: Option, end: int, b: Option, start: int) -> bool:
    """Whether two targets are the same point, of the one at the end of its visit and the other at the start of its own."""
    # Of two stars the places at one time are compared: aberration, which is another at another time, moves both.
    when = end if a.moves or b.moves else start
    ha, sa, ca = place(a, when)
    hb, sb, cb = place(b, start)
    return sa * sb + ca * cb * cos(hb - ha - ROTATION * (start - when)) > _SAME


def least_gap(a: Option, b: Option, model: str, rates: tuple[float, ...], settle: float, at: float) -> float:
    """A number of seconds below which no schedule can have the gap between two visits, whenever they are.

    A telescope that waits lets the sky pass at the rate of the Earth's rotation, so that a gap of g seconds turns at least the angle on the sky
    less that rate times g, and with the angle a and the speed v, g ≥ (a + v·settle)/(v + rotation).

    Parameters
    ----------
    a, b : Option
    model : str
        As in the telescopes document.
    rates : tuple of float
        [deg/s]
    settle, at : float
        [s]; a time at which bodies that move are looked up.

    Returns
    -------
    float
        [s]
    """
    change = _change(a, b)
    ha, sa, ca = place(a, at)
    hb, sb, cb = place(b, at)
    nearest = max(-1.0, min(1.0, sa * sb + ca * cb * cos(hb - ha)))
    if nearest > cos(radians(1.5 / 3600)):
        return change
    # Bodies that move may be a degree nearer at another time.
    angle = max(0.0, degrees(acos(nearest)) - (1.0 if a.track or b.track else 0.0))
    # Both axes at once move the pointing by no more than the two rates together.
    speed = rates[0] if model == "great_circle" else sqrt(sum(r * r for r in rates))
    rotation = degrees(ROTATION)
    return max(change, (angle + speed * settle) / (speed + rotation))
