"""Markdown, with the YAML before it that papers of journals such as JOSS have."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from gnomon.knowledge.literature.blocks import Block, Parsed, tidy

if TYPE_CHECKING:
    from markdown_it.tree import SyntaxTreeNode

_FRONT = re.compile(r"\A---[ \t]*\r?\n(?P<yaml>.*?)\r?\n(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.S)


def parse_markdown(text: str) -> Parsed:
    """Parse CommonMark with tables.

    Parameters
    ----------
    text : str

    Returns
    -------
    Parsed
        Items of lists are blocks of their own; equations and code stay as they are written.
    """
    from importlib.metadata import version

    from markdown_it import MarkdownIt
    from markdown_it.tree import SyntaxTreeNode

    front = _FRONT.match(text)
    metadata, problems = _front_matter(front["yaml"]) if front else ({}, [])
    tree = SyntaxTreeNode(
        MarkdownIt("commonmark", {"maxNesting": 100}).enable("table").parse(text[front.end() :] if front else text)
    )
    blocks = [b for node in tree.children for b in _blocks(node) if b.text]
    blocks += [Block("reference", _source(s)) for s in metadata.get("sources") or [] if isinstance(s, dict)]
    if "title" not in metadata and (first := next((b for b in blocks if b.kind == "heading"), None)):
        metadata["title"] = first.text
    return Parsed(blocks, metadata, None, problems, f"markdown-it-py {version('markdown-it-py')}")


def _blocks(node: SyntaxTreeNode) -> list[Block]:
    kind = node.type
    if kind == "heading":
        return [Block("heading", _inline(node), level=int(node.tag[1:]))]
    if kind == "paragraph":
        return [Block("paragraph", _inline(node))]
    if kind in ("fence", "code_block"):
        return [Block("code", node.content.strip("\n"))]
    if kind == "table":
        rows = [" | ".join(_inline(cell) for cell in row.children) for part in node.children for row in part.children]
        return [Block("table", "\n".join(rows))]
    if kind in ("html_block", "hr"):
        return [Block("paragraph", tidy(re.sub(r"<[^>]*>", " ", node.content)))] if kind == "html_block" else []
    found = [b for child in node.children for b in _blocks(child)]
    if kind in ("bullet_list", "ordered_list"):
        return [Block("list", b.text) if b.kind == "paragraph" else b for b in found]
    return found


def _inline(node: SyntaxTreeNode) -> str:
    """The text of a node without its markup; formulae stay."""
    out = []
    for child in node.walk():
        if child.type in ("text", "code_inline"):
            out.append(child.content)
        elif child.type in ("softbreak", "hardbreak"):
            out.append("\n")
        elif child.type == "image":
            out.append(" ")
    return tidy("".join(out))


def _source(source: dict[str, Any]) -> str:
    """A source that the head of a note lists, in a line."""
    told = [f"[{source.get('key', '')}] {source.get('citation', '')}", str(source.get("bibcode") or "")]
    told += [f"{name}:{source[key]}" for key, name in (("doi", "doi"), ("arxiv", "arXiv")) if source.get(key)]
    return tidy(", ".join(t for t in told if t))


def _front_matter(text: str) -> tuple[dict[str, Any], list[str]]:
    """What the YAML before a paper says of it."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        told = YAML(typ="safe", pure=True).load(text)
    except YAMLError as error:
        return {}, [f"What stands before the text is no YAML ({str(error).splitlines()[0]}), and was not read."]
    if not isinstance(told, dict):
        return {}, []
    out: dict[str, Any] = {}
    for name in ("title", "title_zh", "doi", "arxiv", "bibcode", "journal", "language", "tools", "sources"):
        if told.get(name):
            out[name] = told[name]
    if licence := told.get("licence") or told.get("license"):
        out["licence"] = tidy(str(licence.get("name") or licence.get("url") or "" if isinstance(licence, dict) else licence))  # fmt: skip
    aliases = [str(a) for key in ("aliases", "aliases_zh") for a in told.get(key) or []]
    keywords = [str(t) for t in told.get("tags") or []]
    out.update({k: v for k, v in (("aliases", aliases), ("keywords", keywords)) if v})
    authors = [tidy(str(a.get("name") or " ".join(str(a.get(k) or "") for k in ("given-names", "surname")))) if isinstance(a, dict) else tidy(str(a)) for a in told.get("authors") or []]  # fmt: skip
    if authors:
        out["authors"] = authors
    if year := re.search(r"(?:19|20)\d\d", str(told.get("date") or told.get("year") or "")):
        out["year"] = int(year[0])
    return out, []
