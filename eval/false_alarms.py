"""How often noise passes for a planet, and how often a planet is found: simulated light curves through the real tools.

python -m gnomon.eval.false_alarms --n 200 --seed 1
"""

from __future__ import annotations

import argparse
import warnings
from concurrent.futures import ProcessPoolExecutor
from typing import Any

# Time span [d], cadence [d], noise of a cadence, gaps [d] from and to: one TESS sector with its downlink, a K2 campaign.
SAMPLINGS: dict[str, tuple[float, float, float, tuple[tuple[float, float], ...]]] = {
    "TESS 10 min": (27.4, 10 / 1440, 5e-4, ((13.0, 14.2),)),
    "TESS 2 min": (27.4, 2 / 1440, 1.1e-3, ((13.0, 14.2), (20.0, 20.6))),
    "K2 30 min": (80.0, 29.4 / 1440, 6e-5, ((35.0, 38.0),)),
}
NOISES = ("white", "red")
BANDS = ((5.0, 7.1), (7.1, 10.0), (10.0, 14.0), (14.0, 20.0), (20.0, 40.0))


def simulate(sampling: str, noise: str, rng: Any, signal_to_noise: float = 0.0) -> tuple[Any, dict[str, float]]:
    """Make a light curve of noise, with one planet where a signal-to-noise ratio is asked for.

    Red noise is an Ornstein-Uhlenbeck process (granulation: 2 to 8 h, half to once the white noise of an hour) plus
    a sinusoid and its first harmonic (rotation: 4 to 20 d, up to one per cent) and a slope.

    Parameters
    ----------
    sampling : str
        One of `SAMPLINGS`.
    noise : str
        ``white`` or ``red``.
    rng : numpy.random.Generator
        Source of random numbers.
    signal_to_noise : float
        Of all transits together for the white noise, dimensionless; 0 for no planet.

    Returns
    -------
    tuple
        The light curve, and the planet's parameters (empty for none).
    """
    import numpy as np
    from astropy import units as u
    from astropy.table import QTable

    span, cadence, sigma, gaps = SAMPLINGS[sampling]
    time = np.arange(0.0, span, cadence)
    for low, high in gaps:
        time = time[(time < low) | (time > high)]
    time = time[rng.random(len(time)) > 0.02]  # single cadences lost to flags
    flux = 1.0 + sigma * rng.standard_normal(len(time))
    if noise == "red":
        flux += _granulation(
            time, rng.uniform(2, 8) / 24, rng.uniform(0.5, 1.0) * sigma / np.sqrt(1 / 24 / cadence), rng
        )
        rotation, size = rng.uniform(4, 20), rng.uniform(1e-4, 1e-2)
        flux += size * (
            np.sin(2 * np.pi * time / rotation + rng.uniform(0, 6))
            + 0.3 * np.sin(4 * np.pi * time / rotation + rng.uniform(0, 6))
        )
        flux += rng.normal(0, 1e-3) * (time / span - 0.5)
    planet: dict[str, float] = {}
    if signal_to_noise > 0:
        planet = _planet(time, span, cadence, sigma, signal_to_noise, rng)
        flux *= _transits(time, cadence, planet)
    light_curve = QTable(
        {"time": (time + 1500.0) * u.d, "flux": flux / np.median(flux), "flux_err": np.full(len(time), sigma)}
    )
    light_curve.meta["time_reference"] = {"name": None, "zero_jd": None, "scale": None}
    light_curve.meta["exposure_s"] = cadence * 86400
    return light_curve, planet


def _granulation(time: Any, scale: float, size: float, rng: Any) -> Any:
    """Ornstein-Uhlenbeck process at the given times."""
    import numpy as np

    out = np.empty(len(time))
    out[0] = size * rng.standard_normal()
    fade = np.exp(-np.diff(time) / scale)
    kicks = size * np.sqrt(1 - fade**2) * rng.standard_normal(len(time) - 1)
    for i in range(1, len(time)):
        out[i] = out[i - 1] * fade[i - 1] + kicks[i - 1]
    return out


def _planet(time: Any, span: float, cadence: float, sigma: float, signal_to_noise: float, rng: Any) -> dict[str, float]:
    """A planet of a Sun-like star whose transits in the data have the wanted signal-to-noise ratio."""
    import numpy as np

    while True:
        period = float(np.exp(rng.uniform(np.log(0.8), np.log(span / 2.2))))
        epoch, impact = float(rng.uniform(0, period)), float(rng.uniform(0, 0.7))
        axis = 4.2083 * period ** (2 / 3)
        duration = period / np.pi / axis * np.sqrt(1 - impact**2)
        phase = (time - epoch + 0.5 * period) % period - 0.5 * period
        inside = int((np.abs(phase) < 0.5 * duration).sum())
        numbers = np.unique(np.round((time[np.abs(phase) < 0.2 * duration] - epoch) / period))
        if len(numbers) >= 2 and inside >= 4:
            break
    depth = signal_to_noise * sigma / np.sqrt(inside)
    return {
        "period": period,
        "epoch": epoch,
        "impact": impact,
        "axis": axis,
        "duration": float(duration),
        "depth": depth,
    }


def _transits(time: Any, cadence: float, planet: dict[str, float]) -> Any:
    """Model light curve of the planet."""
    import batman
    import numpy as np

    parameters = batman.TransitParams()
    parameters.t0, parameters.per, parameters.a = planet["epoch"], planet["period"], planet["axis"]
    parameters.rp = np.sqrt(planet["depth"])
    parameters.inc = np.degrees(np.arccos(planet["impact"] / planet["axis"]))
    parameters.ecc, parameters.w, parameters.u, parameters.limb_dark = 0.0, 90.0, [0.4, 0.2], "quadratic"
    model = batman.TransitModel(parameters, time, supersample_factor=5, exp_time=cadence)
    return model.light_curve(parameters)


def search(task: tuple[str, str, int, float]) -> dict[str, Any]:
    """Send one simulated light curve through detrending, search and decision.

    Parameters
    ----------
    task : tuple
        Sampling, noise, seed, and signal-to-noise ratio (0 for none).

    Returns
    -------
    dict
        ``sampling``, ``noise``, ``snr``, number of ``accepted`` signals, and whether the planet was ``recovered``.
    """
    import numpy as np

    from gnomon.tools.fitting.detrend_light_curve import detrend_light_curve
    from gnomon.tools.fitting.identify_transits import identify_transits
    from gnomon.tools.fitting.transit_periodogram import transit_periodogram

    sampling, noise, seed, snr = task
    light_curve, planet = simulate(sampling, noise, np.random.default_rng(seed), snr)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        flat = detrend_light_curve(light_curve)
        candidates = identify_transits(transit_periodogram(flat), flat)
    accepted = candidates[np.asarray(candidates["accepted"])]
    out: dict[str, Any] = {
        "sampling": sampling,
        "noise": noise,
        "snr": snr,
        "seed": seed,
        "accepted": len(accepted),
        "recovered": False,
        "alias": False,
        "wrong": len(accepted),
    }
    out["best"] = [
        f"P={row['period'].value:.4f} {row['reason']} (S/N {row['snr']:.1f}, white {row['snr_white']:.1f}, n {row['n_transits']}, FAP {row['false_alarm_probability']:.1g})"
        for row in candidates[:2]
    ]
    if planet:
        for row in accepted:
            for ratio in (1.0, 2.0, 0.5):
                if abs(row["period"].value - ratio * planet["period"]) < 0.01 * ratio * planet["period"]:
                    out["recovered" if ratio == 1.0 else "alias"] = True
                    out["wrong"] = max(0, out["wrong"] - 1)
                    break
    return out


def main() -> None:
    """Run the simulations and print two tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--n", type=int, default=200, help="light curves of pure noise; half as many get a planet")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    import numpy as np

    rng = np.random.default_rng(options.seed)
    cells = [(s, n) for s in SAMPLINGS for n in NOISES]
    tasks = [(*cells[i % len(cells)], int(rng.integers(2**31)), 0.0) for i in range(options.n)]
    for i in range(options.n // 2):
        low, high = BANDS[(i // len(cells)) % len(BANDS)]
        tasks.append((*cells[i % len(cells)], int(rng.integers(2**31)), float(rng.uniform(low, high))))
    with ProcessPoolExecutor(options.processes) as pool:
        results = list(pool.map(search, tasks, chunksize=4))
    _print_tables(results)


def _print_tables(results: list[dict[str, Any]]) -> None:
    """False planets in pure noise, and planets found by signal-to-noise ratio."""
    print("| pure noise | light curves | with a false planet |\n|---|---|---|")
    pure = [r for r in results if r["snr"] == 0]
    for cell in sorted({(r["sampling"], r["noise"]) for r in pure}):
        own = [r for r in pure if (r["sampling"], r["noise"]) == cell]
        print(f"| {cell[0]}, {cell[1]} | {len(own)} | {sum(r['accepted'] > 0 for r in own)} |")
    print(f"| all | {len(pure)} | {sum(r['accepted'] > 0 for r in pure)} |\n")
    print(
        "| injected S/N (white) | noise | injected | recovered | at twice or half the period | false planets beside them |\n|---|---|---|---|---|---|"
    )
    for low, high in BANDS:
        for noise in NOISES:
            own = [r for r in results if low <= r["snr"] < high and r["noise"] == noise]
            if own:
                print(
                    f"| {low:g} to {high:g} | {noise} | {len(own)} | {sum(r['recovered'] for r in own)} | {sum(r['alias'] for r in own)} | {sum(r['wrong'] for r in own)} |"
                )
    for r in results:
        if r["wrong"]:
            print("false:", r["sampling"], r["noise"], f"injected S/N {r['snr']:.1f}", "seed", r["seed"], r["best"])


if __name__ == "__main__":
    main()
