"""Which quantity a sentence speaks of where it gives a number."""

from __future__ import annotations

import re
from functools import cache

from gnomon.agents.receipts_check.case import Case
from gnomon.agents.receipts_check.items import Item
from gnomon.agents.receipts_check.report import Sentence, header_cell
from gnomon.agents.receipts_check.sentences import words_of
from gnomon.agents.receipts_check.units import scale_of
from gnomon.agents.receipts_check.words import words
from gnomon.knowledge.glossary import load as glossary


def quantities_of(case: Case, item: Item, sentence: Sentence, unit: str) -> set[str] | None:
    """The quantities that a number may be; None where the text does not say."""
    number, block = item.number, sentence.block
    if number and number.main is not None:
        item = number.main
    before = block.text[sentence.start : item.start]
    if symbol := re.search(r"([A-Za-zα-ωΑ-Ω★/_ ]{1,8}?[₀-₉]*)\s*[=≈]\s*[<>~]?\s*$", before):
        keys = {
            t.key for t in glossary() if t.symbol and _bare_symbol(t.symbol) == _bare_symbol(symbol[1].split(" ")[-1])
        }
        if keys:
            return keys
    header = {k for _a, _b, keys in terms_in(header_cell(item, block)) for k in keys}
    if header:
        return header
    wanted = scale_of(unit)
    known = case.evidence.dimensions
    out: set[str] = set()
    for _start, end, keys in reversed(terms_in(before)):
        if any(k in known and (wanted is None or wanted[0] in known[k]) for k in keys) or "uncertainty" in keys:
            out |= keys
            if block.kind == "row":
                continue  # cells do not follow one another as words do; a note may stand between name and number
            break
        if block.kind == "row":
            continue
        if not any(k in known for k in keys) and len(words_of(before[end:])) <= 2:
            return keys
    after = re.split(r"[,;，；。.]\s|\ue002", block.text[item.end : sentence.end])[0]
    follower = next(
        (i.start - item.end for i in sentence.items if i.number and i.start >= item.end and i.number.main is not item),
        10**6,
    )
    for start, _end, keys in terms_in(after):
        if start < min(28, follower) and (
            any(k in known and (wanted is None or wanted[0] in known[k]) for k in keys)
            or not any(k in known for k in keys)
        ):
            if any(k in known for k in keys) or start < 12:
                out |= keys if not out or any(k in known for k in keys) else set()
            break
    return out or None


def terms_in(text: str) -> list[tuple[int, int, set[str]]]:
    """Quantities named in a text, with their places; names of units, such as Earth masses, are none."""
    pattern, keys = _term_pattern()
    lowered = text.lower()
    out = []
    for match in pattern.finditer(lowered):
        before = lowered[max(0, match.start() - 10) : match.start()]
        if re.search(r"(?:solar|earth|jupiter|jovian|太阳|地球|木星)[\s-]*$", before):
            continue
        name = re.sub(r"[\s-]+", " ", match[0]) if match[0].isascii() else match[0]
        found = (
            keys.get(match[0])
            or keys.get(name)
            or keys.get((match[1] or "").strip())
            or keys.get(re.sub(r"[\s-]+", " ", match[1] or ""))
        )
        if found:
            out.append((match.start(), match.end(), set(found)))
    return out


@cache
def _term_pattern() -> tuple[re.Pattern[str], dict[str, frozenset[str]]]:
    spec = words()
    keys: dict[str, set[str]] = {}
    for term in glossary():
        if (term.symbol or term.key in spec["quantities"]) and term.key not in spec["not_quantities"]:
            for name in (term.en, term.zh, term.key.replace("_", " "), term.key, *term.aliases_en, *term.aliases_zh):
                if len(name) > 2 or (len(name) == 2 and not name.isascii()):
                    keys.setdefault(name.lower(), set()).add(term.key)
    for name, members in spec["families"].items():
        keys.setdefault(name.lower(), set()).update(members)
    for unit in ("solar mass", "solar radius", "earth mass", "earth radius", "jupiter mass", "jupiter radius"):
        keys.pop(unit, None)
    longest = sorted(keys, key=len, reverse=True)
    english = "|".join(re.escape(n).replace(r"\ ", r"[\s-]+") for n in longest if n.isascii())
    other = "|".join(re.escape(n) for n in longest if not n.isascii())
    return re.compile(rf"(?<![a-z0-9_])({english})(?:s|es)?(?![a-z0-9_])|({other})"), {
        k: frozenset(v) for k, v in keys.items()
    }


def _bare_symbol(symbol: str) -> str:
    return re.sub(r"[\s_★⋆*{}\\]", "", symbol).translate(str.maketrans("₀₁₂₃₄", "01234"))
