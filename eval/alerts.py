"""How fast alerts are taken, and that none is lost or taken twice: ``python -m gnomon.eval.alerts``.

Ten thousand packets of a made-up night (`gnomon.eval.alert_packets`) are replayed with `gnomon alerts replay`, once in one go and once killed (SIGKILL) again and
again; the two records must be the same, and both must be what is true of the night.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from gnomon.eval.alert_packets import Night, night

RULES = """
form: gnomon alert rules
version: 1
rules:
  - key: neutron_stars
    title: Mergers that are likely to have light, near
    when:
      all:
        - {field: source, is: lvk}
        - {field: classification.BNS, at_least: 0.5}
        - any: [{field: distance, below: 200, unit: Mpc}, {not: {field: distance, known: true}}]
        - {field: far, below: 1, unit: 1/yr}
    propose: {priority: 200, span: {value: 24, unit: h}, expires: {value: 12, unit: h}, place: sky_map, telescopes: [wide]}
  - key: small_boxes
    title: Bursts that fit into a field
    when: {all: [{field: error, at_most: 3, unit: deg}, {field: age, below: 1, unit: d}, {not: {field: source, is: ztf}}]}
    propose:
      priority: 100
      span: {value: 12, unit: h}
      expires: {value: 6, unit: h}
      requests:
        - {key: image, visits: [{key: first, mode: imaging, bands: [r], exposures: [[3, 60]]}]}
  - key: bright
    title: Bright transients
    when: {all: [{field: source, in: [tns, ztf]}, {field: magnitude, below: 17, unit: mag}]}
    propose:
      priority: 20
      span: {value: 24, unit: h}
      expires: {value: 24, unit: h}
      requests:
        - {key: spectrum, visits: [{key: only, mode: spectroscopy, exposures: [[1, 1200]]}]}
"""


def main() -> None:
    """Replay, kill, compare, print."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--packets", type=int, default=10_000)
    asked.add_argument("--seed", type=int, default=0)
    asked.add_argument("--kills", type=int, default=8)
    told = asked.parse_args()
    made = night(told.packets, told.seed)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "rules.yaml").write_text(RULES, encoding="utf-8")
        (folder / "night.jsonl").write_bytes(b"\n".join(made.packets) + b"\n")
        print(f"{len(made.packets):,} packets of {len(made.events):,} events: {made.notices:,} notices, {made.repeats:,} repeated, {made.garbage:,} garbage")  # fmt: skip
        begun = time.perf_counter()
        answer = json.loads(_replay(folder, "once").communicate()[0])
        seconds = time.perf_counter() - begun
        at = answer["seconds_at_percentile"]
        print(f"in one go: {seconds:.1f} s, {len(made.packets) / seconds:,.0f} a second; each {at['50'] * 1e3:.2f} ms in the middle, {at['99'] * 1e3:.2f} ms at 99 %")  # fmt: skip
        wrong = differences(made, folder / "once")
        killed = _killed(folder, told.kills, seconds, random.Random(told.seed))
        one, other = contents(folder / "once"), contents(folder / "killed")
        wrong += [f"{part} differ after {killed} kills" for part in one if one[part] != other[part]]
        print(f"killed {killed} times and gone on: {'the same record' if one == other else 'ANOTHER RECORD'}, {len(one['files']):,} files of proposals")  # fmt: skip
        print(json.dumps(answer["counts"]))
        print("\n".join(f"WRONG: {line}" for line in wrong[:20]) or "nothing lost, nothing there twice, every event as it should be")  # fmt: skip
    if wrong:
        sys.exit(1)


def differences(made: Night, folder: Path) -> list[str]:
    """What of a record is not as the night was, in sentences; empty where all is."""
    base = sqlite3.connect(folder / "alerts.sqlite")
    counts = dict(base.execute("SELECT name, value FROM counts").fetchall())
    held = {e: (bool(r), int(n), json.loads(w)) for e, r, n, w in base.execute("SELECT event, retracted, notices, whole FROM events")}  # fmt: skip
    base.close()
    wanted = {"packets": len(made.packets), "alerts": made.notices + made.repeats, "duplicates": made.repeats, "quarantined": made.garbage}  # fmt: skip
    wrong = [f"{k} is {counts.get(k, 0)}, and should be {v}" for k, v in wanted.items() if counts.get(k, 0) != v]
    wrong += [f"{key} is no event of the night" for key in held if key not in made.events]
    for key, event in made.events.items():
        if key not in held:
            wrong.append(f"{key} is lost")
            continue
        retracted, notices, whole = held[key]
        if notices != event.notices:
            wrong.append(f"{key} has {notices} notices, and should have {event.notices}")
        if retracted != event.retracted:
            wrong.append(f"{key} is {'' if retracted else 'not '}retracted")
        place = (whole["ra"], whole["dec"]) if "ra" in whole else None
        if place != event.place:
            wrong.append(f"{key} is at {place}, and should be at {event.place}")
    return wrong


def contents(folder: Path) -> dict[str, Any]:
    """What two records of the same packets must have in common."""
    base = sqlite3.connect(folder / "alerts.sqlite")
    told: dict[str, Any] = {
        name: sorted(base.execute(statement).fetchall())
        for name, statement in {
            "alerts": "SELECT content, event, identifier, packet, late FROM alerts",
            "events": "SELECT event, latest, retracted, notices, whole FROM events",
            "sightings": "SELECT * FROM sightings",
            "quarantine": "SELECT digest, times, reason FROM quarantine",
            "verdicts": "SELECT event, rule, alert, answer, document FROM verdicts",
            "proposals": "SELECT id, state, step, told FROM proposals",
            "counts": "SELECT * FROM counts",
            "outbox": "SELECT name FROM outbox",
        }.items()
    }
    base.close()
    files = [p for p in sorted(folder.rglob("*")) if p.is_file() and not p.name.startswith(("alerts.sqlite", "."))]
    told["files"] = {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}
    return told


def _replay(folder: Path, into: str) -> subprocess.Popen[bytes]:
    code = "import sys; from gnomon.interfaces.command_line import main; sys.exit(main())"
    words = ["alerts", "replay", str(folder / "night.jsonl"), "--rules", str(folder / "rules.yaml"), "--into", str(folder / into), "--json"]  # fmt: skip
    environment = {**os.environ, "GNOMON_HOME": str(folder / "home")}
    return subprocess.Popen([sys.executable, "-c", code, *words], stdout=subprocess.PIPE, env=environment)


def _killed(folder: Path, kills: int, seconds: float, draw: random.Random) -> int:
    """Replay with so many kills in the middle; how many there were."""
    done = 0
    for _ in range(kills):
        process = _replay(folder, "killed")
        try:
            process.wait(1.0 + draw.uniform(0.3, 1.5) * seconds / kills)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            done += 1
        if process.stdout is not None:
            process.stdout.close()
    _replay(folder, "killed").communicate()
    return done


if __name__ == "__main__":
    main()
