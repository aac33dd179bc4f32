"""LaTeX sources: the main file with what it includes."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any

from gnomon.knowledge.literature.blocks import Block, BlockKind, Parsed, tidy

_COMMENT = re.compile(r"(?<!\\)%.*?(?:\n|$)")
_INCLUDE = re.compile(r"\\(?:input|include|subfile)\s*\{\s*([^}]+?)\s*\}")
_SECTION = re.compile(r"\\(part|chapter|section|subsection|subsubsection|paragraph)\*?\s*(?:\[[^\]]*\])?\s*(?=\{)")
_LEVELS = {"part": 1, "chapter": 1, "section": 2, "subsection": 3, "subsubsection": 4, "paragraph": 5}
_BEGIN = re.compile(r"\\begin\s*\{(?P<name>[A-Za-z]+\*?)\}")
_EQUATIONS = ("equation", "align", "eqnarray", "gather", "multline", "displaymath", "alignat", "flalign")
_FLOATS = ("figure", "table", "deluxetable", "longtable", "sidewaystable", "wrapfigure", "sidewaysfigure")
_TABULAR = ("tabular", "tabularx", "tablenotes", "startdata")
_UNSEEN = ("comment", "CCSXML", "tikzpicture", "keywords")
_PARAGRAPH = re.compile(r"\n\s*\n|\\par(?![A-Za-z])|\\item(?![A-Za-z])\s*(?:\[[^\]]*\])?")
_DISPLAY = re.compile(r"\\\[(.+?)\\\]|\$\$(.+?)\$\$", re.S)
_MOST_FILES = 200


def parse_latex(text: str, included: Callable[[str], str | None] = lambda name: None) -> Parsed:
    """Parse a paper in LaTeX.

    Parameters
    ----------
    text : str
        The main file.
    included : callable
        Gives the text of a file that is included, by the name in the source; None where it is not there.

    Returns
    -------
    Parsed
        Formulae stay as they are written; citations keep their keys in brackets; macros of the document are not expanded, but what they are given
        as text is kept.
    """
    from importlib.metadata import version

    problems: list[str] = []
    whole = _flattened(text, included, problems, [0])
    head, _begin, body = whole.partition(r"\begin{document}")
    if not _begin:
        head, body = "", whole
    body = body.partition(r"\end{document}")[0]
    metadata = _metadata(head + body)
    blocks = [b for b in _blocks(body) if re.search(r"\w", b.text)]
    return Parsed(blocks, metadata, None, problems, f"pylatexenc {version('pylatexenc')}")


def _flattened(text: str, included: Callable[[str], str | None], problems: list[str], count: list[int]) -> str:
    text = _COMMENT.sub("\n", text.replace("\r\n", "\n"))

    def put(match: re.Match[str]) -> str:
        count[0] += 1
        said = included(match[1]) if count[0] <= _MOST_FILES else None
        if said is None:
            problems.append(f"The file {match[1]!r} is included and was not found.")
            return ""
        return _flattened(said, included, problems, count)

    return _INCLUDE.sub(put, text)


def argument(text: str, position: int) -> tuple[str, int]:
    """What stands in the braces that open at or after a place, and where they end; empty where there are none."""
    start = text.find("{", position)
    if start < 0 or text[position:start].strip():
        return "", position
    depth = 0
    for place in range(start, len(text)):
        if text[place] == "\\":
            continue
        escaped = place > 0 and text[place - 1] == "\\" and text[place - 2 : place - 1] != "\\"
        if text[place] == "{" and not escaped:
            depth += 1
        elif text[place] == "}" and not escaped:
            depth -= 1
            if depth == 0:
                return text[start + 1 : place], place + 1
    return text[start + 1 :], len(text)


def _metadata(text: str) -> dict[str, Any]:
    out: dict[str, Any] = {}
    title = re.search(r"\\title\s*(?:\[[^\]]*\])?\s*(?=\{)", text)
    if title and (said := plain(argument(text, title.end())[0])):
        out["title"] = said
    authors = [plain(argument(text, m.end())[0]) for m in re.finditer(r"\\author\*?\s*(?:\[[^\]]*\])?\s*(?=\{)", text)]
    named = [tidy(a) for whole in authors for a in re.split(r"\s*(?:,| and |\\and)\s*", whole) if tidy(a)]
    if named:
        out["authors"] = named
    if doi := re.search(r"\\doi\s*\{\s*(10\.[^}\s]+)", text):
        out["doi"] = doi[1]
    date = re.search(r"\\date\s*\{([^}]*)\}", text)
    if date and (year := re.search(r"(?:19|20)\d\d", date[1])):
        out["year"] = int(year[0])
    return out


def _blocks(text: str) -> list[Block]:
    """The blocks of a stretch of source, in order."""
    out: list[Block] = []
    position = 0
    while True:
        marks = [m for m in (_BEGIN.search(text, position), _SECTION.search(text, position)) if m]
        if not marks:
            break
        mark = min(marks, key=lambda m: m.start())
        out += _paragraphs(text[position : mark.start()])
        if mark.re is _SECTION:
            said, position = argument(text, mark.end())
            out.append(Block("heading", plain(said), level=_LEVELS[mark[1]]))
            continue
        inside, position = _environment(text, mark)
        out += _of_environment(mark["name"].rstrip("*"), inside)
    return out + _paragraphs(text[position:])


def _environment(text: str, begin: re.Match[str]) -> tuple[str, int]:
    """What stands in an environment, which may hold others of its name, and where it ends."""
    name, depth = re.escape(begin["name"]), 1
    for mark in re.compile(rf"\\(begin|end)\s*\{{{name}\}}").finditer(text, begin.end()):
        depth += 1 if mark[1] == "begin" else -1
        if depth == 0:
            return text[begin.end() : mark.start()], mark.end()
    return text[begin.end() :], len(text)


def _of_environment(name: str, inside: str) -> list[Block]:
    if name in _UNSEEN:
        return []
    if name in _EQUATIONS:
        return [Block("equation", tidy(re.sub(r"\\label\{[^}]*\}", "", inside)))]
    if name in _FLOATS:
        captions = [plain(argument(inside, m.end())[0]) for m in re.finditer(r"\\(?:tablecaption|caption)\s*(?:\[[^\]]*\])?\s*(?=\{)", inside)]  # fmt: skip
        tables = [b for b in (_table(_environment(inside, m)[0]) for m in _BEGIN.finditer(inside) if m["name"].rstrip("*") in _TABULAR) if b.text]  # fmt: skip
        data = re.search(r"\\startdata(.*?)\\enddata", inside, re.S)
        return [*(Block("caption", c) for c in captions), *tables, *([_table(data[1])] if data else [])]
    if name in _TABULAR:
        return [_table(inside)]
    if name == "thebibliography":
        items = re.split(r"\\bibitem\s*(?:\[(?:[^\[\]]|\[[^\]]*\])*\])?\s*\{[^}]*\}", inside)[1:]
        return [Block("reference", plain(item)) for item in items]
    if name == "abstract":
        return [Block("heading", "Abstract", level=2), *_blocks(inside)]
    if name in ("verbatim", "lstlisting", "minted"):
        return [Block("code", inside.strip("\n"))]
    kind: BlockKind = "list" if name in ("itemize", "enumerate", "description") else "paragraph"
    return [Block(kind, b.text) if b.kind == "paragraph" else b for b in _blocks(inside)]


def _table(source: str) -> Block:
    """Rows of a table, a line each."""
    body = re.sub(r"^\s*(?:\[[^\]]*\])?\s*(?:\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\})+", "", source)
    rows = [" | ".join(plain(cell) for cell in row.split("&")) for row in re.split(r"\\\\(?:\[[^\]]*\])?", body)]
    return Block("table", "\n".join(r for r in rows if re.search(r"\w", r)))


def _paragraphs(source: str) -> list[Block]:
    out: list[Block] = []
    position = 0
    for match in _DISPLAY.finditer(source):
        out += [Block("paragraph", plain(p)) for p in _PARAGRAPH.split(source[position : match.start()])]
        out.append(Block("equation", tidy(match[1] or match[2])))
        position = match.end()
    return out + [Block("paragraph", plain(p)) for p in _PARAGRAPH.split(source[position:])]


def plain(source: str) -> str:
    """LaTeX as text; formulae as they are written, citations as ``[key]``.

    Parameters
    ----------
    source : str
    """
    source = re.sub(r"\\(?:label|index|vspace|hspace|includegraphics|bibliographystyle|bibliography|maketitle|tableofcontents|affil|altaffiliation|email|thanks|footnotemark)\*?\s*(?:\[[^\]]*\])?\s*(?:\{[^{}]*\})?", "", source)  # fmt: skip
    source = re.sub(r"\\href\s*\{[^{}]*\}\s*(?=\{)", "", source)
    source = re.sub(r"\\(?:cite[a-zA-Z]*)\*?\s*(?:\[[^\]]*\]\s*){0,2}\{([^}]*)\}", r"[\1]", source)
    source = re.sub(r"\\(?:ref|eqref|autoref|cref|Cref)\s*\{([^}]*)\}", r"(\1)", source)
    return (
        tidy(_converter().latex_to_text(source)) if "\\" in source or "{" in source or "~" in source else tidy(source)
    )


@cache
def _converter() -> Any:
    from pylatexenc.latex2text import LatexNodes2Text

    return LatexNodes2Text(math_mode="verbatim", strict_latex_spaces=False, keep_comments=False)
