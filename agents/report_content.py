"""What a report says: gathered from the plan, the journal and the store, before any wording or markup.

Nothing here knows a tool or a quantity by name, and nothing asks for the present time: the same run gives the same content.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from gnomon.agents import results as measured
from gnomon.agents.answer import Answer, Group, compose, grouped, is_wanted, told
from gnomon.agents.markup import link_of, one_line, sentence, words
from gnomon.agents.receipts import Ledger, Receipt
from gnomon.agents.shown import Shown, gather_shown
from gnomon.knowledge.glossary import translate, translate_name
from gnomon.plans.approval import Approval
from gnomon.plans.arguments import some_of, spoken
from gnomon.plans.environment import package_versions
from gnomon.plans.plan import Plan, Ref, Step
from gnomon.plans.render import plan_page
from gnomon.plans.run import SETTLED, Run
from gnomon.plans.source import lift
from gnomon.plans.store import Artifact, Store
from gnomon.tools.captions import text_in
from gnomon.tools.errors import GnomonError, StoreError
from gnomon.tools.registry import Kind, Registry

FIGURE = "Figure"
# The order in which a reader must know: what broke, what was not there, what was left out, what to beware of.
_GRAVITY = ("plan", "script", "failed", "missing", "empty", "skipped", "open", "warning")


@dataclass(frozen=True)
class Notice:
    """Something that a reader must know before the results."""

    label: str
    step: str
    what: str
    remedy: str
    receipt: Receipt | None


@dataclass(frozen=True)
class Picture:
    """A figure of the report; ``name`` is its file's name beside the report."""

    name: str
    caption: str
    artifact: Artifact
    receipt: Receipt


@dataclass(frozen=True)
class Method:
    """The sentence of one finished step, and the numbers of the works that it rests on."""

    text: str
    references: list[int]
    receipt: Receipt


@dataclass(frozen=True)
class Data:
    """An attached file, and what its reader says that it kept."""

    name: str
    kind: str
    found: str
    size: int
    sha256: str
    reading: dict[str, Any]
    reference: dict[str, Any]
    receipt: Receipt | None


@dataclass(frozen=True)
class Row:
    """A step of the plan, and what became of it."""

    step: Step
    inputs: str
    arguments: str
    state: str
    seconds: float | None
    reused: str


@dataclass(frozen=True)
class Content:
    """All of a report."""

    run: str
    status: str
    started: str
    finished: str
    seconds: float | None
    plan: Plan
    page: str
    answer: Answer
    notices: list[Notice]
    results: list[measured.Result]
    groups: list[Group]
    shown: list[Shown]
    pictures: list[Picture]
    methods: list[Method]
    references: list[str]
    data: list[Data]
    rows: list[Row]
    approval: Approval | None
    environment: dict[str, Any]
    script: dict[str, Any] | None
    ledger: Ledger


def gather(run: Run, registry: Registry, store: Store, plan: Plan) -> Content:
    """Everything that the report of a run says.

    Parameters
    ----------
    run : Run
    registry : Registry
    store : Store
    plan : Plan

    Returns
    -------
    Content
    """
    store = _ReadOnce(store)
    events = measured.outcomes(run, plan)
    harvest = measured.harvest(run, plan, store)
    ledger = Ledger(plan, events)
    groups = grouped(harvest.results)
    for group in groups:  # receipts are numbered as a reader meets them in the table of results
        for result in group.results:
            ledger.of_result(result)
    shown, lost = gather_shown(run, plan, store, ledger)
    pictures, faults = _pictures(run, plan, store, ledger)
    methods, references = _methods(plan, registry, events, ledger)
    notices = [
        *_of_plan(run, plan),
        *_of_script(run, plan),
        *_of_steps(plan, events, ledger),
        *(_of_gap(gap, plan, ledger) for gap in [*harvest.gaps, *lost, *faults]),
    ]
    starts, ends = run.events("run.started"), run.events("run.finished")
    return Content(
        run=run.id,
        status=run.status(),
        started=moment(starts[0]["time"]) if starts else "",
        finished=moment(ends[-1]["time"]) if ends else "",
        seconds=sum(float(e["seconds"]) for e in ends) if ends else None,
        plan=plan,
        page=plan_page(plan),
        answer=compose(plan, events, harvest.results, shown),
        notices=_by_gravity(notices),
        results=harvest.results,
        groups=groups,
        shown=shown,
        pictures=pictures,
        methods=methods,
        references=references,
        data=_data(run, plan, store, ledger),
        rows=[_row(step, events.get(step.id), plan.language) for step in plan.steps],
        approval=run.approval(),
        environment=_environment(run, plan, registry),
        script=_script(run),
        ledger=ledger,
    )


def after_script(content: Content, run: Run) -> Content:
    """The same content after the run's script was checked, which tells nothing new but how it compares.

    Parameters
    ----------
    content : Content
        Gathered after the run, before the check.
    run : Run
    """
    others = [n for n in content.notices if n.label != "script"]
    return replace(content, notices=_by_gravity([*others, *_of_script(run, content.plan)]), script=_script(run))


def _by_gravity(notices: Iterable[Notice]) -> list[Notice]:
    return sorted(notices, key=lambda n: _GRAVITY.index(n.label))


class _ReadOnce(Store):
    """A store of which each value is read, and its bytes checked, once for a whole report; nothing is written."""

    def __init__(self, store: Store) -> None:
        self.root = store.root
        self._store = store
        self._values: dict[tuple[str, str], Any] = {}

    def path(self, digest: str, suffix: str) -> Path:
        """Where the store has it."""
        return self._store.path(digest, suffix)

    def get(self, artifact: Artifact) -> Any:
        """The value of an artifact, which nobody changes."""
        place = (artifact.digest, artifact.kind)
        if place not in self._values:
            self._values[place] = self._store.get(artifact)
        return self._values[place]


def moment(time: str) -> str:
    """A time of the journal, to the second."""
    return f"{time[:10]} {time[11:19]} UTC"


# --------------------------------------------------------------------------- what a reader must know first


def _of_plan(run: Run, plan: Plan) -> list[Notice]:
    approval = run.approval()
    if approval is None or approval.decision != "approve":
        return [Notice("plan", "", sentence(plan.language, "not_approved"), "", None)]
    if approval.plan != plan.hash:
        return [Notice("plan", "", sentence(plan.language, "plan_changed"), "", None)]
    return []


def _of_script(run: Run, plan: Plan) -> list[Notice]:
    checked = _script(run)
    if checked is None or checked["verdict"].startswith("equal"):
        return []
    verdict = words(plan.language)["verdicts"][checked["verdict"]]
    return [Notice("script", "", sentence(plan.language, "script", verdict=verdict, why=checked["why"]), "", None)]


def _script(run: Run) -> dict[str, Any] | None:
    """What came of the script's check after the last execution, or None where there was none yet."""
    events = [e for e in run.events() if e["event"] in ("run.started", "script.checked")]
    return events[-1] if events and events[-1]["event"] == "script.checked" else None


def _of_steps(plan: Plan, events: dict[str, dict[str, Any]], ledger: Ledger) -> list[Notice]:
    out = []
    for step in plan.steps:
        event = events.get(step.id)
        if event is None:
            out.append(Notice("open", step.id, sentence(plan.language, "open"), "", None))
            continue
        state = SETTLED[event["event"]]
        if state == "failed" or (state == "empty" and is_wanted(step, plan)):
            what, remedy = told(event.get("error"), plan.language)
            out.append(Notice(state, step.id, what, remedy, ledger.of_event(step.id)))
        for text in event.get("warnings", []):
            said = text_in(plan.language, str(text))
            out.append(Notice("warning", step.id, said, "", ledger.of_event(step.id)))
    # What waits for a step that found nothing is no news; what waits for one that failed is told in one sentence.
    not_run = [
        s.id for s in plan.steps if (e := events.get(s.id)) and e["event"] == "step.skipped" and e["how"] == "failed"
    ]
    if not_run:
        comma = words(plan.language)["comma"]
        out.append(Notice("skipped", "", sentence(plan.language, "skipped", steps=comma.join(not_run)), "", None))
    return out


def _of_gap(gap: measured.Gap, plan: Plan, ledger: Ledger) -> Notice:
    what = sentence(
        plan.language,
        gap.problem,
        row=gap.row,
        quantity=translate(gap.quantity, plan.language),
        of=translate_name(gap.of, plan.language),
        what=gap.detail,
    )
    return Notice("missing", gap.step, what, "", ledger.of_step(gap.step))


# --------------------------------------------------------------------------- figures, methods, data


def _pictures(run: Run, plan: Plan, store: Store, ledger: Ledger) -> tuple[list[Picture], list[measured.Gap]]:
    from gnomon.tools.kinds.figures import caption

    pictures, faults = [], []
    for step, artifact in measured.finished(run, plan).items():
        if Kind.parse(artifact.kind).name != FIGURE:
            continue
        try:
            store.verify(artifact)
        except StoreError as error:
            faults.append(measured.Gap(step, "no_artifact", detail=str(error)))
            continue
        text = text_in(plan.language, caption(store.path(artifact.digest, artifact.suffix)))
        pictures.append(Picture(f"{step}{artifact.suffix}", text, artifact, ledger.of_step(step)))
    return pictures, faults


def _methods(
    plan: Plan, registry: Registry, events: dict[str, dict[str, Any]], ledger: Ledger
) -> tuple[list[Method], list[str]]:
    """The sentences of finished steps, each different one once, and the works they cite, numbered from 1."""
    references: dict[str, str] = {}  # by where they can be read, since tools word one work in several ways
    methods: dict[str, Method] = {}
    for step in plan.steps:
        tool = registry.get(step.tool)
        if tool is None or events.get(step.id, {}).get("event") not in ("step.finished", "step.empty"):
            continue
        for citation in tool.declaration.citations:
            references.setdefault(link_of(citation) or citation, citation)
        template = tool.declaration.method_zh if plan.language == "zh" else tool.declaration.method
        text = _filled(template, step, plan.language)
        places = list(references)
        numbers = sorted({places.index(link_of(c) or c) + 1 for c in tool.declaration.citations})
        methods.setdefault(text, Method(text, numbers, ledger.of_step(step.id)))
    return list(methods.values()), list(references.values())


def _filled(template: str, step: Step, language: str) -> str:
    """A method's sentence with arguments in place; text in an argument has no power over the template."""

    def value(match: re.Match[str]) -> str:
        name = match[1]
        if name in step.arguments:
            return one_line(spoken(step.arguments[name], language))
        return one_line(_references(step.inputs[name], language)) if name in step.inputs else match[0]

    return re.sub(r"\{(\w+)\}", value, template)


def _references(given: Ref | list[Ref], language: str) -> str:
    return some_of([r.file or str(r.step) for r in (given if isinstance(given, list) else [given])], language)


def _data(run: Run, plan: Plan, store: Store, ledger: Ledger) -> list[Data]:
    made = measured.finished(run, plan)
    out = []
    for file in plan.files:
        reader = next((s.id for s in plan.steps if s.id in made and any(r.file == file.name for r in s.refs())), None)
        meta = _meta(store, made[reader]) if reader else {}
        reading, reference = meta.get("reading"), meta.get("time_reference")
        out.append(
            Data(
                name=file.name,
                kind=Kind.parse(file.kind).name,
                found=file.found,
                size=file.size,
                sha256=file.sha256,
                reading=reading if isinstance(reading, dict) else {},
                reference=reference if isinstance(reference, dict) else {},
                receipt=ledger.of_step(reader) if reader else None,
            )
        )
    return out


def _meta(store: Store, artifact: Artifact) -> dict[str, Any]:
    """What a reader wrote beside its data; nothing where the artifact is gone, which is a notice of its own if it matters."""
    try:
        return dict(getattr(store.get(artifact), "meta", None) or {})
    except GnomonError:
        return {}


# --------------------------------------------------------------------------- plan and provenance


def _row(step: Step, event: dict[str, Any] | None, language: str) -> Row:
    return Row(
        step=step,
        inputs="; ".join(f"{name} = {_references(given, language)}" for name, given in step.inputs.items()),
        arguments="; ".join(f"{name} = {spoken(value, language)}" for name, value in step.arguments.items()),
        state=SETTLED[event["event"]] if event else "open",
        seconds=float(event["seconds"]) if event and "seconds" in event else None,
        reused=str(event.get("reused", "")) if event else "",
    )


def _environment(run: Run, plan: Plan, registry: Registry) -> dict[str, Any]:
    """What the run's folder says it ran in; of its packages, those that the plan's tools import."""
    path = run.folder / "environment.json"
    recorded = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    names = {"gnomon"}
    for tool in {s.tool for s in plan.steps} & set(registry):
        names |= set(package_versions(lift(registry[tool].function).packages))
    packages = {n: v for n, v in recorded.get("packages", {}).items() if n.lower() in {x.lower() for x in names}}
    return {**recorded, "packages": packages}
