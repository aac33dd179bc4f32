"""Columns of tables of sources that a question names: of positions, of brightness, those wanted, units that a file leaves out; which table of a file, and a folder.

A name is a word like no word of a sentence (``mag_r``, ``ALPHA_J2000``) or one in quotation marks; any word where the question says "columns" beside it.
Columns of light curves and velocities are read by `gnomon.agents.embedded.columns`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from gnomon.agents.understanding.grammar import normalised
from gnomon.agents.understanding.number_words import value_of_words
from gnomon.agents.understanding.slot import Slot
from gnomon.agents.understanding.understand import Understanding
from gnomon.tools.registry import Parameter
from gnomon.tools.units import parse_unit

_CODE = r"(?:\w*_\w+|[A-Za-z]+\d\w*|[A-Z]{2,}|[a-z]+[A-Z]\w*)"
_NAME = (
    r"(?:[\"'“‘`](?:[A-Za-z_][\w .()-]{0,30}?)[\"'”’`]|(?<![A-Za-z0-9_.])(?:[A-Za-z_][A-Za-z0-9_]*)(?![A-Za-z0-9_]))"
)
_BETWEEN = r"\s*(?:,|，|、|/|&|\+|(?<![A-Za-z])and(?![A-Za-z])|和|与|及|以及)\s*(?:(?:and|和)\s*)?"
_UNIT = r"[A-Za-zµ]+(?:\s?[/.*]\s?[A-Za-z]+|\*\*-?\d|\^-?\d)*"
# How soon after columns their unit is said.
_SOON = 60
# What is no name though a name may look so.
_NO_NAMES = {"and", "or", "the", "of", "in", "only", "just", "is", "are", "ra", "dec", "hats", "fits", "votable", "csv", "icrs", "fk5", "fk4", "b1950", "j2000"}  # fmt: skip
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6}


@cache
def _patterns() -> dict[str, Any]:
    from ruamel.yaml import YAML

    told = YAML(typ="safe", pure=True).load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))

    def compiled(text: str) -> re.Pattern[str]:
        listed = f"{_NAME}(?:{_BETWEEN}{_NAME})*"
        return re.compile(text.replace("LIST", listed).replace("NAME", _NAME).replace("UNIT", _UNIT), re.I)

    return {
        key: [compiled(v) for v in value] if isinstance(value, list) else compiled(value) for key, value in told.items()
    }


def find_columns(understood: Understanding, parameter: Parameter) -> Iterator[tuple[Slot, Any]]:
    """The names of columns that a question gives for a parameter of the sort ``column``, which one its own name says."""
    text = _masked(understood)
    if parameter.many:
        found = _wanted(text)
    elif parameter.name.startswith(("ra", "lon")):
        found = _of_positions(text, "first", "longitude")
    elif parameter.name.startswith(("dec", "lat")):
        found = _of_positions(text, "second", "latitude")
    else:
        found = _compared(text)
    for start, end, name in found:
        yield _slot(understood, start, end, name, parameter), name


def find_units(understood: Understanding, parameter: Parameter) -> Iterator[tuple[Slot, Any]]:
    """Units that a question says columns have: ``pm_a and pm_d are in mas/yr``."""
    text = _masked(understood)
    if not _patterns()["no_units"].search(text):
        return
    for match in _patterns()["list"].finditer(text):
        said = re.split(r"[。;；]", text[match.end() : match.end() + _SOON])[0]
        unit = next(filter(_is_unit, (m["unit"] for m in _patterns()["unit"].finditer(said))), "")
        for start, end, name in _names(text, *match.span(), code=True) if unit else ():
            yield _slot(understood, start, end, f"{name}={unit}", parameter), f"{name}={unit}"


def _is_unit(text: str) -> bool:
    try:
        parse_unit(text)
    except ValueError:
        return False
    return True


def find_table(understood: Understanding, parameter: Parameter) -> Iterator[tuple[Slot, Any]]:
    """Which table of a file is meant; none where several are spoken of, which are then several files."""
    if parameter.type != "int":
        return
    found: dict[int, tuple[int, int]] = {}
    for pattern in _patterns()["table"]:
        for match in pattern.finditer(_masked(understood)):
            said = {k: v for k, v in match.groupdict().items() if v}
            written = next(iter(said.values())).lower()
            digits = re.match(r"\d+", written)
            number = int(digits[0]) if digits else _ORDINALS.get(written) or int(value_of_words(written)[0])
            found.setdefault(number, match.span())
    if len(found) == 1:
        (number, (start, end)), *_ = found.items()
        yield _slot(understood, start, end, number, parameter), number


def find_folder(understood: Understanding, parameter: Parameter) -> Iterator[tuple[Slot, Any]]:
    """A path that is written out."""
    for match in _patterns()["folder"].finditer(understood.question):
        yield _slot(understood, *match.span("path"), match["path"], parameter), match["path"]


def _slot(understood: Understanding, start: int, end: int, value: Any, parameter: Parameter) -> Slot:
    return Slot("choice", understood.question[start:end], start, end, value, name=parameter.name).inside(
        understood.question
    )


def _masked(understood: Understanding) -> str:
    """The question, with blanks where a name or a query stands that is of no column."""
    text = list(normalised(understood.question))
    for slot in understood.of_type("adql", "address", "object", "file", "site", "telescope"):
        text[slot.start : slot.end] = "\0" * (slot.end - slot.start)
    return "".join(text)


def _names(text: str, start: int, end: int, *, code: bool) -> list[tuple[int, int, str]]:
    """The names of a list, up to the first word that is none; one that can be nothing else speaks for its fellows: objid and mag_r."""
    out = []
    code = code and not any(
        re.fullmatch(_CODE, w[0].strip("\"'“”‘’`")) and w[0].lower() not in _NO_NAMES
        for w in re.finditer(_NAME, text[start:end], re.I)
    )
    for match in re.finditer(_NAME, text[start:end], re.I):
        name = match[0].strip("\"'“”‘’`")
        if name.lower() in ("and", "or"):
            continue
        quoted = match[0] != name
        if name.lower() in _NO_NAMES or not (quoted or not code or re.fullmatch(_CODE, name)):
            break
        first = start + match.start() + int(quoted)
        out.append((first, first + len(name), name))
    return out


def _wanted(text: str) -> Iterator[tuple[int, int, str]]:
    positions = {name for which in ("first", "second") for _a, _b, name in _of_positions(text, which, "")}
    positions |= {name for _a, _b, name in _compared(text)}
    for key in ("wanted", "wanted_code"):
        for pattern in _patterns()[key]:
            for match in pattern.finditer(text):
                # A word alone before "column" is what somebody says of it: the flux column.
                names = _names(text, *match.span("list"), code=key == "wanted_code")
                if key == "wanted" and len(names) == 1 and not re.fullmatch(_CODE, names[0][2]):
                    continue
                if names and not positions & {name for _a, _b, name in names} and not _said_of(text, names[-1][1]):
                    yield from names
                    return


def _said_of(text: str, end: int) -> bool:
    """Whether what stands after names says their unit or what they hold."""
    return re.match(r"[^.。;；,，]{0,12}(?:单位|没写|\b(?:in|hold|are|is)\b)", text[end:], re.I) is not None


def _of_positions(text: str, which: str, own: str) -> Iterator[tuple[int, int, str]]:
    for pattern in _patterns()["positions"]:
        for match in pattern.finditer(text):
            both = _names(text, match.start("first"), match.end("second"), code=True)
            if len(both) == 2:
                yield both[0 if which == "first" else 1]
                return
    if not own:
        return
    for pattern in _patterns()[f"{own}_said"]:
        for match in pattern.finditer(text):
            if found := _names(text, *match.span("name"), code=True):
                yield found[0]
                return
    for match in re.finditer(_NAME, text):  # ra_deg, which can be nothing else
        name = match[0].strip("\"'“”‘’`")
        if ("_" in name or re.search(r"\d", name)) and _patterns()[own].fullmatch(name):
            first = match.start() + int(name != match[0])
            yield first, first + len(name), name
            return


def _compared(text: str) -> Iterator[tuple[int, int, str]]:
    for pattern in _patterns()["compared"]:
        for match in pattern.finditer(text):
            found = [
                n for n in _names(text, *match.span("name"), code=True) if "_" in n[2] or re.search("mag", n[2], re.I)
            ]
            if found:
                yield found[0]
                return
