"""The embedded planner: a question and its files become a plan, with alternatives, or a question back."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gnomon.agents.attachments import Attached
from gnomon.agents.embedded.asking import PACKETS, SCHEDULE, Asking
from gnomon.agents.embedded.assign import Assignment, assign
from gnomon.agents.embedded.assumptions import assumptions, could, told, told_slots, users_of
from gnomon.agents.embedded.choices import all_chosen, find_choices
from gnomon.agents.embedded.clauses import Clauses, in_clauses, wish_of
from gnomon.agents.embedded.compose import ACCOMPANIMENTS, Composer, Draft, Said, compared_with_itself, finish
from gnomon.agents.embedded.goals import Goals, Reading, is_vague
from gnomon.agents.embedded.named_values import is_moving, several_named
from gnomon.agents.embedded.observing import (
    OBSERVATIONS,
    add_images,
    belong_together,
    fetches_exposed,
    fill_packets,
    fill_times,
    lacking_of,
    mixes_documents,
    only_requests,
    says_archived,
    speaks_of_observing,
    telescopes_of,
    told_times,
    wants_schedule,
    works_on_observations,
)
from gnomon.agents.embedded.refusals import alone, data_meant, left_out, refused_tools, refuses_figures
from gnomon.agents.embedded.requested_values import fill_field, fill_nightly, fill_total, length_unsaid
from gnomon.agents.embedded.sensible import (
    EACH,
    contradiction,
    either,
    is_unsaid,
    not_offered,
    two_choices,
    unitless,
    unnamed,
)
from gnomon.agents.embedded.share_steps import combines_requests, named_targets, shared_out
from gnomon.agents.embedded.shares import shares_of
from gnomon.agents.embedded.tokens import (
    asks_for_message,
    asks_for_more,
    asks_for_picture,
    asks_to_act,
    is_next,
    preference,
    refuses_pictures,
    shows_either,
    states_what_is_known,
    without_own_acts,
    without_refused_pictures,
    without_subject,
)
from gnomon.agents.embedded.words import kind_phrase, sentence, words
from gnomon.agents.understanding.clock import Clock
from gnomon.agents.understanding.understand import Understanding, understand
from gnomon.knowledge.measurable import beyond
from gnomon.knowledge.tasks import Task, named_in
from gnomon.plans.arguments import OutOfBounds, complete, empty_ranges, normal, spoken
from gnomon.plans.plan import Plan, Understood
from gnomon.tools.errors import GnomonError, NeedsAnswer
from gnomon.tools.registry import Parameter, Registry, Tool

if TYPE_CHECKING:
    import numpy as np

# A part of a question that means a goal of its own this likely wants that as well.
_ALSO = 0.5
# The same where the part has numbers, and so may only say how.
_ALSO_SETS = 0.75
# The same where that is fetched, and not made of the data at hand.
_SURELY = 0.9
# And where the whole speaks of it at all.
_HINTED = 0.03
# A part that means its likeliest tool less likely than this means none; and the same where it says what comes next.
_SOME, _NEXT = 0.45, 0.3
# An action in the name of the person is refused when a part of the question means one this likely.
_ACTS, _ACTS_AT_ALL = 0.9, 0.15
# A part in which a word for acting is, this likely.
_ACTS_SAID = 0.4
# The same of the whole, where else observations would be planned: plans come before acts there, and must not be taken for them.
_ACTS_OBSERVED = 0.05
# Where no word for acting is, the whole is such an action when it means one this likely; else it is not understood.
_SOME_ACT = 0.3
# A part that no tool can do sends the whole question back where the whole means such a thing this likely.
_ELSEWHERE = 0.3
# A whole that means one goal this likely says how far to go.
_SETTLED = 0.8
# Goals this likely, relative to the best, are as good where somebody prefers a fast or a thorough one, and an act that a word asks for where it is this
# likely beside a tool, or a tool beside an act that no word asks for.
_NEARLY = 0.3
# A goal this likely is not refused by what is said of a part of it.
_CERTAIN = 0.9
# Data of another kind are asked for where these lead to what is meant this rarely, and others to it this often.
_HARDLY, _RATHER = 0.15, 0.6
# Two goals, each on its own data, are both wanted where they share the probability this evenly.
_RIVAL = 0.5
# The same where nothing in the question says which data are meant.
_UNSAID = 0.005
# A tool that lacks a value is taken to be wanted when it is this likely.
_WANTED = 0.45
# Alternatives are offered down to this likelihood, relative to the best.
_WORTH = 0.04
# The same for what takes documents that belong together, of which the best takes no notice.
_ASIDE = 0.01
# Slots of which it matters whether a tool has a use for them.
_TAKEN = ("quantity", "count", "choice", "adql", "address", "table", "time", "site")
# What would be done in the person's name, or unchecked.
_OUTSIDE_EFFECTS = ("submit", "spend", "run_code")
# What documents say is planned by `gnomon.agents.literature`, from passages that were found first.
FOUND_IN_DOCUMENTS = ("Passages", "Quotes")
# How many readings of a question are offered, and how many plans.
_OFFERED = 3
ALTERNATIVES = 3


@dataclass(frozen=True)
class Considered:
    """What a question means.

    Parameters
    ----------
    understood : Understanding
        What it says.
    whole : Reading
        How likely it means each thing, given the data.
    free : Reading
        The same as if all data were there.
    parts : tuple of (str, Reading)
        Its parts, each with what it means by itself.
    refused : frozenset of str
        Tools of which it says that they are not wanted.
    files : tuple of Attached
        The data that it may be about: those attached, without those that it sets aside.
    wish : str
        The question without what it refuses, with "the star" and "the planet" for names.
    vague : bool
        Whether it says hardly anything of what is wanted: "plot it".
    pictures : bool
        Whether it leaves room for figures that go with the answer; not where it refuses them.
    alone : bool
        Whether it says that it wants this and nothing with it.
    said : Said
        What it says that steps need.
    """

    understood: Understanding
    whole: Reading
    free: Reading
    parts: tuple[tuple[str, Reading], ...]
    refused: frozenset[str]
    files: tuple[Attached, ...]
    wish: str
    vague: bool
    pictures: bool
    alone: bool
    said: Said

    @property
    def own(self) -> tuple[Attached, ...]:
        """The data that a person attached, without documents that were made for the question."""
        return tuple(f for f in self.files if not f.supplied)

    def of(self, name: str) -> float:
        """The probability that the question, or a part of it, means a tool."""
        return max(self.whole.of(name), *(reading.of(name) for _text, reading in self.parts), 0.0)


@dataclass(frozen=True)
class Alternative:
    """A plan that answers a question, its probability, and why it stands where it does, in the language of the question."""

    plan: Plan
    goals: tuple[str, ...]
    probability: float
    reason: str


class EmbeddedPlanner:
    """Plans by types and by the tools' own words; needs no model behind an interface and no network.

    Parameters
    ----------
    registry : Registry
    cache : pathlib.Path, optional
        Folder for vectors of the examples of tools that did not come with Gnomon.
    clock : Clock, optional
        What "tonight" is reckoned from.
    unavailable : mapping of str to str, optional
        Tools that cannot run here, and why: a package is missing, the policy denies an effect.
    prefer : {"", "fast", "thorough"}
        What is preferred where a question leaves it open.
    """

    def __init__(
        self,
        registry: Registry,
        cache: Path | None = None,
        *,
        clock: Clock | None = None,
        unavailable: Mapping[str, str] | None = None,
        prefer: str = "",
    ) -> None:
        self.registry = Registry(t for t in registry.values() if t.kind.name not in FOUND_IN_DOCUMENTS)
        self.unavailable = dict(unavailable or {})
        self.composer = Composer(self.registry, frozenset(self.unavailable))
        self._unhindered = Composer(self.registry)
        self.cache = cache
        self.clock = clock
        self.prefer = prefer
        self._goals: Goals | None = None

    @property
    def goals(self) -> Goals:
        """What questions can mean, with the tools there are."""
        if self._goals is None:
            self._goals = Goals(list(self.registry.values()), self.cache)
        return self._goals

    # ------------------------------------------------------------------ the two ways in

    def plan(self, question: str, files: Sequence[Attached]) -> Plan:
        """The plan that answers `question` from `files` best.

        Raises
        ------
        NeedsAnswer
            Where something is missing, ambiguous, impossible, outside what the tools do, or not understood; in the language of the question.
        """
        considered = self.consider(question, files)
        return self._made(considered, files, self.choose(considered, files))

    def alternatives(self, question: str, files: Sequence[Attached]) -> list[Alternative]:
        """Up to three plans, the best first, each with the reason for its place.

        Raises
        ------
        NeedsAnswer
            As `plan`.
        """
        considered = self.consider(question, files)
        best = self.choose(considered, files)
        language = considered.understood.language
        plan = self._made(considered, files, best)
        share = max((considered.whole.of(t.name) for t in best), default=0.0)
        out = [
            Alternative(plan, tuple(t.name for t in best), share, sentence(language, "best", goal=told(language, best)))
        ]
        for tool in self._others(considered, best):
            try:
                other = self._made(considered, files, [tool])
            except GnomonError:
                continue  # a plan that needs an answer first is no alternative
            if any(_work(other) == _work(o.plan) for o in out):
                continue
            out.append(
                Alternative(
                    other, (tool.name,), considered.whole.of(tool.name), self._reason(language, plan, other, tool)
                )
            )
            if len(out) == ALTERNATIVES:
                break
        return out

    def require_within(self, question: str) -> None:
        """Raise where a question is about something that no tool here does, whatever its files hold.

        Raises
        ------
        NeedsAnswer
            ``outside`` or ``effect``.
        """
        try:
            self.choose(self.consider(question, ()), ())
        except NeedsAnswer as back:
            if back.why in ("outside", "effect"):
                raise

    # ------------------------------------------------------------------ what is meant

    def consider(self, question: str, files: Sequence[Attached]) -> Considered:
        """What a question says and how likely each goal is."""
        from gnomon.knowledge import encoder

        understood = understand(question, self.clock)
        tools = list(self.registry.values())
        said = self._said(understood)
        choices = [slot for _t, _p, slot in find_choices(understood, tools)]
        clauses = in_clauses(understood, self.goals.spelling, choices)
        clauses = replace(clauses, wanted=tuple(without_subject(without_own_acts(w)) or w for w in clauses.wanted))
        aside = left_out(clauses.kept, clauses.refused, {f.attachment.kind for f in files})
        unread = {s.value for s in understood.of_type("file") if any(s.text in t for t in clauses.refused)}
        kept = [f for i, f in enumerate(files, 1) if i not in unread and f.attachment.name not in unread]
        files = [f for f in kept or files if f.attachment.kind not in aside]
        own = [f for f in files if not f.supplied]
        known = " ".join(kind_phrase(language, f.attachment.kind) for f in own for language in ("en", "zh"))
        reachable = self._reachable(files, said)
        taking = self.taking(understood, named=not own)
        numbers = frozenset(s.name for s in understood.slots if s.number is not None)
        misnamed = self.misnamed(understood, named=not own)
        observing = self.observing(understood, files)
        encoded = encoder.encode([*clauses.wanted, *clauses.refused])
        asked = encoded[: len(clauses.wanted)]
        every = frozenset(self.registry)

        def read(wanted: Sequence[str], vector: np.ndarray, reached: frozenset[str]) -> Reading:
            return self.goals.read(
                self.goals.features(
                    wanted,
                    vector,
                    known=known,
                    reachable=reached,
                    lacking=said.lacking,
                    taking=taking,
                    numbers=numbers,
                    misnamed=misnamed,
                    observing=observing,
                )
            )

        whole = read(clauses.wanted, asked, reachable if own else every)
        refused = [
            read([t], v, reachable if own else every)
            for t, v in zip(clauses.refused, encoded[len(clauses.wanted) :], strict=True)
        ]
        return Considered(
            understood,
            whole,
            read(clauses.wanted, asked, every),
            tuple(
                (text, read([wanted], vector, reachable if own else every))
                for text, wanted, vector in zip(clauses.texts[1:], clauses.wanted[1:], asked[1:], strict=True)
            ),
            refused_tools(clauses.refused, refused, tools) | self._no_figures(question, clauses),
            tuple(files),
            without_subject(without_own_acts(wish_of(clauses.kept, understood))),
            bool(own) and is_vague(clauses.wanted[0]),
            not (refuses_figures(clauses.refused) or refuses_pictures(question) or alone(question)),
            alone(question),
            said,
        )

    def _no_figures(self, question: str, clauses: Clauses) -> frozenset[str]:
        """The tools that draw, where no figure is wanted: those of a question that asks for none beside."""
        wish = without_refused_pictures(" ".join(clauses.wanted[:1]))
        if not (refuses_figures(clauses.refused) or refuses_pictures(question)) or asks_for_picture(wish):
            return frozenset()
        return frozenset(t.name for t in self.registry.values() if t.kind.name == "Figure")

    def taking(self, understood: Understanding, *, named: bool) -> dict[str, float]:
        """For each tool, the share of what the question gives that it, or what may stand before it, takes; of what any tool takes.

        The object that is `named` counts where no file is attached, since else it is usually that of the file.
        """
        counted = (*_TAKEN, "object", "coordinates") if named else _TAKEN
        made = assign(understood, self.registry.values())
        numbers = {s.start for slots in made.sources.values() for s in slots if s.type in counted}
        # Telescopes that can be planned for are taken as a document that goes with the plan.
        pointed = {s.start for s in telescopes_of(understood)}
        numbers |= pointed
        if not numbers:
            return {}
        out = {}
        for tool in self.registry.values():
            chain = {t.name for t in self.composer.forerunners(tool)}
            taken = {s.start for place, slots in made.sources.items() if place.split(".")[0] in chain for s in slots}
            if works_on_observations(tool):
                taken |= pointed
            out[tool.name] = len(taken & numbers) / len(numbers)
        return out

    def observing(self, understood: Understanding, files: Sequence[Attached]) -> frozenset[str]:
        """The tools of planned observations, where the question speaks of such, or brings their documents; else none."""
        documents = any(f.attachment.kind in OBSERVATIONS and not f.supplied for f in files)
        if not documents and not speaks_of_observing(understood):
            return frozenset()
        tools = [t for t in self.registry.values() if works_on_observations(t)]
        own = [self.registry[f.reader] for f in files if not f.supplied]
        if own and not any(self.composer.leads(reader, t) for reader in own for t in tools):
            return frozenset()  # what was recorded says nothing of observations to come
        return frozenset(t.name for t in tools)

    def misnamed(self, understood: Understanding, *, named: bool) -> frozenset[str]:
        """The tools that take the name of a body of the solar system where the question names only others, or the other way round.

        What needs a name of either sort counts only where it is `named` what the question is about, and no file says it.
        """
        places = understood.of_type("object", "coordinates")
        sorts = {"body" if is_moving(s) else "object" for s in places if s.name != "corner"}
        if places and not sorts:  # corners are of no object
            return frozenset(t.name for t in self.registry.values() if self._named_sorts(t))
        if len(sorts) != 1 or not named:
            return frozenset()
        other = {"body": "object", "object": "body"}[sorts.pop()]
        return frozenset(t.name for t in self.registry.values() if self._named_sorts(t) == {other})

    def _named_sorts(self, tool: Tool) -> set[str]:
        """The sorts of names that a chain to a tool cannot do without."""
        chain = self.composer.forerunners(tool)
        return {p.sort for t in chain for p in t.arguments if p.required and p.sort in ("object", "body")}

    def _said(self, understood: Understanding) -> Said:
        """What the question says for each tool by itself."""
        lacking, sources = set(), {}
        for tool in self.registry.values():
            if not any(p.required or p.sort for p in tool.arguments):
                continue
            made = assign(understood, [tool])
            if lacking_of(tool, made):
                lacking.add(tool.name)
            sources[tool.name] = frozenset(s.start for slots in made.sources.values() for s in slots)
        return Said(frozenset(lacking), sources)

    def choose(self, considered: Considered, files: Sequence[Attached]) -> list[Tool]:
        """The tools that end the plan.

        Raises
        ------
        NeedsAnswer
            Where the question has to go back.
        """
        asking = Asking(self.registry, self.composer, considered, files)
        said = contradiction(considered.understood, files)
        if said[0]:
            raise asking.contradicted(said)
        files = considered.files
        drafts = self._drafts(files, considered.said)
        masses = considered.whole.masses()
        # An act may be of anything: a flight to Paris is refused although nobody here knows of flights.
        refused = masses["action"] >= _ACTS and asks_to_act(considered.wish)
        if self.goals.spelling.is_gibberish(considered.wish) and not refused:
            raise asking.unknown(drafts)
        unmeasured = beyond(considered.wish, {f.attachment.kind for f in considered.own}) if considered.own else None
        if unmeasured is not None:
            raise asking.beyond(unmeasured, drafts)
        meant = considered.whole.sort
        if meant == "tool" and asks_to_act(considered.wish):
            # Where a word asks for an act, the act that is nearly as likely as the tool is what is meant.
            acts, tools = considered.whole.tasks("action"), considered.whole.tools
            if acts and masses["action"] > masses["tool"] and acts[0].value >= _NEARLY * tools[0].value:
                meant = "action"
        named = named_in(considered.wish, [m.task for m in self.goals.meant if m.task is not None])
        if named is not None and meant != "action" and not self._fetches(considered):
            raise asking.outside([next(m for m in self.goals.meant if m.task is named)], drafts)
        acting = not considered.understood.of_type("adql")
        wish = without_own_acts(considered.wish)
        if {f.attachment.kind for f in files} & {PACKETS, SCHEDULE} and re.search(words()["handed_over"], wish, re.I):
            raise asking.handed_over()
        if not acting and (act := self._act_beside(considered)) is not None:
            raise asking.denied(act)
        if acting and asks_for_message(wish) and considered.whole.tasks("action"):
            raise asking.denied(considered.whole.tasks("action")[0].meant.task)
        for text, part in considered.parts if acting else ():
            worded = asks_to_act(without_own_acts(text))
            if part.masses()["action"] < (_ACTS_SAID if worded else _ACTS):
                continue
            if masses["action"] < _ACTS_AT_ALL and not worded:
                continue
            effect = part.tasks("action")[0].meant.task.effect
            if effect in _OUTSIDE_EFFECTS or (worded and effect == "write_files"):
                raise asking.denied(part.tasks("action")[0].meant.task)
        best = considered.whole.tools[0].meant.tool if considered.whole.tools else None
        if best is not None and works_on_observations(best) and masses["action"] >= _ACTS_OBSERVED:
            act = considered.whole.tasks("action")[0].meant.task
            if act.effect in _OUTSIDE_EFFECTS and asks_to_act(without_own_acts(considered.wish)):
                raise asking.denied(act)
        if (
            meant == "action"
            and not asks_to_act(considered.wish)
            and (considered.whole.tasks("action")[0].value < _SOME_ACT or self._observes(considered))
        ):
            if (
                not considered.whole.tools
                or considered.whole.tools[0].value < _NEARLY * considered.whole.goals[0].value
            ):
                raise asking.unknown(drafts)
            meant = "tool"
        if meant == "action" and acting:
            raise asking.denied(considered.whole.tasks("action")[0].meant.task)
        if meant == "unknown":
            raise asking.unknown(drafts)
        if meant != "tool" and (acting or meant != "action"):
            raise asking.outside([considered.whole.tasks(meant)[0].meant], drafts)
        reachable = self._reachable(files, considered.said)
        self._require_data(considered, reachable, files, asking)
        likeliest = next(p.meant.tool for p in considered.whole.tools if p.meant.name in reachable)
        if likeliest.name not in drafts:
            lame = next(t for t in self.composer.forerunners(likeliest) if t.name in self.unavailable)
            raise asking.unavailable(lame, self.unavailable[lame.name])
        allowed = {n: d for n, d in drafts.items() if not considered.refused & {t.name for t, _i in d.steps.values()}}
        allowed = allowed or dict(drafts)
        goal = self._drawn(
            considered, next(p.meant.tool for p in considered.whole.tools if p.meant.name in allowed), allowed
        )
        goal = self._with_documents(considered, self._of_the_field(considered, goal, allowed), allowed)
        if wants_schedule(goal, considered.wish, considered.understood):
            planned = [p.meant.tool for p in considered.whole.tools if p.meant.tool.kind.name == "Schedule"]
            goal = next((t for t in planned if t.name in allowed and not t.files), goal)
        goal = self._preferred(considered, goal, allowed)
        if considered.vague and len({f.attachment.kind for f in files}) > 1:
            raise asking.ambiguous(self._one_of_each(considered, allowed, files))
        if considered.vague and considered.whole.of(goal.name) < _SETTLED:
            goal = min(
                (t for t in map(self.registry.__getitem__, allowed) if t.kind.name == goal.kind.name),
                key=lambda t: (allowed[t.name].seconds, -considered.whole.of(t.name)),
            )
        steps = [t for t, _i in allowed[goal.name].steps.values()]
        said = two_choices(considered.understood, steps)
        said = said if said[0] else not_offered(considered.understood, steps)
        if said[0]:
            raise asking.contradicted(said)
        chosen = self._with_rivals(considered, goal, allowed, files, asking)
        for text, part in considered.parts:
            if part.masses()["astronomy"] >= _ACTS and masses["astronomy"] >= _ELSEWHERE:
                raise asking.outside([part.tasks("astronomy")[0].meant], drafts, text)
            possible = [p for p in part.tools if p.meant.name in allowed]
            if not possible or states_what_is_known(text):
                continue
            also, meant_at_all = possible[0], sum(p.value for p in possible)
            share = (
                also.value / meant_at_all if also.value >= (_NEXT if is_next(considered.wish, text) else _SOME) else 0.0
            )
            sets = any(s.text in text for s in considered.understood.of_type("quantity", "count"))
            same = self._reads(allowed[goal.name]) & self._reads(allowed[also.meant.name])
            if considered.whole.of(goal.name) >= _SETTLED and same and not asks_for_more(considered.wish):
                continue  # of the same data, and the whole says plainly how far to go
            # What is fetched beside the data at hand is wanted only where it is plainly asked for: a name alone tells whose data they are.
            fetched = "read_network" in also.meant.tool.effects or (
                bool(considered.own) and not self._reads(allowed[also.meant.name])
            )
            if fetched and considered.whole.of(also.meant.name) < _HINTED:
                continue
            if fetches_exposed(also.meant.tool) and goal.kind.name == "Schedule" and not says_archived(text):
                continue  # image the field: by the telescopes that are planned for
            if _shows_already(goal, also.meant.tool) and not asks_for_more(considered.wish):
                continue
            if share >= (_SURELY if fetched else _ALSO_SETS if sets and same else _ALSO):
                chosen.append(self._with_documents(considered, also.meant.tool, allowed))
        ends = [
            t
            for t in {t.name: t for t in chosen}.values()
            if not any(o is not t and self._within(t, drafts[o.name]) for o in chosen)
        ]
        return ends or [goal]

    def _act_beside(self, considered: Considered) -> Task | None:
        """What a question wants done to the world beside a query, which itself is submitted or sent without harm."""
        from gnomon.knowledge import encoder

        rest = considered.wish
        for slot in considered.understood.of_type("adql"):
            rest = rest.replace(slot.text, " ")
        rest = re.sub(words()["named"]["of_queries"], " ", rest, flags=re.I)
        if not asks_to_act(rest):
            return None
        read = self.goals.read(
            self.goals.features([rest], encoder.encode([rest]), reachable=frozenset(self.registry), lacking=frozenset())
        )
        return read.tasks("action")[0].meant.task if read.masses()["action"] >= _ACTS_SAID else None

    @staticmethod
    def _observes(considered: Considered) -> bool:
        """Whether observations are to be planned, which are no acts: exposures that cover a map."""
        tools = considered.whole.tools
        return (
            bool(tools)
            and works_on_observations(tools[0].meant.tool)
            and speaks_of_observing(considered.understood)
            and re.search(words()["handed_over"], considered.wish.strip(), re.I) is None
        )

    @staticmethod
    def _fetches(considered: Considered) -> bool:
        """Whether something is to be fetched: papers on weak lensing are papers."""
        first = considered.whole.goals[0]
        return first.meant.tool is not None and "read_network" in first.meant.tool.effects and first.value >= _NEXT

    def _one_of_each(
        self, considered: Considered, drafts: Mapping[str, Draft], files: Sequence[Attached]
    ) -> list[Tool]:
        """The likeliest goal of each kind of data."""
        out: dict[frozenset[str], Tool] = {}
        for probability in considered.whole.tools:
            if probability.meant.name in drafts and not probability.meant.tool.files:
                out.setdefault(frozenset(self._reads(drafts[probability.meant.name])), probability.meant.tool)
        return list(out.values())[:_OFFERED]

    @staticmethod
    def _drawn(considered: Considered, goal: Tool, drafts: Mapping[str, Draft]) -> Tool:
        """The goal, or the likeliest figure where a picture is asked for of what is only read, or a picture alone."""
        if not asks_for_picture(without_refused_pictures(considered.wish)) or goal.kind.name in ACCOMPANIMENTS:
            return goal
        if considered.alone and not goal.files:
            drawn = [
                p.meant.tool
                for p in considered.whole.tools
                if p.meant.tool.kind.name == "Figure"
                and goal.name in {t.name for t, _i in _steps(drafts, p.meant.name)}
            ]
            return drawn[0] if drawn else goal
        if not goal.files or not considered.pictures:
            return goal
        figures = [p for p in considered.whole.tools if p.meant.tool.kind.name == "Figure" and p.meant.name in drafts]
        return figures[0].meant.tool if figures and figures[0].value >= _WORTH else goal

    def _of_the_field(self, considered: Considered, goal: Tool, drafts: Mapping[str, Draft]) -> Tool:
        """The figure, or where it takes no notice of the data at hand, the likeliest one of the same place in the sky that does, if that is likely at all."""
        if not considered.own or goal.kind.name != "Figure" or self._reads(drafts[goal.name]):
            return goal
        for other in considered.whole.tools:
            if other.value < _WORTH * considered.whole.of(goal.name) or other.meant.name not in drafts:
                continue
            tool = other.meant.tool
            placed = any(p.kind is not None and p.kind.name == "Target" for p in tool.inputs)
            if tool.kind.name == "Figure" and placed and self._reads(drafts[tool.name]):
                return tool
        return goal

    def _with_documents(self, considered: Considered, goal: Tool, drafts: Mapping[str, Draft]) -> Tool:
        """The goal, or where it takes no notice of documents that belong together, the likeliest one that takes more of them, if that is likely at all."""
        here = {f.attachment.kind for f in considered.own}
        if len(here) < 2 or not belong_together(here):
            return goal
        # Requests and telescopes go along with whatever is asked of a schedule, a map or events.
        counted = here - {"ObservingRequests", "Telescopes"}

        def left_aside(tool: Tool) -> int:
            draft = drafts[tool.name]
            chain = draft.only({next(reversed(draft.steps))})
            return len(counted - {t.kind.name for t, _i in chain.steps.values() if t.files})

        near = [
            p
            for p in considered.whole.tools
            if p.meant.name in drafts and p.value >= _ASIDE * considered.whole.of(goal.name)
        ]
        least = min(left_aside(p.meant.tool) for p in near)
        return (
            goal if left_aside(goal) == least else next(p.meant.tool for p in near if left_aside(p.meant.tool) == least)
        )

    def _preferred(self, considered: Considered, goal: Tool, drafts: Mapping[str, Draft]) -> Tool:
        """The goal, or where the question leaves it open, the faster or the more thorough of those that are nearly as likely."""
        prefer = preference(considered.understood.question) or self.prefer
        top = considered.whole.of(goal.name)
        if not prefer or top >= _SETTLED:
            return goal
        near = [p.meant.tool for p in considered.whole.tools if p.value >= _NEARLY * top and p.meant.name in drafts]
        near = [t for t in near if t.kind.name not in ACCOMPANIMENTS and not t.files] or [goal]
        return (min if prefer == "fast" else max)(near, key=lambda t: drafts[t.name].seconds)

    def _require_data(
        self, considered: Considered, reachable: frozenset[str], files: Sequence[Attached], asking: Asking
    ) -> None:
        """Raise where what is meant needs data that are not there."""
        makers = [
            p for p in considered.free.tools if not p.meant.tool.files
        ]  # a file is read by the reader that knows it
        best = makers[0].meant.tool
        if best.name in reachable:
            return
        if not considered.own and works_on_observations(best) and speaks_of_observing(considered.understood):
            # What is asked of observations without a document is planned from the question, if it can be.
            planned = (p for p in makers if p.meant.name in reachable and works_on_observations(p.meant.tool))
            if any(p.value >= _NEARLY * makers[0].value for p in planned):
                return
        within = sum(p.value for p in makers if p.meant.name in reachable)
        without = sum(p.value for p in makers if p.meant.name not in reachable)
        if not considered.own or (not considered.vague and within < _HARDLY and without > _RATHER):
            raise asking.unreachable(best, files)

    def _with_rivals(
        self, considered: Considered, goal: Tool, drafts: Mapping[str, Draft], files: Sequence[Attached], asking: Asking
    ) -> list[Tool]:
        """The goal, with its like for data of another kind where both are as likely meant: "is there a planet?" of a light curve and velocities."""
        kinds = {f.attachment.kind for f in considered.own}
        if len(kinds) < 2 or belong_together(kinds):
            return [goal]
        open_ = not data_meant(considered.wish)
        if open_ and (len(self._first_kinds(goal, files)) > 1 or shows_either(considered.wish)):
            raise asking.which_data(files)
        mine = self._reads(drafts[goal.name])
        for rival in considered.whole.tools:
            if rival.meant.name in drafts and self._reads(drafts[rival.meant.name]).isdisjoint(mine):
                if open_ and rival.value >= _UNSAID * considered.whole.of(goal.name):
                    raise asking.ambiguous([goal, rival.meant.tool])
                if rival.value < _RIVAL * considered.whole.of(goal.name):
                    return [goal]
                if rival.value + considered.whole.of(goal.name) < _RATHER:
                    raise asking.ambiguous([goal, rival.meant.tool])
                return [goal, rival.meant.tool]
        return [goal]

    def _first_kinds(self, goal: Tool, files: Sequence[Attached]) -> set[str]:
        """The kinds of data that lead to a goal, each by itself."""
        return {f.attachment.kind for f in _first_of_each_kind(files) if not goal.files and self._reads_from(goal, f)}

    def _reads_from(self, goal: Tool, file: Attached) -> bool:
        """Whether a file by itself leads to a goal."""
        draft = self.composer.reach(goal, self._start([file]))
        return draft is not None and bool(self._reads(draft.only({next(reversed(draft.steps))})))

    @staticmethod
    def _within(tool: Tool, draft: Draft) -> bool:
        return any(t is tool for t, _i in draft.steps.values())

    @staticmethod
    def _reads(draft: Draft) -> set[str]:
        return {
            str(ref)
            for tool, inputs in draft.steps.values()
            if _leads(tool, draft)
            for value in inputs.values()
            for ref in (value if isinstance(value, list) else [value])
            if ref.file is not None
        }

    # ------------------------------------------------------------------ drafts

    def _drafts(self, files: Sequence[Attached], said: Said) -> dict[str, Draft]:
        """The cheapest chain to every tool that the data, and what the question says, lead to."""
        start = self._start(files)
        drafts = {
            t.name: d
            for t in self.registry.values()
            if not t.files
            and t.name not in self.unavailable
            and (d := self.composer.reach(t, start, said)) is not None
            and not self._passes_by(files, t, d)
            and not mixes_documents(d)
            and not _alone_of_many(t, d)
        }
        return drafts | {f.reader: self._start([f]) for f in _first_of_each_kind(files)}

    def _reachable(self, files: Sequence[Attached], said: Said) -> frozenset[str]:
        """The tools that the data, and what the question says, lead to, whether or not they can run here.

        What only steps lead to that need more than the question says is not reached; what a tool itself lacks can be asked for.
        """
        start = self._start(files)
        reached = set()
        for tool in self.registry.values():
            draft = None if tool.files else self._unhindered.reach(tool, start, said)
            if (
                draft is None
                or self._passes_by(files, tool, draft)
                or mixes_documents(draft)
                or _alone_of_many(tool, draft)
            ):
                continue
            if not any(t.name in said.lacking and t is not tool for t, _i in draft.steps.values()):
                reached.add(tool.name)
        return frozenset(reached | {f.reader for f in files})

    def _passes_by(self, files: Sequence[Attached], tool: Tool, draft: Draft) -> bool:
        """Whether data would be fetched for what is else made of files, and the files that are attached left aside."""
        if all(f.supplied for f in files) or self._reads(draft.only({next(reversed(draft.steps))})):
            return False
        return any(self.composer.leads(reader, tool) for reader in self.registry.readers)

    def _start(self, files: Sequence[Attached]) -> Draft:
        return self.composer.start([(f.attachment, f.reader) for f in files])

    def _made(self, considered: Considered, files: Sequence[Attached], goals: Sequence[Tool]) -> Plan:
        """The plan that ends in the goals, with all arguments, what goes with it, and what was taken for granted."""
        understood = considered.understood
        language = understood.language
        every, files = files, _meant_files(understood, considered.files)
        first = _first_of_each_kind(files)
        whole: Draft | None = None
        made = Assignment()
        by_step: dict[str, dict[str, Any]] = {}
        lacking: list[tuple[Tool, Parameter]] = []
        together = any(_takes_two(goal) for goal in goals)
        for file_set in [list(considered.files)] if together else self._file_sets(files, first):
            draft = self._start(file_set)
            for goal in goals:
                grown = draft if goal.files else self.composer.reach(goal, draft, considered.said)
                if grown is None:  # of the files that are meant; all of them lead to it
                    raise Asking(self.registry, self.composer, considered, files).unreachable(goal, files)
                draft = grown
            draft = draft.only(set(_ends(draft, goals)))
            draft, made, lacking = self._fill(goals, draft, considered)
            used_up = {place for file in files for place in file.places}
            made.unused = [s for s in made.unused if s.start not in used_up]
            for values in self._listed(draft, understood, made):
                whole, names = (whole or Draft()).join(draft)
                by_step |= {names[step]: given for step, given in values.items()}
        assert whole is not None
        whole, shared = self._shared_out(whole, made, by_step, understood)
        asking = Asking(self.registry, self.composer, considered, files)
        self._require_sensible(asking, whole, made)
        used = [t for t, _i in whole.steps.values()]
        if (bare := unnamed(made.unused)) is not None:
            raise asking.unnamed(bare, used)
        if (two := either(understood, used, made)) is not None:
            raise asking.either(*two)
        if (number := unitless(made.unused, used, made)) is not None:
            raise asking.unitless(*number)
        self._ask_for_missing(asking, goals, used, made, lacking)
        rows = max((f.attachment.rows for f in files), default=0)
        steps = finish(whole, made.arguments, rows, language, by_step)
        if (same := compared_with_itself(steps)) is not None:
            raise asking.unreachable(self.registry[same.tool], files)
        return Plan(
            question=understood.question,
            language=language,
            goal=str(goals[0].kind),
            assumptions=[
                *assumptions(considered, goals, every, whole, made),
                *shared,
                *told_times(language, whole, made),
            ],
            missing=[could(language, tool, parameter) for tool, parameter in lacking],
            files=[f.attachment for f in every],
            steps=steps,
            understood=[
                Understood.model_validate({**s.document(), "used_by": users_of(s, made, whole)})
                for s in told_slots(understood, made)
            ]
            or None,
            not_understood=list(understood.unread) or None,
        )

    @staticmethod
    def _listed(draft: Draft, understood: Understanding, made: Assignment) -> list[dict[str, dict[str, Any]]]:
        """What a list of values, such as Gaia and 2MASS, sets of which step, for each copy of the draft that it takes; one of no value where there is no list.

        Where the draft has a step for each of them, as a comparison has, it takes one.
        """
        for tool in {t.name: t for t, _i in draft.steps.values()}.values():
            for parameter in tool.arguments:
                steps = [name for name, (t, _i) in draft.steps.items() if t is tool]
                if tool.kind.name in EACH and parameter.type == "choice":
                    forms = list(dict.fromkeys(str(s.value) for s in all_chosen(understood.question, parameter)))
                    if len(forms) > 1:
                        return [{step: {parameter.name: form} for step in steps} for form in forms]
                if "read_network" not in tool.effects:
                    continue
                if several := several_named(understood, parameter, apart=len(steps) > 1):
                    made.sources[f"{tool.name}.{parameter.name}"] = [slot for slot, _value in several]
                    values = [{parameter.name: value} for _slot, value in several]
                    if len(steps) == len(values):
                        return [dict(zip(steps, values, strict=True))]
                    return [dict.fromkeys(steps, value) for value in values]
        return [{}]

    @staticmethod
    def _file_sets(files: Sequence[Attached], first: Sequence[Attached]) -> list[list[Attached]]:
        """Files of one kind are treated alike, each on its own, with the first of every other kind beside it."""
        sets = [list(first)]
        for file in files:
            if file not in first:
                sets.append([file if f.attachment.kind == file.attachment.kind else f for f in first])
        return sets

    def _fill(
        self, goals: Sequence[Tool], draft: Draft, considered: Considered
    ) -> tuple[Draft, Assignment, list[tuple[Tool, Parameter]]]:
        """Arguments from the slots, and the measurements and figures that go with the goals."""
        possible, lacking = self.composer.accompany(
            draft, {(t.name, p.name) for t in self.registry.values() for p in t.arguments}
        )
        tools = list({t.name: t for t, _i in possible.steps.values()}.values())
        made = self._assigned(considered.understood, tools)
        fill_field(made, [t for t, _i in draft.steps.values()])
        fill_packets(made, tools, considered.files)
        full, missing = self.composer.accompany(draft, made.given)
        if all(g.kind.name == "Figure" or g.files for g in goals):
            # A figure is made alone; but the spectrum of a search says little without the numbers of its peaks.
            beside = {t.name for g in goals for t in self._numbers_of(g)} - considered.refused
            ends = {n for n, (t, _i) in full.steps.items() if t in goals or (t.name in beside and not considered.alone)}
            return (full.only(ends) if len(ends) > len(goals) else draft), made, lacking

        def is_answer(tool: Tool) -> bool:
            """Whether it gives the numbers of a search that was asked for, which are what the search is for."""
            return tool.declaration.provisional and any(
                p.kind and p.kind.accepts(g.kind) for p in tool.inputs for g in goals
            )

        def belongs(tool: Tool) -> bool:
            """Whether a step is wanted, or is needed by one that is, or goes with it unasked."""
            if tool in goals or tool.kind.name not in ACCOMPANIMENTS:
                return True
            along = considered.pictures if tool.kind.name == "Figure" else not considered.alone or is_answer(tool)
            return along and tool.name not in considered.refused

        return full.only({n for n, (t, _i) in full.steps.items() if belongs(t)}), made, missing

    def _assigned(self, understood: Understanding, tools: Sequence[Tool]) -> Assignment:
        """The arguments of tools from what a question says, with what it means by several of them together."""
        made = assign(understood, tools)
        for tool in tools:
            add_images(made, tool, understood)
        fill_times(made, tools, self.clock)
        for tool in tools:
            fill_nightly(made, tool, understood)
            fill_total(made, tool, understood)
        return made

    def _shared_out(
        self, whole: Draft, made: Assignment, by_step: dict[str, dict[str, Any]], understood: Understanding
    ) -> tuple[Draft, list[str]]:
        """The draft with a step of requests for each of the targets of which a question says something of their own, and what it says of them."""
        tools = list({t.name: t for t, _i in whole.steps.values()}.values())
        writer = next((t for t in tools if only_requests(t)), None)
        asked = named_targets(whole, writer, made) if writer is not None else None
        if writer is None or asked is None:
            return whole, []
        shares = shares_of(understood, asked.slots, lambda part: self._assigned(part, tools), writer.name)
        if not shares:
            return whole, []
        used = {s.start for share in shares for slots in share.sources.values() for s in slots}
        made.unused = [s for s in made.unused if s.start not in used]
        combiner = next(t for t in self.registry.values() if combines_requests(t))
        return shared_out(whole, made, by_step, asked, shares, writer, combiner, understood.language)

    def _numbers_of(self, goal: Tool) -> list[Tool]:
        """The tools that give the numbers of the search that a figure shows."""
        shown = {p.kind for p in goal.inputs if p.kind}
        return [t for t in self.registry.values() if t.declaration.provisional and {p.kind for p in t.inputs} & shown]

    @staticmethod
    def _require_sensible(asking: Asking, draft: Draft, made: Assignment) -> None:
        """Raise where a value of the question is none that its argument may be."""
        for tool, _inputs in draft.steps.values():
            given = made.arguments.get(tool.name, {})

            def words(name: str, tool: Tool = tool) -> list[str]:
                return [s.text for s in made.sources.get(f"{tool.name}.{name}", [])]

            for name, value in given.items():
                try:
                    normal(tool, name, value)
                except OutOfBounds as error:
                    raise asking.out_of_bounds(tool.parameter(name), words(name)) from error
            kept = complete(tool, given)
            for ends in empty_ranges(kept):
                low, high = (asking.listed(words(n)) or f"{n} = {spoken(kept[n])}" for n in ends)
                raise asking.empty_range(low, high)

    def _ask_for_missing(
        self,
        asking: Asking,
        goals: Sequence[Tool],
        steps: Sequence[Tool],
        made: Assignment,
        lacking: Sequence[tuple[Tool, Parameter]],
    ) -> None:
        considered = asking.considered
        unsaid = [(t, p) for t in steps for p in t.arguments if is_unsaid(considered, t, p, made)]
        if unsaid:
            raise asking.value(*unsaid[0])
        first = [*goals, *[t for t in steps if t not in goals]]
        wanted = [(t, p) for t in first for p in t.arguments if p.required and (t.name, p.name) not in made.given]
        wanted += [length for t in steps if (length := length_unsaid(t, made)) is not None]
        lacking = [(t, p) for t, p in lacking if t.name not in considered.refused]
        wanted += [
            (t, p) for t, p in lacking if considered.whole.of(t.name) >= _WANTED or considered.of(t.name) >= _CERTAIN
        ]
        if wanted:
            raise asking.value(*wanted[0])

    # ------------------------------------------------------------------ alternatives

    def _others(self, considered: Considered, best: Sequence[Tool]) -> list[Tool]:
        """Other goals worth offering: likely ones, and shorter or longer ways over the same data."""
        drafts = self._drafts(considered.files, considered.said)
        chain = {t.name for g in best for t, _i in drafts[g.name].steps.values()}
        top = max((considered.whole.of(g.name) for g in best), default=1.0)
        out: list[tuple[float, Tool]] = []
        for probability in considered.whole.tools:
            tool = probability.meant.tool
            if tool is None or tool in best or tool.name not in drafts or tool.files:
                continue
            beyond = any(self._within(g, drafts[tool.name]) for g in best)
            along = tool.name in chain and tool.kind.name not in ACCOMPANIMENTS
            likely = probability.value >= _WORTH * top and tool.kind.name not in ACCOMPANIMENTS
            if likely or along or (beyond and tool.kind.name not in ACCOMPANIMENTS):
                out.append((probability.value + (0.01 if along else 0.0), tool))
        return [tool for _value, tool in sorted(out, key=lambda pair: -pair[0])]

    def _reason(self, language: str, best: Plan, other: Plan, tool: Tool) -> str:
        """Why somebody would rather take the other plan, and what it costs them."""
        mine, theirs = best.cost.get("seconds", 0.0), other.cost.get("seconds", 0.0)
        have = {s.tool for s in best.steps} - {s.tool for s in other.steps}
        gone = [self.registry[n] for n in sorted(have) if self.registry[n].kind.name not in ACCOMPANIMENTS]
        key = "faster" if theirs < 0.8 * mine else "slower" if theirs > 1.25 * mine else "other_way"
        said = sentence(language, key, seconds=f"{theirs:.0f}", best=f"{mine:.0f}", goal=told(language, [tool]))
        if gone:
            said += sentence(
                language, "leaves_out", tools=sentence(language, "list").join(told(language, [t]) for t in gone)
            )
        return said


def _takes_two(tool: Tool) -> bool:
    """Whether a tool compares two things of one kind, or takes as many as there are."""
    kinds = [p.kind for p in tool.inputs]
    return len(set(kinds)) < len(kinds) or any(p.many for p in tool.inputs)


def _alone_of_many(tool: Tool, draft: Draft) -> bool:
    """Whether a tool that takes several things would have one."""
    inputs = next((given for t, given in draft.steps.values() if t is tool), {})
    return any(isinstance(given, list) and len(given) < 2 for given in inputs.values())


def _shows_already(goal: Tool, other: Tool) -> bool:
    """Whether a figure may itself show what another tool fetches or draws: a finder chart is no reason for images beside it."""
    if goal.kind.name != "Figure":
        return False
    shown = {p.kind for p in goal.inputs if p.kind is not None and not p.required}
    drawn = {p.kind for p in other.inputs if p.kind is not None and p.kind.name != "Target"}
    return other.kind in shown or (other.kind.name == "Figure" and bool(drawn) and drawn <= shown)


def _first_of_each_kind(files: Sequence[Attached]) -> list[Attached]:
    return list({f.attachment.kind: f for f in reversed(files)}.values())[::-1]


def _meant_files(understood: Understanding, files: Sequence[Attached]) -> Sequence[Attached]:
    """The files that the question names, by number or by name, where it names some of several of one kind; else all."""
    named = [s.value for s in understood.of_type("file")]
    meant = [f for i, f in enumerate(files, 1) if i in named or f.attachment.name in named]
    return meant if meant and len({f.attachment.kind for f in files}) == 1 else files


def _steps(drafts: Mapping[str, Draft], name: str) -> Sequence[tuple[Tool, object]]:
    """The steps of the chain to a tool; none where there is no such chain."""
    return list(drafts[name].steps.values()) if name in drafts else []


def _leads(tool: Tool, draft: Draft) -> bool:
    """Whether the output of a reader in the draft is used by another step, or the reader stands alone."""
    name = next(n for n, (t, _i) in draft.steps.items() if t is tool)
    users = [
        r
        for _t, inputs in draft.steps.values()
        for ref in inputs.values()
        for r in (ref if isinstance(ref, list) else [ref])
        if r.step == name
    ]
    return bool(users) or len(draft.steps) == 1 or not tool.files


def _ends(draft: Draft, goals: Sequence[Tool]) -> list[str]:
    return [name for name, (tool, _i) in draft.steps.items() if tool in goals]


def _work(plan: Plan) -> set[str]:
    return {s.tool for s in plan.steps}
