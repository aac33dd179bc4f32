"""How well stated numbers are read: ``python -m gnomon.eval.literature.stated_values [--half first|second|third] [--wrong]``.

The sentences (``stated_values.yaml``) stand in the documents that ``gnomon.eval.literature.fetch`` fetches, and in the notes on methods that come
with Gnomon; what they state was written down by reading them, before anything read them here.  The file says which part was looked at when.

A value is right when its number (or both ends) and its unit are; uncertainty, limit, what it is of and condition are judged for values that are
right.  What it is of is right when one name holds the other; a condition is when half of the words are shared.
"""

from __future__ import annotations

import argparse
import math
import re
from collections import Counter
from pathlib import Path
from typing import Any

from gnomon.knowledge.literature.stated_values import StatedValue, stated_values
from gnomon.knowledge.literature.written_units import as_unit

SENTENCES = Path(__file__).with_name("stated_values.yaml")


def _same_number(a: float | None, b: float | None) -> bool:
    return (a is None) == (b is None) and (a is None or b is None or math.isclose(a, b, rel_tol=1e-6, abs_tol=1e-300))


def _same_unit(said: str, read: StatedValue) -> bool:
    try:
        unit = as_unit(said)
    except ValueError:
        return said in read.unit_text
    return bool(unit == as_unit(read.unit)) and (bool(read.unit) or not read.unit_text or not said)


def _is(row: dict[str, Any], read: StatedValue) -> bool:
    if "between" in row:
        low, high = row["between"]
        same = _same_number(float(low), read.low) and _same_number(float(high), read.high)
    else:
        same = read.value is not None and _same_number(float(row["value"]), read.value)
    return same and _same_unit(row["unit"], read)


def _says(one: str, other: str) -> bool:
    """Whether one of two names holds the other, case and marks aside."""
    a, b = (re.sub(r"[\W_]+", "", t).casefold() for t in (one, other))
    return bool(a and b) and (a in b or b in a)


def _most_words(said: str, read: str) -> bool:
    words = [set(re.findall(r"[\u4e00-\u9fff]|[^\W\u4e00-\u9fff]+", t.casefold())) for t in (said, read)]
    return bool(words[0]) and len(words[0] & words[1]) >= 0.5 * max(len(words[0]), len(words[1]))


def measure(rows: list[dict[str, Any]], wrong: bool = False) -> Counter[str]:
    """Counts of what was stated, read, and right."""
    counts: Counter[str] = Counter()
    for row in rows:
        left = stated_values(row["text"])
        counts["read"] += len(left)
        faults = []
        counts["sentences"] += 1
        for said in row["values"]:
            counts["stated"] += 1
            found = next((r for r in left if _is(said, r)), None)
            if found is None:
                faults.append(f"missed {said}")
                continue
            left.remove(found)
            counts["right"] += 1
            error = said.get("error")
            counts["errors stated"] += error is not None
            counts["errors read"] += found.plus is not None
            if error is not None or found.plus is not None:
                good = error is not None and found.plus is not None and found.minus is not None
                good = (
                    good
                    and math.isclose(error[0], found.plus or 0.0, rel_tol=1e-5)
                    and math.isclose(error[1], found.minus or 0.0, rel_tol=1e-5)
                )
                counts["errors right"] += bool(good)
                if not good:
                    faults.append(f"uncertainty of {found.text!r}: {found.plus} {found.minus}")
            limit = said.get("limit", "")
            counts["limits stated"] += bool(limit)
            counts["limits read"] += bool(found.limit)
            counts["limits right"] += bool(limit) and found.limit == limit
            if limit != found.limit:
                faults.append(f"limit of {found.text!r}: {found.limit!r}, not {limit!r}")
            if "what" in said:
                counts["named"] += 1
                counts["names right"] += _says(said["what"], found.what)
                if not _says(said["what"], found.what):
                    faults.append(f"{found.text!r} is of {said['what']!r}, not {found.what!r}")
            condition = said.get("condition", "")
            counts["conditions stated"] += bool(condition)
            counts["conditions read"] += bool(found.condition)
            good = bool(condition) and _most_words(condition, found.condition)
            counts["conditions right"] += good
            if not good and (condition or found.condition):
                faults.append(f"condition of {found.text!r}: {found.condition!r}, not {condition!r}")
        faults += [f"not stated: {r.text!r} {r.unit}" for r in left]
        if wrong and faults:
            print(f"[{row['language']}] {row['document']}: {row['text']}\n    " + "\n    ".join(faults))
    return counts


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.2f}" if whole else "none"


def main() -> None:
    """Measure, by half and language."""
    from ruamel.yaml import YAML

    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--half", choices=("first", "second", "third"), action="append")
    parser.add_argument("--sentences", type=Path, default=SENTENCES)
    parser.add_argument("--wrong", action="store_true", help="show what was read wrongly")
    chosen = parser.parse_args()
    rows = YAML(typ="safe", pure=True).load(chosen.sentences.read_text(encoding="utf-8"))
    for half in chosen.half or ("first", "second", "third"):
        of_half = [r for r in rows if r["half"] == half]
        for name, part in (
            ("English", [r for r in of_half if r["language"] == "en"]),
            ("Chinese", [r for r in of_half if r["language"] == "zh"]),
            ("all", of_half),
        ):
            c = measure(part, chosen.wrong and name != "all")
            print(f"{half} half, {name}: {c['sentences']} sentences, {c['stated']} values")
            for what, right, read, stated in (
                ("value and unit", "right", "read", "stated"),
                ("uncertainty", "errors right", "errors read", "errors stated"),
                ("limit", "limits right", "limits read", "limits stated"),
                ("condition", "conditions right", "conditions read", "conditions stated"),
            ):
                print(
                    f"    {what}: precision {_share(c[right], c[read])}, recall {_share(c[right], c[stated])} ({c[stated]})"
                )
            print(f"    of what: {_share(c['names right'], c['named'])} ({c['named']})")


if __name__ == "__main__":
    main()
