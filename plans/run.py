"""A run: one execution of one plan hash, and the folder it leaves.

::

    RUN/
      plan.yaml          the plan, as people read and write it; its content's hash is its identity
      plan.schema.json   its form, for editors
      journal.jsonl      every event, chained; approvals are events
      environment.json   what the plan ran in
      planning/          what a language model was asked for the plan, and said
      inputs/            the attached files, by the names the plan uses
      replies/           what services answered, by step
      weights/           trained weights, by digest
      outputs/           what the steps made, by step
      report/            report.md, report.html, results.json
      logs/              what the tools' libraries said

The state of a run is read from its journal; nothing else remembers it.  `gnomon.plans.bundle` adds what makes the folder a
bundle that can be verified and replayed elsewhere.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from gnomon.plans import document, environment
from gnomon.plans.approval import Approval
from gnomon.plans.journal import Journal, read_events
from gnomon.plans.plan import Plan
from gnomon.plans.store import Artifact, Store, write_atomically
from gnomon.tools.errors import ApprovalError, StoreError, UsageError
from gnomon.tools.registry import Registry

# Events that say what became of a step, and the word for each.
SETTLED = {"step.finished": "finished", "step.empty": "empty", "step.failed": "failed", "step.skipped": "skipped"}
STATES = ("waiting", "rejected", "running", "stopped", "done", "failed")


def new_identifier() -> str:
    """A name for a new run; names sort as their runs were made, within a second too: its microseconds are the first five letters of eight."""
    now = datetime.now(UTC)
    return f"{now:%Y%m%d-%H%M%S}-{now.microsecond:05x}{secrets.randbelow(16**3):03x}"


class Run:
    """A run's folder.

    Parameters
    ----------
    folder : pathlib.Path
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._journal: Journal | None = None

    @property
    def id(self) -> str:
        """The run's name here, which is its folder's."""
        return self.folder.name

    @property
    def name(self) -> str:
        """The name that the run was given when it was made; a copy of its bundle may lie in a folder of another name."""
        created = self.events("run.created")
        return str(created[0].get("run", self.id)) if created else self.id

    # ------------------------------------------------------------------ making and finding

    @classmethod
    def create(cls, root: Path, identifier: str, plan: Plan, store: Store, **how: Any) -> Run:
        """Make the folder of a new run, with the plan and the attached files in it.

        `how` the run came to be (its planner, the digest of the record of the planning, the run that it repeats, what a person had edited in its plan) goes into the journal.  The folder is filled under another name and renamed, so a run is there whole or not at all.
        """
        root.mkdir(parents=True, exist_ok=True)
        part = root / f".part-{identifier}"
        try:
            run = cls(part)
            for name in ("inputs", "outputs", "report", "logs"):
                (part / name).mkdir(parents=True)
            for file in plan.files:
                link(store.path(file.sha256, ".file"), part / "inputs" / file.name)
            write_text(part / "plan.yaml", document.to_yaml(plan))
            link(Path(__file__).with_name(document.SCHEMA_FILE), part / document.SCHEMA_FILE)
            if planning := how.get("planning"):
                (part / "planning").mkdir()
                link(store.path(planning, ".file"), part / "planning" / "language.json")
            write_text(part / "environment.json", json.dumps(environment.describe(), indent=1, sort_keys=True) + "\n")
            run.journal.append(
                "run.created", run=identifier, plan=plan.hash, question=plan.question, language=plan.language, **how
            )
            part.rename(root / identifier)
        finally:
            shutil.rmtree(part, ignore_errors=True)
        return cls(root / identifier)

    @classmethod
    def find(cls, root: Path, name: str) -> Run:
        """The run of that name or of a name that starts so; ``last`` is the newest.

        Raises
        ------
        UsageError
            Where there is none, or more than one.
        """
        runs = cls.all(root)
        if name == "last" and runs:
            return runs[-1]
        found = [r for r in runs if r.id == name] or [
            r for r in runs if r.id.startswith(name) or r.id.endswith(f"-{name}")
        ]
        if len(found) == 1:
            return found[0]
        if found:
            raise UsageError(
                f"{len(found)} runs start with {name!r}: {', '.join(r.id for r in found[:5])}.",
                remedy="Give more of the name.",
            )
        raise UsageError(f"There is no run called {name!r}.", remedy="`gnomon runs` lists them.")

    @classmethod
    def all(cls, root: Path) -> list[Run]:
        """All runs, the oldest first."""
        if not root.is_dir():
            return []
        return [cls(p) for p in sorted(root.iterdir()) if p.is_dir() and not p.name.startswith(".")]

    # ------------------------------------------------------------------ reading

    @property
    def journal(self) -> Journal:
        """The journal, opened for writing; hold `exclusive` first."""
        if self._journal is None:
            self._journal = Journal(self.folder / "journal.jsonl")
        return self._journal

    def events(self, name: str | None = None) -> list[dict[str, Any]]:
        """Events of the journal, its chain checked, of one name or of all; a torn last line is left out."""
        events = read_events(self.folder / "journal.jsonl", being_written=True)
        return [e for e in events if name is None or e["event"] == name]

    def plan(self, registry: Registry) -> Plan:
        """The plan as the folder holds it now."""
        return document.read_plan(self.folder / "plan.yaml", registry)

    def approval(self) -> Approval | None:
        """The last decision on the run's plan."""
        decisions = self.events("approval")
        return Approval.model_validate(decisions[-1]["approval"]) if decisions else None

    def status(self) -> str:
        """One of `STATES`."""
        events = self.events()
        last = next((e for e in reversed(events) if e["event"] in ("run.finished", "run.started", "approval")), None)
        if last is None:
            return "waiting"
        if last["event"] == "run.finished":
            return str(last["status"])
        if last["event"] == "approval" and last["approval"]["decision"] == "reject":
            return "rejected"
        return "running" if self.is_held() else "stopped"

    def offered(self) -> str:
        """Hash of the plan as it was offered."""
        return str(self.events("run.created")[0]["plan"])

    def executed(self) -> Plan | None:
        """The plan as it was last executed, from the journal; None where nothing ran yet."""
        starts = self.events("run.started")
        return Plan.of_document(starts[-1]["document"]) if starts else None

    def outcomes(self) -> dict[str, dict[str, Any]]:
        """What became of each step: its last event of `SETTLED`."""
        return {e["step"]: e for e in self.events() if e["event"] in SETTLED}

    def artifacts(self) -> dict[str, Artifact]:
        """What the finished steps made, by step."""
        return {e["step"]: Artifact.model_validate(e["artifact"]) for e in self.events("step.finished")}

    # ------------------------------------------------------------------ holding and writing

    def _lock(self) -> FileLock:
        return FileLock(self.folder / ".lock")

    def is_held(self) -> bool:
        """Whether a living process holds the run."""
        lock = self._lock()
        try:
            lock.acquire(timeout=0)
        except Timeout:
            return True
        except OSError:
            return False  # nobody can write here, so nobody is at work
        lock.release()
        return False

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Hold the run; only one process can.

        Raises
        ------
        ApprovalError
            Where another one holds it.
        """
        lock = self._lock()
        try:
            lock.acquire(timeout=0)
        except Timeout as error:
            raise ApprovalError(
                f"Another process holds run {self.id}.",
                remedy=f"Wait for it; `gnomon show {self.id}` says how it goes.",
            ) from error
        except OSError as error:  # after Timeout, which is one
            raise StoreError(
                f"Run {self.id} could not be held: {error.strerror}.",
                remedy="Check the folder's permissions and the disk.",
            ) from error
        try:
            self._journal = None  # another process may have written since
            yield
        finally:
            self._journal = None
            lock.release()

    def keep_text(self, text: str, registry: Registry) -> None:
        """Let ``plan.yaml`` be what a person wrote, comments and all, changed as little as can be so that it says the run's plan.

        Nothing is done once the run was decided on, or where another process holds it: then others rely on the bytes that are there.
        """
        from gnomon.plans.editing import edited

        try:
            with self.exclusive():
                if self.approval() is None and not self.events("run.started"):
                    write_text(self.folder / "plan.yaml", edited(text, self.plan(registry), registry))
        except ApprovalError:
            pass  # somebody in another terminal was faster

    def record(self, approval: Approval, edits: Sequence[dict[str, Any]] = ()) -> None:
        """Write a decision into the journal, and what was edited in the plan after it was offered."""
        edited = {"edits": list(edits)} if edits else {}
        self.journal.append("approval", approval=approval.model_dump(mode="json"), **edited)

    def write_log(self, step: str, text: str) -> None:
        """Keep what a step's libraries said."""
        if text.strip():
            write_text(self.folder / "logs" / f"{step}.log", text)

    def write_output(self, step: str, artifact: Artifact, store: Store) -> None:
        """Put a finished step's artifact among the outputs."""
        link(store.path(artifact.digest, artifact.suffix), self.folder / "outputs" / f"{step}{artifact.suffix}")

    def set_aside(self, step: str) -> None:
        """Move what a step that never got its row in the journal left among the outputs to the logs: it is no result."""
        for path in (self.folder / "outputs").glob(f"{step}.*"):
            path.rename(self.folder / "logs" / f"{step}.unconfirmed{path.suffix}")

    def keep_weights(self, name: str, sha256: str, store: Store) -> str:
        """Put a file of weights into the folder, and return its name there."""
        if not (self.folder / "weights" / name).exists():
            link(store.path(sha256, ".file"), self.folder / "weights" / name)
        return name


def write_text(path: Path, text: str) -> None:
    """Write a text file, whole or not at all."""
    write_atomically(path, lambda part: _write(part, text))


def _write(part: Path, text: str) -> None:
    part.write_text(text, encoding="utf-8", errors="surrogateescape")


def link(source: Path, target: Path) -> None:
    """Put a stored object under another name; a copy, so that nobody can alter the store through the run's folder."""
    write_atomically(target, lambda part: _copy(source, part))


def _copy(source: Path, part: Path) -> None:
    shutil.copyfile(source, part)


def file_name(path: Path) -> str:
    """A name that JSON can keep and every file system can hold, close to the file's own."""
    name = os.fsencode(path.name).decode("utf-8", errors="replace")
    name = re.sub(r'[\x00-\x1f/\\:*?"<>|\ufffd]', "_", name) or "file"
    return "_" + name[1:] if name.startswith(".") else name  # a hidden file is easily lost
