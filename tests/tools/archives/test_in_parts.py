"""Questions about many objects: nothing of the others is lost, a service that is down is left alone, and a playback asks the same."""

from __future__ import annotations

import random
import threading
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gnomon.tools.archives.asking.in_parts import CutOff, Turns, in_parts, summed_records
from gnomon.tools.errors import InputError, MissingReply, NotOnRecord, ServiceError
from gnomon.tools.progress import Progress, progress_in, progress_noted

N = 400
NAMES = [str(i) for i in range(N)]


def answers(done: list[tuple[Any, list[int]]]) -> list[int]:
    return sorted(i for outcome, part in done if not isinstance(outcome, ServiceError) for i in part)


def slow(bad: Callable[[int], bool], asked: list[list[int]], seed: int) -> Callable[[list[int]], list[int]]:
    """Fails for some objects, and takes a time that is never the same."""
    lengths = random.Random(seed)

    def ask(part: list[int]) -> list[int]:
        time.sleep(lengths.random() * 0.003)
        asked.append(part)
        if any(bad(i) for i in part):
            raise ServiceError(f"{part} is bad.")
        return part

    return ask


@pytest.mark.parametrize("size", [1, 7, 100])
def test_what_is_asked_does_not_hang_on_which_reply_comes_first(size: int) -> None:
    """Else a playback would ask what was never recorded."""
    outcomes = []
    for seed in range(3):
        asked: list[list[int]] = []
        with pytest.warns(UserWarning, match="could not be asked about 12 of 400"):
            done = in_parts(list(range(N)), slow(lambda i: 200 <= i < 212, asked, seed), size, NAMES, "It", at_once=4)
        assert answers(done) == [i for i in range(N) if not 200 <= i < 212]
        outcomes.append((sorted(asked), [part for _, part in done]))
    assert outcomes[0] == outcomes[1] == outcomes[2]


@pytest.mark.parametrize("at_once", [1, 4])
def test_a_region_that_a_service_cannot_do_is_no_service_that_is_down(at_once: int) -> None:
    asked: list[list[int]] = []
    with pytest.warns(UserWarning, match="could not be asked about 100 of 400"):
        done = in_parts(list(range(N)), slow(lambda i: i < 100, asked, 0), 1, NAMES, "It", at_once=at_once)
    assert answers(done) == list(range(100, N))
    assert len(asked) == N


@pytest.mark.parametrize("at_once", [1, 4])
def test_a_service_that_goes_down_is_left_alone_and_what_came_before_is_kept(at_once: int, tmp_path: Path) -> None:
    asked: list[list[int]] = []
    with pytest.warns(UserWarning, match="could not be asked about 300 of 400"), progress_noted(str(tmp_path / "p")):
        done = in_parts(list(range(N)), slow(lambda i: i >= 100, asked, 0), 1, NAMES, "It", at_once=at_once)
    assert answers(done) == list(range(100))
    assert len(asked) < 100 + 10 + 4 + 3
    assert sorted(i for _, part in done for i in part) == list(range(N))
    assert progress_in(tmp_path / "p") == Progress(N, N, "objects", 300)


def test_an_answer_that_was_cut_off_is_asked_for_in_halves() -> None:
    asked = []

    def ask(part: list[int]) -> list[int]:
        asked.append(len(part))
        if len(part) > 30:
            raise CutOff("Too many rows.")
        return part

    assert answers(in_parts(list(range(N)), ask, 200, NAMES, "It")) == list(range(N))
    assert asked == [200, 100, 50, 25, 25, 50, 25, 25, 100, 50, 25, 25, 50, 25, 25] * 2


def test_what_is_known_is_given_where_nobody_may_be_asked() -> None:
    """Offline there may be many unknown ones in a row, and halves of a part may be on record."""

    def ask(part: list[int]) -> list[int]:
        if len(part) > 8 or part[0] < 300:
            raise NotOnRecord("Nobody asked this.")
        return part

    with pytest.warns(UserWarning, match="could not be asked about 300 of 400"):
        done = in_parts(list(range(N)), ask, 100, NAMES, "It")
    assert answers(done) == list(range(300, N))


@pytest.mark.parametrize("error", [MissingReply("It was never recorded."), InputError("This cannot be asked.")])
def test_what_is_no_fault_of_the_service_ends_it(error: Exception) -> None:
    def ask(part: list[int]) -> list[int]:
        if part == [20]:
            raise error
        return part

    with pytest.raises(type(error)):
        in_parts(list(range(N)), ask, 1, NAMES, "It", at_once=4)


def test_answers_are_handed_over_in_order_and_once() -> None:
    got: list[int] = []

    def keep(outcome: list[int], part: list[int]) -> str:
        got.extend(outcome)
        return "kept"

    done = in_parts(list(range(N)), slow(lambda i: False, [], 1), 3, NAMES, "It", at_once=4, keep=keep)
    assert got == list(range(N))
    assert {outcome for outcome, _ in done} == {"kept"}


def test_threads_take_turns_and_wait_together() -> None:
    """Two at a time do nothing but wait, so what one sets for the whole process holds until it is done."""
    turns, lock = Turns(), threading.Lock()
    working, waiting, most = [0], [0], {"working": 0, "waiting": 0}

    class Session:
        def request(self, url: str) -> str:
            with lock:
                waiting[0] += 1
                most["waiting"] = max(most["waiting"], waiting[0])
            time.sleep(0.02)
            with lock:
                waiting[0] -= 1
            return url

        def get(self, url: str) -> str:
            return self.request(url)

    session = turns.waiting_in(Session())

    def ask(part: list[int]) -> str:
        answer = session.get(f"{part}")
        working[0] += 1
        most["working"] = max(most["working"], working[0])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            time.sleep(0.001)
        working[0] -= 1
        return answer

    before = list(warnings.filters)
    in_parts(list(range(40)), turns.taken(ask), 1, NAMES, "It", at_once=4)
    assert most == {"working": 1, "waiting": 4}
    assert list(warnings.filters) == before


def record(n: int, **more: Any) -> dict[str, Any]:
    return {
        "service": "It", "url": "u", "release": "", "text": f"question {n}", "time": f"2026-01-01T00:{n % 60:02}:00Z", "rows": 2, "limit": 9,
        "complete": True, "cut_by": "", "sha256": f"{n:064x}", "stale": "", **more,
    }  # fmt: skip


def test_records_of_many_questions_are_one_and_what_is_odd_stays() -> None:
    few = [record(n) for n in range(100)]
    assert summed_records(few) == few
    many = [record(n) for n in range(1000)]
    (one,) = summed_records(many, "cone searches")
    assert (one["rows"], one["questions"], one["complete"], one["time"]) == (2000, 1000, True, "2026-01-01T00:59:00Z")
    assert one["text"] == "1000 cone searches, from question 0 to question 999"
    many[7] = record(7, sha256="f" * 64)
    assert summed_records(many)[0]["sha256"] != one["sha256"]
    odd = [record(5, complete=False, cut_by="It"), record(6, stale="It was down.")]
    assert summed_records([*many, *odd])[1:] == odd
    assert summed_records([*many, record(8, complete=None)])[0]["complete"] is None
