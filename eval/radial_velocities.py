"""Orbits fitted by our tools beside published ones, in standard deviations.

python -m gnomon.eval.radial_velocities [--seed 1] [--json]
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from pathlib import Path
from typing import Any

# Values as published.  HD 164922: Fulton et al. 2016, doi:10.3847/0004-637X/830/1/46, whose data radvel ships; stellar
# mass 0.874 +- 0.012 Msun from there.  K2-131: Dai et al. 2017, doi:10.3847/1538-3881/aa9065 (with a Gaussian process
# for the star's activity; period and transit from photometry).  ``sure`` is True only where the digits were
# checked against the paper's own text (here its abstract); the others are from memory or from copies on the web.
PUBLISHED: dict[str, dict[str, Any]] = {
    "HD 164922": {
        "file": "164922_fixed.txt",
        "arguments": {},
        "stellar_mass": (0.874, 0.012),
        "source": "Fulton et al. 2016, doi:10.3847/0004-637X/830/1/46",
        "values": (
            (1, "period", 1201.1, 5.6, "d", False),
            (1, "velocity_semi_amplitude", 7.15, 0.27, "m/s", False),
            (1, "minimum_mass", 0.3385, 0.0156, "M_jup", False),
            (1, "semi_major_axis", 2.115, 0.012, "AU", False),
            (2, "period", 75.765, 0.057, "d", False),
            (2, "velocity_semi_amplitude", 2.22, 0.25, "m/s", False),
            (2, "minimum_mass", 12.9, 1.6, "M_earth", True),
            (2, "semi_major_axis", 0.3351, 0.0015, "AU", False),
        ),
    },
    "K2-131": {
        "file": "k2-131.txt",
        "arguments": {
            "max_planets": 1,
            "known_periods": [0.3693038],
            "known_period_errors": [9.1e-6],
            "known_conjunctions": [2457582.9360],
            "known_conjunction_errors": [0.0011],
        },
        "stellar_mass": (0.84, 0.03),
        "source": "Dai et al. 2017, doi:10.3847/1538-3881/aa9065",
        "values": (
            (1, "velocity_semi_amplitude", 6.55, 1.48, "m/s", False),
            (1, "minimum_mass", 6.5, 1.6, "M_earth", False),
        ),
    },
}


def compare(name: str, seed: int) -> dict[str, Any]:
    """Fit one star and compare with what was published.

    Parameters
    ----------
    name : str
        One of `PUBLISHED`.
    seed : int
        Seed of the fit.

    Returns
    -------
    dict
        ``rows`` (planet, quantity, ours, published, sigma), ``evidence``, ``planets``, ``seconds`` of processor time.
    """
    import radvel

    from gnomon.tools.fitting.fit_keplerian_orbits import fit_keplerian_orbits
    from gnomon.tools.fitting.minimum_masses import minimum_masses
    from gnomon.tools.fitting.velocity_periodogram import velocity_periodogram
    from gnomon.tools.reading.read_radial_velocities import read_radial_velocities
    from gnomon.tools.reporting.measure_posterior import measure_posterior

    case = PUBLISHED[name]
    start = time.process_time()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        velocities = read_radial_velocities(Path(radvel.DATADIR) / case["file"])
        orbits = fit_keplerian_orbits(velocities, velocity_periodogram(velocities), seed=seed, **case["arguments"])
        tables = (
            measure_posterior(orbits),
            minimum_masses(orbits, case["stellar_mass"][0], case["stellar_mass"][1], seed=seed),
        )
    seconds = time.process_time() - start
    found = {(str(r["of"]), str(r["quantity"])): r for table in tables for r in table}
    rows = []
    for planet, quantity, value, error, unit, sure in case["values"]:
        row = found.get((f"planet {planet}", quantity))
        out = {"planet": planet, "quantity": quantity, "unit": unit, "published": value, "error": error, "sure": sure}
        if row is not None and row["unit"] == unit and not row["limit"]:
            ours, sigma = float(row["value"]), 0.5 * float(row["upper"] - row["lower"])
            out.update(ours=ours, our_error=sigma, sigma=(ours - value) / error)
        rows.append(out)
    attrs = orbits["posterior"].attrs
    return {
        "star": name,
        "source": case["source"],
        "planets": int(orbits["posterior"].sizes["planet"]),
        "rows": rows,
        "evidence": json.loads(attrs["evidence"]),
        "nightly_noise": bool(attrs["nightly_noise"]),
        "largest_r_hat": float(tables[0].meta["largest_r_hat"]),
        "warnings": [str(w.message) for w in caught if issubclass(w.category, UserWarning)],
        "seconds": seconds,
    }


def main(arguments: list[str] | None = None) -> int:
    """Print the comparison; the exit code is 1 where a value is more than three of its published errors away."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--star", choices=sorted(PUBLISHED), action="append", help="only this one; may be repeated")
    parser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")
    options = parser.parse_args(arguments)
    results = [compare(name, options.seed) for name in options.star or PUBLISHED]
    if options.json:
        print(json.dumps(results, indent=2))
    else:
        for result in results:
            _show(result)
    bad = [r for result in results for r in result["rows"] if abs(r.get("sigma", 99.0)) > 3]
    return 1 if bad else 0


def _show(result: dict[str, Any]) -> None:
    """One star as text."""
    print(f"\n{result['star']}: {result['planets']} planet(s), {result['seconds']:.0f} s of processor time")
    print(
        f"published: {result['source']} (? = digits not checked against the paper; same data, so close agreement is expected)"
    )
    for r in result["rows"]:
        ours = f"{r['ours']:.6g} +- {r['our_error']:.2g}" if "ours" in r else "not found"
        sigma = f"{r['sigma']:+.2f} sigma" if "sigma" in r else ""
        published = f"{r['published']:.6g} +- {r['error']:.2g}{'' if r['sure'] else ' ?'}"
        print(f"  planet {r['planet']} {r['quantity']:<24} {ours:>22}   {published:>22} {r['unit']:<8} {sigma}")
    for row in result["evidence"]:
        gain = "" if row["gain"] is None else f"{row['gain']:+8.1f}"
        period = "" if row["period_d"] is None else f" {row['period_d']:.5g} d"
        mark = "taken" if row["accepted"] else "left"
        print(f"  ln Z {row['ln_evidence']:10.1f} {gain:>9}  {mark:<5} {row['added']}{period}")
    for sentence in result["warnings"]:
        print(f"  note: {sentence}")


if __name__ == "__main__":
    raise SystemExit(main())
