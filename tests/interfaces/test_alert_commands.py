"""`gnomon alerts`: reading, replaying, following, and looking at what came of it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.tools.observing.alerts.samples import FERMI, LVK, packet

RULES = """
form: gnomon alert rules
version: 1
rules:
  - key: bursts
    title: Small boxes
    when: {all: [{field: error, at_most: 10, unit: deg}, {field: source, is: fermi}]}
    propose:
      priority: 100
      span: {value: 12, unit: h}
      expires: {value: 30, unit: min}
      telescopes: [xinglong_2m]
      requests:
        - {key: image, visits: [{key: first, mode: imaging, exposures: [[3, 60]]}]}
"""


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "rules.yaml").write_text(RULES, encoding="utf-8")
    moved = packet(FERMI, record_number=5, ra=200.0, alert_datetime="2026-11-22T12:20:00")
    end = packet(
        FERMI, record_number=6, alert_type="retraction", alert_datetime="2026-11-22T12:30:00", ra=None, dec=None
    )
    packets = [packet(FERMI), packet(FERMI), packet(LVK), b"{broken", moved, end]
    (tmp_path / "night.jsonl").write_bytes(b"\n".join(packets) + b"\n")
    return tmp_path


def test_reading_says_what_and_why(fresh: Callable[..., Any], files: Path) -> None:
    (files / "one.json").write_bytes(packet(FERMI))
    said = fresh("alerts", "read", str(files / "one.json"), "--rules", str(files / "rules.yaml"))
    assert said.code == 0 and "yes error ≤ 10 deg: it is 7.15 deg" in said.out and "235.88300 +68.68300" in said.out
    said = fresh("alerts", "read", str(files / "night.jsonl"), "--json")
    assert said.code == 1 and len(said.json["alerts"]) == 6 and "The JSON is broken" in said.json["alerts"][3]["error"]
    assert not list(files.rglob("alerts.sqlite"))


def test_a_replay_and_what_became_of_it(fresh: Callable[..., Any], files: Path) -> None:
    into = ("--into", str(files / "record"))
    said = fresh("alerts", "replay", str(files / "night.jsonl"), "--rules", str(files / "rules.yaml"), *into)
    assert said.code == 0 and "6 packets taken" in said.out and "not read: night.jsonl: The JSON is broken" in said.err
    assert "fermi:745121685  retraction  withdrawn fermi-745121685-bursts-" in said.out
    again = fresh("alerts", "replay", str(files / "night.jsonl"), "--rules", str(files / "rules.yaml"), *into, "--json")
    assert again.json["taken"] == 0 and again.json["counts"]["packets"] == 6 and again.json["counts"]["duplicates"] == 1

    listed = fresh("alerts", "list", *into)
    assert "fermi:745121685  retracted" in listed.out and "lvk:S261122ab  1 notices" in listed.out
    (proposal,) = fresh("alerts", "list", "proposals", *into, "--json").json["proposals"]
    assert (proposal["state"], proposal["step"]) == ("withdrawn", 3)
    assert "file night.jsonl  The JSON is broken" in fresh("alerts", "list", "quarantined", *into).out

    shown = fresh("alerts", "show", "745121685", *into)
    assert "RETRACTED" in shown.out and "by file 2x" in shown.out and "Rule bursts: yes" in shown.out
    told = fresh("alerts", "show", "fermi:745121685", *into, "--json").json
    assert told["retracted"] is True and len(told["notices"]) == 3 and told["known"]["ra"] == 200.0
    steps = sorted(p.name for p in (files / "record").glob("proposals/*/*.events.json"))
    assert steps == ["1.events.json", "2.events.json", "3.events.json"]


def test_checking_rules(fresh: Callable[..., Any], files: Path) -> None:
    said = fresh("alerts", "rules", "check", str(files / "rules.yaml"))
    assert said.code == 0 and said.out.startswith("bursts  Small boxes  sha256 ")
    wrong = files / "wrong.yaml"
    for change, told in (
        (("xinglong_2m", "xinglong_22m"), "Is xinglong_2m"),
        (("at_most: 10, unit: deg", "at_most: 10"), "error needs a unit"),
        (("field: source", "field: sauce"), "Is source meant?"),
    ):
        wrong.write_text(RULES.replace(*change), encoding="utf-8")
        said = fresh("alerts", "rules", "check", str(wrong))
        assert said.code == 2 and told in said.err and said.out == ""


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("follow",), "Give one of --folder, --vtp, --kafka"),
        (("follow", "--vtp", "a:1", "--folder", "."), "Give one of"),
        (("follow", "--vtp", "a:1", "--topic", "x"), "Kafka needs its settings and a topic"),
        (("list",), "no record of alerts"),
        (("show", "x"), "no record of alerts"),
        (("read", "none.json"), "There is no file called none.json"),
        (("replay", "none.json"), "There is no file called none.json"),
        (("follow", "--folder", "nowhere"), "There is no folder called nowhere"),
        (("follow", "--vtp", "nowhere"), "no address of a broker"),
    ],
)
def test_wrong_use_is_told_in_a_sentence(fresh: Callable[..., Any], words: tuple[str, ...], told: str) -> None:
    said = fresh("alerts", *words)
    assert said.code in (1, 2) and told in said.err and "Traceback" not in said.err and said.out == ""


def test_a_folder_is_followed_until_it_is_stopped(environment: dict[str, str], files: Path) -> None:
    folder = files / "in"
    folder.mkdir()
    code = "import sys; from gnomon.interfaces.command_line import main; sys.exit(main())"
    words = ["alerts", "follow", "--folder", str(folder), "--rules", str(files / "rules.yaml"), "--into", str(files / "record"), "--json"]  # fmt: skip
    process = subprocess.Popen([sys.executable, "-c", code, *words], stdout=subprocess.PIPE, env=environment)
    (folder / "a.json").write_bytes(packet(FERMI))
    os.utime(folder / "a.json", (time.time() - 5, time.time() - 5))
    end = time.monotonic() + 30
    while not list(files.glob("record/proposals/*/1.requests.json")) and time.monotonic() < end:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, _err = process.communicate(timeout=20)
    assert process.returncode == 0
    told = json.loads(out)
    assert told["taken"] == 1 and told["counts"]["proposals_opened"] == 1
