"""Bundles: whole, the same bytes each time, and every tampering found and named."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from forging import rechain
from toy_steps import MEASURE, READ, TILT

from gnomon.plans import bundle
from gnomon.plans.plan import Plan
from gnomon.plans.run import Run, file_name
from gnomon.plans.verify import lines, verify
from gnomon.tools.errors import BundleError, GnomonError, MissingFile, UsageError
from gnomon.tools.registry import Registry

SCORE = ("score", "toy_score", {"light_curve": "read"}, {})


_once: dict[str, Path] = {}


@pytest.fixture
def sealed(request: pytest.FixtureRequest, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A bundle with inputs, replies, weights and outputs; made once, and a fresh copy for each test."""
    if not _once:
        make_plan, make_run, execute, toys, server = map(
            request.getfixturevalue, ("make_plan", "make_run", "execute", "toys", "toy_server")
        )
        ask = ("ask", "toy_ask", {"light_curve": "read"}, {"address": server})
        run = make_run(make_plan(READ, TILT, MEASURE, SCORE, ask))
        assert execute(run) == "done"
        bundle.write_script(run, run.plan(toys), toys)
        bundle.seal(run, toys)
        _once["folder"] = tmp_path_factory.mktemp("once") / run.id
        shutil.copytree(run.folder, _once["folder"])
    return Run(Path(shutil.copytree(_once["folder"], tmp_path / "bundles" / _once["folder"].name)))


def faults(folder: Path, *, profile: bool = False) -> dict[str, list[str]]:
    """Names of the errors that each check found."""
    checks = verify(folder, profile=profile)
    return {c.name: sorted({type(f).__name__ for f in c.faults}) for c in checks if c.faults}


def test_is_what_it_says(sealed: Run) -> None:
    checks = verify(sealed.folder)
    assert not [f for c in checks for f in c.faults]
    assert [c.name for c in checks] == ["files", "journal", "plan", "approval", "outputs", "inputs", "replies", "crate"]
    assert all(line.startswith("good") for line in lines(checks))
    assert any("2 recorded replies" in line for line in lines(checks))


def test_the_manifest_is_read_by_sha256sum(sealed: Run) -> None:
    done = subprocess.run(
        ["sha256sum", "--check", "--strict", "--quiet", bundle.MANIFEST],
        cwd=sealed.folder,
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_the_same_run_gives_the_same_bytes(sealed: Run, toys: Registry, tmp_path: Path) -> None:
    before = bundle.digests(sealed.folder)
    identity = bundle.identity(sealed.folder)
    assert bundle.seal(sealed, toys) == identity
    assert bundle.digests(sealed.folder) == before
    copy = bundle.copy(sealed.folder, tmp_path / "copy")
    assert bundle.digests(copy) == before
    assert not verify(copy, profile=False)[0].faults
    one, other = bundle.pack(sealed.folder, tmp_path / "one.zip"), bundle.pack(copy, tmp_path / "other.zip")
    assert one.read_bytes() == other.read_bytes()
    with bundle.opened(one) as folder:
        assert bundle.digests(folder) == before


def test_nothing_is_overwritten(sealed: Run, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    for write in (bundle.copy, bundle.pack):
        with pytest.raises(UsageError, match="is there already"):
            write(sealed.folder, tmp_path / "there")


def test_no_secret_and_no_path_of_this_machine_is_in_it(sealed: Run) -> None:
    for name in bundle.files_of(sealed.folder):
        content = (sealed.folder / name).read_bytes()
        assert str(sealed.folder.parent).encode() not in content, name
        assert str(Path.home()).encode() + b"/" not in content, name


FILES = [
    ("inputs/toy.txt", {"files", "inputs"}, "AlteredFile"),
    ("outputs/tilt.ecsv", {"files", "outputs"}, "AlteredFile"),
    ("plan.yaml", {"files"}, "AlteredFile"),
    ("script.py", {"files"}, "AlteredFile"),
    ("approvals.jsonl", {"files", "approval"}, "AlteredFile"),
    ("replies/ask.jsonl", {"files", "replies"}, "AlteredFile"),
    ("environment.json", {"files"}, "AlteredFile"),
]


@pytest.mark.parametrize(("name", "where", "error"), FILES, ids=[f[0] for f in FILES])
def test_one_altered_byte_is_found(sealed: Run, name: str, where: set[str], error: str) -> None:
    path = sealed.folder / name
    content = bytearray(path.read_bytes())
    place = content.index(b"0") if b"0" in content else len(content) // 2
    content[place] ^= 1
    path.write_bytes(content)
    found = faults(sealed.folder)
    assert where <= set(found)
    assert all(error in found[w] for w in where)


def test_wrong_weights_are_named(sealed: Run) -> None:
    (path,) = (sealed.folder / "weights").iterdir()
    path.write_bytes(b"other")
    assert faults(sealed.folder)["inputs"] == ["WeightsError"]


def test_missing_replies_are_named(sealed: Run) -> None:
    next((sealed.folder / "replies" / "bodies").iterdir()).unlink()
    assert faults(sealed.folder)["replies"] == ["MissingReply"]


def test_missing_and_added_files_are_named(sealed: Run) -> None:
    (sealed.folder / "outputs" / "read.ecsv").unlink()
    (sealed.folder / "outputs" / "more.ecsv").write_text("new")
    found = faults(sealed.folder)
    assert found["files"] == ["MissingFile", "UnlistedFile"]
    assert found["outputs"] == ["BundleError", "MissingFile"]


def test_an_altered_line_of_the_journal_is_named(sealed: Run) -> None:
    path = sealed.folder / "journal.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"who":"tester"', b'"who":"forger"'))
    assert faults(sealed.folder)["journal"] == ["JournalError"]


def forge(run: Run, change: Callable[[dict], None]) -> None:
    """Alter events, chain them anew and write a manifest that fits, as a clever forger would."""
    rechain(run, change)
    (run.folder / bundle.MANIFEST).write_text(bundle.manifest_text(bundle.digests(run.folder)))


def test_a_forged_plan_lacks_its_approval(sealed: Run) -> None:
    def change(event: dict) -> None:
        if event["event"] == "run.started":
            event["document"]["steps"][1]["arguments"]["slope"] = 0.25
            event["plan"] = Plan.of_document(event["document"]).hash

    forge(sealed, change)
    found = faults(sealed.folder)
    assert found["approval"] == ["StaleApproval"]
    assert found["plan"] == ["AlteredFile"]


def test_a_forged_approval_does_not_fit_its_page(sealed: Run) -> None:
    def change(event: dict) -> None:
        if event["event"] == "approval":
            event["approval"]["page"] = event["approval"]["page"].replace("toy", "spectrograph")

    forge(sealed, change)
    assert "StaleApproval" in faults(sealed.folder)["approval"]


def test_an_approval_that_was_taken_out_is_missed(sealed: Run) -> None:
    def change(event: dict) -> None:
        if event["event"] == "approval":
            event["event"] = "remark"

    forge(sealed, change)
    assert "ApprovalError" in faults(sealed.folder)["approval"]


def test_a_forged_output_does_not_fit_the_journal(sealed: Run) -> None:
    path = sealed.folder / "outputs" / "measure.ecsv"
    path.write_text(path.read_text().replace("5.0", "6.0"))
    forge(sealed, lambda event: None)
    assert faults(sealed.folder)["outputs"] == ["AlteredFile"]


def test_metadata_that_break_their_profile_are_named(sealed: Run) -> None:
    path = sealed.folder / bundle.CRATE
    described = json.loads(path.read_text())
    for entity in described["@graph"]:
        entity.pop("instrument", None)
    path.write_text(json.dumps(described))
    assert faults(sealed.folder, profile=True)["crate"] == ["CrateError"]


@pytest.mark.parametrize("what", ["hidden", "link", "linked folder", "pipe"])
def test_what_is_no_file_of_its_own_is_named(sealed: Run, tmp_path: Path, what: str) -> None:
    if what == "hidden":
        (sealed.folder / ".hidden").write_text("x")
    elif what == "link":
        output = sealed.folder / "outputs" / "read.ecsv"
        output.rename(tmp_path / "outside.ecsv")
        output.symlink_to(tmp_path / "outside.ecsv")
    elif what == "linked folder":
        (sealed.folder / "more").symlink_to(tmp_path)
    else:
        os.mkfifo(sealed.folder / "pipe")
    assert "UnlistedFile" in faults(sealed.folder)["files"]


@pytest.mark.parametrize("change", ["reversed", "twice", "carriage returns"])
def test_the_manifest_has_one_form(sealed: Run, change: str) -> None:
    path = sealed.folder / bundle.MANIFEST
    lines_ = path.read_text().splitlines(keepends=True)
    changed = {
        "reversed": lines_[::-1],
        "twice": [lines_[0], *lines_],
        "carriage returns": [x.replace("\n", "\r\n") for x in lines_],
    }
    path.write_bytes("".join(changed[change]).encode())
    assert faults(sealed.folder)["files"] == ["BundleError"]


@pytest.mark.parametrize("name", ["script.py", "environment.json", "README.md", "requirements.txt", "tolerances.yaml"])
def test_a_new_manifest_does_not_hide_an_altered_file(sealed: Run, name: str) -> None:
    """The journal knows the digest of every file."""
    (sealed.folder / name).write_text("other")
    forge(sealed, lambda event: None)
    assert "AlteredFile" in faults(sealed.folder)["outputs"]


@pytest.mark.parametrize("line", [b"[]", b"null", b'{"event":3}', b"[" * 100_000])
def test_a_line_that_is_no_event_is_named(sealed: Run, line: bytes) -> None:
    path = sealed.folder / "journal.jsonl"
    path.write_bytes(path.read_bytes() + line + b"\n")
    assert faults(sealed.folder)["journal"] == ["JournalError"]


def test_a_name_with_a_leading_dot_is_made_visible(tmp_path: Path) -> None:
    assert file_name(tmp_path / ".hidden.csv") == "_hidden.csv"


def test_an_unfinished_run_is_no_bundle_yet(
    make_plan: Callable[..., Plan], make_run: Callable[..., Run], tmp_path: Path
) -> None:
    run = make_run(make_plan(READ))
    with pytest.raises(BundleError, match="not a finished bundle"):
        bundle.copy(run.folder, tmp_path / "copy")
    assert faults(run.folder)["files"] == ["MissingFile"]


@pytest.mark.parametrize("name", ["../outside", "/outside", "a/../../outside"])
def test_an_archive_cannot_write_outside_itself(tmp_path: Path, name: str) -> None:
    with zipfile.ZipFile(tmp_path / "bad.zip", "w") as archive:
        archive.writestr(name, "x")
    with pytest.raises(BundleError, match="outside itself"), bundle.opened(tmp_path / "bad.zip"):
        pass
    assert not (tmp_path.parent / "outside").exists()


def test_what_is_no_bundle_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_text("no")
    (tmp_path / "empty").mkdir()
    for path, error in (("a.zip", BundleError), ("empty", UsageError), ("nowhere", UsageError)):
        with pytest.raises(error) as told, bundle.opened(tmp_path / path):
            pass
        assert isinstance(told.value, GnomonError)
        assert told.value.remedy
    with pytest.raises(MissingFile):
        bundle.read_manifest(tmp_path / "empty")
