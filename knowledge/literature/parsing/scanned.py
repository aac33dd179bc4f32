"""Pages as text recognition gives them: without running heads and page numbers, and with the words whole that are broken at the ends of lines."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence

# A line that is a page number: 12, - 12 -, Page 12 of 30, xii, 第 12 页.
_NUMBER = re.compile(r"^\s*(?:[-–—·•|\[(]\s*)?(?:(?:page|p\.|seite)\s*)?(?P<number>\d{1,4}|[ivxlc]{1,7})(?:\s*(?:of|/)\s*\d{1,4})?(?:\s*[-–—·•|\])])?\s*$|^\s*第\s*(?P<page>\d{1,4})\s*页\s*$", re.I)  # fmt: skip
# Signs that stand for a hyphen at the end of a line: the soft one, that of Unicode, and the one of older programs for text recognition.
_HYPHEN = re.compile(r"(?<=[^\W\d_])[-\u00ad\u2010\u00ac]\s*$")
_BROKEN = re.compile(r"([^\W\d_]+)-$")
_REST = re.compile(r"\s*([^\W\d_]+)(\S*)\s?")
# Heads and feet stand among so many lines at the top and at the foot of a page, and are on so many pages at least, in this share of them:
# those of left and right pages differ, and the first pages of chapters have none.
_EDGE, _LEAST, _SHARE = 2, 3, 0.25
_LONGEST_HEAD = 110


def without_heads(pages: Sequence[Sequence[str]]) -> list[list[str]]:
    """Pages without the lines that are on most of them: heads, feet and page numbers.

    Parameters
    ----------
    pages : sequence of sequence of str
        The lines of each page.

    Returns
    -------
    list of list of str
    """
    places = [(page, i) for page, lines in enumerate(pages) for i in _edges(lines)]
    heads = _heads([(pages[page][i], page) for page, i in places], max(_LEAST, _SHARE * len(pages)))
    gone = {p for n, p in enumerate(places) if n in heads or _NUMBER.match(pages[p[0]][p[1]])}
    return [[line for i, line in enumerate(lines) if (page, i) not in gone] for page, lines in enumerate(pages)]


def without_page_numbers(lines: Sequence[str]) -> list[str]:
    """Lines of a text without form feeds, without the page numbers that stand between empty lines and count up, and the heads beside them.

    A paragraph that goes on behind one is whole again.

    Parameters
    ----------
    lines : sequence of str
    """
    places = _counting_up(lines)
    if len(places) < _LEAST:
        return list(lines)
    near = [(i, page) for p, page in places.items() for i in _beside(lines, p)]
    heads = _heads([(lines[i], page) for i, page in near], _LEAST)
    gone = {*places, *(near[n][0] for n in heads)}
    out: list[str] = []
    number = 0
    while number < len(lines):
        if number not in gone:
            out.append(lines[number])
            number += 1
            continue
        while number < len(lines) and (number in gone or not lines[number].strip()):
            number += 1
        while out and not out[-1].strip():
            out.pop()
        goes_on = out and number < len(lines) and not re.search(r"[.!?。！？:：]\s*$", out[-1]) and re.match(r"\s*[a-z\u4e00-\u9fff]", lines[number])  # fmt: skip
        if out and not goes_on:
            out.append("")
    return out


def whole_words(pages: Sequence[Sequence[str]]) -> list[list[str]]:
    """Pages in which no word is broken between two pages, and words that are written with a hyphen elsewhere keep it at the end of a line.

    Parameters
    ----------
    pages : sequence of sequence of str

    Returns
    -------
    list of list of str
        Other broken words end their line with ``-``, for `gnomon.knowledge.literature.blocks.joined_lines`.
    """
    out = [[_HYPHEN.sub("-", line.rstrip()) for line in lines] for lines in pages]
    inside = {w.casefold() for lines in out for line in lines for w in re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)*", line)}
    before: tuple[int, int] | None = None
    for page, lines in enumerate(out):
        for number, line in enumerate(lines):
            if not line.strip():
                continue
            if before is not None:
                earlier = out[before[0]][before[1]]
                broken, rest = _BROKEN.search(earlier), _REST.match(line)
                if broken and rest and rest[1][0].islower():
                    hyphened, joined = f"{broken[1]}-{rest[1]}".casefold(), f"{broken[1]}{rest[1]}".casefold()
                    if hyphened in inside and joined not in inside:
                        out[before[0]][before[1]], lines[number] = earlier + rest[1] + rest[2], line[rest.end() :]
                    elif before[0] != page:
                        out[before[0]][before[1]] = earlier[:-1] + rest[1] + rest[2]
                        lines[number] = line[rest.end() :]
            before = (page, number)
    return out


def _edges(lines: Sequence[str]) -> list[int]:
    """Where the lines at the top and at the foot stand that hold something."""
    filled = [i for i, line in enumerate(lines) if line.strip()]
    return list(dict.fromkeys([*filled[:_EDGE], *filled[-_EDGE:]]))


def _heads(lines: Sequence[tuple[str, int]], least: float) -> set[int]:
    """Which of these lines are heads or feet: the same on so many pages, but for one number that counts the pages.

    Parameters
    ----------
    lines : sequence of (str, int)
        Each with the number of its page.
    least : float
    """
    alike: dict[str, list[int]] = defaultdict(list)
    for n, (line, _page) in enumerate(lines):
        said = " ".join(re.sub(r"\d+", "#", line.casefold()).split())
        if re.search(r"[^\W\d_]{2}", said) and len(said) <= _LONGEST_HEAD:
            alike[said].append(n)
    out: set[int] = set()
    for group in alike.values():
        numbers = [tuple(int(d) for d in re.findall(r"\d+", lines[n][0])) for n in group]
        varying = [i for i in range(len(numbers[0])) if len({told[i] for told in numbers}) > 1]
        if len({lines[n][1] for n in group}) < least or len(varying) > 1:
            continue
        ahead = (
            Counter(told[varying[0]] - lines[n][1] for told, n in zip(numbers, group, strict=True))
            if varying
            else Counter()
        )
        kept = ahead.most_common(1)[0][0] if varying else 0
        counting = [
            n for told, n in zip(numbers, group, strict=True) if not varying or told[varying[0]] - lines[n][1] == kept
        ]
        if len(counting) >= least:
            out |= set(counting)
    return out


def _counting_up(lines: Sequence[str]) -> dict[int, int]:
    """The numbers, by where they stand: where numbers stand alone between empty lines, of which each is one more than the one before, or two where a page had none."""
    found: list[tuple[int, int]] = []
    for i, line in enumerate(lines):
        match = _NUMBER.match(line)
        said = (match["number"] or match["page"]) if match else ""
        alone = (i == 0 or not lines[i - 1].strip()) or (i + 1 == len(lines) or not lines[i + 1].strip())
        if said and said.isdigit() and alone:
            found.append((i, int(said)))
    best: list[tuple[int, int]] = []
    for start in range(len(found)):
        if found[start] in best:
            continue
        run = [found[start]]
        for place, value in found[start + 1 :]:
            if run[-1][1] < value <= run[-1][1] + 2:
                run.append((place, value))
        best = max(best, run, key=len)
    return dict(best)


def _beside(lines: Sequence[str], place: int) -> list[int]:
    """The nearest lines before and behind that hold something."""
    before = next((i for i in range(place - 1, max(place - 4, -1), -1) if lines[i].strip()), None)
    behind = next((i for i in range(place + 1, min(place + 4, len(lines))) if lines[i].strip()), None)
    return [i for i in (before, behind) if i is not None]
