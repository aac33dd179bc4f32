"""The one path by which text reaches a report: three jinja environments that escape everything unless told otherwise.

``text`` makes plain sentences, ``markdown`` CommonMark with tables, ``html`` HTML.  Whatever a template prints is taken to be
foreign text (a question, a file's name, what a library said) and loses its power over the page; only what this module's own
functions make is let through.  Numbers enter a template through ``number(...)`` alone, and that adds their receipt.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from types import CodeType

    from jinja2 import Environment
    from jinja2.bccache import Bucket

Markup = Literal["text", "markdown", "html"]

TEMPLATES = Path(__file__).with_name("templates")

# Control characters, and those that turn the direction of text so that it reads as what it is not (Unicode TR 36, TR 39).
TREACHEROUS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
# Every character that can begin a construct in CommonMark or its usual extensions (tables, strikethrough, mathematics).
_MARKDOWN = re.compile(r"([\\`*_\[\]{}#|~!$^])")
_BLOCK_START = re.compile(r"^(\s*)(?:([-+](?=\s|$)|-(?=-)|=)|(\d+)(?=[.)](?:\s|$)))")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}

# Templates are compiled once in a process: by markup, since each escapes in its own way, by name and by text.
_compiled: dict[tuple[Markup, str, str], CodeType] = {}


class Made(str):
    """Markdown made by this module, which must not be escaped again."""

    __slots__ = ()


def clean(value: Any) -> str:
    """`value` as text, without characters that deceive the eye."""
    return TREACHEROUS.sub("\ufffd", str(value).replace("\r\n", "\n").replace("\r", "\n"))


def one_line(value: Any) -> str:
    """`value` as one line of text."""
    return _flat(value).strip()


def _flat(value: Any) -> str:
    return re.sub(r"\s+", " ", clean(value))


def escape_markdown(value: Any) -> str:
    """`value` as one line of Markdown that shows just these characters."""
    if isinstance(value, Made):
        return value
    text = _MARKDOWN.sub(r"\\\1", _flat(value))
    text = re.sub("[&<>]", lambda m: _ENTITIES[m[0]], text)
    text = re.sub(r"(?i)(https?|ftp|mailto|www)([:.])", r"\1\\\2", text)  # viewers make links of bare addresses
    return _BLOCK_START.sub(lambda m: f"{m[1]}\\{m[2]}" if m[2] else f"{m[1]}{m[3]}\\", text)


def fenced(value: Any) -> Made:
    """`value` as a block of code whose fence is longer than any in it."""
    text = clean(value).rstrip("\n")
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return Made(f"{fence}text\n{text}\n{fence}")


def code(value: Any) -> Made:
    """`value` as a span of code."""
    text = one_line(value).replace("|", "¦")
    fence = "`" * (max((len(run) for run in re.findall(r"`+", text)), default=0) + 1)
    space = " " if text.startswith("`") or text.endswith("`") or not text else ""
    return Made(f"{fence}{space}{text}{space}{fence}")


def link_of(citation: str) -> str:
    """Where a citation can be read: its DOI's page, else its page at ADS, else empty."""
    from urllib.parse import quote

    if doi := re.search(r"\b10\.\d{4,9}/[^\s,;]+", citation):
        return "https://doi.org/" + quote(doi[0].rstrip(".)"), safe="/().-_;:")
    if bibcode := re.search(r"\b\d{4}[A-Za-z&.]{5}[A-Za-z0-9.]{9}[A-Z]", citation):
        return "https://ui.adsabs.harvard.edu/abs/" + quote(bibcode[0], safe=".")
    return ""


@cache
def words(language: str) -> dict[str, Any]:
    """The wording of reports in a language."""
    from ruamel.yaml import YAML

    loaded: dict[str, Any] = YAML(typ="safe", pure=True).load((TEMPLATES / "words.yaml").read_text(encoding="utf-8"))
    return {**loaded["both"], **loaded[language]}


def sentence(language: str, name: str, **values: Any) -> str:
    """A sentence of ``words.yaml``, filled; the values are foreign text, cleaned here and escaped by the template."""
    return str(words(language)["say"][name]).format(**{k: one_line(v) for k, v in values.items()})


def environment(markup: Markup, functions: dict[str, Callable[..., Any]]) -> Environment:
    """A jinja environment for one markup.

    Parameters
    ----------
    markup : {"text", "markdown", "html"}
    functions : dict
        What templates may call besides the filters of this module.

    Returns
    -------
    jinja2.Environment
        It prints nothing unescaped, and refuses names that it does not know.
    """
    from jinja2 import BytecodeCache, Environment, FileSystemLoader, StrictUndefined

    class Compiled(BytecodeCache):
        """What templates of this markup were compiled to; it is asked for by the template's text."""

        def load_bytecode(self, bucket: Bucket) -> None:
            bucket.code = _compiled.get((markup, bucket.key, bucket.checksum))

        def dump_bytecode(self, bucket: Bucket) -> None:
            if bucket.code is not None:
                _compiled[markup, bucket.key, bucket.checksum] = bucket.code

    finalize: dict[Markup, Callable[[Any], Any]] = {"text": _flat, "markdown": escape_markdown, "html": _cleaned}
    made = Environment(
        loader=FileSystemLoader(TEMPLATES, encoding="utf-8"),
        autoescape=markup == "html",
        undefined=StrictUndefined,
        finalize=finalize[markup],
        bytecode_cache=Compiled(),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters.update(fenced=fenced, code=code, link_of=link_of, link=Made)
    made.globals.update(functions)
    return made


def _cleaned(value: Any) -> Any:
    """For HTML, where jinja escapes by itself: text without deceiving characters; what is markup already stays."""
    return value if hasattr(value, "__html__") else clean(value)
