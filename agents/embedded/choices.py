"""Choices that a question makes in words: a circular orbit, no trend, velocities in km/s."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from gnomon.agents.embedded.columns import find_column
from gnomon.agents.embedded.tokens import content_tokens
from gnomon.agents.embedded.words import words
from gnomon.agents.understanding.grammar import spellings_of, whole
from gnomon.agents.understanding.slot import Slot
from gnomon.agents.understanding.understand import Understanding
from gnomon.knowledge.glossary import load
from gnomon.tools.registry import Parameter, Tool

_CLAUSE = re.compile(r"[,;.，。；?？!！](?!\d)|\s(?:but|and then)\s")
_GENERAL = ("auto", "yes", "no", "none", "default")
# Values said in some unit, as against an answer that is wanted in it.
_WANTED_IN = re.compile(
    r"\b(?:give|report|express|convert|answer|quote|show|list|want)\b[^,;.]*$|(?:给出|换算|表示|转换)[^，。；]*$", re.I
)


def find_choices(understood: Understanding, tools: Iterable[Tool]) -> list[tuple[Tool, Parameter, Slot]]:
    """The choices and columns that a question names, for the arguments that take them."""
    found: list[tuple[Tool, Parameter, Slot]] = []
    for tool in tools:
        for parameter in tool.arguments:
            slot = None
            if parameter.type == "choice":
                slot = _chosen(understood.question, parameter)
            elif parameter.type == "str" and parameter.name.endswith("_column"):
                slot = find_column(understood.question, parameter.name)
            if slot is not None:
                found.append((tool, parameter, slot))
    return found


def _clauses(question: str) -> Iterable[tuple[int, str]]:
    position = 0
    for match in [*_CLAUSE.finditer(question), None]:
        end = match.start() if match else len(question)
        yield position, question[position:end]
        position = match.end() if match else end


def _chosen(question: str, parameter: Parameter) -> Slot | None:
    return next(iter(all_chosen(question, parameter)), None)


def all_chosen(question: str, parameter: Parameter) -> list[Slot]:
    """Every choice that the question makes for a parameter, clause by clause."""
    slots = []
    for start, clause in _clauses(question):
        found = _by_value(clause, parameter) or _by_will(clause, parameter)
        if found is not None:
            first, last, choice = found
            slot = Slot(
                "choice",
                question[start + first : start + last],
                start + first,
                start + last,
                choice,
                name=parameter.name,
            )
            slots.append(slot.inside(question))
    return slots


def _by_value(clause: str, parameter: Parameter) -> tuple[int, int, str] | None:
    """A choice that is named itself, where the clause speaks of what it is a choice of, or the word says so alone."""
    for choice in parameter.choices:
        if choice in _GENERAL:
            continue
        if "/" in choice:  # a unit: of the values in the file, not of a number, and not of the answer
            spelled = "|".join(re.escape(w) for w in sorted(spellings_of(choice), key=len, reverse=True))
            match = re.search(
                rf"(?<![\d./A-Za-z千公])(?:in |为|是|用|[:：])?\s*(?:{spelled})(?![A-Za-z/])", clause, re.I
            )
            clear = match and not re.search(r"[\d.]\s*$", clause[: match.start()])
            if clear and not _WANTED_IN.search(clause[: match.start()]):
                speaks = re.search(_subject(parameter.name), clause, re.I)
                if speaks or match[0].startswith("in ") or "in there" in clause:
                    return match.start(), match.end(), choice
            continue
        terms = _terms_of(choice)
        match = re.search("|".join(map(whole, [choice, *terms])), clause, re.I)
        speaks = match and (terms or re.search(_subject(parameter.name), clause, re.I))
        if speaks and not re.search(_any("negation") + r"\s*(?:an?\s)?\s*$", clause[: match.start()], re.I):
            return match.start(), match.end(), choice
    return None


def _by_will(clause: str, parameter: Parameter) -> tuple[int, int, str] | None:
    """Yes or no, by what is said to be done with what the argument is about."""
    subject = re.search(_subject(parameter.name), clause, re.I)
    if (
        subject is None
        and len(content_tokens(re.split(r"[.;,]", parameter.description)[0]) & content_tokens(clause)) >= 2
    ):
        subject = re.search(r"\S.*", clause)  # the clause speaks of it in other words
    if subject is None:
        return None
    before, after = clause[: subject.start()], clause[subject.end() :]
    inside = subject[0]
    refused = (
        re.search(_any("negation") + r"[^,;，；]{0,24}$", before, re.I)
        or re.match(r"[^,;，；]{0,14}?" + _any("negation_after"), after, re.I)
        or re.match(_any("negation"), inside, re.I)
    )
    if refused:
        for value in ("no", "none"):
            if value in parameter.choices:
                return _span(clause, before, after, subject, refused), subject.end(), value
    wanted = (
        re.search(_any("affirmation") + r"[^,;，；]{0,24}$", before, re.I)
        or re.match(r"[^,;，；]{0,8}?" + _any("affirmation_after"), after, re.I)
        or re.match(_any("affirmation"), inside, re.I)
    )
    if wanted and not refused and "yes" in parameter.choices:
        return _span(clause, before, after, subject, wanted), subject.end(), "yes"
    return None


def _span(clause: str, before: str, after: str, subject: re.Match[str], said: re.Match[str]) -> int:
    """Where the words begin that made the choice."""
    return said.start() if said.string == before else subject.start()


@cache
def _any(key: str) -> str:
    listed = words()[key]
    return "(?:" + "|".join(whole(w) for w in sorted([*listed["en"], *listed["zh"]], key=len, reverse=True)) + ")"


@cache
def _subject(name: str) -> str:
    """What speaks of an argument: its name's words together, what the glossary says they are, and what people say besides."""
    spoken = {name.replace("_", " "), *_terms_of(name), *words()["subjects"].get(name, [])}
    return "|".join(
        whole(w + "s") + "|" + whole(w) if w.isascii() else whole(w) for w in sorted(spoken, key=len, reverse=True)
    )


@cache
def _terms_of(word: str) -> tuple[str, ...]:
    """What the glossary says for a word that is the key of a term, or the first word of one."""
    out: list[str] = []
    for term in load():
        if term.key == word or term.key.split("_")[0] == word:
            out += [term.en, term.zh, *term.aliases_en, *term.aliases_zh]
    return tuple(w for w in out if len(w) > 2 or not w.isascii())
