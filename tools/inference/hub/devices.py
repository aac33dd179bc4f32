"""Where a model is computed: the device, what it is, and how many examples fit."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Literal

from gnomon.tools.errors import UsageError

if TYPE_CHECKING:
    import torch

Device = Literal["auto", "cpu", "cuda"]
_PART_OF_MEMORY = 0.25  # of what is free on the device, for one batch with what its layers keep
_MOST = 65536


def choose_device(name: str = "auto") -> torch.device:
    """The device that `name` stands for.

    Parameters
    ----------
    name : {"auto", "cpu", "cuda"}
        ``auto`` takes a GPU where one works.  ``cuda`` falls back to the processor, with a warning, where none does; ``cuda:1`` is the second.

    Raises
    ------
    UsageError
        Where `name` is another word.
    """
    import torch

    if name == "cpu":
        return torch.device("cpu")
    if name != "auto" and name.split(":")[0] != "cuda":
        raise UsageError(f"There is no device called {name!r}.", remedy="Say auto, cpu or cuda.")
    wanted = torch.device("cuda" if name == "auto" else name)
    try:
        if not torch.cuda.is_available():
            raise RuntimeError("this installation of torch finds no GPU")
        torch.zeros(1, device=wanted).add_(1)
    except (RuntimeError, AssertionError) as error:
        if name != "auto":
            why = str(error).strip().splitlines()[0].rstrip(".")
            warnings.warn(f"No GPU could be used ({why}), so the processor computes.", stacklevel=2)
        return torch.device("cpu")
    return wanted


def describe_device(device: torch.device, precision: str = "float32") -> dict[str, Any]:
    """What computed: device, its name, precision, threads and versions; for provenance and cards."""
    import torch

    told: dict[str, Any] = {"device": device.type, "precision": precision, "torch": str(torch.__version__)}
    if device.type == "cuda":
        told |= {"name": torch.cuda.get_device_name(device), "cuda": torch.version.cuda}
    else:
        told["threads"] = torch.get_num_threads()
    return told


def fitting_batch(bytes_an_example: int, device: torch.device, most: int = _MOST) -> int:
    """How many examples fit on a device at once, at least one.

    Parameters
    ----------
    bytes_an_example : int
        Of its inputs and of what the layers keep of it.
    device : torch.device
        Where.
    most : int
        No more than these.
    """
    import torch

    if device.type == "cuda":
        free, _total = torch.cuda.mem_get_info(device)
    else:
        import os

        free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return int(max(1, min(most, _PART_OF_MEMORY * free // max(1, bytes_an_example))))
