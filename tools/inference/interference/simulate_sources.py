"""Records of transient radio interference by the physics of eight kinds of sources.

A source gives a train of short currents: sparks, restrikes, switched edges.  What a monitoring station records is that train through the wiring and the antenna,
which ring, in noise.  Times and strengths of the train are what tells sources apart; the ringing is drawn alike for all of them, so that a classifier cannot live on it.

Trains: showering arcs of opening contacts (Mills 1969, IEEE Transactions on Parts, Materials and Packaging 5, 47), bounces of closing ones, restrikes of discharge lamps and firing of thyristors in every half
cycle of the mains, sparks of commutators, edges of switched supplies, gap discharges on power lines near the crest of the voltage, and sparks of engines.  Nobody published numbers for
all of these; the ranges below are chosen to be wide, and are no measurement.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

SOURCES = (
    "relay arc",
    "switch bounce",
    "fluorescent lamp",
    "thyristor dimmer",
    "commutator motor",
    "switched supply",
    "power-line gap",
    "engine ignition",
)
SAMPLES = 8192
STEP_S = 5e-6
SPAN_S = SAMPLES * STEP_S  # 41 ms: two cycles of the mains

# What a source is: from a generator and the span [s], times [s] from the start of the record and signed strengths of its currents.
Train = Callable[["np.random.Generator", float], "tuple[np.ndarray, np.ndarray]"]


def simulate_records(n: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Records of sources, all kinds equally often.

    Parameters
    ----------
    n : int
        How many.
    seed : int
        Of everything that is drawn.

    Returns
    -------
    records : ndarray of float32 (n, 8192)
        Voltage in arbitrary units, `STEP_S` apart.
    kinds : ndarray of int64 (n,)
        Codes of `SOURCES`.
    snr : ndarray of float64 (n,)
        Highest absolute voltage of the interference over the standard deviation of the noise, 4 to 60.
    """
    import numpy as np

    kinds = np.arange(n) % len(SOURCES)
    np.random.default_rng(seed).shuffle(kinds)
    records, snr = np.empty((n, SAMPLES), dtype=np.float32), np.empty(n)
    for row, kind in enumerate(kinds):
        rng = np.random.default_rng([seed, row, int(kind)])
        snr[row] = 10.0 ** rng.uniform(np.log10(4.0), np.log10(60.0))
        records[row] = received(*_train_in_record(SOURCES[kind], rng), snr[row], rng)
    return records, kinds.astype(np.int64), snr


def received(times: np.ndarray, strengths: np.ndarray, snr: float, rng: np.random.Generator) -> np.ndarray:
    """What a station records of a train of currents.

    Parameters
    ----------
    times, strengths : ndarray (p,)
        Of the currents [s] from the start of the record; what lies outside it is left out.
    snr : float
        Highest absolute voltage over the standard deviation of the noise.
    rng : numpy.random.Generator
        Of the ringing, the noise and the gain.

    Returns
    -------
    ndarray (8192,)
    """
    import numpy as np

    train = np.zeros(2 * SAMPLES)
    place = times / STEP_S
    inside = (place >= 0) & (place < SAMPLES - 1)
    whole = place[inside].astype(int)
    rest = place[inside] - whole
    np.add.at(train, whole, strengths[inside] * (1.0 - rest))
    np.add.at(train, whole + 1, strengths[inside] * rest)
    wave = np.fft.irfft(np.fft.rfft(train) * np.fft.rfft(_ringing(rng), 2 * SAMPLES), 2 * SAMPLES)[:SAMPLES]
    highest = float(np.abs(wave).max())
    wave *= snr / highest if highest > 0 else 0.0
    wave += rng.normal(0.0, 1.0, SAMPLES)
    if rng.random() < 0.3:  # a transmitter beside
        moment = np.arange(SAMPLES) * STEP_S
        tone = 2.0 * np.pi * (10.0 ** rng.uniform(2.5, 4.9) * moment + rng.random())
        wave += rng.uniform(0.2, 1.5) * np.sin(tone)
    return np.asarray(wave * 10.0 ** rng.uniform(-4.0, 0.0))


def _ringing(rng: np.random.Generator) -> np.ndarray:
    """Answer of wiring, antenna and filter to one current: one to three damped oscillations."""
    import numpy as np

    moment = np.arange(256) * STEP_S
    answer = np.zeros(256)
    for number in range(int(rng.integers(1, 4))):
        frequency, decay = 10.0 ** rng.uniform(3.9, 4.9), 10.0 ** rng.uniform(-5.1, -4.0)
        size = 1.0 if number == 0 else rng.uniform(0.2, 0.8)
        answer += size * np.exp(-moment / decay) * np.cos(2.0 * np.pi * (frequency * moment + rng.random()))
    return answer


def _train_in_record(source: str, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A train of which two currents or more, or the only one, fall into the record."""
    for _ in range(100):
        times, strengths = TRAINS[source](rng, SPAN_S)
        if ((times >= 0) & (times < SPAN_S - STEP_S)).sum() >= 2:
            return times, strengths
    raise AssertionError(f"{source} gives no train")


def relay_arc(rng: np.random.Generator, span: float) -> tuple[np.ndarray, np.ndarray]:
    """An inductive current is broken: it charges the stray capacitance until the growing gap breaks down, again and again, each time higher and later (Mills 1969)."""
    import numpy as np

    opening = 10.0 ** rng.uniform(-3.0, -2.2)  # time in which the gap withstands the unit of voltage [s]
    charging = 10.0 ** rng.uniform(-4.7, -3.9)  # time in which the whole current charges to the unit [s]
    first, taken = rng.uniform(0.05, 0.3), 10.0 ** rng.uniform(-2.7, -1.7)
    moment, energy = 0.0, 1.0
    times, strengths = [], []
    while energy > 0.02 and len(times) < 2000:
        voltage = first + moment / opening
        # The current falls as the root of what energy the coil still has.
        moment += charging * voltage / np.sqrt(energy) * rng.uniform(0.85, 1.15)
        voltage = (first + moment / opening) * rng.uniform(0.8, 1.0)
        times.append(moment)
        strengths.append(voltage)
        energy -= taken * voltage**2
    return rng.uniform(-0.002, 0.9 * span) + np.array(times), rng.choice([-1.0, 1.0]) * np.array(strengths)


def switch_bounce(rng: np.random.Generator, span: float) -> tuple[np.ndarray, np.ndarray]:
    """Contacts close and bounce, each flight shorter by the coefficient of restitution; at each touch a few prestrikes."""
    import numpy as np

    flight, restitution = 10.0 ** rng.uniform(-3.4, -2.4), rng.uniform(0.35, 0.75)
    moment, times, strengths = 0.0, [], []
    sign = rng.choice([-1.0, 1.0])
    while flight > 5e-5:
        for _ in range(int(rng.integers(1, 4))):
            times.append(moment + rng.exponential(3e-5))
            strengths.append(sign * rng.uniform(0.4, 1.0))
        times.append(moment + flight * rng.uniform(0.02, 0.2))  # it opens again
        strengths.append(-sign * rng.uniform(0.1, 0.5))
        moment += flight
        flight *= restitution * rng.uniform(0.85, 1.15)
    return rng.uniform(-0.002, 0.9 * span) + np.array(times), np.array(strengths)


def fluorescent_lamp(rng: np.random.Generator, span: float) -> tuple[np.ndarray, np.ndarray]:
    """The discharge dies at each zero of the mains and strikes again a little after it, with a tail of noise of the gas."""
    import numpy as np

    zeros, signs, cycle = _half_cycles(rng, span)
    delay, jitter = rng.uniform(0.03, 0.14) * cycle, 10.0 ** rng.uniform(-4.6, -3.8)
    tail, decay, size = rng.uniform(3, 20), 10.0 ** rng.uniform(-4.0, -3.3), rng.uniform(0.1, 0.4)
    times, strengths = [], []
    for zero, sign in zip(zeros, signs, strict=True):
        strike = zero + delay + rng.normal(0.0, jitter)
        after = strike + np.cumsum(rng.exponential(decay / 3.0, rng.poisson(tail)))
        times += [np.array([strike]), after]
        strengths += [
            np.array([sign * rng.normal(1.0, 0.12)]),
            size * rng.normal(0.0, 1.0, len(after)) * np.exp(-(after - strike) / (3.0 * decay)),
        ]
    return np.concatenate(times), np.concatenate(strengths)


def thyristor_dimmer(rng: np.random.Generator, span: float) -> tuple[np.ndarray, np.ndarray]:
    """Fires at one phase of each half cycle, as exactly as electronics does, with the sign of the mains."""
    zeros, signs, cycle = _half_cycles(rng, span)
    times = zeros + rng.uniform(0.08, 0.42) * cycle + rng.normal(0.0, 3e-6, len(zeros))
    return times, signs * (1.0 + rng.normal(0.0, 0.015, len(zeros)))


def commutator_motor(rng: np.random.Generator, span: float) -> tuple[np.ndarray, np.ndarray]:
    """Sparks as brushes leave segments: nearly even in time, uneven in strength, the pattern of segments repeated every turn, often following the mains."""
    import numpy as np

    segments = int(rng.integers(3, 25))
    step = 1.0 / 10.0 ** rng.uniform(2.8, 3.9)
    count = int(span / step) + 2
    number = np.arange(count)
    times = step * (number + rng.normal(0.0, 0.06, count)) - rng.random() * step
    strengths = (10.0 ** rng.normal(0.0, 0.15, segments))[number % segments] * 10.0 ** rng.normal(0.0, 0.15, count)
    strengths *= rng.random(count) < rng.uniform(0.5, 1.0)
    if rng.random() < 0.6:  # a universal motor on alternating current
        strengths *= np.abs(np.sin(2.0 * np.pi * (_mains(rng) * times + rng.random())))
    return times, strengths * rng.choice([-1.0, 1.0])


def switched_supply(rng: np.random.Generator, span: float) -> tuple[np.ndarray, np.ndarray]:
    """Two edges of opposite sign a period of 10 to 60 kHz, following the ripple of the rectified mains, in bursts when there is little load."""
    import numpy as np

    period = 1.0 / 10.0 ** rng.uniform(4.0, 4.8)
    begin = np.arange(0.0, span, period) * (1.0 + rng.normal(0.0, 1e-4))
    begin += rng.normal(0.0, 2e-7, len(begin))
    duty, depth, mains = rng.uniform(0.15, 0.85), rng.uniform(0.0, 0.7), 2.0 * _mains(rng)
    size = 1.0 - depth * 0.5 * (1.0 + np.cos(2.0 * np.pi * (mains * begin + rng.random())))
    if rng.random() < 0.4:
        bursts = 10.0 ** rng.uniform(2.3, 3.3)
        size = size * ((bursts * begin + rng.random()) % 1.0 < rng.uniform(0.1, 0.6))
    return np.concatenate([begin, begin + duty * period]), np.concatenate([size, -rng.uniform(0.5, 1.0) * size])


def power_line_gap(rng: np.random.Generator, span: float) -> tuple[np.ndarray, np.ndarray]:
    """A gap between metal parts breaks down many times while the voltage of the line is near its crest, and charges again in between."""
    import numpy as np

    mains, phase = _mains(rng), rng.random()
    charge = 10.0 ** rng.uniform(-4.3, -3.3)
    onset, weaker = rng.uniform(0.55, 0.93), rng.uniform(0.3, 1.0)
    times = np.cumsum(rng.exponential(0.6 * charge, int(3 * span / charge)) + 0.4 * charge) - charge
    voltage = np.sin(2.0 * np.pi * (mains * times + phase))
    strengths = np.sign(voltage) * 10.0 ** rng.normal(0.0, 0.12, len(times))
    strengths *= np.where(voltage > 0, 1.0, weaker) * (np.abs(voltage) > onset)
    return times[strengths != 0], strengths[strengths != 0]


def engine_ignition(rng: np.random.Generator, span: float) -> tuple[np.ndarray, np.ndarray]:
    """Sparks at the rate of an engine, which knows no mains: a strong breakdown, then half a millisecond to two of burning, and the coil's end."""
    import numpy as np

    step = 1.0 / 10.0 ** rng.uniform(1.55, 2.35)
    starts = np.arange(-1, int(span / step) + 2) * step + rng.random() * step
    starts = starts * (1.0 + rng.normal(0.0, 0.003)) + rng.normal(0.0, 0.01 * step, len(starts))
    burning, rate, size = rng.uniform(5e-4, 2e-3), 10.0 ** rng.uniform(3.3, 4.3), rng.uniform(0.05, 0.3)
    sign = rng.choice([-1.0, 1.0])
    times, strengths = [], []
    for start in starts:
        length = burning * rng.uniform(0.8, 1.2)
        during = start + length * rng.random(rng.poisson(rate * length))
        times += [np.array([start, start + length]), during]
        strengths += [
            sign * np.array([rng.normal(1.0, 0.2), -rng.uniform(0.2, 0.5)]),
            size * rng.normal(0.0, 1.0, len(during)),
        ]
    return np.concatenate(times), np.concatenate(strengths)


def _mains(rng: np.random.Generator) -> float:
    """Frequency of the mains [Hz]: 50 or 60, two parts in a thousand off at most."""
    return float(rng.choice([50.0, 60.0]) * (1.0 + rng.uniform(-0.002, 0.002)))


def _half_cycles(rng: np.random.Generator, span: float) -> tuple[np.ndarray, np.ndarray, float]:
    """Zeros of the mains [s] from one before the record on, the sign of the half cycle after each, and the length of a cycle [s]."""
    import numpy as np

    cycle = 1.0 / _mains(rng)
    number = np.arange(-1, int(2.0 * span / cycle) + 2)
    return 0.5 * cycle * (number + rng.random()), np.where(number % 2 == 0, 1.0, -1.0), cycle


TRAINS: dict[str, Train] = {
    "relay arc": relay_arc,
    "switch bounce": switch_bounce,
    "fluorescent lamp": fluorescent_lamp,
    "thyristor dimmer": thyristor_dimmer,
    "commutator motor": commutator_motor,
    "switched supply": switched_supply,
    "power-line gap": power_line_gap,
    "engine ignition": engine_ignition,
}
