"""Corrections: what somebody says and takes back in the same breath (``1.2 d -- no wait, 0.8 d``; ``five, not three, planets``)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise

from gnomon.agents.understanding.grammar import changed_from, grammar, unit_pattern, whole
from gnomon.agents.understanding.number_words import pattern as number_words
from gnomon.agents.understanding.slot import Role, Slot
from gnomon.knowledge.glossary import find as find_term

# Planets, signals, companions: people say one for the other when they correct their number.
_ALIKE = ("planet", "signal", "companion", "signals", "candidate")
_NUMBERS = ("quantity", "count", "setting")
_PAUSE = r"[\s,，、:：;；.。…—–()（）?？!！-]"
# How far from what takes it back a value may stand, how far in one breath, and how far what is meant from what is not.
_FAR, _NEAR, _BESIDE = 120, 40, 45


@dataclass(frozen=True)
class _Mark:
    """Words that take something back: what comes after them replaces what came before, or (`kind` by its list) is what is not meant."""

    start: int
    end: int
    kind: str


@cache
def _words(*kinds: str) -> str:
    listed = sorted((str(w) for kind in kinds for w in grammar()["corrections"][kind]), key=len, reverse=True)
    return "|".join(whole(w) for w in listed)


@cache
def _afresh() -> re.Pattern[str]:
    """What takes back the value before it."""
    changed = "|".join(sorted(grammar()["changed_to"], key=len, reverse=True))
    others = grammar()["corrections"]["patterns"]
    return re.compile(
        rf"(?P<anywhere>{_words('anywhere')})|(?P<between>{_words('between')}|{changed}|{others})|(?P<after_pause>{_words('after_pause')})",
        re.I,
    )


@cache
def _beside() -> re.Pattern[str]:
    """What says that the value after it is not meant."""
    return re.compile(
        rf"(?P<instead_of>{_words('instead_of')}|(?<=[\w\s])\bthan\b)|(?P<not_but>{_words('not_but')})|(?P<no_need>{_words('no_need')})|(?P<said_once>{_words('said_once')})|(?P<was>{_words('was')})",
        re.I,
    )


@cache
def _number() -> re.Pattern[str]:
    return re.compile(rf"[-+]?\d|(?:{number_words().pattern})", re.I)


@cache
def _following() -> tuple[re.Pattern[str], ...]:
    """What takes a value back, at most a noun and a pause after it."""
    return tuple(
        re.compile(rf"{_PAUSE}*(?:[a-z]+{_PAUSE}+)?(?:{pattern.pattern})", re.I) for pattern in (_afresh(), _beside())
    )


def announced(text: str, start: int, end: int) -> bool:
    """Whether a number in words is to be expected at a place, because it corrects another or is corrected by another: ``sorry, five``.

    Parameters
    ----------
    text : str
    start, end : int
        Where the words stand that may be a number.
    """
    before = text[max(0, start - _NEAR) : start]
    for pattern in (_afresh(), _beside()):
        for match in pattern.finditer(before):
            if _is_bridge(before[match.end() :], ""):
                return True
    for following in _following():
        mark = following.match(text, end)
        if mark and (number := _number().search(text, mark.end(), mark.end() + 16)):
            return _is_bridge(text[mark.end() : number.start()], "")
    return False


def corrected(slots: Sequence[Slot], text: str) -> list[Slot]:
    """The slots without what was taken back; what replaces it has its name, its unit and its end of a range where it says none itself.

    Parameters
    ----------
    slots : sequence of Slot
        All slots of a question.
    text : str
        The question, normalised.

    Returns
    -------
    list of Slot
        In the order of their places.
    """
    kept = sorted(slots, key=lambda s: (s.start, s.end))
    for mark in _marks(text):
        if any(s.start < mark.end and mark.start < s.end for s in kept):
            continue
        kept = (
            _afresh_at(kept, mark, text)
            if mark.kind in ("anywhere", "after_pause", "between")
            else _beside_at(kept, mark, text)
        )
    for old, new in list(pairwise(kept)):
        if (
            old.type in _NUMBERS
            and old.role != "error"
            and changed_from(text, old.start, old.end)
            and _one_thing(old, new)
        ):
            kept = _replaced(kept, [old], [new])
    return kept


def _marks(text: str) -> list[_Mark]:
    """What takes something back, in the order of the text; several such words in a row are one."""
    polite = [m.span() for m in re.finditer(grammar()["corrections"]["polite"], text, re.I)]
    found = [
        _Mark(m.start(), m.end(), m.lastgroup or "")
        for pattern in (_afresh(), _beside())
        for m in pattern.finditer(text)
        if not any(a < m.end() and m.start() < b for a, b in polite)
    ]
    found.sort(key=lambda m: (m.start, -m.end))
    out: list[_Mark] = []
    for mark in found:
        if out and mark.start < out[-1].end:
            # 不是 takes back what came before where a pause follows, and denies what comes after where none does.
            if (
                mark.start == out[-1].start
                and mark.end == out[-1].end
                and not re.match(_PAUSE + r"*[,，。…—]", text[mark.end :])
            ):
                out[-1] = mark
            continue
        joined = out and mark.kind in _AFRESH and out[-1].kind in _AFRESH
        if joined and re.fullmatch(_PAUSE + "*", text[out[-1].end : mark.start]):
            kind = min(mark.kind, out[-1].kind, key=_AFRESH.index)
            out[-1] = _Mark(out[-1].start, mark.end, kind)
        else:
            out.append(mark)
    return out


# The freest first.
_AFRESH = ("anywhere", "between", "after_pause")


# --- what comes after replaces what came before


def _afresh_at(slots: list[Slot], mark: _Mark, text: str) -> list[Slot]:
    said = set(re.findall(r"[a-z]+", text[mark.start : mark.end].lower()))
    # In "no: 1.5 days" the number is of nothing that is called no.
    slots = [replace(s, name="") if s.start >= mark.end and s.name.lower() in said else s for s in slots]
    new = _phrase_from(slots, mark.end, text)
    if not new:
        return slots
    old = _taken_back(slots, new, mark, text)
    if not old or not _is_bridge(text[mark.end : new[0].start], f"{old[-1].before} {old[-1].text} {old[-1].after}"):
        return slots
    return _replaced(slots, old, new)


def _phrase_from(slots: Sequence[Slot], position: int, text: str) -> list[Slot]:
    """The first slot from a place on, with its error, the other end of its range, and its fellows in a list."""
    after = [s for s in slots if s.start >= position]
    return _phrase(after, after[0], text) if after else []


def _phrase(slots: Sequence[Slot], one: Slot, text: str) -> list[Slot]:
    """The slots that were said together with one: of the same words, or in a list with it."""
    own = [s for s in slots if (s.start, s.end) == (one.start, one.end)]
    if one.type not in _NUMBERS or any(s.role in ("min", "max") for s in own):
        return own
    together = list(own)
    for place in (one.start, one.end):
        forward = place == one.end
        while True:
            near = [
                s
                for s in slots
                if s.type == one.type
                and s.role in ("value", "error")
                and (s.unit == one.unit)
                and s not in together
                and re.fullmatch(
                    r"\s*(?:[,，、]|and|和|与|及)\s*(?:and\s*)?",
                    text[place : s.start] if forward else text[s.end : place],
                )
            ]
            if not near:
                break
            together += near
            place = near[0].end if forward else near[0].start
    return sorted(together, key=lambda s: (s.start, s.role == "error"))


def _taken_back(slots: Sequence[Slot], new: list[Slot], mark: _Mark, text: str) -> list[Slot]:
    """What the words of a mark take back: the nearest phrase before it of the same thing."""
    before = [
        s for s in slots if s.end <= mark.start and mark.start - s.end <= (_FAR if mark.kind == "anywhere" else _NEAR)
    ]
    same_name = [s for s in before if new[0].name and s.name and _same_name(s.name, new[0].name)]
    for pool in (same_name, before) if mark.kind == "anywhere" else (before,):
        for slot in sorted(pool, key=lambda s: (s.end, s.role != "error"), reverse=True):
            if mark.kind != "anywhere" and slot.end != max(s.end for s in before):
                break
            if _one_thing(slot, new[0]) and _adjoins(text[slot.end : mark.start], mark, text):
                return _phrase(before, slot, text)
            if slot.type == new[0].type and mark.kind == "anywhere" and slot.type not in _NUMBERS:
                break
    return []


def _adjoins(between: str, mark: _Mark, text: str) -> bool:
    """Whether what takes something back follows it closely enough: at most a few words and a pause."""
    if re.search(r"(?:\bor|或|或者)\s*$", between) and not text[mark.start : mark.end].lower().startswith("or"):
        return False  # 3 d or actually 6 d
    if mark.kind == "anywhere":
        return True
    said = re.sub(rf"(?:{_PAUSE}+(?:{_words('lead_ins')})?)+$", "", between, flags=re.I)
    if (
        re.search(r"[,，;；.。!！?？]", said)
        or len(re.findall(r"[A-Za-z]+", said)) > 4
        or len(re.findall(r"[\u4e00-\u9fff]", said)) > 8
    ):
        return False
    paused = re.search(r"[,，;；:：.。…—–()（）?？!！]|-|、", between[len(said) :])
    return bool(paused) or mark.kind == "between"


@cache
def _leading() -> re.Pattern[str]:
    """Comparatives and the like, which belong to the value that counts."""
    words = {str(w) for key in ("least", "most", "least_of", "most_of", "filler") for w in grammar()[key]}
    return re.compile("|".join(map(whole, sorted(words, key=len, reverse=True))), re.I)


def _is_bridge(between: str, said: str) -> bool:
    """Whether nothing stands between what takes back and what counts but words that lead to it, or that were said of the first value."""
    if re.search(r"[。；;？?]|[.!！](?:\s+\S|$)", between.strip(" .…")) or re.search(r"\d", between):
        return False
    between = _leading().sub(" ", _afresh().sub(" ", between))
    lists = grammar()["corrections"]
    known = {*lists["bridges"], *re.findall(r"[a-z']+", said.lower())}
    words = re.findall(r"[a-z']+", between.lower())
    characters = re.findall(r"[\u4e00-\u9fff]", between)
    return (
        len(words) <= 7
        and len(characters) <= 14
        and set(words) <= known
        and set(characters) <= {*lists["bridges_zh"], *said}
    )


# --- what comes after, or stands beside, is not meant


def _beside_at(slots: list[Slot], mark: _Mark, text: str) -> list[Slot]:
    after = [s for s in slots if s.start >= mark.end]
    if not after or not _leads_to(text[mark.end : after[0].start]):
        return slots
    old = _phrase(after, after[0], text)
    end = max(s.end for s in old)
    stop = re.compile(r"[.。!！?？;；](?!\d)")
    alike = [s for s in slots if s not in old and _one_thing(s, old[0])]
    behind = [s for s in alike if 0 <= mark.start - s.end <= _BESIDE and not stop.search(text[s.end : mark.start])]
    ahead = [s for s in alike if 0 <= s.start - end <= _BESIDE and not stop.search(text[end : s.start])]
    if text[mark.start : mark.end].lower() == "than":
        behind = [s for s in behind if _RATHER.search(text[max(0, s.start - 30) : s.start])]
        if _COMPARES.search(text[: mark.start]) or not behind:
            return slots
    meant = _meant(mark, text, behind, ahead, end)
    if meant is None:
        return slots if mark.kind != "instead_of" else [s for s in slots if s not in old]
    return _replaced(slots, old, _phrase(behind if meant in behind else ahead, meant, text))


# I'd rather have 5 than 3 planets, but more than 3, other than 3.
_RATHER = re.compile(r"\brather\b[^,;.]{0,20}$")
_COMPARES = re.compile(r"(?:more|less|fewer|\w{2,}er|rather|other|better)\s*$", re.I)


def _meant(mark: _Mark, text: str, behind: list[Slot], ahead: list[Slot], end: int) -> Slot | None:
    """Which of the slots before the words of a mark, or after the value that is not meant and ends at `end`, is meant instead."""
    to_mark = text[behind[-1].end : mark.start] if behind else ""
    to_next = text[end : ahead[0].start] if ahead else ""
    if mark.kind == "was":
        return behind[-1] if behind and re.search(r"[(（,，]\s*$", to_mark) else None
    if mark.kind == "said_once":
        return ahead[0] if ahead and re.search(_words("now"), to_next, re.I) else None
    if mark.kind == "instead_of":
        return behind[-1] if behind else ahead[0] if ahead else None
    joint = rf"(?:{_words('but')})\s*(?:{_words('of_old')})?\s*"
    if mark.kind == "no_need":
        joint = rf"(?:{joint})?"
    if ahead and re.fullmatch(rf"{_PAUSE}*[a-z\u4e00-\u9fff]*{_PAUSE}*{joint}", to_next, re.I):
        return ahead[0]
    close = behind and len(to_mark) <= 25 and re.search(r"^\s*$|[,，(（—-]|\band\b|\bbut\b|而", to_mark)
    return behind[-1] if close else None


def _leads_to(between: str) -> bool:
    """Whether what stands between is nothing, or the default, or my earlier value of."""
    return re.fullmatch(rf"(?:\s|{_words('of_old')})*", between, re.I) is not None


# --- what is the same thing, and what is taken over


def _one_thing(old: Slot, new: Slot) -> bool:
    """Whether one slot can be said for another: numbers of one quantity, or two names of objects, two times, two sites."""
    if (old.type in _NUMBERS) != (new.type in _NUMBERS):
        return False
    if old.type not in _NUMBERS:
        return old.type == new.type
    if old.number is None or new.number is None or not _same_name(old.name, new.name):
        return False
    if old.unit and new.unit:
        return _kind_of(old.unit) == _kind_of(new.unit)
    if old.unit and new.type == "count" and new.name:
        return False
    return not (new.unit and old.type == "count" and old.name)


@cache
def _kind_of(unit: str) -> str:
    from gnomon.tools.units import parse_unit

    if unit not in unit_pattern()[1].values():
        return unit
    try:
        return str(parse_unit(unit).physical_type) if unit != "%" else unit
    except ValueError:
        return unit


def _same_name(old: str, new: str) -> bool:
    if not old or not new:
        return True
    keys = [_key(name) for name in (old, new)]
    return keys[0] == keys[1] or all(key in _ALIKE for key in keys)


def _key(name: str) -> str:
    term = find_term(name) or find_term(name.removesuffix("s"))
    return term.key if term else name.lower().removesuffix("s")


def _replaced(slots: Sequence[Slot], old: list[Slot], new: list[Slot]) -> list[Slot]:
    """The slots with the old taken out, and the new with what they say no word of themselves."""
    ends: dict[Role, Slot] = {s.role: s for s in old if s.role in ("min", "max")}
    values = [s for s in new if s.role != "error"]
    if len(ends) == 2 and values:
        gone, given = _range_replaced(ends, values)
    else:
        gone, given = _values_replaced(old, values)
    errors = [s for s in new if s.role == "error"]
    model = given.get(id(values[0])) if values else next((s for s in old if s.role == "value"), None)
    if errors and model is not None:
        gone += [s for s in old if s.role == "error"]
        given |= {id(s): replace(s, unit=s.unit or model.unit, name=s.name or model.name) for s in errors}
    return [given.get(id(s), s) for s in slots if not any(s is g for g in gone)]


def _values_replaced(old: list[Slot], values: list[Slot]) -> tuple[list[Slot], dict[int, Slot]]:
    """Values by as many others, the last of a list by one, or a list by a list of another length."""
    before = [s for s in old if s.role != "error"]
    if not before or not values:
        return [], {}
    if len(before) == len(values):
        pairs = list(zip(before, values, strict=True))
    else:
        pairs = [(before[-1], value) for value in values]
    gone = before if len(values) > 1 else [pairs[0][0]]
    given = {id(new): _taking_over(one, new, new.role if new.role != "value" else one.role) for one, new in pairs}
    return gone, given


def _range_replaced(ends: dict[Role, Slot], values: list[Slot]) -> tuple[list[Slot], dict[int, Slot]]:
    """A range by another, by two values, or at one of its ends."""
    low, high = ends["min"], ends["max"]
    if len(values) >= 2:
        first, last = sorted(values[:2], key=lambda s: ("min", "value", "max").index(s.role))
        return [low, high], {id(first): _taking_over(low, first, "min"), id(last): _taking_over(high, last, "max")}
    new = values[0]
    role: Role = new.role if new.role in ends else "max"
    below = (new.number or 0.0) <= (low.number or 0.0) and new.unit in ("", low.unit)
    if new.role == "value" and below:
        role = "min"
    replaced, kept = ends[role], ends["max" if role == "min" else "min"]
    # A unit said only now is that of the other end too.
    given = {id(new): _taking_over(replaced, new, role), id(kept): replace(kept, unit=kept.unit or new.unit)}
    return [replaced], given


def _taking_over(old: Slot, new: Slot, role: Role) -> Slot:
    """The new slot with the name, the unit and the clause of the old one where it has none itself."""
    if old.type not in _NUMBERS or new.number is None:
        return new
    unit = new.unit or old.unit
    kind, value = new.type, new.value
    if old.type == "setting":
        kind = "setting"
    elif unit:
        kind, value = "quantity", new.number
    elif old.type == "count" and new.number == int(new.number):
        kind, value = "count", int(new.number)
    return replace(
        new,
        type=kind,
        value=value,
        unit=unit,
        name=new.name or old.name,
        role=role,
        before=new.before if new.name else f"{old.before} {new.before}".strip(),
        after=new.after if new.after.strip() else old.after,
    )
