"""Light curves as plain arrays: columns out of the table, typical cadence, bins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gnomon.tools.kinds import LightCurve

MAD_TO_SIGMA = 1.4826  # of a normal distribution; Rousseeuw & Croux 1993, doi:10.1080/01621459.1993.10476408


def light_curve_arrays(light_curve: LightCurve) -> tuple[Any, Any, Any]:
    """Take time in days, flux and uncertainty out of a light curve, in order of time, finite points only.

    Parameters
    ----------
    light_curve : LightCurve
        The table.

    Returns
    -------
    tuple of numpy.ndarray
        ``time`` [d], ``flux``, ``flux_err``, of one length.
    """
    import numpy as np

    column = light_curve["time"]
    time = np.asarray(column.to_value("d") if hasattr(column, "to_value") else column, dtype=np.float64)
    flux = np.asarray(light_curve["flux"], dtype=np.float64)
    error = np.asarray(light_curve["flux_err"], dtype=np.float64)
    good = np.isfinite(time) & np.isfinite(flux) & np.isfinite(error) & (error > 0)
    order = np.flatnonzero(good)[np.argsort(time[good], kind="stable")]
    return time[order], flux[order], error[order]


def robust_scatter(values: Any) -> float:
    """Estimate a standard deviation that outliers do not move: 1.4826 times the median absolute deviation.

    Parameters
    ----------
    values : numpy.ndarray of float
        Finite values.

    Returns
    -------
    float
        The standard deviation of a normal distribution with that median absolute deviation; 0 for no values.
    """
    import numpy as np

    if len(values) == 0:
        return 0.0
    return float(MAD_TO_SIGMA * np.median(np.abs(values - np.median(values))))


def typical_step(time: Any) -> float:
    """Give the median time between neighbouring points, in days.

    Parameters
    ----------
    time : numpy.ndarray of float
        Times in order [d].

    Returns
    -------
    float
        The cadence [d].
    """
    import numpy as np

    return float(np.median(np.diff(time)))


def bin_light_curve(time: Any, flux: Any, error: Any, width: float) -> tuple[Any, Any, Any]:
    """Average a light curve in bins of equal width, weighted by inverse variance; empty bins are left out.

    Parameters
    ----------
    time, flux, error : numpy.ndarray of float
        Times in order [d], fluxes, uncertainties.
    width : float
        Width of a bin [d].

    Returns
    -------
    tuple of numpy.ndarray
        Weighted mean times [d], mean fluxes and their uncertainties for white noise.
    """
    import numpy as np

    index = np.floor((time - time[0]) / width).astype(np.int64)
    first = np.flatnonzero(np.concatenate([[True], np.diff(index) != 0]))
    weight = 1.0 / error**2
    total = np.add.reduceat(weight, first)
    # Times are averaged from the first point on, so that Julian dates lose no digits.
    mean_time = time[0] + np.add.reduceat(weight * (time - time[0]), first) / total
    return mean_time, 1.0 + np.add.reduceat(weight * (flux - 1.0), first) / total, 1.0 / np.sqrt(total)


def carried_meta(light_curve: LightCurve) -> dict[str, Any]:
    """Metadata that later steps need: object, mission, time reference, star, exposure.

    Parameters
    ----------
    light_curve : LightCurve
        The table, or one made from it.

    Returns
    -------
    dict
        Those entries that are there.
    """
    wanted = ("object", "mission", "sector", "quarter", "campaign", "time_reference", "star", "exposure_s")
    return {k: light_curve.meta[k] for k in wanted if k in light_curve.meta}


def longest_transit(period: Any, density: float) -> Any:
    """Give the duration of a central transit on a circular orbit: T = (P / pi) (3 pi / (G rho P^2))^(1/3).

    Parameters
    ----------
    period : float or numpy.ndarray
        Orbital period [d].
    density : float
        Mean density of the star over that of the Sun, dimensionless.

    Returns
    -------
    float or numpy.ndarray
        Duration [d]; 13 hours for a year around the Sun.

    References
    ----------
    Seager & Mallen-Ornelas 2003, doi:10.1086/346105, eq. 19; Winn 2010, 2010exop.book...55W, eq. 18-19.
    """
    import numpy as np

    # a/R* of a one-day orbit around the Sun's mean density, (G rho / 3 pi)^(1/3) P^(2/3), is 4.2083 with
    # G M_sun = 1.3271244e20 m3 s-2 and R_sun = 6.957e8 m (IAU 2015 resolution B3, doi:10.3847/0004-6256/152/2/41).
    scaled_axis = 4.2083 * np.cbrt(density * np.square(period))
    return period / (np.pi * scaled_axis)
