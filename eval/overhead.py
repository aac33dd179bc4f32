"""What store, journal and recorder cost a step: ``python -m gnomon.eval.overhead --steps 200``.

A plan of trivial tools is run by one worker; the time from one step's end to the next one's is all overhead but for the tool's own
millisecond.  A second plan's steps ask a service on this machine once each, so that the recorder has something to write.
"""

from __future__ import annotations

import argparse
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from gnomon.tools.registry import tool

if TYPE_CHECKING:
    from gnomon.tools.kinds import Periodogram

COMMON: dict[str, Any] = {
    "version": "1.0",
    "seconds": 0.0,
    "citations": ("Nobody 2020, doi:10.1000/182",),
    "summary_zh": "测量开销。",
    "method": "Nothing was done.",
    "method_zh": "什么也没有做。",
}


@tool(effects=("compute",), examples=("Do nothing", "什么也不做"), **COMMON)
def nothing(number: int = 0) -> Periodogram:
    """Make one row.

    Parameters
    ----------
    number : int
        Makes two calls different.

    Returns
    -------
    Periodogram
        One row.
    """
    from astropy.table import QTable
    from astropy.units import d

    return QTable({"period": [1.0] * d, "power": [float(number)]})


@tool(effects=("compute", "read_network"), examples=("Ask for nothing", "什么也不问"), **COMMON)
def ask_for_nothing(address: str, number: int = 0) -> Periodogram:
    """Make one row of what a service answers.

    Parameters
    ----------
    address : str
        Of the service.
    number : int
        Makes two calls different.

    Returns
    -------
    Periodogram
        One row.
    """
    import requests
    from astropy.table import QTable
    from astropy.units import d

    return QTable({"period": [1.0] * d, "power": [float(requests.get(address, params={"n": number}, timeout=9).text)]})


class _Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        """Answer with a number."""
        self.send_response(200)
        self.send_header("Content-Length", "1")
        self.end_headers()
        self.wfile.write(b"1")

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def measure(steps: int, address: str) -> float:
    """Median of the milliseconds from one step's end to the next one's, with one worker."""
    import sys

    from gnomon.plans import approval as approvals
    from gnomon.plans.arguments import complete
    from gnomon.plans.engine import Engine
    from gnomon.plans.plan import Plan, Step
    from gnomon.plans.policy import Policy
    from gnomon.plans.run import Run, new_identifier
    from gnomon.plans.store import Store
    from gnomon.tools.registry import Registry

    registry = Registry.of_modules([sys.modules["gnomon.eval.overhead"]])
    chosen = registry["ask_for_nothing" if address else "nothing"]
    given = {"address": address} if address else {}
    made = [
        Step(
            id=f"s{n}",
            tool=chosen.name,
            version=chosen.version,
            arguments=complete(chosen, {**given, "number": n}),
            kind=str(chosen.kind),
            effects=list(chosen.effects),
            cost=chosen.cost(),
        )
        for n in range(steps)
    ]
    plan = Plan(question="How much does nothing cost?", language="en", goal="Periodogram", steps=made)
    ends: list[float] = []

    def told(event: str, fields: dict[str, Any]) -> None:
        if event == "step.finished":
            ends.append(time.perf_counter())

    with tempfile.TemporaryDirectory() as temporary:
        store = Store(Path(temporary) / "store")
        run = Run.create(Path(temporary) / "runs", new_identifier(), plan, store)
        with run.exclusive():
            run.record(approvals.decide(plan, Policy(), "approve", "command"))
            Engine(registry, store, Policy(), workers=1, progress=told).execute(run)
    late = ends[2:]  # after the worker has imported what it needs
    return 1e3 * median(b - a for a, b in pairwise(late))


def main() -> None:
    """Print the overhead, with and without the recorder's work."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=200)
    options = parser.parse_args()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for name, address in (("trivial steps", ""), ("steps that ask once", f"http://127.0.0.1:{server.server_port}/")):
        print(f"{options.steps} {name}: one every {measure(options.steps, address):.1f} ms, all included")
    server.shutdown()


if __name__ == "__main__":
    import importlib

    importlib.import_module("gnomon.eval.overhead").main()
