"""Simulated signals of a transit search: planets, eclipsing binaries, pulsation, spots and noise, as a month of TESS full frames shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gnomon.tools.fitting.light_curve_arrays import longest_transit, robust_scatter
from gnomon.tools.fitting.transit_model import make_model, scaled_axis_of, transit_flux
from gnomon.tools.inference.light_curves.folded_views import folded_views
from gnomon.tools.inference.light_curves.view_statistics import SCALARS

if TYPE_CHECKING:
    import numpy as np

# A sector of the prime mission: Ricker et al. 2015, doi:10.1117/1.JATIS.1.1.014003.
SPAN_D, EXPOSURE_D, GAP_D = 27.4, 1.0 / 48.0, 1.0
KINDS = ("noise", "spots", "pulsation", "eclipsing binary", "planet")
_CLASS_OF = {"eclipsing binary": 1, "planet": 2}
_SHARES = (0.25, 0.15, 0.15, 0.25, 0.20)


def sector_times() -> np.ndarray:
    """Times of the exposures of one sector [d], with the gap for sending data down."""
    import numpy as np

    time = np.arange(0.0, SPAN_D, EXPOSURE_D)
    return time[np.abs(time - 0.5 * SPAN_D) > 0.5 * GAP_D]


def red_noise(time: np.ndarray, scale: float, spread: float, rng: np.random.Generator) -> np.ndarray:
    """Noise whose correlation falls as exp(-lag / scale), drawn exactly at any times in order.

    It is the simplest of the processes of Foreman-Mackey et al. 2017, doi:10.3847/1538-3881/aa9332, and what correlated noise of transit surveys
    is like (Pont et al. 2006, doi:10.1111/j.1365-2966.2006.11012.x).

    Parameters
    ----------
    time : ndarray (n,)
        In order [d].
    scale : float
        Of the correlation [d].
    spread : float
        Standard deviation.
    rng : numpy.random.Generator
        Where chance comes from.
    """
    import numpy as np

    drawn = rng.normal(size=len(time))
    kept = np.exp(-np.diff(time) / scale)
    noise = np.empty(len(time))
    noise[0] = spread * drawn[0]
    for i, share in enumerate(kept, start=1):
        noise[i] = share * noise[i - 1] + spread * np.sqrt(1.0 - share**2) * drawn[i]
    return noise


def dips(time: np.ndarray, orbit: dict[str, float], duration: float, epoch: float) -> np.ndarray:
    """Flux lost in transits [parts of 1], averaged over the exposures, by batman.

    Parameters
    ----------
    time : ndarray (n,)
        [d].
    orbit : dict
        ``period`` [d], ``ratio``, ``axis``, ``impact``, ``q1``, ``q2``, as in `gnomon.tools.fitting.transit_model`.
    duration, epoch : float
        First to last contact, and the middle of one transit [d].
    """
    import numpy as np

    period = orbit["period"]
    since = (time - epoch + 0.5 * period) % period - 0.5 * period
    lost = np.zeros(len(time))
    near = np.abs(since) < duration + EXPOSURE_D
    lost[near] = 1.0 - transit_flux(make_model(duration + 2.0 * EXPOSURE_D), since[near], EXPOSURE_D, orbit)
    return lost


def simulate_signals(n: int, seed: int) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Folded views of simulated signals.

    Parameters
    ----------
    n : int
        How many.
    seed : int
        Of everything that is drawn.

    Returns
    -------
    inputs : dict
        ``global_view`` (n, 201), ``local_view`` (n, 61) and ``scalars`` (n, 9); of the star nothing is known.
    target : ndarray of int64 (n,)
        0 neither, 1 eclipsing binary, 2 planet.
    """
    import numpy as np

    rng = np.random.default_rng(seed)
    time = sector_times()
    whole, near, scalars, codes = [], [], [], []
    for kind in rng.choice(KINDS, size=n, p=_SHARES):
        flux, period, epoch, duration = _signal(str(kind), time, rng)
        flat = _detrended(time, flux, duration)
        views = folded_views(time, flat, period, epoch, duration)
        inside = np.abs((time - epoch + 0.5 * period) % period - 0.5 * period) < 0.5 * duration
        depth = float(np.median(flat[~inside]) - np.mean(flat[inside])) if inside.any() else float("nan")
        ratio = depth * np.sqrt(inside.sum()) / robust_scatter(flat[~inside])
        whole.append(views[0])
        near.append(views[1])
        known = {"period_d": period, "duration_h": 24.0 * duration, "depth_ppm": 1e6 * depth, "snr": ratio}
        scalars.append([known.get(name, np.nan) for name in SCALARS])
        codes.append(_CLASS_OF.get(str(kind), 0))
    inputs = {
        "global_view": np.stack(whole),
        "local_view": np.stack(near),
        "scalars": np.array(scalars, dtype=np.float32),
    }
    return inputs, np.array(codes, dtype=np.int64)


def _signal(kind: str, time: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, float, float, float]:
    """Flux of one star with noise, and the period, epoch and duration at which a search would fold it."""
    import numpy as np

    density = 10 ** rng.normal(0.0, 0.25)  # of the Sun's; dwarfs of types F to K
    period = float(10 ** rng.uniform(-0.3, 1.11))  # two transits in a sector at least
    epoch = float(rng.uniform(0.0, period))
    if kind in _CLASS_OF:
        lost, duration = (_planet if kind == "planet" else _binary)(time, period, epoch, density, rng)
        inside = max(1, int(np.sum(lost > 0.5 * lost.max())))
        white = float(lost.max()) * np.sqrt(inside) / 10 ** rng.uniform(0.95, 2.2)  # S/N 9 to 160
        red = red_noise(time, rng.uniform(0.1, 1.0), white * rng.uniform(0.0, 0.4), rng)
        return 1.0 - lost + red + rng.normal(0.0, white, len(time)), period, epoch, duration
    white = 10 ** rng.uniform(-4.0, -2.5)
    flux = (
        1.0
        + rng.normal(0.0, white, len(time))
        + red_noise(time, rng.uniform(0.1, 1.0), white * rng.uniform(0.3, 2.0), rng)
    )
    if kind == "spots":
        turn = 2.0 * np.pi * (time / period + rng.uniform())
        flux += white * rng.uniform(3, 30) * (np.sin(turn) + 0.5 * np.sin(2.0 * turn + rng.uniform(0, 6.3)))
    elif kind == "pulsation":
        period = float(10 ** rng.uniform(-1.0, 0.0))
        turn = 2.0 * np.pi * (time / period + rng.uniform())
        flux += white * rng.uniform(2, 30) * (np.sin(turn) + rng.uniform(0, 0.5) * np.sin(2.0 * turn + 0.4))
    duration = float(min(0.3 * period, longest_transit(period, density) * rng.uniform(0.5, 1.5)))
    return flux, period, _deepest(time, flux, period, duration), duration


def _planet(
    time: np.ndarray, period: float, epoch: float, density: float, rng: np.random.Generator
) -> tuple[np.ndarray, float]:
    import numpy as np

    ratio, impact = float(10 ** rng.uniform(-1.7, -0.8)), float(rng.uniform(0.0, 0.9))
    duration = float(longest_transit(period, density)) * np.sqrt((1.0 + ratio) ** 2 - impact**2)
    orbit = {
        "period": period,
        "ratio": ratio,
        "impact": impact,
        "q1": rng.uniform(0.1, 0.6),
        "q2": rng.uniform(0.1, 0.6),
    }
    orbit["axis"] = scaled_axis_of(period, duration, impact, ratio)
    return dips(time, orbit, duration, epoch), duration


def _binary(
    time: np.ndarray, period: float, epoch: float, density: float, rng: np.random.Generator
) -> tuple[np.ndarray, float]:
    """Two eclipses half an orbit apart, of unequal depth, and for short periods the two waves of stars drawn out by each other."""
    import numpy as np

    ratio, impact = float(rng.uniform(0.2, 0.5)), float(rng.uniform(0.0, 1.05))
    duration = min(0.45 * period, float(longest_transit(period, density)) * np.sqrt((1.0 + ratio) ** 2 - impact**2))
    orbit = {
        "period": period,
        "ratio": ratio,
        "impact": impact,
        "q1": rng.uniform(0.1, 0.6),
        "q2": rng.uniform(0.1, 0.6),
    }
    orbit["axis"] = scaled_axis_of(period, duration, impact, ratio)
    first = dips(time, orbit, duration, epoch)
    second = dips(
        time, {**orbit, "q1": 1e-6, "q2": 0.5}, duration, epoch + 0.5 * period
    )  # the smaller star's disc, flat
    lost = first + float(rng.uniform(0.02, 1.0)) * second
    if period < 2.0:
        lost = lost + first.max() * rng.uniform(0.0, 0.3) * np.cos(4.0 * np.pi * (time - epoch) / period)
    return lost, duration


def _deepest(time: np.ndarray, flux: np.ndarray, period: float, duration: float) -> float:
    """The phase at which a box of this duration lies deepest, as a search would have it."""
    import numpy as np

    bins = max(8, int(period / (0.5 * duration)))
    phase = ((time % period) / period * bins).astype(int) % bins
    count = np.bincount(phase, minlength=bins)
    mean = np.where(count > 0, np.bincount(phase, flux - 1.0, bins) / np.maximum(count, 1), np.inf)
    return float((int(np.argmin(mean)) + 0.5) / bins * period)


def _detrended(time: np.ndarray, flux: np.ndarray, duration: float) -> np.ndarray:
    """Flux over a running median in windows of a day, or three durations where that is longer; the two halves of the sector each by itself."""
    import numpy as np
    from scipy.ndimage import median_filter

    window = 2 * int(max(1.0, 3.0 * duration) / EXPOSURE_D / 2) + 1
    before = time < 0.5 * SPAN_D
    trend = np.concatenate([median_filter(flux[half], window, mode="nearest") for half in (before, ~before)])
    return np.asarray(flux / trend)
