"""Reading a function: parameters, kinds and units from the text of its annotations, meanings from its docstring.

Nothing is imported or evaluated, and whatever is not described is a reason to refuse the tool.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable
from typing import Any

from gnomon.tools.description import COMPARISONS, EFFECTS, SORTS, Declaration, Kind, Parameter, Tool
from gnomon.tools.errors import RegistrationError
from gnomon.tools.interval import Interval
from gnomon.tools.kinds import KINDS


def _annotation(node: ast.expr, name: str, description: str, problems: list[str]) -> dict[str, Any]:
    """Fields of a `Parameter` from the syntax of its annotation."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        sides = [node.left, node.right]
        rest = [s for s in sides if not (isinstance(s, ast.Constant) and s.value is None)]
        if len(rest) == 1:
            return {**_annotation(rest[0], name, description, problems), "optional": True}
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
        outer, inner = node.value.id, node.slice
        if outer == "list":
            return {**_annotation(inner, name, description, problems), "many": True}
        if outer == "Literal":
            elements = inner.elts if isinstance(inner, ast.Tuple) else [inner]
            choices = tuple(str(e.value) for e in elements if isinstance(e, ast.Constant))
            return {"role": "argument", "type": "choice", "choices": choices}
        if outer == "Annotated" and isinstance(inner, ast.Tuple):
            base, *elements = inner.elts
            notes = [e.value for e in elements if isinstance(e, ast.Constant) and isinstance(e.value, str)]
            if isinstance(base, ast.Name) and len(notes) == len(elements):
                if base.id in KINDS and len(notes) == 1:
                    return {"role": "input", "kind": Kind(base.id, notes[0])}
                if base.id in ("float", "int"):
                    return _number(base.id, notes, name, problems)
                if base.id == "str" and notes[0] in SORTS:
                    return {"role": "argument", "type": "str", "sort": notes[0], "known": tuple(notes[1:])}
    if isinstance(node, ast.Name):
        if node.id in KINDS:
            return {"role": "input", "kind": Kind(node.id)}
        if node.id == "File":
            return {"role": "file"}
        if node.id == "Weights":
            return {"role": "argument", "type": "weights"}
        if node.id in ("str", "int", "float", "bool"):
            return {"role": "argument", "type": node.id}
    problems.append(f"parameter {name!r} has an annotation the registry cannot read: {ast.unparse(node)}")
    return {"role": "argument", "type": "str"}


def _number(base: str, notes: list[str], name: str, problems: list[str]) -> dict[str, Any]:
    """Fields of a number, of which a note says the unit and another one what it may be: ``"d", "(0, inf)"``."""
    fields: dict[str, Any] = {"role": "argument", "type": base}
    for note in notes:
        if note.startswith(("(", "[")) and "within" not in fields:
            try:
                fields["within"] = Interval.parse(note)
            except ValueError as error:
                problems.append(f"parameter {name!r}: {error}")
        elif "unit" not in fields:
            fields["unit"] = note
        else:
            problems.append(f"parameter {name!r} has two units, {fields['unit']!r} and {note!r}")
    return fields


def _stated_within(fields: dict[str, Any], default: Any) -> bool:
    """Whether a default is what its own interval allows."""
    within = fields.get("within")
    return within is None or all(
        v is None or v in within for v in (default if isinstance(default, list | tuple) else [default])
    )


def read_tool(function: Callable[..., Any], declaration: Declaration) -> Tool:
    """Build the `Tool` of a declared function, or say everything that is wrong with it."""
    from docstring_parser import DocstringStyle, parse

    name = function.__name__
    problems: list[str] = []
    doc = parse(inspect.getdoc(function) or "", style=DocstringStyle.NUMPYDOC)
    described = {name.strip(): (p.description or "").strip() for p in doc.params for name in p.arg_name.split(",")}
    if not (doc.short_description or "").strip():
        problems.append("the docstring has no first line saying what the tool does")
    if not doc.returns or not (doc.returns.description or "").strip():
        problems.append("the docstring has no Returns section")

    parameters: list[Parameter] = []
    for p in inspect.signature(function).parameters.values():
        text = described.get(p.name, "")
        if not text:
            problems.append(f"parameter {p.name!r} is not described")
        if not isinstance(p.annotation, str):
            problems.append(
                f"parameter {p.name!r} has no annotation, or the module lacks `from __future__ import annotations`"
            )
            continue
        fields = _annotation(ast.parse(p.annotation, mode="eval").body, p.name, text, problems)
        required = p.default is inspect.Parameter.empty
        stated: Any = None if required else p.default
        if fields.get("type") == "weights":
            required, stated = False, declaration.weights.get(p.name, ("", ""))[1]
            if not re.fullmatch(r"[0-9a-f]{64}", stated):
                problems.append(
                    f"parameter {p.name!r} takes weights, and the declaration does not give their file and SHA-256"
                )
        if fields.get("optional") and required:
            problems.append(f"parameter {p.name!r} may be None and so needs a default")
        if not required and not _stated_within(fields, stated):
            problems.append(f"the default of {p.name!r} is not within {fields['within']}")
        if (
            fields.get("type") == "float"
            and "unit" not in fields
            and not re.search(r"dimensionless|fraction|ratio|\bsigma|probability|factor", text, re.I)
        ):
            problems.append(
                f"parameter {p.name!r} is a bare float: give a unit, Annotated[float, 'd'], or say it is dimensionless"
            )
        parameters.append(
            Parameter(
                name=p.name,
                description=" ".join(text.split()),
                required=required,
                default=stated,
                **fields,
            )
        )

    returned = inspect.signature(function).return_annotation
    kind = Kind("")
    if not isinstance(returned, str):
        problems.append("the return annotation must name a kind")
    else:
        fields = _annotation(ast.parse(returned, mode="eval").body, "return", "", problems)
        kind = fields.get("kind") or kind
        if not kind.name:
            problems.append(f"the return annotation {returned!r} is not a kind; kinds are {', '.join(sorted(KINDS))}")

    d = declaration
    if not re.fullmatch(r"\d+\.\d+(\.\d+)?", d.version):
        problems.append(f"version {d.version!r} is not of the form 1.0")
    if not d.effects or any(e not in EFFECTS for e in d.effects):
        problems.append(f"effects {list(d.effects)} are not out of {', '.join(EFFECTS)}")
    if d.comparison not in COMPARISONS:
        problems.append(f"comparison {d.comparison!r} is not out of {', '.join(COMPARISONS)}")
    if not d.citations or any(not re.search(r"doi:10\.|\b\d{4}[A-Za-z&.]{5}", c) for c in d.citations):
        problems.append("citations must each carry a doi: or a bibcode, and there must be one")
    if not any(re.search(r"[\u4e00-\u9fff]", e) for e in d.examples) or not any(
        re.search(r"[A-Za-z]{3}", e) for e in d.examples
    ):
        problems.append("examples need at least one question in English and one in Chinese")
    if not d.summary_zh or not d.method or not d.method_zh:
        problems.append("summary_zh, method and method_zh must be given")
    names = {p.name for p in parameters}
    for extra in sorted(set(d.weights) - {p.name for p in parameters if p.type == "weights"}):
        problems.append(f"weights are declared for {extra!r}, which is no parameter annotated Weights")
    if d.ended_by and not any(p.name == d.ended_by and p.role == "argument" and not p.required for p in parameters):
        problems.append(f"ended_by names {d.ended_by!r}, which is no optional argument")
    for template in (d.method, d.method_zh):
        unknown = set(re.findall(r"\{(\w+)\}", template)) - names
        if unknown:
            problems.append(f"the method sentence names {', '.join(sorted(unknown))}, which are no parameters")
    if any(p.role == "file" for p in parameters) and d.recognises is None:
        problems.append("a tool that reads a file must say what it recognises")
    if d.cost is not None and (not callable(d.cost) or len(inspect.signature(d.cost).parameters) != 2):
        problems.append("cost must be a function of the arguments and the number of rows that come in")
    if problems:
        where = f"{function.__module__}.{name}"
        raise RegistrationError(f"Tool {where} is not fit to be registered: " + "; ".join(problems) + ".")
    return Tool(
        name=name,
        area=_area(function.__module__),
        function=function,
        declaration=d,
        summary=(doc.short_description or "").strip(),
        description=(doc.long_description or "").strip(),
        parameters=tuple(parameters),
        kind=kind,
        raises=tuple(r.type_name or "" for r in doc.raises),
    )


def _area(module: str) -> str:
    """The folder below ``tools`` that a module lies in, else its own package."""
    parts = module.split(".")
    if parts[:2] == ["gnomon", "tools"] and len(parts) > 3:
        return parts[2]
    return parts[-2] if len(parts) > 2 else module
