"""Questions about many objects: a part at a time, some of them under way together, and none of them lost for the others.

What is asked next hangs only on what came of the questions before, in their order and not in that of the replies; so a playback asks
the same things.
"""

from __future__ import annotations

import hashlib
import json
import threading
import warnings
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any

from gnomon.tools.errors import MissingReply, NetworkRefused, NotOnRecord, ServiceError
from gnomon.tools.progress import progressed

# An answer for many objects goes on where it was stopped, for so long.
GOOD_FOR = 86_400.0  # seconds
# More failures in a row than a bad object needs to be found in a part of a thousand; then a few others are tried ...
_IN_A_ROW = 10
# ... so many, from all over the list: a region that a service cannot do must not be taken for a service that is down.
_TRIED = 3
# More records than these say the same thing again and again, and metadata are read with every table.
_MOST_RECORDS = 100

Part = list[int]


class CutOff(ServiceError):
    """A service cut off rows of its answer about several objects, so fewer must be asked about at a time."""


class Turns:
    """Threads that take turns, so that nothing is done by two of them at a time but waiting for a service.

    Filters of warnings belong to the whole process, and reading a table sets some.
    """

    def __init__(self) -> None:
        self._turn = threading.Lock()

    def taken(self, ask: Callable[[Part], Any]) -> Callable[[Part], Any]:
        """The same function, for one thread at a time."""

        def call(part: Part) -> Any:
            with self._turn:
                return ask(part)

        return call

    @contextmanager
    def _given_away(self) -> Iterator[None]:
        self._turn.release()
        try:
            yield
        finally:
            self._turn.acquire()

    def waiting_in(self, session: Any) -> Any:
        """The same session, which gives its turn away while it waits for a reply."""
        request = session.request

        def patient(*arguments: Any, **options: Any) -> Any:
            with self._given_away():
                return request(*arguments, **options)

        session.request = patient
        return session


def in_parts(
    objects: Part,
    ask: Callable[[Part], Any],
    size: int,
    names: list[str],
    service: str,
    *,
    at_once: int = 1,
    keep: Callable[[Any, Part], Any] | None = None,
    what: str = "objects",
    stacklevel: int = 4,
) -> list[tuple[Any, Part]]:
    """Ask about many objects, a part at a time; a part that fails is halved, so that one object does not take the others away.

    Parameters
    ----------
    objects : list of int
    ask : callable
        Answers for a list of objects.  Raises `CutOff` where it got rows, but not all; it is then asked about fewer.
    size : int
        Objects in a part.
    names : list of str
        What the objects are called.
    service : str
        For sentences.
    at_once : int
        So many questions are under way at a time, each in a thread of its own (see `Turns`).
    keep : callable, optional
        Gets each answer and its objects, in the order of the questions; what it returns is kept in place of the answer.
    what : str
        What the objects are, in the plural.
    stacklevel : int
        Of warnings.

    Returns
    -------
    list of (answer or ServiceError, list of int)
        In place of an answer the error, for objects that could not be asked about.

    Raises
    ------
    ServiceError
        Where none could be asked about.

    Warns
    -----
    UserWarning
        Which could not be asked about.
    """
    asked = _Asked(ask, keep, len(objects), what)
    todo = deque(objects[i : i + size] for i in range(0, len(objects), size))
    if at_once == 1 or len(todo) == 1:
        _ask_all(asked, todo, 1, None)
    else:
        # Whatever threads leave of their filters of warnings ends here.
        with warnings.catch_warnings(), ThreadPoolExecutor(at_once) as pool:
            try:
                _ask_all(asked, todo, at_once, pool)
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
    lost = [i for outcome, part in asked.done if isinstance(outcome, ServiceError) for i in part]
    if lost:
        last = asked.last or next(o for o, _ in reversed(asked.done) if isinstance(o, ServiceError))
        if len(lost) == len(objects):
            raise asked.first or last  # the first was about most objects
        named = ", ".join(names[i] for i in lost[:3]) + (f" and {len(lost) - 3} more" if len(lost) > 3 else "")
        warnings.warn(
            f"{service} could not be asked about {len(lost)} of {len(objects)} {what} ({named}): {last.what} "
            "Nothing is known of them from here; run the step again to ask about them.",
            stacklevel=stacklevel,
        )
    return asked.done


class _Asked:
    """What came of each part so far, in the order of asking."""

    def __init__(
        self, ask: Callable[[Part], Any], keep: Callable[[Any, Part], Any] | None, total: int, what: str
    ) -> None:
        self.ask = ask
        self.keep = keep
        self.total = total
        self.what = what
        self.done: list[tuple[Any, Part]] = []
        self.settled = self.lost = self.in_a_row = 0
        self.first: ServiceError | None = None
        self.last: ServiceError | None = None

    def settle(self, outcome: Any, part: Part) -> None:
        self.done.append((outcome, part))
        self.settled += len(part)
        self.lost += len(part) if isinstance(outcome, ServiceError) else 0
        progressed(self.settled, self.total, self.what, self.lost)

    def take(self, answer: Callable[[], Any], part: Part) -> list[Part]:
        """Settle a part by its answer, or return the parts that it is to be asked in."""
        try:
            outcome = answer()
        except (MissingReply, NetworkRefused):
            raise
        except ServiceError as error:
            if isinstance(error, CutOff):
                self.in_a_row = 0  # the service answered
            elif not isinstance(error, NotOnRecord):  # else nobody was asked
                self.in_a_row += 1
                self.first, self.last = self.first or error, error
            # What may pass soon is not asked for in ever smaller parts; what took too long may do so in halves.
            if len(part) == 1 or (error.retryable and self.in_a_row > 1):
                self.settle(error, part)
                return []
        else:
            self.in_a_row = 0
            self.settle(self.keep(outcome, part) if self.keep is not None else outcome, part)
            return []
        return [part[: len(part) // 2], part[len(part) // 2 :]]


def _ask_all(asked: _Asked, todo: deque[Part], at_once: int, pool: ThreadPoolExecutor | None) -> None:
    pending: deque[tuple[Callable[[], Any], Part]] = deque()
    while todo or pending:
        held = asked.in_a_row >= _IN_A_ROW  # what is under way comes first; nothing more is sent until it is known
        if held and not pending and not _any_answer(asked, todo):
            rest = [i for part in todo for i in part]
            if rest and asked.last is not None:
                asked.settle(asked.last, rest)
            return
        while todo and len(pending) < at_once and not held:
            part = todo.popleft()
            answer = pool.submit(asked.ask, part).result if pool is not None else partial(asked.ask, part)
            pending.append((answer, part))
        if pending:
            todo.extendleft(reversed(asked.take(*pending.popleft())))


def _any_answer(asked: _Asked, todo: deque[Part]) -> bool:
    """Whether the service answers about any of a few others; those are then settled."""
    for k in range(_TRIED):
        if not todo:
            break
        place = len(todo) * (k + 1) // (_TRIED + 1)
        part = todo[place]
        del todo[place]
        before = asked.in_a_row
        todo.extend(asked.take(partial(asked.ask, part), part))
        if asked.in_a_row <= before:
            asked.in_a_row = 0
            return True
    return False


def summed_records(records: list[dict[str, Any]], what: str = "questions") -> list[dict[str, Any]]:
    """Records of very many questions to one service as one, beside those of which something is to be said.

    Parameters
    ----------
    records : list of dict
        As `gnomon.tools.archives.asking.query_records.record_of` makes them, of one service.
    what : str
        What the questions are, in the plural.

    Returns
    -------
    list of dict
        The same, where they are few.  Else one with ``questions``, how many it stands for, and as ``sha256`` the SHA-256 of the list of
        theirs in JSON; ``time`` is of the last.  Incomplete and old replies keep a record each.
    """
    plain = [r for r in records if r["complete"] is not False and not r["stale"]]
    if len(plain) <= _MOST_RECORDS:
        return records
    others = [r for r in records if r["complete"] is False or r["stale"]]
    first, last = plain[0], plain[-1]
    digests = json.dumps([r["sha256"] for r in plain]).encode()
    one = {
        **first,
        "text": f"{len(plain)} {what}, from {first['text']} to {last['text']}",
        "time": max(r["time"] for r in plain),
        "rows": sum(r["rows"] for r in plain),
        "complete": True if all(r["complete"] for r in plain) else None,
        "sha256": hashlib.sha256(digests).hexdigest(),
        "questions": len(plain),
    }
    return [one, *others]
