"""Simulated interference: what transmitters, machines and lightning put into filterbank data, in units of the noise of a cell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gnomon.tools.inference.pulses.simulate_bursts import Receiver


def add_carriers(spectrum: Any, receiver: Receiver, generator: Any) -> None:
    """Narrow transmitters: some always on, some switched on and off, some that only raise the noise.

    Parameters
    ----------
    spectrum : numpy.ndarray of float32, shape (channels, times)
        Changed in place.
    receiver : Receiver
    generator : numpy.random.Generator
    """
    import numpy as np

    channels, times = spectrum.shape
    for _ in range(int(generator.integers(1, 6))):
        first = int(generator.integers(0, channels))
        wide = min(int(generator.geometric(0.4)), channels - first)
        strength = np.float32(10 ** generator.uniform(-0.3, 1.3))
        on = np.ones(times, dtype=np.float32)
        if generator.random() < 0.6:
            # Times of switching are random, with a mean length of 5 ms to 2 s.
            mean = 10 ** generator.uniform(-2.3, 0.3) / receiver.time_step_s
            lengths = generator.exponential(mean, size=int(times / max(mean, 1.0)) * 2 + 4)
            edges = np.concatenate([[0], np.cumsum(np.maximum(lengths, 1)).astype(int)])
            state = np.searchsorted(edges, np.arange(times), side="right") % 2
            on = state.astype(np.float32)
        rows = spectrum[first : first + wide]
        if generator.random() < 0.4:
            rows += strength * on * generator.standard_normal(rows.shape, dtype=np.float32)
        else:
            rows += strength * on


def add_impulses(spectrum: Any, receiver: Receiver, generator: Any) -> None:
    """Broad-band impulses without dispersion: sparks, lightning, switches; of all strengths, in all or a part of the band.

    Parameters
    ----------
    spectrum, receiver, generator
        As in `add_carriers`.
    """
    import numpy as np

    for _ in range(int(generator.integers(1, 7))):
        width = 10 ** generator.uniform(-3.3, -1.3) / receiver.time_step_s
        middle = generator.uniform(0, spectrum.shape[1])
        _add_pulse(
            spectrum, receiver, generator, middle, width, np.zeros(len(spectrum)), 10 ** generator.uniform(0.8, 2.0)
        )


def add_periodic(spectrum: Any, receiver: Receiver, generator: Any) -> None:
    """A train of impulses of one period, as of a radar, a fence or the mains.

    Parameters
    ----------
    spectrum, receiver, generator
        As in `add_carriers`.
    """
    import numpy as np

    period = 10 ** generator.uniform(-1.7, 0.3) / receiver.time_step_s
    width = min(10 ** generator.uniform(-3.3, -1.7) / receiver.time_step_s, period / 4)
    strength = 10 ** generator.uniform(0.7, 1.5)
    shape = _band_shape(receiver, generator)
    times = np.arange(generator.uniform(0, period), spectrum.shape[1], period)
    for middle in times[: int(generator.integers(3, 40))]:
        _add_pulse(spectrum, receiver, generator, middle, width, np.zeros(len(spectrum)), strength, shape)


def add_sweeps(spectrum: Any, receiver: Receiver, generator: Any) -> None:
    """Signals that run through the band: chirps of radars, satellites that pass, perytons, whose course is not that of a plasma.

    Parameters
    ----------
    spectrum, receiver, generator
        As in `add_carriers`.

    References
    ----------
    Perytons: Burke-Spolaor et al. 2011, 2011ApJ...727...18B, doi:10.1088/0004-637X/727/1/18; Petroff et al. 2015, 2015MNRAS.451.3933P.
    """
    import numpy as np

    for _ in range(int(generator.integers(1, 4))):
        across = 10 ** generator.uniform(-2.5, 0.0) / receiver.time_step_s
        width = max(10 ** generator.uniform(-3.0, -1.5) / receiver.time_step_s, 0.5)
        place = np.linspace(1.0, 0.0, len(spectrum))  # 0 at the upper edge
        course = int(generator.integers(0, 4))
        if course == 0:  # a straight chirp downwards
            delay = place
        elif course == 1:  # upwards
            delay = -place
        elif course == 2:  # with kinks, as of perytons
            knots = np.sort(generator.uniform(0, 1, size=4))
            delay = np.interp(place, [0, 0.3, 0.6, 1.0], knots - knots[0])
        else:  # bent the other way
            delay = np.sqrt(place)
        middle = generator.uniform(0, spectrum.shape[1])
        _add_pulse(spectrum, receiver, generator, middle, width, delay * across, 10 ** generator.uniform(0.8, 1.6))


def add_gain_changes(spectrum: Any, receiver: Receiver, generator: Any) -> None:
    """Slow changes of the gain, common to the band, as noise whose power falls with the square of frequency.

    Parameters
    ----------
    spectrum, receiver, generator
        As in `add_carriers`.
    """
    import numpy as np

    times = spectrum.shape[1]
    walk = np.cumsum(generator.standard_normal(times))
    walk -= np.linspace(walk[0], walk[-1], times)
    walk *= 10 ** generator.uniform(-1.5, -0.3) / max(walk.std(), 1e-9)
    slope = 1.0 + 0.3 * generator.standard_normal() * np.linspace(-1, 1, len(spectrum))
    spectrum += np.outer(slope, walk).astype(np.float32)


KINDS: dict[str, Callable[[Any, Receiver, Any], None]] = {
    "carriers": add_carriers,
    "impulses": add_impulses,
    "periodic": add_periodic,
    "sweeps": add_sweeps,
    "gain changes": add_gain_changes,
}


def _band_shape(receiver: Receiver, generator: Any) -> Any:
    """Strength against frequency: all of the band, or a part of it, with slow ripples."""
    import numpy as np

    place = np.linspace(0, 1, receiver.channels)
    shape = np.ones(receiver.channels)
    if generator.random() < 0.5:
        middle, wide = generator.uniform(0, 1), generator.uniform(0.05, 0.5)
        shape = np.exp(-0.5 * ((place - middle) / wide) ** 2)
    ripple = generator.uniform(0, 0.8) * np.sin(
        2 * np.pi * (generator.uniform(0.5, 4) * place + generator.uniform(0, 1))
    )
    return np.clip(shape * (1 + ripple), 0, None)


def _add_pulse(
    spectrum: Any,
    receiver: Receiver,
    generator: Any,
    middle: float,
    width: float,
    delay: Any,
    snr: float,
    shape: Any = None,
) -> None:
    """Add a pulse of some course through the band; width and delay in samples, strength as the S/N of its boxcar if it is followed."""
    import numpy as np

    shape = _band_shape(receiver, generator) if shape is None else shape
    sigma = max(width / 2.355, 0.3)
    reach = int(np.ceil(4 * sigma)) + 1
    centre = middle + delay
    first = np.floor(centre).astype(int) - reach
    index = first[:, None] + np.arange(2 * reach + 1)[None, :]
    profile = np.exp(-0.5 * ((index - centre[:, None]) / sigma) ** 2)
    profile *= (
        snr * max(width, 1.0) ** 0.5 / profile.sum(axis=1, keepdims=True) * (shape / max(shape.mean(), 1e-9))[:, None]
    )
    profile /= len(spectrum) ** 0.5
    inside = (index >= 0) & (index < spectrum.shape[1])
    rows = np.broadcast_to(np.arange(len(spectrum))[:, None], index.shape)
    spectrum[rows[inside], index[inside]] += profile[inside].astype(np.float32)
