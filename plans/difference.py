"""What differs between two runs of one plan: before anything ran, and step by step in what they made."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from gnomon.plans.canonical import file_digest
from gnomon.plans.plan import Plan
from gnomon.plans.run import SETTLED, Run
from gnomon.plans.standalone import judge, verdict_of
from gnomon.plans.store import Artifact
from gnomon.tools.errors import AlteredFile, MissingFile
from gnomon.tools.kinds import KINDS
from gnomon.tools.registry import Kind


def compare_runs(recorded: Run, other: Run, plan: Plan) -> list[dict[str, Any]]:
    """Compare what each step of two runs made, in its comparison class.

    Parameters
    ----------
    recorded, other : Run
        Their folders hold the outputs; the bytes of each are checked against the journal before they are compared.
    plan : Plan
        The one that both ran.

    Returns
    -------
    list of dict
        A row for each step, see `gnomon.plans.standalone.judge`.

    Raises
    ------
    MissingFile, AlteredFile
        Where an output that must be compared is not what its journal says.
    """
    then, now = recorded.outcomes(), other.outcomes()
    entries = {}
    for step in plan.ordered:
        event = then.get(step.id, {})
        entries[step.id] = {
            "status": SETTLED[event["event"]] if event else "missing",
            "needs": sorted(step.needs()),
            "comparison": event.get("comparison", "exact"),
            "digest": event.get("artifact", {}).get("digest", ""),
        }
    became = {}
    for identifier, event in now.items():
        error = event.get("error") or {}
        because = f"needs {event['because']}" if "because" in event else ""
        became[identifier] = {
            "status": SETTLED[event["event"]],
            "digest": event.get("artifact", {}).get("digest", ""),
            "what": error.get("what", because),
        }
    machines = {e.get("machine") for e in (*then.values(), *now.values()) if "machine" in e}
    return judge(
        entries,
        became,
        lambda step: output_parts(recorded.folder, then[step]),
        lambda step: output_parts(other.folder, now[step]),
        same_machine=len(machines) < 2,
    )


def output_parts(folder: Path, event: dict[str, Any]) -> Any:
    """The parts of what a step made (see the codecs), read from a run's folder."""
    artifact = Artifact.model_validate(event["artifact"])
    path = folder / "outputs" / f"{event['step']}{artifact.suffix}"
    if not path.is_file():
        raise MissingFile(f"outputs/{path.name} is not there.", remedy="Take the bundle again.")
    if file_digest(path) != artifact.sha256:
        raise AlteredFile(f"outputs/{path.name} is not what the journal says.", remedy="Take the bundle again.")
    codec = KINDS[Kind.parse(artifact.kind).name].codec
    return codec.parts(codec.read(path))


def changes_since(before: Run, after: Run, plan: Plan) -> dict[str, Any]:
    """What changed in the world between a run and its rerun: in what services answered, in the environment, in the results.

    Returns
    -------
    dict
        ``{"verdict", "steps", "replies", "environment"}``; the steps are the rows of `compare_runs`.
    """
    rows = compare_runs(before, after, plan)
    return {
        "verdict": verdict_of(rows),
        "steps": rows,
        "replies": [line for step in plan.ordered for line in _reply_differences(step.id, before, after)],
        "environment": environment_differences(environment_of(before), environment_of(after)),
    }


def environment_of(run: Run) -> dict[str, Any]:
    """What a run's folder says that it ran in; nothing where it does not say."""
    path = run.folder / "environment.json"
    described = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return described if isinstance(described, dict) else {}


def _reply_differences(step: str, before: Run, after: Run) -> list[str]:
    """What a service answered otherwise, what was not asked any more, and what was asked for the first time."""
    then, now = (
        {(r["key"], r["repeat"]): r for r in read_replies(run.folder / "replies", step)} for run in (before, after)
    )
    out = []
    for key, old in then.items():
        what = f"{step}: {old['method']} {old['url']}"
        new = now.get(key)
        if new is None:
            out.append(f"{what} was not asked again")
        elif (old["status"], old["sha256"]) != (new["status"], new["sha256"]):
            sizes = f"{old['size']} bytes on {old['time'][:10]}, {new['size']} bytes on {new['time'][:10]}"
            status = f"status {old['status']} then, {new['status']} now; " if old["status"] != new["status"] else ""
            out.append(f"{what} was answered otherwise: {status}{sizes}")
    out += [
        f"{step}: {r['method']} {r['url']} was asked for the first time" for key, r in now.items() if key not in then
    ]
    return out


def read_replies(folder: Path, step: str) -> list[dict[str, Any]]:
    """The records of what a step asked, see `gnomon.tools.transport`; none where it asked nothing."""
    index = folder / f"{step}.jsonl"
    if not index.is_file():
        return []
    return [json.loads(line) for line in index.read_text(encoding="utf-8").splitlines()]


def environment_differences(then: dict[str, Any], now: dict[str, Any], packages: set[str] | None = None) -> list[str]:
    """What two environments do not share, a plain phrase each; of packages only those named, where a set is given."""
    out = []
    for key, word in (
        ("python", "Python"),
        ("system", "operating system"),
        ("linear_algebra", "linear algebra"),
        ("machine_class", "machine class"),
    ):
        if then.get(key) != now.get(key):
            out.append(f"{word}: {_phrase(then.get(key))} then, {_phrase(now.get(key))} now")
    before, after = then.get("packages", {}), now.get("packages", {})
    names = {_plain(n): n for n in (*before, *after)}
    wanted = None if packages is None else {_plain(p) for p in packages}
    for plain, name in sorted(names.items()):
        if wanted is not None and plain not in wanted:
            continue
        old, new = _version(before, plain), _version(after, plain)
        if old != new:
            out.append(f"{name}: {old or 'not there'} then, {new or 'not there'} now")
    return out


def _phrase(value: Any) -> str:
    if isinstance(value, list):  # of libraries
        return ", ".join(" ".join(str(v) for v in entry.values()) for entry in value)
    return str(value or "not recorded")


def _plain(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")


def _version(packages: dict[str, str], plain: str) -> str:
    return next((version for name, version in packages.items() if _plain(name) == plain), "")
