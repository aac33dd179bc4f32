"""Words: what of a text says what is wanted, without endings and without grammar."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from gnomon.agents.embedded.words import words

_TOKEN = re.compile(r"[a-z]+(?:-[a-z]+)?|[\u4e00-\u9fff]+")


@lru_cache(maxsize=32_768)
def _stem(word: str) -> str:
    for ending in ("ities", "ations", "ation", "ing", "ies", "ity", "es", "ed", "s", "ian"):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return word


def tokens(text: str) -> list[str]:
    """Words without endings, and pairs of neighbouring Chinese characters."""
    return list(_tokens(text))


@lru_cache(maxsize=16_384)
def _tokens(text: str) -> tuple[str, ...]:
    out: list[str] = []
    for match in _TOKEN.finditer(text.lower()):
        run = match[0]
        if run[0].isascii():
            out.append(_stem(run))
        else:
            out.extend(run[i : i + 2] for i in range(max(1, len(run) - 1)))
    return tuple(out)


@cache
def empty_words() -> frozenset[str]:
    """Words that say nothing about what is wanted, in the form that `tokens` gives."""
    empty = words()["empty"]
    return frozenset([*map(_stem, empty["en"]), *empty["zh"]])


def content_tokens(text: str) -> set[str]:
    """The tokens of a text that say something about what is wanted."""
    return {token for token in tokens(text) if token not in empty_words()}


def asks_for_picture(question: str) -> bool:
    """Whether the question has a word that asks for a picture."""
    picture = words()["picture"]
    asked = set(tokens(question))
    return bool(asked & {_stem(w) for w in picture["en"]}) or any(w in question for w in picture["zh"])


@cache
def _acting() -> re.Pattern[str]:
    told = words()["acting"]
    verbs, done = ("|".join(map(re.escape, told[key])) for key in ("verbs", "done"))
    parts = (rf"{told['where']}(?:{verbs})\b", rf"{told['done_where']}(?:{done})\b", told["by"], told["zh"])
    return re.compile("|".join(f"(?:{p})" for p in parts), re.I)


def asks_to_act(question: str) -> bool:
    """Whether the question asks for an act on the world in words: to send, submit, delete."""
    return bool(_acting().search(re.sub(words()["acting"]["idle"], "", question, flags=re.I)))


@cache
def _messaging() -> re.Pattern[str]:
    told = words()["acting"]
    return re.compile(rf"{told['where']}(?:{'|'.join(map(re.escape, told['messages']))})\b|{told['messages_zh']}", re.I)


def asks_for_message(question: str) -> bool:
    """Whether the question asks for a message to somebody, by a word that has no other meaning: email, fax."""
    return bool(_messaging().search(re.sub(words()["acting"]["idle"], "", question, flags=re.I)))


def asks_for_more(question: str) -> bool:
    """Whether the question says that it wants several things: both this and that, besides, as well."""
    return bool(re.search(words()["several"], question, re.I))


def states_what_is_known(part: str) -> bool:
    """Whether a part of a question says what is known already, and asks for nothing."""
    return bool(re.search(words()["known_already"], part, re.I))


def shows_either(question: str) -> bool:
    """Whether the question asks for a picture of what any data have: a phase-folded one, residuals."""
    return bool(re.search(words()["of_either"], question, re.I))


def is_next(question: str, part: str) -> bool:
    """Whether a part of a question says what comes after something else: then, finally."""
    place = question.find(part)
    return place >= 0 and bool(re.search(words()["next"], question[max(place - 12, 0) : place + 10], re.I))


def refuses_pictures(question: str) -> bool:
    """Whether the question says that it wants no pictures."""
    return bool(re.search(words()["no_pictures"], question, re.I))


def without_subject(text: str) -> str:
    """The text with "this" for what papers are to be about: papers on weak lensing measure none."""
    match = re.search(words()["named"]["papers_on"], text, re.I)
    if match is None:
        return text
    group = "about" if match["about"] else "about_zh"
    return f"{text[: match.start(group)]}{'this' if group == 'about' else '此'}{text[match.end(group) :]}"


def without_own_acts(text: str) -> str:
    """The text without what the person, or another one, will do with the answer, which asks for nothing: "that I upload myself", "for the group wiki"."""
    return re.sub(words()["acting"]["own"], " ", text, flags=re.I).strip()


def without_refused_pictures(text: str) -> str:
    """The text without the words that say that no pictures are wanted."""
    return re.sub(words()["no_pictures"], " ", text, flags=re.I)


def preference(question: str) -> str:
    """``fast`` or ``thorough`` where the question says which it prefers, else empty."""
    said = [name for name, pattern in words()["prefers"].items() if re.search(pattern, question, re.I)]
    return said[0] if len(said) == 1 else ""
