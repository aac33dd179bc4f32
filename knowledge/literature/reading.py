"""Files as documents: which parser reads which, by what the file holds more than by its name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gnomon.knowledge.literature.blocks import Parsed
from gnomon.tools.errors import GnomonError, InputError

# Endings that are read; others are passed over in a folder.
ENDINGS = (
    ".pdf",
    ".tex",
    ".ltx",
    ".html",
    ".htm",
    ".xhtml",
    ".md",
    ".markdown",
    ".txt",
    ".text",
    ".rst",
    ".bib",
    ".ris",
    ".enw",
    ".lst",
)
# Lists of references, of which each entry is a record of a document.
LISTS = (".bib", ".ris", ".enw")
# The largest file that is read, and of it the largest text.
LARGEST = 300_000_000


def read_document(path: Path) -> tuple[Parsed, bytes]:
    """Parse a file.

    Parameters
    ----------
    path : pathlib.Path

    Returns
    -------
    parsed : Parsed
    content : bytes
        Of the file.

    Raises
    ------
    InputError
        Where it is no document that can be read, is too large, or broken.
    """
    try:
        size = path.stat().st_size
        if size > LARGEST:
            raise InputError(
                f"{path.name} is {size / 1e6:.0f} MB, and {LARGEST / 1e6:.0f} MB are the most that is read.",
                remedy="Split it.",
            )
        content = path.read_bytes()
    except OSError as error:
        raise InputError(
            f"{path.name} cannot be read: {error.strerror}.", remedy="Look whether it is there, and may be read."
        ) from error
    return parse_document(content, path.name, path.parent), content


@contextmanager
def told_as_broken(name: str) -> Iterator[None]:
    """Tell whatever a parser stumbles over as a fault of the file, by its name: nested too deep, macros without an end ...

    Raises
    ------
    InputError
        In place of any error that is not ours.
    """
    try:
        yield
    except GnomonError:
        raise
    except Exception as error:  # parsers of others raise what they like on files that are broken
        raise InputError(
            f"{name} could not be parsed ({type(error).__name__}: {str(error)[:120]}).",
            remedy="It may be broken; fetch it again, or save it in another format.",
        ) from error


def parse_document(content: bytes, name: str, folder: Path | None = None) -> Parsed:
    """Parse what a file holds.

    Parameters
    ----------
    content : bytes
    name : str
        Of the file; its ending tells Markdown from plain text.
    folder : pathlib.Path, optional
        Where files lie that it includes.

    Returns
    -------
    Parsed

    Raises
    ------
    InputError
        Where it cannot be parsed.
    """
    with told_as_broken(name):
        return _parsed(content, name, folder)


def _parsed(content: bytes, name: str, folder: Path | None) -> Parsed:
    if content.lstrip()[:5] == b"%PDF-":
        from gnomon.knowledge.literature.parsing.pdf import parse_pdf

        return parse_pdf(content, name)
    if Path(name).suffix.lower() == ".pdf":
        raise InputError(
            f"{name} is called a PDF, and is none.",
            remedy="Fetch it again; servers send a web page in place of a file that they do not give.",
        )
    if not content.strip():
        raise InputError(f"{name} is empty.", remedy="Give a file that holds a text.")
    if b"\x00" in content[:4096] and not content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputError(
            f"{name} is no text and no PDF.", remedy="PDF, LaTeX, HTML, Markdown and plain text can be read."
        )
    text, doubt = decoded(content)
    ending = Path(name).suffix.lower()
    start = text[:4000].lstrip().lower()
    if ending in (".tex", ".ltx") or re.search(r"\\documentclass|\\begin\{document\}", text[:20_000]):
        from gnomon.knowledge.literature.parsing.latex import parse_latex

        parsed = parse_latex(text, lambda said: _included(folder, said))
    elif ending in (".html", ".htm", ".xhtml") or start.startswith(("<!doctype html", "<html")):
        from gnomon.knowledge.literature.parsing.html import parse_html

        parsed = parse_html(text)
    elif ending in (".md", ".markdown"):
        from gnomon.knowledge.literature.parsing.markdown import parse_markdown

        parsed = parse_markdown(text)
    else:
        from gnomon.knowledge.literature.parsing.plain import parse_plain

        parsed = parse_plain(text)
    if doubt:
        parsed.problems.append(doubt)
    return parsed


def decoded(content: bytes) -> tuple[str, str]:
    """The text of bytes, and in a sentence what is doubtful of it; empty for nothing.

    UTF-8 and UTF-16 are known by themselves; else GB 18030 where it gives Chinese, and Latin-1, which never fails.
    """
    for mark, name in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if content.startswith(mark):
            return content.decode(name, "replace"), ""
    try:
        return content.decode("utf-8"), ""
    except UnicodeDecodeError as error:
        bad = error.start
    try:
        text = content.decode("gb18030")
    except UnicodeDecodeError:
        text = ""
    chinese = len(re.findall(r"[\u4e00-\u9fff]", text))
    if chinese > 20 and chinese > 0.05 * len(text):
        return text, "It is not in UTF-8; GB 18030 was taken."
    lost = content.decode("utf-8", "replace")
    if lost.count("\ufffd") <= len(lost) // 500:
        return lost, f"Bytes that are no UTF-8 (the first at {bad}) were left out."
    return content.decode("latin-1"), "It is not in UTF-8; Latin-1 was taken."


def _included(folder: Path | None, name: str) -> str | None:
    """The text of a file that another one includes, from its own folder or below."""
    if folder is None:
        return None
    root = folder.resolve()
    for path in (folder / name, folder / f"{name}.tex"):
        place = path.resolve()
        if place.is_file() and place.is_relative_to(root) and place.stat().st_size < LARGEST:
            return decoded(place.read_bytes())[0]
    return None
