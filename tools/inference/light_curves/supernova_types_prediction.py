"""What the networks of supernova types say: calibrated probabilities, the time of maximum with intervals, and the guard."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gnomon.tools.inference.hub.models import Attribution, Fitted, Prediction
from gnomon.tools.inference.light_curves.supernova_stages import CLASSES, INPUTS

if TYPE_CHECKING:
    import numpy as np

    from gnomon.tools.inference.light_curves.supernova_types_network import SupernovaNetwork

LEVELS = {"68": 0.68, "95": 0.95}


def predicted(fitted: Fitted, inputs: Mapping[str, np.ndarray], device: str = "auto") -> Prediction:
    """Probabilities of types, the time of maximum with intervals, and the set of types that holds the true one at 95 per cent.

    Parameters
    ----------
    fitted : Fitted
        What `SupernovaTypes.fit` gave.
    inputs : dict of str to ndarray
        ``time``, ``flux``, ``flux_err``, ``band``, ``observed`` (n, m) as `padded_points` gives; ``redshift``, ``redshift_err`` (n,), NaN where not known.
        ``start`` (n,), where it is given, is added to times of maximum.
    device : str
        ``auto``, ``cpu`` or ``cuda``.

    Returns
    -------
    Prediction
        ``extras`` holds ``class_set`` (n, 3), ``peak_day`` with ``peak_lower``, ``peak_upper`` (68 %), ``peak_lower_95`` and ``peak_upper_95``, days as the
        ``time`` of the inputs (and their ``start``), and ``phase_day``, observed days from maximum to the last point.
    """
    import numpy as np

    from gnomon.tools.inference.hub.conformal import class_sets
    from gnomon.tools.inference.hub.domain import in_domain
    from gnomon.tools.inference.light_curves.multiband_features import guard_features

    made = ensemble_of(fitted, inputs, device)
    value = tempered(made["probability"], calibrated_number(fitted, "temperature"))
    wide = {k: made["scale"] * calibrated_number(fitted, f"peak_factor_{k}") for k in LEVELS}
    last = np.where(inputs["observed"], inputs["time"], -np.inf).max(axis=1)
    peak = made["peak"] + inputs.get("start", 0.0)
    return Prediction(
        value,
        in_domain(fitted.tensors, guard_features(inputs)),
        extras={
            "class_set": class_sets(value, calibrated_number(fitted, "class_threshold")),
            "peak_day": peak,
            "peak_lower": peak - wide["68"],
            "peak_upper": peak + wide["68"],
            "peak_lower_95": peak - wide["95"],
            "peak_upper_95": peak + wide["95"],
            "phase_day": last - made["peak"],
        },
    )


def point_attribution(fitted: Fitted, inputs: Mapping[str, np.ndarray], device: str = "auto") -> Attribution:
    """What hiding a stretch of points, or the redshift, takes from the probability of the likeliest type.

    Parameters
    ----------
    fitted, inputs, device
        As in `predicted`.

    Returns
    -------
    Attribution
        ``observed`` (n, m), zero where there is no point, and ``redshift`` (n,).
    """
    import numpy as np

    from gnomon.tools.inference.hub.attribution import occlusion

    temperature = calibrated_number(fitted, "temperature")
    whole = tempered(ensemble_of(fitted, inputs, device)["probability"], temperature)
    rows = np.arange(len(whole))
    likeliest = whole.argmax(axis=1)

    def of_likeliest(changed: dict[str, np.ndarray]) -> np.ndarray:
        made = tempered(ensemble_of(fitted, changed, device)["probability"], temperature)
        return np.asarray(made[rows, likeliest])

    width = max(4, inputs["time"].shape[1] // 20)
    hidden = occlusion(of_likeliest, inputs, "observed", False, width=width, stride=max(1, width // 2))
    unknown = np.full_like(inputs["redshift"], np.nan)
    without = of_likeliest({**inputs, "redshift": unknown, "redshift_err": unknown})
    return Attribution(
        {"observed": np.where(inputs["observed"], hidden, 0.0), "redshift": whole[rows, likeliest] - without},
        f"occlusion of {width} points at a time, and of the redshift (Zeiler & Fergus 2014, arXiv:1311.2901)",
        "points that were not taken; a redshift that is not known",
    )


def network_of(shape: Mapping[str, Any]) -> SupernovaNetwork:
    """A network with the ``width`` and ``dropout`` that a header of weights has."""
    from gnomon.tools.inference.light_curves.supernova_types_network import SupernovaNetwork

    return SupernovaNetwork(len(CLASSES), int(shape["width"]), float(shape["dropout"]))


def ensemble_of(fitted: Fitted, inputs: Mapping[str, np.ndarray], device: str) -> dict[str, np.ndarray]:
    """Mean probabilities of the members, and mean and scale of their time of maximum."""
    import numpy as np
    import torch
    from scipy.special import softmax

    from gnomon.tools.inference.hub.batches import predict_batches
    from gnomon.tools.inference.hub.devices import choose_device

    where = choose_device(device)
    given = {k: inputs[k] for k in INPUTS}
    probabilities, peaks, scales = [], [], []
    for member in range(int(fitted.header["members"])):
        prefix = f"member{member}."
        network = network_of(fitted.header)
        held = {k.removeprefix(prefix): v for k, v in fitted.tensors.items() if k.startswith(prefix)}
        network.load_state_dict({k: torch.from_numpy(np.ascontiguousarray(v)) for k, v in held.items()})
        made = predict_batches(network, given, where, batch=512).astype(np.float64)
        kinds = len(CLASSES)
        probabilities.append(softmax(made[:, :kinds], axis=1))
        peaks.append(made[:, kinds])
        scales.append(np.exp(made[:, kinds + 1]))
    peak = np.mean(peaks, axis=0)
    # Of a mixture of Laplace distributions, each of variance twice its scale squared.
    variance = np.mean([2.0 * s**2 + p**2 for s, p in zip(scales, peaks, strict=True)], axis=0) - peak**2
    return {"probability": np.mean(probabilities, axis=0), "peak": peak, "scale": np.sqrt(np.maximum(variance, 1e-6))}


def tempered(probability: np.ndarray, temperature: float) -> np.ndarray:
    """Probabilities (n, k) whose logarithms are divided by a temperature."""
    import numpy as np
    from scipy.special import softmax

    return np.asarray(softmax(np.log(np.maximum(probability, 1e-12)) / temperature, axis=1))


def calibrated_number(fitted: Fitted, name: str) -> float:
    """One of the numbers that calibration left: ``temperature``, ``class_threshold``, ``peak_factor_68``, ``peak_factor_95``."""
    return float(fitted.tensors[f"calibration.{name}"][0])
