"""What somebody sets by name (``period_min = 2 d``, ``trend=no``), and files that the question names."""

from __future__ import annotations

import re

from gnomon.agents.understanding.grammar import grammar, unit_at, whole
from gnomon.agents.understanding.slot import Slot

_NUMBER = r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?"
# A name with an underscore is an argument's; one without is, where a word is set equal to a word.
_SET = re.compile(
    rf"(?<![A-Za-z0-9_\0])(?:([a-z][a-z0-9]*(?:_[a-z0-9]+)+)\s*(?:=|:|\bis\b|\bto\b|为|设为|取)\s*({_NUMBER}|['\"]?[A-Za-z][\w/.-]*['\"]?)|([a-z]{{3,}})\s*=\s*(['\"]?[A-Za-z][\w/-]*['\"]?))"
)
_FILE = re.compile(
    r"(?<![A-Za-z0-9_./\0-])((?:[A-Za-z0-9_.~-]*/)*(?:[A-Za-z0-9_.-]*[A-Za-z0-9_]|[\u4e00-\u9fff]{1,12})\.(?:fits?|fits\.gz|csv|tsv|txt|dat|ecsv|vot|xml|tbl|lc|rv|json|ya?ml|h5|hdf5|nc|parquet|asc|pdf|bib|py)|[A-Za-z0-9.-]*(?:[A-Za-z0-9]_|[A-Za-z]\d|\d[A-Za-z])[A-Za-z0-9_.-]*\.[a-z]{2,5})(?![A-Za-z0-9_(])",
    re.I,
)


def find_settings(text: str) -> list[Slot]:
    """All settings of a text; the value is a number in `unit`, a truth, or a word."""
    slots = []
    for match in _SET.finditer(text):
        name, word = (match[1], match[2]) if match[1] else (match[3], match[4])
        end = match.end()
        unit = ""
        end -= len(word) - len(word.rstrip("."))
        value: object = word.strip("'\".")
        if re.fullmatch(_NUMBER, word):
            value = float(word)
            unit, end = unit_at(text, match.end())
        elif word.lower() in ("true", "false"):
            value = word.lower() == "true"
        elif word.lower() in ("a", "an", "the", "in", "of"):
            continue
        slots.append(Slot("setting", text[match.start() : end], match.start(), end, value, unit=unit, name=name))
    return slots


def find_files(text: str) -> list[Slot]:
    """All files that a text speaks of: by a name with an ending, or by their number (``the second file``; the value is that number)."""
    named = [Slot("file", m[1], m.start(1), m.end(1), m[1]) for m in _FILE.finditer(text)]
    counted = [
        Slot("file", m[0], m.start(), m.end(), number, name="number")
        for number, words in grammar()["ordinals"].items()
        for m in re.finditer(
            rf"(?:{'|'.join(map(whole, words))})\s*(?:{'|'.join(map(whole, grammar()['files']))})", text, re.I
        )
    ]
    return named + counted
