"""Questions that documents answer: quoted, run, replayed; and what nobody wrote about is said not to be there."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gnomon.agents import literature
from gnomon.agents.conversation import Conversation
from gnomon.knowledge.literature import method_notes
from gnomon.knowledge.literature.ingest import ingest
from gnomon.plans.policy import Policy
from gnomon.plans.replay import replay
from gnomon.plans.run import Run
from gnomon.tools.errors import NeedsAnswer, StoreError
from gnomon.tools.registry import Registry

QUESTIONS = Path(__file__).parents[2] / "eval" / "questions"
BLS = """---
title: Searching for boxes
authors: [Ada Lovelace]
date: 2021
---
# Searching for boxes

Box least squares folds a light curve on many trial periods and fits a box to it.

# Limits

Box least squares fails where red noise makes dips that look like transits. In our tests the completeness is 0.84 ± 0.02.
"""
OTHER = """---
title: Injected transits
authors: [Grace Hopper]
date: 2023
---
# Completeness

Of the injected transits 0.70 ± 0.03 were found for S/N > 10, so the completeness is 0.70 ± 0.03.
"""
ZH = "---\ntitle: 测光红移的误差\nauthors: [张三]\ndate: 2019\n---\n# 误差\n\n测光红移的灾难性误差来自颜色简并，训练样本不足时误差更大。\n"


@pytest.fixture(scope="module")
def conversation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Conversation]:
    folder = tmp_path_factory.mktemp("literature")
    (folder / "notes").mkdir()
    (folder / "boxes.md").write_text(BLS, encoding="utf-8")
    (folder / "photoz.md").write_text(ZH, encoding="utf-8")
    (folder / "injected.md").write_text(OTHER, encoding="utf-8")
    patch = pytest.MonkeyPatch()
    patch.setattr(method_notes, "FOLDER", folder / "notes")
    made = Conversation(folder / "home", Registry.load(), Policy(), check_scripts=False)
    with made.literature.opened() as memory:
        assert {o.state for o in ingest(memory, sorted(folder.glob("*.md")))} == {"added"}
    yield made
    patch.undo()


@pytest.fixture(scope="module")
def answered(conversation: Conversation) -> Callable[[str], Run]:
    """A run that answers a question; each question once."""
    known: dict[str, Run] = {}

    def ask(question: str) -> Run:
        if question not in known:
            run = conversation.ask(question, [])
            assert conversation.decide(run, "approve", "beforehand", who="test") == "done"
            known[question] = run
        return known[question]

    return ask


COMPLETE = "What do the papers say about the completeness of transit searches?"
FAILS = "When does box least squares fail?"


@pytest.mark.parametrize(
    "question",
    [
        FAILS,
        "According to my papers, when does box least squares fail?",
        "What does the literature say about the limits of box least squares?",
        "盒状最小二乘法在什么情况下会失效？",
        "文献中对测光红移的灾难性误差是怎么说的？",
    ],
)
def test_what_documents_say_is_planned_from_words(conversation: Conversation, question: str) -> None:
    plan = conversation.plan(question, [])
    assert [s.tool for s in plan.steps] == ["read_passages", "quote_passages"]
    assert {e for s in plan.steps for e in s.effects} == {"compute"}
    assert [f.kind for f in plan.files] == ["Passages"]
    assert conversation.plan(question, []).hash == plan.hash
    (offered,) = conversation.alternatives(question, [])
    assert offered.plan.hash == plan.hash


def test_every_quotation_is_in_the_report_with_its_source(answered: Callable[[str], Run]) -> None:
    run = answered(FAILS)
    report = (run.folder / "report" / "report.md").read_text(encoding="utf-8")
    assert "fails where red noise makes dips that look like transits" in report
    assert "Lovelace2021" in report and "3 documents were searched" in report
    (written,) = run.events("report.written")
    assert written["receipts"]["unsupported"] == 0 and written["receipts"]["claims"] > 0


def test_values_are_told_and_compared(answered: Callable[[str], Run]) -> None:
    report = (answered(COMPLETE).folder / "report" / "report.md").read_text(encoding="utf-8")
    assert "numbers: completeness 0.84 ± 0.02" in report
    # (0.84 - 0.70) / sqrt(0.02**2 + 0.03**2)
    assert re.search(r"Of completeness, 0\.\d\d ± 0\.0\d .* and 0\.\d\d ± 0\.0\d .* differ by 3\.9 sigma\.", report), (
        report
    )
    (written,) = answered(COMPLETE).events("report.written")
    assert written["receipts"]["unsupported"] == 0


def test_it_is_replayed_without_the_memory(answered: Callable[[str], Run], tmp_path: Path) -> None:
    bundle = shutil.copytree(answered(FAILS).folder, tmp_path / "elsewhere" / "run")
    done = replay(bundle, Registry.load())
    assert done.verdict.startswith("equal"), done.document()


def test_the_answer_to_a_chinese_question_is_chinese(answered: Callable[[str], Run]) -> None:
    run = answered("文献中对测光红移的灾难性误差是怎么说的？")
    report = (run.folder / "report" / "report.md").read_text(encoding="utf-8")
    assert "测光红移的灾难性误差来自颜色简并" in report and "原文引用" in report and "出处" in report


def test_a_file_of_passages_may_be_given(conversation: Conversation, answered: Callable[[str], Run]) -> None:
    run = answered(FAILS)
    (file,) = conversation.plan(FAILS, []).files
    path = conversation.store.path(file.sha256, ".file")
    plan = conversation.plan("What do these say?", [path])
    assert [s.tool for s in plan.steps] == ["read_passages", "quote_passages"] and run.id
    assert "attached passages" in plan.assumptions[0]


def test_what_nobody_wrote_about_is_not_found(conversation: Conversation) -> None:
    with pytest.raises(NeedsAnswer) as back:
        conversation.plan("What does the literature say about the wobble of pulsar timing arrays?", [])
    said = str(back.value)
    assert "has nothing that answers this (3 documents were searched)" in said and "pulsar" in said
    assert "gnomon knowledge add" in said and "Which papers are there on" in said
    assert back.value.why == "outside" and back.value.options


def test_what_no_tool_answers_and_no_document_either_goes_back_as_before(conversation: Conversation) -> None:
    with pytest.raises(NeedsAnswer) as alone:
        conversation.planner.plan("What is a quasar?", [])
    with pytest.raises(NeedsAnswer) as back:
        conversation.plan("What is a quasar?", [])
    assert str(back.value).startswith(alone.value.what)
    assert "The literature memory does not say either" in str(back.value)
    assert (back.value.why, back.value.options) == (alone.value.why, alone.value.options)


@pytest.mark.parametrize(
    "question",
    [
        "Is there a transiting planet?",
        "Which planets orbit the star?",
        "Fit the transits",
        "Why is my light curve so noisy?",
        "帮我拟合凌星",
    ],
)
def test_questions_on_data_at_hand_are_not_looked_up(conversation: Conversation, question: str) -> None:
    with pytest.raises(NeedsAnswer) as back:
        conversation.plan(question, [])
    assert "literature memory" not in str(back.value) and "文献库" not in str(back.value)


def test_no_question_of_the_suites_is_taken_for_one_to_documents() -> None:
    # The files are large, and a YAML parser is slow.
    texts = "\n".join(p.read_text(encoding="utf-8") for p in QUESTIONS.glob("*.yaml"))
    questions = re.findall(r"^(?:- |  )?(?:question|say): [\"'](.*)[\"']$", texts, re.M)
    assert len(questions) > 1000
    asked = [q for q in questions if literature.asks_outright(q)]
    assert not asked


@pytest.mark.parametrize(
    ("question", "left"),
    [
        ("What does the literature say about the false alarm probability?", "the false alarm probability?"),
        ("Which paper says that light travel time is not corrected for?", "light travel time is not corrected for?"),
        ("According to the handbook, what is the read-out noise?", "what is the read-out noise?"),
        ("文献中对虚警概率是怎么说的？", "虚警概率"),
        ("哪篇论文说没有改正光行时？", "没有改正光行时"),
        ("When does it fail?", "When does it fail?"),
        ("What do the papers say?", "What do the papers say?"),
    ],
)
def test_what_is_looked_for_is_the_question_without_the_documents(question: str, left: str) -> None:
    assert left in literature.subject(question)
    assert literature.asks_outright(question) == (literature.subject(question) != question or "papers" in question)


def test_examples_of_the_tool_are_taken_for_questions_to_documents() -> None:
    examples = Registry.load()[literature.GOAL].declaration.examples
    taken = [q for q in examples if literature.asks_outright(q)]
    assert len(taken) >= 0.85 * len(examples), sorted(set(examples) - set(taken))


def test_passages_in_the_store_are_what_the_plan_says(conversation: Conversation) -> None:
    plan = conversation.plan(FAILS, [])
    told = json.loads(conversation.store.path(plan.files[0].sha256, ".file").read_text(encoding="utf-8"))
    with conversation.literature.opened() as memory:
        for passage in told["passages"]:
            text = memory.text_of(memory.named(passage["key"]))
            assert text[passage["start"] : passage["end"]] == passage["text"]


def test_a_memory_that_cannot_be_opened_hides_no_answer(tmp_path: Path) -> None:
    made = Conversation(tmp_path, Registry.load(), Policy(), check_scripts=False, knowledge_server="http://127.0.0.1:9")
    with pytest.raises(NeedsAnswer) as back:
        made.plan("What is a quasar?", [])
    assert "explanations of concepts" in str(back.value) and "cannot be opened" in str(back.value)
    with pytest.raises(StoreError, match="cannot be opened"):
        made.plan("What does the literature say about quasars?", [])
