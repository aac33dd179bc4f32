"""Web pages: their main text, without what leads to other pages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from gnomon.knowledge.literature.blocks import Block, Parsed, tidy

if TYPE_CHECKING:
    from bs4 import BeautifulSoup
    from bs4.element import Tag

# What is no text of the document: programs, forms, and what stands on every page.
_ASIDE = ["script", "style", "noscript", "template", "nav", "footer", "form", "button", "aside", "svg", "iframe"]
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_KINDS = {"p": "paragraph", "li": "list", "dd": "list", "dt": "list", "blockquote": "paragraph", "figcaption": "caption", "caption": "caption", "pre": "code", "table": "table"}  # fmt: skip
# Names that journals give in the head of a page (Highwire Press).
_META = {"citation_title": "title", "citation_doi": "doi", "citation_journal_title": "journal", "citation_arxiv_id": "arxiv", "dc.title": "title", "dc.identifier": "doi"}  # fmt: skip


def parse_html(text: str) -> Parsed:
    """Parse a web page.

    Parameters
    ----------
    text : str

    Returns
    -------
    Parsed
        Text that stands in no paragraph, list, table or heading is a paragraph too: nothing that a reader sees is left out but
        menus, forms and what stands at the foot of each page.
    """
    from importlib.metadata import version

    from bs4 import BeautifulSoup

    page = BeautifulSoup(text, "html.parser")
    metadata = _metadata(page)
    for tag in page.find_all(_ASIDE):
        tag.decompose()
    for tag in page.find_all("br"):
        tag.replace_with(" ")
    for tag in page.find_all(["sup", "sub"]):
        tag.insert_before("^" if tag.name == "sup" else "_")
    blocks: list[Block] = []
    body = page.find("main") or page.find("article") or page.body or page
    _walk(body, blocks)
    if "title" not in metadata and (first := next((b for b in blocks if b.kind == "heading"), None)):
        metadata["title"] = first.text
    return Parsed([b for b in blocks if b.text], metadata, None, [], f"beautifulsoup4 {version('beautifulsoup4')}")


def _walk(tag: Tag, blocks: list[Block]) -> None:
    """The blocks below a tag, in order."""
    from bs4.element import Comment, NavigableString, Tag

    loose: list[str] = []

    def end() -> None:
        if said := tidy("".join(loose)):
            blocks.append(Block("paragraph", said))
        loose.clear()

    for child in tag.children:
        if isinstance(child, NavigableString):
            if not isinstance(child, Comment):
                loose.append(str(child))
            continue
        if not isinstance(child, Tag):
            continue
        if child.name in _HEADINGS:
            end()
            blocks.append(Block("heading", tidy(child.get_text()), level=int(child.name[1])))
        elif child.name == "table":
            end()
            rows = [
                [tidy(c.get_text(" " if c.find(["p", "div", "li"]) else "")) for c in row.find_all(["th", "td"])]
                for row in child.find_all("tr")
            ]
            if caption := child.find("caption"):
                blocks.append(Block("caption", tidy(caption.get_text())))
            blocks.append(Block("table", "\n".join(" | ".join(r) for r in rows if any(r))))
        elif child.name == "pre":
            end()
            blocks.append(Block("code", child.get_text().strip("\n")))
        elif child.name in _KINDS and not child.find([*_HEADINGS, "p", "ul", "ol", "table", "pre"]):
            end()
            blocks.append(Block(_KINDS[child.name], tidy(child.get_text())))  # type: ignore[arg-type]
        elif child.find([*_HEADINGS, *_KINDS, "div", "section"]) or child.name in ("div", "section", "article", "ul", "ol", "dl", "figure", "body"):  # fmt: skip
            end()
            _walk(child, blocks)
        else:
            loose.append(child.get_text())
    end()


def _metadata(page: BeautifulSoup) -> dict[str, Any]:
    out: dict[str, Any] = {}
    authors = []
    for meta in page.find_all("meta"):
        name, said = str(meta.get("name") or meta.get("property") or "").lower(), tidy(str(meta.get("content") or ""))
        if not said:
            continue
        if name in ("citation_author", "dc.creator"):
            authors.append(said)
        elif name in ("citation_publication_date", "citation_date", "dc.date") and (year := re.search(r"(?:19|20)\d\d", said)):  # fmt: skip
            out.setdefault("year", int(year[0]))
        elif name in _META and (_META[name] != "doi" or re.search(r"10\.\d{4,9}/", said)):
            out.setdefault(_META[name], said)
    if authors:
        out["authors"] = authors
    # What the page itself is under; a licence that a word of the text leads to may be that of something else.
    if licence := {str(link.get("href") or "").strip() for link in page.select('link[rel~="license"]')} - {""}:
        out["licence"] = " AND ".join(sorted(licence))
    if page.title and "title" not in out and (title := tidy(page.title.get_text())):
        out["title"] = title
    language = page.html.get("lang") if page.html else None
    if language:
        out["language"] = str(language)[:2].lower()
    return out
