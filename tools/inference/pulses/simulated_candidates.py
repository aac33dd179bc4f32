"""Candidates of simulated observations: searched as observed ones are, and matched with the bursts that were put in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gnomon.tools.inference.pulses.candidate_images import candidate_images
from gnomon.tools.inference.pulses.dispersion import channel_smearing, dispersion_delay
from gnomon.tools.inference.pulses.interference_mask import flattened
from gnomon.tools.inference.pulses.pulse_search import PulseCandidate, SearchRange, find_pulses
from gnomon.tools.inference.pulses.simulate_bursts import SCATTERING_INDEX
from gnomon.tools.inference.pulses.simulate_observations import Observation, simulate_observation

if TYPE_CHECKING:
    from gnomon.tools.inference.hub.examples import Examples

SEARCH = SearchRange(dm_max=1500.0, width_max_s=0.1, snr_min=6.0)
TIMES = 4096
BURSTS = 2
_BRIGHTER = 2.5  # times the burst alone: what is more than that is interference on top of it


def simulated_candidates(observations: int, seed: int, note: Any = None) -> Examples:
    """Candidates of many simulated observations.

    Parameters
    ----------
    observations : int
        How many.
    seed : int
        Each observation has its own generator, so that a longer list begins with the shorter one.
    note : callable, optional
        Gets a line of progress now and then.

    Returns
    -------
    Examples
        ``dynamic``, ``plane``, ``numbers`` as `candidate_images` makes them.  The target is 1 for the strongest candidate of each burst that
        was found; others of the same burst are left out.  Groups are observations.  ``extras``: ``snr``, ``dm``, ``width_s``, ``injected_snr``
        (NaN for false alarms), and ``hours_share`` and ``bursts_share``, whose sums over candidates are the hours and the bursts put in.
    """
    import numpy as np

    from gnomon.tools.inference.hub.examples import Examples

    images: dict[str, list[Any]] = {"dynamic": [], "plane": [], "numbers": []}
    rows: dict[str, list[float]] = {
        k: [] for k in ("target", "group", "snr", "dm", "width_s", "injected_snr", "hours_share", "bursts_share")
    }
    for number in range(observations):
        made = simulate_observation(
            np.random.default_rng([seed, number]), times=TIMES, bursts=BURSTS, dm_max=SEARCH.dm_max
        )
        receiver = made.receiver
        spectrum, _ = flattened(made.spectrum, receiver.time_step_s)
        found = find_pulses(spectrum, receiver.frequency_mhz, receiver.time_step_s, SEARCH)
        kept = first_matches(made, found)
        hours = TIMES * receiver.time_step_s / 3600.0
        for candidate, burst in kept:
            seen = candidate_images(spectrum, receiver.frequency_mhz, receiver.time_step_s, candidate)
            for name in images:
                # Half precision: a thousandth of the noise is enough, and the set is half as large.
                images[name].append(seen[name] if name == "numbers" else seen[name].astype(np.float16))
            told = (
                burst >= 0, number, candidate.snr, candidate.dm, candidate.width_s, made.bursts[burst].snr if burst >= 0 else np.nan,
                hours / len(kept), len(made.bursts) / len(kept),
            )  # fmt: skip
            for name, value in zip(rows, told, strict=True):
                rows[name].append(float(value))
        if note is not None and (number + 1) % 100 == 0:
            note(f"simulated pulses: {number + 1} of {observations} observations, {len(rows['group'])} candidates")
    columns = {k: np.array(v) for k, v in rows.items()}
    return Examples(
        {k: np.stack(v) for k, v in images.items()},
        columns.pop("target").astype(np.int64),
        columns.pop("group").astype(np.int64),
        "simulated-pulses",
        True,
        columns,
    )


def first_matches(made: Observation, found: list[PulseCandidate]) -> list[tuple[PulseCandidate, int]]:
    """Candidates with the number of their burst, or -1; of several of one burst only the strongest.

    Parameters
    ----------
    made : Observation
        With the bursts that were put in.
    found : list of PulseCandidate
        What a search found in it.

    Returns
    -------
    list of tuple
        Strongest first.
    """
    kept = []
    taken: set[int] = set()
    for candidate in sorted(found, key=lambda c: -c.snr):
        burst = matching_burst(made, candidate)
        if burst in taken:
            continue
        if burst >= 0:
            taken.add(burst)
        kept.append((candidate, burst))
    return kept


def matching_burst(made: Observation, candidate: PulseCandidate) -> int:
    """Number of the burst that a candidate is of, or -1.

    Its delay across the band must be right within one and a half widths of burst and boxcar together, its time as well but for what the
    wrong delay shifts it, and it must not be much brighter than the burst, or else it is interference that the burst happens to be under.

    Parameters
    ----------
    made : Observation
    candidate : PulseCandidate

    Returns
    -------
    int
    """
    receiver = made.receiver
    across = float(dispersion_delay(1.0, receiver.low_mhz, receiver.high_mhz))
    for number, burst in enumerate(made.bursts):
        if candidate.snr > _BRIGHTER * burst.snr * len(burst.parts) ** 0.5:
            continue
        for part in burst.parts:
            tail = min(part.scattering_s * (receiver.low_mhz / 1000.0) ** SCATTERING_INDEX, 0.05)
            smear = float(channel_smearing(part.dm, receiver.low_mhz, receiver.channel_mhz))
            slack = 1.5 * (candidate.width_s + part.width_s + tail + smear) + 3 * receiver.time_step_s
            wrong = abs(candidate.dm - part.dm) * across
            if wrong < slack and abs(candidate.time_s - part.time_s) < slack + wrong:
                return number
    return -1
