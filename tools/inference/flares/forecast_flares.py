"""Forecasts of solar flares from properties of active regions."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from gnomon.tools.errors import EmptyResult
from gnomon.tools.registry import tool

if TYPE_CHECKING:
    from gnomon.tools.kinds import Classification, ObjectTable, Weights

WEIGHTS = (
    "weights/solar_flares.safetensors",
    "b15b674e8d98ba9861ff8fcb853a91c41928b7f150f95696ec83ab711d14535a",
)


@tool(
    version="1.1",
    effects=("compute",),
    comparison="float64",
    seconds=3.0,
    seconds_per_1000_rows=0.5,
    weights={"weights": WEIGHTS},
    citations=(
        "Bobra & Couvidat 2015, Solar flare prediction using SDO/HMI vector magnetic field data with a machine-learning algorithm, doi:10.1088/0004-637X/798/2/135",
        "Bobra et al. 2014, SHARPs: Space-weather HMI Active Region Patches, doi:10.1007/s11207-014-0529-3",
        "Bloomfield et al. 2012, Toward reliable benchmarking of solar flare forecasting methods, doi:10.1088/2041-8205/747/2/L41",
        "Park et al. 2018, Application of the deep convolutional neural network to the forecast of solar flare occurrence using full-disk solar magnetograms, doi:10.3847/1538-4357/aaed40",
        "Geurts et al. 2006, Extremely randomized trees, doi:10.1007/s10994-006-6226-1",
    ),
    examples=(
        "Will these active regions flare?",
        "Forecast M-class flares from the SHARP parameters in this table",
        "What is the probability of an M or X flare within 24 hours for each region?",
        "Which of the attached sunspot regions is most likely to produce a strong solar flare?",
        "Solar flare forecast for these SHARP keywords",
        "Give flare probabilities, using also the list of earlier GOES flares",
        "Is region 11158 going to flare tomorrow?",
        "Rank active regions by their chance of an M1 or larger flare",
        "Space weather: flare risk from vector magnetogram parameters",
        "Use the McIntosh classes and the magnetic keywords to predict flares",
        "Which regions deserve a flare alarm?",
        "这些活动区会爆发耀斑吗？",
        "根据表中的 SHARP 参数预报 M 级耀斑",
        "每个活动区 24 小时内发生 M 级或 X 级耀斑的概率是多少？",
        "哪个黑子群最可能产生强耀斑？",
        "结合此前的 GOES 耀斑列表给出耀斑概率",
        "11158 活动区明天会爆发耀斑吗？",
        "按发生 M1 以上耀斑的可能性给活动区排序",
        "由矢量磁图参数评估空间天气的耀斑风险",
        "哪些活动区需要发出耀斑警报？",
    ),
    summary_zh="由活动区的 SHARP 磁参数（可另加此前的耀斑和黑子报告）预报 24 小时内发生 M 级及以上耀斑的概率。",
    method="The probability of a flare of class M or X within 24 hours was estimated for each active region from 25 magnetic keywords, and from earlier flares and sunspot reports where they were given, by calibrated logistic regression and extremely randomised trees trained on regions of 2010 to 2015; an alarm stands for a probability above the climatological rate of the training sample.",
    method_zh="由 25 个磁参数（以及给出的此前耀斑和黑子报告），用在 2010–2015 年活动区上训练并校准的逻辑回归与极端随机树，估计各活动区 24 小时内发生 M 级或 X 级耀斑的概率；概率高于训练样本的气候学比率时给出警报。",
)
def forecast_flares(
    regions: ObjectTable,
    weights: Weights,
    flares: ObjectTable | None = None,
    spots: ObjectTable | None = None,
) -> Classification:
    """Forecast flares of class M or X within about 24 hours, from magnetic parameters of active regions of the Sun.

    Where the regions have ``noaa_ar`` and ``t_rec``, earlier flares and sunspot reports can be given too, which makes the forecast sharper; only what was
    known by ``t_rec`` is used.  A list of flares must be complete: a region that it does not name counts as one without flares.  Probabilities are of a
    sample with a row 24 hours before each flare and daily rows of the other regions, in which one row in 22 stands before a flare; they are not rates of a
    region and a day.  ``in_domain`` below 0.01 says that the parameters are unlike those of training.

    Parameters
    ----------
    regions : ObjectTable
        One row a region and time: the 25 SHARP and Lorentz-force keywords under their names and in their units at JSOC (TOTUSJH, TOTBSQ, TOTPOT, TOTUSJZ,
        ABSNJZH, SAVNCPP, USFLUX, AREA_ACR, TOTFZ, MEANPOT, R_VALUE, EPSZ, SHRGT45, MEANSHR, MEANGAM, MEANGBT, MEANGBZ, MEANGBH, MEANJZH, TOTFY, MEANJZD,
        MEANALP, TOTFX, EPSY, EPSX).
    weights : Weights
        Trained classifiers, with their calibration and guard.
    flares : ObjectTable, optional
        Earlier flares: ``noaa_ar``, ``start_time``, ``end_time`` (UT) and ``goes_class``.
    spots : ObjectTable, optional
        Daily summaries of sunspot regions: ``noaa_ar``, ``issued``, ``area_msh`` [millionths of the hemisphere], ``extent_deg`` [deg], ``n_spots``, ``mag_type``,
        ``mcintosh``.

    Returns
    -------
    Classification
        One row a row that came in: ``name``, ``class``, ``probability`` (of that class), ``in_domain``, ``p_no M flare``, ``p_M flare``, ``alarm`` (whether
        ``p_M flare`` is above the climatological rate, at which the true skill statistic is highest), ``keywords_alone`` (that probability without flares and spots), ``flares_known`` and ``spots_known``.  ``meta["explanation"]`` says of
        the six most likely to flare what each number added.

    Raises
    ------
    InputError
        Where keywords or columns are missing, or a time is none.
    EmptyResult
        Where there is no region.

    References
    ----------
    Sample and idea: Bobra & Couvidat 2015, doi:10.1088/0004-637X/798/2/135.  Keywords: Bobra et al. 2014, doi:10.1007/s11207-014-0529-3.  Alarms at the
    climatological rate: Bloomfield et al. 2012, doi:10.1088/2041-8205/747/2/L41.
    """
    import numpy as np
    from astropy.table import QTable

    from gnomon.tools.inference.flares.active_regions import HISTORY, KEYWORDS, SUNSPOTS, region_inputs
    from gnomon.tools.inference.flares.flare_probabilities import (
        CLASSES,
        CLIMATOLOGY,
        flare_probabilities,
        region_attribution,
    )
    from gnomon.tools.inference.flares.region_tables import (
        columns_of,
        flare_list,
        numbers_of_regions,
        spot_reports,
        times,
    )
    from gnomon.tools.inference.hub.domain import FLAGGED_BELOW
    from gnomon.tools.inference.hub.explanations import EXPLAINED, explanation, numbers_part
    from gnomon.tools.inference.hub.models import Fitted
    from gnomon.tools.inference.hub.weights import model_told, read_tensors

    if not len(regions):
        raise EmptyResult("The table has no active region.", remedy="Attach a table with one row a region.")
    columns = columns_of(regions)
    dated = "noaa_ar" in columns and "t_rec" in columns
    if dated:
        columns["noaa_ar"], columns["t_rec"] = (
            numbers_of_regions(columns["noaa_ar"]),
            times(columns["t_rec"], "t_rec"),
        )
    elif flares is not None or spots is not None:
        warnings.warn(
            "The regions have no columns noaa_ar and t_rec, so earlier flares and spots could not be looked up.",
            stacklevel=1,
        )
    inputs, _classes = region_inputs(
        columns,
        None if flares is None else flare_list(columns_of(flares)),
        None if spots is None else spot_reports(columns_of(spots)),
        "The table of regions",
    )
    fitted = Fitted(*read_tensors(weights))
    made = flare_probabilities(fitted, inputs)
    best = made.value.argmax(axis=1)
    result = QTable(
        {
            "name": np.asarray(regions["name"]).astype(str),
            "class": np.array(CLASSES)[best],
            "probability": made.value[np.arange(len(best)), best],
            "in_domain": made.in_domain,
            **{f"p_{c}": made.value[:, i] for i, c in enumerate(CLASSES)},
            "alarm": made.extras["alarm"],
            "keywords_alone": made.extras["from_keywords"],
            "flares_known": np.isfinite(inputs["history"][:, 0]),
            "spots_known": np.isfinite(inputs["sunspots"][:, 0]),
        }
    )
    result.meta.update(
        alarm_above=CLIMATOLOGY,
        hours_ahead=24.0,
        model=model_told(weights, fitted.header, "cpu"),
    )
    likeliest = np.argsort(-made.value[:, 1], kind="stable")[:EXPLAINED]
    asked = {k: v[likeliest] for k, v in inputs.items()}
    why = region_attribution(fitted, asked)
    labels = [*KEYWORDS, *(f"earlier {h}" for h in HISTORY), *(f"spots: {s}" for s in SUNSPOTS)]
    parts = ("keywords", "history", "sunspots")
    result.meta["explanation"] = explanation(
        result["name"][likeliest],
        ("the logit of a flare", "耀斑的对数几率"),
        (why.baseline, "宁静活动区的中位数"),
        why.method,
        [numbers_part(labels, np.hstack([asked[p] for p in parts]), np.hstack([why.values[p] for p in parts]))],
    )
    odd = int((made.in_domain < FLAGGED_BELOW).sum())
    if odd:
        warnings.warn(
            f"{odd} of {len(best)} regions have parameters unlike those that were trained on, so their forecasts should not be believed.",
            stacklevel=1,
        )
    return result
