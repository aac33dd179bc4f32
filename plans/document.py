"""``plan.yaml``: the plan as people read and edit it.

Numbers with a unit are written ``0.5 d``; reading turns them back into the form that plans keep, so a file that was only
looked at has the same hash, and so has one in which ``0.5 d`` became ``12 h``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gnomon.plans.arguments import complete, says_argument
from gnomon.plans.canonical import canonical
from gnomon.plans.check import argument_findings, check, places
from gnomon.plans.findings import Finding, UnsoundPlan
from gnomon.plans.plan import BESIDE, Plan, Step
from gnomon.plans.plan_text import PlanText
from gnomon.plans.policy import Policy
from gnomon.plans.structure import read_structure
from gnomon.plans.written import written, yaml_of
from gnomon.tools.errors import PlanError, UsageError
from gnomon.tools.registry import Registry

# By this name editors find the schema beside a plan, see `gnomon.plans.schema`.
SCHEMA_FILE = "plan.schema.json"
HEADER = f"""\
# yaml-language-server: $schema={SCHEMA_FILE}
# A plan of Gnomon.  Edit it, then `gnomon run` it; an edited plan has another hash and needs its own approval.
"""


# --------------------------------------------------------------------------- writing


def to_yaml(plan: Plan) -> str:
    """The text of ``plan.yaml``."""
    return HEADER + yaml_of(written(plan.document()))


# --------------------------------------------------------------------------- reading


@dataclass(frozen=True)
class Examined:
    """A text of a plan, looked at from all sides.

    Parameters
    ----------
    plan : Plan or None
        What it says; where there are findings, something else may stand where these point, and None is where nothing could be made of it.
    findings : tuple of Finding
        All that is wrong, in the order of the text, each with its line and column.
    text : PlanText or None
        None where the text is not YAML.
    stated_hash : str
        What the text's own line says; it is not believed.
    fault : UnsoundPlan, optional
        Why the text is not YAML.
    """

    plan: Plan | None
    findings: tuple[Finding, ...]
    text: PlanText | None = None
    stated_hash: str = ""
    fault: UnsoundPlan | None = field(default=None, repr=False)

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings with which the plan does not run."""
        return tuple(f for f in self.findings if f.severity == "error")

    def require(self) -> Plan:
        """The plan.

        Raises
        ------
        UnsoundPlan
            Where there is an error, with all of them.
        """
        if self.fault is not None:
            raise self.fault
        if self.errors or self.plan is None:
            assert self.text is not None
            raise self.text.unsound(self.errors)
        return self.plan


def examine(text: str, registry: Registry, policy: Policy | None = None, name: str = "plan.yaml") -> Examined:
    """Read the text of a plan and find all that is wrong with it.

    Parameters
    ----------
    text : str
    registry : Registry
        Tells which arguments have units, and what there is.
    policy : Policy, optional
        With it the plan is checked, too (`gnomon.plans.check`); without, only read.
    name : str
        How messages call the text.
    """
    try:
        source = PlanText(text, name)
    except UnsoundPlan as error:
        return Examined(None, error.findings, fault=error)
    raw = source.document
    plan, faults = read_structure(raw, registry)
    findings = [*source.findings, *faults]
    if plan is not None:
        plan = _normalised(plan, registry)
        found = check(plan, registry, policy) if policy else _arguments(plan, registry)
        findings += [f for f in _renamed(found, raw) if not any(_covers(fault, f) for fault in findings)]
    stated = str(raw.get("hash", "")) if isinstance(raw, dict) else ""
    return Examined(plan, tuple(source.located(findings)), source, stated)


def _arguments(plan: Plan, registry: Registry) -> list[Finding]:
    """What is wrong with the arguments of the tools that are here; unknown tools are left to the checks."""
    known = [(step, place) for step, place in zip(plan.steps, places(plan), strict=True) if step.tool in registry]
    return [f for step, place in known for f in argument_findings(step, registry[step.tool], place)]


def _covers(fault: Finding, other: Finding) -> bool:
    """Whether a fault of the text or its shape explains a finding: it is on the same place, or around it, or in what seems missing."""
    inside, around = (fault, other) if other.rule == "missing-input" else (other, fault)
    return other.place == fault.place or inside.place.startswith((f"{around.place}.", f"{around.place}["))


def _renamed(findings: list[Finding], raw: Any) -> list[Finding]:
    """Findings on steps that stand in for nameless ones, by their numbers."""
    from dataclasses import replace

    count = len(raw["steps"]) if isinstance(raw, dict) and isinstance(raw.get("steps"), list) else 0
    out = []
    for finding in findings:
        for number in range(count):
            name = f"steps.unnamed_{number}"
            if finding.place == name or finding.place.startswith(f"{name}."):
                finding = replace(finding, place=f"steps[{number}]{finding.place[len(name) :]}")
        out.append(finding)
    return out


def of_yaml(text: str, registry: Registry, name: str = "plan.yaml") -> Plan:
    """Read the text of ``plan.yaml``.

    Parameters
    ----------
    text : str
    registry : Registry
        Tells which arguments have units.
    name : str
        How messages call the text.

    Raises
    ------
    UnsoundPlan
        Naming every place, where the text is not YAML or not a plan.
    """
    return examine(text, registry, None, name).require()


def _normalised(plan: Plan, registry: Registry) -> Plan:
    """The plan with its arguments in the form that plans keep, defaults filled in; what cannot be is left as it is."""
    return plan.model_copy(update={"steps": [_normalised_step(step, registry) for step in plan.steps]})


def _normalised_step(step: Step, registry: Registry) -> Step:
    if step.tool not in registry:
        return step
    tool = registry[step.tool]
    good: dict[str, Any] = {}
    left: dict[str, Any] = {}
    for name, value in step.arguments.items():
        try:
            good |= {name: complete(tool, {name: value})[name]}
        except PlanError:
            left[name] = value
    filled = complete(tool, good)
    return step.model_copy(update={"arguments": {**{n: v for n, v in filled.items() if n not in left}, **left}})


def read_text(path: Path) -> str:
    """The text of a plan file, its line ends as they are.

    Raises
    ------
    UsageError
        Where the file is not there or not text.
    """
    try:
        return path.read_bytes().decode("utf-8")
    except OSError as error:
        raise UsageError(
            f"{path} could not be read: {error.strerror}.", remedy="`gnomon plan` writes a plan.yaml."
        ) from error
    except UnicodeDecodeError as error:
        raise UsageError(
            f"{path} is not a text file, so it is no plan.", remedy="`gnomon plan` writes a plan.yaml."
        ) from error


def read_plan(path: Path, registry: Registry) -> Plan:
    """Read a plan file, YAML or JSON.

    Raises
    ------
    UsageError
        Where the file is not there or not text.
    UnsoundPlan
        Where it is not a plan.
    """
    return of_yaml(read_text(path), registry, path.name)


# --------------------------------------------------------------------------- what a text says


def says(text: str, plan: Plan) -> bool:
    """Whether the text of a ``plan.yaml`` says exactly this plan; needs no tools, so that a bundle can be verified anywhere.

    Units may be other ones, ``12 h`` for ``0.5 d``; what the text does not state is not said, since only a tool knows its defaults.
    """
    try:
        source = PlanText(text)
        if source.findings or not isinstance(source.document, dict):
            return False
        raw = {k: v for k, v in source.document.items() if k not in BESIDE}
        said = Plan.of_document(raw)
        return len(said.steps) == len(plan.steps) and (
            canonical(_without_arguments(said)) == canonical(_without_arguments(plan))
            and all(_says_arguments(one, other) for one, other in zip(said.steps, plan.steps, strict=True))
        )
    except PlanError:
        return False


def _without_arguments(plan: Plan) -> dict[str, Any]:
    document = plan.model_dump(mode="json", exclude_none=True)
    for step in document["steps"]:
        del step["arguments"]
    return document


def _says_arguments(said: Step, kept: Step) -> bool:
    return said.arguments.keys() == kept.arguments.keys() and all(
        says_argument(value, kept.arguments[name]) for name, value in said.arguments.items()
    )
