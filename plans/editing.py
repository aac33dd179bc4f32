"""Editing a plan's text: the smallest change after which it says another plan, with comments, order and quotes left as they are.

The text is parsed by ruamel, whose nodes know where in it they stand; only what must change is replaced, so every other byte stays.
(Its own round trip writes the whole text anew: it indents, folds and quotes as it would, and a comment goes with the entry before it.)
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gnomon.plans.arguments import says_argument
from gnomon.plans.canonical import canonical
from gnomon.plans.document import HEADER, of_yaml, says, to_yaml
from gnomon.plans.extent import column_of, dash_of, end_of, entry_end, has_anchors, is_empty, line_end, line_start
from gnomon.plans.findings import UnsoundPlan
from gnomon.plans.plan import Attachment, Plan, Step
from gnomon.plans.plan_difference import match_steps
from gnomon.plans.plan_text import PlanText
from gnomon.plans.written import as_written, block, in_the_same_unit, inline
from gnomon.tools.errors import PlanError
from gnomon.tools.registry import Registry

if TYPE_CHECKING:
    from pydantic import BaseModel
    from ruamel.yaml.nodes import MappingNode, Node, SequenceNode


@dataclass(frozen=True)
class Edit:
    """What stands between two places of the text, and what shall stand there."""

    start: int
    end: int
    text: str


class _Unfit(Exception):
    """The text is written in a way in which parts of it cannot be replaced."""


def edited(text: str, plan: Plan, registry: Registry) -> str:
    """The text of a plan, changed as little as can be, so that it says `plan`.

    Every comment stays that is not inside a step that is gone.  A number keeps the unit in which a person wrote it.  What the text left
    to defaults is stated, so that it says all that decides the result; a hash that it states is brought up to date.

    Parameters
    ----------
    text : str
        A ``plan.yaml`` that can be read.
    plan : Plan
        What it shall say.
    registry : Registry
        The tools by which the text is read.

    Raises
    ------
    UnsoundPlan
        Where the text cannot be read.
    """
    old = of_yaml(text, registry)
    source = PlanText(text)
    try:
        changed = _Editor(source, old, plan).text()
        if says(changed, plan) and _kept(source, PlanText(changed), old, plan):
            return changed
    except (_Unfit, UnsoundPlan):
        pass  # anchors, one line for all, or another way of writing that leaves no parts to replace
    return _anew(source, plan)


def comment_lines(source: PlanText) -> list[str]:
    """The comments of a text, in their order."""
    return [source.text[start:end].rstrip() for start, end in source.comments]


def _anew(source: PlanText, plan: Plan) -> str:
    """The plan written anew, below all comments that the text had."""
    own = HEADER.splitlines()
    comments = [line for line in comment_lines(source) if line not in own]
    return HEADER + "".join(f"{line}\n" for line in comments) + to_yaml(plan).removeprefix(HEADER)


def _kept(source: PlanText, changed: PlanText, old: Plan, new: Plan) -> bool:
    """Whether each comment is still there, but those inside steps that are gone."""
    left = comment_lines(changed)
    gone = [i for i, j in match_steps(old.steps, new.steps) if j is None and i is not None]
    inside = [_extent(source, step) for i, step in enumerate(_items(source, "steps")) if i in gone]
    for start, end in source.comments:
        if any(a <= start < b for a, b in inside):
            continue
        line = source.text[start:end].rstrip()
        if line not in left:
            return False
        left.remove(line)
    return True


def _items(source: PlanText, name: str) -> list[Node]:
    from ruamel.yaml.nodes import MappingNode

    pairs = source.pairs(source.root) if isinstance(source.root, MappingNode) else []
    found: Any = next((value.value for key, value in pairs if key.value == name), None)
    return found if isinstance(found, list) else []


def _extent(source: PlanText, node: Node) -> tuple[int, int]:
    """From the beginning of a node to the end of the line on which it ends."""
    return node.start_mark.index, line_end(source.text, end_of(source.text, node))


# --------------------------------------------------------------------------- the editor


class _Editor:
    """Finds what must be replaced in a text so that it says another plan."""

    def __init__(self, source: PlanText, old: Plan, new: Plan) -> None:
        from ruamel.yaml.nodes import MappingNode

        self.source = source
        self.old = old
        self.new = new
        if not isinstance(source.root, MappingNode) or source.root.flow_style or has_anchors(source.root):
            raise _Unfit
        self.root = source.root
        self.newline = "\r\n" if "\r\n" in source.text else "\n"

    def text(self) -> str:
        """The whole text, edited."""
        document = self.new.document()
        if not any(key.value == "hash" for key, _ in self.root.value):
            del document["hash"]
        edits = self._mapping(self.root, _stated(self.root, document, Plan))
        return self._applied(edits, 0, len(self.source.text))

    def _applied(self, edits: list[Edit], start: int, end: int) -> str:
        out, position = [], start
        for edit in sorted(edits, key=lambda e: (e.start, e.end)):
            if edit.start < position or edit.end > end:
                raise _Unfit
            out += [self.source.text[position : edit.start], edit.text.replace("\n", self.newline)]
            position = edit.end
        return "".join([*out, self.source.text[position:end]])

    # ------------------------------------------------------------------ parts

    def _changed(self, node: Node, value: Any, way: tuple[str, ...], flow: bool) -> list[Edit] | None:
        """Edits that make a node say a value; None where all of its entry must be written anew."""
        from ruamel.yaml.nodes import CollectionNode, MappingNode, ScalarNode, SequenceNode

        argument = len(way) > 2 and way[-2] == "arguments"
        said = self.source.said(node)
        if says_argument(said, value) if argument else _same(said, value):
            return []
        if argument and isinstance(node, ScalarNode):
            value = in_the_same_unit(said, value)
        if isinstance(node, ScalarNode) and not isinstance(value, dict | list) and not is_empty(node):
            return self._scalar(node, value, flow)
        inside = flow or (isinstance(node, CollectionNode) and bool(node.flow_style))
        if isinstance(node, MappingNode) and isinstance(value, dict) and not (argument and "unit" in value):
            if not inside and set(value) & {str(k.value) for k, _ in node.value}:
                return self._mapping(node, value, way)
            if {str(k.value) for k, _ in node.value} == set(value) and len(node.value) == len(value):
                return self._each([(v, value[str(k.value)], (*way, str(k.value))) for k, v in node.value], True)
        if isinstance(node, SequenceNode) and isinstance(value, list):
            if not inside and value:
                return self._sequence(node, value, way)
            if len(node.value) == len(value):
                return self._each([(n, v, way) for n, v in zip(node.value, value, strict=True)], True)
        if inside and value and not self._comments(node.start_mark.index, node.end_mark.index) and node.value:
            return [Edit(node.start_mark.index, node.end_mark.index, inline(as_written(value, way), flow=True))]
        if flow:
            raise _Unfit
        return None

    def _each(self, parts: list[tuple[Node, Any, tuple[str, ...]]], flow: bool) -> list[Edit] | None:
        out: list[Edit] = []
        for node, value, way in parts:
            edits = self._changed(node, value, way, flow)
            if edits is None:
                return None
            out += edits
        return out

    def _scalar(self, node: Node, value: Any, flow: bool) -> list[Edit]:
        start, end = node.start_mark.index, end_of(self.source.text, node)
        if self._comments(start, end):
            raise _Unfit  # behind the sign of a block
        return [Edit(start, end, inline(value, flow=flow, style=getattr(node, "style", None)))]

    def _comments(self, start: int, end: int) -> list[str]:
        return [self.source.text[a:b].rstrip() for a, b in self.source.comments if start <= a < end]

    # ------------------------------------------------------------------ mappings

    def _mapping(self, node: MappingNode, value: dict[str, Any], way: tuple[str, ...] = ()) -> list[Edit]:
        """Edits of a block mapping: entries changed where they stand, those that are gone taken out, new ones put after what precedes them."""
        text, out = self.source.text, []
        entries = {str(key.value): (key, child) for key, child in node.value}
        for name, (key, child) in entries.items():
            if name not in value:
                out.append(self._removed(key, child))
                continue
            edits = self._changed(child, value[name], (*way, name), False)
            if edits is None:
                edits = self._entry(key, child, name, value[name], (*way, name))
            out += edits
        column = column_of(text, node.start_mark.index)
        kept = [name for name in entries if name in value]
        after: dict[int, list[str]] = {}
        previous = kept[-1]  # what comes before all that is there goes behind it
        for name in value:
            if name in entries:
                previous = name
                continue
            place = line_end(text, entry_end(text, *entries[previous]))
            lines = block({name: as_written(value[name], (*way, name))}, column)
            after.setdefault(place, []).append("\n" + " " * column + lines)
        return [*out, *(Edit(place, place, "".join(blocks)) for place, blocks in after.items())]

    def _removed(self, key: Node, child: Node) -> Edit:
        """An entry taken out; its comments stay on lines of their own."""
        text = self.source.text
        start = line_start(text, key.start_mark.index)
        end = line_end(text, entry_end(text, key, child))
        if text[start : key.start_mark.index].strip():
            raise _Unfit  # it stands behind a dash
        gap = text[start : key.start_mark.index]
        lines = "".join(f"{gap}{comment}\n" for comment in self._comments(start, end))
        after = text[end : end + 2]
        return Edit(start, end + (2 if after == "\r\n" else len(after[:1])), lines)

    def _entry(self, key: Node, child: Node, name: str, value: Any, way: tuple[str, ...]) -> list[Edit]:
        """An entry written anew, name and all; comments that stood in it go above it."""
        text, start = self.source.text, key.start_mark.index
        end = entry_end(text, key, child)
        line, column = line_start(text, start), column_of(text, start)
        above = "".join(f"{' ' * column}{comment}\n" for comment in self._comments(start, end))
        edits = [Edit(start, end, block({name: as_written(value, way)}, column))]
        return [Edit(line, line, above), *edits] if above else edits

    # ------------------------------------------------------------------ sequences

    def _sequence(self, node: SequenceNode, values: list[Any], way: tuple[str, ...]) -> list[Edit]:
        """Edits of a block sequence: items changed where they stand, or, where some come, go or move, all of its lines."""
        text, items = self.source.text, list(node.value)
        pairs = self._pairs(items, values, way)
        inner: dict[int, list[Edit]] = {}
        for i, j in pairs:
            if i is not None and j is not None:
                value = self._item(items[i], values[j], way)
                edits = self._changed(items[i], value, way, False)
                if edits is None:
                    start, end = items[i].start_mark.index, end_of(text, items[i])
                    if self._comments(start, end) or is_empty(items[i]):
                        raise _Unfit
                    edits = [Edit(start, end, block(as_written(value, way), column_of(text, start)))]
                inner[i] = edits
        if [i for i, _ in pairs] == list(range(len(items))) and all(j is not None for _, j in pairs):
            return [edit for edits in inner.values() for edit in edits]
        return [self._reassembled(items, values, way, pairs, inner)]

    def _item(self, node: Node, value: Any, way: tuple[str, ...]) -> Any:
        models: dict[tuple[str, ...], type[BaseModel]] = {("steps",): Step, ("files",): Attachment}
        return _stated(node, value, models[way]) if way in models else value

    def _pairs(self, items: list[Node], values: list[Any], way: tuple[str, ...]) -> list[tuple[int | None, int | None]]:
        """Which item became which."""
        if way == ("steps",):
            return match_steps(self.old.steps, self.new.steps)
        if way == ("files",):
            names = [f.name for f in self.old.files]
            here = {j: names.index(v["name"]) for j, v in enumerate(values) if v["name"] in names}
            if len(set(here.values())) == len(here):
                gone: list[tuple[int | None, int | None]] = [
                    (i, None) for i in range(len(items)) if i not in here.values()
                ]
                return [*((here.get(j), j) for j in range(len(values))), *gone]
        then = [canonical(self.source.said(node)) for node in items]
        now = [canonical(value) for value in values]
        out: list[tuple[int | None, int | None]] = []
        for _, i, ii, j, jj in difflib.SequenceMatcher(None, then, now, autojunk=False).get_opcodes():
            both = min(ii - i, jj - j)
            out += [(i + n, j + n) for n in range(both)]
            out += [(n, None) for n in range(i + both, ii)]
            out += [(None, n) for n in range(j + both, jj)]
        return out

    def _reassembled(
        self,
        items: list[Node],
        values: list[Any],
        way: tuple[str, ...],
        pairs: list[tuple[int | None, int | None]],
        inner: dict[int, list[Edit]],
    ) -> Edit:
        """All lines of a sequence: each item with the comments above it, which stay even where it goes."""
        text = self.source.text
        dashes = [place for item in items if (place := dash_of(text, item)) is not None]
        if len(dashes) < len(items):
            raise _Unfit  # two on one line
        starts = [line_start(text, place) for place in dashes]
        ends = [_extent(self.source, item)[1] for item in items]
        above = self._above(starts, ends)
        dash = column_of(text, dashes[0])
        column = column_of(text, items[0].start_mark.index)
        if column <= dash:
            column = dash + 2
        gap = " " * dash + "-" + " " * (column - dash - 1)
        between = above[1][0] if len(items) > 1 else ""
        out: list[str] = []
        orphans = ""
        for i, j in pairs:
            if i is not None and j is None:
                lines = [] if way == ("steps",) else self._comments(starts[i], ends[i])
                orphans += above[i][1] + "".join(f"{' ' * dash}{line}\n" for line in lines)
                continue
            blank = "" if not out else above[i][0] if i else between
            if i is not None:
                own = above[i][1] + self._applied(inner[i], starts[i], ends[i])
            else:
                own = gap + block(as_written(values[j or 0], way), column)
            out.append(blank + orphans + own)
            orphans = ""
        if orphans:
            out.append(orphans.rstrip("\r\n"))
        whole = "\n".join(part.replace("\r\n", "\n") for part in out)
        return Edit(starts[0] - len(above[0][1]), ends[-1], whole)

    def _above(self, starts: list[int], ends: list[int]) -> list[tuple[str, str]]:
        """What stands above each item of a sequence: empty lines, and the comments below these."""
        text = self.source.text
        out = [("", self._comment_block(starts[0]))]
        for end, start in zip(ends, starts[1:], strict=False):
            lines = text[text.index("\n", end) + 1 : start]
            rest = lines.lstrip(" \t\r\n")
            begin = lines.rfind("\n", 0, len(lines) - len(rest)) + 1 if rest else len(lines)
            out.append((lines[:begin], lines[begin:]))
        return out

    def _comment_block(self, start: int) -> str:
        """The lines of comments directly above a line."""
        text, begin = self.source.text, start
        while begin > 0 and text[line_start(text, begin - 1) : begin].lstrip(" ").startswith("#"):
            begin = line_start(text, begin - 1)
        return text[begin:start]


# --------------------------------------------------------------------------- values


def _stated(node: Node, value: dict[str, Any], model: type[BaseModel]) -> dict[str, Any]:
    """What a text must state of a mapping: all, but what it left out and what is so anyway."""
    from ruamel.yaml.nodes import MappingNode

    if not isinstance(node, MappingNode):
        return value
    there = {str(key.value) for key, _ in node.value}
    out = {}
    for name, inner in value.items():
        field = model.model_fields.get(name)
        by_default = (
            field is not None and not field.is_required() and inner == field.get_default(call_default_factory=True)
        )
        if name in there or not by_default:
            out[name] = inner
    return out


def _same(said: Any, value: Any) -> bool:
    try:
        return canonical(said) == canonical(value)
    except PlanError:
        return False
