"""What the autoencoder for RR Lyrae stars says of folded light curves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gnomon.tools.inference.hub.models import Attribution

if TYPE_CHECKING:
    import numpy as np
    import torch

INPUTS = ("phase", "magnitude", "error", "log_spread", "present", "log_period")
_AT_ONCE = 128  # stars


def rr_lyrae_probabilities(
    tensors: Mapping[str, np.ndarray], header: Mapping[str, Any], inputs: Mapping[str, np.ndarray], device: str
) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities of types, and how usual each star is.

    Parameters
    ----------
    tensors, header : dict
        Of the file of weights.
    inputs : dict of ndarray
        Of `folded_bands`.
    device : str
        ``auto``, ``cpu`` or ``cuda``.

    Returns
    -------
    value : ndarray (n, 2)
        Calibrated; none below one in as many as it was calibrated with, and two (the rule of succession), since that many tell of nothing rarer.
    in_domain : ndarray (n,)
        The lesser, twice, of two p-values: of the guard, and of the misfit between points and drawn curve, which is large for whatever does not repeat
        with the period.  Zero where the misfit is larger than of any star that it was calibrated with.
    """
    import numpy as np
    from scipy.special import softmax

    from gnomon.tools.inference.hub.domain import in_domain

    logits = rr_lyrae_logits(tensors, header, inputs, device)
    rows = guarded(tensors, header, inputs, device)
    known, misfit = tensors["guard.misfit"], rows[:, int(header["embedding"])]
    worse = len(known) - np.searchsorted(known, misfit.astype(np.float32), side="left")
    usual = np.minimum(1.0, 2.0 * np.minimum(in_domain(tensors, rows), (worse + 1) / (len(known) + 1)))
    usual = np.where(worse == 0, 0.0, usual)
    sure = softmax(logits / float(tensors["calibration.temperature"][0]), axis=1)
    least = float(tensors["calibration.least"][0])
    return least + (1.0 - sure.shape[1] * least) * sure, usual


def rr_lyrae_logits(
    tensors: Mapping[str, np.ndarray], header: Mapping[str, Any], inputs: Mapping[str, np.ndarray], device: str
) -> np.ndarray:
    """Mean over the ensemble of the logarithms of probabilities, before the temperature; (n, classes)."""
    import numpy as np
    from scipy.special import log_softmax

    return np.asarray(np.mean([log_softmax(m, axis=1) for m in _asked(tensors, header, inputs, device, "forward")], axis=0))  # fmt: skip


def guarded(
    tensors: Mapping[str, np.ndarray], header: Mapping[str, Any], inputs: Mapping[str, np.ndarray], device: str
) -> np.ndarray:
    """What the guard sees of each star: medians over its bands of embedding, misfit and spread, and the period; (n, embedding + 4).

    The first network of the ensemble is asked.
    """
    import numpy as np

    seen = _asked(tensors, header, inputs, device, "seen", members=1)[0]
    rows = np.concatenate([seen, np.asarray(inputs["log_spread"])[..., None]], axis=2)
    rows = np.where(np.asarray(inputs["present"])[..., None] > 0, rows, np.nan)
    middle = np.nanmedian(rows, axis=1) if len(rows) else rows[:, 0]
    return np.column_stack([middle, np.asarray(inputs["log_period"], dtype=np.float64)])


def with_bands_hidden(inputs: Mapping[str, np.ndarray], times: int, seed: int) -> dict[str, np.ndarray]:
    """Each star `times` over: as it is, and with some of its bands hidden, as stars are that were seen in fewer."""
    import numpy as np

    rng = np.random.default_rng(seed)
    made = {k: np.concatenate([inputs[k]] * times) for k in INPUTS}
    there = made["present"]
    kept = there * (rng.random(there.shape) > 0.35)
    kept[: len(inputs["present"])] = inputs["present"]
    made["present"] = np.where(kept.sum(axis=1, keepdims=True) > 0, kept, there).astype(np.float32)
    return made


def point_attribution(
    tensors: Mapping[str, np.ndarray], header: Mapping[str, Any], inputs: Mapping[str, np.ndarray], device: str = "auto"
) -> Attribution:
    """What the magnitude of each point adds to the logit of the type that is told.

    Parameters
    ----------
    tensors, header, inputs, device
        As in `rr_lyrae_probabilities`.

    Returns
    -------
    Attribution
        ``magnitude``, shaped as it is.
    """
    import numpy as np
    import torch

    from gnomon.tools.inference.hub.attribution import integrated_gradients
    from gnomon.tools.inference.hub.devices import choose_device

    where = choose_device(device)
    networks = [n.to(where) for n in _networks(tensors, header)]
    told = torch.from_numpy(rr_lyrae_logits(tensors, header, inputs, device).argmax(axis=1)).to(where)

    def output(batch: dict[str, torch.Tensor]) -> torch.Tensor:
        with torch.backends.cudnn.flags(enabled=False):
            logits = torch.stack([network(batch) for network in networks]).mean(dim=0)
        return logits.gather(1, told[:, None])[:, 0]

    given = {k: np.asarray(inputs[k], dtype=np.float32) for k in INPUTS}
    flat = np.zeros((1, *given["magnitude"].shape[1:]), dtype=np.float32)
    values = integrated_gradients(output, given, {"magnitude": flat}, steps=16, device=where)
    return Attribution(
        values, "integrated gradients (Sundararajan et al. 2017, arXiv:1703.01365)", "a star that does not vary"
    )


def _asked(
    tensors: Mapping[str, np.ndarray],
    header: Mapping[str, Any],
    inputs: Mapping[str, np.ndarray],
    device: str,
    method: str,
    members: int | None = None,
) -> list[np.ndarray]:
    import numpy as np

    from gnomon.tools.inference.hub.batches import predict_batches
    from gnomon.tools.inference.hub.devices import choose_device

    given = {k: np.asarray(inputs[k], dtype=np.float32) for k in INPUTS}
    where = choose_device(device)
    networks = _networks(tensors, header, members)
    return [predict_batches(n, given, where, _AT_ONCE, method).astype(np.float64) for n in networks]


def _networks(
    tensors: Mapping[str, np.ndarray], header: Mapping[str, Any], members: int | None = None
) -> list[torch.nn.Module]:
    """The networks of the ensemble, ready to be asked."""
    import torch

    from gnomon.tools.inference.light_curves.rr_lyrae_network import FoldedAutoencoder

    networks: list[torch.nn.Module] = []
    for member in range(int(header["members"]) if members is None else members):
        prefix = f"member{member}."
        network = FoldedAutoencoder(int(header["width"]), int(header["embedding"]), len(header["classes"]))
        network.load_state_dict(
            {k.removeprefix(prefix): torch.as_tensor(v) for k, v in tensors.items() if k.startswith(prefix)}
        )
        networks.append(network.eval())
    return networks
