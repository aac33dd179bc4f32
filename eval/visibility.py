"""Visibility beside astropy and astroplan, in one run: ``python -m gnomon.eval.visibility [--targets N] [--step S] [--turns T]``.

Random targets, eight sites, 24 hours.  First the apparent altitude of every target at every site and time, then windows (altitude above 30 degrees, nautical
night, the Moon 30 degrees away), whose edges only Gnomon refines.  The ways take turns, since other work on the machine comes and goes: seconds are the median
of the turns, the ratio is the median of the ratios to Gnomon in each turn, with the smallest and the largest.  Slow ways compute some of the targets only, evenly chosen, and their
time is multiplied; the table says by how much.  ``fresh`` is a process of its own, from before the imports.  The error is the largest distance from astropy's full transformation
where the target is above 15 degrees.  astroplan takes part where it is installed.
"""

from __future__ import annotations

import argparse
import importlib.util
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from typing import Any

SEED = 8
START = 61366.0 + 1 / 3  # MJD of 2026-11-22 08:00 UTC
SITES = {
    "xinglong": (117.575, 40.3942, 900.0),
    "lijiang": (100.03, 26.695, 3200.0),
    "lenghu": (93.895, 38.607, 4200.0),
    "la_palma": (-17.8776, 28.7569, 2330.0),
    "mauna_kea": (-155.47, 19.82, 4200.0),
    "cerro_tololo": (-70.8065, -30.169, 2207.0),
    "sutherland": (20.8107, -32.3783, 1760.0),
    "siding_spring": (149.0672, -31.2734, 1165.0),
}
_AT_ONCE = 50  # targets of a broadcast, so that it stays within some hundred megabytes
LIMIT, APART, TWILIGHT = 30.0, 30.0, -12.0


def places(count: int) -> tuple[Any, Any]:
    """Right ascensions and declinations [deg] all over the sky."""
    import numpy as np

    rng = np.random.default_rng(SEED)
    return rng.uniform(0, 360, count), np.degrees(np.arcsin(rng.uniform(-1, 1, count)))


def documents(count: int) -> tuple[Any, Any]:
    """A telescope at each site, and a request for each target."""
    from gnomon.tools.observing.documents.requests import read_requests_document
    from gnomon.tools.observing.documents.telescopes import read_telescopes_document
    from gnomon.tools.observing.documents.times import text_of

    camera = {"key": "camera", "name": "Camera", "readout": 0, "modes": [{"mode": "imaging", "bands": ["r"]}]}
    telescopes = {
        "form": "gnomon telescopes",
        "version": 1,
        "sites": [{"key": k, "name": k, "longitude": x, "latitude": y, "height": z} for k, (x, y, z) in SITES.items()],
        "telescopes": [
            {
                "key": k, "name": k, "site": k, "aperture": 2, "slew": {"rate": 1}, "instruments": [camera],
                "limits": {"altitude_min": LIMIT, "sun_altitude_max": TWILIGHT, "moon_separation_min": APART},
            }
            for k in SITES
        ],
    }  # fmt: skip
    visit = {"key": "v", "mode": "imaging", "exposures": [[1, 300]]}
    requests = {
        "form": "gnomon observing requests",
        "version": 1,
        "span": {"start": text_of(START), "end": text_of(START + 1)},
        "requests": [
            {"key": f"r{n}", "target": {"name": f"T{n}", "ra": float(a), "dec": float(d)}, "priority": 1, "visits": [visit]}
            for n, (a, d) in enumerate(zip(*places(count), strict=True))
        ],
    }  # fmt: skip
    return read_telescopes_document(telescopes), read_requests_document(requests)


def altitudes_gnomon(count: int, step: float) -> int:
    """Sine of the altitude of everything; how many are above the limit."""
    import numpy as np

    from gnomon.tools.observing.visibility.sky import Sky

    telescopes, requests = documents(count)
    sky = Sky(START, 86400.0, telescopes.sites, [r.target for r in requests.requests.values()])
    seconds = np.arange(0.0, 86400.0, step)
    some = np.array_split(np.arange(count), max(count // _AT_ONCE, 1))
    limit = np.sin(np.radians(LIMIT))
    return sum(int((sky.sine_altitudes(part, key, seconds) > limit).sum()) for key in SITES for part in some)


def windows_gnomon(count: int, step: float) -> int:
    """All windows, with edges to a tenth of a second; how many."""
    from gnomon.tools.observing.visibility.tracks import SkyTracks

    telescopes, requests = documents(count)
    tracks = SkyTracks(telescopes, requests, step)
    return sum(len(tracks.windows(r, "v", key, "camera")) for r in requests.requests for key in SITES)


def _times(step: float) -> Any:
    import numpy as np
    from astropy.time import Time

    return Time(START, np.arange(0.0, 86400.0, step) / 86400.0, format="mjd", scale="utc")


def _location(key: str) -> Any:
    from astropy.coordinates import EarthLocation

    return EarthLocation.from_geodetic(*SITES[key])


def altitudes_astropy(count: int, step: float) -> int:
    """The same by a broadcast transformation from ICRS to AltAz."""
    import numpy as np
    from astropy import units as u
    from astropy.coordinates import AltAz, SkyCoord

    times, above = _times(step), 0
    ra, dec = places(count)
    for key in SITES:
        frame = AltAz(obstime=times[None], location=_location(key))
        for part in np.array_split(np.arange(count), max(count // _AT_ONCE, 1)):
            stars = SkyCoord(ra[part, None] * u.deg, dec[part, None] * u.deg)
            above += int((stars.transform_to(frame).alt.deg > LIMIT).sum())
    return above


def altitudes_interpolated(count: int, step: float) -> int:
    """The same with astropy's own interpolation of the Earth's place every 300 s."""
    from astropy import units as u
    from astropy.coordinates.erfa_astrom import ErfaAstromInterpolator, erfa_astrom

    with erfa_astrom.set(ErfaAstromInterpolator(300 * u.s)):
        return altitudes_astropy(count, step)


def altitudes_astroplan(count: int, step: float) -> int:
    """The same by astroplan, targets and times as a grid."""
    import astroplan
    from astropy import units as u
    from astropy.coordinates import SkyCoord

    stars = SkyCoord(*places(count), unit=u.deg)
    return sum(
        int(
            (astroplan.Observer(_location(k)).altaz(_times(step), stars, grid_times_targets=True).alt.deg > LIMIT).sum()
        )
        for k in SITES
    )


def altitudes_one_by_one(count: int, step: float) -> int:
    """The same by astroplan, target by target, as its constraints are written."""
    import astroplan
    from astropy import units as u
    from astropy.coordinates import SkyCoord

    stars, times = SkyCoord(*places(count), unit=u.deg), _times(step)
    observers = [astroplan.Observer(_location(k)) for k in SITES]
    return sum(int((o.altaz(times, star).alt.deg > LIMIT).sum()) for o in observers for star in stars)


def windows_astroplan(count: int, step: float) -> int:
    """When its three constraints hold on the grid; how many runs of grid points."""
    import astroplan
    import numpy as np
    from astropy import units as u
    from astropy.coordinates import SkyCoord

    stars, times, found = SkyCoord(*places(count), unit=u.deg), _times(step), 0
    constraints = [
        astroplan.AltitudeConstraint(min=LIMIT * u.deg),
        astroplan.AtNightConstraint.twilight_nautical(),
        astroplan.MoonSeparationConstraint(min=APART * u.deg),
    ]
    for key in SITES:
        observer = astroplan.Observer(_location(key))
        held = [np.asarray(c(observer, stars, times=times, grid_times_targets=True)) for c in constraints]
        flags = np.logical_and.reduce(np.broadcast_arrays(*held))
        found += int((np.diff(flags.astype(np.int8), axis=1, prepend=0) == 1).sum())
    return found


def largest_error(count: int) -> tuple[float, int]:
    """The largest distance from astropy above 15 degrees [arcsec], and over how many directions."""
    import numpy as np
    from astropy import units as u
    from astropy.coordinates import AltAz, SkyCoord

    from gnomon.tools.observing.visibility.sky import Sky

    telescopes, requests = documents(count)
    sky = Sky(START, 86400.0, telescopes.sites, [r.target for r in requests.requests.values()])
    seconds = np.random.default_rng(SEED).uniform(0, 86400, 300)
    stars = SkyCoord(*places(count), unit=u.deg)
    times = _times(1.0)[0] + seconds * u.s
    worst, many = 0.0, 0
    for key in SITES:
        frame = AltAz(obstime=times[None], location=_location(key))
        truth = np.moveaxis(stars[:, None].transform_to(frame).cartesian.xyz.value, 0, -1)
        ours = np.stack([sky.local(n, key, seconds) for n in range(count)])
        high = truth[..., 2] > np.sin(np.radians(15.0))
        worst = max(worst, float(np.linalg.norm(ours - truth, axis=-1)[high].max()))
        many += int(high.sum())
    return np.degrees(worst) * 3600, many


# Each: what it does, and the part of the targets that it computes.
WAYS: dict[str, dict[str, tuple[Callable[[int, float], int], float]]] = {
    "altitudes": {
        "gnomon": (altitudes_gnomon, 1.0),
        "astropy, broadcast": (altitudes_astropy, 0.1),
        "astropy, interpolated": (altitudes_interpolated, 0.1),
        "astroplan, grid": (altitudes_astroplan, 0.05),
        "astroplan, one by one": (altitudes_one_by_one, 0.01),
    },
    "windows": {"gnomon": (windows_gnomon, 1.0), "astroplan, constraints": (windows_astroplan, 0.03)},
}


def _keep_offline() -> None:
    from astropy.utils import iers

    iers.conf.auto_download, iers.conf.auto_max_age = False, None
    warnings.simplefilter("ignore")


def _fresh(what: str, count: int, step: float) -> float:
    """Seconds of a process of its own."""
    call = [
        sys.executable,
        "-m",
        "gnomon.eval.visibility",
        "--targets",
        str(count),
        "--step",
        str(step),
        "--alone",
        what,
    ]
    began = time.perf_counter()
    subprocess.run(call, check=True, capture_output=True)
    return time.perf_counter() - began


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and print tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--targets", type=int, default=1000)
    parser.add_argument("--step", type=float, default=60.0)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--alone", choices=list(WAYS), help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    _keep_offline()
    if given.alone:
        WAYS[given.alone]["gnomon"][0](given.targets, given.step)
        return 0
    count, step = given.targets, given.step
    positions = count * len(SITES) * round(86400 / step)
    print(f"{count} targets, {len(SITES)} sites, 24 h every {step:g} s: {positions / 1e6:.1f} million positions; {given.turns} turns")  # fmt: skip
    there = importlib.util.find_spec("astroplan") is not None
    for what, ways in WAYS.items():
        known = {n: w for n, w in ways.items() if there or "astroplan" not in n}
        seconds: dict[str, list[float]] = {name: [] for name in known}
        counts: dict[str, int] = {}
        for way, _ in known.values():
            way(10, 3600.0)  # tables and ephemerides are loaded
        for _ in range(given.turns):
            for name, (way, part) in known.items():
                some = max(round(part * count), 1)
                began = time.perf_counter()
                counts[name] = way(some, step)
                seconds[name].append((time.perf_counter() - began) * count / some)
        print(f"\n{what}: fresh process {_fresh(what, count, step):.2f} s")
        for name, taken in seconds.items():
            ratios = sorted(one / mine for one, mine in zip(taken, seconds["gnomon"], strict=True))
            some = max(round(known[name][1] * count), 1)
            print(
                f"  {name:<24} {statistics.median(taken):8.2f} s  {statistics.median(ratios):7.1f} x "
                f"({ratios[0]:.1f} to {ratios[-1]:.1f})  {some} targets{'' if some == count else f', time x {count / some:g}'}"
            )
    error, many = largest_error(min(count, 200))
    print(f"\nlargest distance from astropy above 15 degrees: {error:.5f} arcsec over {many} directions")
    return 0


if __name__ == "__main__":
    sys.exit(main())
