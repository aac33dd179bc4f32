"""The language planner: a model proposes where the embedded planner is unsure, and code decides.

What the embedded planner is sure of stands, and so does every refusal of it: a model makes nothing possible that is not.
Whatever a model or its server does, a plan comes out that is no worse than the embedded one, and says so.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal
from urllib.parse import urlsplit

from gnomon.agents.attachments import Attached
from gnomon.agents.embedded.planner import ALTERNATIVES, Alternative, Considered, EmbeddedPlanner
from gnomon.agents.language.budget import Budget
from gnomon.agents.language.drafting import Drafted, draft_plan
from gnomon.agents.language.endpoint import Endpoint
from gnomon.agents.language.errors import LanguageError
from gnomon.agents.language.goal_choice import choose_goal
from gnomon.agents.language.sentences import sentence, why
from gnomon.agents.language.shortlist import NOT_ENOUGH, SOMETHING_ELSE, Candidate, kinds_of, shortlist
from gnomon.agents.language.value_reading import place_values, unplaced, with_values
from gnomon.plans.plan import Plan
from gnomon.plans.policy import Policy
from gnomon.tools.errors import GnomonError, NeedsAnswer, UsageError
from gnomon.tools.registry import Registry, Tool

Style = Literal["auto", "choices", "draft"]
STYLES: tuple[Style, ...] = ("auto", "choices", "draft")

# From here on the embedded planner is right 98 times in 100, measured on the development suite (120 of 122 questions); below, 15
# of 19.  A small model is right less often than that, so it is not asked.
SURE = 0.6
# A model's answer, given twice, is taken where the tool is at least this likely relative to the embedded planner's own: as
# evidence it weighs as much as the inverse.  The vote of a tiny model breaks ties and no more: choosing alone, 1.5 billion
# parameters find 85 goals of 100, where the embedded planner finds 97.  That of a larger one was not measured.
SUPPORTED_TINY, SUPPORTED = 0.9, 0.25
# Fewer, in billions, have no vote: 0.5 find 56 goals of 100, and even between two that are as likely they lost one plan of 80.
_LEAST = 1.0
# Where the embedded planner made nothing of a question, a tool needs this probability of itself.
NOT_NEGLIGIBLE = 0.05
# Models of fewer parameters do not draft unless told to: of unseen plans 1.5 billion got 8 of 10, 0.5 billion 5 of 10.
_TINY = 4.0


@dataclass
class _Planning:
    """One planning under way: what is known, what was proposed, what was said."""

    question: str
    files: Sequence[Attached]
    considered: Considered
    first_exchange: int
    back: NeedsAnswer | None = None
    goals: list[Tool] = field(default_factory=list)
    proposals: list[dict[str, Any]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    changed: bool = False
    plan: Plan | None = None
    is_over: bool = False

    @property
    def language(self) -> str:
        return self.considered.understood.language


class LanguagePlanner:
    """Plans with a language model beside the embedded planner; has the same ways in.

    Parameters
    ----------
    registry : Registry
    embedded : EmbeddedPlanner
        Understands the question, composes the steps, and plans alone where the model is of no use.
    endpoint : Endpoint
        Each planning begins with a fresh budget of the same limits.
    style : {"auto", "choices", "draft"}
        ``choices`` asks small questions; ``draft`` asks for whole plans first; ``auto`` asks small questions, and for a plan
        where these did not settle it and the model is not a tiny one.
    policy : Policy, optional
        What drafted plans are checked against.
    """

    def __init__(
        self,
        registry: Registry,
        embedded: EmbeddedPlanner,
        endpoint: Endpoint,
        *,
        style: Style = "auto",
        policy: Policy | None = None,
    ) -> None:
        if style not in STYLES:
            raise UsageError(f"There is no style {style!r} of planning.", remedy=f"Styles are: {', '.join(STYLES)}.")
        self.registry = registry
        self.embedded = embedded
        self.endpoint = endpoint
        self.style = style
        self.policy = policy or Policy()
        self._last: _Planning | None = None

    # ------------------------------------------------------------------ the ways in

    def plan(self, question: str, files: Sequence[Attached]) -> Plan:
        """The plan that answers `question` from `files` best.

        Raises
        ------
        NeedsAnswer
            As `EmbeddedPlanner.plan`.
        """
        limits = self.endpoint.budget
        self.endpoint.budget = Budget(limits.requests, limits.tokens, limits.seconds, limits.cost)
        planning = _Planning(
            question, files, self.embedded.consider(question, files), first_exchange=len(self.endpoint.exchanges)
        )
        self._last = planning
        try:
            planning.goals = self.embedded.choose(planning.considered, files)
        except NeedsAnswer as back:
            planning.back = back
            if back.why != "unknown" or self._is_tiny() or self.embedded.goals.spelling.is_gibberish(question):
                raise  # what the person did not say no model knows
        drafted = self._settle_goals(planning)
        if planning.back is not None:
            raise planning.back
        plan = drafted or self._with_values(planning)
        said = [s for s in dict.fromkeys(planning.said) if s not in plan.assumptions]
        planning.plan = plan.model_copy(update={"assumptions": [*plan.assumptions, *said]}) if said else plan
        return planning.plan

    def alternatives(self, question: str, files: Sequence[Attached]) -> list[Alternative]:
        """Up to three plans, the best first, each with the reason for its place; raises as `plan`."""
        plan = self.plan(question, files)
        planning = self._last
        assert planning is not None
        considered = planning.considered
        ends = [s.tool for s in plan.steps if not any(s.id in other.needs() for other in plan.steps)]
        goals = tuple(t.name for t in planning.goals) or tuple(ends)
        try:
            others = self.embedded.alternatives(question, files)
        except NeedsAnswer:
            others = []
        tools = {s.tool for s in plan.steps}
        share = max((considered.whole.of(name) for name in goals), default=0.0)
        same = next((o for o in others if {s.tool for s in o.plan.steps} == tools), None)
        reason = same.reason if same else next(iter(planning.said), plan.assumptions[0] if plan.assumptions else "")
        rest = [o for o in others if o is not same and {s.tool for s in o.plan.steps} != tools]
        return [Alternative(plan, goals, share, reason), *rest][:ALTERNATIVES]

    def record(self) -> dict[str, Any]:
        """How the last plan came to be: what the model was asked, what it said, and what became of that."""
        planning = self._last
        if planning is None:
            return {"planner": "language", "exchanges": []}
        exchanges = self.endpoint.exchanges[planning.first_exchange :]
        named = [e.model for e in exchanges if e.model]
        prompts: dict[str, str] = {}
        for exchange in exchanges:
            prompts |= exchange.prompts
        considered = planning.considered
        return {
            "format": 1,
            "planner": "language",
            "style": self.style,
            "question": planning.question,
            "model": {"asked": self.endpoint.model, "named": named[-1] if named else ""},
            "prompts": dict(sorted(prompts.items())),
            "thresholds": {"sure": SURE, "supported": min(self._supported(), 1e9), "not_negligible": NOT_NEGLIGIBLE},
            "embedded": {
                "likeliest": {p.meant.name: round(p.value, 4) for p in considered.whole.goals[:8]},
                "unknown": round(considered.whole.unknown, 4),
            },
            "proposals": planning.proposals,
            "said": list(dict.fromkeys(planning.said)),
            "changed": planning.changed,
            "goals": [t.name for t in planning.goals],
            "back": planning.back.why if planning.back else "",
            "plan": planning.plan.hash if planning.plan else "",
            "exchanges": [e.document() for e in exchanges],
            "budget": self.endpoint.budget.document(),
        }

    # ------------------------------------------------------------------ goals

    def _settle_goals(self, planning: _Planning) -> Plan | None:
        """Settle what the plan is to end in, with the model where the embedded planner is unsure; a plan where one was drafted."""
        considered = planning.considered
        best = max((considered.of(t.name) for t in planning.goals), default=0.0)
        if len(planning.goals) > 1 or best >= SURE:
            return None
        candidates = shortlist(self.embedded, considered, planning.files)
        if self.style != "draft" and planning.goals and not self._rivals(planning, candidates):
            return None
        try:
            if self.style == "draft":
                drafted = self._draft(planning, candidates)
                if drafted is not None:
                    return drafted
            is_settled = self._choose(planning, candidates)
            if not is_settled and self.style == "auto" and not self._is_tiny():
                return self._draft(planning, candidates)
        except LanguageError as error:
            self._fall_back(planning, error)
        return None

    def _choose(self, planning: _Planning, candidates: Sequence[Candidate]) -> bool:
        """Let the model choose among candidates; whether that settled it."""
        understood = planning.considered.understood
        choice = choose_goal(
            self.endpoint, understood.question, understood.language, kinds_of(planning.files), candidates
        )
        if choice is None:
            self._keep(planning, "reason_long")
            return False
        noted: dict[str, Any] = {
            "by": "choice",
            "candidates": {c.tool.name: round(c.probability, 4) for c in candidates},
            "proposed": list(choice.answers),
            "taken": False,
        }
        planning.proposals.append(noted)
        if NOT_ENOUGH in choice.answers or choice.agreed == SOMETHING_ELSE:
            self._keep(planning, "reason_nothing")
        elif not choice.agreed:
            self._keep(planning, "reason_disagree")
        else:
            tool = self.registry[choice.agreed]
            if noted_why := self._unsupported(planning, tool):
                noted["code_said"] = noted_why
                self._keep(planning, "reason_unsupported", goal=self._told(planning, tool))
                return False
            noted["taken"] = True
            self._take(planning, tool)
            return True
        noted["code_said"] = planning.said[-1] if planning.said else ""
        return False

    def _rivals(self, planning: _Planning, candidates: Sequence[Candidate]) -> list[Tool]:
        """Candidates that a model could put in the place of the goals: where there are none, it need not be asked."""
        tools = [c.tool for c in candidates if c.tool not in planning.goals]
        return [t for t in tools if not self._unsupported(planning, t)]

    def _supported(self) -> float:
        """How likely a tool must be, relative to the embedded planner's own, for a model's vote to put it in its place."""
        if (self._billions() or math.inf) < _LEAST:
            return math.inf
        return SUPPORTED_TINY if self._is_tiny() else SUPPORTED

    def _unsupported(self, planning: _Planning, tool: Tool) -> str:
        """Why code does not take a goal that a model proposed; "" where it does."""
        probability = planning.considered.of(tool.name)
        if tool in planning.goals:
            return ""
        if planning.back is not None:
            return "" if probability >= NOT_NEGLIGIBLE else f"Its probability, {probability:.3f}, is negligible."
        first = max(planning.considered.of(t.name) for t in planning.goals)
        if probability >= self._supported() * first:
            return ""
        return f"Its probability, {probability:.3f}, is too far below {first:.3f}, that of the embedded planner's goal."

    def _take(self, planning: _Planning, tool: Tool) -> None:
        if tool in planning.goals:
            return
        planning.changed = True
        planning.goals = [tool]
        planning.back = None
        planning.said.append(sentence(planning.language, "chosen", model=self._name(), goal=self._told(planning, tool)))

    def _draft(self, planning: _Planning, candidates: Sequence[Candidate]) -> Plan | None:
        """Let the model draft a whole plan; None where it is not taken."""
        drafted = Drafted()
        try:
            like = self.embedded._made(planning.considered, planning.files, planning.goals) if planning.goals else None
        except NeedsAnswer:
            like = None
        try:
            draft_plan(
                self.endpoint,
                self.registry,
                self.policy,
                planning.considered,
                candidates,
                planning.files,
                like,
                drafted,
            )
        finally:
            planning.proposals.extend(drafted.proposals)
        if drafted.plan is None:
            self._keep(planning, "reason_unsound")
            return None
        ends = [self.registry[name] for name in drafted.ends]
        goals = [t for t in ends if not self._unsupported(planning, t)]
        if not goals or len(goals) < len([t for t in ends if t.kind.name not in ("Figure", "Measurements")]):
            drafted.proposals[-1]["code_said"] = [self._unsupported(planning, t) for t in ends]
            self._keep(planning, "reason_unsupported", goal="; ".join(self._told(planning, t) for t in ends))
            return None
        drafted.proposals[-1]["taken"] = True
        planning.changed = planning.changed or {t.name for t in goals} != {t.name for t in planning.goals}
        planning.goals, planning.back = goals, None
        planning.said = [sentence(planning.language, "drafted", model=self._name())]
        return drafted.plan

    # ------------------------------------------------------------------ values

    def _with_values(self, planning: _Planning) -> Plan:
        """The plan for the goals, with values that the model found a place for.

        Raises
        ------
        NeedsAnswer
            Where a value is missing all the same.
        """
        made: Plan | NeedsAnswer
        try:
            made = self.embedded._made(planning.considered, planning.files, planning.goals)
        except NeedsAnswer as back:
            made = back
        better = self._improved(planning, made)
        if isinstance(better, NeedsAnswer):
            raise better
        return better

    def _improved(self, planning: _Planning, made: Plan | NeedsAnswer) -> Plan | NeedsAnswer:
        plan = made if isinstance(made, Plan) else None
        understood = planning.considered.understood
        free = unplaced(understood, plan)
        if not free or planning.is_over:
            return made
        if plan is not None:
            tools = [self.registry[name] for name in dict.fromkeys(s.tool for s in plan.steps)]
        else:
            drafts = self.embedded._drafts(planning.files, planning.considered.said)
            tools = list({t.name: t for g in planning.goals for t, _inputs in drafts[g.name].steps.values()}.values())
        given = {place for u in (plan.understood or [] if plan else []) for place in u.used_by}
        try:
            placed = place_values(self.endpoint, understood, tools, given, free)
        except LanguageError as error:
            self._fall_back(planning, error)
            return made
        planning.proposals.extend({"by": "values", **p.document()} for p in placed)
        if not any(p.slot for p in placed):
            return made
        fuller = replace(planning.considered, understood=with_values(understood, placed, self._name()))
        try:
            better = self.embedded._made(fuller, planning.files, planning.goals)
        except GnomonError as error:
            # A value that spoils the plan is no value of it.
            planning.proposals.append({"by": "values", "code_said": str(error), "taken": False})
            return made
        planning.changed = True
        return better

    # ------------------------------------------------------------------ what is said

    def _keep(self, planning: _Planning, reason: str, /, **values: str) -> None:
        """Say why the plan is that of the embedded planner."""
        said = sentence(planning.language, reason, **values)
        planning.said.append(sentence(planning.language, "kept", why=said))

    def _fall_back(self, planning: _Planning, error: LanguageError) -> None:
        """Go on without the model: it is asked nothing more in this planning."""
        planning.is_over = True
        planning.proposals.append({"by": "model", "error": error.what, "taken": False})
        planning.said.append(sentence(planning.language, "fell_back", why=why(planning.language, error)))

    @staticmethod
    def _told(planning: _Planning, tool: Tool) -> str:
        return (tool.declaration.summary_zh if planning.language == "zh" else tool.summary).rstrip(".。")

    def _name(self) -> str:
        """The model as its server names it; a path on a server is nobody's business."""
        named = [e.model for e in self.endpoint.exchanges if e.model]
        return (named[-1] if named else self.endpoint.model).rpartition("/")[2]

    def _billions(self) -> float | None:
        """How many parameters the model has, by its name."""
        size = re.search(r"(?<![\d.])(\d+(?:\.\d+)?)\s*([bm])(?![a-z])", self.endpoint.model, re.I)
        return float(size[1]) * (1.0 if size[2].lower() == "b" else 1e-3) if size else None

    def _is_tiny(self) -> bool:
        """Whether the model is too small to draft: by its name, or, where that says nothing, by standing on this machine."""
        if (billions := self._billions()) is not None:
            return billions < _TINY
        host = urlsplit(self.endpoint.base_url or "").hostname or ""
        return host in ("127.0.0.1", "::1", "localhost")
