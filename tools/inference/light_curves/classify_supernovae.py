"""Types and phases of supernovae from light curves in several bands."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Annotated, Any, Literal

from gnomon.tools.errors import EmptyResult, InputError
from gnomon.tools.registry import tool

if TYPE_CHECKING:
    from gnomon.tools.kinds import Classification, MultibandLightCurves, Weights

WEIGHTS = ("weights/supernova_types.safetensors", "56ff4a425fc1985b749aa60824cc5b57234192e07acd35466b9e0ccee954e353")


@tool(
    version="1.1",
    effects=("compute",),
    comparison="float32",
    seconds=4.0,
    seconds_per_1000_rows=0.02,
    weights={"weights": WEIGHTS},
    citations=(
        "Moller & de Boissiere 2020, SuperNNova: an open-source framework for Bayesian, neural network-based supernova classification, doi:10.1093/mnras/stz3312",
        "Kessler et al. 2010, Results from the Supernova Photometric Classification Challenge, doi:10.1086/657607",
        "Lakshminarayanan et al. 2017, Simple and scalable predictive uncertainty estimation using deep ensembles, arXiv:1612.01474, 2017arXiv161201474L",
        "Guo et al. 2017, On calibration of modern neural networks, arXiv:1706.04599, 2017arXiv170604599G",
    ),
    examples=(
        "Which type is this supernova?",
        "Classify these supernovae from their griz light curves",
        "Is this transient a type Ia supernova?",
        "What is the probability that the supernova is of type Ia, Ib/c or II?",
        "Give the types of all candidates in the attached multi-band photometry",
        "When was the supernova at maximum, and at which phase is it now?",
        "Early classification: the light curve has only a few points before maximum, which type is likely?",
        "Photometric classification of DES supernova light curves with host redshifts",
        "Which of these transients are likely Ia and worth a spectrum?",
        "How many days after peak was the last observation of the supernova?",
        "Select a photometric Ia sample from these light curves",
        "这颗超新星是什么类型？",
        "根据 griz 光变曲线给这些超新星分类",
        "这个暂现源是 Ia 型超新星吗？",
        "它是 Ia、Ibc 或 II 型的概率各是多少？",
        "给出附件多波段测光中所有候选体的类型",
        "超新星什么时候达到极大？现在处于什么相位？",
        "早期分类：光变曲线只有极大前的几个点，可能是哪一型？",
        "利用宿主红移对 DES 超新星光变曲线做测光分类",
        "这些暂现源里哪些可能是 Ia 型、值得拍光谱？",
        "从这些光变曲线里挑选测光 Ia 样本",
    ),
    summary_zh="由 g、r、i、z 多波段光变曲线（完整或不完整）判断超新星类型，并给出极大时间和相位。",
    method="Supernovae were classified as Ia, Ibc or II, and their time of maximum was estimated, by an ensemble of convolutional networks trained on the simulated light curves of the 2010 challenge; probabilities are calibrated, and a guard tells which light curves are unlike those.",
    method_zh="用在 2010 年分类挑战赛的模拟光变曲线上训练的卷积网络集合判断超新星类型（Ia、Ibc、II）并估计极大时间；概率经过校准，并标出与训练样本不相似的光变曲线。",
)
def classify_supernovae(
    light_curves: MultibandLightCurves,
    weights: Weights,
    redshift: Annotated[float, "(0, 2.5]"] | None = None,
    redshift_err: Annotated[float, "(0, 1]"] | None = None,
    device: Literal["auto", "cpu", "cuda"] = "auto",
) -> Classification:
    """Classify supernovae as Ia, Ibc or II from light curves in g, r, i and z, at any stage, and tell when they were at maximum.

    Points in other bands are not used.  A redshift of the host, photometric or not, helps much, above all before maximum.  The networks know simulated
    supernovae of a survey as deep as the Dark Energy Survey's: ``in_domain`` below 0.01 says that a light curve is unlike those, and its type should not be
    believed.  Objects without a point above five standard deviations are marked so.  Objects that are no supernovae get a type all the same.

    Parameters
    ----------
    light_curves : MultibandLightCurves
        Fluxes of zero point 27.5; columns ``redshift`` and ``redshift_err`` are used where there are such.
    weights : Weights
        Trained networks, with their calibration and guard.
    redshift : float, optional
        Of all objects that the table gives none for, dimensionless.
    redshift_err : float, optional
        Its standard deviation, dimensionless.
    device : {"auto", "cpu", "cuda"}
        Where it is computed.

    Returns
    -------
    Classification
        One row an object: ``name``, ``class``, ``probability``, ``in_domain``, ``maximum`` [d, as the times that came in], ``phase`` [d, from maximum to the
        last point, in observed days], ``class_set`` (the types that hold the true one at 95 per cent), ``redshift``, ``p_Ia``, ``p_Ibc``, ``p_II``,
        ``maximum_lower`` and ``maximum_upper`` (68 per cent) and ``points``.  ``meta["explanation"]`` says of the first six what hiding points or the redshift takes away.

    Raises
    ------
    InputError
        Where the fluxes have no zero point, or no band is g, r, i or z.
    EmptyResult
        Where no object has a point to be used.

    References
    ----------
    The idea and its use on partial light curves: Moller & de Boissiere 2020, doi:10.1093/mnras/stz3312.  Training data: Kessler et al. 2010,
    doi:10.1086/657607.  Calibration: Guo et al. 2017, arXiv:1706.04599.  Sets of types: Sadinle et al. 2019, doi:10.1080/01621459.2017.1395341.
    """
    import numpy as np
    from astropy import units as u
    from astropy.table import QTable

    from gnomon.tools.inference.hub.devices import choose_device
    from gnomon.tools.inference.hub.explanations import EXPLAINED, curve_part, explanation, numbers_part
    from gnomon.tools.inference.hub.models import Fitted
    from gnomon.tools.inference.hub.weights import model_told, read_tensors
    from gnomon.tools.inference.light_curves.supernova_stages import CLASSES
    from gnomon.tools.inference.light_curves.supernova_types_prediction import point_attribution, predicted

    names, inputs, start = _inputs_of(light_curves, redshift, redshift_err)
    fitted = Fitted(*read_tensors(weights))
    made = predicted(fitted, inputs, device)
    best = made.value.argmax(axis=1)
    rows = np.arange(len(names))
    sets = [", ".join(c for c, inside in zip(CLASSES, row, strict=True) if inside) for row in made.extras["class_set"]]
    result = QTable(
        {
            "name": names,
            "class": np.array(CLASSES)[best],
            "probability": made.value[rows, best],
            "in_domain": made.in_domain,
            "maximum": (start + made.extras["peak_day"]) * u.d,
            "phase": made.extras["phase_day"] * u.d,
            "class_set": sets,
            "redshift": np.round(inputs["redshift"].astype(float), 6),
            **{f"p_{c}": made.value[:, i] for i, c in enumerate(CLASSES)},
            "maximum_lower": (start + made.extras["peak_lower"]) * u.d,
            "maximum_upper": (start + made.extras["peak_upper"]) * u.d,
            "points": inputs["observed"].sum(axis=1),
        }
    )
    result.meta.update(
        time_reference=light_curves.meta.get("time_reference"),
        model=model_told(weights, fitted.header, str(choose_device(device))),
    )
    first = {k: v[:EXPLAINED] for k, v in inputs.items()}
    why = point_attribution(fitted, first, device)
    there = first["observed"]
    result.meta["explanation"] = explanation(
        names[:EXPLAINED],
        ("the probability of the likeliest type", "最可能类型的概率"),
        (why.baseline, "未观测的点；未知的红移"),
        why.method,
        [
            curve_part(
                ("time [d]", "时间 [d]"),
                [start[i] + first["time"][i][seen] for i, seen in enumerate(there)],
                [first["flux"][i][seen] for i, seen in enumerate(there)],
                [why.values["observed"][i][seen] for i, seen in enumerate(there)],
            ),
            numbers_part(["redshift"], first["redshift"][:, None], why.values["redshift"][:, None]),
        ],
    )
    unknown = int(np.isnan(inputs["redshift"]).sum())
    if unknown:
        warnings.warn(
            f"{unknown} of {len(names)} objects have no redshift, so their types are less sure.", stacklevel=1
        )
    return result


def _inputs_of(table: Any, redshift: float | None, redshift_err: float | None) -> tuple[Any, dict[str, Any], Any]:
    """Names of the objects, what the networks take, and the time of each first point."""
    import numpy as np

    from gnomon.tools.inference.light_curves.multiband_points import ZERO_POINT_AB, band_code, padded_points

    if table.meta.get("zero_point") != ZERO_POINT_AB:
        raise InputError(
            "The fluxes of the light curves have no known zero point, and the types hang on brightness.",
            remedy="Read the file again with zero_point, the AB magnitude of flux 1.",
        )
    bands = np.asarray(table["band"], dtype=str)
    codes = {str(b): band_code(str(b)) for b in np.unique(bands)}
    band = np.array([codes[str(b)] for b in bands])
    other = sorted(b for b, code in codes.items() if code < 0)
    if (band < 0).all():
        raise InputError(
            f"None of the bands ({', '.join(other)}) is g, r, i or z.", remedy="Attach light curves in g, r, i or z."
        )
    if other:
        warnings.warn(
            f"{int((band < 0).sum())} points in other bands than g, r, i and z were not used ({', '.join(other)}).",
            stacklevel=1,
        )
    whose = np.asarray(table["object"], dtype=str)
    names, first, owner = np.unique(whose, return_index=True, return_inverse=True)
    flux, error = (np.asarray(getattr(table[k], "value", table[k]), dtype=float) for k in ("flux", "flux_err"))
    time = np.asarray(table["time"].to_value("d"), dtype=float)
    held = padded_points(owner, time, band, flux, error, len(names))
    start = held.pop("start")
    shift = _of_objects(table, "redshift", first, redshift)
    spread = _of_objects(table, "redshift_err", first, redshift_err)
    some = held["observed"].any(axis=1)
    if not some.any():
        raise EmptyResult("No object has a usable point in g, r, i or z.", remedy="Check the light curves.")
    if not some.all():
        warnings.warn(f"{int((~some).sum())} objects without a point in g, r, i or z were left out.", stacklevel=1)
    given = {**held, "redshift": shift, "redshift_err": spread}
    return names[some], {k: v[some] for k, v in given.items()}, start[some]


def _of_objects(table: Any, column: str, first: Any, otherwise: float | None) -> Any:
    """A column's value for each object; what the table lacks is what a person said, or NaN."""
    import numpy as np

    said = np.nan if otherwise is None else float(otherwise)
    if column not in table.colnames:
        return np.full(len(first), said, dtype=np.float32)
    values = np.asarray(table[column], dtype=float)[first]
    return np.where(np.isfinite(values), values, said).astype(np.float32)
