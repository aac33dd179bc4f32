"""Replay: the approved plan again, without network or model, compared and explained."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from forging import rechain
from toy_steps import MEASURE, READ, TILT

from gnomon.plans import bundle
from gnomon.plans import replay as replaying
from gnomon.plans.plan import Plan
from gnomon.plans.replay import replay
from gnomon.plans.run import Run
from gnomon.tools.registry import Registry

DRAW = ("draw", "toy_draw", {"light_curve": "tilt"}, {})


@pytest.fixture
def sealed(
    make_plan: Callable[..., Plan], make_run: Callable[..., Run], execute: Callable[..., str], toys: Registry
) -> Callable[..., Run]:
    """A finished run of these steps, as a bundle."""

    def make(*steps: object, **options: object) -> Run:
        run = make_run(make_plan(*steps, **options))
        execute(run)
        bundle.write_script(run, run.plan(toys), toys)
        bundle.seal(run, toys)
        return run

    return make


def test_equal_on_the_same_machine(
    sealed: Callable[..., Run], toys: Registry, toy_log: Callable[[], list[str]]
) -> None:
    run = sealed(READ, TILT, MEASURE, DRAW)
    ran = len(toy_log())
    found = replay(run.folder, toys)
    assert (found.cause, found.verdict, found.first, found.before) == (None, "equal", "", [])
    assert [r["verdict"] for r in found.rows] == ["identical"] * 4
    assert len(toy_log()) == 2 * ran  # it ran again, and took nothing over
    assert not bundle.compare_with_manifest(run.folder)  # and left no trace in the bundle


def test_failures_replay_as_failures(sealed: Callable[..., Run], toys: Registry) -> None:
    broken = ("break", "toy_break", {"light_curve": "read"}, {"how": "bug"})
    follow = ("follow", "toy_follow", {"periodogram": "break"}, {})
    empty = ("empty", "toy_break", {"light_curve": "tilt"}, {"how": "empty"})
    assert replay(sealed(READ, TILT, broken, follow, empty).folder, toys).verdict == "equal"


def test_an_altered_input_cannot_be_replayed(sealed: Callable[..., Run], toys: Registry) -> None:
    run = sealed(READ, TILT)
    (run.folder / "inputs" / "toy.txt").write_text("TOY\n6\n")
    found = replay(run.folder, toys)
    assert found.verdict == "could not replay"
    assert found.cause is not None
    assert (found.cause.kind, found.cause.error) == ("input", "AlteredFile")


def test_an_altered_output_leaves_nothing_to_compare_with(sealed: Callable[..., Run], toys: Registry) -> None:
    run = sealed(READ, TILT)
    path = run.folder / "outputs" / "tilt.ecsv"
    path.write_text(path.read_text().replace("1.5", "1.6"))
    found = replay(run.folder, toys)
    assert found.verdict == "could not replay"
    assert found.cause is not None
    assert (found.cause.kind, found.cause.error, found.first) == ("record", "AlteredFile", "tilt")


def test_a_record_that_ends_too_early_cannot_be_replayed(sealed: Callable[..., Run], toys: Registry) -> None:
    run = sealed(READ, TILT)
    path = run.folder / "journal.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:4]))
    found = replay(run.folder, toys)
    assert found.cause is not None
    assert (found.verdict, found.cause.kind) == ("could not replay", "record")


@pytest.mark.parametrize("text", ["[1]", "not json", "{}"])
def test_an_odd_environment_does_not_end_in_a_traceback(sealed: Callable[..., Run], toys: Registry, text: str) -> None:
    run = sealed(READ)
    (run.folder / "environment.json").write_text(text)
    assert replay(run.folder, toys).verdict in ("equal", "could not replay")


def test_a_stale_approval_cannot_be_replayed(sealed: Callable[..., Run], toys: Registry) -> None:
    run = sealed(READ, TILT)
    rechain(run, lambda e: e["approval"].update(plan="0" * 64) if e["event"] == "approval" else None)
    found = replay(run.folder, toys)
    assert found.verdict == "could not replay"
    assert found.cause is not None
    assert (found.cause.kind, found.cause.error) == ("approval", "StaleApproval")


def test_an_altered_journal_cannot_be_replayed(sealed: Callable[..., Run], toys: Registry) -> None:
    run = sealed(READ)
    path = run.folder / "journal.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"seconds":', b'"secondz":', 1))
    found = replay(run.folder, toys)
    assert found.cause is not None
    assert (found.verdict, found.cause.error) == ("could not replay", "JournalError")


def test_another_version_of_a_tool_is_not_the_one_approved(
    sealed: Callable[..., Run], toys: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = sealed(READ, TILT)
    other = dict(toys)
    import dataclasses

    tilt = toys["toy_tilt"]
    other["toy_tilt"] = dataclasses.replace(tilt, declaration=dataclasses.replace(tilt.declaration, version="1.1"))
    found = replay(run.folder, Registry(other.values()))
    assert found.verdict == "could not replay"
    assert found.cause is not None
    assert (found.cause.kind, found.cause.error, found.first) == ("code", "ChangedTool", "tilt")


def forged_output(run: Run, step: str, **changes: str) -> None:
    """Make the record say that a step made something else."""
    import numpy as np
    from astropy.table import QTable

    from gnomon.tools.kinds import tables

    path = run.folder / "outputs" / f"{step}.ecsv"
    table = QTable.read(path, format="ascii.ecsv")
    table["flux"] = np.asarray(table["flux"]) + 1e-3
    tables.write(table, path)

    def change(event: dict) -> None:
        if event["event"] == "step.finished" and event["step"] == step:
            event["artifact"].update(digest=tables.digest(table), sha256=bundle.file_digest(path))
            event.update(changes)

    rechain(run, change)


@pytest.mark.parametrize(
    ("changes", "kind", "error"),
    [
        ({"source": "1" * 64}, "code", "ChangedTool"),
        ({"machine": "an abacus"}, "machine", ""),
        ({}, "unexplained", ""),
    ],
)
def test_names_where_it_began_and_why(
    sealed: Callable[..., Run], toys: Registry, changes: dict[str, str], kind: str, error: str
) -> None:
    run = sealed(READ, TILT, MEASURE)
    forged_output(run, "tilt", **changes)
    found = replay(run.folder, toys)
    assert (found.verdict, found.first) == ("different", "tilt")
    assert found.cause is not None
    assert (found.cause.kind, found.cause.error) == (kind, error)


def test_names_a_change_of_environment(sealed: Callable[..., Run], toys: Registry) -> None:
    run = sealed(READ, TILT)
    path = run.folder / "environment.json"
    described = json.loads(path.read_text())
    described["packages"]["numpy"] = "1.0"
    path.write_text(json.dumps(described))
    forged_output(run, "tilt")
    found = replay(run.folder, toys)
    assert found.cause is not None
    assert found.cause.kind == "environment"
    assert "numpy: 1.0 then" in found.cause.what
    assert any("numpy: 1.0 then" in line for line in found.before)


def test_finds_a_tool_that_does_not_repeat_itself(sealed: Callable[..., Run], toys: Registry) -> None:
    found = replay(sealed(READ, ("guess", "toy_guess", {"light_curve": "read"}, {})).folder, toys)
    assert found.verdict == "different"
    assert found.cause is not None
    assert found.cause.kind == "nondeterministic"


def test_what_the_clock_ended_is_taken_from_the_record(
    sealed: Callable[..., Run], toys: Registry, toy_log: Callable[[], list[str]]
) -> None:
    run = sealed(READ, ("guess", "toy_guess", {"light_curve": "read"}, {"seconds": "2 s"}), TILT)
    assert "the clock ended it" in (run.folder / "tolerances.yaml").read_text()
    found = replay(run.folder, toys)
    assert (found.verdict, found.cause) == ("equal", None)
    assert toy_log().count("toy_guess") == 1 and toy_log().count("toy_tilt") == 2
    (run.folder / "outputs" / "guess.ecsv").write_text("altered")
    assert replay(run.folder, toys).verdict == "could not replay"


def test_more_threads_are_another_class_of_machine(sealed: Callable[..., Run], toys: Registry) -> None:
    found = replay(sealed(READ, TILT).folder, toys, threads=2)
    assert found.verdict == "equal"
    assert any("2 threads a step now" in line for line in found.before)


def test_what_acts_on_the_world_does_not_act_again(
    sealed: Callable[..., Run], toys: Registry, toy_log: Callable[[], list[str]]
) -> None:
    run = sealed(READ, ("send", "toy_send", {"light_curve": "read"}, {"address": "nowhere"}))
    assert replay(run.folder, toys).verdict == "equal"
    assert toy_log().count("toy_send nowhere") == 1


def test_keeps_what_it_made_where_asked(sealed: Callable[..., Run], toys: Registry, tmp_path: Path) -> None:
    replay(sealed(READ, TILT).folder, toys, keep=tmp_path / "kept")
    assert (tmp_path / "kept" / "outputs" / "tilt.ecsv").is_file()
    assert replaying.bundle.files_of(tmp_path / "kept")


class TestReplies:
    """Steps that ask the network: recorded, played back, and honest about what is missing."""

    ASK = ("ask", "toy_ask", {"light_curve": "read"}, {})

    @pytest.fixture
    def asked(self, sealed: Callable[..., Run], toy_server: str) -> Run:
        return sealed(READ, ("ask", "toy_ask", {"light_curve": "read"}, {"address": toy_server}))

    def test_replays_without_the_network(self, asked: Run, toys: Registry, stop_toy_server: Callable[[], None]) -> None:
        event = asked.events("step.finished")[-1]
        assert event["replies"]["count"] == 2
        stop_toy_server()
        assert replay(asked.folder, toys).verdict == "equal"

    def test_a_missing_reply_is_named(self, asked: Run, toys: Registry) -> None:
        index = asked.folder / "replies" / "ask.jsonl"
        index.write_text("".join(index.read_text().splitlines(keepends=True)[:1]))
        found = replay(asked.folder, toys)
        assert found.verdict == "could not replay"
        assert found.cause is not None
        assert (found.cause.kind, found.cause.error, found.first) == ("reply missing", "MissingReply", "ask")

    def test_the_script_plays_them_back_too(self, asked: Run, stop_toy_server: Callable[[], None]) -> None:
        from gnomon.plans.script_check import check_script

        stop_toy_server()
        checked = check_script(asked)
        assert checked.verdict == "equal", checked.why


class TestWeights:
    """Trained weights travel by digest."""

    SCORE = ("score", "toy_score", {"light_curve": "read"}, {})

    def test_are_carried_and_named(self, sealed: Callable[..., Run], toys: Registry) -> None:
        from gnomon.plans.script_check import check_script

        run = sealed(READ, self.SCORE)
        (carried,) = (run.folder / "weights").iterdir()
        assert carried.name == f"{bundle.file_digest(carried)}.npy"
        assert replay(run.folder, toys).verdict == "equal"
        assert check_script(run).verdict == "equal"

    def test_wrong_ones_are_refused(self, sealed: Callable[..., Run], toys: Registry) -> None:
        from gnomon.plans.script_check import check_script

        run = sealed(READ, self.SCORE)
        (carried,) = (run.folder / "weights").iterdir()
        carried.write_bytes(carried.read_bytes()[:-1] + b"\x01")
        found = replay(run.folder, toys)
        assert found.cause is not None
        assert (found.verdict, found.cause.kind, found.cause.error) == ("could not replay", "weights", "WeightsError")
        assert check_script(run).verdict == "could not replay"

    def test_of_another_digest_fail_the_step(
        self, make_plan: Callable[..., Plan], make_run: Callable[..., Run], execute: Callable[..., str]
    ) -> None:
        run = make_run(make_plan(READ, ("score", "toy_score", {"light_curve": "read"}, {"weights": "0" * 64})))
        assert execute(run) == "failed"
        assert run.events("step.failed")[0]["error"]["type"] == "WeightsError"
