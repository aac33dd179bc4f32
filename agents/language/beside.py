"""The language model beside the embedded planner: whether there is one, whether it may be reached, and what is said of that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from gnomon.agents.attachments import Attached
from gnomon.agents.embedded.planner import Alternative, EmbeddedPlanner
from gnomon.agents.language.budget import Budget
from gnomon.agents.language.endpoint import Endpoint
from gnomon.agents.language.errors import LanguageError
from gnomon.agents.language.exchange import Message
from gnomon.agents.language.planner import LanguagePlanner
from gnomon.agents.language.prompts import prompt
from gnomon.agents.language.prose import write_paragraph
from gnomon.agents.language.sentences import sentence
from gnomon.agents.language.settings import LanguageSettings
from gnomon.plans.plan import Plan
from gnomon.plans.policy import Policy
from gnomon.tools.errors import UsageError
from gnomon.tools.registry import Registry

Name = Literal["auto", "embedded", "language"]


@dataclass(frozen=True)
class Beside:
    """Who plans.

    Parameters
    ----------
    embedded : EmbeddedPlanner
    planner : LanguagePlanner or None
        None where there is no language model, or it may not be reached.
    forbidden : str
        Host of a language model that may not be reached; "" where none is forbidden.
    prose : bool
        Whether the model writes a paragraph for the report.
    """

    embedded: EmbeddedPlanner
    planner: LanguagePlanner | None = None
    forbidden: str = ""
    prose: bool = False

    def plan(self, question: str, files: Sequence[Attached]) -> Plan:
        """The plan for a question; raises as `EmbeddedPlanner.plan`."""
        if self.planner is not None:
            return self.planner.plan(question, files)
        return self._told(self.embedded.plan(question, files))

    def alternatives(self, question: str, files: Sequence[Attached]) -> list[Alternative]:
        """Up to three plans for a question; raises as `EmbeddedPlanner.plan`."""
        if self.planner is not None:
            return self.planner.alternatives(question, files)
        return [replace(a, plan=self._told(a.plan)) for a in self.embedded.alternatives(question, files)]

    def record(self) -> dict[str, Any] | None:
        """The record of the last planning; None where no language model takes part."""
        return None if self.planner is None else self.planner.record()

    def write_paragraph(self, folder: Path, plan: Plan) -> None:
        """Let the model add a paragraph to the report in a run's folder, where a person wants that."""
        if self.planner is not None and self.prose:
            write_paragraph(self.planner.endpoint, folder, plan, self.planner.registry)

    def _told(self, plan: Plan) -> Plan:
        if not self.forbidden:
            return plan
        said = sentence(plan.language, "offline", host=self.forbidden)
        return plan.model_copy(update={"assumptions": [*plan.assumptions, said]})


def beside(
    name: Name,
    settings: LanguageSettings | None,
    embedded: EmbeddedPlanner,
    registry: Registry,
    policy: Policy,
    *,
    offline: bool = False,
) -> Beside:
    """Who plans, by what a person set and the policy allows; ``offline`` is as a policy that denies the network.

    Raises
    ------
    UsageError
        Where a language model is asked for, and there is none or it may not be reached.
    """
    settings = settings or LanguageSettings()
    if name == "embedded" or (name == "auto" and not settings.is_set):
        return Beside(embedded)
    # A model on this machine is no network; any other one hears the question, whatever the steps may do.
    denied = offline or policy.effects.get("read_network") == "deny"
    if settings.is_set and denied and not settings.is_local:
        if name == "language":
            raise UsageError(
                f"The language model at {settings.host} is not on this machine, and the network is denied.",
                remedy="Leave --offline out, or serve a model on 127.0.0.1, or plan with --planner embedded.",
            )
        return Beside(embedded, forbidden=settings.host)
    endpoint = Endpoint.of(settings)
    planner = LanguagePlanner(registry, embedded, endpoint, style=settings.style, policy=policy)
    return Beside(embedded, planner, prose=settings.prose)


def examine(settings: LanguageSettings) -> tuple[str, str, str]:
    """State, finding and remedy for ``gnomon doctor``; the key is in none of them.  Asks a model that is set up for one word."""
    if not settings.is_set:
        return (
            "absent",
            "none is set up; none is needed",
            "Set GNOMON_MODEL, and OPENAI_BASE_URL or OPENAI_API_KEY.",
        )
    where = f"{settings.model} at {settings.host}"
    quick = replace(settings, retries=0, timeout=min(settings.timeout, 20.0), deadline=min(settings.deadline, 20.0))
    asked: list[Message] = prompt("say_ready.md").messages()
    try:
        endpoint = Endpoint.of(quick, budget=Budget(requests=2))
        endpoint.write(asked, 60, prompts=prompt("say_ready.md").digest)
        named = endpoint.exchanges[-1].model
        endpoint.close()
    except LanguageError as error:
        return "broken", f"{where}: {error.what}", error.remedy
    return "works", f"{where} answers" + (f" as {named}" if named and named != settings.model else ""), ""
