"""Classes of variable stars from a table of their periods, amplitudes, shapes and colours."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from gnomon.tools.errors import InputError
from gnomon.tools.inference.hub.domain import FLAGGED_BELOW
from gnomon.tools.registry import tool

if TYPE_CHECKING:
    from gnomon.tools.kinds import Classification, ObjectTable, Weights

LINEAR_WEIGHTS = (
    "weights/linear_variables.safetensors",
    "641ca5210c98be640c361f9a1e2209ed3bab48d38676e3734b57efc44e99240c",
)
OGLE_WEIGHTS = (
    "weights/ogle_variables.safetensors",
    "2b3d7401d81d7afced3225e3815b49dcdbd7c3fcfcdcd5b52b7d8869c5ea34c1",
)


@tool(
    version="1.1",
    effects=("compute",),
    seconds=3.0,
    seconds_per_1000_rows=0.8,
    comparison="decision",
    weights={"linear_weights": LINEAR_WEIGHTS, "ogle_weights": OGLE_WEIGHTS},
    citations=(
        "Richards et al. 2011, On machine-learned classification of variable stars with sparse and noisy time-series data, doi:10.1088/0004-637X/733/1/10",
        "Palaversa et al. 2013, Exploring the variable sky with LINEAR. III, 2013AJ....146..101P, doi:10.1088/0004-6256/146/4/101",
        "Udalski et al. 2008, The Optical Gravitational Lensing Experiment: OGLE-III photometric maps, 2008AcA....58...69U",
        "Guo et al. 2017, On calibration of modern neural networks, arXiv:1706.04599, doi:10.48550/arXiv.1706.04599",
    ),
    examples=(
        "Classify these variable stars",
        "What kind of variable is each star in this table of periods and amplitudes?",
        "Which of these periodic stars are RR Lyrae, which are Cepheids, which are eclipsing binaries?",
        "Separate RRab from RRc by period, amplitude and colours",
        "Give the class of each variable star with its probability, from Fourier parameters R21 and phi21",
        "Find the anomalous and type II Cepheids in this OGLE table",
        "Fill in the type column of my catalogue of periodic stars",
        "Which stars are contact binaries?",
        "What kind of variable is this light curve?",
        "What kinds of variable stars are in this file of g, r and i photometry?",
        "Which type of variable star do these magnitudes show?",
        "RRab or RRc? The light curves are in g, r, i",
        "Variable star classification from period, colour, skewness and kurtosis",
        "给这些变星分类",
        "这张周期和振幅表里的每颗星是哪一类变星？",
        "哪些是天琴 RR 型，哪些是造父变星，哪些是食双星？",
        "由周期、振幅和傅里叶参数判断变星类型",
        "按周期、振幅和颜色区分 RRab 与 RRc",
        "在这张 OGLE 表中找出反常造父变星和 II 型造父变星",
        "哪些星是相接双星？",
        "这条光变曲线是哪一类变星？",
        "这个多波段测光文件里各是哪一类变星？",
    ),
    summary_zh="由周期、振幅、傅里叶参数、光变形状和颜色给变星分类，并给出概率。",
    method="Variable stars were classified by boosted and extremely randomised trees on period, amplitude, shape and colours, trained on LINEAR (Palaversa et al. 2013) or on OGLE-III (Udalski et al. 2008) as the columns of the table allow, with calibrated probabilities.",
    method_zh="用提升树和极端随机树，由周期、振幅、光变形状和颜色给变星分类；按表中的列选用在 LINEAR（Palaversa 等 2013）或 OGLE-III（Udalski 等 2008）上训练的模型，概率经过校准。",
)
def classify_variable_stars(objects: ObjectTable, linear_weights: Weights, ogle_weights: Weights) -> Classification:
    """Say of which class each periodic variable star of a table is.

    The columns decide which of two models speaks.  OGLE: period, I amplitude, and where there are any Fourier terms (R21, phi21, R31, phi31, series
    of cosines), mean I and V, second period and its amplitude; classes Cep, DPV, DSCT, LPV, RCB, RRLyr, T2Cep, aCep.  LINEAR: period, amplitude,
    skewness, kurtosis, median magnitude, u-g, g-i, i-K, J-K; classes DSCT_SXPHE, EA_2min, EW, RRAB, RRC.

    Parameters
    ----------
    objects : ObjectTable
        A row a star; columns by the names of the surveys (``period1_d``, ``ampl1_mag`` ..., ``log10_period_d``, ``ug`` ...) or common ones
        (``period``, ``logP``, ``amplitude``).  Missing numbers are allowed.
    linear_weights, ogle_weights : Weights
        Of the two models.

    Returns
    -------
    Classification
        A row a star: ``name``, ``class``, ``probability``, ``p_CLASS`` for each class, ``in_domain``.  ``meta["explanation"]`` says of the first six
        what each column added.

    Raises
    ------
    InputError
        Where the table has no rows, or too few of the columns of either model.

    References
    ----------
    Features: Richards et al. 2011, doi:10.1088/0004-637X/733/1/10.  Classes: Palaversa et al. 2013; Udalski et al. 2008.
    """
    import numpy as np
    from astropy.table import QTable

    from gnomon.tools.inference.hub.explanations import EXPLAINED, explanation, numbers_part
    from gnomon.tools.inference.hub.weights import model_told, read_tensors
    from gnomon.tools.inference.light_curves.variable_columns import (
        LINEAR_COLUMNS,
        OGLE_COLUMNS,
        linear_features,
        ogle_features,
    )
    from gnomon.tools.inference.light_curves.variable_probabilities import star_attribution, star_probabilities

    if not len(objects):
        raise InputError("The table has no stars.", remedy="Give a table with at least one row.")
    model, columns = _chosen(objects)
    linear = model == "linear"
    weights, features = (linear_weights, linear_features) if linear else (ogle_weights, ogle_features)
    tensors, header = read_tensors(weights)
    value, usual = star_probabilities(tensors, features(columns))
    odd = usual < FLAGGED_BELOW
    if odd.any():
        warnings.warn(
            f"{int(odd.sum())} of {len(odd)} stars are unlike those of their class that the model was trained on; their classes should not be trusted.",
            stacklevel=1,
        )
    classes = [str(c) for c in header["classes"]]
    names = objects["name"] if "name" in objects.colnames else np.arange(1, len(objects) + 1)
    result = QTable(
        {
            "name": np.array([str(n) for n in names]),
            "class": np.array(classes)[value.argmax(axis=1)],
            "probability": value.max(axis=1),
        }
    )
    for code, name in enumerate(classes):
        result[f"p_{name}"] = value[:, code]
    result["in_domain"] = usual
    result.meta["model"] = model_told(weights, header, "cpu")
    why = star_attribution(tensors, columns[:EXPLAINED], features)
    result.meta["explanation"] = explanation(
        result["name"][:EXPLAINED],
        ("the logarithm of the likeliest class's probability", "最可能类别概率的对数"),
        (why.baseline, "训练集中所有恒星各列的中位数"),
        why.method,
        [
            numbers_part(
                LINEAR_COLUMNS if linear else OGLE_COLUMNS,
                np.where(np.isfinite(columns[:EXPLAINED]), columns[:EXPLAINED], np.nan),
                why.values["columns"],
            )
        ],
    )
    return result


def _chosen(objects: Any) -> tuple[str, Any]:
    """The model whose columns the table has, and these columns as one array; NaN for those that are missing."""
    from gnomon.tools.inference.light_curves.variable_columns import (
        LINEAR_COLUMNS,
        LINEAR_NEEDS,
        OGLE_COLUMNS,
        OGLE_NEEDS,
        found_columns,
        stacked,
    )

    found = {
        "linear": (LINEAR_COLUMNS, LINEAR_NEEDS, found_columns(objects, LINEAR_COLUMNS)),
        "ogle": (OGLE_COLUMNS, OGLE_NEEDS, found_columns(objects, OGLE_COLUMNS)),
    }
    fit = {name: len(there) / len(all_) for name, (all_, needs, there) in found.items() if set(needs) <= set(there)}
    if not fit:
        lacks = {name: [n for n in needs if n not in there] for name, (_all, needs, there) in found.items()}
        raise InputError(
            f"The table lacks columns to tell variable stars by: {', '.join(lacks['ogle'])} for the model of OGLE, {', '.join(lacks['linear'])} for that of LINEAR.",
            remedy="Add the columns of one of the two, or say which ones they are by these names.",
        )
    model = max(fit, key=lambda name: fit[name])
    wanted, _needs, there = found[model]
    missing = [name for name in wanted if name not in there]
    if missing:
        warnings.warn(
            f"The table has no {', '.join(missing)}; classes are told from the other columns, and less well.",
            stacklevel=1,
        )
    return model, stacked(objects, wanted, there)
