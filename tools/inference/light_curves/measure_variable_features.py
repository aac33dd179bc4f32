"""Period, amplitude and shape of a variable star from its light curve in one band."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Annotated, Any

from gnomon.tools.errors import EmptyResult, InputError
from gnomon.tools.registry import tool

if TYPE_CHECKING:
    from gnomon.tools.kinds import LightCurve, ObjectTable


@tool(
    version="1.0",
    effects=("compute",),
    seconds=2.0,
    seconds_per_1000_rows=0.5,
    citations=(
        "Zechmeister & Kuerster 2009, The generalised Lomb-Scargle periodogram, doi:10.1051/0004-6361:200811296",
        "VanderPlas 2018, Understanding the Lomb-Scargle periodogram, 2018ApJS..236...16V, doi:10.3847/1538-4365/aab766",
        "Simon & Lee 1981, The structural properties of cepheid light curves, 1981ApJ...248..291S, doi:10.1086/159153",
        "Baluev 2008, Assessing the statistical significance of periodogram peaks, doi:10.1111/j.1365-2966.2008.12689.x",
    ),
    examples=(
        "Measure the period and shape of this variable star",
        "Find the pulsation period of the star in this light curve and its Fourier parameters",
        "Give R21, phi21, R31 and phi31 of the light curve",
        "Compute period, amplitude, skewness and kurtosis of my photometry",
        "Is the period of this eclipsing binary twice what the periodogram says?",
        "Extract features from the light curve for variable star classification",
        "Period search in the photometry of a pulsating star",
        "Find the orbital period of this eclipsing binary from irregular photometry",
        "How large is the amplitude of the RR Lyrae star, and what is its period?",
        "测量这颗变星的周期和光变形状",
        "用不规则采样的测光数据求变星周期",
        "求这颗星的脉动周期和傅里叶参数",
        "计算光变曲线的周期、振幅、偏度和峰度",
        "给出这条光变曲线的 R21、phi21、R31、phi31",
        "从光变曲线提取变星分类所用的特征",
        "这颗天琴 RR 型变星的振幅和周期是多少？",
    ),
    summary_zh="由单波段光变曲线测量变星的周期（检查半周期和双周期）、振幅、傅里叶参数、偏度和峰度，供变星分类使用。",
    method="The period was searched for between {shortest} and {longest} with the Lomb-Scargle periodogram, a Fourier series of three terms choosing among its peaks, their halves and doubles; amplitude and Fourier parameters are those of the series of the least Bayesian information criterion.",
    method_zh="用 Lomb-Scargle 周期图在 {shortest} 到 {longest} 之间寻找周期，再用三阶傅里叶级数在各峰及其半、双周期中选择；振幅和傅里叶参数取自贝叶斯信息准则最小的级数。",
)
def measure_variable_features(
    light_curve: LightCurve,
    shortest: Annotated[float, "d", "(0, inf)"] = 0.04,
    longest: Annotated[float, "d", "(0, inf)"] | None = None,
) -> ObjectTable:
    """Measure period, amplitude and shape of a variable star, in the columns that the classifiers of variable stars read.

    One band gives no colours: ``gi`` is there and masked, so that the classifier says what it lacks.

    Parameters
    ----------
    light_curve : LightCurve
        Not detrended.  Fluxes become magnitudes; points with flux 0 or less are left out and counted in a warning.
    shortest : float
        Shortest period [d]; the default is that of delta Scuti stars, an hour.
    longest : float, optional
        Longest period [d]; by default half the time span.

    Returns
    -------
    ObjectTable
        One row: ``name``, ``period`` [d], ``amplitude`` [mag], ``R21``, ``phi21``, ``R31``, ``phi31`` (series of cosines, radians), ``skew``, ``kurt`` (0 for a
        normal distribution) of magnitudes, ``mag_median`` [mag] (masked where the file had fluxes), ``gi`` (masked), ``explained`` (part of the variance),
        ``false_alarm``, ``points``, ``band``.

    Raises
    ------
    InputError
        Where fewer than 15 points can be used, or there are no periods to search.
    EmptyResult
        Where noise would make so strong a period with a probability of 0.01 or more, or it explains less than 30 per cent of the variance.

    References
    ----------
    Zechmeister & Kurster 2009, doi:10.1051/0004-6361:200811296.  Fourier parameters: Simon & Lee 1981, doi:10.1086/159153.
    """
    from gnomon.tools.inference.light_curves.variable_rows import row_of_star, table_of_stars

    time, magnitude, error, median = _magnitudes(light_curve)
    # A shorter limit would be refused for a long light curve; asked for by a person, it is.
    row = row_of_star(
        str(light_curve.meta.get("object") or "light curve"),
        {"one": (time, magnitude, error)},
        median is not None,
        _searchable(time, shortest, longest),
        longest,
        None,
    )
    if row["refused"]:
        raise EmptyResult(
            f"The light curve shows no period that can be believed: {row['refused']}.",
            remedy="Search other periods with shortest and longest, or give a longer light curve.",
            zh="这条光变曲线没有可信的周期。可用 shortest 和 longest 指定其他周期范围，或提供更长的光变曲线。",
        )
    row["band"] = str(light_curve.meta.get("band") or "not told")
    table = table_of_stars([row])
    table.meta["time_reference"] = light_curve.meta.get("time_reference")
    warnings.warn("One band gives no colours, so a class that is told from these numbers is less sure.", stacklevel=1)
    return table


def _searchable(time: Any, shortest: float, longest: float | None) -> float:
    """The shortest period, or for a very long light curve the shortest that can be searched, which is then said."""
    from gnomon.tools.inference.light_curves.variable_period import shortest_searchable

    span = float(time.max() - time.min()) if len(time) else 0.0
    least = shortest_searchable(span, longest)
    if shortest < least:
        warnings.warn(
            f"Over {span:.0f} d, periods below {least:.3g} d are too many to try and were not searched.", stacklevel=1
        )
    return max(shortest, least)


def _magnitudes(light_curve: Any) -> tuple[Any, Any, Any, float | None]:
    """Time [d], magnitude, error, and the median magnitude where the file had magnitudes."""
    import numpy as np

    from gnomon.tools.fitting.light_curve_arrays import light_curve_arrays

    time, flux, error = light_curve_arrays(light_curve)
    bright = flux > 0
    if not bright.all():
        warnings.warn(f"{int((~bright).sum())} points without a positive flux have no magnitude and were left out.", stacklevel=1)  # fmt: skip
    time, flux, error = time[bright], flux[bright], error[bright]
    if not len(time):
        raise InputError("No point of the light curve has a positive flux.", remedy="Give fluxes that are not detrended to zero.")  # fmt: skip
    made = light_curve.meta.get("flux") or {}
    median = None
    if made.get("made_from") == "magnitude" and made.get("median") is not None:
        median = float(made["median"]) * (1e-3 if str(made.get("unit", "")).lower() == "mmag" else 1.0)
    # d(mag) = 2.5 / ln 10 d(flux) / flux, from the definition of the magnitude (Pogson 1856, 1856MNRAS..17...12P).
    return time, -2.5 * np.log10(flux) + (median or 0.0), 2.5 / np.log(10.0) * error / flux, median
