"""Matching a list with a catalogue on disk beside LSDB: ``python -m gnomon.eval.big_catalogues [--rows N] [--sources N] [--lsdb-python PATH]``.

A catalogue of so many rows all over the sky is made (its time and memory are told), and a list of sources of which half have a
partner in it.  Each way then matches in a process of its own, in turns, since other work on the machine comes and goes: seconds are
the median of the turns, from the list in memory to the matches in memory; the ratio to LSDB is the median of the ratios in each turn, with the
smallest and the largest.  Memory is what the peak of that process (Linux's VmHWM) rises by, above libraries and list.

LSDB opens the same files.  They have no margin, so that it misses pairs across the borders of its partitions, and is faster for it; turning the
list into its own form is not in its time.  It may be installed with another interpreter, which ``--lsdb-python`` names.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

SEED = 21
OURS = "gnomon crossmatch_with_catalogue"
ONE, MANY = "lsdb, one thread", "lsdb, its threads"
_CHUNK = 500_000

# Runs where LSDB is, which may be an interpreter without Gnomon.
_LSDB = """
import json, sys, time, warnings, logging
warnings.simplefilter("ignore")
logging.disable(logging.WARNING)
import dask, lsdb, pandas as pd
def peak():
    return next((int(l.split()[1]) / 1024 for l in open("/proc/self/status") if l.startswith("VmHWM")), 0.0)
if __name__ == "__main__":
    catalogue, sources, radius, way = sys.argv[1:]
    if way == "one":
        dask.config.set(scheduler="synchronous")
    mine = lsdb.from_dataframe(pd.read_parquet(sources), margin_threshold=None)
    big = lsdb.open_catalog(catalogue, columns=["source_id", "ra", "dec", "g"])
    open("/proc/self/clear_refs", "w").write("5")
    before, began = peak(), time.perf_counter()
    found = mine.crossmatch(big, n_neighbors=1, radius_arcsec=float(radius), suffixes=("_m", "_b"), suffix_method="overlapping_columns", log_changes=False).compute(progress_bar=False)
    print(json.dumps({"seconds": time.perf_counter() - began, "mib": peak() - before, "matches": len(found)}))
"""


def tables(folder: Path, rows: int, sources: int) -> None:
    """Write ``rows.parquet``, and ``sources.parquet`` of which every other one has a partner within about 0.7 arcsec."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    rng = np.random.default_rng(SEED)
    schema = pa.schema(
        [("source_id", pa.int64()), *((n, pa.float64()) for n in ("ra", "dec", "pmra", "pmdec")), ("g", pa.float32())]
    )
    near: list[Any] = []
    with pq.ParquetWriter(folder / "rows.parquet", schema) as writer:
        for start in range(0, rows, _CHUNK):
            n = min(_CHUNK, rows - start)
            ra, dec = rng.uniform(0, 360, n), np.degrees(np.arcsin(rng.uniform(-1, 1, n)))
            columns = {"source_id": np.arange(start, start + n) + 2**62, "ra": ra, "dec": dec}
            columns |= {"pmra": rng.normal(0, 5, n), "pmdec": rng.normal(0, 5, n), "g": rng.normal(18, 1, n).astype("f4")}  # fmt: skip
            writer.write_table(pa.table(columns, schema=schema), row_group_size=100_000)
            some = rng.choice(n, min(n, max(1, round(sources / 2 * n / rows))), replace=False)
            near.append((ra[some], dec[some]))
    ra, dec = (np.concatenate(x)[: sources // 2] for x in zip(*near, strict=True))
    dec = np.clip(dec + rng.normal(0, 0.5 / 3600, len(dec)), -90, 90)
    ra = (ra + rng.normal(0, 0.5 / 3600, len(ra)) / np.maximum(np.cos(np.radians(dec)), 1e-6)) % 360
    more = sources - len(ra)
    ra = np.concatenate([ra, rng.uniform(0, 360, more)])
    dec = np.concatenate([dec, np.degrees(np.arcsin(rng.uniform(-1, 1, more)))])
    mixed = rng.permutation(sources)
    pq.write_table(pa.table({"id": np.arange(sources), "ra": ra[mixed], "dec": dec[mixed]}), folder / "sources.parquet")


def peak_mib() -> float:
    """Largest memory that this process ever held; 0 where the system does not tell."""
    status = Path("/proc/self/status")
    if not status.exists():
        return 0.0
    return int(next(line for line in status.read_text().splitlines() if line.startswith("VmHWM")).split()[1]) / 1024


def forget_peak() -> None:
    """Let the peak start again from here."""
    clear = Path("/proc/self/clear_refs")
    if clear.exists():
        clear.write_text("5")


def make(folder: Path) -> dict[str, float]:
    """Make the catalogue in this process."""
    import warnings

    import pyarrow.parquet  # noqa: F401 - so that what is measured is not the loading of libraries

    from gnomon.tools.archives.catalogues.inventory import Stated
    from gnomon.tools.archives.catalogues.making import make_catalogue

    warnings.simplefilter("ignore")
    forget_peak()
    before, began = peak_mib(), time.perf_counter()
    made = make_catalogue(
        [folder / "rows.parquet"], folder / "big", Stated(epoch=2016.0, units=("ra=deg", "dec=deg", "pmra=mas/yr", "pmdec=mas/yr"))
    )  # fmt: skip
    return {"seconds": time.perf_counter() - began, "mib": peak_mib() - before, "files": made.files}


def ours(folder: Path, radius: float) -> dict[str, float]:
    """Match by Gnomon in this process."""
    import warnings

    import pyarrow.parquet as pq
    from astropy import units as u
    from astropy.table import QTable

    from gnomon.tools.archives.catalogues.inventory import Stated, inventory_of
    from gnomon.tools.archives.crossmatch_with_catalogue import crossmatch_with_catalogue

    warnings.simplefilter("ignore")
    stored = pq.read_table(folder / "sources.parquet")
    sources = QTable({"id": stored["id"].to_numpy(), "ra": stored["ra"].to_numpy() * u.deg, "dec": stored["dec"].to_numpy() * u.deg})  # fmt: skip
    sources.meta["position"] = {"ra": "ra", "dec": "dec", "frame": "ICRS", "epoch": 2016.0}
    catalogue = inventory_of(folder / "big", Stated())
    crossmatch_with_catalogue(sources[:10], catalogue, radius, keep="all_sources", columns=["g"])  # loads the libraries
    forget_peak()
    before, began = peak_mib(), time.perf_counter()
    found = crossmatch_with_catalogue(sources, catalogue, radius, columns=["source_id", "ra", "dec", "g"])
    return {"seconds": time.perf_counter() - began, "mib": peak_mib() - before, "matches": len(found)}


def _said(call: list[str]) -> dict[str, float]:
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(call[:4])} failed:\n{done.stderr[-2000:]}")
    told: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    return told


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=lambda text: int(float(text)), default=10_000_000)
    parser.add_argument("--sources", type=lambda text: int(float(text)), default=1_000_000)
    parser.add_argument("--radius", type=float, default=2.0)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--lsdb-python", default=sys.executable, help="interpreter that has LSDB")
    parser.add_argument("--folder", type=Path, help="where to put the catalogue for the while")
    parser.add_argument("--do", nargs=2, metavar=("WHAT", "FOLDER"), help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.do:
        what, folder = given.do[0], Path(given.do[1])
        print(json.dumps(make(folder) if what == "make" else ours(folder, given.radius)))
        return 0
    here = [sys.executable, "-m", "gnomon.eval.big_catalogues", "--radius", str(given.radius), "--do"]
    with tempfile.TemporaryDirectory(dir=given.folder) as name:
        folder = Path(name)
        tables(folder, given.rows, given.sources)
        made = _said([*here, "make", name])
        print(f"{given.sources} sources x {given.rows} rows, {given.radius} arcsec, {given.turns} turns")
        print(f"{'gnomon catalogue make':<34} {made['seconds']:8.1f} s  {made['mib']:6.0f} MiB  {made['files']:.0f} files", flush=True)  # fmt: skip
        (folder / "rows.parquet").unlink()
        calls = {OURS: [*here, "match", name]}
        tried = subprocess.run([given.lsdb_python, "-c", "import lsdb"], capture_output=True, check=False)
        if tried.returncode:
            print("LSDB IS NOT MEASURED: this interpreter cannot import lsdb; name one that can with --lsdb-python", file=sys.stderr)  # fmt: skip
        else:
            (folder / "by_lsdb.py").write_text(_LSDB, encoding="utf-8")
            asked = [given.lsdb_python, str(folder / "by_lsdb.py"), str(folder / "big"), str(folder / "sources.parquet"), str(given.radius)]  # fmt: skip
            calls |= {ONE: [*asked, "one"], MANY: [*asked, "many"]}
        told: dict[str, list[dict[str, float]]] = {way: [] for way in calls}
        for _ in range(given.turns):
            for way, call in calls.items():
                told[way].append(_said(call))
    for way, turns in told.items():
        seconds, mib = (statistics.median(t[k] for t in turns) for k in ("seconds", "mib"))
        line = f"{way:<34} {seconds:8.1f} s  {mib:6.0f} MiB  {turns[0]['matches']:.0f} matches"
        if ONE in told and way == OURS:
            for other in (ONE, MANY):
                ratios = sorted(a["seconds"] / b["seconds"] for a, b in zip(told[other], turns, strict=True))
                line += (
                    f"  {statistics.median(ratios):.2f} x {other} ({ratios[0]:.2f} to {ratios[-1]:.2f} times as fast)"
                )
        print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main())
