"""Choices that a question makes in words: a circular orbit, no trend, velocities in km/s.

A choice is said by its value (``circular``) or by what is done with its subject (``leave the trend out``).  Of the latter only the words that stand right
beside the subject count, so that ``no plots`` refuses no trend; each refusal among them turns the meaning round, as in ``don't drop flagged cadences``.
What is asked or supposed is not chosen.

Longer than other modules: values, subjects and doubt are three readings of one sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from gnomon.agents.embedded.columns import any_of, find_column
from gnomon.agents.embedded.words import words
from gnomon.agents.understanding.grammar import normalised, spellings_of, whole
from gnomon.agents.understanding.slot import Slot
from gnomon.agents.understanding.understand import Understanding
from gnomon.knowledge.glossary import load
from gnomon.tools.registry import Parameter, Tool

_SENTENCE = re.compile(r"[.;!](?=\s|$)|[?？。；！\n]|\s(?=(?:but|and then)\s)|(?=但|不过(?!滤))")
_COMMA = re.compile(r"[,，](?!\d)")
# A verb and its denial side by side ask, and deny nothing: 会不会, 能不能, 有没有.
_EITHER = re.compile(r"(?P<verb>[\u4e00-\u9fff])[不没](?P=verb)")
_GENERAL = ("auto", "yes", "no", "none", "default")
_TOGETHER = r"(?:[,，、/&+]|\band\b|\bor\b|\bnor\b|和|或|及|与|以及|还有)"
# Where what is said after the subject has to end.
_END = r"(?=\s*(?:$|[,，、.:)）\"”]|\b(?:and|or|please|in|for|from|as|with|when|while|because|so|this|here|too|whatever|at|no|all|of)\b|[吧的哦啊呢而和并]))"
# Values said in some unit, as against an answer that is wanted in it.
_WANTED_IN = re.compile(
    r"\b(?:give|report|express|convert|answer|quote|show|list|want|plot|draw|print|output|tell)\b[^,;.]*$"
    r"|(?:给出|换算|转换|表示|画|输出|报告)[^，。；]*$",
    re.I,
)
_RESULT = re.compile(
    r"(?:\b(?:amplitudes?|semi-?amplitudes?|jitters?|rms|residuals?|axis|axes|plots?|figures?|answers?|results?|scatter|precision|limits?|slopes?|accelerations?"
    r"|noise|(?:systemic|rotation(?:al)?|orbital|escape|space|peculiar|gamma) (?:velocity|velocities|speed))\b|(?-i:\bK\b)|(?:系统|自转|轨道|逃逸)速度|半振幅|振幅|抖动|残差|结果|坐标轴|轴|图|精度)",
    re.I,
)


@dataclass(frozen=True)
class _Sentence:
    """A sentence, where it starts in the question, and whether it ends as a question does."""

    text: str
    start: int
    asks: bool


def find_choices(understood: Understanding, tools: Iterable[Tool]) -> list[tuple[Tool, Parameter, Slot]]:
    """The choices and columns that a question names, for the arguments that take them."""
    found: list[tuple[Tool, Parameter, Slot]] = []
    question = _without_queries(understood)
    for tool in tools:
        fetched = "read_network" in tool.effects
        for parameter in tool.arguments:
            slot = None
            if parameter.type == "choice" and parameter.many:
                # Each one that is named, once: imaging and spectroscopy.
                several = {s.value: s for s in reversed(all_chosen(question, parameter, fetched=fetched))}
                found += [(tool, parameter, s) for s in sorted(several.values(), key=lambda s: s.start)]
            elif parameter.type == "choice":
                slot = _joined(all_chosen(question, parameter, fetched=fetched), parameter, fetched=fetched)
            elif parameter.type == "str" and parameter.name.endswith("_column"):
                slot = find_column(question, parameter.name)
            if slot is not None:
                found.append((tool, parameter, slot))
    return found


# A value that stands for all others together.
_ALL = ("all", "any", "both")


def _joined(chosen: list[Slot], parameter: Parameter, *, fetched: bool) -> Slot | None:
    """The choice that is made; of several, the one that means all of them where there is such a one."""
    whole_ = next((c for c in parameter.choices if c in _ALL), "")
    if whole_ and len({s.value for s in chosen}) > 1:
        return replace(chosen[0], value=whole_)
    return chosen[-1 if fetched else 0] if chosen else None


def _without_queries(understood: Understanding) -> str:
    """The question with blanks where a query stands, whose words choose nothing."""
    text = understood.question
    for slot in understood.of_type("adql", "address"):
        text = text[: slot.start] + " " * (slot.end - slot.start) + text[slot.end :]
    return text


def all_chosen(question: str, parameter: Parameter, *, fetched: bool = False) -> list[Slot]:
    """Every choice that the question makes for a parameter, in the order of the question; of what is `fetched`, also those it asks for."""
    slots = []
    for sentence in _sentences(question):
        for first, last, choice in sorted(set(_chosen(sentence, parameter, fetched))):
            start, end = sentence.start + first, sentence.start + last
            slots.append(Slot("choice", question[start:end], start, end, choice, name=parameter.name).inside(question))
    return slots


def _sentences(question: str) -> Iterator[_Sentence]:
    text = normalised(question).replace("’", "'")
    position = 0
    for match in [*_SENTENCE.finditer(text), None]:
        end = match.start() if match else len(text)
        if text[position:end].strip():
            stop = match[0] if match else ""
            yield _Sentence(text[position:end], position, stop in ("?", "？") or _opens_as_question(text[position:end]))
        position = match.end() if match else end


def _chosen(sentence: _Sentence, parameter: Parameter, fetched: bool) -> Iterator[tuple[int, int, str]]:
    if any("/" in choice for choice in parameter.choices):
        yield from _by_unit(sentence, parameter)
        return
    yield from _by_value(sentence, parameter, fetched)
    own = _patterns(parameter.name)
    if not any(re.search(own[c], sentence.text, re.I) for c in parameter.choices if c in own and c not in _GENERAL):
        yield from _by_will(sentence, parameter)


# ---------------------------------------------------------------- by the value


def _by_unit(sentence: _Sentence, parameter: Parameter) -> Iterator[tuple[int, int, str]]:
    """A unit: of the values in the file, not of a number, and not of the answer."""
    said = []
    for choice in parameter.choices:
        spelled = "|".join(re.escape(w) for w in sorted(spellings_of(choice), key=len, reverse=True))
        pattern = (
            rf"(?P<link>(?<![A-Za-z])(?:in|as) |为|是|用|[:：=])?\s*(?<![\d./A-Za-z千公])(?:{spelled})(?![A-Za-z/])"
        )
        for match in re.finditer(pattern, sentence.text, re.I) if "/" in choice else ():
            before, after = sentence.text[: match.start()], sentence.text[match.end() :]
            bracketed = re.search(r"[(\[]\s*$", before) is not None
            clause = before + after if bracketed else _COMMA.split(before)[-1]
            refused = re.search(rf"{_cues('before', 'refuse')}\s*(?:in |the |用|是)?\s*$", before, re.I)
            if re.search(r"(?:[\d.]|\bor|还是?|或)\s*$", before) or _WANTED_IN.search(clause) or refused:
                continue
            if _doubtful(sentence, match.start(), match.end()):
                continue
            unit_alone = not re.search(rf"(?!units?\b|单位)(?:{_subject(parameter.name)})", clause, re.I)
            if unit_alone and (
                _WANTED_IN.search(before.replace(",", " ").replace("，", " ")) or _RESULT.search(before)
            ):
                continue
            speaks = [m.end() for m in re.finditer(_subject(parameter.name), clause, re.I)]
            results = [m.end() for m in _RESULT.finditer(_COMMA.split(before)[-1])]
            if results and max(results) >= max(speaks, default=-1):
                continue
            following = re.match(
                rf"\s*(?:in there|(?:in |for )?(?:the |this |that )?(?:{_subject(parameter.name)}))", after, re.I
            )
            follows = clause.strip(" ,，") in ("", "but") and match["link"]  # not km/s, but in m/s
            if speaks or following or follows or match["link"] == "in ":
                said.append((match.start(), match.end(), choice))
    if len({choice for _a, _b, choice in said}) < 2 or not re.search(r"\bor\b|还是|或", sentence.text):
        yield from said


def _by_value(sentence: _Sentence, parameter: Parameter, fetched: bool) -> Iterator[tuple[int, int, str]]:
    """A choice that is named itself, where its words say so alone or the sentence speaks of what it is a choice of."""
    own = _patterns(parameter.name)
    for choice in parameter.choices:
        if choice in _GENERAL:
            continue
        terms = _terms_of(choice)
        pattern = own.get(choice) or "|".join(map(whole, [choice, *terms]))
        # What bears a name is meant wherever it is named, and however it is asked about.
        named = re.search(r"[A-Z]{2}|^[A-Z].*[a-z]|^[A-Z]\d$", choice) is not None
        if (
            choice not in own
            and not terms
            and not named
            and not re.search(_subject(parameter.name), sentence.text, re.I)
        ):
            continue
        for match in re.finditer(pattern, sentence.text, re.I):
            first, last = match.span()
            # So is what is only looked for: "are there images?" asks for images.
            looked_for = named or fetched
            if _refused_value(sentence.text, match) or (not looked_for and _doubtful(sentence, first, last)):
                continue
            yield first, last, choice


def _refused_value(text: str, match: re.Match[str]) -> bool:
    """Whether a value is said not to be it, to be replaced, or to be one of another argument."""
    before, after = text[: match.start()], text[match.end() :]
    if match.re.groupindex.get("so") and match["so"]:
        return False  # its words say the whole: keep those without a partner
    stance = _stance(text, *match.span(), alone=True)
    if (stance and stance[0] < 0) or re.search(_choosing("replaced"), after, re.I):
        return True
    if re.search(_choosing("supposed"), match[0], re.I):
        return True
    said = _EITHER.sub("", match[0])
    if re.search(_cues("before", "refuse"), said, re.I) and not re.search(_choosing("e") + "$", match[0], re.I):
        return True
    if re.search(_choosing("left"), before, re.I) and re.search(r"\bto\b|到|改|换", after, re.I):
        return True
    if re.search(_choosing("e"), match[0], re.I) or not re.search(_choosing("is_prior"), match[0], re.I):
        return False
    if not re.search(_choosing("of_priors"), text, re.I):
        return True  # points distributed uniformly
    others = _choosing("others")
    clause = _COMMA.split(before)[-1] + match[0] + _COMMA.split(after)[0]
    of_other = re.match(rf"\s*(?:on|for|in|of) (?:the |all )?{others}(?![a-z])", after, re.I)
    return bool(of_other) or (
        re.search(others, clause, re.I) is not None and not re.search(_choosing("e"), clause, re.I)
    )


# ---------------------------------------------------------------- by what is done with the subject


def _by_will(sentence: _Sentence, parameter: Parameter) -> Iterator[tuple[int, int, str]]:
    """Yes or no, by what is said to be done with what the argument is about."""
    yes = next((c for c in ("yes", "default") if c in parameter.choices), "")
    no = next((c for c in ("no", "none") if c in parameter.choices), "")
    implied = words()["choosing"]["no_means"].get(parameter.name, "")
    by, text = _patterns(parameter.name).get("by", ""), sentence.text
    described: list[tuple[int, int]] = []
    if implied in parameter.choices and not re.search(_choosing("outputs"), text, re.I):
        no = implied
    for key, subject in _subjects(parameter):
        for match in re.finditer(subject, text, re.I):
            first, last = match.span()
            if any(a < last and first < b for a, b in described):
                continue
            described.append((first, last))
            if _doubtful(sentence, first, last) or _elsewhere(text, first, last):
                continue
            value = _valued(text, last, parameter)
            if value:
                yield first, value[0], value[1]
                continue
            stance = _stance(text, first, last, by=by)
            if stance and stance[0] > 0 and re.search(_choosing("shows"), text[:first], re.I):
                continue  # plot it with the trend
            if stance is None and key == "yes":
                stance = 1, first, last
            if stance is None and key == "about" and _beside_others(sentence, first):
                stance = 1, first, last
            if stance is not None:
                sign = -stance[0] if key == "points" else stance[0]
                if chosen := yes if sign > 0 else no:
                    yield stance[1], stance[2], chosen


def _subjects(parameter: Parameter) -> Iterator[tuple[str, str]]:
    """What speaks of an argument, the closest descriptions first, each with the part it plays."""
    own = _patterns(parameter.name)
    for key in ("points", "clean", "yes"):
        if key in own:
            yield key, own[key]
    about = own.get("about") or _subject(parameter.name)
    yield "about", f"{about}|{whole(parameter.name)}" if "_" in parameter.name else about


def _valued(text: str, end: int, parameter: Parameter) -> tuple[int, str] | None:
    """What is set after the name: ``trend: no``."""
    values = words()["choosing"]["values"]
    spoken = {
        **dict.fromkeys(values["refuse"], -1),
        **dict.fromkeys(values["want"], 1),
        **dict.fromkeys(parameter.choices, 0),
    }
    listed = "|".join(whole(w) for w in sorted(spoken, key=len, reverse=True))
    match = re.match(
        rf"\s*(?:terms? |项)?(?:(?:is |are |be )?(?:set|fixed|held|kept|frozen|forced) )?"
        rf"(?:(?:[:=]|to\b|at\b|→|设为|设成|设置为|选|取|为|改为|改成)\s*[\"'“]?|(?=\s*(?:{listed})\s*(?:[,，;；、]|$))\s*)(?P<value>{listed})(?![.\d])",
        text[end:],
        re.I,
    )
    if match is None:
        return None
    value = match["value"].lower()
    if value in parameter.choices:
        return end + match.end(), value
    wanted = ("yes", "default") if spoken[value] > 0 else ("no", "none")
    choice = next((c for c in wanted if c in parameter.choices), None)
    return (end + match.end(), choice) if choice else None


def _beside_others(sentence: _Sentence, first: int) -> bool:
    """Whether a subject is one of several things that are wanted: ``fit two planets and a slope``."""
    before = sentence.text[:first]
    if re.search(_choosing("together"), before, re.I):
        return True
    plain = not sentence.asks and not re.search(_choosing("outputs"), sentence.text, re.I)
    return plain and re.search(_choosing("alone"), before, re.I) is not None


def _elsewhere(text: str, first: int, last: int) -> bool:
    return bool(
        re.search(_choosing("elsewhere"), text[last:], re.I) or re.search(_choosing("instrumental"), text[:first], re.I)
    )


def _stance(text: str, first: int, last: int, by: str = "", alone: bool = False) -> tuple[int, int, int] | None:
    """Whether what stands at a place is wanted (1) or refused (-1), and where the words begin and end that say so.

    `by` says that something is done by means of it, as in ``don't drop points by their flags``; ``alone`` where what is said of other things beside it does
    not count.
    """
    before, after = text[:first], text[last:]
    means = re.search(by, before, re.I) if by else None
    if means:
        said, shared = [*_before(before[: means.start()])[0], (means.start(), first, 1)], False
    else:
        said, shared = _before(before)
    later = [] if means else _after(after)
    listed = not re.search(r"[,，]\s*$", before) or re.match(
        r",?\s*(?:and|or|nor|或|和|及)(?![a-z])", after.lstrip(), re.I
    )
    if shared and (later or alone or not listed):
        said = []  # it has words of its own, or is no item of the same list
    if not said and not later:
        return None
    sign = 1
    for _a, _b, turn in said:
        sign *= turn
    refused = any(turn < 0 for _a, _b, turn in said)
    for a, b, turn in later:
        if turn < 0 and refused and after[a:b].lower() in ("out", "off", "away", "aside") and not _negates(before):
            continue  # throw the trend out: refused once
        sign *= turn
    return sign, min((a for a, _b, _t in said), default=first), last + max((b for _a, b, _t in later), default=0)


def _negates(before: str) -> bool:
    return re.search(r"\b(?:not|never|don't|dont|without|won't)\b|n't\b|不|别", before[-40:], re.I) is not None


def _before(before: str) -> tuple[list[tuple[int, int, int]], bool]:
    """The words right before a subject that refuse or want it, and whether it shares them with another one."""
    match = re.search(_run("before"), before, re.I)
    if match is None:
        return [], False
    parts = _split(match[0], match.start())
    own = _turns("before", parts[-1])
    if own or len(parts) == 1 or re.search(r"\ban?\b|一个|一条", parts[-1][0], re.I):
        return own, False
    return next((t for p in parts[-2::-1] if (t := _turns("before", p))), []), True


def _after(after: str) -> list[tuple[int, int, int]]:
    match = re.match(_run("after"), after, re.I)
    if match is None:
        return []
    return next((t for p in _split(match[0], 0) if (t := _turns("after", p))), [])


def _split(run: str, start: int) -> list[tuple[str, int]]:
    """The parts of a run of words between other subjects."""
    out, position = [], 0
    for match in [*re.finditer(_any_subject(), run, re.I), None]:
        end = match.start() if match else len(run)
        out.append((run[position:end], start + position))
        position = match.end() if match else end
    return out


def _turns(side: str, part: tuple[str, int]) -> list[tuple[int, int, int]]:
    """Each word of a part that refuses (-1) or wants (1), with its place."""
    run, start = part
    out = []
    for match in re.finditer(_word(side), run, re.I):
        kind = _kinds(side).get(_folded(match[0]), "beside")
        if kind != "beside":
            out.append((start + match.start(), start + match.end(), -1 if kind == "refuse" else 1))
    return out


# ---------------------------------------------------------------- doubt


def _opens_as_question(text: str) -> bool:
    asks = rf"\W*(?!do\b|how\b|what\b|which\b|when\b|where\b|who\b)(?:{_choosing('question')})"
    return re.match(asks, text.strip(), re.I) is not None


def _doubtful(sentence: _Sentence, first: int, last: int) -> bool:
    """Whether a sentence asks or supposes what stands at a place."""
    before, after = sentence.text[:first], sentence.text[last:]
    if re.search(_choosing("doubt"), before, re.I) or re.search(_choosing("doubt_after"), after, re.I):
        return True
    guess = re.search(_choosing("guess"), before, re.I)
    governs = _choosing("governs")
    if guess and not re.search(governs, guess["between"] or "", re.I):
        return True
    if re.search(_choosing("asked_zh"), sentence.text) and not re.search(_choosing("request_zh"), sentence.text):
        return not _COMMA.search(after)
    if not sentence.asks:
        return False
    if re.search(_choosing("advice"), before, re.I):
        return True
    asked = [m for m in re.finditer(_choosing("question"), before, re.I) if not _COMMA.search(before[m.end() :])]
    return bool(asked) and not re.search(governs, before[asked[-1].end() :], re.I)


# ---------------------------------------------------------------- words


def _choosing(key: str) -> str:
    """A regular expression for something that is said around choices."""
    return _with_e(words()["choosing"][key])


def _with_e(pattern: str) -> str:
    return pattern.replace("{e}", words()["choosing"]["e"])


@cache
def _patterns(name: str) -> dict[str, str]:
    """What says the choices of an argument, as regular expressions."""
    listed: dict[str, Any] = words()["choosing"]["patterns"].get(name, {})
    return {str(key): _with_e(value) for key, value in listed.items()}


def _listed(side: str, kind: str) -> tuple[str, ...]:
    both = words()["choosing"][side][kind]
    return tuple(map(str, [*both["en"], *both["zh"]]))


@cache
def _cues(side: str, kind: str) -> str:
    return any_of(_listed(side, kind))


@cache
def _kinds(side: str) -> dict[str, str]:
    """What each word does that may stand beside a subject."""
    return {_folded(w): kind for kind in ("beside", "want", "refuse") for w in _listed(side, kind)}


@cache
def _word(side: str) -> str:
    return any_of(tuple(_kinds(side)))


def _folded(word: str) -> str:
    return re.sub(r"[ -]", " ", word.lower())


@cache
def _run(side: str) -> str:
    """Words that belong to a subject, up to it or from it on; others may share them."""
    if side == "before":
        return rf"(?:(?>{_word(side)}|(?:{_any_subject()})\s*{_TOGETHER})[\s\"'“”-]*)+$"
    shared = rf"{_TOGETHER}\s*(?:the |an? |its )?(?:{_any_subject()})"
    return rf"\s*(?:(?>{_word(side)}|{shared})[\s\"'“”-]*)+{_END}"


@cache
def _any_subject() -> str:
    """What is refused and wanted side by side."""
    own = [_patterns(name) for name in words()["choosing"]["patterns"]]
    return "|".join([*(p[key] for p in own for key in ("points", "yes", "about") if key in p), _subject("quality")])


@cache
def _any(key: str) -> str:
    listed = words()[key]
    return any_of((*listed["en"], *listed["zh"]))


@cache
def _subject(name: str) -> str:
    """What speaks of an argument: its name's words together, what the glossary says they are, and what people say besides."""
    spoken = {name, name.replace("_", " "), *_terms_of(name), *words()["subjects"].get(name, [])}
    return any_of(tuple(spoken | {w + "s" for w in spoken if w.isascii()}))


@cache
def _terms_of(word: str) -> tuple[str, ...]:
    """What the glossary says for a word that is the key of a term, or the first word of one."""
    out: list[str] = []
    for term in load():
        if term.key == word or term.key.split("_")[0] == word:
            out += [term.en, term.zh, *term.aliases_en, *term.aliases_zh]
    return tuple(w for w in out if len(w) > 2 or not w.isascii())
