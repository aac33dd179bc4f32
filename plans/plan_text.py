"""The text of a ``plan.yaml``: what it says, and where in it everything stands.

YAML is read by version 1.2, in which ``yes`` and ``1:30`` are texts; what another version reads otherwise is refused rather
than guessed at.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from gnomon.plans.findings import Finding, UnsoundPlan

if TYPE_CHECKING:
    from ruamel.yaml.error import YAMLError
    from ruamel.yaml.nodes import MappingNode, Node

# Anchors let a small text stand for an endless one.
MOST_NODES = 100_000
# Findings on a name rather than on what is said of it.
_ON_THE_NAME = frozenset({"unknown-field", "unknown-argument", "unknown-input"})
# What the YAML reader says, and what a person needs to hear.
_SYNTAX = (
    ("'\\t' that cannot start", "There is a tab here, and YAML counts spaces only.", "Replace the tab by spaces."),
    (
        "mapping values are not allowed",
        "There is a colon here where no entry can begin.",
        "Put the text in quotes if the colon belongs to it; else indent the line as the lines beside it.",
    ),
    ("could not find expected ':'", "This line has no colon after its name.", "Write `name: value`."),
    ("a quote that is never closed", "A quote opens here and is never closed.", "Close it."),
    ("found undefined alias", "The name after * was given to nothing before.", "Put the text in quotes, if * belongs to it."),
    ("found unknown escape", "In double quotes \\ begins an escape, and this is none.", "Use single quotes, or write \\\\."),
    ("but found another document", "A second document begins here.", "Remove the line `---`: a file holds one plan."),
    ("version 1.* is required", "This version of YAML is not known.", "Remove the line that begins with %YAML."),
    ("expected <block end>", "This line is indented otherwise than the lines beside it.", "Indent it as them."),
    ("expected ',' or ']'", "A list in brackets is not closed before here.", "Close it with ], or put a comma between."),
    ("expected ',' or '}'", "A mapping in braces is not closed before here.", "Close it with }, or put a comma between."),
    ("that cannot start any token", "A text cannot begin with this character.", "Put the text in quotes."),
    ("special characters are not allowed", "There is a character here that cannot be printed.", "Remove it."),
)  # fmt: skip


class PlanText:
    """A text of a plan.

    Parameters
    ----------
    text : str
    name : str
        How messages call it.

    Attributes
    ----------
    document : object
        What it says, as plain JSON.
    findings : list of Finding
        What is said twice, in two ways, or in no way that JSON has.

    Raises
    ------
    UnsoundPlan
        Where it is not YAML.
    """

    def __init__(self, text: str, name: str = "plan.yaml") -> None:
        from ruamel.yaml import YAML
        from ruamel.yaml.error import YAMLError

        self.text = text
        self.name = name
        self.findings: list[Finding] = []
        self._values: dict[int, Any] = {}
        self._sizes: dict[int, int] = {}
        self.root: Node | None = None
        self.document: Any = None
        try:
            self.root = YAML(typ="safe", pure=True).compose(text)
            if directive := re.match(r"(?:\s*#.*\n)*%YAML[ \t]+1\.[01]\b", text):
                self._refuse_old_yaml(directive.end())
            if self.root is not None:
                self.document = self._value(self.root, "")
        except YAMLError as error:
            raise self.unsound([self._syntax(error)]) from error
        except RecursionError as error:
            deep = Finding("yaml", "plan", "The text is nested too deeply.", "A plan is a list of steps.")
            raise self.unsound([deep]) from error

    # ------------------------------------------------------------------ what it says

    def _value(self, node: Node, place: str) -> Any:
        """The plain JSON of a node; one that is named and repeated is read once."""
        from ruamel.yaml.nodes import MappingNode, SequenceNode

        if id(node) in self._values:
            if self._sizes.get(id(node)) is None:
                self._note("anchor", place, node, "This part contains itself.", "Write it out.")
                raise self.unsound(self.findings)
            return self._values[id(node)]
        if isinstance(node, MappingNode):
            value: Any = {}
            self._values[id(node)] = value
            inner = []
            for key, child in self.pairs(node, place):
                value[str(key.value)] = self._value(child, _below(place, str(key.value)))
                inner.append(child)
        elif isinstance(node, SequenceNode):
            value = self._values[id(node)] = []
            inner = list(node.value)
            for number, child in enumerate(inner):
                value.append(self._value(child, _item(place, number, child)))
        else:
            inner, value = [], self._scalar(node, place)
            self._values[id(node)] = value
        size = 1 + sum(self._sizes.get(id(child)) or 0 for child in inner)
        if size > MOST_NODES:
            self._note("anchor", place, node, "Repeated parts make this text too large.", "Write it out.")
            raise self.unsound(self.findings)
        self._sizes[id(node)] = size
        return value

    def said(self, node: Node) -> Any:
        """What a node of this text says."""
        return self._values[id(node)]

    def pairs(self, node: MappingNode, place: str | None = None) -> list[tuple[Node, Node]]:
        """Names and values of a mapping, those that ``<<`` brings in included; with a place, what is wrong is noted."""
        from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode

        own: dict[str, tuple[Node, Node]] = {}
        brought: dict[str, tuple[Node, Node]] = {}
        for key, value in node.value:
            if not isinstance(key, ScalarNode):
                if place is not None:
                    self._note(
                        "key", place, key, "A name must be one word, and this is a list or a mapping.", "Rename it."
                    )
            elif key.tag == "tag:yaml.org,2002:merge" and isinstance(value, MappingNode | SequenceNode):
                for source in value.value if isinstance(value, SequenceNode) else [value]:
                    if isinstance(source, MappingNode) and source is not node:
                        for pair in self.pairs(source):
                            brought.setdefault(str(pair[0].value), pair)
            elif str(key.value) in own:
                if place is not None:
                    first = self.position(own[str(key.value)][0].start_mark.index)[0]
                    what = f"{key.value!r} is written twice, first on line {first}."
                    self._note("duplicate-key", _below(place, str(key.value)), key, what, "Keep one of them.")
            else:
                own[str(key.value)] = (key, value)
        return list({**own, **{k: p for k, p in brought.items() if k not in own}}.values())

    def _scalar(self, node: Node, place: str) -> Any:
        text, tag = str(node.value), str(node.tag).rpartition(":")[2]
        try:
            if tag == "null":
                return None
            if tag == "bool":
                return {"true": True, "false": False}[text.lower()]
            if tag == "int":
                return self._whole(node, place, text.replace("_", ""))
            if tag == "float":
                return float(re.sub(r"^([-+]?)\.(inf|nan)$", r"\1\2", text.replace("_", ""), flags=re.I))
        except (KeyError, ValueError):
            self._note("yaml", place, node, f"{text!r} is not what its tag says.", "Remove the tag.")
            return text
        if tag not in ("str", "timestamp", "merge", "value"):
            self._note("yaml", place, node, f"Plans know no tag {node.tag}.", "Remove it.")
        return text

    def _whole(self, node: Node, place: str, digits: str) -> int:
        if re.fullmatch(r"[-+]?0\d+", digits):
            value = int(digits)
            other = f" and {int(digits, 8)} to others" if not re.search("[89]", digits) else ""
            what = f"{digits} is {value} to some readers of YAML{other or ', and no number to others'}."
            self._note("ambiguous-number", place, node, what, f"Write {value}.")
            return value
        return int(digits, 0)

    def _note(self, rule: str, place: str, node: Node, what: str, remedy: str) -> None:
        line, column = self.position(node.start_mark.index)
        self.findings.append(Finding(rule, place or "plan", what, remedy, line=line, column=column))

    # ------------------------------------------------------------------ where it says so

    @cached_property
    def _line_starts(self) -> list[int]:
        return [0, *(m.end() for m in re.finditer("\n", self.text))]

    def position(self, index: int) -> tuple[int, int]:
        """Line and column of a character, counted from 1."""
        line = bisect_right(self._line_starts, index)
        return line, index - self._line_starts[line - 1] + 1

    def locate(self, place: str, *, name: bool = False) -> tuple[int, int]:
        """Line and column of a place in the plan, or of the nearest part around it that is there.

        Parameters
        ----------
        place : str
            As findings have it.
        name : bool
            The name itself, and not what is said of it.
        """
        from ruamel.yaml.nodes import ScalarNode

        if self.root is None:
            return 1, 1
        key, node, rest = None, self.root, "" if place == "plan" else place
        while rest and (step := self._down(node, rest)) is not None:
            key, node, rest = step
        stated = isinstance(node, ScalarNode) and node.start_mark.index < node.end_mark.index
        if not name and (not rest or rest.startswith("[")) and (stated or _is_flow(node)):
            return self.position(node.start_mark.index)
        return self.position((key or node).start_mark.index)

    def _down(self, node: Node, rest: str) -> tuple[Node | None, Node, str] | None:
        """One step along a place: the name, what it names, and the rest of the way."""
        from ruamel.yaml.nodes import MappingNode, SequenceNode

        found: list[tuple[str, Node | None, Node]] = []
        if isinstance(node, MappingNode):
            found = [(str(key.value), key, value) for key, value in self.pairs(node)]
        elif isinstance(node, SequenceNode):
            if numbered := re.match(r"\[(\d+)\]\.?", rest):
                number = int(numbered[1])
                return (None, node.value[number], rest[numbered.end() :]) if number < len(node.value) else None
            found = [(name, None, item) for item in node.value for name in _names(item)]
        fits = [f for f in found if rest == f[0] or rest.startswith((f"{f[0]}.", f"{f[0]}["))]
        if not fits:
            return None
        best = max(fits, key=lambda f: len(f[0]))
        return best[1], best[2], rest[len(best[0]) :].removeprefix(".")

    def located(self, findings: Sequence[Finding]) -> list[Finding]:
        """The findings with their lines and columns, in the order of the text."""
        from dataclasses import replace

        out = []
        for finding in findings:
            line, column = finding.line, finding.column
            if line is None or column is None:
                line, column = self.locate(finding.place, name=finding.rule in _ON_THE_NAME)
            out.append(replace(finding, line=line, column=column))
        return sorted(out, key=lambda f: (f.line or 0, f.column or 0))

    # ------------------------------------------------------------------ comments

    @cached_property
    def comments(self) -> list[tuple[int, int]]:
        """Where each comment begins and ends, in the order of the text."""
        out, position = [], 0
        begins = re.compile(r"(?m)(?:^|(?<=[ \t\ufeff]))#[^\r\n]*")
        for start, end in [*self._opaque(), (len(self.text), len(self.text))]:
            out += [match.span() for match in begins.finditer(self.text, position, start)]
            position = max(position, end)
        return out

    def _opaque(self) -> Iterator[tuple[int, int]]:
        """Where texts and numbers stand, in which # begins no comment."""
        from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode

        seen: dict[int, Node] = {}
        waiting = [self.root] if self.root is not None else []
        while waiting:
            node = waiting.pop()
            if id(node) not in seen:
                seen[id(node)] = node
                if isinstance(node, MappingNode):
                    waiting += [part for pair in node.value for part in pair]
                elif isinstance(node, SequenceNode):
                    waiting += node.value
        scalars = [n for n in seen.values() if isinstance(n, ScalarNode)]
        for node in sorted(scalars, key=lambda n: int(n.start_mark.index)):
            start, end = node.start_mark.index, node.end_mark.index
            if node.style in ("|", ">"):  # its first line holds the style alone, and perhaps a comment
                start += len(self.text[start:end].partition("\n")[0])
            yield start, end

    # ------------------------------------------------------------------ what is said of it

    def unsound(self, findings: Sequence[Finding]) -> UnsoundPlan:
        """The error with all findings, each with its line of the text."""
        located = self.located(findings)
        return UnsoundPlan(located, "\n".join(self.told(finding) for finding in located))

    def told(self, finding: Finding) -> str:
        """``plan.yaml:23:15: steps.fit.arguments.steps: ...``, and below it the line with a mark under the place."""
        line, column = finding.line or 1, finding.column or 1
        start = self._line_starts[line - 1] if line <= len(self._line_starts) else len(self.text)
        whole = self.text[start:].partition("\n")[0].rstrip("\r")
        begin = max(0, column - 80)
        shown = "".join(c if c.isprintable() else " " for c in whole[begin : begin + 110])
        gap = " " * sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in shown[: column - 1 - begin])
        number = f"{line:>5}"
        return f"{self.name}:{line}:{column}: {finding}\n{number} | {shown}\n{' ' * len(number)} | {gap}^"

    def _refuse_old_yaml(self, index: int) -> None:
        line, _ = self.position(index)
        what = "The text asks for YAML 1.1, in which yes is true and 1:30 is 90."
        self.findings.append(
            Finding("yaml", "plan", what, "Remove the line that begins with %YAML.", line=line, column=1)
        )

    def _syntax(self, error: YAMLError) -> Finding:
        """What a person needs to hear where the text is not YAML."""
        from ruamel.yaml.error import MarkedYAMLError

        said = str(getattr(error, "problem", "") or getattr(error, "reason", "") or error).strip()
        index = int(getattr(error, "position", 0) or 0)
        if isinstance(error, MarkedYAMLError):
            if "quoted scalar" in (error.context or "") and "end of stream" in said:
                said = "a quote that is never closed"
            from_context = error.context_mark and said.startswith(("a quote", "could not find expected ':'"))
            mark = error.context_mark if from_context else error.problem_mark or error.context_mark
            index = mark.index if mark else 0
            if (opened := self._open_quote(index)) is not None:
                line = self.position(index)[0]
                what = f"The quote that opens here is closed only on line {line}, after which the text makes no sense."
                return self._syntax_finding(what, "Close it where its text ends.", opened)
        for part, what, remedy in _SYNTAX:
            if part in said:
                return self._syntax_finding(what, remedy, index)
        return self._syntax_finding(f"This is not YAML: {said}.", "Mend the line, or the one above it.", index)

    def _open_quote(self, index: int) -> int | None:
        """Where a quote opens that runs over lines and ends on the line of an error: most likely it was not closed where it should."""
        from ruamel.yaml import YAML
        from ruamel.yaml.error import YAMLError

        line, found = self.position(index)[0], None
        try:
            for token in YAML(typ="safe", pure=True).scan(self.text):
                first, last = token.start_mark.index, token.end_mark.index
                if getattr(token, "style", None) in ("'", '"') and last <= index and "\n" in self.text[first:last]:
                    found = first if self.position(last)[0] == line else found
        except YAMLError:
            pass  # the error that is being told
        return found

    def _syntax_finding(self, what: str, remedy: str, index: int) -> Finding:
        line, column = self.position(min(index, len(self.text)))
        return Finding("yaml", "plan", what, remedy, line=line, column=column)


def _below(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name


def _item(place: str, number: int, node: Node) -> str:
    names = _names(node) if place == "steps" else []
    return f"{place}.{names[0]}" if names else f"{place}[{number}]"


def _names(node: Node) -> list[str]:
    """By what names an item of a list is called: its identifier, or its name."""
    from ruamel.yaml.nodes import MappingNode, ScalarNode

    if not isinstance(node, MappingNode):
        return []
    return [str(v.value) for k, v in node.value if k.value in ("id", "name") and isinstance(v, ScalarNode)]


def _is_flow(node: Node) -> bool:
    return bool(getattr(node, "flow_style", False))
