"""The JSON schema of ``plan.yaml``, by which editors complete and check while a person types.

There are two: a general one, made from the model of a plan, which ships as ``plan.schema.json`` and lies beside the plan in every run;
and one that knows the tools that are here, which `gnomon plan` writes beside a new plan.  Both are draft 7, which editors of YAML know.
What a schema cannot tell, `gnomon check` does.

``python -m gnomon.plans.schema`` writes the general one anew.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from gnomon.plans.arguments import default
from gnomon.plans.document import SCHEMA_FILE
from gnomon.plans.plan import Plan
from gnomon.plans.run import write_text
from gnomon.plans.written import written_argument
from gnomon.tools.registry import EFFECTS, Parameter, Registry, Tool

SHIPPED = Path(__file__).with_name(SCHEMA_FILE)
TITLE = "A plan of Gnomon"

# What each field is, for a person who looks at it in an editor.
_MEANINGS: dict[str, dict[str, str]] = {
    "Plan": {
        "format": "Which form of plan this is; 1.",
        "question": "The question, as the person asked it.",
        "language": "Language of the question, and so of the answer: en or zh.",
        "goal": "The kind of value that answers the question.",
        "assumptions": "What was taken for granted; stands in the report.",
        "missing": "What could also be had if the person gave more.",
        "files": "The files that came with the question, each known by its content.",
        "understood": "What the question says, piece by piece.",
        "not_understood": "Words of the question of which nothing could be made.",
        "steps": "What will be done. Each step calls one tool; a step waits for those that its inputs name.",
        "hash": "The plan's identity when this was written. It is computed anew whenever the plan is read, so leave it alone.",
    },
    "Step": {
        "id": "A name for the step, by which other steps refer to what it makes: small letters, digits and _.",
        "tool": "The tool that the step calls; `gnomon tools` lists them.",
        "version": "The tool's version, in quotes: '1.0'.",
        "arguments": "Values for the tool, numbers with their unit: `window: 0.5 d`. What is left out is at its default.",
        "inputs": "What the tool works on: `{step: NAME}` for what a step makes, `{file: NAME}` for a file.",
        "kind": "What the step makes.",
        "effects": "What the tool does to the world; all of what it declares.",
        "cost": "Expected cost, such as `{seconds: 6}`; of what is asked of archives also rows and bytes.",
        "cost_at_most": "Whether these rows and bytes are bounds, and not what is expected.",
        "cost_why": "How rows and bytes were reckoned.",
        "why": "Why the step is here.",
        "evidence": "The notes on its method and the publications that the step rests on.",
    },
    "Attachment": {
        "name": "How the plan speaks of the file: one plain name.",
        "sha256": "SHA-256 of its content; `sha256sum FILE` says it.",
        "size": "Its size in bytes.",
        "kind": "What is in it.",
        "found": "What was found in it, in a phrase.",
        "rows": "How many rows it has.",
    },
    "Ref": {"step": "The identifier of a step.", "file": "The name of a file of this plan."},
    "Understood": {
        "slot": "What sort of thing it is.",
        "words": "The words of the question.",
        "value": "What was understood.",
        "role": "Whether it is a value, an error or an end of a range.",
        "unit": "Unit of the value.",
        "name": "What it is a value of.",
        "note": "What was taken for granted to understand it.",
        "used_by": "The arguments that were set by it, as tool.argument.",
    },
}
_NUMBER = r"^\s*[-+−]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*"
_WITH_UNIT: dict[str, Any] = {
    "title": "value and unit",
    "type": "object",
    "properties": {"value": {"type": "number"}, "unit": {"type": "string"}},
    "required": ["value", "unit"],
    "additionalProperties": False,
}


def plan_schema() -> dict[str, Any]:
    """The general schema, which knows no tools."""
    made = Plan.model_json_schema(ref_template="#/definitions/{model}")
    definitions = {name: _described(name, part) for name, part in made.pop("$defs").items()}
    top = _described("Plan", made)
    top["properties"]["hash"] = {"description": _MEANINGS["Plan"]["hash"]}
    definitions["Ref"] = {
        "type": "object",
        "properties": {n: {"type": "string", "description": d} for n, d in _MEANINGS["Ref"].items()},
        "additionalProperties": False,
        "minProperties": 1,
        "maxProperties": 1,
    }
    step = definitions["Step"]["properties"]
    step["effects"]["items"] = {"enum": list(EFFECTS)}
    single = [{"type": ["string", "number", "boolean", "null"]}, _WITH_UNIT]
    step["arguments"]["additionalProperties"] = {"anyOf": [*single, {"type": "array", "items": {"anyOf": single}}]}
    del top["description"]
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": TITLE,
        "description": "What will be done, and nothing else will be. `gnomon check` checks it in full, `gnomon run` runs it.",
        **top,
        "definitions": definitions,
    }


def schema_with_tools(registry: Registry) -> dict[str, Any]:
    """The schema that knows tools: their names, inputs, arguments, units and choices."""
    schema = plan_schema()
    step = schema["definitions"]["Step"]
    names = list(registry)
    step["properties"]["tool"] |= {"enum": names, "enumDescriptions": [registry[name].summary for name in names]}
    step["allOf"] = [
        {"if": {"properties": {"tool": {"const": name}}, "required": ["tool"]}, "then": _of_tool(registry[name])}
        for name in names
    ]
    units = sorted({p.unit for t in registry.values() for p in t.arguments if p.unit})
    schema["definitions"] |= {_in(unit): _quantity(unit) for unit in units}
    return schema


def schema_text(schema: dict[str, Any]) -> str:
    """The one text of a schema."""
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


def write_beside(plan_file: Path, registry: Registry) -> Path | None:
    """Write the schema with tools beside a plan, where editors look for it.

    Returns
    -------
    pathlib.Path or None
        None where another file of that name lies there, which is left alone.
    """
    path = plan_file.with_name(SCHEMA_FILE)
    text = schema_text(schema_with_tools(registry))
    if path.exists():
        try:
            there = path.read_text(encoding="utf-8")
            if json.loads(there).get("title") != TITLE:
                return None
        except (OSError, ValueError, AttributeError):
            return None
        if there == text:
            return path
    write_text(path, text)
    return path


def _described(model: str, part: dict[str, Any]) -> dict[str, Any]:
    """A part of the model's schema with our words instead of its own."""
    meanings = _MEANINGS.get(model, {})
    out = {k: v for k, v in part.items() if k != "title"}
    out["description"] = part.get("description", "").partition("\n")[0]
    said = _docstring(part.get("description", ""))
    for name, field in out["properties"].items():
        described = meanings.get(name) or said.get(name, "")
        out["properties"][name] = {"description": described, **{k: v for k, v in field.items() if k != "title"}}
    return out


def _docstring(text: str) -> dict[str, str]:
    """What a model's docstring says of its fields, for those that have no words here yet."""
    from docstring_parser import DocstringStyle, parse

    return {p.arg_name: " ".join((p.description or "").split()) for p in parse(text, DocstringStyle.NUMPYDOC).params}


# --------------------------------------------------------------------------- tools


def _of_tool(tool: Tool) -> dict[str, Any]:
    """What must hold of a step that calls this tool."""
    inputs = (*tool.inputs, *tool.files)
    needed = {
        "arguments": [p.name for p in tool.arguments if p.required],
        "inputs": [p.name for p in inputs if p.required],
    }
    parts = {
        "arguments": {"properties": {p.name: _argument(p) for p in tool.arguments}, "description": tool.summary},
        "inputs": {"properties": {p.name: _input(p) for p in inputs}, "description": tool.summary},
    }
    effects = {"items": {"enum": list(tool.effects)}, "minItems": len(tool.effects), "uniqueItems": True}
    return {
        "properties": {
            "version": {"const": tool.version, "default": tool.version},
            "kind": {"const": str(tool.kind), "default": str(tool.kind)},
            "effects": {**effects, "default": list(tool.effects)},
            "cost": {"default": tool.cost()},
            **{name: {**part, "additionalProperties": False, "required": needed[name]} for name, part in parts.items()},
        },
        "required": [name for name, names in needed.items() if names],
    }


def _input(parameter: Parameter) -> dict[str, Any]:
    one: dict[str, Any] = {"$ref": "#/definitions/Ref"}
    shape = {"type": "array", "items": one} if parameter.many else {"allOf": [one]}
    what = str(parameter.kind) if parameter.kind else "a file"
    by = "file" if parameter.role == "file" else "step"
    return {"description": f"{what}: {parameter.description}", **shape, "defaultSnippets": [{"body": {by: "$1"}}]}


def _argument(parameter: Parameter) -> dict[str, Any]:
    """One flat schema, since editors show the description of a part and not those of its alternatives."""
    one = _single(parameter)
    out: dict[str, Any] = {"description": parameter.description, **one}
    if parameter.unit:
        out["description"] += f" In {parameter.unit}, or any unit that converts to it."
    if parameter.within:  # of a text with a unit the schema cannot tell; `gnomon check` does
        out["description"] += f" It must be {parameter.within.told(parameter.unit)}."
    types = [one["type"]] if isinstance(one["type"], str) else list(one["type"])
    if parameter.many:
        types.append("array")
        out["items"] = one
        if "enum" in out:  # which would also hold for the list itself
            out["anyOf"] = [{"type": "array"}, {"enum": out.pop("enum")}]
    if parameter.optional:
        types.append("null")
        if "enum" in out:
            out["enum"] = [*out["enum"], None]
    if not parameter.required and parameter.default is not None:
        out["default"] = written_argument(default(parameter))
    return {**out, "type": types[0] if len(types) == 1 else types}


def _single(parameter: Parameter) -> dict[str, Any]:
    """What one value of an argument must be; its ``type`` is always stated."""
    if parameter.unit:
        example = f"Write a number with a unit that converts to {parameter.unit}, such as 1.5 {parameter.unit}."
        return {
            "type": ["string", "object"],
            "allOf": [{"$ref": f"#/definitions/{_in(parameter.unit)}"}],
            "errorMessage": example,
        }
    if parameter.choices:
        return {"type": "string", "enum": list(parameter.choices)}
    limits = parameter.within.schema() if parameter.within else {}
    if parameter.type == "float":
        return {
            **limits,
            "type": ["number", "string"],
            "pattern": _NUMBER + "([%％]|per ?cent)$",
            "patternErrorMessage": "Write a plain number.",
        }
    if parameter.type == "weights":
        return {"type": "string", "pattern": "^[0-9a-f]{64}$"}
    return {"type": {"int": "integer", "bool": "boolean"}.get(parameter.type, "string"), **limits}


def _in(unit: str) -> str:
    return "in_" + re.sub(r"[^A-Za-z0-9]+", "_", unit.replace("/", "_per_"))


def _quantity(unit: str) -> dict[str, Any]:
    """A number with a unit that converts to this one; of units that are not known here nothing is said."""
    from astropy.units import Unit

    from gnomon.tools.units import SPELLINGS, parse_unit

    good: list[str] = []
    bad: list[str] = []
    for spelling in dict.fromkeys([*SPELLINGS.values(), *SPELLINGS, unit]):
        (good if parse_unit(spelling).is_equivalent(Unit(unit)) else bad).append(spelling)
    others = "|".join(re.sub(r"[.^$*+?()\[\]{}|\\/]", r"\\\g<0>", spelling) for spelling in sorted(bad))
    examples = [f"1.5 {name}" for name in dict.fromkeys([unit, *(g for g in good if g in SPELLINGS.values())])]
    return {  # without a description: editors would show it instead of the argument's own
        # The exponent once more, so that it is never taken for the beginning of a unit.
        "pattern": rf"{_NUMBER}(?![eE][-+\d])(?!({others})\s*$)(1\s*\/|[^\s\d.,:+±-])",
        "patternErrorMessage": f"Write a number with a unit that converts to {unit}, such as {examples[0]}.",
        **{key: value for key, value in _WITH_UNIT.items() if key not in ("title", "type")},
        "examples": examples[:4],
    }


if __name__ == "__main__":
    write_text(SHIPPED, schema_text(plan_schema()))
