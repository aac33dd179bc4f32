"""A lineage as a tree for a terminal."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from gnomon.plans.arguments import spoken
from gnomon.plans.lineage import Allowed, Given, Lineage, Node, Replies

NOT_RECORDED = "not recorded"


@dataclass(frozen=True)
class _Branch:
    title: str
    details: list[str]
    branches: list[_Branch]

    def lines(self) -> Iterator[str]:
        yield self.title
        bar = "│   " if self.branches else "    "
        for detail in self.details:
            yield bar + detail
        for branch in self.branches:
            head, rest = ("└── ", "    ") if branch is self.branches[-1] else ("├── ", "│   ")
            for number, line in enumerate(branch.lines()):
                yield (rest if number else head) + line


def tree(lineage: Lineage) -> str:
    """The lineage as a tree for a terminal; a step that occurs twice is told once and referred to after.

    Digests are cut to twelve digits; `gnomon.plans.lineage.document` has them whole.
    """
    asked = lineage.nodes[0]
    told: set[tuple[str, int]] = set()

    def branch(node: Node, name: str) -> _Branch:
        title = f"{name}{node.made.file if node.made else f'{node.step}: {node.outcome}'}"
        if (node.step, node.line) in told:
            return _Branch(f"{title} (told above)", [], [])
        told.add((node.step, node.line))
        below = [branch(lineage.node(i.step, i.line), f"{i.parameter}: ") for i in node.inputs]
        below += [_Branch(_given(f), [], []) for f in node.files]
        if node.replies:
            below.append(_Branch(_replies(node.replies), [], []))
        return _Branch(title, list(_details(node, asked)), below)

    root = branch(asked, "")
    allowed = [_Branch(*_allowed(a), []) for a in lineage.approvals]
    allowed = allowed or [_Branch("allowed by nobody: no decision is in the journal", [], [])]
    first = [f"of run {lineage.run}, plan {_short(lineage.plan)}", f"asked: {lineage.question}"]
    whole = _Branch(root.title, [*first, *root.details], [*root.branches, *allowed])
    return "\n".join(_plain(line) for line in whole.lines()) + "\n"


def _short(digest: str) -> str:
    return f"{digest[:12]}…" if digest else NOT_RECORDED


def _plain(text: str) -> str:
    """One line that a terminal only prints: what controls it (from file names, questions, messages) is written out."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def _cut(text: str, most: int = 100) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


_HERE = {
    "match": "the bytes here match",
    "altered": "the bytes here are ALTERED",
    "missing": "the file is MISSING here",
    "unreadable": "the file here CANNOT BE READ",
}


def _details(node: Node, asked: Node) -> Iterator[str]:
    if node.made:
        yield f"{node.made.kind}, {node.made.size} bytes: {_cut(node.made.preview)}"
        yield f"digest {_short(node.made.digest)}, sha256 {_short(node.made.sha256)}: {_HERE[node.made.here]}"
    elif node.because:
        yield f"because {node.because}"
    verb = {"finished": "made by", "empty": "nothing found by", "failed": "tried by", "interrupted": "begun by",
            "under way": "being made by", "skipped": "would have been made by"}.get(node.outcome, "to be made by")  # fmt: skip
    if node.reused:
        verb = "taken over by"
    performed = node.seconds is not None and node.outcome != "skipped"
    parts = [
        f"{verb} step {node.step}, {node.tool or NOT_RECORDED} {node.version}".rstrip(),
        f"source {_short(node.source)}" if node.outcome in ("finished", "empty") else "",
        f"{node.seconds:g} s" if performed else "",
        f"{'begun ' if not node.line else ''}{_time(node.when)}" if node.when else "",
    ]
    yield ", ".join(p for p in parts if p)
    if node.reused:
        yield f"not performed in this run: an equal step of run {node.reused} had made it"
    if node.machine and (node is asked or node.machine != asked.machine):
        yield f"on {node.machine}"
    if not node.recorded:
        yield f"arguments and inputs: {NOT_RECORDED}"
    chosen = [f"{a.name} = {spoken(a.value)}" for a in node.arguments if not a.default]
    usual = [f"{a.name} = {spoken(a.value)}" for a in node.arguments if a.default]
    if chosen:
        yield f"with {', '.join(chosen)}"
    if usual:
        yield f"by default {', '.join(usual)}"


def _time(text: str) -> str:
    return re.sub(r"\.\d+Z$", "Z", text)


def _given(file: Given) -> str:
    what = file.file if file.size is None else f"attached {file.file}, {file.size} bytes"
    return f"{file.parameter}: {what}, sha256 {_short(file.sha256)}: {_HERE[file.here]}"


def _replies(replies: Replies) -> str:
    word = "reply" if replies.count == 1 else "replies"
    what = f"{replies.count} recorded {word}, {replies.bytes} bytes, listed in {replies.file}"
    return f"network: {what}, sha256 {_short(replies.sha256)}: {_HERE[replies.here]}"


def _allowed(allowed: Allowed) -> tuple[str, list[str]]:
    ways = {
        "terminal": "at a prompt", "command": "with a command", "beforehand": "beforehand", "policy": "by the policy alone",
        "rule": "by a rule that was approved beforehand",
    }  # fmt: skip
    verb = "allowed" if allowed.decision == "approve" else "REJECTED"
    details = [f"reason: {allowed.reason}"] if allowed.reason else []
    details.append(f"plan {_short(allowed.plan)}, page {_short(allowed.page)}, policy {_short(allowed.policy)}")
    if allowed.stands:
        details.append("it stands for exactly this plan" + (f"; {allowed.why}" if allowed.why else ""))
    else:
        details.append(f"it does NOT stand for this plan: {allowed.why}")
    return f"{verb} by {allowed.who} {ways.get(allowed.how, allowed.how)}, {_time(allowed.when)}", details
