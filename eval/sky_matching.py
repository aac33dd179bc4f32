"""Matching two catalogues beside the best public ways, in one run: ``python -m gnomon.eval.sky_matching [--rows N] [--radius ARCSEC]``.

Half of the sources have a partner within the radius, all over the sky.  Prints seconds (median of three), the ratio to astropy's
``match_to_catalog_sky``, memory above the two catalogues, and whether the pairs are the same.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable, Sequence
from typing import Any

SEED = 12


def catalogues(rows: int, radius: float) -> tuple[Any, ...]:
    """Two catalogues, all over the sky; every other source of the first has a partner in the second."""
    import numpy as np

    rng = np.random.default_rng(SEED)
    ra, dec = rng.uniform(0, 360, rows), np.degrees(np.arcsin(rng.uniform(-1, 1, rows)))
    half = rows // 2
    offset = rng.normal(0, radius / 4 / 3600, (2, half))
    other_dec = np.clip(dec[:half] + offset[0], -90, 90)
    other_ra = (ra[:half] + offset[1] / np.maximum(np.cos(np.radians(other_dec)), 1e-6)) % 360
    more_ra, more_dec = rng.uniform(0, 360, rows - half), np.degrees(np.arcsin(rng.uniform(-1, 1, rows - half)))
    mixed = rng.permutation(rows)
    return ra, dec, np.concatenate([other_ra, more_ra])[mixed], np.concatenate([other_dec, more_dec])[mixed]


def ways(radius: float) -> dict[str, Callable[..., int]]:
    """What is compared: each gives the number of matches."""
    from astropy import units as u
    from astropy.coordinates import SkyCoord, search_around_sky

    from gnomon.tools.archives.sky_matching import pairs_within

    def nearest_of_astropy(ra: Any, dec: Any, other_ra: Any, other_dec: Any) -> int:
        a, b = SkyCoord(ra, dec, unit="deg"), SkyCoord(other_ra, other_dec, unit="deg")
        _index, separation, _distance = a.match_to_catalog_sky(b)
        return int((separation.arcsec <= radius).sum())

    def all_of_astropy(ra: Any, dec: Any, other_ra: Any, other_dec: Any) -> int:
        a, b = SkyCoord(ra, dec, unit="deg"), SkyCoord(other_ra, other_dec, unit="deg")
        return len(search_around_sky(a, b, radius * u.arcsec)[0])

    return {
        "astropy match_to_catalog_sky": nearest_of_astropy,
        "astropy search_around_sky": all_of_astropy,
        "gnomon pairs_within, nearest": lambda *c: len(pairs_within(*c, radius, nearest=True)[0]),
        "gnomon pairs_within, all pairs": lambda *c: len(pairs_within(*c, radius)[0]),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--radius", type=float, default=1.5)
    given = parser.parse_args(arguments)
    both = catalogues(given.rows, given.radius)
    first = 0.0
    print(f"{given.rows} x {given.rows} sources, {given.radius} arcsec")
    for name, way in ways(given.radius).items():
        seconds = []
        for _ in range(3):
            began = time.perf_counter()
            matches = way(*both)
            seconds.append(time.perf_counter() - began)
        tracemalloc.start()
        way(*both)
        memory = tracemalloc.get_traced_memory()[1] / 2**20
        tracemalloc.stop()
        median = statistics.median(seconds)
        first = first or median
        print(f"{name:<32} {median:7.2f} s  {first / median:5.2f} x  {memory:7.0f} MiB  {matches} matches")
    return 0


if __name__ == "__main__":
    sys.exit(main())
