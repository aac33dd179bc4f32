"""Objects that are unlike the others of their table."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Annotated, Literal

from gnomon.tools.errors import InputError
from gnomon.tools.registry import tool

if TYPE_CHECKING:
    from gnomon.tools.kinds import ObjectTable, Ranking

_FEWEST = 50  # objects; with fewer the least p-value is above 0.02, and nothing can be odd
_ALONE = 2  # columns


@tool(
    version="1.0",
    effects=("compute",),
    seconds=6.0,
    seconds_per_1000_rows=0.3,
    comparison="float64",
    citations=(
        "Breunig et al. 2000, LOF: identifying density-based local outliers, doi:10.1145/342009.335388",
        "Liu et al. 2008, Isolation forest, doi:10.1109/ICDM.2008.17",
        "Malanchev et al. 2021, Anomaly detection in the Zwicky Transient Facility DR3, 2021MNRAS.502.5147M, doi:10.1093/mnras/stab316",
        "Bates et al. 2023, Testing for outliers with conformal p-values, doi:10.1214/22-AOS2244",
    ),
    examples=(
        "Which of these light curves are odd?",
        "Which of these objects are odd?",
        "Which objects in the table are outliers?",
        "Find the strangest variable stars in this table of light-curve features",
        "Rank the objects by how unusual they are",
        "Are there outliers among my variable stars?",
        "Judge by isolation: run an isolation forest on the periods, amplitudes and Fourier parameters",
        "Anomaly detection in my table of light-curve statistics",
        "Show the ten weirdest stars and what is weird about them",
        "Which objects of the survey are unlike all others?",
        "Look for rare or unknown types among these variables",
        "这些光变曲线里哪些是异常的？",
        "这张表里哪些天体是异常的？",
        "在这张光变特征表里找出最奇怪的变星",
        "按不寻常的程度给天体排序",
        "我的变星样本里有离群的吗？",
        "用孤立森林检查周期、振幅和傅里叶参数",
        "找出这批变星中罕见或未知的类型",
    ),
    summary_zh="用局部离群因子或孤立森林按光变特征找出与表中其他天体不同的天体，给出 p 值和最不寻常的一列。",
    method="Objects were ranked by how unlike the others they are in the features of the table (way: {way}; local: local outlier factor, Breunig et al. 2000; isolation: isolation forests, Liu et al. 2008, that had not seen the object); the p-value is the part of the objects of the table that are at least as odd.",
    method_zh="按表中的特征给天体排序，看它与其他天体有多不同（方法：{way}；local 为局部离群因子，Breunig 等 2000；isolation 为未见过该天体的孤立森林，Liu 等 2008）；p 值为表中至少同样异常的天体所占比例。",
)
def find_odd_light_curves(
    objects: ObjectTable,
    features: list[Annotated[str, "column"]] | None = None,
    way: Literal["local", "isolation"] = "local",
    seed: int = 1,
) -> Ranking:
    """Rank objects by how unlike the others of their table they are in the numbers that were measured of their light curves.

    Odd may be a rare kind of star, an extreme one of a common kind, or a bad measurement; and
    the part of a table with p-values below 0.01 is one in a hundred, whatever the table holds.

    Parameters
    ----------
    objects : ObjectTable
        Fifty objects or more.  Missing numbers are allowed; that one is missing is a feature too.
    features : list of str, optional
        Columns to judge by.  By default all columns of numbers but those whose names say that they are identifiers, positions, times of
        observation or counts, constant ones, and those that are empty for seven objects in ten.
    way : {"local", "isolation"}
        ``local``: by the local outlier factor, for tables that hold several kinds of objects; ``isolation``: by an isolation forest, which sees what
        lies outside of everything.
    seed : int
        Of the random cuts of the forest.

    Returns
    -------
    Ranking
        The oddest first: ``name``, ``score`` (local outlier factor, about 1 for usual objects, or the forest's score, 0 to 1 and about 0.5 for usual ones;
        no probability), ``in_domain`` (p-value: the
        part of the objects at least as odd), ``unlike_in`` (the column in which it is furthest from the median) and ``deviation`` (by how many robust
        deviations, of logarithms for columns over decades; 30 stands for more).

    Raises
    ------
    InputError
        Where there are fewer than 50 objects, fewer than two features, or a column that is asked for is not there or holds no numbers.

    References
    ----------
    Breunig et al. 2000, doi:10.1145/342009.335388.  Liu et al. 2008, doi:10.1109/ICDM.2008.17.  p-values: Bates et al. 2023, doi:10.1214/22-AOS2244.
    """
    import numpy as np
    from astropy.table import QTable

    from gnomon.tools.inference.light_curves.odd_features import (
        feature_columns,
        feature_matrix,
        isolation_scores,
        largest_deviations,
        local_scores,
    )

    if len(objects) < _FEWEST:
        raise InputError(
            f"The table has {len(objects)} objects, too few to say which are odd.", remedy=f"Give {_FEWEST} or more."
        )
    columns = list(features) if features else feature_columns(objects)
    if len(columns) < _ALONE:
        raise InputError(
            f"The table has {len(columns)} columns of numbers to judge by{': ' + columns[0] if columns else ''}.",
            remedy="Give a table of features of light curves, or name two columns or more with features.",
        )
    matrix = feature_matrix(objects, columns)
    score, p = local_scores(matrix) if way == "local" else isolation_scores(matrix, seed)
    where, deviation = largest_deviations(objects, columns)
    order = np.argsort(-score, kind="stable")
    names = objects["name"] if "name" in objects.colnames else np.arange(1, len(objects) + 1)
    warnings.warn(
        f"Judged by {', '.join(columns)}. One object in a hundred has a p-value below 0.01 in any table; bad measurements come first, so look at them.",
        stacklevel=1,
    )
    return QTable(
        {
            "name": np.array([str(n) for n in names])[order],
            "score": score[order],
            "in_domain": p[order],
            "unlike_in": where[order],
            "deviation": deviation[order],
        },
        meta={"score": "oddness", "features": columns},
    )
