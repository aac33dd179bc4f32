"""Files of weights: safetensors with a header, written so that the same weights give the same bytes."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gnomon.tools.errors import WeightsError

if TYPE_CHECKING:
    import numpy as np

_KEY = "gnomon"  # in the file's own metadata


def write_tensors(path: Path, tensors: Mapping[str, np.ndarray], header: Mapping[str, Any]) -> str:
    """Write arrays and a header; the file is there whole or not at all.

    Parameters
    ----------
    path : pathlib.Path
        Of the file; its folder is made.
    tensors : dict of str to ndarray
        Of any of the types that safetensors has.
    header : dict
        What can stand in JSON.

    Returns
    -------
    str
        SHA-256 of the file.
    """
    import numpy as np
    from safetensors.numpy import save

    plain = {k: np.ascontiguousarray(v) if np.ndim(v) else np.asarray(v) for k, v in sorted(tensors.items())}
    data = save(plain, {_KEY: json.dumps(header, sort_keys=True, ensure_ascii=True)})
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_bytes(data)
    beside.replace(path)
    return hashlib.sha256(data).hexdigest()


def read_tensors(path: Path, sha256: str | None = None) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Read what `write_tensors` wrote; nothing in the file is ever run.

    Parameters
    ----------
    path : pathlib.Path
        Of the file.
    sha256 : str, optional
        What its digest must be.

    Raises
    ------
    WeightsError
        Where the file is missing, is another one, or holds no weights.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        data = path.read_bytes()
    except OSError as error:
        raise WeightsError(
            f"The weights {path.name} cannot be read: {error.strerror or error}.", remedy="Install the package again."
        ) from error
    found = hashlib.sha256(data).hexdigest()
    if sha256 is not None and found != sha256:
        raise WeightsError(
            f"{path.name} is not the file of weights that was asked for: its sha256 is {found[:12]}…, not {sha256[:12]}….",
            remedy="Install the package again, or name the other weights.",
        )
    try:
        tensors = load(data)
        size = int.from_bytes(data[:8], "little")
        header = json.loads(json.loads(data[8 : 8 + size])["__metadata__"][_KEY])
    except (SafetensorError, ValueError, KeyError, TypeError) as error:
        raise WeightsError(
            f"{path.name} holds no weights of a model of Gnomon.", remedy="Give a file that `gnomon train` wrote."
        ) from error
    return tensors, header


def model_told(weights: Path, header: Mapping[str, Any], device: str) -> dict[str, str]:
    """Which model spoke: what results of tools have in ``meta["model"]``.

    Parameters
    ----------
    weights : pathlib.Path
        The file that was used.
    header : dict
        Of that file; `gnomon train` puts the name of the model and the line of its card that matters there.
    device : str
        Where it was computed.

    Returns
    -------
    dict of str
        ``name, sha256, device, card``.
    """
    return {
        "name": str(header.get("model", "")),
        "sha256": hashlib.sha256(weights.read_bytes()).hexdigest(),
        "device": device,
        "card": str(header.get("card", "")),
    }
