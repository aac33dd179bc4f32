"""The plan: steps that name a tool, typed arguments, inputs by reference, cost and effects, under one hash.

A plan is data.  Its identity is the SHA-256 of its canonical JSON; approval, resume, replay and the report all hang on it.
"""

from __future__ import annotations

import re
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from gnomon.plans.canonical import digest
from gnomon.tools.errors import PlanError

FORMAT: Literal[1] = 1
# What is written beside a plan and is no part of it: a stated hash is not believed, and what earlier runs remind of changes nothing.
BESIDE = ("hash", "remembered")


def is_file_name(name: str) -> bool:
    """Whether a text can name a visible file inside a folder, and nothing outside it."""
    return bool(re.fullmatch(r"[^\x00-\x1f\x7f/\\.][^\x00-\x1f\x7f/\\]*", name)) and len(name.encode()) <= 255


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Ref(_Record):
    """The output of a step, or a file that a person attached: the only ways into a step besides its arguments."""

    step: str | None = None
    file: str | None = None

    @model_validator(mode="after")
    def _one(self) -> Ref:
        if (self.step is None) == (self.file is None):
            raise ValueError("a reference names either a step or a file")
        return self

    def __str__(self) -> str:
        return self.step if self.step is not None else f"file {self.file}"


class Attachment(_Record):
    """A file that came with the question, known by its content.

    ``name`` is how the plan speaks of it; where it lies is the store's business.
    """

    name: str = Field(min_length=1)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    size: int = Field(ge=0)
    kind: str
    found: str
    rows: int = 0

    @field_validator("name")
    @classmethod
    def _one_plain_name(cls, name: str) -> str:
        """The name becomes a file's in the run's folder, so it must not lead anywhere else."""
        if not is_file_name(name):
            raise ValueError("the name of a file must be one plain name: no folder, no leading dot, at most 255 bytes")
        return name


class Understood(_Record):
    """One thing that the question says, and what of the plan uses it.

    ``words`` are the question's own; ``value`` is what was understood, in ``unit``; ``used_by`` are arguments, as ``tool.argument``.
    """

    slot: str
    words: str
    value: Any = None
    role: str | None = None
    unit: str | None = None
    name: str | None = None
    note: str | None = None
    used_by: list[str] = Field(default_factory=list)


class Step(_Record):
    """One call of one tool at one version.

    ``cost`` has ``seconds``, and of steps that ask archives ``rows`` and ``bytes`` as far as they are known; ``cost_at_most`` says
    whether these are bounds, and ``cost_why`` how they were reckoned.
    """

    id: str = Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")
    tool: str
    version: str
    arguments: dict[str, Any] = Field(default_factory=dict)
    inputs: dict[str, Ref | list[Ref]] = Field(default_factory=dict)
    kind: str
    effects: list[str]
    cost: dict[str, float]
    cost_at_most: bool | None = None
    cost_why: str | None = None
    why: str = ""
    evidence: list[str] = Field(default_factory=list)

    def refs(self) -> list[Ref]:
        """All references of the step, in the order of its inputs."""
        out: list[Ref] = []
        for value in self.inputs.values():
            out.extend(value if isinstance(value, list) else [value])
        return out

    def needs(self) -> set[str]:
        """Identifiers of the steps this one waits for."""
        return {r.step for r in self.refs() if r.step is not None}


class Plan(_Record):
    """What will be done, and nothing else will be.

    Parameters
    ----------
    question : str
        As the person asked it.
    language : {"en", "zh"}
        Language of the question, and so of the answer.
    goal : str
        The kind wanted.
    assumptions : list of str
        What was taken for granted, in the language of the question.
    missing : list of str
        What could also be had if the person gave more.
    files : list of Attachment
        What came with the question.
    understood : list of Understood, optional
        What the question says, piece by piece; absent where nothing was found in it, or a person wrote the plan.
    not_understood : list of str, optional
        Words of the question of which nothing could be made.
    steps : list of Step
        In an order in which they could run.
    """

    format: Literal[1] = FORMAT
    question: str
    language: Literal["en", "zh"]
    goal: str
    assumptions: list[str] = Field(default_factory=list)
    missing: list[str] = Field(default_factory=list)
    files: list[Attachment] = Field(default_factory=list)
    understood: list[Understood] | None = None
    not_understood: list[str] | None = None
    steps: list[Step]

    @property
    def hash(self) -> str:
        """The plan's identity."""
        return digest(self.model_dump(mode="json", exclude_none=True))

    @property
    def ordered(self) -> list[Step]:
        """The steps in an order in which they can run: as they are written down, but none before what it needs."""
        waiting, done, out = list(self.steps), set[str](), list[Step]()
        while waiting:
            step = next((s for s in waiting if s.needs() <= done), waiting[0])
            waiting.remove(step)
            done.add(step.id)
            out.append(step)
        return out

    def step(self, identifier: str) -> Step:
        """The step of that identifier."""
        return next(s for s in self.steps if s.id == identifier)

    def file(self, name: str) -> Attachment | None:
        """The attachment of that name."""
        return next((f for f in self.files if f.name == name), None)

    @property
    def effects(self) -> list[str]:
        """Effects of all steps, each once."""
        return sorted({e for s in self.steps for e in s.effects})

    @property
    def cost(self) -> dict[str, float]:
        """Costs of all steps added up."""
        total: dict[str, float] = {}
        for step in self.steps:
            for name, amount in step.cost.items():
                total[name] = round(total.get(name, 0.0) + amount, 2)
        return total

    def document(self) -> dict[str, Any]:
        """JSON form with the hash, as ``gnomon plan --json`` prints it."""
        return {**self.model_dump(mode="json", exclude_none=True), "hash": self.hash}

    @classmethod
    def of_document(cls, document: Any) -> Plan:
        """Read the JSON form; a stated hash is not believed, only recomputed.

        Raises
        ------
        PlanError
            Naming the field that is wrong.
        """
        if not isinstance(document, dict):
            raise PlanError(
                "A plan must be a mapping with question, language, goal and steps.",
                remedy="`gnomon plan` writes one to start from.",
            )
        try:
            return cls.model_validate({k: v for k, v in document.items() if k not in BESIDE})
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(p) for p in first["loc"]) or "the plan"
            more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
            raise PlanError(f"{place}: {first['msg']}{more}.", remedy="Mend it and run it again.") from error
