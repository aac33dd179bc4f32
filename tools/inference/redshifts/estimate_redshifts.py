"""Redshifts of galaxies or quasars from their magnitudes."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Annotated, Literal

from gnomon.tools.errors import EmptyResult
from gnomon.tools.registry import tool

if TYPE_CHECKING:
    from gnomon.tools.kinds import ObjectTable, Redshifts, Weights

GALAXY_WEIGHTS = (
    "weights/galaxy_redshifts.safetensors",
    "2396e316e2fa63e732a2d315e9e00a81485525133388cc6e683a2d941d4b8a19",
)
QUASAR_WEIGHTS = (
    "weights/quasar_redshifts.safetensors",
    "0e09e1aa06e6d8ec1ac08a87f982462e5fa254bd6baf3ba0d226cc2bf927d1de",
)


@tool(
    version="1.1",
    effects=("compute",),
    comparison="float32",
    seconds=4.0,
    seconds_per_1000_rows=1.0,
    weights={"galaxy_weights": GALAXY_WEIGHTS, "quasar_weights": QUASAR_WEIGHTS},
    citations=(
        "D'Isanto & Polsterer 2018, Photometric redshift estimation via deep learning, doi:10.1051/0004-6361/201731326",
        "Collister & Lahav 2004, ANNz: estimating photometric redshifts using artificial neural networks, doi:10.1086/383254",
        "Abolfathi et al. 2018, The fourteenth data release of the Sloan Digital Sky Survey, doi:10.3847/1538-4365/aa9e8a",
        "Tanaka et al. 2018, Photometric redshifts for Hyper Suprime-Cam, doi:10.1093/pasj/psx077",
    ),
    examples=(
        "Estimate photometric redshifts of these galaxies",
        "What are the photo-z of the galaxies in this catalogue?",
        "Give the full p(z) of each galaxy from its ugriz magnitudes",
        "Photometric redshifts of the quasars in the attached table",
        "How far away are these quasars, judging by their SDSS colours?",
        "Redshift probability densities from modelMag u g r i z",
        "Which of the photometric redshifts are likely outliers?",
        "Get photo-z for galaxies that lack the u band",
        "Estimate z with its 68 per cent interval from photometry alone",
        "I have magnitudes but no spectra; what are the redshifts?",
        "Use the mixture density network to get redshifts of my SDSS galaxies",
        "估计这些星系的测光红移",
        "由 ugriz 星等求每个星系的红移概率分布 p(z)",
        "附件表里类星体的测光红移是多少？",
        "按 SDSS 颜色判断这些类星体有多远？",
        "哪些测光红移可能是离群值？",
        "缺少 u 波段的星系也给出测光红移",
        "只有星等没有光谱，红移大约是多少？",
        "给出红移和 68% 置信区间",
        "用混合密度网络估计我的 SDSS 星系红移",
    ),
    summary_zh="由 ugriz 星等估计星系或类星体的测光红移，给出完整的概率密度 p(z) 和可能离群的标记。",
    method="Redshifts of the objects, taken to be of the class {objects}, were estimated from their u, g, r, i and z magnitudes by an ensemble of mixture density networks trained on SDSS objects with spectra; each has a probability density, whose integrals were tested for flatness, and a guard tells which photometry is unlike that of the training set.",
    method_zh="把天体当作 {objects} 类，用在有光谱的 SDSS 天体上训练的混合密度网络集合，由 u、g、r、i、z 星等估计红移；给出每个天体的概率密度（其积分变换的均匀性经过检验），并标出与训练样本不相似的测光数据。",
)
def estimate_redshifts(
    photometry: ObjectTable,
    galaxy_weights: Weights,
    quasar_weights: Weights,
    objects: Literal["galaxy", "quasar"] = "galaxy",
    magnitude_columns: list[Annotated[str, "column"]] | None = None,
    device: Literal["auto", "cpu", "cuda"] = "auto",
) -> Redshifts:
    """Estimate photometric redshifts of galaxies or of quasars, with the full density p(z) of each, from magnitudes in u, g, r, i and z.

    Bands may be missing, and errors of magnitudes may be given: where they are larger than those that SDSS typically has, the density is wider.  The
    networks know galaxies and quasars as bright as those that SDSS took spectra of (u below 19.6, r mostly below 18; galaxies to a redshift of about
    0.3, quasars to 3): ``in_domain`` below 0.01 says that the photometry is unlike theirs, and its redshift should not be believed.  The class is taken
    as said; a star gets a redshift too.

    Parameters
    ----------
    photometry : ObjectTable
        One row an object: columns of AB magnitudes in the bands of SDSS, best model magnitudes, as SDSS lists them.
    galaxy_weights : Weights
        Networks trained on galaxies.
    quasar_weights : Weights
        Networks trained on quasars.
    objects : {"galaxy", "quasar"}
        What the objects are.
    magnitude_columns : list of str, optional
        The five columns of u, g, r, i and z, in this order; found by name when not given.
    device : {"auto", "cpu", "cuda"}
        Where it is computed.

    Returns
    -------
    Redshifts
        One row an object: ``name``, ``z`` (of least expected loss), ``z_lower`` and ``z_upper`` (68 per cent), ``z_lower_95``, ``z_upper_95``,
        ``z_median``, ``outlier_probability`` (that z is off by more than 0.05 (1 + z) for galaxies, 0.15 (1 + z) for quasars), ``bands`` (how many
        there were), ``in_domain``, and ``density``, per unit of redshift, in the bins whose middles ``meta["grid"]`` and edges ``meta["grid_edges"]``
        hold.  NaN for objects without any magnitude.  ``meta["explanation"]`` says of the first six what each magnitude added.

    Raises
    ------
    InputError
        Where no column of magnitudes is found, or one that was named is not there.
    EmptyResult
        Where no object has a magnitude.

    References
    ----------
    Mixture densities for redshifts: D'Isanto & Polsterer 2018, doi:10.1051/0004-6361/201731326.  Ensembles: Collister & Lahav 2004,
    doi:10.1086/383254.  Point estimate: Tanaka et al. 2018, doi:10.1093/pasj/psx077, section 4.1.
    """
    import numpy as np
    from astropy.table import QTable

    from gnomon.tools.inference.hub.devices import choose_device
    from gnomon.tools.inference.hub.domain import FLAGGED_BELOW
    from gnomon.tools.inference.hub.explanations import EXPLAINED, explanation, numbers_part
    from gnomon.tools.inference.hub.models import Fitted
    from gnomon.tools.inference.hub.weights import model_told, read_tensors
    from gnomon.tools.inference.redshifts.magnitude_columns import bands_there, magnitudes_in
    from gnomon.tools.inference.redshifts.photometry import BANDS, measured
    from gnomon.tools.inference.redshifts.redshift_estimates import (
        GALAXY_READING,
        QUASAR_READING,
        magnitude_attribution,
        redshift_estimates,
    )
    from gnomon.tools.reading.read_object_table import naming_column, with_names

    inputs, used = magnitudes_in(photometry, magnitude_columns)
    bands = bands_there(inputs)
    if not (bands > 0).any():
        raise EmptyResult("No object has a magnitude in u, g, r, i or z.", remedy="Check the columns of magnitudes.")
    galaxies = objects == "galaxy"
    reading = GALAXY_READING if galaxies else QUASAR_READING
    weights = galaxy_weights if galaxies else quasar_weights
    fitted = Fitted(*read_tensors(weights))
    made = redshift_estimates(fitted, inputs, reading, device)
    named = photometry
    if "name" not in named.colnames:
        named = photometry.copy()
        with_names(named, naming_column(named))
    there = bands > 0

    def told(values: np.ndarray | None) -> np.ndarray:
        assert values is not None  # the model always gives intervals
        mask = there if values.ndim == 1 else there[:, None]
        return np.where(mask, values, np.nan)

    result = QTable(
        {
            "name": np.asarray(named["name"]),
            "z": told(made.value),
            "z_lower": told(made.lower),
            "z_upper": told(made.upper),
            "z_lower_95": told(made.extras["lower_95"]),
            "z_upper_95": told(made.extras["upper_95"]),
            "z_median": told(made.extras["median"]),
            "outlier_probability": told(made.extras["outlier_probability"]),
            "bands": bands,
            "in_domain": made.in_domain,
            "density": told(made.extras["density"]),
        }
    )
    edges = reading.edges
    result.meta.update(
        grid=(0.5 * (edges[1:] + edges[:-1])).tolist(),
        grid_edges=edges.tolist(),
        outlier_cut=reading.outlier_cut,
        magnitude_columns=used,
        model=model_told(weights, fitted.header, str(choose_device(device))),
    )
    first = np.flatnonzero(there)[:EXPLAINED]
    asked = {k: v[first] for k, v in inputs.items()}
    why = magnitude_attribution(fitted, asked, device)
    result.meta["explanation"] = explanation(
        result["name"][first],
        ("the mean of ln(1 + z)", "ln(1 + z) 的均值"),
        (why.baseline, "训练集各波段的中位星等"),
        why.method,
        [numbers_part(BANDS, measured(asked["magnitudes"]), why.values["magnitudes"])],
    )
    gone, some = int((~there).sum()), int((there & (bands < len(inputs["magnitudes"][0]))).sum())
    odd = int((there & (made.in_domain < FLAGGED_BELOW)).sum())
    for count, what in (
        (gone, "have no magnitude, and so no redshift"),
        (some, "lack some of the five bands, so their densities are wider"),
        (odd, f"are unlike the {objects} sample that was trained on, so their redshifts should not be believed"),
    ):
        if count:
            warnings.warn(f"{count} of {len(bands)} objects {what}.", stacklevel=1)
    return result
