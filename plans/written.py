"""How the values of a plan are written as YAML: in whole, in parts, and on the lines that an editor has for them."""

from __future__ import annotations

import io
import re
from functools import cache
from typing import Any

from gnomon.plans.arguments import says_argument


def written(document: dict[str, Any]) -> dict[str, Any]:
    """The JSON form of a plan as people write it: numbers with their units, ``0.5 d``."""
    return {**document, "steps": [written_step(step) for step in document["steps"]]}


def written_step(step: dict[str, Any]) -> dict[str, Any]:
    """The JSON form of a step as people write it."""
    out = {**step, "arguments": {name: written_argument(value) for name, value in step["arguments"].items()}}
    if isinstance(step.get("cost"), dict):  # nobody writes 12000.0 rows
        out["cost"] = {n: int(v) if n in ("rows", "bytes") and v == int(v) else v for n, v in step["cost"].items()}
    return out


def written_argument(value: Any) -> Any:
    """An argument as people write it."""
    if isinstance(value, dict) and set(value) == {"value", "unit"}:
        return f"{value['value']!r} {value['unit']}"
    if isinstance(value, list):
        return [written_argument(v) for v in value]
    return value


def yaml_of(value: Any, *, width: int = 120, flow: bool = False) -> str:
    """A value as YAML, in the style of ``plan.yaml``."""
    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.Representer = _representer()
    yaml.width = width
    yaml.default_flow_style = flow
    yaml.indent(mapping=2, sequence=4, offset=2)
    stream = io.StringIO()
    yaml.dump(_quoted(value), stream)
    return stream.getvalue()


@cache
def _representer() -> Any:
    """Writes ``null``, which a person sees, where ruamel would write nothing."""
    from ruamel.yaml.representer import RoundTripRepresenter

    class Visible(RoundTripRepresenter):
        pass

    Visible.add_representer(type(None), lambda self, _: self.represent_scalar("tag:yaml.org,2002:null", "null"))
    return Visible


def _quoted(value: Any) -> Any:
    """The same with text in quotes where YAML would fold a character of it into a space."""
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString

    if isinstance(value, dict):
        return {k: _quoted(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_quoted(v) for v in value]
    return DoubleQuotedScalarString(value) if isinstance(value, str) and "\x85" in value else value


def in_the_same_unit(said: Any, kept: Any) -> Any:
    """A number with its unit as text: in the unit in which a person wrote it, where that says exactly the same."""
    if not isinstance(kept, dict):
        return kept
    match = re.fullmatch(r"\s*[-+\N{MINUS SIGN}]?[\d.]+(?:[eE][-+]?\d+)?(\s*)(.*?)\s*", str(said))
    if match and match[2] and match[2] != kept["unit"]:
        from gnomon.tools.units import parse_unit

        try:
            number = float(parse_unit(kept["unit"]).to(parse_unit(match[2]), kept["value"]))
        except ValueError:
            return written_argument(kept)  # the argument of another tool
        for digits in (f"{number:.12g}", repr(number)):
            if says_argument(text := f"{digits}{match[1]}{match[2]}", kept):
                return text
    return written_argument(kept)


def as_written(value: Any, way: tuple[str, ...]) -> Any:
    """A part of a plan as people write it, by where in the plan it stands."""
    if way == ("steps",) and isinstance(value, dict):
        return written_step(value)
    if way == ("steps",) and isinstance(value, list):
        return [written_step(step) for step in value]
    if way[-1:] == ("arguments",) and isinstance(value, dict):
        return {name: written_argument(inner) for name, inner in value.items()}
    return written_argument(value) if way[-2:-1] == ("arguments",) else value


def inline(value: Any, *, flow: bool, style: str | None = None) -> str:
    """A value on one line."""
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString, SingleQuotedScalarString

    if isinstance(value, str):
        if style == '"' or not value.isprintable():
            value = DoubleQuotedScalarString(value)
        elif style == "'":
            value = SingleQuotedScalarString(value)
    if flow:
        return yaml_of({"k": value}, width=10**9, flow=True).strip("\n").removeprefix("{k: ").removesuffix("}")
    text = yaml_of({"k": value}, width=10**9).removeprefix("k:").strip("\n")
    return "null" if not text.strip() else text.removeprefix(" ")


def block(value: Any, column: int) -> str:
    """A value on lines of its own; all but the first begin at a column."""
    if not isinstance(value, dict | list):
        return inline(value, flow=False)
    lines = yaml_of(value).removesuffix("\n").split("\n")
    if isinstance(value, list) and value:  # the style of plans indents a list that has a name, and this one has none
        lines = [line.removeprefix("  ") for line in lines]
    return "\n".join([lines[0], *(" " * column + line if line.strip() else line for line in lines[1:])])
