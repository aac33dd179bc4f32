"""Why: questions about a result, answered from the run's record alone, each number with its receipt."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gnomon.agents import numbers
from gnomon.agents.embedded.tokens import tokens
from gnomon.agents.follow_ups.facets import facets_of
from gnomon.agents.follow_ups.intents import bare
from gnomon.agents.follow_ups.left_out import LeftOut, left_out
from gnomon.agents.follow_ups.phrases import listed, phrase, words
from gnomon.agents.markup import one_line
from gnomon.agents.markup import words as report_words
from gnomon.agents.report_content import Content, gather
from gnomon.agents.results import Result, finished, locate
from gnomon.agents.understanding.understand import Understanding
from gnomon.knowledge.glossary import find, terms_in, translate, translate_name
from gnomon.plans.arguments import spoken
from gnomon.plans.lineage import Lineage, Node, lineage
from gnomon.plans.plan import Plan
from gnomon.plans.run import Run
from gnomon.plans.store import Store
from gnomon.tools.errors import GnomonError
from gnomon.tools.registry import Registry

# So many results are told before it is said how many more there are, and so many things that were left out.
_RESULTS = 6
_LEFT_OUT = 6
# A smaller whole number before a noun counts things; a larger one is asked after.
_COUNTED = 20

_NUMBER = re.compile(r"(?<![\w.])[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?(?![\w]*[A-Za-z])")


@dataclass(frozen=True)
class Explained:
    """An answer from a run's record.

    Parameters
    ----------
    text : str
    results : tuple of Result
        The numbers that it is about.
    steps : tuple of str
        The steps that they rest on.
    """

    text: str
    results: tuple[Result, ...] = ()
    steps: tuple[str, ...] = ()


class Why:
    """Explains the results of one run.

    Parameters
    ----------
    run : Run
    registry : Registry
    store : Store
    language : {"en", "zh"}
        In which to answer.
    kept : pathlib.Path, optional
        Folder for sentence vectors.
    """

    def __init__(self, run: Run, registry: Registry, store: Store, language: str, kept: Path | None = None) -> None:
        self.run = run
        self.registry = registry
        self.store = store
        self.language = language
        self.kept = kept
        plan = run.executed()
        self.plan: Plan = plan if plan is not None else run.plan(registry)
        # The content of the report, worded in the language that is spoken now.
        self.content: Content = gather(run, registry, store, self.plan.model_copy(update={"language": language}))

    def _say(self, key: str, /, **values: Any) -> str:
        return phrase(self.language, key, **values)

    # ------------------------------------------------------------------ what is asked about

    def explain(self, understood: Understanding) -> Explained:
        """The answer to a question about the results.

        Parameters
        ----------
        understood : Understanding

        Returns
        -------
        Explained
            Which says so where nothing of the kind is recorded.
        """
        facets = facets_of(bare(understood.question, understood), self.kept)
        if missing := self._of_unknown_number(understood):
            return missing
        chosen = self._results_meant(understood)
        if not chosen and self._quantity_not_measured(understood) and facets[0] in ("value", "certainty"):
            if not self.content.results:
                return Explained(self._known())
            what = listed(self.language, self._quantity_not_measured(understood))
            return Explained(self._say("why_no_such_quantity", run=self.run.id, what=what, known=self._known()))
        tell = {
            "value": self._value, "certainty": self._certainty, "left_out": self._left_out, "method": self._method, "data": self._data,
            "settings": self._settings, "approval": self._approval, "problems": self._problems,
        }  # fmt: skip
        if chosen and facets[0] == "left_out":
            facets = ["value"]  # why this is so long asks for its making, of which what was left out is a part
        about = chosen or self._main_results()
        lines = [line for name in facets[:1] for line in tell[name](about, self._traces(about))]
        text = "\n".join(dict.fromkeys(lines)) or self._say("why_not_recorded", run=self.run.id)
        return Explained(text, tuple(about), tuple(n.step for t in self._traces(about) for n in t.nodes))

    def numbers_in(self, understood: Understanding) -> list[str]:
        """The numbers that are asked after: those that name nothing and count nothing."""
        names = ("object", "file", "time", "coordinates")
        slots = [s for s in understood.slots if s.type in names or (s.type == "count" and s.value < _COUNTED)]
        taken = [(s.start, s.end) for s in slots]
        found = [m for m in _NUMBER.finditer(understood.question) if not any(a <= m.start() < b for a, b in taken)]
        return [m[0] for m in found if "." in m[0] or len(m[0]) > 1]

    def recorded(self, number: str) -> list[Result]:
        """The results that read so, themselves or an end of their interval, rounded as the number is."""
        places = len(number.partition(".")[2])
        wanted = float(number)
        out = []
        for result in self.content.results:
            ends = result.uncertainty
            around = [result.value, *([e for e in (ends.lower, ends.upper) if e is not None] if ends else [])]
            widths = [abs(end - result.value) for end in around[1:]]
            if any(abs(round(value, places) - wanted) < 0.6 * 10.0**-places for value in (*around, *widths)):
                out.append(result)
        exact = [r for r in out if abs(round(r.value, places) - wanted) < 10.0 ** -(places + 3)]
        return exact or out

    def _of_unknown_number(self, understood: Understanding) -> Explained | None:
        """What to say of a number that no result is: it may be one of the report's others, or a setting, or nowhere."""
        for number in self.numbers_in(understood):
            if self.recorded(number):
                continue
            if lines := self._in_report(number) or self._as_setting(number):
                return Explained("\n".join(lines))
            return Explained(self._say("why_no_such_number", number=number, run=self.run.id, known=self._known()))
        return None

    def _in_report(self, number: str) -> list[str]:
        """The chain of a number that stands in the report in another form, such as another unit."""
        from gnomon.agents import receipts_check as checker

        report = self.run.folder / "report" / "report.md"
        if not report.is_file():
            return []
        claims = [c for c in checker.claims_of(checker.check_file(report, self.registry), number) if c.supported]
        return checker.chain(claims[0], self.run.folder, self.registry) if claims else []

    def _as_setting(self, number: str) -> list[str]:
        found = [
            f"{step.id}: {name} = {spoken(value, self.language)}"
            for step in self.plan.steps
            for name, value in step.arguments.items()
            if spoken(value).split(" ")[0] == number
        ]
        return [self._say("why_arguments", arguments=listed(self.language, found))] if found else []

    def _results_meant(self, understood: Understanding) -> list[Result]:
        by_number = [r for n in self.numbers_in(understood) for r in self.recorded(n)]
        if by_number:
            return by_number
        keys = {t.key for t in terms_in(understood.question)}
        said = set(tokens(understood.question))
        named = [r for r in self.content.results if set(tokens(r.quantity.replace("_", " "))) <= said]
        # "Mean flux" is no flux; a name in full counts for more than a term of it.
        longest = max((len(r.quantity) for r in named), default=0)
        chosen = [r for r in named if len(r.quantity) == longest] if longest > max(map(len, keys), default=0) else []
        chosen = chosen or [r for r in self.content.results if _key(r.quantity) in keys] or named
        place = _which(understood.question)
        if place:
            of = [r for r in chosen or self.content.results if re.search(rf"(?<!\d){place}$", r.of)]
            return of or chosen
        return chosen

    def _quantity_not_measured(self, understood: Understanding) -> list[str]:
        """Quantities of the field that are asked about and that no result is."""
        measured = {_key(r.quantity) for r in self.content.results}
        things = set(words("things")) | {_key(str(t.kind.name)) for t in self.registry.values()}
        found = [t for t in terms_in(understood.question) if t.key not in things and t.key not in measured]
        return [t.name(self.language) for t in found]

    def _main_results(self) -> list[Result]:
        """What the answer says."""
        return [r for group in self.content.answer.groups for r in group.results]

    def _traces(self, about: Sequence[Result]) -> list[Lineage]:
        steps = list(dict.fromkeys(locate(r.receipt).step for r in about))
        if not steps:
            made = finished(self.run, self.plan)
            used = {name for s in self.plan.steps for name in s.needs()}
            steps = [name for name in made if name not in used][:1] or [s.id for s in self.plan.steps][-1:]
        return [lineage(self.run.folder, step, self.registry) for step in steps]

    def _known(self) -> str:
        results = self._main_results() or self.content.results[:_RESULTS]
        told = [f"{self._of(r)}{translate(r.quantity, self.language)} {self._number(r)}" for r in results[:_RESULTS]]
        return listed(self.language, told) if told else self._say("why_nothing", run=self.run.id)

    # ------------------------------------------------------------------ what is told

    def _value(self, about: Sequence[Result], traces: Sequence[Lineage]) -> list[str]:
        return [
            *self._results(about),
            *self._steps(traces),
            *self._inputs(traces),
            *self._chosen(traces, defaults=False),
            *self._warnings(traces),
            *self._rejected(traces, quiet=True),
            *self._allowed(traces),
        ]

    def _certainty(self, about: Sequence[Result], traces: Sequence[Lineage]) -> list[str]:
        of = {r.of for r in about}
        beside = [r for r in self.content.results if r.of in of and r not in about and r.uncertainty is None]
        return [*self._results([*about, *beside]), *self._steps(traces[:1], deep=False), *self._warnings(traces)]

    def _left_out(self, about: Sequence[Result], traces: Sequence[Lineage]) -> list[str]:
        return [
            *self._rejected(traces),
            *self._warnings(traces),
            *self._steps(traces, deciding=True),
            *self._chosen(traces, defaults=True, only_deciding=True),
        ]

    def _method(self, about: Sequence[Result], traces: Sequence[Lineage]) -> list[str]:
        return list(self._steps(traces))

    def _data(self, about: Sequence[Result], traces: Sequence[Lineage]) -> list[str]:
        read = [
            self._say("why_problem", step=n.step, what=what)
            for t in traces
            for n in t.nodes
            if n.files
            for what in self._said(n.step)
        ]
        return [*self._inputs(traces), *read]

    def _settings(self, about: Sequence[Result], traces: Sequence[Lineage]) -> list[str]:
        return list(self._chosen(traces, defaults=True))

    def _approval(self, about: Sequence[Result], traces: Sequence[Lineage]) -> list[str]:
        return list(self._allowed(traces))

    def _problems(self, about: Sequence[Result], traces: Sequence[Lineage]) -> list[str]:
        told = [n for n in self.content.notices if n.label != "plan"]
        lines = [
            self._say("why_problem", step=n.step, what=f"{n.what} {n.remedy}".strip()) if n.step else n.what
            for n in told
        ]
        return [self._say("why_warnings"), *lines] if lines else [self._say("why_no_warnings")]

    # ------------------------------------------------------------------ pieces

    def _of(self, result: Result) -> str:
        return f"{translate_name(result.of, self.language)}{report_words(self.language)['colon']}" if result.of else ""

    def _number(self, result: Result) -> str:
        return str(numbers.say(result, report_words(self.language)["units"]))

    def _results(self, about: Sequence[Result]) -> Iterator[str]:
        for result in about[:_RESULTS]:
            ends = result.uncertainty
            level = ""
            if ends is None:
                level = (
                    f", {self._say('why_no_uncertainty')}"
                    if self.language == "en"
                    else f"，{self._say('why_no_uncertainty')}"
                )
            elif ends.level and not result.limit:
                level = self._say("why_level", level=numbers.percent(ends.level))
            receipt = self.content.ledger.of_result(result)
            where = self._say("why_row", file=receipt.file, row=receipt.row)
            quantity = translate(result.quantity, self.language)
            note = f" ({one_line(result.note)})" if result.note else ""
            yield self._say(
                "why_value",
                of=self._of(result),
                quantity=quantity,
                value=f"{self._number(result)}{note}",
                level=level,
                receipt=f"{receipt.label}: {where}",
            )
        if len(about) > _RESULTS:
            yield self._say("why_more", count=len(about) - _RESULTS)

    def _steps(self, traces: Sequence[Lineage], *, deep: bool = True, deciding: bool = False) -> Iterator[str]:
        """How the numbers were made, step after step, with the works that each step rests on; of those that decided alone, where told so."""
        methods = {m.receipt.step: m for m in self.content.methods if m.receipt}
        told = set()
        for trace in traces:
            for number, node in enumerate(trace.nodes if deep else trace.nodes[:2]):
                if node.step in told or (deciding and not self._considered(node.step)):
                    continue
                told.add(node.step)
                method = methods.get(node.step)
                told_so = method.text if method else node.because or self._method_of(node)
                key = "why_made" if number else "why_measured"
                yield self._say(
                    key,
                    step=node.step,
                    tool=node.tool,
                    version=node.version,
                    method=told_so,
                )
                if method and method.references:
                    works = "; ".join(self.content.references[n - 1] for n in method.references)
                    yield "  " + self._say("why_cites", works=works)
                if node.reused:
                    yield "  " + self._say("why_reused", run=node.reused)

    def _method_of(self, node: Node) -> str:
        """The sentence of a step whose method is worded as another one's, which the report tells once."""
        tool = self.registry.get(node.tool)
        if tool is None:
            return ""
        template = tool.declaration.method_zh if self.language == "zh" else tool.declaration.method
        given = {a.name: one_line(spoken(a.value, self.language)) for a in node.arguments}
        return re.sub(r"\{(\w+)\}", lambda m: given.get(m[1], m[0]), template)

    def _inputs(self, traces: Sequence[Lineage]) -> Iterator[str]:
        for given in dict.fromkeys(f for t in traces for n in t.nodes for f in n.files):
            here = self._say(f"why_here_{given.here}")
            yield self._say(
                "why_input", file=given.file, found=one_line(given.found), sha256=given.sha256[:12], here=here
            )

    def _chosen(self, traces: Sequence[Lineage], *, defaults: bool, only_deciding: bool = False) -> Iterator[str]:
        """The arguments of the steps, those that somebody set first."""
        nodes = {n.step: n for t in traces for n in t.nodes if not only_deciding or self._considered(n.step)}
        own = [
            self._argument(n, a) for n in nodes.values() for a in n.arguments if not a.default and a.value is not None
        ]
        usual = [self._argument(n, a) for n in nodes.values() for a in n.arguments if a.default and a.value is not None]
        if own:
            yield self._say("why_arguments", arguments=listed(self.language, own))
        elif nodes and not only_deciding:
            yield self._say("why_defaults")
        if defaults and usual:
            yield self._say("why_defaults_are", arguments=listed(self.language, usual))

    def _argument(self, node: Node, argument: Any) -> str:
        return f"{node.step}.{argument.name} = {spoken(argument.value, self.language)}"

    def _said(self, step: str) -> list[str]:
        return [one_line(n.what) for n in self.content.notices if n.step == step]

    def _warnings(self, traces: Sequence[Lineage]) -> Iterator[str]:
        steps = dict.fromkeys(n.step for t in traces for n in t.nodes)
        lines = [self._say("why_problem", step=s, what=what) for s in steps for what in self._said(s)]
        if lines:
            yield self._say("why_warnings")
            yield from (f"  {line}" for line in lines)

    def _allowed(self, traces: Sequence[Lineage]) -> Iterator[str]:
        approvals = dict.fromkeys(a for t in traces for a in t.approvals if a.decision == "approve")
        for allowed in approvals:
            how = self._say(f"why_how_{allowed.how}")
            yield self._say(
                "why_allowed", who=allowed.who, how=how, when=allowed.when[:19] + "Z", plan=allowed.plan[:12]
            )
        if not approvals:
            yield self._say("why_not_allowed")

    # ------------------------------------------------------------------ what was considered and not taken

    def _rejected(self, traces: Sequence[Lineage], *, quiet: bool = False) -> Iterator[str]:
        lines = [
            line for step in dict.fromkeys(n.step for t in traces for n in t.nodes) for line in self._considered(step)
        ]
        if lines:
            yield self._say("why_left_out")
            yield from (f"  {line}" for line in lines[:_LEFT_OUT])
            if len(lines) > _LEFT_OUT:
                yield "  " + self._say("why_more", count=len(lines) - _LEFT_OUT)
        elif not quiet:
            yield self._say("why_none_left_out")

    def _considered(self, step: str) -> list[str]:
        """What a step's output says that it considered and did not take."""
        artifact = finished(self.run, self.plan).get(step)
        if artifact is None:
            return []
        try:
            value = self.store.get(artifact)
        except GnomonError:
            return []  # the artifact is gone, which the notices of the run say
        file = f"outputs/{step}{artifact.suffix}"
        return [self._not_taken(one, file) for one in left_out(value)]

    def _not_taken(self, one: LeftOut, file: str) -> str:
        receipt = self._say("why_row", file=f"{file}#{one.place}" if one.place else file, row=one.row)
        what = listed(self.language, [self._cell(*cell) for cell in one.cells])
        if one.reason:
            return self._say("why_rejected_row", what=what, reason=one_line(one.reason), receipt=receipt)
        return self._say("why_not_taken", what=what, receipt=receipt)

    def _cell(self, name: str, value: Any, unit: str) -> str:
        written = value if isinstance(value, str) else numbers.bare(value)
        return f"{translate(name, self.language)} {written} {unit}".strip()


def _key(name: str) -> str:
    term = find(name)
    return term.key if term else name


def _which(text: str) -> int:
    """Which of several planets or signals is meant, counted from 1; 0 where it is not said."""
    letters = "".join(words("planets"))
    if match := re.search(rf"(?:planet|行星)\s*([{letters}])(?![A-Za-z])", text, re.I):
        return letters.index(match[1].lower()) + 1
    if match := re.search(r"(?:planet|signal|candidate|行星|信号|候选体)\s*(\d+)(?![\d.])", text, re.I):
        return int(match[1])
    for number, names in enumerate(words("ordinals"), 1):
        for name in names[:2] + names[3:4]:
            if re.search(
                rf"(?<![A-Za-z]){name}\s*(?:颗|个)?\s*(?:planet|signal|candidate|行星|信号|候选体)", text, re.I
            ):
                return number
    return 0
