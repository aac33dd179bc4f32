"""Numbers of redshifts from photometry: each object's, or their distribution."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gnomon.tools.registry import tool
from gnomon.tools.reporting.explanation_panels import explained_rows
from gnomon.tools.reporting.measured_rows import measurements, unlike_known

if TYPE_CHECKING:
    from gnomon.tools.kinds import Measurements, Redshifts

_NAMED = 30  # objects named one by one


@tool(
    version="1.1",
    effects=("compute",),
    seconds=0.1,
    seconds_per_1000_rows=0.005,
    comparison="decision",
    citations=(
        "Brammer, van Dokkum & Coppi 2008, EAZY: a fast, public photometric redshift code, doi:10.1086/591786",
        "Salvato, Ilbert & Hoyle 2019, The many flavours of photometric redshifts, doi:10.1038/s41550-018-0478-0",
    ),
    examples=(
        "Give the redshift of each galaxy with its uncertainty",
        "List the photometric redshifts with their 68 per cent intervals",
        "What is the median redshift of the sample?",
        "How many redshifts may be outliers?",
        "Numbers only: redshift, lower and upper limit for every object",
        "给出每个星系的红移和误差",
        "列出测光红移及其 68% 区间",
        "样本的红移中位数是多少？",
        "有多少个红移可能是离群值？",
        "只要数字：每个天体的红移和上下限",
    ),
    summary_zh="给出每个天体的红移及 68% 区间；天体很多时给出分布（中位数、四分位）和可能离群的数目。",
    method="The redshift of an object is that of its probability density, with the central 68 per cent; of large samples the quantiles are given.",
    method_zh="每个天体的红移取自其概率密度，区间为中间 68%；大样本给出分位数。",
)
def measure_redshifts(redshifts: Redshifts) -> Measurements:
    """Give the redshift of each object with its interval, and how many are not to be trusted.

    Parameters
    ----------
    redshifts : Redshifts
        With ``z``, ``z_lower``, ``z_upper`` (68 per cent), ``in_domain`` and, where the model gives it, ``outlier_probability``.

    Returns
    -------
    Measurements
        ``redshift`` of each of thirty objects or fewer; of more, ``median_redshift`` with the quartiles (level 0.5).
        ``number_unlike_known`` (guard below 0.01) and ``expected_outliers`` (sum of the outlier probabilities).
        Where the model tells, ``attribution``: what the three strongest magnitudes of each of the first three objects added to what it said.

    References
    ----------
    Outliers and scatter: Brammer et al. 2008, doi:10.1086/591786.
    """
    import numpy as np

    odd = unlike_known(redshifts)
    z = np.asarray(redshifts["z"], dtype=float)
    rows: list[dict[str, Any]] = []
    if len(redshifts) <= _NAMED:
        for number, row in enumerate(redshifts):
            rows.append(
                {
                    "quantity": "redshift",
                    "of": str(row["name"]),
                    "value": float(z[number]),
                    "lower": float(row["z_lower"]),
                    "upper": float(row["z_upper"]),
                    "level": 0.68,
                }
            )
    elif np.isfinite(z).any():
        low, middle, high = np.nanquantile(z, [0.25, 0.5, 0.75])
        rows.append(
            {"quantity": "median_redshift", "of": f"{len(z)} objects", "value": float(middle), "lower": float(low), "upper": float(high), "level": 0.5}
        )  # fmt: skip
    rows.append({"quantity": "number_unlike_known", "of": "objects", "value": float(odd.sum())})
    if "outlier_probability" in redshifts.colnames:
        expected = float(np.nansum(np.asarray(redshifts["outlier_probability"], dtype=float)))
        rows.append({"quantity": "expected_outliers", "of": "objects", "value": expected})
    return measurements(rows + explained_rows(redshifts))
