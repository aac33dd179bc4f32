"""Claims: every number, citation and receipt mark that stands in a report, found in Markdown or HTML.

The text is first laid out plain, character by character with its place in the source, so that whatever is found can be marked
where it stands.  Nothing here knows a run; whether a claim is true is the business of `gnomon.agents.receipts_check`.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

from gnomon.agents.embedded.words import words as question_words
from gnomon.knowledge.glossary import find as find_term

# Private-use characters: around a receipt's label, and between the cells of a row.
OPEN, CLOSE, CELL = "\ue000", "\ue001", "\ue002"
_LABEL = re.compile(f"{OPEN}(\\w+){CLOSE}")

Form = Literal[
    "number", "object", "figure", "count", "compared", "hash", "time", "name", "version",
    "doi", "bibcode", "work", "mark", "label",
]  # fmt: skip


@cache
def words() -> dict[str, Any]:
    """The words of ``claims.yaml``."""
    from ruamel.yaml import YAML

    text = Path(__file__).with_name("claims.yaml").read_text(encoding="utf-8")
    loaded: dict[str, Any] = YAML(typ="safe", pure=True).load(text)
    return loaded


# --------------------------------------------------------------------------- plain text with places


@dataclass
class Block:
    """A paragraph, list item, heading, table row or attribute of a report, as plain text.

    ``starts`` and ``ends`` give, for each character of ``text``, where it stands in the source.  Receipt labels are between
    `OPEN` and `CLOSE`, cells end with `CELL`.
    """

    kind: Literal["text", "item", "heading", "row", "attribute"]
    text: str = ""
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    section: str = ""
    ordinal: int = 0
    table: int = 0
    header: str = ""

    def add(self, characters: str, start: int, end: int) -> None:
        """Append plain characters that all stand for ``source[start:end]``."""
        self.text += characters
        self.starts += [start] * len(characters)
        self.ends += [end] * len(characters)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where plain characters stand in the source."""
        return self.starts[start], self.ends[end - 1]

    def cells(self) -> list[tuple[int, int]]:
        """Spans of the cells of a row; a block that is no row is one cell."""
        out, begin = [], 0
        for position in [*(i for i, c in enumerate(self.text) if c == CELL), len(self.text)]:
            out.append((begin, position))
            begin = position + 1
        return out


def as_block(text: str) -> Block:
    """Plain text as a block of its own."""
    return Block("text", text, list(range(len(text))), list(range(1, len(text) + 1)))


def is_html(text: str) -> bool:
    """Whether a report is HTML rather than Markdown."""
    return text.lstrip("\ufeff \t\r\n")[:15].lower().startswith(("<!doctype", "<html"))


def blocks(text: str) -> list[Block]:
    """A report's blocks, in order."""
    found = list(_html_blocks(text) if is_html(text) else _markdown_blocks(text))
    for block in found:
        block.text = _normal(block.text)
    return [b for b in found if b.text.strip(f" \n{CELL}")]


def plain(text: str) -> str:
    """Words as the search for claims sees them."""
    return _normal(text)


@cache
def _normal_character(character: str) -> str:
    if character in "\u2212\ufe63\uff0d\u2010\u2011":
        return "-"
    if character in "\u2009\u202f":
        return "\u2009"
    if character in "\u00a0\u3000\t\n\r\u2002\u2003\u2005":
        return " "
    if unicodedata.category(character) == "Nd":
        return str(unicodedata.digit(character))
    if "\uff01" <= character <= "\uff5e" and character not in "，；：？！（）":
        return chr(ord(character) - 0xFEE0)
    return character


def _normal(text: str) -> str:
    return "".join(map(_normal_character, text))


_ITEM = re.compile(r"^(\s*)(?:[-+*]|(\d{1,3})[.)])\s+")
_RULE = re.compile(r"^\s*\|?\s*:?-{2,}:?\s*(\|\s*:?-*:?\s*)*$")
_DEFINITION = re.compile(r"^\[r\d+\]:\s*<?\S+>?\s*$")


def _markdown_blocks(text: str) -> Iterator[Block]:
    section, table, header, position = "", 0, "", 0
    paragraph: Block | None = None
    fence = ""
    for line in text.splitlines(keepends=True):
        start, position = position, position + len(line)
        body = line.rstrip("\r\n")
        if match := re.match(r"^\s*(`{3,}|~{3,})", body):
            if not fence:
                fence = match[1]
            elif body.strip().startswith(fence):
                fence = ""
            continue
        ends_paragraph = not body.strip() or body.lstrip().startswith(("#", "|", "![")) or _ITEM.match(body) or fence
        if paragraph and ends_paragraph:
            yield paragraph
            paragraph = None
        if not body.lstrip().startswith("|"):
            header = ""
        if not body.strip() or _DEFINITION.match(body) or _RULE.match(body):
            continue
        if match := re.match(r"^\s*(#{1,6})\s+(?:\d+(?:\.\d+)*[.)]\s+)?", body):
            heading = Block("heading")
            _inline(body, match.end(), start, heading)
            section = heading.text.strip()
            heading.section = section
            yield heading
        elif body.lstrip().startswith("|"):
            row = Block("row", section=section)
            _inline(body, body.index("|") + 1, start, row, row=True)
            if not header:
                table, header = table + 1, row.text
            row.table, row.header = table, header
            yield row
        elif match := _ITEM.match(body):
            paragraph = Block("item", section=section, ordinal=int(match[2] or 0))
            _inline(body, match.end(), start, paragraph)
        else:
            paragraph = paragraph or Block("text", section=section)
            if paragraph.text:
                paragraph.add(" ", start, start)
            _inline(body, 0, start, paragraph)
    if paragraph:
        yield paragraph


_INLINE = re.compile(r"\\([!-/:-@\[-`{-~])|&(#\w+|\w+);|(`+)|(\*+|~~)|\[(r\d+)\](?!\()|(\|)")


def _inline(body: str, begin: int, offset: int, block: Block, *, row: bool = False) -> None:
    """Append one line of Markdown to a block, without its markup."""
    position = begin
    while position < len(body):
        match = _INLINE.match(body, position)
        if not match:
            block.add(body[position], offset + position, offset + position + 1)
            position += 1
            continue
        start, end = offset + match.start(), offset + match.end()
        if match[1]:
            block.add(match[1], start, end)
        elif match[2]:
            block.add(html.unescape(match[0]), start, end)
        elif match[4] and re.search(r"\d\s*$", block.text) and re.match(r"\s*\d", body[match.end() :]):
            block.add("×", start, end)  # a star between digits multiplies
        elif match[5]:
            block.add(f"{OPEN}{match[5]}{CLOSE}", start, end)
        elif match[6]:
            block.add(CELL if row else "|", start, end)
        position = match.end()


_MARKUP = re.compile(
    r"<!--.*?-->|<!\w[^>]*>|<(?P<close>/?)(?P<tag>[a-zA-Z][\w-]*)(?P<rest>(?:\"[^\"]*\"|'[^']*'|[^>\"'])*)>|&(?:#\w+|\w+);|.",
    re.S,
)
_BREAKS = frozenset(
    [
        "p",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "li",
        "tr",
        "dt",
        "dd",
        "div",
        "section",
        "header",
        "figcaption",
        "figure",
        "pre",
        "title",
        "summary",
        "article",
        "ul",
        "ol",
        "dl",
        "table",
        "thead",
        "tbody",
        "br",
        "main",
        "body",
        "details",
        "blockquote",
        "hr",
    ]
)
_SILENT = ("style", "script")


def _html_blocks(text: str) -> Iterator[Block]:
    section, table, header, ordinal, silent = "", 0, "", 0, ""
    block = Block("text")
    in_receipt, preformatted, sides = False, False, 0
    after_span = False
    for match in _MARKUP.finditer(text):
        tag = (match["tag"] or "").lower()
        start, end = match.span()
        if silent:
            silent = "" if tag == silent and match["close"] else silent
            continue
        if not tag:
            if match[0].startswith("<"):
                continue
            after_span = False
            if match[0] == "\n" and preformatted:
                yield _without_ordinal(block)
                block = Block("text", section=section)
                continue
            block.add(html.unescape(match[0]), start, end)
            continue
        rest, closing = match["rest"], bool(match["close"])
        if tag in _SILENT and not closing:
            silent = tag
            continue
        for name in ("alt", "title"):
            found = re.search(rf"\b{name}=(\"([^\"]*)\"|'([^']*)')", rest)
            if found and tag in ("img", "figure"):
                attribute = Block("attribute", section=section)
                attribute.add(html.unescape(found[2] or found[3] or ""), start, end)
                yield attribute
        if tag == "pre":
            preformatted = not closing
        if tag in _BREAKS:
            if block.text.strip(f" \n{CELL}"):
                if block.kind == "heading":
                    section = block.text.strip()
                    block.section = section
                if block.kind == "row" and not header:
                    header = block.text
                block.header = header if block.kind == "row" else ""
                yield block
            block = Block("text", section=section)
            if tag == "table" and not closing:
                table, header = table + 1, ""
            elif tag == "ol" and not closing:
                ordinal = 0
            elif tag == "li" and not closing:
                ordinal += 1
                block = Block("item", section=section, ordinal=ordinal)
            elif tag == "tr" and not closing:
                block = Block("row", section=section, table=table)
            elif re.fullmatch("h[1-6]", tag) and not closing:
                block = Block("heading", section=section)
        elif tag in ("td", "th") and closing:
            block.add(CELL, start, end)
        elif tag == "sup" and "receipt" in rest:
            in_receipt = True
        elif tag == "a" and in_receipt:
            block.add(CLOSE if closing else OPEN, start, end)
        elif tag == "sup" and closing:
            in_receipt = False
        elif tag == "a" and not closing and (link := re.search(r"href=[\"'](https?://[^\"']+)[\"']", rest)):
            block.add(f" <{html.unescape(link[1])}> ", start, end)
        elif tag == "small":
            block.add(")" if closing else " (", start, end)
        elif tag == "span":
            if closing:
                sides = max(0, sides - 1) if sides else 0
            elif "sides" in rest:
                block.add(" ", start, end)
                sides = 2
            elif after_span:
                block.add("/" if sides else " · ", start, end)
            if not closing and sides and "sides" not in rest:
                sides += 1
        after_span = tag == "span" and closing
    if block.text.strip():
        yield block


def _without_ordinal(block: Block) -> Block:
    """A preformatted line without the number that only counts it."""
    if match := re.match(r"\s*\d+\.\s", block.text):
        cut = match.end()
        block.text, block.starts, block.ends = block.text[cut:], block.starts[cut:], block.ends[cut:]
    return block


# --------------------------------------------------------------------------- claims


@dataclass
class Number:
    """A number as it is written.

    Parameters
    ----------
    value : float
        With its sign, power of ten and words such as 万.
    place : int
        Power of ten of its last digit.
    digits : int
        Significant digits; zeros at the end count.
    zeros : int
        How many zeros end a number without a decimal point.
    unit : str
        As astropy reads it; empty for none.
    role : {"value", "error", "above", "below", "level"}
        What it is in its group: ``7.19 +0.28/−0.27 m/s (68 %)`` is a value, above, below and a level.
    main : Item or None
        For all but values: the value that it belongs to.
    limit : {"", "upper", "lower"}
        Whether ``<`` or ``>`` stands before it.
    label : str
        The receipt that is marked behind its group.
    ranged : bool
        Whether it is one end of ``a–b``.
    """

    value: float
    place: int
    digits: int
    zeros: int = 0
    unit: str = ""
    role: Literal["value", "error", "above", "below", "level"] = "value"
    main: Item | None = None
    limit: str = ""
    label: str = ""
    ranged: bool = False
    signed: bool = False


@dataclass
class Item:
    """One claim of a block: what it is, and the plain characters where it stands."""

    form: Form
    start: int
    end: int
    text: str
    number: Number | None = None
    name: str = ""
    year: str = ""

    @property
    def kind(self) -> Literal["number", "citation", "receipt"]:
        """What a person would call it."""
        if self.form in ("doi", "bibcode", "work", "mark"):
            return "citation"
        return "receipt" if self.form == "label" else "number"


def _alternatives(entries: Any) -> str:
    return "|".join(
        re.escape(e) + (r"(?![A-Za-z])" if e[-1].isascii() and e[-1].isalpha() else "")
        for e in sorted(map(str, entries), key=len, reverse=True)
    )


@cache
def _units() -> tuple[re.Pattern[str], dict[str, str]]:
    spellings = {s: unit for unit, group in words()["units"].items() for s in group}
    for group in question_words()["units"]:
        for spelling in group:
            spellings.setdefault(spelling, group[0])
    longest = sorted(spellings, key=len, reverse=True)
    parts = [
        re.escape(s) + (r"(?![A-Za-z0-9_])" if s[-1].isascii() and (s[-1].isalnum() or s[-1] == "}") else "")
        for s in longest
    ]
    return re.compile("|".join(parts)), {_normal(s): u for s, u in spellings.items()} | spellings


def unit_at(text: str, position: int) -> tuple[str, int]:
    """The unit that starts at a position, after a space or a hyphen, and where it ends; ``("", position)`` for none."""
    pattern, spellings = _units()
    gap = re.compile(r"[ \u2009]*(?:\\[,;~])?[ \u2009]*|-(?=[A-Za-z])").match(text, position)
    for start in {gap.end() if gap else position, position + 1 if text[position : position + 1] == "-" else position}:
        if match := pattern.match(text, start):
            return spellings[match[0]], match.end()
    return "", position


_SUPERSCRIPT = str.maketrans("⁻⁺⁰¹²³⁴⁵⁶⁷⁸⁹", "-+0123456789")
_NUMBER = re.compile(
    r"(?<![A-Za-z0-9_.\ue000])(?P<sign>(?<![\])}])[+-](?=\.?\d))?"
    r"(?P<digits>\d{1,3}(?:[,\u2009]\d{3})+(?![\d,])(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)"
    r"(?P<exponent>[eE][+-]?\d+(?![A-Za-z0-9]))?"
)
_POWER = re.compile(
    r"[ \u2009]*(?:×|x|·|\\times|\\cdot)[ \u2009]*10[ \u2009]*(?:\^\{?[ ]*([+-]?\d+)[ ]*\}?|\*\*([+-]?\d+)|([⁺⁻]?[⁰¹²³⁴-⁹]+))"
)
_BARE_POWER = re.compile(r"(?<![A-Za-z0-9_.])10(?:\^\{?([+-]?\d+)\}?|([⁺⁻]?[⁰¹²³⁴-⁹]+))")
_JOINS = re.compile(r"\s*(?:–|—|~|-|to|through|至|到|and|or|与|和|或|,|、|，)\s*$")
_DOI = re.compile(r"(?:(?<=doi:)\s?|(?<=doi\.org/)|\b(?=10\.\d{4,9}/))[^\s,;<>|\ue000-\ue003，；。、）]+", re.I)
_BIBCODE = re.compile(
    r"(?<=/abs/)[^\s<>)\]]+|(?<![\w.])\d{4}[A-Za-z&.](?:[A-Za-z&.]|%26){4}[A-Za-z0-9.]{9}[A-Z](?![A-Za-z0-9])"
)
_PREPRINT = re.compile(r"(?i)\b(?:arxiv|ascl)\s*:\s*(?:[a-z-]+/)?\d[\d.]*\d(?:v\d+)?")
_SURNAME = r"(?<![A-Za-z])[A-ZÀ-ÖØ-ÞŠŽČŁŚ][A-Za-zÀ-žʼ]*[a-zß-ž](?:['’-][A-Za-zÀ-ž]+)*"
_YEAR = r"(?:1[6-9]|20)\d\d[a-z]?(?!\.?\d)"
_WORK = re.compile(
    rf"(?P<names>{_SURNAME}(?:(?:,\s+{_SURNAME})*,?\s+(?:&|and|与|和)\s+{_SURNAME}|\s+(?:Collaboration|Team|Consortium))?)"
    rf"(?P<etal>\s+et\s+al\.?|\s*等人?)?(?:\s*[,(（\[]\s*|\s+)(?P<year>{_YEAR})"
)
_ET_AL = re.compile(rf"(?P<names>{_SURNAME})(?P<etal>\s+et\s+al\b\.?)")
_WORK_ZH = re.compile(rf"(?P<names>[\u4e00-\u9fff]{{2,4}}?)(?P<etal>等人?)\s*[（(]\s*(?P<year>{_YEAR})")
_MARK = re.compile(r"(?<![A-Za-z\d])\[\s*\d{1,3}(?:\s*[,–-]\s*\d{1,3})*\s*\]")
_HASH = re.compile(r"(?<![0-9A-Za-z_-])(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f]|\d{64})[0-9a-f]{7,64}(?![0-9A-Za-z_])")
_RUN = re.compile(r"(?<!\d)\d{8}-\d{6}-[0-9a-f]{6}(?![0-9a-z])")
_TIME = re.compile(
    r"(?<![\d-])\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?(?:Z| ?UTC)?(?![\d-])|(?<![\d:])\d{1,2}:\d{2}(?::\d{2})?(?![\d:])"
)
_DATE_ZH = re.compile(r"(?<!\d)(\d{4})\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*日")
_FILE = re.compile(
    r"(?<![\w/.-])[\w./%+-]*\.(?:csv|txt|dat|tbl|ecsv|fits?|parquet|nc|png|pdf|svg|jsonl?|ya?ml|h5|hdf5|md|html|py|log|tsv|vot|xml)(?![\w])",
    re.A,
)
_CODE = re.compile(
    r"(?<![A-Za-z0-9_.-])(?=[A-Za-z0-9_-]*[A-Za-z])(?:[A-Z][A-Za-z0-9]*-\d[\dA-Za-z-]*|[A-Za-z_][A-Za-z0-9_]*\d[A-Za-z0-9_]*)(?![A-Za-z0-9_])"
)
_VERSION = re.compile(
    r"(?<![\w.])(?P<name>[A-Za-z][\w-]*(?:\.[A-Za-z]\w*)?)[ ]+(?:version |v)?(?P<version>\d+(?:\.\d+)+(?:[a-z]+\d*|\.?(?:post|dev|rc)\d+)?)(?![\w])"
)
_DOTTED = re.compile(r"(?<![\w.])v?\d+(?:\.\d+){2,}(?:[a-z]+\d*)?(?![\w])")


@cache
def designation() -> re.Pattern[str]:
    """Names of things in the sky, as catalogues write them."""
    names = "|".join(question_words()["designations"])
    return re.compile(
        rf"(?<![A-Za-z0-9])(?:{names})(?:[ -]?|(?<=\d)[ -])[JB]?\d[\d.+-]*(?<![.+-])(?:[ ]?[A-Za-z](?![A-Za-z]))?"
    )


@cache
def _labelled() -> tuple[re.Pattern[str], re.Pattern[str]]:
    nouns = _alternatives(words()["labelled"])
    ordinals = _alternatives(words()["ordinals"])
    one = r"(?:\d{1,3}(?!\d|\.\d|[ \u2009]?[%°])|[b-i](?![A-Za-z]))"
    several = rf"{one}(?:\s*(?:,|，|、|and|&|和|与|到|至|–|-|to)\s*{one})*"
    return (
        re.compile(
            rf"(?<![A-Za-z])(?:{nouns})\s*(?:No\.?\s*|#\s*)?(?P<which>{several})(?!\s*(?:d|m/s|天|颗|个|au|{CELL})\b)"
        ),
        re.compile(rf"(?<![A-Za-z\d])(?P<which>{ordinals})\s*(?:颗|个|组)?\s*(?:{nouns})"),
    )


@cache
def _figure() -> re.Pattern[str]:
    return re.compile(rf"(?<![A-Za-z])(?:{_alternatives(words()['figures'])})\s*(?P<which>\d{{1,3}})(?!\d|\.\d)")


@cache
def _counts() -> list[re.Pattern[str]]:
    nouns = [n for group in words()["nouns"] for n in group]
    english = _alternatives(n for n in nouns if n.isascii())
    chinese = "|".join(sorted((n for n in nouns if not n.isascii()), key=len, reverse=True))
    small = "|".join(words()["small"])
    small_zh = "|".join(sorted(words()["small_zh"], key=len, reverse=True))
    only = _alternatives(w for w in words()["only"] if w.isascii())
    only_zh = "|".join(w for w in words()["only"] if not w.isascii())
    return [
        re.compile(rf"(?i)(?<![A-Za-z-])(?P<number>{small})\s+(?:[a-z-]+\s+){{0,2}}?(?P<noun>{english})"),
        re.compile(rf"(?<!第)(?P<number>{small_zh})\s*[颗个次条行步张幅份篇种台]\s*(?:[\u4e00-\u9fff]{{0,3}}?)(?P<noun>{chinese})"),
        re.compile(rf"(?i)(?<![A-Za-z])(?:{only})\s+(?P<number>one)\s+(?:[a-z-]+\s+){{0,1}}?(?P<noun>{english})"),
        re.compile(rf"(?:{only_zh})(?P<number>一)\s*[颗个次条]\s*(?:[\u4e00-\u9fff]{{0,3}}?)(?P<noun>{chinese})"),
    ]  # fmt: skip


@cache
def _compared() -> list[re.Pattern[str]]:
    return [re.compile(p, re.I) for p in words()["compared"]]


def claims(block: Block) -> list[Item]:
    """What a block claims, in the order in which it stands there."""
    found: list[Item] = []
    text = block.text

    def take(form: Form, start: int, end: int, name: str = "", year: str = "") -> None:
        nonlocal text
        found.append(Item(form, start, end, block.text[start:end], name=name, year=year))
        text = text[:start] + "\ue003" * (end - start) + text[end:]

    for match in _LABEL.finditer(text):
        take("label", *match.span(), match[1])
    for pattern, form in ((_DOI, "doi"), (_BIBCODE, "bibcode"), (_PREPRINT, "bibcode")):
        for match in list(pattern.finditer(text)):
            end = match.end() - (len(match[0]) - len(_closed(match[0])))
            take(form, match.start(), end)  # type: ignore[arg-type]
    for match in list(re.finditer(r"https?://[^\s<>\ue000-\ue003]+", text)):
        if any(c.isdigit() for c in match[0]):
            take("name", *match.span())
    _take_works(text, take)
    for match in list(_MARK.finditer(text)):
        if not re.search(r"\d\s*$", text[: match.start()]):
            take("mark", *match.span())
    for pattern, form in (
        (_RUN, "name"),
        (_FILE, "name"),
        (_TIME, "time"),
        (_DATE_ZH, "time"),
        (_date_en(), "time"),
        (_HASH, "hash"),
    ):
        for match in list(pattern.finditer(text)):
            if form != "name" or any(c.isdigit() for c in match[0]):
                take(form, *match.span())  # type: ignore[arg-type]
            else:
                text = text[: match.start()] + "\ue003" * len(match[0]) + text[match.end() :]
    for match in list(designation().finditer(text)):
        take("name", *match.span())
    for pattern in _labelled():
        for match in list(pattern.finditer(text)):
            end, which = match.end(), match["which"]
            while unit_at(text, end)[0] and re.search(r"[\s,，、&]", which):
                # "planet 1, 13 Earth masses": what has a unit is no name
                which = re.sub(r"\s*(?:,|，|、|and|&|和|与|到|至|–|-|to)\s*\w+$", "", which)
                end = match.start("which") + len(which)
            take("object", match.start(), end, which)
    for match in list(_figure().finditer(text)):
        take("figure", *match.span(), match["which"])
    for match in list(_CODE.finditer(text)):
        if not re.fullmatch(r"[A-Za-z]+\^?\d", match[0]) and not unit_at(text, match.start())[0]:
            take("name", *match.span())
    for pattern in _compared():
        for match in list(pattern.finditer(text)):
            if not any(text[match.start() :].lower().startswith(w) for w in words()["compared_not"]):
                take("compared", *match.span())
    for pattern in _counts():
        for match in list(pattern.finditer(text)):
            number = {**words()["small"], **words()["small_zh"], "one": 1, "一": 1}[match["number"].lower()]
            start = match.start("number")
            take("count", start, start + len(match["number"]), match["noun"])
            found[-1].number = Number(float(number), 0, 1)
    for match in list(_VERSION.finditer(text)):
        if match["version"].count(".") > 1 or not unit_at(text, match.end())[0]:
            found.append(Item("version", *match.span("version"), match["version"], name=match["name"]))
    versions = {(i.start, i.end) for i in found if i.form == "version"}
    for match in list(_DOTTED.finditer(text)):
        if match.span() not in versions:
            take("version", *match.span())
    for item in found:
        if item.form == "version" and item.text.count(".") > 1:
            text = text[: item.start] + "\ue003" * (item.end - item.start) + text[item.end :]
    numbers = _numbers(block.text, text)
    # A number with one point after a name is a version where the record knows the name; both readings are kept for the check.
    return sorted([*found, *numbers], key=lambda i: (i.start, i.form == "number"))


def _closed(text: str) -> str:
    """A DOI without the closing punctuation of the sentence around it."""
    text = text.rstrip(".:'\"”*_`↗")
    while text.endswith((")", "]")) and text.count("(") + text.count("[") < text.count(")") + text.count("]"):
        text = text[:-1].rstrip(".")
    return text


@cache
def _date_en() -> re.Pattern[str]:
    months = "|".join(sorted(words()["months"], key=len, reverse=True))
    return re.compile(
        rf"(?i)(?<!\d)(?:\d{{1,2}}(?:st|nd|rd|th)?\s+(?:{months})\.?,?\s+\d{{4}}|(?:{months})\.?\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+\d{{4}})(?!\d)"
    )


@cache
def _day_count() -> re.Pattern[str]:
    return re.compile(rf"(?<![A-Za-z])(?:{'|'.join(words()['day_counts'])})\s*(?:[=:：为]\s*)?$")


def _take_works(text: str, take: Any) -> None:
    refused = {w.lower() for w in words()["not_authors"]} | set(words()["months"])
    taken: list[tuple[int, int]] = []
    for pattern in (_WORK, _WORK_ZH, _ET_AL):
        for match in pattern.finditer(text):
            names = match["names"]
            first = re.split(r"[\s,]", names)[0]
            if first.lower() in refused or any(a < match.end() and match.start() < b for a, b in taken):
                continue
            year = match.groupdict().get("year") or ""
            alone = names == first and not match["etal"] and not re.search(r"[(（\[]", match[0])
            if alone and (find_term(first) or unit_at(text, match.end())[0]):
                continue  # a quantity of 1690 d at the start of a sentence
            taken.append(match.span())
            take("work", match.start(), match.end(), names + (" et al." if match["etal"] else ""), year)


def _numbers(original: str, text: str) -> list[Item]:
    items: list[Item] = []
    ends: list[int] = []  # where each number's unit ends
    position = 0
    while match := _NUMBER.search(text, position):
        if bare := _BARE_POWER.match(text, match.start()):
            exponent = int((bare[1] or bare[2]).translate(_SUPERSCRIPT))
            number, stop = Number(10.0**exponent, exponent, 1), bare.end()
        else:
            number, stop = _read(match, text)
        number.unit, unit_end = unit_at(text, stop)
        if not number.unit and _day_count().search(text[max(0, match.start() - 12) : match.start()]):
            number.unit = "d"
        items.append(Item("number", match.start(), stop, original[match.start() : stop], number))
        ends.append(unit_end)
        position = max(stop, unit_end if number.unit else stop)
    _join(items, ends, text, original)
    for item, end in zip(items, ends, strict=True):
        if item.number and item.number.unit and end > item.end and item.number.role in ("value", "level"):
            item.end = end
            item.text = original[item.start : end]
    return items


def _read(match: re.Match[str], text: str) -> tuple[Number, int]:
    digits = re.sub("[,\u2009]", "", match["digits"])
    end, exponent = match.end(), int((match["exponent"] or "e0")[1:])
    if power := _POWER.match(text, end):
        exponent += int((power[1] or power[2] or power[3]).translate(_SUPERSCRIPT))
        end = power.end()
    places = len(digits.partition(".")[2])
    multiple = re.compile(rf"\s?(?:{_alternatives(words()['multiples'])})").match(text, end)
    factor = 1
    if multiple and not unit_at(text, end)[0]:
        factor, end = words()["multiples"][multiple[0].strip()], multiple.end()
    magnitude = len(str(factor)) - 1
    value = float(f"{digits}e{exponent}") * factor
    signed = bool(match["sign"])
    stripped = digits.replace(".", "").lstrip("0")
    zeros = 0 if "." in digits or match["exponent"] else len(stripped) - len(stripped.rstrip("0"))
    return (
        Number(
            -value if match["sign"] == "-" else value,
            exponent - places + magnitude,
            len(stripped),
            zeros,
            signed=signed,
        ),
        end,
    )


def _join(items: list[Item], ends: list[int], text: str, original: str) -> None:
    """Tell values from their uncertainties, and give every number of a group its unit, limit, level and label."""
    position = 0
    while position < len(items):
        main = items[position]
        group = [position]
        number = main.number
        assert number is not None
        before = text[: main.start]
        if match := re.search(r"([<>≤≥≲≳])\s*$", before):
            number.limit = "upper" if match[1] in "<≤≲" else "lower"
        while group[-1] + 1 < len(items) and len(group) < 3:
            here, after = group[-1], items[group[-1] + 1]
            between = text[ends[here] : after.start].strip()
            between = between.lstrip("(（ ") if between.lstrip("(（ ")[:1] in ("±", "+") else between
            follower = after.number
            assert follower is not None
            sign = after.text[:1]
            if len(group) == 1 and (
                between in ("±", "+/", "+/-", "+-", "\\pm", "\\pm{}") or (between == "+" and sign == "-")
            ):
                follower.role = "error"  # a minus behind ± stays, and then nothing agrees with it
                follower.value = abs(follower.value) if between[:1] == "+" else follower.value
                group.append(here + 1)
                break
            if sign in "+-" and between in (
                ("", "^{", "^", "(", "（", "/", "[") if len(group) == 1 else ("", "/", "}_{", "_{", "_", ",", "}")
            ):
                if len(group) == 1 and (sign == "-" and not re.match(r"\s*/?\s*\+|\}", text[ends[here + 1] :])):
                    break
                if len(group) == 1 and between == "" and text[ends[here] : after.start] == "" and sign == "-":
                    break
                follower.role, follower.value = ("above" if sign == "+" else "below"), abs(follower.value)
                group.append(here + 1)
                continue
            break
        last = group[-1]
        concise = re.compile(r"\((\d{1,3})\)").match(text, main.end) if len(group) == 1 else None
        if concise and position + 1 < len(items) and items[position + 1].start == main.end + 1:
            follower = items[position + 1].number
            assert follower is not None
            follower.role, follower.value, follower.place = "error", follower.value * 10.0**number.place, number.place
            group.append(position + 1)
            last = position + 1
        _tail(items, ends, text, original, group, last)
        position = last + 1
    for index, item in enumerate(items[:-1]):
        after = items[index + 1]
        if item.number and after.number and item.number.role == "value" and after.number.role == "value":
            between = text[ends[index] : after.start]
            if _JOINS.fullmatch(between) or re.fullmatch(r"\s*", between):
                if not item.number.unit and after.number.unit and _JOINS.fullmatch(between):
                    item.number.unit = after.number.unit
                if _JOINS.fullmatch(between):
                    item.number.ranged = after.number.ranged = True
                if between.strip() in ("-", "–") and after.text.startswith(("-", "–")):
                    after.number.value = abs(after.number.value)


_TAIL_LEVEL = re.compile(r"\s*[(（]\s*")


def _tail(items: list[Item], ends: list[int], text: str, original: str, group: list[int], last: int) -> None:
    """What follows a group: a power of ten over all of it, a unit, a probability, a label."""
    numbers = [n for i in group if (n := items[i].number)]
    end = ends[last]
    opened = (
        text[max(0, items[group[0]].start - 2) : items[group[0]].start]
        + text[items[last].start - 1 : items[last].start]
    )
    closed = re.compile(r"[ ]*(?:\}\$?|\$)?[ ]*[)）]").match(text, end) if re.search("[(（]", opened) else None
    begin = closed.end() if closed else end
    if power := _POWER.match(text, begin):
        exponent = int((power[1] or power[2] or power[3]).translate(_SUPERSCRIPT))
        for number in numbers:
            number.value *= 10.0**exponent
            number.place += exponent
        while last + 1 < len(items) and items[last + 1].start < power.end():  # the ten itself is no claim
            del items[last + 1], ends[last + 1]
        begin = end = power.end()
    elif begin != end and len(group) > 1:
        end = begin
    unit, unit_end = unit_at(text, re.compile(r"[}$]*").match(text, begin).end())  # type: ignore[union-attr]
    if unit and not numbers[-1].unit:
        numbers[-1].unit, end = unit, unit_end
        ends[last] = unit_end
    shared = next((n.unit for n in reversed(numbers) if n.unit), "")
    for index, number in zip(group, numbers, strict=True):
        number.unit = number.unit or shared
        if index != group[0]:
            number.main = items[group[0]]
    level = items[last + 1].number if last + 1 < len(items) else None
    if level and level.unit == "percent" and _TAIL_LEVEL.fullmatch(text[end : items[last + 1].start]):
        level.role, level.main = "level", items[group[0]]
        close = re.compile(r"[^()（）]{0,20}[)）]").match(text, ends[last + 1])
        end = close.end() if close else end
        numbers.append(level)
    if label := re.compile(f"[ )）*_]*{OPEN}(\\w+){CLOSE}").match(original, end):
        for number in numbers:
            number.label = label[1]
