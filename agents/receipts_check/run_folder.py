"""The folder of a run, read for a report that is to be checked.

Each output is checked against the journal before anything in it counts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from gnomon.agents import results as measured
from gnomon.agents.receipts_check.plan_that_ran import plan_that_ran
from gnomon.agents.report_content import Content, gather
from gnomon.agents.results import Result
from gnomon.plans.canonical import file_digest
from gnomon.plans.run import Run
from gnomon.plans.store import Artifact, Store
from gnomon.tools.kinds import KINDS
from gnomon.tools.registry import Kind, Registry


@dataclass(frozen=True)
class Source:
    """Where a fact, a passage or a work stands: a file of the run's folder and a place in it."""

    what: str
    file: str = ""
    step: str = ""
    row: int = 0
    columns: tuple[str, ...] = ()

    def __str__(self) -> str:
        row = f"row {self.row}" if self.row else ""
        where = ", ".join(p for p in (self.file, row, "/".join(self.columns)) if p)
        return f"{self.what} ({where})" if where else self.what


class _Folder(Store):
    """The outputs of a run's folder, read as if they were a store; nothing is ever written."""

    def __init__(self, folder: Path, outputs: dict[str, Artifact]) -> None:
        self.root = folder
        self._places = {a.digest: folder / "outputs" / f"{step}{a.suffix}" for step, a in outputs.items()}

    def path(self, digest: str, suffix: str) -> Path:
        """Where an output lies."""
        return self._places.get(digest, self.root / "outputs" / f"{digest}{suffix}")


@dataclass
class RunFolder:
    """What lies in the folder of a run.

    Parameters
    ----------
    folder : pathlib.Path
        The run's folder; nothing else is read.
    registry : Registry
    """

    folder: Path
    registry: Registry
    faults: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.run = Run(self.folder)
        self.plan = plan_that_ran(self.run, self.registry)
        self.events = measured.outcomes(self.run, self.plan)
        self.outputs = measured.finished(self.run, self.plan)
        self.sound = {step: a for step, a in self.outputs.items() if self._is_sound(step, a)}
        store = _Folder(self.folder, self.outputs)
        self.content: Content = gather(self.run, self.registry, store, self.plan)
        approval = self.run.approval()
        if approval is None or approval.decision != "approve" or approval.plan != self.plan.hash:
            self.faults.append(("approval", {}))
        for file in self.plan.files:
            path = self.folder / "inputs" / file.name
            if not path.exists():
                self.faults.append(("missing", {"file": f"inputs/{file.name}"}))
            elif file_digest(path) != file.sha256:
                self.faults.append(("altered", {"file": f"inputs/{file.name}", "step": "the plan"}))

    def _is_sound(self, step: str, artifact: Artifact) -> bool:
        name = f"outputs/{step}{artifact.suffix}"
        path = self.folder / name
        if not path.exists():
            self.faults.append(("missing", {"file": name}))
            return False
        if file_digest(path) != artifact.sha256:
            self.faults.append(("altered", {"file": name, "step": step}))
            return False
        return True

    @cached_property
    def tables(self) -> dict[str, Any]:
        """The tables among the outputs that are as the journal says, by step."""
        out = {}
        for step, artifact in self.sound.items():
            kind = Kind.parse(artifact.kind).name
            if artifact.suffix in (".ecsv", ".parquet"):
                out[step] = KINDS[kind].codec.read(self.folder / "outputs" / f"{step}{artifact.suffix}")
        return out

    @cached_property
    def rows(self) -> dict[tuple[str, int], Result]:
        """Measured numbers by step and row, counted from 1."""
        places = ((measured.locate(r.receipt), r) for r in self.content.results)
        return {(p.step, p.row): r for p, r in places if p.step in self.sound}
