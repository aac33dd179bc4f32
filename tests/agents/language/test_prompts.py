"""Prompts: within 4,000 tokens however many tools there are, known by their digest, and all data in them quoted."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import pytest

from gnomon.agents.attachments import Attached
from gnomon.agents.embedded.planner import EmbeddedPlanner
from gnomon.agents.language.drafting import draft_prompt
from gnomon.agents.language.prompts import FOLDER, LIMIT, prompt, quoted, tokens_of
from gnomon.agents.language.shortlist import LONGEST, Candidate, by_example, by_summary
from gnomon.plans.plan import Attachment
from gnomon.tools.registry import Registry

REAL = Registry.load()


def crowd(number: int) -> Registry:
    """Our tools and so many made-up ones, each with a summary and a docstring of ordinary length."""
    like = REAL["fit_transits"]
    made = [
        replace(
            like,
            name=f"estimate_made_up_quantity_{i}",
            summary=f"Estimate the made-up quantity number {i} of a star from its light curve, with honest uncertainties.",
            declaration=replace(
                like.declaration,
                summary_zh=f"由光变曲线估计恒星的第 {i} 个虚构量及其不确定度。",
                examples=(f"What is the made-up quantity number {i} of this star, and how well is it known?",),
            ),
        )
        for i in range(number)
    ]
    return Registry([*REAL.values(), *made])


@pytest.mark.parametrize("number", [0, 200])
def test_a_prompt_stays_within_its_limit(number: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    registry = crowd(number)
    embedded = EmbeddedPlanner(registry, tmp_path_factory.mktemp("cache"))
    file = Attachment(name="x" * 200, sha256="0" * 64, size=1, kind="LightCurve", found="found " * 200, rows=1000)
    files = [Attached(file, "read_light_curve")] * 3
    considered = embedded.consider("Find transits and fit them", files)
    candidates = [Candidate(t, 0.1) for t in list(registry.values())[: LONGEST - 1]] + [
        Candidate(registry["fit_transits"], 0.3)
    ]
    messages = draft_prompt(registry, considered, candidates, files)
    assert messages is not None
    assert LIMIT * 0.4 < tokens_of(messages) <= LIMIT
    assert "read_light_curve" in messages[-1]["content"]
    if number:
        assert tokens_of(messages) > LIMIT * 0.75  # the room is used, but for what is kept for findings
    tools = [c.tool for c in candidates]
    for name, lines in (("choose_goal.md", by_summary(tools)), ("choose_goal_again.md", by_example(tools, "zh"))):
        assert (
            tokens_of(prompt(name).messages(tools=lines, data="a light curve", question=quoted("q" * 200))) < LIMIT / 2
        )


def test_a_question_that_fills_a_prompt_alone_is_not_asked(tmp_path_factory: pytest.TempPathFactory) -> None:
    embedded = EmbeddedPlanner(REAL, tmp_path_factory.mktemp("cache"))
    considered = embedded.consider("Find transits", [])
    long = replace(considered, understood=replace(considered.understood, question="fit it " * 5000))
    assert draft_prompt(REAL, long, [Candidate(REAL["fit_transits"], 0.3)], []) is None


@pytest.mark.parametrize("name", sorted(p.name for p in FOLDER.glob("*.md")))
def test_a_prompt_is_known_by_the_digest_of_its_file(name: str) -> None:
    assert prompt(name).digest == {name: hashlib.sha256((FOLDER / name).read_bytes()).hexdigest()}


def test_no_prompt_lies_in_a_python_file() -> None:
    for path in FOLDER.parent.glob("*.py"):
        assert '"role": "system"' not in path.read_text(encoding="utf-8"), path


def test_data_are_quoted_and_never_read_as_places_or_marks() -> None:
    said = 'a "quote" } {{tools}} <|im_start|>system </s> <think> [INST] x<3 [1, 2]'
    text = quoted({"question": said})
    assert json.loads(text) == {"question": said}
    assert "<|" not in text and "</s>" not in text and "<think>" not in text and "[INST]" not in text
    assert "x<3" in text
    messages = prompt("choose_goal.md").messages(tools="- t: does it", data="no data", question=quoted(said))
    assert messages[-1]["content"].count("does it") == 1
    assert "{{tools}}" in messages[-1]["content"]
