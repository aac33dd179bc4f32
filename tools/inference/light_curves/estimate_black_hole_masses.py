"""Masses of the black holes of quasars from how their light curves vary."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Literal

from gnomon.tools.inference.hub.domain import FLAGGED_BELOW
from gnomon.tools.registry import tool

if TYPE_CHECKING:
    from gnomon.tools.kinds import Measurements, MultibandLightCurves, Weights

WEIGHTS = ("weights/quasar_masses.safetensors", "7ace85d9e1a60379bcea31614e7307535e71e0fb832a7a7c38bc74b020305a15")


@tool(
    version="1.0",
    effects=("compute",),
    seconds=3.0,
    seconds_per_1000_rows=0.05,
    comparison="float32",
    weights={"weights": WEIGHTS},
    citations=(
        "Lin et al. 2021, AGNet: weighing black holes with machine learning, arXiv:2011.15095, doi:10.48550/arXiv.2011.15095",
        "Burke et al. 2021, A characteristic optical variability time scale in astrophysical accretion disks, doi:10.1126/science.abg9933, arXiv:2108.05389",
        "MacLeod et al. 2010, Modeling the time variability of SDSS Stripe 82 quasars as a damped random walk, doi:10.1088/0004-637X/721/2/1014",
        "Kozlowski 2017, Limitations on the recovery of the true AGN variability parameters using damped random walk modeling, doi:10.1051/0004-6361/201629890",
    ),
    examples=(
        "How massive are the black holes of these quasars, judged by their light curves?",
        "Estimate black-hole masses from the variability of the quasars",
        "Weigh the AGN from its optical light curve",
        "Give the mass of the supermassive black hole from the damped random walk of this quasar",
        "Black hole masses from photometric variability instead of spectra, please",
        "What does the damping timescale of these quasars say about their black-hole masses?",
        "I have redshifts and light curves of 40 AGN; get M_BH with error bars",
        "Use the network to predict the virial mass from the quasar photometry time series",
        "根据光变曲线估计这些类星体的黑洞质量",
        "由类星体的光变测量中心黑洞有多重",
        "用阻尼随机游走的光变给活动星系核称重",
        "没有光谱，只有测光时间序列，能给出超大质量黑洞的质量吗？",
        "这些类星体的阻尼时标对应多大的黑洞质量？",
        "给出每个活动星系核黑洞质量及误差",
        "用神经网络从类星体光变预测黑洞质量",
    ),
    summary_zh="由类星体的光变曲线和红移，用在模拟阻尼随机游走上训练的网络估计中心黑洞的质量及区间。",
    method="The mass of each black hole was estimated from how likely damped random walks of sixteen damping times make its light curve in one band, and from its redshift, by networks trained on light curves that were simulated with the relation of damping time and mass of Burke et al. (2021), with intervals of 68 and 95 per cent.",
    method_zh="由每个类星体单一波段光变曲线在十六个阻尼时标的阻尼随机游走下的似然以及红移，用按 Burke 等（2021）阻尼时标—质量关系模拟的光变曲线训练的网络估计黑洞质量，给出 68% 和 95% 区间。",
)
def estimate_black_hole_masses(
    light_curves: MultibandLightCurves, weights: Weights, device: Literal["auto", "cpu", "cuda"] = "cpu"
) -> Measurements:
    """Estimate masses of black holes of quasars from their light curves and redshifts.

    The masses are as right as the relation of damping time and mass that was put into the simulation; nothing was trained on observed masses.

    Parameters
    ----------
    light_curves : MultibandLightCurves
        Of quasars, with a ``redshift`` of each.  Of each the band with most points among u, g, r, i, z, y is read: 20 nights or more over 200 days or more; fluxes above zero.
    weights : Weights
        Of the networks.
    device : {"auto", "cpu", "cuda"}
        Where they are computed.

    Returns
    -------
    Measurements
        Of each quasar ``log_black_hole_mass`` (decimal logarithm of the mass in solar masses) with its interval of 68 per cent, the same with 95 per cent, and ``in_domain``
        (below 0.01 it is unlike what was simulated).  ``meta["explanation"]`` says of the first six what each number added.

    Raises
    ------
    InputError
        Where there are no redshifts, or no quasar has points enough.

    References
    ----------
    The idea: Lin et al. 2021, arXiv:2011.15095.  Damping time and mass: Burke et al. 2021, doi:10.1126/science.abg9933.  Amplitudes: MacLeod et al. 2010,
    doi:10.1088/0004-637X/721/2/1014.  Short light curves: Kozlowski 2017, doi:10.1051/0004-6361/201629890.
    """
    from gnomon.tools.inference.hub.devices import choose_device
    from gnomon.tools.inference.hub.explanations import EXPLAINED, explanation, numbers_part
    from gnomon.tools.inference.hub.weights import model_told, read_tensors
    from gnomon.tools.inference.light_curves.quasar_curves import quasar_curves
    from gnomon.tools.inference.light_curves.quasar_mass_estimates import mass_attribution, mass_estimates
    from gnomon.tools.inference.light_curves.quasar_statistics import STATISTICS
    from gnomon.tools.reporting.measured_rows import measurements

    names, statistics = quasar_curves(light_curves)
    tensors, header = read_tensors(weights)
    where = str(choose_device(device))
    made = mass_estimates(tensors, header, statistics, where)
    odd = made["in_domain"] < FLAGGED_BELOW
    if odd.any():
        warnings.warn(
            f"{int(odd.sum())} of {len(odd)} light curves are unlike the simulated quasars that the networks were trained on; their masses should not be trusted.",
            stacklevel=1,
        )
    rows = []
    for number, name in enumerate(names):
        mass = {"quantity": "log_black_hole_mass", "of": name, "value": made["value"][number], "unit": "dex(solMass)"}
        rows.append({**mass, "lower": made["lower"][number], "upper": made["upper"][number], "level": 0.68})
        rows.append({**mass, "lower": made["lower_95"][number], "upper": made["upper_95"][number], "level": 0.95})
        rows.append({"quantity": "in_domain", "of": name, "value": made["in_domain"][number]})
    table = measurements(rows)
    table.meta["model"] = model_told(weights, header, where)
    first = statistics[:EXPLAINED]
    why = mass_attribution(tensors, header, first, where)
    table.meta["explanation"] = explanation(
        names[:EXPLAINED],
        ("the logarithm of the mass", "质量的对数"),
        (why.baseline, "典型的模拟类星体"),
        why.method,
        [numbers_part(STATISTICS, first, why.values["statistics"])],
    )
    return table
