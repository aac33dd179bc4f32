"""Candidates of observations: searched, cut out, and put together for the network, from memory or from files that memory does not hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gnomon.tools.inference.pulses.candidate_images import candidate_images
from gnomon.tools.inference.pulses.pulse_search import PulseCandidate, SearchRange, find_pulses_in_gulps

if TYPE_CHECKING:
    from pathlib import Path

    from gnomon.tools.inference.hub.examples import Examples

DEFAULT = SearchRange(dm_max=2000.0, width_max_s=0.1, snr_min=6.5)


def observed_candidates(
    read: Callable[[int, int], Any], times: int, frequency_mhz: Any, time_step_s: float, search: SearchRange
) -> Iterator[tuple[PulseCandidate, dict[str, Any]]]:
    """Candidates with their images, one after the other; parameters as of `find_pulses_in_gulps`.

    Yields
    ------
    tuple
        A candidate, whose ``time_s`` counts from the start of the data, and what `candidate_images` gives for it.
    """
    for spectrum, begin, candidate in find_pulses_in_gulps(read, times, frequency_mhz, time_step_s, search):
        images = candidate_images(spectrum, frequency_mhz, time_step_s, candidate)
        yield replace(candidate, time_s=begin + candidate.time_s), images


def candidate_name(candidate: PulseCandidate) -> str:
    """What a candidate is called: when and at which dispersion measure it is."""
    return f"{candidate.time_s:.4f} s, DM {candidate.dm:.1f}"


def candidates_of_file(path: Path, rows: int, search: SearchRange = DEFAULT) -> Iterator[Examples]:
    """Candidates in a filterbank file of any length, about `rows` at a time.

    Parameters
    ----------
    path : pathlib.Path
        A SIGPROC file, or PSRFITS in search mode.
    rows : int
        Candidates at a time.
    search : SearchRange
        What to cover.

    Yields
    ------
    Examples
        With no target; ``extras``: ``name``, ``time_s``, ``dm``, ``width_s``, ``snr``.  Nothing is yielded where there is no candidate.

    Raises
    ------
    InputError
        Where the file is broken, or its channels are too few or not evenly spaced.
    """
    import numpy as np

    from gnomon.tools.inference.pulses.dynamic_spectra import refuse_unsearchable
    from gnomon.tools.reading.psrfits_files import is_psrfits_search, open_psrfits
    from gnomon.tools.reading.sigproc_files import open_sigproc

    held: Any = open_psrfits(path) if is_psrfits_search(path) else open_sigproc(path)
    frequency = np.sort(held.frequency_mhz)
    refuse_unsearchable(frequency, held.times)

    def read(start: int, count: int) -> Any:
        return held.samples(start, count)[: held.powers].sum(axis=0)

    found: list[tuple[PulseCandidate, dict[str, Any]]] = []
    done = 0
    for one in observed_candidates(read, held.times, frequency, held.time_step_s, search):
        found.append(one)
        if len(found) >= rows:
            yield _examples(found, path.name, done)
            done += len(found)
            found = []
    if found:
        yield _examples(found, path.name, done)


def _examples(found: list[tuple[PulseCandidate, dict[str, Any]]], source: str, first: int) -> Examples:
    """Candidates as examples of which nobody knows what they are."""
    import numpy as np

    from gnomon.tools.inference.hub.examples import Examples

    inputs = {key: np.stack([images[key] for _, images in found]) for key in found[0][1]}
    extras = {key: np.array([getattr(c, key) for c, _ in found]) for key in ("time_s", "dm", "width_s", "snr")}
    extras["name"] = np.array([candidate_name(c) for c, _ in found])
    return Examples(inputs, None, first + np.arange(len(found)), source, False, extras)
