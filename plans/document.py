"""``plan.yaml``: the plan as people read and edit it.

Numbers with a unit are written ``0.5 d``; reading turns them back into the form that plans keep, so a file that was only
looked at has the same hash.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from gnomon.plans.arguments import complete, normal
from gnomon.plans.plan import Plan, Step
from gnomon.tools.errors import PlanError, UsageError
from gnomon.tools.registry import Registry


def _written(value: Any) -> Any:
    if isinstance(value, dict) and set(value) == {"value", "unit"}:
        return f"{value['value']!r} {value['unit']}"
    if isinstance(value, list):
        return [_written(v) for v in value]
    return value


def to_yaml(plan: Plan) -> str:
    """The text of ``plan.yaml``."""
    from ruamel.yaml import YAML

    document = plan.document()
    for step in document["steps"]:
        step["arguments"] = {name: _written(value) for name, value in step["arguments"].items()}
    yaml = YAML()
    yaml.width = 120
    yaml.indent(mapping=2, sequence=4, offset=2)
    stream = io.StringIO()
    stream.write(
        "# A plan of Gnomon.  Edit it, then `gnomon run` it; an edited plan has another hash and needs its own approval.\n"
    )
    yaml.dump(_quoted(document), stream)
    return stream.getvalue()


def _quoted(value: Any) -> Any:
    """The same with text in quotes where YAML would fold a character of it into a space."""
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString

    if isinstance(value, dict):
        return {k: _quoted(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_quoted(v) for v in value]
    return DoubleQuotedScalarString(value) if isinstance(value, str) and "\x85" in value else value


def says(text: str, plan: Plan) -> bool:
    """Whether the text of a ``plan.yaml`` says exactly this plan; needs no tools, so that a bundle can be verified anywhere."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        document = YAML(typ="safe", pure=True).load(text)
    except (YAMLError, RecursionError):
        return False
    expected = plan.document()
    if not isinstance(document, dict):
        return False
    document.pop("hash", None)  # a stated hash is not believed, only recomputed
    del expected["hash"]
    return _same(document, expected)


def _same(written: Any, expected: Any) -> bool:
    """Equal up to how a number is spelled: the canonical form does not tell 1 from 1.0, nor ``{value: 1, unit: d}`` from ``1 d``."""
    if isinstance(written, str) and isinstance(expected, dict) and set(expected) == {"value", "unit"}:
        number, _, unit = written.partition(" ")
        try:
            return bool(unit == expected["unit"] and float(number) == expected["value"])
        except ValueError:
            return False
    if isinstance(written, dict) and isinstance(expected, dict):
        return written.keys() == expected.keys() and all(_same(written[k], expected[k]) for k in written)
    if isinstance(written, list) and isinstance(expected, list):
        return len(written) == len(expected) and all(map(_same, written, expected))
    if isinstance(written, bool | str) or isinstance(expected, bool | str):
        return type(written) is type(expected) and bool(written == expected)
    return bool(written == expected)


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
    PlanError
        Naming the place, where the text is not YAML or not a plan.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        document = YAML(typ="safe", pure=True).load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark
        place = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise PlanError(f"{name} is not YAML{place}: {error.problem}.", remedy="Mend that line.") from error
    except (YAMLError, RecursionError) as error:
        why = "it is nested too deeply" if isinstance(error, RecursionError) else str(error).splitlines()[0]
        raise PlanError(f"{name} is not YAML: {why}.", remedy="`gnomon plan` writes a plan to start from.") from error
    plan = Plan.of_document(document)
    return plan.model_copy(update={"steps": [_normalised(step, registry) for step in plan.steps]})


def _normalised(step: Step, registry: Registry) -> Step:
    """The step with its arguments in the form that plans keep; defaults are filled in, unknown tools are left to the checks."""
    if step.tool not in registry:
        return step
    tool = registry[step.tool]
    arguments = {}
    for key, value in step.arguments.items():
        try:
            arguments[key] = normal(tool, key, value)
        except PlanError as error:
            raise PlanError(f"steps.{step.id}.arguments.{key}: {error.what}", remedy=error.remedy) from error
    return step.model_copy(update={"arguments": complete(tool, arguments)})


def read_plan(path: Path, registry: Registry) -> Plan:
    """Read a plan file, YAML or JSON.

    Raises
    ------
    UsageError
        Where the file is not there or not text.
    PlanError
        Where it is not a plan.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"{path} could not be read: {error.strerror}.", remedy="`gnomon plan` writes a plan.yaml."
        ) from error
    except UnicodeDecodeError as error:
        raise UsageError(
            f"{path} is not a text file, so it is no plan.", remedy="`gnomon plan` writes a plan.yaml."
        ) from error
    return of_yaml(text, registry, path.name)
