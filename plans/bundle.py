"""The bundle: a run's folder, completed so that anyone can read, verify and replay it with no part of this machine.

::

    RUN/
      README.md                 one page for a person
      plan.yaml                 the plan, with the comments of who wrote it
      plan.schema.json          its form, for editors
      script.py                 the plan as one file that needs neither Gnomon nor a model
      requirements.txt          its lock
      environment.json          what the run ran in
      approvals.jsonl           who decided what, when, on which digests
      journal.jsonl             every event, chained
      planning/planning.json    how the plan came to be; language.json, where a model was asked, what it was asked and said
      inputs/ replies/ weights/ outputs/ logs/ report/
      tolerances.yaml           how each output is compared, and why
      ro-crate-metadata.json    Provenance Run Crate 0.5, made from the journal
      manifest-sha256.txt       every file above, as `sha256sum -c` reads it

The journal and the files it names are the record; all else is made from them, and made again gives the same bytes.  The
identity of a bundle is the SHA-256 of its manifest.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from gnomon.plans import crate
from gnomon.plans.approval import Approval
from gnomon.plans.canonical import canonical, file_digest
from gnomon.plans.plan import Plan
from gnomon.plans.requirements import requirements_text
from gnomon.plans.run import SETTLED, Run, write_text
from gnomon.plans.script import packages_of, script_text
from gnomon.plans.store import write_atomically
from gnomon.tools.errors import AlteredFile, BundleError, MissingFile, UnlistedFile, UsageError
from gnomon.tools.registry import Registry

LOCK = ".lock"
SCRATCH = "gnomon-scratch"
MANIFEST = "manifest-sha256.txt"
CRATE = "ro-crate-metadata.json"
# The oldest time that a zip can hold: an archive must not depend on when it was made.
ZIP_TIME = (1980, 1, 1, 0, 0, 0)
MAX_UNPACKED = 100 * 2**30

WHY = {
    "exact": "text, identifiers and selections: every bit counts",
    "content": "the file format may differ, the content may not",
    "float64": "computed in double precision: 1e-10 of the largest value",
    "float32": "computed in single precision: 1e-5 of the largest value",
    "decision": "labels must be equal, except where a row lies on the threshold",
    "statistical": "drawn at random: bit for bit with the same seed on the same class of machine, else within Monte-Carlo errors",
    "view": "a picture: the tables behind it are compared",
}
_CLOCK = "the clock ended it, so that a replay takes it from the record, and does over again what follows from it"


# --------------------------------------------------------------------------- completing a run's folder


def write_script(run: Run, plan: Plan, registry: Registry) -> None:
    """Put the script and its lock into the run's folder."""
    from gnomon.plans.environment import describe_python

    write_text(run.folder / "script.py", script_text(plan, registry, run))
    write_text(run.folder / "requirements.txt", requirements_text(packages_of(plan, registry), describe_python()))


def seal(run: Run, registry: Registry) -> str:
    """Complete a run's folder into a bundle, and return its identity.

    The caller holds the run.  Nothing may be written into the folder after this; resuming the run seals it again.
    """
    plan = run.executed() or run.plan(registry)
    folder = run.folder
    for part in folder.rglob(".part-*"):  # half-written by a process that was killed
        part.unlink()
    approvals = [e["approval"] for e in run.events("approval")]
    write_text(folder / "approvals.jsonl", "".join(canonical(a).decode() + "\n" for a in approvals))
    write_text(
        folder / "planning" / "planning.json", json.dumps(_planning(run, plan), indent=1, ensure_ascii=False) + "\n"
    )
    write_text(folder / "tolerances.yaml", _tolerances(run, plan, registry))
    write_text(folder / "README.md", _readme(run, plan))
    # What the journal does not know yet is bound to it, so that the record is one chain; once, however often it is sealed.
    files = {name: sha256 for name, sha256 in digests(folder).items() if name not in ("journal.jsonl", CRATE)}
    if [e["files"] for e in run.events("bundle.sealed")][-1:] != [files]:
        run.journal.append("bundle.sealed", files=files)
    crate.write(folder, registry)
    # Only these two were written since the others were read, which takes seconds where they are thousands.
    files |= {name: file_digest(folder / name) for name in ("journal.jsonl", CRATE)}
    write_text(folder / MANIFEST, manifest_text(files))
    return identity(folder)


def identity(folder: Path) -> str:
    """The bundle's identity: the SHA-256 of its manifest."""
    return file_digest(folder / MANIFEST)


def is_sealed(folder: Path) -> bool:
    """Whether the manifest is there and names the journal as it is now."""
    listed = read_manifest(folder) if (folder / MANIFEST).is_file() else {}
    return listed.get("journal.jsonl") == file_digest(folder / "journal.jsonl")


def files_of(folder: Path) -> list[str]:
    """Files of a bundle by their names in it; the run's lock and the manifest are not among them."""
    return sorted(name for name, regular in _entries(folder) if regular)


def _entries(folder: Path) -> Iterator[tuple[str, bool]]:
    """Everything in a bundle but folders, the lock and the manifest, and whether it is a regular file."""
    for here, folders, files in os.walk(folder):
        for name in [*files, *(f for f in folders if (Path(here) / f).is_symlink())]:
            path = Path(here) / name
            inner = path.relative_to(folder).as_posix()
            if inner not in (MANIFEST, LOCK):
                yield inner, stat.S_ISREG(path.lstat().st_mode)


def digests(folder: Path) -> dict[str, str]:
    """SHA-256 of each file of a bundle, as it is now."""
    return {name: file_digest(folder / name) for name in files_of(folder)}


def read_manifest(folder: Path) -> dict[str, str]:
    """What the manifest says.

    Raises
    ------
    MissingFile
        Where there is no manifest.
    BundleError
        Where it is not one.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise MissingFile(f"{folder} has no {MANIFEST}.", remedy="Is it the folder of a run? `gnomon runs` lists them.")
    listed: dict[str, str] = {}
    text = path.read_bytes().decode("utf-8", errors="replace")
    for number, line in enumerate(text.removesuffix("\n").split("\n"), start=1):
        sha256, separator, name = line.partition("  ")
        if (
            not separator
            or len(sha256) != 64
            or not name.isprintable()
            or name.startswith("/")
            or ".." in PurePosixPath(name).parts
        ):
            raise BundleError(
                f"Line {number} of {MANIFEST} is not a line of a manifest.", remedy="Take the bundle again."
            )
        listed[name] = sha256
    if text != manifest_text(listed):
        raise BundleError(
            f"{MANIFEST} is not in its one form: a line for each file, sorted.", remedy="Take the bundle again."
        )
    return listed


def manifest_text(listed: dict[str, str]) -> str:
    """The one form of a manifest."""
    return "".join(f"{sha256}  {name}\n" for name, sha256 in sorted(listed.items()))


def compare_with_manifest(folder: Path) -> list[BundleError]:
    """Files that are missing, altered, or not listed."""
    listed, here = read_manifest(folder), digests(folder)
    faults: list[BundleError] = []
    for name, sha256 in listed.items():
        if name not in here:
            faults.append(MissingFile(f"{name} is not there.", remedy="Take the bundle again."))
        elif here[name] != sha256:
            faults.append(
                AlteredFile(
                    f"{name} was altered: its sha256 is {here[name][:12]}…, and the manifest says {sha256[:12]}….",
                    remedy="Take the bundle again.",
                )
            )
    faults += [
        UnlistedFile(f"{name} is not in the manifest.", remedy="Remove it: nobody knows where it comes from.")
        for name in here
        if name not in listed
    ]
    faults += [
        UnlistedFile(f"{name} is not a regular file.", remedy="Remove it: a bundle holds its own bytes.")
        for name, regular in _entries(folder)
        if not regular
    ]
    return faults


# --------------------------------------------------------------------------- what is written for people


def _planning(run: Run, plan: Plan) -> dict[str, object]:
    created = run.events("run.created")[0]
    return {
        "question": plan.question,
        "language": plan.language,
        "planner": created.get("planner", "a plan file"),
        "made": created["time"],
        "offered": created["plan"],
        "assumptions": plan.assumptions,
        "missing": plan.missing,
        "evidence": {step.id: step.evidence for step in plan.steps if step.evidence},
        "why": {step.id: step.why for step in plan.steps if step.why},
        "model_calls": _model_calls(run),
    }


def _model_calls(run: Run) -> list[dict[str, object]]:
    """What a language model was asked for the plan, in short; ``language.json`` beside it has all of it."""
    path = run.folder / "planning" / "language.json"
    if not path.is_file():
        return []
    exchanges = json.loads(path.read_text(encoding="utf-8")).get("exchanges", [])
    told = ("asked", "model", "shape", "prompts", "usage", "cost", "seconds", "error")
    return [{name: exchange[name] for name in told} for exchange in exchanges]


def _tolerances(run: Run, plan: Plan, registry: Registry) -> str:
    outcomes = run.outcomes()
    lines = [
        "# How a replay compares each output.  A step whose inputs differ is compared in the weakest class above it."
    ]
    for step in plan.steps:
        event = outcomes.get(step.id, {})
        comparison = event.get("comparison") or registry.tool(step.tool).declaration.comparison
        why = _CLOCK if registry.tool(step.tool).clock_ends(step.arguments) else WHY[comparison]
        lines += [f"{step.id}:", f"  class: {comparison}", f"  why: {json.dumps(why)}"]
    return "\n".join(lines) + "\n"


_MADE = {"finished": "made", "empty": "found nothing", "failed": "failed", "skipped": "was skipped"}


def _readme(run: Run, plan: Plan) -> str:
    results = run.folder / "report" / "results.json"
    answer = json.loads(results.read_text(encoding="utf-8"))["answer"] if results.is_file() else ""
    approval = run.approval()
    checked = run.events("script.checked")
    lines = [f"# {' '.join(plan.question.split())}", ""]
    if answer:
        lines += [
            answer,
            "",
            "The report: [report/report.md](report/report.md), or `report/report.html` in a browser.",
            "",
        ]
    lines += [
        "## Who allowed it",
        "",
        _decided(approval),
        "",
        f"Plan `{plan.hash}`, run `{run.name}`, {run.status()}.",
        "",
    ]
    lines += ["## What was done", ""]
    outcomes = run.outcomes()
    for step in plan.steps:
        event = outcomes.get(step.id)
        word = _MADE[SETTLED[event["event"]]] if event else "did not run"
        made = f" `outputs/{step.id}{event['artifact']['suffix']}`" if event and "artifact" in event else ""
        lines.append(f"- {step.id} ({step.tool} {step.version}) {word}{made}")
    lines += [
        "",
        "## How to check it",
        "",
        f"- `sha256sum -c {MANIFEST}`: is every byte what it was? Needs nothing of Gnomon.",
        "- `gnomon verify .`: that, the journal's chain, the approval, and the metadata's profile.",
        "- `gnomon replay .`: run the plan again on what is here, without network or model, and compare.",
        "- `pip install -r requirements.txt && python script.py --replay . --out out --check`: the same without Gnomon.",
    ]
    if checked:
        lines += ["", f"The script was checked by the system itself: {checked[-1]['verdict']}."]
    return "\n".join(lines) + "\n"


def _decided(approval: Approval | None) -> str:
    if approval is None:
        return "Nobody has decided yet."
    words = {"approve": "Approved", "reject": "Rejected"}
    reason = f" Reason: {approval.reason}." if approval.reason else ""
    return f"{words[approval.decision]} by {approval.who} on {approval.when} ({approval.how}).{reason}"


# --------------------------------------------------------------------------- copies and archives


def copy(folder: Path, target: Path) -> Path:
    """Copy a sealed bundle, whole or not at all.

    Raises
    ------
    UsageError
        Where the target is there already.
    BundleError
        Where the bundle is not sealed, or is not what its manifest says.
    """
    _require_whole(folder)
    if target.exists():
        raise UsageError(f"{target} is there already.", remedy="Choose another name with -o, or remove it.")
    target.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(dir=target.parent, prefix=".part-"))
    try:
        for name in [*files_of(folder), MANIFEST]:
            (part / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(folder / name, part / name)
        part.chmod(0o755)
        part.rename(target)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return target


def pack(folder: Path, target: Path) -> Path:
    """Write a sealed bundle as a zip: sorted names, one fixed time, nothing compressed, so that the bytes are the same anywhere."""
    _require_whole(folder)
    if target.exists():
        raise UsageError(f"{target} is there already.", remedy="Choose another name with -o, or remove it.")

    root = Run(folder).name

    def fill(part: Path) -> None:
        with zipfile.ZipFile(part, "w", zipfile.ZIP_STORED) as archive:
            for name in sorted([*files_of(folder), MANIFEST]):
                entry = zipfile.ZipInfo(f"{root}/{name}", ZIP_TIME)
                entry.create_system = 3
                entry.external_attr = 0o644 << 16
                with (folder / name).open("rb") as source, archive.open(entry, "w", force_zip64=True) as to:
                    shutil.copyfileobj(source, to, 2**20)

    write_atomically(target, fill)
    return target


def _require_whole(folder: Path) -> None:
    if not is_sealed(folder):
        raise BundleError(
            f"{folder.name} is not a finished bundle.",
            remedy=f"`gnomon resume {folder.name}` finishes the run and its bundle.",
        )
    for fault in compare_with_manifest(folder):
        raise fault


@contextmanager
def opened(path: Path) -> Iterator[Path]:
    """The folder of a bundle that is a folder or a zip; a zip is unpacked for the time of the block.

    Raises
    ------
    UsageError
        Where there is nothing, or no bundle.
    """
    if path.is_dir():
        if not (path / "journal.jsonl").is_file() and not (path / MANIFEST).is_file():
            raise UsageError(
                f"{path} is not the folder of a run: it has no journal.jsonl.", remedy="`gnomon runs` lists runs."
            )
        yield path
        return
    if not path.is_file():
        raise UsageError(f"There is no bundle {path}.", remedy="Give a folder, a zip, or the name of a run.")
    with scratch() as temporary:
        yield _unpacked(path, temporary)


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder for the time of the block; those that killed processes left behind are removed on the way."""
    root = Path(tempfile.gettempdir())
    for left in root.glob(f"{SCRATCH}-*-*"):
        owner = left.name.split("-")[2]
        if owner.isdigit() and not _is_alive(int(owner)):
            shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=f"{SCRATCH}-{os.getpid()}-", ignore_cleanup_errors=True) as temporary:
        yield Path(temporary)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # somebody else's
    return True


def _unpacked(path: Path, target: Path) -> Path:
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            if sum(e.file_size for e in entries) > MAX_UNPACKED:
                raise BundleError(
                    f"{path.name} would unpack to more than 100 GiB.", remedy="Unpack it yourself and give the folder."
                )
            for entry in entries:
                parts = PurePosixPath(entry.filename).parts
                if entry.filename.startswith("/") or ".." in parts or "\\" in entry.filename:
                    raise BundleError(
                        f"{path.name} holds a file outside itself: {entry.filename}.", remedy="Do not trust it."
                    )
            archive.extractall(target)
    except OSError as error:
        raise BundleError(
            f"{path.name} could not be unpacked: {error.strerror}.", remedy="Check the disk, or take it again."
        ) from error
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise BundleError(
            f"{path.name} is not a zip, or a damaged one: {error}.", remedy="Take the bundle again."
        ) from error
    journals = sorted(target.glob("*/journal.jsonl")) + sorted(target.glob("journal.jsonl"))
    if len(journals) != 1 or (journals[0].parent != target and len(list(target.iterdir())) != 1):
        raise BundleError(
            f"{path.name} does not hold exactly one run.", remedy="Make it with `gnomon bundle RUN --zip`."
        )
    return journals[0].parent
