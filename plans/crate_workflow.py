"""The workflow in a bundle's metadata: the script, its steps and how they are connected, and their tools with parameters and works to cite."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from gnomon.plans.canonical import canonical
from gnomon.plans.crate_entities import SCRIPT, Entities, once
from gnomon.plans.plan import Plan, Ref, Step


class Workflow:
    """Describes the plan of a run as the workflow that was executed.

    Parameters
    ----------
    entities : Entities
        Of the folder; what is described is added to them.
    """

    def __init__(self, entities: Entities) -> None:
        self.entities = entities
        self.record = entities.record

    def add(self, plan: Plan, tools: dict[str, dict[str, str]], leaves: list[str]) -> None:
        """Describe the script; ``leaves`` are the steps that make what the workflow makes."""
        environment = self.entities.environment()
        language = self.entities.add(
            "#python",
            "ComputerLanguage",
            name="Python",
            version=environment.get("python"),
            url="https://www.python.org/",
        )
        results = []
        outputs = []
        for step in leaves:
            output = self.entities.parameter(f"#output/{step}", step, "File", f"A {plan.step(step).kind}.")
            source = {"@id": f"#result/{plan.step(step).tool}"}
            outputs.append(output)
            results.append(self._connection(f"#connection/output/{step}", source, output))
            if step in self.entities.made:
                self.entities.example(self.entities.result(self.entities.made[step]), output)
        # The profile lets a tool be part of the workflow only where an action has it as instrument.
        used = [tools[step.id] for step in plan.steps if self.record.attempts[step.id]]
        self.entities.file(
            SCRIPT,
            **{"@type": ["File", "SoftwareSourceCode", "ComputationalWorkflow", "HowTo"]},
            version=plan.hash,
            programmingLanguage=language,
            isBasedOn=self.entities.file("plan.yaml") if "plan.yaml" in self.entities.files else None,
            softwareRequirements=self.entities.file("requirements.txt")
            if "requirements.txt" in self.entities.files
            else None,
            hasPart=once(used),
            input=[self.attachment(file.name) for file in plan.files],
            output=outputs,
            connection=results,
            step=[self._step(number, plan, step, tools[step.id]) for number, step in enumerate(plan.steps, start=1)],
        )

    def tools(self, plan: Plan) -> dict[str, dict[str, str]]:
        """References to the plan's tools, by step."""
        found: dict[str, dict[str, str]] = {}
        for step in plan.steps:
            uses = [s for s in plan.steps if (s.tool, s.version) == (step.tool, step.version)]
            known = self.entities.known(step)
            inputs = [self.input(s, name) for s in uses for name in s.inputs]
            inputs += [self.argument(s, name) for s in uses for name, value in s.arguments.items() if value is not None]
            found[step.id] = self.entities.add(
                f"#tool/{step.tool}/{step.version}",
                "SoftwareApplication",
                name=step.tool,
                softwareVersion=step.version,
                identifier=self._source(step),
                description=known.summary if known else "",
                input=once(inputs),
                output=self.entities.parameter(f"#result/{step.tool}", "result", "File", f"A {step.kind}."),
                citation=[self._work(c) for c in known.declaration.citations] if known else [],
            )
        return found

    def _source(self, step: Step) -> str | None:
        """Digest of the tool's source as it ran last, with all it reaches."""
        told = [e["source"] for e in self.record.events if e.get("tool") == step.tool and "source" in e]
        return f"sha256:{told[-1]}" if told else None

    def input(self, step: Step, name: str) -> dict[str, str]:
        """The parameter of an input."""
        known = self.entities.known(step)
        parameter = known.parameter(name) if known else None
        return self.entities.parameter(
            f"#parameter/{step.tool}/{name}", name, "File", parameter.description if parameter else ""
        )

    def argument(self, step: Step, name: str) -> dict[str, str]:
        """The parameter of an argument; weights are files, whatever the digest that stands for them in the plan."""
        known = self.entities.known(step)
        parameter = known.parameter(name) if known else None
        weights = any(
            name in a.fields.get("weights", {})
            for s, attempts in self.record.attempts.items()
            for a in attempts
            if a.fields["tool"] == step.tool
        )
        kind = "File" if weights else typed_value(step.arguments[name])[0]
        return self.entities.parameter(
            f"#parameter/{step.tool}/{name}", name, kind, parameter.description if parameter else ""
        )

    def _work(self, citation: str) -> dict[str, str]:
        """A work that defines a method, by its DOI or bibcode."""
        if match := re.search(r",?\s*doi:(10\.\S+)$", citation):
            place = f"https://doi.org/{quote(match[1], safe='/:;()')}"
        elif match := re.search(r",?\s*\b(\d{4}[A-Za-z&.]{5}\S{10})$", citation):
            place = f"https://ui.adsabs.harvard.edu/abs/{quote(match[1], safe='')}"
        else:
            return self.entities.add(f"#work/{quote(citation, safe='')}", "ScholarlyArticle", name=citation)
        name = citation[: match.start()] or match[1]
        return self.entities.add(place, "ScholarlyArticle", name=name, identifier=place)

    def attachment(self, name: str) -> dict[str, str]:
        """The parameter of the workflow that an attached file is the value of; the file is described, too."""
        file = self.record.plan.file(name) if self.record.plan else None
        parameter = self.entities.parameter(f"#input/{quote(name, safe='')}", name, "File", file.found if file else "")
        path = f"inputs/{name}"
        self.entities.file(path)
        if file is not None:
            self.entities.file(path, sha256=file.sha256, contentSize=str(file.size))
        self.entities.example(path, parameter)
        return parameter

    def _step(self, number: int, plan: Plan, step: Step, tool: dict[str, str]) -> dict[str, str]:
        connections = []
        for name, ref in references(step):
            source = self.attachment(ref.file) if ref.file else {"@id": f"#result/{plan.step(str(ref.step)).tool}"}
            identifier = f"#connection/{step.id}/{name}/{quote(ref.file or str(ref.step), safe='')}"
            connections.append(self._connection(identifier, source, self.input(step, name)))
        return self.entities.add(
            f"#step/{step.id}",
            "HowToStep",
            name=step.id,
            description=step.why,
            position=str(number),
            workExample=tool,
            connection=connections,
        )

    def _connection(self, identifier: str, source: dict[str, str], target: dict[str, str]) -> dict[str, str]:
        return self.entities.add(identifier, "ParameterConnection", sourceParameter=source, targetParameter=target)


def references(step: Step) -> Iterator[tuple[str, Ref]]:
    """Each reference of a step, with the input that it is given for."""
    for name, given in step.inputs.items():
        for ref in given if isinstance(given, list) else [given]:
            yield name, ref


def typed_value(value: Any) -> tuple[str, Any, str | None]:
    """The type, the value and the unit of an argument, in the profile's words."""
    if isinstance(value, dict) and set(value) == {"value", "unit"}:
        return "Number", value["value"], value["unit"]
    if isinstance(value, bool):
        return "Boolean", value, None
    if isinstance(value, int | float):
        # Canonical JSON writes 1.0 as 1, so that the journal does not tell whole numbers from others.
        return "Number", value, None
    if isinstance(value, str):
        return "Text", value, None
    # Several values of a property have no order in JSON-LD; the text keeps it.
    return "Text", canonical(value).decode(), None
