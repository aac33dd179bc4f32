"""The fields of an alert on which conditions look."""

from __future__ import annotations

import math
from typing import Any

from gnomon.tools.observing.alerts.alert import Alert

# Direction of the north galactic pole in ICRS (ESA 1997, The Hipparcos and Tycho Catalogues, ESA SP-1200, volume 1, equation 1.5.9), degrees.
_POLE_RA, _POLE_DEC = 192.85948, 27.12825
_DAY = 86400.0
_SAME = (
    *("identifier", "event", "source", "form", "kind", "instrument", "messenger", "stage", "trigger_type", "tense"),
    *("object_class", "band", "flux_unit", "names", "instruments", "follows"),
)
_NUMBERS = (
    *("version", "ra", "dec", "error", "error_probability", "distance", "distance_error", "redshift", "area"),
    *("far", "snr", "magnitude", "flux", "duration", "significant", "is_test", "flags"),
)


def fields_of(alert: Alert, now: float) -> dict[str, Any]:
    """The values on which `gnomon.tools.observing.alerts.conditions.evaluate` looks.

    Parameters
    ----------
    alert : Alert
    now : float
        MJD (UTC) from which ages are reckoned.

    Returns
    -------
    dict
        By the names and in the units of `conditions.FIELDS`; None for what the alert does not say.  ``age`` and ``notice_age`` are
        seconds since the event and since the notice was made; ``galactic_latitude`` is that of the position.
    """
    told: dict[str, Any] = {name: getattr(alert, name) or None for name in _SAME}
    told |= {name: getattr(alert, name) for name in _NUMBERS}
    told |= {"classification": dict(alert.classification), "properties": dict(alert.properties)}
    told["has_skymap"] = bool(alert.skymap or alert.skymap_url)
    told["age"] = None if alert.time_event is None else (now - alert.time_event) * _DAY
    told["notice_age"] = None if alert.time_notice is None else (now - alert.time_notice) * _DAY
    told["galactic_latitude"] = None
    if alert.ra is not None and alert.dec is not None:
        told["galactic_latitude"] = galactic_latitude(alert.ra, alert.dec)
    return told


def galactic_latitude(ra: float, dec: float) -> float:
    """Galactic latitude of a direction in ICRS, degrees in and out."""
    pole, d, a = math.radians(_POLE_DEC), math.radians(dec), math.radians(ra - _POLE_RA)
    sine = math.sin(d) * math.sin(pole) + math.cos(d) * math.cos(pole) * math.cos(a)
    return math.degrees(math.asin(max(-1.0, min(1.0, sine))))
