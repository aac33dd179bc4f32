"""Asking facilities, time after time, how what they were sent stands; what is new is written into the ledger.

Nothing is sent: of an adapter only `find` is called here.  What was asked and when lies in memory alone, so that a watch which was ended
and begins again asks everything once and goes on.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

from gnomon.plans.handover.hearing import News, hear
from gnomon.plans.handover.ledger import Ledger
from gnomon.plans.handover.packet import Payload
from gnomon.plans.handover.records import HandOver
from gnomon.plans.handover.states import AT_FACILITY
from gnomon.tools.access import Access, pace
from gnomon.tools.errors import StoreError
from gnomon.tools.observing.facilities.adapter import Adapter, Found, adapter_for
from gnomon.tools.observing.facilities.asking import token_for
from gnomon.tools.observing.facilities.sending import row_of_found
from gnomon.tools.transport import transport

EVERY = 120.0  # seconds from one look to the next
LEAST = 30.0  # and no less, but at a service on this machine
LONGEST = 1800.0  # a facility that does not answer is asked after twice the time each time, up to this
LONGEST_WISH = 6 * 3600.0  # for so long at most a facility's own wish is heeded
# So many payloads in a row without an answer, and the facility is left alone for this look: one may be about a payload alone.
_ENOUGH = 2
# Of these a facility may say more; what has ended stays as it is, and what was not sent it does not know.
_OPEN = frozenset({"sending", "acknowledged", "executing"})


@dataclass(frozen=True)
class NewsOf:
    """What is new of a hand-over, and when."""

    digest: str
    title: str
    news: News


@dataclass(frozen=True)
class Silence:
    """What could not be asked or written, why, and after how many seconds it is tried again."""

    said: str
    wait: float


@dataclass(frozen=True)
class Back:
    """A facility that answers again."""

    address: str


@dataclass
class _Facility:
    """When an address is asked next [s of the clock], and how many looks in a row it has not answered."""

    due: float = 0.0
    silent: int = 0


@dataclass
class Watch:
    """A watch over what facilities have.

    Parameters
    ----------
    ledger : Ledger
    access : Access
        Which hosts may be asked, and how often.
    packets : sequence of str
        Digests; by default all hand-overs of which something is at a facility, also those that get there later.
    every : float
        Seconds from one look to the next.
    adapter : callable
        Gives the adapter of a kind, an address and a token.
    clock : callable
        Seconds, of which only differences count.
    """

    ledger: Ledger
    access: Access
    packets: Sequence[str] = ()
    every: float = EVERY
    adapter: Callable[[str, str, str], Adapter] = adapter_for
    clock: Callable[[], float] = time.monotonic
    _facilities: dict[str, _Facility] = field(default_factory=dict)
    _tried: dict[tuple[str, str], float] = field(default_factory=dict)
    _faults: dict[tuple[str, str], str] = field(default_factory=dict)

    def open(self) -> list[HandOver]:
        """The hand-overs of which something is at a facility, or may be."""
        known = self.ledger.book().handovers
        return [h for d, h in known.items() if h.state in AT_FACILITY and (not self.packets or d in self.packets)]

    @property
    def in_doubt(self) -> bool:
        """Whether something could not be asked or written when it was last tried."""
        return bool(self._faults)

    def wait(self) -> float:
        """Seconds until something is to be asked again."""
        due = [f.due for f in self._facilities.values()]
        return max(0.0, min(due) - self.clock()) if due else self.every

    def look(self) -> Iterator[NewsOf | Silence | Back]:
        """Ask each facility whose time has come about each of its payloads once, and tell what is new.

        Raises
        ------
        JournalError
            Where the ledger was altered.
        """
        handovers = self.open()
        asked: list[tuple[str, Payload]] = []
        for handover in handovers:
            try:
                packet = self.ledger.packet(handover.digest)
            except StoreError as error:
                yield from self._fault((handover.digest, ""), str(error), self.every)
                continue
            self._faults.pop((handover.digest, ""), None)
            asked += [(handover.digest, p) for p in packet.payloads if handover.payloads[p.name].state in _OPEN]
        self._forget({(digest, p.name) for digest, p in asked} | {(h.digest, "") for h in handovers}, {p.address for _, p in asked})  # fmt: skip
        # Who waited longest is first, so that one payload of which nothing can be learnt keeps none from being asked.
        asked.sort(key=lambda one: self._tried.get((one[0], one[1].name), float("-inf")))
        rows: dict[str, list[dict[str, Any]]] = {}
        with TemporaryDirectory() as records, transport("record", Path(records), "watch", access=self.access):
            yield from self._ask(asked, rows)
        for handover in (h for h in handovers if h.digest in rows):
            yield from self._hear(handover, rows[handover.digest])

    def _ask(self, asked: list[tuple[str, Payload]], rows: dict[str, list[dict[str, Any]]]) -> Iterator[Silence | Back]:
        begun = self.clock()
        for address in dict.fromkeys(p.address for _, p in asked):
            facility = self._facilities.setdefault(address, _Facility())
            if facility.due > begun:
                continue
            unanswered: list[tuple[tuple[str, str], Found]] = []  # one after the other, up to now
            answered = False
            for digest, payload in [one for one in asked if one[1].address == address]:
                of = (digest, payload.name)
                found = self._find(payload)
                self._tried[of] = self.clock()
                if found.how == "unclear":
                    unanswered.append((of, found))
                    if found.wait > 0 or len(unanswered) >= _ENOUGH:
                        break
                    continue
                for other, unclear in unanswered:  # it answers, so that these were about those payloads alone
                    yield from self._fault(other, f"{other[1]}: {unclear.said}", self._next_wait(address, 0, 0.0))
                unanswered, answered = [], True
                self._faults.pop(of, None)
                rows.setdefault(digest, []).append(vars(row_of_found(payload.model_dump(), found)))
            before = facility.silent
            facility.silent = before + 1 if unanswered else 0
            wait = self._next_wait(address, facility.silent, max((f.wait for _, f in unanswered), default=0.0))
            facility.due = self.clock() + wait
            self._faults |= {of: found.said for of, found in unanswered}
            if unanswered:
                yield Silence(unanswered[-1][1].said, wait)
            elif before and answered:
                yield Back(address)

    def _find(self, payload: Payload) -> Found:
        adapter = self.adapter(payload.facility, payload.address, token_for(payload.address))
        return adapter.find(payload.body, payload.key)

    def _hear(self, handover: HandOver, rows: list[dict[str, Any]]) -> Iterator[NewsOf | Silence]:
        written = (handover.digest, "written")
        try:
            news = hear(self.ledger, handover.digest, rows)
        except StoreError as error:  # a full disk, or another process: it is heard again at the next look
            yield from self._fault(written, f"Not written: {error}", self.every)
            return
        self._faults.pop(written, None)
        if news:
            yield NewsOf(handover.digest, handover.title, news)

    def _fault(self, of: tuple[str, str], said: str, wait: float) -> Iterator[Silence]:
        """Tell what is wrong, once."""
        if self._faults.get(of) != said:
            yield Silence(said, wait)
        self._faults[of] = said

    def _next_wait(self, address: str, silent: int, wish: float) -> float:
        own = pace((urlsplit(address).hostname or "").lower()) == 0.0
        every = self.every if own else max(self.every, LEAST)
        return max(min(every * 2.0**silent, max(LONGEST, every)), min(wish, LONGEST_WISH))

    def _forget(self, payloads: set[tuple[str, str]], addresses: set[str]) -> None:
        """What is no longer open is not waited for."""
        digests = {digest for digest, _ in payloads}
        self._tried = {of: t for of, t in self._tried.items() if of in payloads}
        self._faults = {of: s for of, s in self._faults.items() if of in payloads or (of[1] == "written" and of[0] in digests)}  # fmt: skip
        self._facilities = {a: f for a, f in self._facilities.items() if a in addresses}
