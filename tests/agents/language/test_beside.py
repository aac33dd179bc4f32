"""Who plans, by settings and policy; and what a run keeps of a planning with a language model."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from gnomon.agents.conversation import Conversation
from gnomon.agents.language.beside import beside, examine
from gnomon.agents.language.settings import LanguageSettings
from gnomon.plans.canonical import file_digest
from gnomon.plans.policy import Policy
from gnomon.plans.verify import verify
from gnomon.tools.errors import UsageError
from gnomon.tools.registry import Registry

from .misbehaving_server import Asked, MisbehavingServer, good, status

REGISTRY = Registry.load()
ENVIRONMENT = {"OPENAI_API_KEY": "sk-toy-secret-key-1234"}
OFFLINE = Policy(effects={**Policy().effects, "read_network": "deny"})


def settings(url: str, **table: object) -> LanguageSettings:
    return LanguageSettings.read({"base_url": url, "model": "toy-0.5b", "retries": 0, **table}, ENVIRONMENT)


@pytest.fixture
def light_curve(tmp_path: Path) -> Path:
    path = tmp_path / "star.csv"
    rows = "\n".join(f"{2458000 + i * 0.01:.4f},{1 + 0.001 * (i % 7):.4f},0.001" for i in range(400))
    path.write_text(f"time,flux,flux_err\n{rows}\n")
    return path


def test_offline_forbids_a_remote_model_and_no_local_one(tmp_path: Path) -> None:
    remote, local = settings("https://models.example.org/v1"), settings("http://127.0.0.1:9/v1")
    planner = Conversation(tmp_path, REGISTRY).planner
    assert beside("auto", local, planner, REGISTRY, OFFLINE).planner is not None
    assert beside("auto", remote, planner, REGISTRY, Policy()).planner is not None
    forbidden = beside("auto", remote, planner, REGISTRY, OFFLINE)
    assert forbidden.planner is None
    assert forbidden.forbidden == "models.example.org"
    with pytest.raises(UsageError, match=r"models\.example\.org is not on this machine, and the network is denied"):
        beside("language", remote, planner, REGISTRY, OFFLINE)
    with pytest.raises(UsageError, match="No language model is set up"):
        beside("language", None, planner, REGISTRY, Policy())
    assert beside("auto", None, planner, REGISTRY, Policy()).planner is None
    assert beside("embedded", remote, planner, REGISTRY, Policy()).planner is None


def test_a_plan_says_that_its_model_was_forbidden(tmp_path: Path, light_curve: Path) -> None:
    conversation = Conversation(
        tmp_path / "home", REGISTRY, policy=OFFLINE, language=settings("https://models.example.org/v1")
    )
    plan = conversation.plan("Plot the light curve", [light_curve])
    assert any("models.example.org, not on this machine" in said for said in plan.assumptions)


def test_a_run_keeps_how_its_plan_came_to_be(tmp_path: Path, light_curve: Path) -> None:
    with MisbehavingServer(status(500)) as server:
        conversation = Conversation(
            tmp_path / "home", REGISTRY, language=settings(server.url, prose=True), check_scripts=False, workers=1
        )
        run = conversation.ask("Plot the light curve", [light_curve])
        kept = run.folder / "planning" / "language.json"
        created = run.events("run.created")[0]
        assert created["planner"] == "language"
        assert created["planning"] == file_digest(kept)
        record = json.loads(kept.read_text(encoding="utf-8"))
        assert record["plan"] == created["plan"]
        assert ENVIRONMENT["OPENAI_API_KEY"] not in kept.read_text(encoding="utf-8")
        assert conversation.decide(run, "approve", "command") == "done"
        report = (run.folder / "report" / "report.md").read_text(encoding="utf-8")
        assert "was left out: its server could not be used" in report
    assert [c.faults for c in verify(run.folder) if c.faults] == []
    listed = (run.folder / "manifest-sha256.txt").read_text(encoding="utf-8")
    assert "planning/language.json" in listed


def says(text: str) -> Callable[[Asked], None]:
    return good(text)


@pytest.mark.parametrize(
    ("written", "is_kept"),
    [
        ("The light curve was drawn as it was read.", True),
        ("The period is 3.7 d.", False),
        ("# A heading\nand [a link](https://example.org)", False),
    ],
)
def test_a_paragraph_stays_only_with_receipts(written: str, is_kept: bool, tmp_path: Path, light_curve: Path) -> None:
    with MisbehavingServer(says(written)) as server:
        conversation = Conversation(
            tmp_path / "home",
            REGISTRY,
            language=settings(server.url, prose=True),
            planner_name="language",
            check_scripts=False,
            workers=1,
        )
        run = conversation.ask("Plot the light curve", [light_curve])
        conversation.decide(run, "approve", "command")
    report = (run.folder / "report" / "report.md").read_text(encoding="utf-8")
    assert ("drawn as it was read." in report and "Written by the language model" in report) == is_kept
    assert ("was left out" in report) != is_kept
    assert "3.7 d" not in report
    assert (
        written in json.loads((run.folder / "report" / "paragraph.json").read_text(encoding="utf-8"))["paragraph"]
        or not is_kept
    )
    assert run.events("report.written")[0]["receipts"]["unsupported"] == 0


def test_doctor_says_how_the_model_is_and_never_its_key() -> None:
    assert examine(LanguageSettings())[0] == "absent"
    with MisbehavingServer(good("ready")) as server:
        assert examine(settings(server.url)) == ("works", "toy-0.5b at 127.0.0.1 answers as toy-as-served", "")
    with MisbehavingServer(status(401, "wrong key sk-toy-secret-key-1234")) as server:
        state, found, _remedy = examine(settings(server.url))
    assert state == "broken"
    assert "secret" not in found
