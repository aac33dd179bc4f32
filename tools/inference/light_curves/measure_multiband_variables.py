"""Periods, amplitudes, shapes and colours of variable stars from their light curves in several bands."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Annotated, Any

from gnomon.tools.errors import EmptyResult, InputError
from gnomon.tools.registry import tool

if TYPE_CHECKING:
    from gnomon.tools.kinds import MultibandLightCurves, ObjectTable

_NAMED = 5  # stars that are named in a warning


@tool(
    version="1.0",
    effects=("compute",),
    seconds=2.0,
    seconds_per_1000_rows=8.0,
    citations=(
        "VanderPlas & Ivezic 2015, Periodograms for multiband astronomical time series, 2015ApJ...812...18V, doi:10.1088/0004-637X/812/1/18",
        "Zechmeister & Kuerster 2009, The generalised Lomb-Scargle periodogram, doi:10.1051/0004-6361:200811296",
        "Simon & Lee 1981, The structural properties of cepheid light curves, 1981ApJ...248..291S, doi:10.1086/159153",
        "Sesar et al. 2010, Light curve templates and galactic distribution of RR Lyrae stars from SDSS Stripe 82, doi:10.1088/0004-637X/708/1/717",
    ),
    examples=(
        "Measure periods and shapes of the variable stars in these multi-band light curves",
        "Find the periods of all RR Lyrae candidates from their ugriz light curves",
        "Give period, amplitude and colours of each variable star",
        "Make a table of features from the light curves in several bands for classification of variable stars",
        "Compute Fourier parameters of every star in the multi-band table",
        "Period search with all bands together",
        "Mean colours and pulsation periods of the stars in this multi-band file",
        "How large are the amplitudes of these variables in r, and what are their periods?",
        "Measure the V and I light curves of my Cepheids: period, amplitude, mean magnitudes",
        "测量这些多波段光变曲线中变星的周期和形状",
        "由 ugriz 光变曲线求所有天琴 RR 候选体的周期",
        "给出每颗变星的周期、振幅和颜色",
        "从多波段光变曲线提取变星分类所用的特征",
        "用所有波段一起寻找周期",
        "由 V、I 波段光变曲线测量造父变星的周期、振幅和平均星等",
        "求这些变星的脉动周期和颜色",
    ),
    summary_zh="由多波段光变曲线测量每颗变星的周期（所有波段共用）、振幅、傅里叶参数和颜色，供变星分类使用。",
    method="Periods between {shortest} and {longest} were proposed by the Lomb-Scargle periodogram of each band, and chosen among, with their halves and doubles, by Fourier series of three terms in all bands together (VanderPlas & Ivezic 2015); colours are differences of median magnitudes.",
    method_zh="由各波段的 Lomb-Scargle 周期图在 {shortest} 到 {longest} 之间提出周期，再连同其半、双周期用所有波段的三阶傅里叶级数选择（VanderPlas & Ivezic 2015）；颜色为中位星等之差。",
)
def measure_multiband_variables(
    light_curves: MultibandLightCurves,
    shortest: Annotated[float, "d", "(0, inf)"] = 0.04,
    longest: Annotated[float, "d", "(0, inf)"] | None = None,
    band: str | None = None,
) -> ObjectTable:
    """Measure period, amplitude, shape and colours of variable stars, in the columns that the classifiers of variable stars read.

    Parameters
    ----------
    light_curves : MultibandLightCurves
        Of one or many stars.  Points with flux 0 or less have no magnitude and are left out.
    shortest : float
        Shortest period [d]; the default is that of delta Scuti stars, an hour.
    longest : float, optional
        Longest period [d]; by default half the time span of each star.
    band : str, optional
        In which amplitude and shape are measured.  By default I where there is V beside it, then r, g, V, R, else the one with the most points.

    Returns
    -------
    ObjectTable
        One row a star with a believable period: ``name``, ``period`` [d], ``amplitude`` [mag], ``R21``, ``phi21``, ``R31``, ``phi31`` (series of cosines,
        radians), ``skew``, ``kurt`` (0 for a normal distribution), then ``mag_median``, ``ug``, ``gi`` [mag], or ``i_mag`` and ``v_mag`` where all stars have I
        and V (as the file gives them; the classifier takes them for Vega magnitudes), masked where a band is missing; ``explained`` (part of the
        variance), ``false_alarm``, ``points``, ``band``.  Stars with fewer than 15 points in every band, or whose period noise would make with a
        probability of 0.01 or which explains less than 30 per cent of the variance, are left out and counted in a warning.

    Raises
    ------
    InputError
        Where no star has 15 points, or a star lacks the band that is asked for.
    EmptyResult
        Where no star has a believable period.

    References
    ----------
    Several bands: VanderPlas & Ivezic 2015, doi:10.1088/0004-637X/812/1/18.  Fourier parameters: Simon & Lee 1981, doi:10.1086/159153.
    """
    import numpy as np

    from gnomon.tools.inference.light_curves.variable_period import LEAST_POINTS, shortest_searchable
    from gnomon.tools.inference.light_curves.variable_rows import row_of_star, standard_band, table_of_stars

    calibrated = light_curves.meta.get("zero_point") is not None
    whose = np.asarray(light_curves["object"], dtype=str)
    letters = np.array([standard_band(str(b)) for b in np.asarray(light_curves["band"], dtype=str)])
    rows: list[dict[str, Any]] = []
    unbelieved: list[dict[str, Any]] = []
    short: list[str] = []
    slow: list[str] = []
    for name in np.unique(whose):
        bands = _bands_of(light_curves, whose == name, letters)
        if max((len(t) for t, _m, _e in bands.values()), default=0) < LEAST_POINTS:
            short.append(str(name))
            continue
        span = max(float(np.ptp(t)) for t, _m, _e in bands.values() if len(t))
        least = shortest_searchable(span, longest)
        if shortest < least:
            slow.append(str(name))
        row = row_of_star(str(name), bands, calibrated, max(shortest, least), longest, standard_band(band) if band else None)  # fmt: skip
        (rows if row["refused"] is None else unbelieved).append(row)
    _say("have fewer than 15 points in every band and were left out", short)
    _say("show no period that can be believed and were left out", [r["name"] for r in unbelieved])
    _say(f"are so long that periods down to {shortest:g} d are too many to try; the shortest were not searched", slow)
    if not rows and not unbelieved:
        raise InputError(
            f"None of the {len(short)} stars has {LEAST_POINTS} points in a band, which a period needs.", remedy="Give longer light curves."
        )  # fmt: skip
    if not rows:
        raise EmptyResult(
            f"None of the {len(unbelieved)} stars shows a period that can be believed; of {unbelieved[0]['name']}, {unbelieved[0]['refused']}.",
            remedy="Search other periods with shortest and longest, or give longer light curves.",
            zh="没有一颗星有可信的周期。可用 shortest 和 longest 指定其他周期范围，或提供更长的光变曲线。",
        )
    if not calibrated:
        warnings.warn("The fluxes have no zero point, so there are no median magnitudes and no colours.", stacklevel=1)
    table = table_of_stars(rows)
    table.meta["time_reference"] = light_curves.meta.get("time_reference")
    return table


def _bands_of(light_curves: Any, mine: Any, letters: Any) -> dict[str, tuple[Any, Any, Any]]:
    """Time [d], magnitude and error of one star in each band."""
    import numpy as np

    from gnomon.tools.inference.light_curves.multiband_points import ZERO_POINT_AB

    time = np.asarray(light_curves["time"].to_value("d"), dtype=float)
    flux, error = (
        np.asarray(getattr(light_curves[k], "value", light_curves[k]), dtype=float) for k in ("flux", "flux_err")
    )
    held = {}
    for letter in np.unique(letters[mine]):
        here = mine & (letters == letter) & (flux > 0)
        # d(mag) = 2.5 / ln 10 d(flux) / flux, from the definition of the magnitude (Pogson 1856, 1856MNRAS..17...12P).
        spread = 2.5 / np.log(10.0) * error[here] / flux[here]
        held[str(letter)] = (time[here], ZERO_POINT_AB - 2.5 * np.log10(flux[here]), spread)
    return held


def _say(what: str, names: list[str]) -> None:
    if names:
        shown = ", ".join(names[:_NAMED]) + (" ..." if len(names) > _NAMED else "")
        warnings.warn(f"{len(names)} stars ({shown}) {what}.", stacklevel=2)
