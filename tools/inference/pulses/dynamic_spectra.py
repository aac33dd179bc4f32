"""Arrays of a dynamic spectrum, checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gnomon.tools.errors import InputError

if TYPE_CHECKING:
    from gnomon.tools.kinds import DynamicSpectrum

_UNEVEN = 0.05  # of a channel's width by which a channel may lie beside its place
_LEAST_CHANNELS, _LEAST_TIMES = 8, 64


def spectrum_parts(spectrum: DynamicSpectrum) -> tuple[Any, Any, float]:
    """Power, frequencies and time step of a dynamic spectrum.

    Parameters
    ----------
    spectrum : DynamicSpectrum
        With ``frequency_mhz`` and ``time_step_s`` in its ``meta``.

    Returns
    -------
    tuple
        Power (numpy.ndarray, shape (channels, times), NaN where masked), centres of the channels in increasing order [MHz], and the
        time between samples [s].

    Raises
    ------
    InputError
        Where one is missing, the channels are not evenly spaced, or there are too few of them or of samples.
    """
    import numpy as np

    frequency = np.asarray(spectrum.meta.get("frequency_mhz", ()), dtype=np.float64)
    step = spectrum.meta.get("time_step_s")
    power = np.asarray(spectrum.data)
    if power.ndim != 2 or len(frequency) != len(power) or not isinstance(step, int | float) or not step > 0:
        raise InputError(
            "The dynamic spectrum does not say at which frequencies and times its power was measured.",
            remedy="Read it with read_filterbank.",
        )
    if spectrum.mask is not None and np.any(spectrum.mask):
        power = np.where(spectrum.mask, np.nan, power.astype(np.float32))
    if frequency[0] > frequency[-1]:
        frequency, power = frequency[::-1], power[::-1]
    refuse_unsearchable(frequency, power.shape[1])
    return power, frequency, float(step)


def refuse_unsearchable(frequency_mhz: Any, times: int) -> None:
    """Refuse data in which dispersed pulses cannot be searched for.

    Parameters
    ----------
    frequency_mhz : numpy.ndarray of float, shape (channels,)
        Centres of the channels in increasing order [MHz].
    times : int
        Number of samples.

    Raises
    ------
    InputError
        Where the channels are not evenly spaced, or there are too few of them or of samples.
    """
    import numpy as np

    channels = len(frequency_mhz)
    if channels < _LEAST_CHANNELS or times < _LEAST_TIMES:
        raise InputError(
            f"The dynamic spectrum has {channels} channels and {times} samples; a search for pulses needs {_LEAST_CHANNELS} and {_LEAST_TIMES}.",
            remedy="Give longer data with more channels.",
        )
    width = (frequency_mhz[-1] - frequency_mhz[0]) / (channels - 1)
    even = frequency_mhz[0] + width * np.arange(channels)
    if width <= 0 or np.abs(frequency_mhz - even).max() > _UNEVEN * width:
        raise InputError(
            "The channels of the dynamic spectrum are not evenly spaced, which dedispersion needs.",
            remedy="Give one band at a time, with channels of one width.",
        )
