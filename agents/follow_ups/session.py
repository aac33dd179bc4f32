"""The session: where a conversation stands, made of nothing but what its record says happened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from gnomon.agents.follow_ups.chat_record import ChatRecord
from gnomon.agents.follow_ups.options import Option
from gnomon.agents.follow_ups.phrases import Language
from gnomon.agents.past_runs.edits import follows
from gnomon.plans.plan import Plan


@dataclass(frozen=True)
class Position:
    """One plan that a conversation came to.

    Parameters
    ----------
    plan : Plan
    files : tuple of pathlib.Path
        Where the files of the plan lie.
    said : str
        What led to it.
    focus : str
        The argument that was spoken of last, as ``tool.argument``.
    run : str
        Name of its run; empty as long as nobody decided.
    """

    plan: Plan
    files: tuple[Path, ...] = ()
    said: str = ""
    focus: str = ""
    run: str = ""


@dataclass(frozen=True)
class File:
    """A file that was attached in a conversation: where it lies, and what it was found to be."""

    path: Path
    kind: str
    found: str
    sha256: str


@dataclass
class Session:
    """Where a conversation stands.

    Each method of change writes a line of the record and then takes it in, as `resumed` takes in the lines of before; so a conversation that
    was ended by force stands where it stood.

    Parameters
    ----------
    record : ChatRecord, optional
        Without one nothing is kept.
    """

    record: ChatRecord | None = None
    positions: list[Position] = field(default_factory=list)
    at: int = -1
    files: list[File] = field(default_factory=list)
    meant: list[Path] = field(default_factory=list)
    planned_since: bool = False
    options: tuple[Option, ...] = ()
    open: dict[str, Any] = field(default_factory=dict)
    language: Language = "en"
    sayings: int = 0

    @classmethod
    def resumed(cls, record: ChatRecord) -> Session:
        """The session that a record tells of; a new one where it tells of none."""
        session = cls(record)
        for event in record.events():
            session._take(event["event"], event)
        return session

    # ------------------------------------------------------------------ reading

    @property
    def position(self) -> Position | None:
        """The present plan."""
        return self.positions[self.at] if 0 <= self.at < len(self.positions) else None

    def plans_since_shown(self) -> list[Plan]:
        """The plans from the first one of the present question to the present one, each made from the one before by something that was said."""
        plans = [p.plan for p in self.positions[: self.at + 1]]
        first = len(plans) - 1
        while first > 0 and follows(plans[first - 1], plans[first]):
            first -= 1
        return plans[max(first, 0) :]

    def file(self, path: Path) -> File | None:
        """The attached file at a path."""
        return next((f for f in self.files if f.path == path), None)

    # ------------------------------------------------------------------ changing

    def said(self, text: str, language: Language) -> None:
        """Somebody said something."""
        self._note("said", text=text, language=language)

    def replied(self, kind: str, text: str) -> None:
        """It was answered."""
        self._note("replied", kind=kind, text=text)

    def place(self, plan: Plan, files: Sequence[Path], said: str, focus: str = "", run: str = "") -> None:
        """A plan becomes the present one; what was undone before is gone."""
        self._note("placed", plan=plan.document(), files=[str(p) for p in files], said=said, focus=focus, run=run)

    def move(self, at: int) -> None:
        """Another plan of those there were becomes the present one; -1 for none."""
        self._note("moved", at=at)

    def ran(self, run: str) -> None:
        """The present plan has a run."""
        self._note("ran", at=self.at, run=run)

    def attach(self, file: File) -> None:
        """A file is attached, and questions are about it from now on, instead of others of its kind that a plan was made for."""
        self._note("attached", path=str(file.path), kind=file.kind, found=file.found, sha256=file.sha256)

    def mean(self, files: Sequence[Path]) -> None:
        """Questions are about these files from now on."""
        self._note("meant", files=[str(p) for p in files])

    def offer(self, options: Sequence[Option]) -> None:
        """Something is offered to choose from."""
        if options or self.options:
            self._note("offered", options=[o.document() for o in options])

    def leave_open(self, **what: Any) -> None:
        """Something that was said waits for what is missing; nothing does any more where nothing is given."""
        if what or self.open:
            self._note("opened", what=what)

    def _note(self, event: str, **fields: Any) -> None:
        if self.record is not None:
            self.record.append(event, **fields)
        self._take(event, fields)

    # ------------------------------------------------------------------ what each line means

    def _take(self, event: str, fields: dict[str, Any]) -> None:
        if event == "said":
            self.language = fields["language"]
            self.sayings += 1
        elif event == "placed":
            del self.positions[self.at + 1 :]
            files = tuple(Path(p) for p in fields["files"])
            plan = Plan.of_document(fields["plan"])
            self.positions.append(Position(plan, files, fields["said"], fields["focus"], fields["run"]))
            self.at = len(self.positions) - 1
            self.planned_since = True
        elif event == "moved":
            self.at = int(fields["at"])
        elif event == "ran":
            at = int(fields["at"])
            self.positions[at] = replace(self.positions[at], run=fields["run"])
        elif event == "attached":
            self._attached(File(Path(fields["path"]), fields["kind"], fields["found"], fields["sha256"]))
        elif event == "meant":
            self.meant = [Path(p) for p in fields["files"]]
        elif event == "offered":
            self.options = tuple(Option(o["label"], o["act"]) for o in fields["options"])
        elif event == "opened":
            self.open = fields["what"]

    def _attached(self, file: File) -> None:
        self.files = [f for f in self.files if f.path != file.path] + [file]
        if self.planned_since:
            kinds = {f.path: f.kind for f in self.files}
            self.meant = [p for p in self.meant if kinds.get(p) != file.kind]
            self.planned_since = False
        self.meant = [p for p in self.meant if p != file.path] + [file.path]
