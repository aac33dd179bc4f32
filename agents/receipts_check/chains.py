"""Chains: from a number of a report back to the bytes of the input and the approval of the plan, every digest computed anew."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from gnomon.agents.receipts_check.blocks import plain
from gnomon.agents.receipts_check.checked import Checked, Claim
from gnomon.agents.receipts_check.run_folder import Source
from gnomon.plans.lineage import lineage
from gnomon.plans.lineage_tree import tree
from gnomon.plans.run import Run
from gnomon.tools.registry import Registry


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


def chain(claim: Claim, folder: Path, registry: Registry) -> list[str]:
    """How a claim hangs on input bytes and approvals, as lines for a terminal; every digest is computed anew.

    Parameters
    ----------
    claim : Claim
        From `check`.
    folder : pathlib.Path
        The run's folder.
    registry : Registry

    Returns
    -------
    list of str
        The claim, where it is written, then the lineage of the step that made it (`gnomon.plans.lineage`).
    """
    text = " ".join(re.sub(r"<[^>]*>", "", claim.text).split())
    if claim.source is None:
        return [f"{text}: {claim.reason}"]
    source = claim.source
    if not source.step and (match := re.match(r"the list of receipts: (\w+)", source.what)):
        source = _of_label(match[1], folder) or source
    lines = [text, f"└── {source}"]
    steps = {e["step"] for e in Run(folder).events() if "step" in e}
    if source.step in steps:
        made = tree(lineage(folder, source.step, registry)).splitlines()
        lines += [f"    {'└── ' if n == 0 else '    '}{line}" for n, line in enumerate(made)]
    return lines


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
