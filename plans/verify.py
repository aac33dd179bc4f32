"""Verify: is a bundle what it says it is?  Nothing is run, and nothing outside the bundle is asked."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from gnomon.plans import approval as approvals
from gnomon.plans import bundle, crate_profile, document
from gnomon.plans.canonical import canonical, file_digest
from gnomon.plans.plan import Plan
from gnomon.plans.run import Run
from gnomon.tools.errors import (
    AlteredFile,
    ApprovalError,
    BundleError,
    CrateError,
    GnomonError,
    MissingFile,
    MissingReply,
    StaleApproval,
    WeightsError,
)


@dataclass(frozen=True)
class Check:
    """One check of a bundle.

    Parameters
    ----------
    name : str
    counted : str
        What was looked at, for a person.
    faults : tuple of GnomonError
        Empty where all is well.
    """

    name: str
    counted: str
    faults: tuple[GnomonError, ...] = ()

    def document(self) -> dict[str, object]:
        """JSON form."""
        return {
            "check": self.name,
            "passed": not self.faults,
            "looked_at": self.counted,
            "faults": [{"error": type(f).__name__, "what": f.what, "remedy": f.remedy} for f in self.faults],
        }


def verify(folder: Path, *, profile: bool = True) -> list[Check]:
    """Check digests, the journal's chain, approvals against the plan, and the crate's profile.

    Parameters
    ----------
    folder : pathlib.Path
        Of the bundle.
    profile : bool
        Whether to check the crate against its profile, which takes some seconds.

    Returns
    -------
    list of Check
        All of them, whatever the first ones found; those that the journal must be read for are left out where it cannot be.
    """
    run = Run(folder)
    checks = [_check("files", lambda: _files(folder))]
    journal = _check("journal", lambda: _journal(run))
    checks.append(journal)
    if not journal.faults:
        checks += [
            _check("plan", lambda: _plan(run)),
            _check("approval", lambda: _approval(run)),
            _check("outputs", lambda: _outputs(run)),
            _check("inputs", lambda: _inputs(run)),
            _check("replies", lambda: _replies(run)),
        ]
    if profile:
        checks.append(_check("crate", lambda: _crate(folder)))
    return checks


Found = tuple[str, list[GnomonError]]


def _check(name: str, look: Callable[[], Found]) -> Check:
    try:
        counted, faults = look()
    except GnomonError as error:
        return Check(name, "not readable", (error,))
    except OSError as error:
        lost = MissingFile(
            f"{Path(error.filename or '').name or 'A file'} could not be read: {error.strerror}.",
            remedy="Take the bundle again.",
        )
        return Check(name, "not readable", (lost,))
    except Exception as error:  # noqa: BLE001 - whatever a forged record does to the checks is a fault of the record
        what = f"The record for the check of {name} could not be understood ({type(error).__name__})."
        return Check(name, "not readable", (BundleError(what, remedy="Take the bundle again."),))
    return Check(name, counted, tuple(faults))


def _files(folder: Path) -> Found:
    faults: list[GnomonError] = [*bundle.compare_with_manifest(folder)]
    return f"{len(bundle.read_manifest(folder))} files against {bundle.MANIFEST}", faults


def _journal(run: Run) -> Found:
    path = run.folder / "journal.jsonl"
    if not path.is_file():
        return "no journal", [MissingFile("journal.jsonl is not there.", remedy="Take the bundle again.")]
    events = run.events()
    if not events or events[0]["event"] != "run.created":
        return "no events", [BundleError("The journal does not begin with a run.", remedy="Take the bundle again.")]
    return f"{len(events)} lines, each carrying the digest of the one before", []


def _plan(run: Run) -> Found:
    executed = run.executed()
    if executed is None:
        return "nothing was executed", []
    faults: list[GnomonError] = []
    starts = run.events("run.started")
    if any(s["plan"] != Plan.of_document(s["document"]).hash for s in starts):
        faults.append(
            AlteredFile("The journal's plan is not the one whose hash it names.", remedy="Do not trust this bundle.")
        )
    if not document.says((run.folder / "plan.yaml").read_text(encoding="utf-8", errors="replace"), executed):
        faults.append(
            AlteredFile("plan.yaml is not the plan that was executed.", remedy="The journal has the one that was.")
        )
    created = run.events("run.created")[0]
    if created.get("question") != executed.question or created.get("language") != executed.language:
        faults.append(
            AlteredFile("The journal begins with another question than the plan's.", remedy="Do not trust this bundle.")
        )
    return f"{len(executed.steps)} steps, {executed.hash[:12]}…", faults


def _approval(run: Run) -> Found:
    decisions = run.events("approval")
    faults: list[GnomonError] = []
    lines = (run.folder / "approvals.jsonl").read_bytes().split(b"\n")[:-1]
    if lines != [canonical(e["approval"]) for e in decisions]:
        faults.append(
            AlteredFile("approvals.jsonl does not say what the journal says.", remedy="The journal is the record.")
        )
    for start in run.events("run.started"):
        before = [approvals.Approval.model_validate(e["approval"]) for e in decisions if e["seq"] < start["seq"]]
        try:
            approvals.require(before[-1] if before else None, Plan.of_document(start["document"]), None)
        except StaleApproval as error:
            faults.append(
                StaleApproval(error.what, remedy="What ran is not what was approved; do not trust this bundle.")
            )
        except ApprovalError as error:
            faults.append(ApprovalError(f"It ran although: {error.what}", remedy="Do not trust this bundle."))
    if not decisions:
        return "nobody has decided", faults
    last = decisions[-1]["approval"]
    return f"{last['decision']} by {last['who']} on {last['when']}, of {last['plan'][:12]}…", faults


def _outputs(run: Run) -> Found:
    faults: list[GnomonError] = []
    made = run.artifacts()
    for step, artifact in made.items():
        _same_bytes(run.folder / "outputs" / f"{step}{artifact.suffix}", artifact.sha256, faults)
    for event in run.events("bundle.sealed")[-1:]:
        for name, sha256 in event["files"].items():
            if not name.startswith(("inputs/", "outputs/", "replies/", "weights/")):  # those are told of one by one
                _same_bytes(run.folder / name, sha256, faults)
    known = {f"{step}{artifact.suffix}" for step, artifact in made.items()}
    for path in sorted((run.folder / "outputs").glob("*")):
        if path.name not in known:
            faults.append(BundleError(f"No step of the journal made outputs/{path.name}.", remedy="Do not use it."))
    return f"{len(made)} outputs, the report and the script against the journal", faults


def _inputs(run: Run) -> Found:
    faults: list[GnomonError] = []
    plan = run.executed()
    files = plan.files if plan else []
    for file in files:
        _same_bytes(run.folder / "inputs" / file.name, file.sha256, faults)
    ended = [*run.events("step.finished"), *run.events("step.failed")]
    weights = {w["file"]: w["sha256"] for e in ended for w in e.get("weights", {}).values()}
    for name, sha256 in weights.items():
        path = run.folder / "weights" / name
        if not path.is_file() or file_digest(path) != sha256:
            faults.append(
                WeightsError(
                    f"weights/{name} is missing, or is not the file that ran.", remedy="Take the bundle again."
                )
            )
    also = f" and {len(weights)} files of weights" if weights else ""
    return f"{len(files)} attached files{also} against the plan", faults


def _replies(run: Run) -> Found:
    faults: list[GnomonError] = []
    count = 0
    folder = run.folder / "replies"
    for event in (e for e in run.outcomes().values() if e.get("replies") and not e.get("reused")):
        index = folder / f"{event['step']}.jsonl"
        if not index.is_file():
            faults.append(
                MissingReply(f"The replies of {event['step']} are not there.", remedy="Take the bundle again.")
            )
            continue
        _same_bytes(index, event["replies"]["sha256"], faults)
        for line in index.read_text(encoding="utf-8").splitlines():
            record = json.loads(line)
            count += 1
            if not (sha256 := record.get("sha256")):
                continue
            body = folder / "bodies" / sha256
            if not body.is_file():
                faults.append(
                    MissingReply(f"The reply of {record['url']} is not there.", remedy="Take the bundle again.")
                )
            else:
                _same_bytes(body, sha256, faults)
    return f"{count} recorded replies", faults


def _crate(folder: Path) -> Found:
    path = folder / bundle.CRATE
    if not path.is_file():
        return "no metadata", [MissingFile(f"{bundle.CRATE} is not there.", remedy="Take the bundle again.")]
    found = crate_profile.conformance(folder)
    faults: list[GnomonError] = [
        CrateError(str(finding), remedy="The metadata are made again by `gnomon resume`.") for finding in found.findings
    ]
    return str(found), faults


def _same_bytes(path: Path, sha256: str, faults: list[GnomonError]) -> None:
    name = "/".join(path.parts[-2:])
    if not path.is_file():
        faults.append(MissingFile(f"{name} is not there.", remedy="Take the bundle again."))
    elif file_digest(path) != sha256:
        faults.append(AlteredFile(f"{name} is not what the record says.", remedy="Take the bundle again."))


def lines(checks: list[Check]) -> Iterator[str]:
    """What the checks found, a line each."""
    for check in checks:
        yield f"{'good' if not check.faults else 'BAD ':<5} {check.name:<10} {check.counted}"
        for fault in check.faults:
            yield f"      {type(fault).__name__}: {fault}"
