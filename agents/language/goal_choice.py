"""Which of a few goals a question means: a model is asked twice, in other words and another order, and must say the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, create_model

from gnomon.agents.language.endpoint import Endpoint
from gnomon.agents.language.prompts import LIMIT, prompt, quoted, tokens_of
from gnomon.agents.language.shortlist import NOT_ENOUGH, SOMETHING_ELSE, Candidate, by_example, by_summary

_MOST_TOKENS = 120


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")


@cache
def _shape(names: tuple[str, ...], *, thinks: bool) -> type[_Closed]:
    allowed: Any = Literal[names]
    # What is wanted, said before the tool is named, is all the thinking that a small model does.
    wanted: dict[str, Any] = {"wanted": (str, ...)} if thinks else {}
    return create_model("ChosenTool", __base__=_Closed, **wanted, tool=(allowed, ...))


@dataclass(frozen=True)
class Choice:
    """What a model said; ``agreed`` is "" where its two answers differ."""

    answers: tuple[str, ...]

    @property
    def agreed(self) -> str:
        """The answer that was given every time."""
        return self.answers[0] if len(self.answers) == 2 and len(set(self.answers)) == 1 else ""


def choose_goal(
    endpoint: Endpoint, question: str, language: str, data: str, candidates: Sequence[Candidate]
) -> Choice | None:
    """Ask for the goal of a question.

    Parameters
    ----------
    endpoint : Endpoint
    question : str
    language : {"en", "zh"}
    data : str
        What is at hand, in words.
    candidates : sequence of Candidate

    Returns
    -------
    Choice or None
        None where the question is too long to be asked.

    Raises
    ------
    LanguageError
        Where there is no usable answer.
    """
    names = sorted(c.tool.name for c in candidates)
    tools = {c.tool.name: c.tool for c in candidates}
    # In the order of the alphabet and against it, for small models like what stands first or last.
    asked = (
        ("choose_goal.md", by_summary([tools[n] for n in names])),
        ("choose_goal_again.md", by_example([tools[n] for n in reversed(names)], language)),
    )
    answers: list[str] = []
    for name, lines in asked:
        text = prompt(name)
        messages = text.messages(tools=lines, data=data, question=quoted(question))
        if tokens_of(messages) > LIMIT:
            return None
        shape = _shape((*names, SOMETHING_ELSE, NOT_ENOUGH), thinks=not answers)
        reply = endpoint.choose(messages, shape, _MOST_TOKENS, prompts=text.digest)
        answers.append(str(reply.value.model_dump()["tool"]))
        if answers[0] == NOT_ENOUGH:
            break  # a second question would not help
    return Choice(tuple(answers))
