"""Replies: what comes of something that was said, for whatever shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from gnomon.agents.follow_ups.options import Option
from gnomon.plans.plan import Plan
from gnomon.plans.plan_difference import PlanDifference

Kind = Literal["plan", "ran", "waits", "rejected", "stopped", "explained", "runs", "asks", "told", "error", "left"]


@dataclass(frozen=True)
class Reply:
    """What comes of something that was said.

    Parameters
    ----------
    kind : str
        ``plan`` (one is shown and waits for a decision), ``ran`` (it ran, and this is its answer), ``waits`` (its run waits for an approval that cannot
        be given here), ``rejected``, ``stopped``, ``explained`` (from a run's record), ``runs`` (earlier ones), ``asks`` (a question back), ``told``,
        ``error`` or ``left``.
    text : str
        Sentences, in the language of what was said.
    plan : Plan, optional
        The plan that is shown.
    difference : PlanDifference, optional
        What differs between it and the one before.
    alternatives : tuple of Option
        Other plans, the one shown among them.
    run : dict, optional
        ``run``, ``status``, ``answer``, ``results``, ``warnings`` and ``report`` of the run that this is about.
    options : tuple of Option
        What may be chosen, by number.
    remembered : tuple of str
        What earlier runs remind of, a sentence each; they are no part of the plan.
    """

    kind: Kind
    text: str
    plan: Plan | None = None
    difference: PlanDifference | None = None
    alternatives: tuple[Option, ...] = ()
    run: dict[str, Any] | None = None
    options: tuple[Option, ...] = ()
    remembered: tuple[str, ...] = ()

    def document(self) -> dict[str, Any]:
        """JSON form, as ``gnomon chat --json`` prints it on a line."""
        return {
            "kind": self.kind,
            "text": self.text,
            "plan": self.plan.document() if self.plan else None,
            "difference": self.difference.document() if self.difference else None,
            "alternatives": [o.label for o in self.alternatives],
            "run": self.run,
            "options": [o.label for o in self.options],
            **({"remembered": list(self.remembered)} if self.remembered else {}),
        }
