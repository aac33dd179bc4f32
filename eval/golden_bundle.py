"""Make the golden bundle of the tests anew: ``python -m gnomon.eval.golden_bundle FILE.zip``.

It is made anew only when a tool in it got another version, or the form of bundles changed, on purpose.  Then the old one is gone: what
the tests promise is that this version of the tools gives these numbers on any machine.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

QUESTION = "Is there a periodic signal in these velocities?"


def write_velocities(path: Path) -> None:
    """Forty nights of two instruments with a circular orbit of 17.3 d and 60 m/s."""
    import numpy as np

    rng = np.random.default_rng(5)
    time = np.sort(2455000.0 + np.floor(rng.uniform(0, 200, 40)) + rng.uniform(0.6, 0.9, 40))
    which = rng.integers(0, 2, 40)
    error = 2.0 * rng.uniform(0.7, 1.4, 40)
    rv = 60.0 * np.sin(2 * np.pi * time / 17.3) + np.array([0.0, 35.0])[which] + rng.normal(0, error)
    lines = [f"{t:.6f},{v:.3f},{e:.3f},{'ab'[w]}" for t, v, e, w in zip(time, rv, error, which, strict=True)]
    path.write_text("time,rv,rv_err,instrument\n" + "\n".join(lines) + "\n", encoding="utf-8")


def main(target: Path) -> None:
    """Ask, approve, run, and pack the bundle."""
    from gnomon.agents.conversation import Conversation
    from gnomon.plans import bundle
    from gnomon.plans.policy import Policy
    from gnomon.tools.registry import Registry

    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        write_velocities(folder / "velocities.csv")
        conversation = Conversation(folder / "home", Registry.load(), Policy())
        run = conversation.ask(QUESTION, [folder / "velocities.csv"])
        status = conversation.decide(run, "approve", "beforehand", who="golden")
        target.unlink(missing_ok=True)
        bundle.pack(run.folder, target)
        print(f"{status}, {bundle.identity(run.folder)}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
