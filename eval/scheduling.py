"""How good schedules are, beside putting requests in by priority: score, bound, gap, violations, seconds.

python -m gnomon.eval.scheduling --requests 100 300 1000 --seeds 5
python -m gnomon.eval.scheduling --requests 300 --seeds 3 --replan
"""

from __future__ import annotations

import argparse
from statistics import mean
from time import monotonic, process_time
from typing import Any

from gnomon.eval.scheduling_instances import make_instance
from gnomon.tools.observing.documents.requests import read_requests_document
from gnomon.tools.observing.documents.schedule import Schedule, schedule_document
from gnomon.tools.observing.documents.telescopes import read_telescopes_document
from gnomon.tools.observing.documents.times import mjd_of, text_of
from gnomon.tools.observing.scheduling.events import read_events_document
from gnomon.tools.observing.scheduling.make import make_schedule
from gnomon.tools.observing.scheduling.replanning import replan
from gnomon.tools.observing.verification.verify import verify

# Seconds that a search is given for so many requests, as the goals have it.
SECONDS = ((100, 10.0), (300, 30.0), (1000, 120.0))
HEADER = f"{'N':>5} {'seed':>4} {'kinds':6} {'method':14} {'score':>9} {'bound':>9} {'% bound':>8} {'over greedy %':>13} {'violations':>10} {'wall s':>7} {'CPU s':>6}"


def seconds_for(n: int) -> float:
    """The seconds of the nearest goal at or above a number of requests."""
    return next((s for most, s in SECONDS if n <= most), SECONDS[-1][1])


def violations(telescopes: dict[str, Any], requests: dict[str, Any], schedule: Schedule, reasons: bool) -> int:
    """What the independent verifier finds wrong."""
    return len(verify(telescopes, requests, schedule_document(schedule), reasons=reasons).findings)


def compare(n: int, seed: int, kinds: str, seconds: float, reasons: bool) -> list[tuple[float, float]]:
    """Print greedy and search on one instance; the score and the bound of each."""
    documents = make_instance(n, seed, kinds=kinds)
    telescopes, requests = read_telescopes_document(documents[0]), read_requests_document(documents[1])
    told: list[tuple[float, float]] = []
    bounds = []
    rows = []
    for method, limit in (("greedy", None), ("insertion+lns", seconds)):
        wall, cpu = monotonic(), process_time()
        made = make_schedule(telescopes, requests, method=method, seconds=limit, seed=seed)
        wall, cpu = monotonic() - wall, process_time() - cpu
        assert made.schedule.bound is not None
        bounds.append(made.schedule.bound)
        rows.append((method, made.schedule, wall, cpu))
    bound = min(bounds)
    for method, schedule, wall, cpu in rows:
        told.append((schedule.score, bound))
        part = 100 * schedule.score / bound if bound else 100.0
        over = 100 * (schedule.score / told[0][0] - 1) if told[0][0] else 0.0
        wrong = violations(documents[0], documents[1], schedule, reasons)
        print(
            f"{n:5d} {seed:4d} {kinds:6} {method:14} {schedule.score:9.1f} {bound:9.1f} {part:8.2f} {over:13.2f} {wrong:10d} {wall:7.1f} {cpu:6.1f}",
            flush=True,
        )
    return told


def replanned(n: int, seed: int, kinds: str) -> None:
    """Print what replanning costs after an alert, a closure, a failure and a retraction."""
    documents = make_instance(n, seed, kinds=kinds)
    telescopes, requests = read_telescopes_document(documents[0]), read_requests_document(documents[1])
    schedule = make_schedule(telescopes, requests, seconds=10.0, seed=seed).schedule
    now = schedule.span[0] + 8 / 24
    time = text_of(now)
    ahead = [v for v in schedule.visits if v.start > now + 0.02]
    behind = [v for v in schedule.visits if v.end < now]
    alert = {
        "key": "alert",
        "target": {"name": "alert", "ra": 60.0, "dec": 5.0},
        "priority": 200,
        "visits": [
            {"key": "image", "mode": "imaging", "bands": ["g", "r"], "exposures": [[3, 120]]},
            {"key": "spectrum", "mode": "spectroscopy", "exposures": [[2, 900]]},
        ],
        "relations": [{"first": "image", "then": "spectrum", "from": "end", "min": 0, "max": 10800}],
    }
    cases: dict[str, dict[str, Any]] = {
        "alert": {"kind": "new_request", "request": alert},
        "closure of 3 h": {
            "kind": "closure",
            "telescope": ahead[0].telescope,
            "start": time,
            "end": text_of(now + 0.125),
        },
        "failed visit": {"kind": "failed_visit", "request": behind[-1].request, "visit": behind[-1].visit},
        "retraction": {"kind": "withdrawn_request", "request": ahead[-1].request},
    }
    for name, event in cases.items():
        events = read_events_document(
            {"form": "gnomon observing events", "version": 1, "events": [{"time": time, **event}]}
        )
        cpu = process_time()
        done = replan(schedule, telescopes, requests, mjd_of(time), events)
        cpu = process_time() - cpu
        told = done.difference
        wrong = verify(
            done.telescopes,
            done.requests,
            schedule_document(done.schedule),
            parent=schedule_document(schedule),
            reasons=False,
        )
        print(
            f"{n:5d} {seed:4d} {kinds:6} {name:14} score {told.score[0]:.1f} -> {told.score[1]:.1f}, moved {len(told.moved)} and dropped {len(told.dropped)} of {told.future}, {len(wrong.findings)} violations, {done.seconds:.2f} s ({cpu:.2f} s of CPU)",
            flush=True,
        )


def main() -> None:
    """Read the arguments and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, nargs="+", default=[100, 300, 1000])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument("--kinds", choices=["plain", "full", "mixed"], default="full")
    parser.add_argument("--seconds", type=float, help="in place of 10, 30 and 120")
    parser.add_argument(
        "--reasons", action="store_true", help="let the verifier check the reasons too, which takes longer"
    )
    parser.add_argument("--replan", action="store_true")
    told = parser.parse_args()
    seeds = range(told.first, told.first + told.seeds)
    if told.replan:
        for n in told.requests:
            for seed in seeds:
                replanned(n, seed, told.kinds)
        return
    print(HEADER)
    for n in told.requests:
        rows = [compare(n, s, told.kinds, told.seconds or seconds_for(n), told.reasons) for s in seeds]
        for position, method in enumerate(("greedy", "insertion+lns")):
            part = mean(100 * r[position][0] / r[position][1] if r[position][1] else 100.0 for r in rows)
            print(f"{n:5d} mean {told.kinds:6} {method:14} {part:.2f} % of the bound")


if __name__ == "__main__":
    main()
