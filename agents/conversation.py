"""The whole line, once: from a question to a plan, an approval, a run and a report.

This is what every interface calls; it knows no terminal and no web page.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from gnomon.agents import literature
from gnomon.agents.attachments import Attached, attach
from gnomon.agents.availability import unavailable
from gnomon.agents.coordinator.from_now import from_now
from gnomon.agents.coordinator.telescopes_named import attach_telescopes, telescopes_wanted
from gnomon.agents.embedded.planner import Alternative, EmbeddedPlanner
from gnomon.agents.literature import Literature
from gnomon.agents.past_runs.edits import Edit, edits_between, reason_in
from gnomon.agents.past_runs.remarks import remarks
from gnomon.agents.past_runs.shown_plans import ShownPlans
from gnomon.agents.understanding.clock import Clock
from gnomon.agents.understanding.grammar import language_of
from gnomon.knowledge.observatories import use_own
from gnomon.knowledge.telescopes import own_places
from gnomon.plans import approval as approvals
from gnomon.plans import bundle
from gnomon.plans.canonical import file_digest
from gnomon.plans.check import Finding, check, require_sound
from gnomon.plans.document import read_text
from gnomon.plans.engine import Engine, Progress
from gnomon.plans.handover.gate import Gate
from gnomon.plans.plan import Plan
from gnomon.plans.policy import Policy
from gnomon.plans.run import Run, new_identifier, write_text
from gnomon.plans.store import Store
from gnomon.tools.access import Access
from gnomon.tools.errors import ApprovalError, NeedsAnswer, PlanError, UsageError
from gnomon.tools.kinds.tables import plain
from gnomon.tools.registry import Registry

if TYPE_CHECKING:
    from gnomon.agents.graph import Nodes, State
    from gnomon.agents.language.beside import Beside
    from gnomon.agents.language.settings import LanguageSettings
    from gnomon.agents.past_runs.reminders import PastRuns
    from gnomon.agents.report_content import Content
    from gnomon.knowledge.literature.quoting import Evidence

_Made = TypeVar("_Made")
# A question that goes back for these reasons may be one of what is known, which documents answer.
_MAYBE_KNOWN = ("missing", "outside", "unknown")
REPORT = "report.md"
PlannerName = Literal["auto", "embedded", "language"]
How = Literal["terminal", "command", "beforehand", "policy", "rule"]


@dataclass
class Conversation:
    """Questions, plans and runs of one person on one machine.

    Parameters
    ----------
    home : pathlib.Path
        Folder of the store, the runs and the conversations.
    registry : Registry
    policy : Policy
    access : Access, optional
        Which hosts steps may ask, and whether they may ask at all.
    workers : int, optional
        Worker processes; by default one a core.
    cluster : str, optional
        Address of a Dask scheduler to use instead.
    progress : callable, optional
        Told of each event of a run.
    check_scripts : bool
        Whether each run's script is run by itself and compared with the run.
    clock : Clock, optional
        What "tonight" is reckoned from; by default the machine's clock and zone.
    prefer : {"", "fast", "thorough"}
        What is preferred where a question leaves it open.
    planner_name : {"auto", "embedded", "language"}
        Who makes the plans; ``auto`` is a language model beside the embedded planner where one is set up.
    language : LanguageSettings, optional
        The language model that a person set up.
    knowledge_server : str
        Address of a chromadb server that holds the literature memory; "" for one in `home`.
    telescopes : pathlib.Path, optional
        The person's own telescopes document; by default ``telescopes.yaml`` in `home`.
    """

    home: Path
    registry: Registry
    policy: Policy = field(default_factory=Policy)
    access: Access = field(default_factory=Access.of_environment)
    workers: int | None = None
    cluster: str | None = None
    progress: Progress | None = None
    check_scripts: bool = True
    clock: Clock | None = None
    prefer: str = ""
    planner_name: PlannerName = "auto"
    language: LanguageSettings | None = None
    knowledge_server: str = ""
    telescopes: Path | None = None

    def __post_init__(self) -> None:
        # So that questions may name the person's own telescopes.
        use_own(*own_places(self.own_telescopes))
        self.store = Store(self.home / "store")
        self.runs = self.home / "runs"
        self.shown_plans = ShownPlans(self.home / "cache" / "plans")
        self._planning: dict[str, str] = {}
        """Records of plannings in the store, by the hash of the plan that came of them."""

    @cached_property
    def planner(self) -> EmbeddedPlanner:
        """Who understands questions, and plans where no language model does."""
        cache = self.home / "cache"
        return EmbeddedPlanner(
            self.registry,
            cache,
            clock=self.clock,
            unavailable=unavailable(self.registry, self.policy, cache),
            prefer=self.prefer,
        )

    @cached_property
    def literature(self) -> Literature:
        """The literature memory."""
        return Literature(
            self.home / "knowledge", self.knowledge_server, lambda n: self._tell("memory.reading", {"notes": n})
        )

    @cached_property
    def past(self) -> PastRuns:
        """What earlier runs taught."""
        from gnomon.agents.past_runs.reminders import PastRuns

        return PastRuns(self.home, self.registry, self.clock or Clock.of(None, None))

    @cached_property
    def beside(self) -> Beside:
        """The language model that plans beside it, or why there is none."""
        from gnomon.agents.language.beside import beside

        return beside(
            self.planner_name, self.language, self.planner, self.registry, self.policy, offline=self.access.offline
        )

    # ------------------------------------------------------------------ planning

    def plan(self, question: str, files: Sequence[Path]) -> Plan:
        """A checked plan for a question.

        Raises
        ------
        UsageError
            Where a file is not recognised; `NeedsAnswer` where a question goes back.
        PlanError
            Where no sound plan came out.
        """
        plan = from_now(self._planned(question, files, lambda f: self.beside.plan(question, f), lambda p: p), self._now)
        require_sound(plan, self.registry, self.policy)
        self._keep_planning(plan)
        self.shown_plans.keep(plan)
        return plan

    def alternatives(self, question: str, files: Sequence[Path]) -> list[Alternative]:
        """Up to three checked plans for a question, the best first; raises as `plan`."""
        offered = self._planned(
            question,
            files,
            lambda f: self.beside.alternatives(question, f),
            lambda p: [Alternative(p, (literature.GOAL,), 1.0, " ".join(p.assumptions))],
        )
        offered = [replace(a, plan=from_now(a.plan, self._now)) for a in offered]
        require_sound(offered[0].plan, self.registry, self.policy)
        self._keep_planning(offered[0].plan)
        sound = [a for a in offered if not self.findings(a.plan)]
        for alternative in sound:
            self.shown_plans.keep(alternative.plan)
        return sound

    def _planned(
        self,
        question: str,
        files: Sequence[Path],
        made: Callable[[list[Attached]], _Made],
        quoting: Callable[[Plan], _Made],
    ) -> _Made:
        """What is planned for a question: quotations where it asks documents, or no tool answers it and documents do; else what is `made` of its files."""
        attached = self.attached(question, files)
        if literature.GOAL not in self.registry:
            return made(self._with_telescopes(question, attached))
        if not files and literature.asks_outright(question):
            return quoting(self._quoting(question, self.literature.require(question)))
        if attached and all(f.attachment.kind == literature.KIND for f in attached):
            return quoting(literature.quoting_plan(question, attached, self.registry, 0))
        try:
            return made(self._with_telescopes(question, attached))
        except NeedsAnswer as back:
            if (
                files
                or back.why not in _MAYBE_KNOWN
                or not literature.asks_what_is_known(question, self.planner, back.why)
            ):
                raise
            return quoting(self._quoting(question, self.literature.instead(question, back)))

    def _with_telescopes(self, question: str, attached: list[Attached]) -> list[Attached]:
        """The files of a question, and where it wants observations planned and brings no telescopes, those that it names."""
        named = telescopes_wanted(self.planner, question, attached, self.own_telescopes)
        if named is None:
            return attached
        language = language_of(question)
        return [
            *attached,
            attach_telescopes(named.document, self.registry, self.store, language, named.places, named.left_out),
        ]

    @property
    def _now(self) -> datetime:
        return (self.clock or Clock.of(None, None)).now

    @property
    def own_telescopes(self) -> Path:
        """The person's own telescopes document; it need not be there."""
        return self.telescopes or self.home / "telescopes.yaml"

    def _quoting(self, question: str, found: Evidence) -> Plan:
        """The plan that quotes from what was found; the passages go with it as a file, so that it runs again without the memory."""
        with TemporaryDirectory() as folder:
            path = Path(folder) / "passages.json"
            path.write_text(found.text, encoding="utf-8")
            attached = attach([path], self.registry, self.store, language_of(question))
        return literature.quoting_plan(question, attached, self.registry, found.documents)

    def _keep_planning(self, plan: Plan) -> None:
        """Put the record of a planning with a language model into the store, for the run that may come of it."""
        record = self.beside.record()
        if record is not None:
            with TemporaryDirectory() as folder:
                path = Path(folder) / "planning.json"
                path.write_text(
                    json.dumps(record, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8"
                )
                self._planning[plan.hash] = self.store.put_file(path)

    def attached(self, question: str, files: Sequence[Path]) -> list[Attached]:
        """The files of a question, recognised and in the store.

        Raises
        ------
        UsageError
            Where the question is empty, or a file is not recognised and the question is one that tools here can deal with.
        """
        if not question.strip():
            raise UsageError(
                "The question is empty.",
                remedy='Ask something, for example: gnomon ask "Is there a transiting planet?" --data FILE.',
            )
        try:
            return attach(files, self.registry, self.store, language_of(question))
        except UsageError as error:
            self.planner.require_within(question)  # what no tool does needs no other file
            raise error

    def findings(self, plan: Plan) -> list[Finding]:
        """What the static checks say of a plan."""
        return check(plan, self.registry, self.policy)

    def take_files(self, plan: Plan, paths: Sequence[Path]) -> None:
        """Find the files that a plan names, in the store or among `paths`, by content.

        Raises
        ------
        UsageError
            Naming the file that is not there.
        """
        given = {self.store.put_file(p) for p in paths if p.is_file()}
        for file in plan.files:
            stored = self.store.path(file.sha256, ".file")
            if file.sha256 not in given and not stored.exists():
                raise UsageError(
                    f"The plan needs the file {file.name} (sha256 {file.sha256[:12]}…), which is not here.",
                    remedy="Give it with --data FILE.",
                )
            if stored.stat().st_size != file.size:
                raise PlanError(
                    f"The plan says that {file.name} has {file.size} bytes, and it has {stored.stat().st_size}.",
                    remedy="Write its true size, or plan again.",
                )

    # ------------------------------------------------------------------ from a plan to a run

    def ask(self, question: str, files: Sequence[Path]) -> Run:
        """Plan a question and offer the plan; the run then waits for a decision."""
        return self._offer({"question": question, "files": [str(p) for p in files]})

    def run_plan(
        self, plan: Plan, files: Sequence[Path] = (), *, rerun_of: str = "", edits: Sequence[Edit] = ()
    ) -> Run:
        """Offer a plan that somebody wrote or edited, or that ran before; the run then waits for a decision.

        `edits` is what is another in it than in the plan that was shown first, see `edited_since`.
        """
        require_sound(plan, self.registry, self.policy)
        self.take_files(plan, files)
        told = [e.document() for e in edits]
        return self._offer({"plan": plan.document(), "entry": "offer", "rerun_of": rerun_of, "edits": told})

    def edited_since(self, plan_hash: str, plan: Plan, text: str, reason: str = "") -> list[Edit]:
        """What was edited in a plan's file since it was shown under another hash; nothing where that one is not known any more.

        Parameters
        ----------
        plan_hash : str
            Of the plan that was shown.
        plan : Plan
        text : str
            Of its file, whose comments give reasons.
        reason : str, optional
            One that was given for all.
        """
        first = self.shown_plans.find(plan_hash) if plan_hash != plan.hash else None
        if first is None:
            return []
        said = remarks(text, plan)
        edits = [(edit, said.get(edit.place) or reason) for edit in edits_between(first, plan)]
        return [replace(edit, reason=reason_in(why) or why) for edit, why in edits]

    def _offer(self, state: State) -> Run:
        identifier = new_identifier()
        with self._threads() as thread:
            thread(identifier).start({**state, "run": identifier})
        return Run.find(self.runs, identifier)

    def decide(
        self,
        run: Run,
        decision: Literal["approve", "reject"],
        how: How,
        *,
        who: str | None = None,
        reason: str = "",
        plan_hash: str = "",
    ) -> str:
        """Record a decision on a waiting run and go on; returns the run's status.

        Parameters
        ----------
        run : Run
        decision : {"approve", "reject"}
        how : str
            See `gnomon.plans.approval.Approval`.
        who, reason : str, optional
            By default the person logged in, and none.
        plan_hash : str, optional
            The first digits of the hash that the person read; needed where the plan was edited after it was offered.

        Raises
        ------
        ApprovalError
            Where the run does not wait any more, the plan is not the one that was offered, or the policy forbids it.
        """
        with run.exclusive():
            plan = run.plan(self.registry)
            self._require_open(run, plan)
            if (
                decision == "approve"
                and plan.hash != run.offered()
                and not (len(plan_hash) >= 6 and plan.hash.startswith(plan_hash))
            ):
                raise ApprovalError(
                    f"The plan was edited after it was offered: offered {run.offered()[:12]}…, now {plan.hash[:12]}….",
                    remedy=f"Read it with `gnomon show {run.id}`, then `gnomon approve {run.id} --hash {plan.hash[:12]}`.",
                )
            if decision == "approve":
                require_sound(plan, self.registry, self.policy)
            # A rule that people approved speaks for them; the gate says whether it does for exactly this plan.
            grant = Gate(self.home / "handover").rule_grant(plan) if how == "rule" else None
            record = approvals.decide(plan, self.policy, decision, how, who=who, reason=reason, grant=grant)
            text = read_text(run.folder / "plan.yaml")
            edits = self.edited_since(run.offered(), plan, text, reason) if decision == "approve" else []
            edited = [e.document() for e in edits]
            return self._go_on(
                run, {"decision": record.decision, "record": record.model_dump(mode="json"), "edits": edited}
            )

    def _require_open(self, run: Run, plan: Plan) -> None:
        """Raise where a decision was made that still stands, or the run is over."""
        earlier = run.approval()
        if earlier is None:
            return
        finished = bool(run.events("run.finished"))
        if earlier.decision == "approve" and not finished:
            try:
                approvals.require(earlier, plan, self.policy)
            except ApprovalError:
                return  # what was approved has changed: this is a new decision
        raise ApprovalError(
            f"Run {run.id} does not wait for a decision: {earlier.who} gave one ({earlier.decision}) on {earlier.when}.",
            remedy=f"`gnomon show {run.id}` says how it stands.",
        )

    def resume(self, run: Run) -> str:
        """Go on with a run that stopped or failed; finished steps are not run again.  Returns its status."""
        with run.exclusive():
            if run.approval() is None:
                return "waiting"
            status = run.status()
            if status == "rejected":
                approvals.require(run.approval(), run.plan(self.registry), self.policy)
            executed = run.executed()
            if status == "done" and executed is not None:
                approvals.require(run.approval(), run.plan(self.registry), None)
            if status == "done":
                return status if bundle.is_sealed(run.folder) else self._enter(run, "report")
            return self._enter(run, "execute")

    def _go_on(self, run: Run, decision: dict[str, Any]) -> str:
        with self._threads() as thread:
            if thread(run.id).waits():
                thread(run.id).answer(decision)
            else:  # the conversation was lost, or this is a second decision; the run's folder has all that is needed
                self._nodes().record({"run": run.id, "decision": decision})
                if decision["decision"] == "approve":
                    thread(run.id).start({"run": run.id, "entry": "execute"})
        return run.status()

    def _enter(self, run: Run, entry: str) -> str:
        with self._threads() as thread:
            thread(run.id).start({"run": run.id, "entry": entry})
        return run.status()

    # ------------------------------------------------------------------ the graph's nodes

    @contextmanager
    def _threads(self) -> Iterator[Any]:
        from gnomon.agents.graph import threads

        with threads(self.home / "conversations.sqlite", self._nodes()) as thread:
            yield thread

    def _nodes(self) -> Nodes:
        from gnomon.agents.graph import Nodes

        return Nodes(
            make_plan=self._make_plan,
            offer=self._make_run,
            record=self._record,
            execute=self._execute,
            report=self._report,
        )

    def _make_plan(self, state: State) -> State:
        plan = self.plan(state["question"], [Path(p) for p in state["files"]])
        return {"plan": plan.document(), "planning": self._planning.get(plan.hash, "")}

    def _make_run(self, state: State) -> State:
        if not (self.runs / state["run"]).exists():  # a node may be run again after a crash
            # A rerun asks the world and the machine again, so it says what it repeats and takes nothing over.
            how = {"rerun_of": rerun_of} if (rerun_of := state.get("rerun_of", "")) else {}
            plan = Plan.of_document(state["plan"])
            planner = {"planner": "embedded"} if "question" in state else {}
            if planning := state.get("planning") or self._planning.get(plan.hash):
                planner = {"planner": "language", "planning": planning}
            edited = {"edits": edits} if (edits := state.get("edits", [])) else {}
            Run.create(self.runs, state["run"], plan, self.store, **planner, **how, **edited)
            self.shown_plans.keep(plan)
        return {"status": "waiting"}

    def _record(self, state: State) -> State:
        run = self._held(state)
        record = approvals.Approval.model_validate(state["decision"]["record"])
        if record != run.approval():
            run.record(record, state["decision"].get("edits", []))
        return {"status": "rejected" if record.decision == "reject" else "approved"}

    def _execute(self, state: State) -> State:
        run = self._held(state)
        engine = Engine(
            self.registry,
            self.store,
            self.policy,
            workers=self.workers,
            cluster=self.cluster,
            progress=self.progress,
            reuse="rerun_of" not in run.events("run.created")[0],
            access=self.access,
        )
        return {"status": engine.execute(run)}

    def _report(self, state: State) -> State:
        from gnomon.agents.report_content import after_script, gather

        run = self._held(state)
        plan = run.plan(self.registry)
        bundle.write_script(run, plan, self.registry)
        # The answer is there before the script is checked, which may take as long as the run did.
        content = gather(run, self.registry, self.store, plan)
        self._tell("answer", {"answer": self._write_report(run, plan, content)})
        if self.check_scripts:
            self._check_script(run)
            self._write_report(run, plan, after_script(content, run))
        self.beside.write_paragraph(run.folder, plan)
        receipts = self._check_receipts(run)
        report = run.folder / "report" / REPORT
        run.journal.append("report.written", report=REPORT, sha256=file_digest(report), receipts=receipts)
        bundle.seal(run, self.registry)
        return {"status": run.status()}

    def _write_report(self, run: Run, plan: Plan, content: Content) -> str:
        from gnomon.agents.reporter import write_report

        return write_report(run, self.registry, self.store, plan, content).answer

    def _check_receipts(self, run: Run) -> dict[str, int]:
        """Look for the receipt of every number of the report just written; what has none is marked in it."""
        from gnomon.agents import receipts_check as checker

        report = run.folder / "report" / REPORT
        checked = checker.check_file(report, self.registry)
        if checked.unsupported:
            write_text(report, checker.mark(checked.text, checked))
        return {"claims": len(checked.claims), "unsupported": len(checked.unsupported)}

    def _check_script(self, run: Run) -> None:
        """Run the script by itself and journal how it compares, unless the same one was found equal before."""
        from gnomon.plans.script_check import check_script, content_key

        key = f"script {content_key(run)}"
        if known := self.store.recall(key):
            checked = {**known, "seconds": 0.0, "reused": known["run"]}
            del checked["run"]
        else:
            self._tell("script.checking", {})
            found = check_script(run)
            run.write_log("script.py", found.said)
            checked = found.document()
            if checked["verdict"].startswith("equal"):
                self.store.remember(key, {**checked, "run": run.id})
        run.journal.append("script.checked", **plain(checked, "script.checked"))
        self._tell("script.checked", checked)

    def _tell(self, event: str, fields: dict[str, Any]) -> None:
        if self.progress is not None:
            self.progress(event, fields)

    def _held(self, state: State) -> Run:
        return Run(self.runs / state["run"])
