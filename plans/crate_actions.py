"""What was done in a run, in a bundle's metadata: each attempt at a step, the engine's control of it, and the run as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from gnomon.plans.crate_entities import COMPLETED, FAILED, SCRIPT, Entities, once
from gnomon.plans.crate_record import Attempt, crate_time, without_folders
from gnomon.plans.crate_workflow import Workflow, references, typed_value
from gnomon.plans.plan import Plan, Step


class Actions:
    """Describes what a run did.

    Parameters
    ----------
    entities : Entities
        Of the folder; what is described is added to them.
    workflow : Workflow
        What was executed.
    """

    def __init__(self, entities: Entities, workflow: Workflow) -> None:
        self.entities = entities
        self.record = entities.record
        self.workflow = workflow

    def add_steps(self, plan: Plan, tools: dict[str, dict[str, str]]) -> list[dict[str, str]]:
        """Add the actions of all steps, and return those of the engine that controlled them."""
        controls = []
        for step in plan.steps:
            attempts = self.record.attempts[step.id]
            for number, attempt in enumerate(attempts, start=1):
                suffix = step.id if number == len(attempts) else f"{step.id}/attempt-{number}"
                action = self._action(f"#action/{suffix}", step, attempt, tools[step.id])
                controls.append(
                    self.entities.add(
                        f"#control/{suffix}",
                        "ControlAction",
                        name=f"Control of {step.id}",
                        instrument={"@id": f"#step/{step.id}"},
                        object=action,
                        actionStatus=FAILED if attempt.failed else COMPLETED,
                    )
                )
        return controls

    def _action(self, identifier: str, step: Step, attempt: Attempt, tool: dict[str, str]) -> dict[str, str]:
        given = [*self._given(step, attempt), *self._recorded(f"replies/{step.id}.jsonl")]
        results: list[dict[str, str]] = []
        if attempt is self.entities.made.get(step.id):
            name = self.entities.result(attempt)
            self.entities.example(name, {"@id": f"#result/{step.tool}"})
            results.append({"@id": quote(name)})
        elif attempt.event == "empty":
            nothing = without_folders(attempt.fields["error"]["what"])
            results.append(
                self.entities.add(f"#nothing/{step.id}", "PropertyValue", name="nothing found", value=nothing)
            )
        if attempt is self.record.attempts[step.id][-1]:
            results += self._recorded(f"logs/{step.id}.log")
        earlier = attempt.fields.get("reused")
        action = self.entities.add(
            identifier,
            "CreateAction",
            name=f"{'Taking over of' if earlier else 'Run of'} {step.tool} for {step.id}",
            description=self._told(step, attempt),
            instrument=tool,
            agent=self._agent(attempt.fields["seq"]),
            object=once(given),
            result=results,
            startTime=crate_time(attempt.begun) if attempt.begun else None,
            endTime=crate_time(attempt.ended),
            actionStatus=FAILED if attempt.failed else COMPLETED,
            error=_error(attempt),
            resourceUsage=self._seconds(identifier, attempt),
            subjectOf=self.entities.earlier_run(earlier) if earlier else None,
        )
        self.entities.crate.root_dataset.append_to("mentions", action)
        return action

    def _told(self, step: Step, attempt: Attempt) -> str:
        known = self.entities.known(step)
        sentences = [known.summary if known else f"{step.tool} {step.version}."]
        if earlier := attempt.fields.get("reused"):
            sentences.append(f"It was not run again: the result is the one of run {earlier}.")
        if machine := attempt.fields.get("machine"):
            sentences.append(f"Machine: {machine}.")
        sentences += [f"Warning: {without_folders(w)}" for w in attempt.fields.get("warnings", [])]
        return " ".join(sentences)

    def _recorded(self, name: str) -> list[dict[str, str]]:
        return [self.entities.file(name)] if name in self.entities.files else []

    def _given(self, step: Step, attempt: Attempt) -> Iterator[dict[str, str]]:
        """What a step was given: files and arguments."""
        for name, ref in references(step):
            if ref.file is not None:
                self.workflow.attachment(ref.file)
                file = f"inputs/{ref.file}"
            elif (maker := self.entities.made.get(str(ref.step))) is not None:
                file = self.entities.result(maker)
            else:
                continue
            self.entities.example(file, self.workflow.input(step, name))
            yield {"@id": quote(file)}
        for name, value in step.arguments.items():
            if value is None:
                continue
            parameter = self.workflow.argument(step, name)
            if weights := attempt.fields.get("weights", {}).get(name):
                file = f"weights/{weights['file']}"
                self.entities.file(file, sha256=weights["sha256"])
                self.entities.example(file, parameter)
                yield {"@id": quote(file)}
                continue
            _kind, plain, unit = typed_value(value)
            yield self.entities.add(
                f"#argument/{step.id}/{name}",
                "PropertyValue",
                name=name,
                value=plain,
                unitText=unit,
                exampleOfWork=parameter,
            )

    def _seconds(self, action: str, attempt: Attempt) -> dict[str, str] | None:
        if "seconds" not in attempt.fields or "reused" in attempt.fields:
            return None
        return self.entities.add(
            action.replace("#action/", "#seconds/", 1),
            "PropertyValue",
            name="wall-clock time",
            propertyID="wall-clock time",
            value=attempt.fields["seconds"],
            unitCode="SEC",  # second, in the common code of UN/CEFACT Recommendation 20
        )

    def _agent(self, line: int) -> dict[str, str] | None:
        """Who let it run: the last to decide before that line of the journal."""
        before = [e for e in self.record.named("approval") if e["seq"] < line]
        return self.entities.person(before[-1]["approval"]["who"]) if before else None

    def add_run(self, plan: Plan, leaves: list[str], controls: list[dict[str, str]]) -> None:
        """Add the run, and the engine's execution of it, from what `add_steps` returned."""
        starts, ends = self.record.named("run.started"), self.record.named("run.finished")
        ended = ends[-1] if ends and ends[-1]["seq"] > starts[-1]["seq"] else None
        failed = ended is None or ended["status"] == "failed"
        error = None
        if ended is None:
            error = "The run stopped before its end."
        elif failed:
            blamed = [s for s, attempts in self.record.attempts.items() if attempts and attempts[-1].failed]
            error = f"{len(blamed)} of {len(plan.steps)} steps failed: {', '.join(blamed)}."
        times: dict[str, Any] = {
            "startTime": crate_time(starts[0]["time"]),
            "endTime": crate_time((ended or self.record.events[-1])["time"]),
            "actionStatus": FAILED if failed else COMPLETED,
        }
        results = [{"@id": quote(str(self.entities.made[step].file))} for step in leaves if step in self.entities.made]
        resumed = f" It was started {len(starts)} times." if len(starts) > 1 else ""
        action = self.entities.add(
            "#run",
            "CreateAction",
            name="The run of the plan",
            description=f"{self.record.summary()}{resumed}",
            instrument={"@id": SCRIPT},
            agent=self._agent(starts[-1]["seq"]),
            object=[{"@id": quote(f"inputs/{file.name}")} for file in plan.files],
            result=results,
            error=error,
            **times,
        )
        engine = self.entities.add(
            "#engine",
            "SoftwareApplication",
            name="Gnomon",
            softwareVersion=self.entities.environment().get("packages", {}).get("gnomon"),
            description="The engine that ran the steps of the plan.",
        )
        control = self.entities.add(
            "#execution",
            "OrganizeAction",
            name="Execution of the plan by Gnomon",
            instrument=engine,
            object=controls,
            result=action,
            **times,
        )
        for mentioned in (action, control):
            self.entities.crate.root_dataset.append_to("mentions", mentioned)


def _error(attempt: Attempt) -> str | None:
    if attempt.event == "interrupted":
        return "The run stopped while the step was under way."
    if attempt.event == "failed":
        return without_folders(attempt.fields["error"]["what"])
    return None
