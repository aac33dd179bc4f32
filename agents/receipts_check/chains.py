"""Chains: from a number of a report back to the bytes of the input and the approval of the plan, every digest computed anew."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gnomon.agents.receipts_check.blocks import plain
from gnomon.agents.receipts_check.checked import Checked, Claim
from gnomon.agents.receipts_check.evidence import Evidence
from gnomon.agents.receipts_check.run_folder import Source
from gnomon.plans.arguments import spoken
from gnomon.plans.canonical import file_digest
from gnomon.tools.registry import Registry


@dataclass
class Link:
    """One member of the chain from a number back to bytes and approvals, and what it rests on."""

    text: str
    below: list[Link] = field(default_factory=list)

    def lines(self, indent: str = "") -> Iterator[str]:
        """The chain as a tree, a line each."""
        yield self.text
        for number, link in enumerate(self.below):
            last = number == len(self.below) - 1
            rest = link.lines()
            yield f"{indent}{'└─ ' if last else '├─ '}{next(rest)}"
            for line in rest:
                yield f"{indent}{'   ' if last else '│  '}{line}"


def claims_of(checked: Checked, number: str) -> list[Claim]:
    """The claims of a report that a person means by ``75.767``, ``75.767 d`` or ``r9``.

    Parameters
    ----------
    checked : Checked
    number : str

    Returns
    -------
    list of Claim
        Those that read just so, before those that begin so; each place of the record once.
    """
    wanted = re.sub(r"[\s\[\]]", "", plain(number))
    read = [(re.sub(r"[\s\[\]\\\\]", "", plain(c.text)), c) for c in checked.claims]
    exact = [c for t, c in read if t == wanted]
    found = exact or [c for t, c in read if re.match(rf"{re.escape(wanted)}(?![\d.])", t)]
    out: dict[Any, Claim] = {}
    for claim in found:
        out.setdefault((claim.source, claim.reason), claim)
    return list(out.values())


def chain(claim: Claim, folder: Path, registry: Registry) -> Link:
    """How a claim hangs on input bytes and approvals; every digest is computed anew.

    Parameters
    ----------
    claim : Claim
        From `check`.
    folder : pathlib.Path
        The run's folder.
    registry : Registry

    Returns
    -------
    Link
    """
    text = " ".join(re.sub(r"<[^>]*>", "", claim.text).split())
    if claim.source is None:
        return Link(f"{text}: {claim.reason}")
    evidence = Evidence(folder, registry)
    source = claim.source
    if not source.step and (match := re.match(r"the list of receipts: (\w+)", source.what)):
        source = _of_label(match[1], folder) or source
    top = Link(text, [Link(str(source))])
    step_ids = {s.id for s in evidence.plan.steps}
    if source.step in step_ids:
        top.below[0].below.append(_step_link(source.step, evidence, set()))
    elif source.file.startswith("inputs/"):
        top.below[0].below.append(_file_link(source.file.removeprefix("inputs/"), evidence))
    top.below.append(_approval_link(evidence))
    return top


def _of_label(label: str, folder: Path) -> Source | None:
    path = folder / "report" / "report.md"
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    row = re.search(rf"^\| {label} \| (\S+) \|.*?((?:outputs/|journal|plan)[^|,，]*)(?:[,，] \D*(\d+))?", text, re.M)
    if row is None:
        return None
    step = row[1].replace("\\", "")
    return Source(
        f"receipt {label}", row[2].replace("\\", "").strip(), step, int(row[3] or 0) if "outputs" in row[2] else 0
    )


def _step_link(step_id: str, evidence: Evidence, above: set[str]) -> Link:
    step, event = evidence.plan.step(step_id), evidence.events.get(step_id, {})
    arguments = ", ".join(f"{name} = {spoken(value)}" for name, value in step.arguments.items()) or "none"
    made = Link(f"step {step.id}: {step.tool} {step.version}, journal line {event.get('seq', '?')}")
    if artifact := evidence.outputs.get(step_id):
        path = evidence.folder / "outputs" / f"{step_id}{artifact.suffix}"
        now = file_digest(path) if path.exists() else ""
        state = "the same now" if now == artifact.sha256 else "ALTERED" if now else "MISSING"
        made.below.append(Link(f"artifact {artifact.digest}"))
        made.below.append(Link(f"{path.parent.name}/{path.name}: SHA-256 {artifact.sha256}, {state}"))
    if event.get("source"):
        made.below.append(Link(f"source of the tool: {event['source']}"))
    if event.get("reused") or (event.get("run") and event.get("run") != evidence.run.id):
        made.below.append(Link(f"taken over from run {event.get('reused') or event.get('run')}"))
    made.below.append(Link(f"arguments: {arguments}"))
    for name, given in step.inputs.items():
        for ref in given if isinstance(given, list) else [given]:
            if ref.file is not None:
                made.below.append(_file_link(ref.file, evidence, name))
            elif ref.step in above:
                made.below.append(Link(f"{name}: step {ref.step}, as above"))
            elif ref.step is not None:
                link = _step_link(ref.step, evidence, above)
                above.add(ref.step)
                made.below.append(Link(f"{name}: {link.text}", link.below))
    return made


def _file_link(name: str, evidence: Evidence, argument: str = "file") -> Link:
    file = evidence.plan.file(name)
    path = evidence.folder / "inputs" / name
    now = file_digest(path) if path.exists() else ""
    state = "MISSING" if not now else "the same now" if file and now == file.sha256 else "ALTERED"
    return Link(
        f"{argument}: inputs/{name}, {file.size if file else '?'} bytes, SHA-256 {file.sha256 if file else '?'}, {state}"
    )


def _approval_link(evidence: Evidence) -> Link:
    approval = evidence.run.approval()
    if approval is None:
        return Link("approved by nobody")
    link = Link(
        f"{'approved' if approval.decision == 'approve' else 'rejected'} by {approval.who}, {approval.when}, {approval.how}"
    )
    same = "the plan that ran" if approval.plan == evidence.plan.hash else "NOT the plan that ran"
    link.below = [
        Link(f"plan {approval.plan}, {same}"),
        Link(f"page that was shown {approval.shown}"),
        Link(f"policy {approval.policy}"),
    ]
    return link
