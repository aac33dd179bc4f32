"""Simulated observations: noise with a bandpass, interference, and bursts whose parameters are known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gnomon.tools.inference.pulses.dispersion import dispersion_delay
from gnomon.tools.inference.pulses.simulate_bursts import Burst, Receiver, add_burst
from gnomon.tools.inference.pulses.simulate_interference import KINDS

# Bands like those of surveys: Parkes multibeam (Keith et al. 2010, 2010MNRAS.409..619K), ASKAP (Bannister et al. 2017, 2017ApJ...841L..12B),
# Apertif (van Leeuwen et al. 2023, 2023A&A...672A.117V), FAST (Nan et al. 2011), CHIME (2018ApJ...863...48C), LOTAAS-like above 300 MHz, VLA S band.
BANDS = (
    (1182.0, 1582.0), (1129.5, 1465.5), (1220.0, 1520.0), (1050.0, 1450.0), (400.0, 800.0), (300.0, 400.0), (2488.0, 3512.0), (700.0, 1000.0),
)  # fmt: skip
# How many observations have each sort of interference.  Narrow carriers and sparks are everywhere; sweeps like perytons are rare, but are what
# is most easily taken for bursts, so that there are more of them than at a good site.
SHARES = {"carriers": 0.5, "impulses": 0.5, "periodic": 0.3, "sweeps": 0.2, "gain changes": 0.4}
_SAMPLES_PER_CELL = 2.0  # of noise: time step times bandwidth, twice for two polarisations


@dataclass(frozen=True)
class Injected:
    """A burst in a simulated observation.

    Parameters
    ----------
    parts : tuple of Burst
        Its components, the first one at its time and dispersion measure.
    snr : float
        Signal-to-noise ratio of the best boxcar of the strongest component, in noise without interference.
    """

    parts: tuple[Burst, ...]
    snr: float


@dataclass(frozen=True)
class Observation:
    """A simulated observation.

    Parameters
    ----------
    receiver : Receiver
    spectrum : numpy.ndarray of float32, shape (channels, times)
        Power in arbitrary units.
    bursts : tuple of Injected
    interference : tuple of str
        Which sorts there are.
    """

    receiver: Receiver
    spectrum: Any
    bursts: tuple[Injected, ...]
    interference: tuple[str, ...]


def draw_receiver(generator: Any) -> Receiver:
    """A receiver like that of some survey, with 64, 96 or 128 channels and samples of 0.3 to 2 ms.

    Parameters
    ----------
    generator : numpy.random.Generator

    Returns
    -------
    Receiver
    """
    low, high = BANDS[int(generator.integers(len(BANDS)))]
    return Receiver(low, high, int(generator.choice([64, 96, 128])), float(10 ** generator.uniform(-3.5, -2.7)))


def draw_burst(receiver: Receiver, times: int, generator: Any, dm_max: float) -> Injected:
    """A burst that lies within the data: dispersion, width, scattering and spectrum over wide ranges, some with components.

    Parameters
    ----------
    receiver : Receiver
    times : int
        Samples of the observation.
    generator : numpy.random.Generator
    dm_max : float
        Largest dispersion measure [pc/cm3].

    Returns
    -------
    Injected

    Notes
    -----
    Ranges follow what is catalogued: widths 0.3 to 30 ms, a third scattered, a third narrower than the band, a quarter with components
    that drift downwards (CHIME/FRB Collaboration 2021, 2021ApJS..257...59C; Pleunis et al. 2021, 2021ApJ...923....1P).
    """
    import numpy as np

    step = receiver.time_step_s
    length = times * step
    across = float(dispersion_delay(1.0, receiver.low_mhz, receiver.high_mhz))
    # At least two samples of delay across the band: less cannot be told from no dispersion by anybody.
    least = max(5.0, 2 * step / across)
    most = max(min(dm_max, 0.6 * length / across), 2 * least)
    dm = float(np.exp(generator.uniform(np.log(least), np.log(most))))
    width = float(np.exp(generator.uniform(np.log(max(3e-4, 0.5 * step)), np.log(3e-2))))
    middle_ghz = 0.5e-3 * (receiver.low_mhz + receiver.high_mhz)
    tail = 0.0
    if generator.random() < 0.35:
        tail = width * float(10 ** generator.uniform(-0.5, 0.7)) * middle_ghz**4
    band = float("inf")
    centre = 0.5 * (receiver.low_mhz + receiver.high_mhz)
    if generator.random() < 0.35:
        band = float(generator.uniform(0.15, 0.8)) * (receiver.high_mhz - receiver.low_mhz)
        centre = float(generator.uniform(receiver.low_mhz, receiver.high_mhz))
    time = float(generator.uniform(0.02 * length, 0.98 * length - dm * across))
    first = Burst(time, dm, width, tail, float(generator.normal(-1.5, 2.0)), centre, band)
    parts = [first]
    if generator.random() < 0.25:
        for number in range(1, int(generator.integers(2, 4))):
            lower = centre - number * float(generator.uniform(0.0, 0.25)) * (receiver.high_mhz - receiver.low_mhz)
            later = time + number * width * float(generator.uniform(1.2, 2.5))
            parts.append(Burst(later, dm, width, tail, first.spectral_index, max(lower, receiver.low_mhz), band))
    # Most bursts are weak: Euclidean counts, n(> S/N) going with the power -1.5.
    snr = min(6.5 * float(generator.uniform(0, 1)) ** (-1 / 1.5), 60.0)
    return Injected(tuple(parts), snr)


def simulate_observation(
    generator: Any, times: int = 8192, bursts: int = 3, dm_max: float = 1500.0, receiver: Receiver | None = None
) -> Observation:
    """One observation.

    Parameters
    ----------
    generator : numpy.random.Generator
    times : int
        Samples.
    bursts : int
        Number of bursts.
    dm_max : float
        Largest dispersion measure of a burst [pc/cm3].
    receiver : Receiver, optional
        Drawn when not given.

    Returns
    -------
    Observation

    Notes
    -----
    The noise of a cell is chi-squared with twice as many degrees of freedom as its time times its bandwidth for each of two
    polarisations (radiometer equation: Lorimer & Kramer 2005, 2004hpa..book.....L, section 4.1), and normal where there are many.
    """
    import numpy as np

    receiver = draw_receiver(generator) if receiver is None else receiver
    shape = (receiver.channels, times)
    freedom = 2 * _SAMPLES_PER_CELL * receiver.time_step_s * receiver.channel_mhz * 1e6
    if freedom < 500:
        spectrum = generator.standard_gamma(freedom / 2, size=shape, dtype=np.float32)
        spectrum -= np.float32(freedom / 2)
        spectrum /= np.float32((freedom / 2) ** 0.5)
    else:
        spectrum = generator.standard_normal(shape, dtype=np.float32)
    present = [name for name in KINDS if generator.random() < SHARES[name]]
    for name in present:
        KINDS[name](spectrum, receiver, generator)
    made = []
    for _ in range(bursts):
        burst = draw_burst(receiver, times, generator, dm_max)
        for number, part in enumerate(burst.parts):
            add_burst(
                spectrum, receiver, part, burst.snr * (1.0 if number == 0 else float(generator.uniform(0.4, 1.0)))
            )
        made.append(burst)
    place = np.linspace(-1, 1, receiver.channels)
    bandpass = np.exp(0.2 * np.polynomial.chebyshev.chebval(place, generator.normal(size=4))) * (
        1 - 0.9 * np.abs(place) ** 12
    )
    # Eight bits around a level of 100 with a noise of 12 counts, as a digitiser is set.
    level = 100.0 + 12.0 * spectrum * bandpass[:, None].astype(np.float32)
    return Observation(receiver, np.clip(np.rint(level), 0, 255).astype(np.float32), tuple(made), tuple(present))
