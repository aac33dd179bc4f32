"""Matching two catalogues beside the best public ways, in one run: ``python -m gnomon.eval.sky_matching [--rows N] [--radius ARCSEC] [--crowded]``.

Half of the sources have a partner within the radius, all over the sky or, crowded, in a field in which as many others lie within
the radius by chance.  The ways take turns, since other work on the machine comes and goes: seconds are the median of the turns, the ratio
to astropy's ``match_to_catalog_sky`` is the median of the ratios in each turn, with the smallest and the largest.  Memory is
what the peak of a process of its own (Linux's VmHWM) rises by while it matches, above the libraries and the two
catalogues: trees count.  ``lsdb`` takes part where it is installed; its catalogues are made before its time is taken.
"""

from __future__ import annotations

import argparse
import importlib.util
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

SEED = 12
FIRST = "astropy match_to_catalog_sky"


def catalogues(rows: int, radius: float, crowded: bool = False) -> tuple[Any, ...]:
    """Two catalogues; every other source of the first has a partner in the second.

    Parameters
    ----------
    rows : int
        Of each.
    radius : float
        Arcseconds; partners are within it but for one in 3000.
    crowded : bool
        Whether they fill a square on the equator of pi square radii a source, not the whole sky.

    Returns
    -------
    tuple of numpy.ndarray
        Right ascension and declination of the first, then of the second, degrees.
    """
    import numpy as np

    rng = np.random.default_rng(SEED)
    side = radius / 3600 * np.sqrt(np.pi * rows)

    def places(n: int) -> tuple[Any, Any]:
        if crowded:
            return rng.uniform(180 - side / 2, 180 + side / 2, n), rng.uniform(-side / 2, side / 2, n)
        return rng.uniform(0, 360, n), np.degrees(np.arcsin(rng.uniform(-1, 1, n)))

    ra, dec = places(rows)
    half = rows // 2
    offset = rng.normal(0, radius / 4 / 3600, (2, half))
    other_dec = np.clip(dec[:half] + offset[0], -90, 90)
    other_ra = (ra[:half] + offset[1] / np.maximum(np.cos(np.radians(other_dec)), 1e-6)) % 360
    more_ra, more_dec = places(rows - half)
    mixed = rng.permutation(rows)
    return ra, dec, np.concatenate([other_ra, more_ra])[mixed], np.concatenate([other_dec, more_dec])[mixed]


def ways(radius: float) -> dict[str, Callable[..., Callable[[], int]]]:
    """What is compared: each takes the catalogues, prepares what is not timed, and gives what is, which counts matches."""
    from gnomon.tools.archives.positions.sky_matching import pairs_within

    found: dict[str, Callable[..., Callable[[], int]]] = {
        FIRST: lambda *c: lambda: _astropy_nearest(radius, *c),
        "astropy search_around_sky": lambda *c: lambda: _astropy_all(radius, *c),
        "scipy cKDTree, nearest": lambda *c: lambda: _scipy(radius, True, *c),
        "scipy cKDTree, all pairs": lambda *c: lambda: _scipy(radius, False, *c),
        "gnomon pairs_within, nearest": lambda *c: (
            lambda: len(pairs_within(c[0], c[1], c[2], c[3], radius, nearest=True)[0])
        ),
        "gnomon pairs_within, all pairs": lambda *c: lambda: len(pairs_within(c[0], c[1], c[2], c[3], radius)[0]),
    }
    if importlib.util.find_spec("lsdb"):
        found["lsdb crossmatch, nearest"] = lambda *c: _lsdb(radius, *c)
    return found


def _astropy_nearest(radius: float, ra: Any, dec: Any, other_ra: Any, other_dec: Any) -> int:
    from astropy.coordinates import SkyCoord

    a, b = SkyCoord(ra, dec, unit="deg"), SkyCoord(other_ra, other_dec, unit="deg")
    _index, separation, _distance = a.match_to_catalog_sky(b)
    return int((separation.arcsec <= radius).sum())


def _astropy_all(radius: float, ra: Any, dec: Any, other_ra: Any, other_dec: Any) -> int:
    from astropy import units as u
    from astropy.coordinates import SkyCoord, search_around_sky

    a, b = SkyCoord(ra, dec, unit="deg"), SkyCoord(other_ra, other_dec, unit="deg")
    return len(search_around_sky(a, b, radius * u.arcsec)[0])


def _scipy(radius: float, nearest: bool, ra: Any, dec: Any, other_ra: Any, other_dec: Any) -> int:
    """As its manual shows it: two trees of unit vectors, or one for the nearest."""
    import numpy as np
    from scipy.spatial import cKDTree

    from gnomon.tools.archives.positions.sky_matching import unit_vectors

    chord = 2 * np.sin(0.5 * np.radians(radius / 3600))
    tree = cKDTree(unit_vectors(other_ra, other_dec))
    if nearest:
        distance, _row = tree.query(unit_vectors(ra, dec), distance_upper_bound=chord)
        return int(np.isfinite(distance).sum())
    pairs = cKDTree(unit_vectors(ra, dec)).sparse_distance_matrix(tree, chord, output_type="ndarray")
    return len(pairs)


def _lsdb(radius: float, ra: Any, dec: Any, other_ra: Any, other_dec: Any) -> Callable[[], int]:
    import lsdb
    import pandas as pd

    a, b = (
        lsdb.from_dataframe(pd.DataFrame({"ra": x, "dec": y}), catalog_name=name, margin_threshold=2 * radius)
        for name, x, y in (("a", ra, dec), ("b", other_ra, other_dec))
    )
    return lambda: len(a.crossmatch(b, n_neighbors=1, radius_arcsec=radius, suffixes=("_a", "_b")).compute())


def peak_mib() -> float | None:
    """Largest memory that this process ever held, where the system tells."""
    status = Path("/proc/self/status")
    if not status.exists():
        return None
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def alone(name: str, folder: Path, radius: float) -> None:
    """Match once in this process, and print by how much the peak of its memory rose."""
    import numpy as np

    way = ways(radius)[name]
    way(*catalogues(100, radius))()  # so that the libraries are loaded
    match = way(*(np.load(folder / f"{i}.npy") for i in range(4)))
    clear = Path("/proc/self/clear_refs")
    if clear.exists():
        clear.write_text("5")  # the peak starts again from here: making catalogues has one of its own
    before = peak_mib()
    match()
    after = peak_mib()
    print("-" if before is None or after is None else f"{after - before:.0f}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and print a table."""
    import numpy as np

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--radius", type=float, default=1.5)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--crowded", action="store_true")
    parser.add_argument("--alone", nargs=2, metavar=("WAY", "FOLDER"), help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.alone:
        alone(given.alone[0], Path(given.alone[1]), given.radius)
        return 0
    both = catalogues(given.rows, given.radius, given.crowded)
    matches = {name: way(*both) for name, way in ways(given.radius).items()}
    where = "in a crowded field" if given.crowded else "all over the sky"
    print(f"{given.rows} x {given.rows} sources {where}, {given.radius} arcsec, {given.turns} turns")
    seconds: dict[str, list[float]] = {name: [] for name in matches}
    counts: dict[str, int] = {}
    for _ in range(given.turns):
        for name, match in matches.items():
            began = time.perf_counter()
            counts[name] = match()
            seconds[name].append(time.perf_counter() - began)
    with tempfile.TemporaryDirectory() as folder:
        for i, column in enumerate(both):
            np.save(Path(folder) / f"{i}.npy", column)
        for name, taken in seconds.items():
            ratios = sorted(one / mine for one, mine in zip(seconds[FIRST], taken, strict=True))
            call = [sys.executable, "-m", "gnomon.eval.sky_matching", "--radius", str(given.radius)]
            said = subprocess.run([*call, "--alone", name, folder], capture_output=True, text=True, check=True)
            print(
                f"{name:<32} {statistics.median(taken):7.2f} s  {statistics.median(ratios):5.2f} x "
                f"({ratios[0]:.2f} to {ratios[-1]:.2f})  {said.stdout.split()[-1]:>5} MiB  {counts[name]} matches"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
