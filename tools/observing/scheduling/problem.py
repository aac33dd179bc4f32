"""The scheduling problem in its compact form: whole seconds since the start of the span, and everything by index."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

# Hour angle [rad], sine and cosine of the apparent declination of a body that moves, at a time [s].
Track = Callable[[float], tuple[float, float, float]]

FOREVER = 1 << 40


class Sky(Protocol):
    """What the scheduler asks of the visibility of targets; times are seconds since the start of the span."""

    def windows(self, request_key: str, visit_key: str, telescope_key: str, instrument_key: str, /) -> Floats:
        """When a visit may stay on an instrument, rows (start, end)."""
        ...

    def hour_angle_declination(self, target_index: int, site_key: str, seconds: Floats, /) -> tuple[Floats, Floats]:
        """Hour angle and apparent declination [deg]."""
        ...

    def night(self, site: str, sun_altitude_max: float, /) -> Floats:
        """When the Sun is not above an altitude [deg], rows (start, end)."""
        ...

    def wished(self, request_key: str, visit_key: str, /) -> Floats | None:
        """The windows and phases that a visit asks for, rows (start, end); None where it asks for none."""
        ...

    def target_index(self, request_key: str, /) -> int:
        """Which of the targets a request has."""
        ...


class Option:
    """One way to make a visit: on an instrument, in bands, from one of the ``starts`` on.

    Parameters
    ----------
    job, telescope, instrument, site : int
        Indices; instruments are counted over all telescopes.
    bands : tuple of str
    duration : int
        [s], rounded up.
    starts : tuple of (int, int)
        Intervals of allowed starts, both ends included, in order.
    settings : (str, str)
        What must be in the beam at the beginning, and what is at the end (`Instrument.first_setting`).
    moves : bool or None
        Whether it is a body that moves; what has a track where nobody says.
    change, band_change : float
        To this instrument from another, or to these bands from others [s].
    hour_angle, sine, cosine : float
        Hour angle [rad] at time zero at the telescope's site, and of the apparent declination.
    track : callable or None
        The same by time, of what keeps no place among the stars as they are seen: bodies that move, and stars beside a pole.
    """

    __slots__ = (
        "band_change",
        "bands",
        "change",
        "cosine",
        "duration",
        "earliest",
        "first",
        "hour_angle",
        "instrument",
        "job",
        "last",
        "latest",
        "lows",
        "moves",
        "sine",
        "site",
        "starts",
        "telescope",
        "track",
    )

    def __init__(
        self,
        job: int,
        telescope: int,
        instrument: int,
        site: int,
        bands: tuple[str, ...],
        duration: int,
        starts: tuple[tuple[int, int], ...],
        change: float = 0.0,
        band_change: float = 0.0,
        hour_angle: float = 0.0,
        sine: float = 0.0,
        cosine: float = 1.0,
        track: Track | None = None,
        settings: tuple[str, str] | None = None,
        moves: bool | None = None,
    ) -> None:
        self.job, self.telescope, self.instrument, self.site = job, telescope, instrument, site
        self.bands, self.duration, self.starts = bands, duration, starts
        self.first, self.last = settings or ((bands[0], bands[-1]) if bands else ("", ""))
        self.change, self.band_change = change, band_change
        self.hour_angle, self.sine, self.cosine, self.track = hour_angle, sine, cosine, track
        self.moves = track is not None if moves is None else moves
        self.lows = [low for low, _ in starts]
        self.earliest = starts[0][0] if starts else FOREVER
        self.latest = starts[-1][1] if starts else -1

    def with_starts(self, starts: tuple[tuple[int, int], ...]) -> Option:
        """The same option with other starts."""
        return Option(
            self.job,
            self.telescope,
            self.instrument,
            self.site,
            self.bands,
            self.duration,
            starts,
            self.change,
            self.band_change,
            self.hour_angle,
            self.sine,
            self.cosine,
            self.track,
            (self.first, self.last),
            self.moves,
        )

    def next_start(self, time: int) -> int:
        """The first allowed start at or after a time; `FOREVER` where there is none."""
        i = bisect_right(self.lows, time)
        if i and time <= self.starts[i - 1][1]:
            return time
        return self.lows[i] if i < len(self.lows) else FOREVER

    def last_start_with(self, time: int) -> int:
        """The end of the interval of allowed starts that holds a time; the time itself where none does."""
        i = bisect_right(self.lows, time)
        return max(time, self.starts[i - 1][1]) if i else time


@dataclass(frozen=True)
class Link:
    """A relation of one visit to another, as seen from the one: start of the other − start of this, between two numbers of seconds.

    ``after_this`` and ``after_other`` say from whose end the time counts, if from any.
    """

    other: int
    least: float
    most: float
    after_this: bool
    after_other: bool
    where: str


@dataclass
class Job:
    """A visit: its options, and its links to the others of its request."""

    index: int
    request: int
    key: str
    weight: float
    options: tuple[Option, ...]
    links: tuple[Link, ...] = ()


@dataclass
class Unit:
    """Visits that count only together: of a request whose credit is all, every visit; else each visit by itself."""

    index: int
    request: int
    jobs: tuple[int, ...]
    value: float
    priority: float
    programme: int
    groups: tuple[int, ...] = ()


@dataclass(frozen=True)
class Share:
    """A programme: hours at most [s], its share of the capacity, and the capacity [s]."""

    key: str
    most: float
    share: float | None
    capacity: float


@dataclass
class Machine:
    """A telescope: its indices, and ``gap(option, end, next option, its start)``, the whole seconds needed in between."""

    key: str
    index: int
    site: int
    gap: Callable[[Option, int, Option, int], int]
    instruments: dict[str, int] = field(default_factory=dict)


@dataclass
class Problem:
    """Everything that a search needs.

    ``horizon`` is the length of the span [s]; ``total`` the sum of all priorities; ``groups`` are sets of units of which one request at most may be taken.
    """

    horizon: int
    machines: list[Machine]
    jobs: list[Job]
    units: list[Unit]
    requests: list[str]
    programmes: list[Share]
    total: float
    origin: float = 0.0
    one_of: list[tuple[int, ...]] = field(default_factory=list)
    unit_of: list[int] = field(default_factory=list)

    def penalty(self, programme: int, seconds: float) -> float:
        """What a programme's use of time above its share costs."""
        share = self.programmes[programme]
        if share.share is None or share.capacity <= 0:
            return 0.0
        return self.total * max(0.0, seconds / share.capacity - share.share)
