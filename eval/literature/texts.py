"""Plain text of what packages ship: HTML and DocBook without their marks, and the sentences of compiled translations.

Where one package has the same sentences in two languages, ``messages`` gives either side, in the same order.
"""

from __future__ import annotations

import gettext
import html
import io
import re
import struct
from collections.abc import Iterator

# Parts of a page that nobody reads as text; an index term repeats words of the paragraph beside it.
UNSEEN = re.compile(
    r"<!--.*?-->|<(script|style|head|indexterm)\b.*?</\1\s*>|<!DOCTYPE[^>\[]*(\[.*?\]\s*)?>|<\?.*?\?>",
    re.DOTALL | re.IGNORECASE,
)
# What ends a line: blocks of HTML and of DocBook.
BLOCK = re.compile(
    r"</?(p|br|div|h[1-6]|li|ul|ol|dl|dt|dd|tr|td|th|table|pre|blockquote|center|hr|section|title|para|sect\d|chapter|listitem|itemizedlist|entry|row|simplelist|member|term|note|tip|warning|figure|caption|screen|footnote)\b[^>]*>",
    re.IGNORECASE,
)
# Below this many characters a message is a label, not a sentence.
SENTENCE = 40


def without_marks(marked: str) -> str:
    """The text of HTML or DocBook, one block a line, blank lines between.

    Parameters
    ----------
    marked : str

    Returns
    -------
    str
        Ends with a line feed.
    """
    bare = re.sub(r"<[^>]*>", "", BLOCK.sub("\0", UNSEEN.sub("", marked)))
    # An entity that only the document's own declarations know stands for its name (``&kstars;``).
    bare = re.sub(r"&(\w+);", r"\1", html.unescape(bare))
    blocks = (" ".join(block.split()) for block in bare.split("\0"))
    return "\n\n".join(block for block in blocks if block) + "\n"


def messages(name: str, content: bytes, side: str) -> str:
    """The sentences of a compiled translation, either as they were written or as they were translated.

    Labels of fewer than `SENTENCE` characters in the original are left out, as is what nobody translated.

    Parameters
    ----------
    name : str
        Ends in ``.mo`` (gettext) or ``.qm`` (Qt).
    content : bytes
    side : str
        ``original`` or ``translation``.

    Returns
    -------
    str
        A message a paragraph, sorted by the original, so that both sides have the same order.
    """
    pairs = _qt_messages(content) if name.endswith(".qm") else _gettext_messages(content)
    wanted = {
        original: translation
        for original, translation in pairs
        if len(original) >= SENTENCE and translation not in ("", original)
    }
    chosen = (wanted[original] if side == "translation" else original for original in sorted(wanted))
    return "\n\n".join(" ".join(without_marks(text).split()) for text in chosen) + "\n"


def _gettext_messages(content: bytes) -> Iterator[tuple[str, str]]:
    """Of a ``.mo`` file; a context before the original (``context EOT original``) is dropped, plural forms are not read."""
    catalogue: dict[object, str] = vars(gettext.GNUTranslations(io.BytesIO(content)))["_catalog"]
    for original, translation in catalogue.items():
        if isinstance(original, str) and original:
            yield original.rpartition("\x04")[2], translation


def _qt_messages(content: bytes) -> Iterator[tuple[str, str]]:
    """Of a ``.qm`` file: sections of a tag and a length; one lists where in another each message starts."""
    sections: dict[int, bytes] = {}
    at = 16  # after the magic number
    while at + 5 <= len(content):
        tag, length = struct.unpack_from(">BI", content, at)
        sections[tag] = content[at + 5 : at + 5 + length]
        at += 5 + length
    hashes, texts = sections[0x42], sections[0x69]
    for entry in range(0, len(hashes), 8):
        (at,) = struct.unpack_from(">I", hashes, entry + 4)
        original = translation = ""
        while at < len(texts) and (tag := texts[at]) != 1:  # 1 ends a message
            (length,) = struct.unpack_from(">I", texts, at + 1)
            if tag == 5:  # a hash of four bytes, without a length
                at += 5
                continue
            length = 0 if length == 0xFFFFFFFF else length
            text = texts[at + 5 : at + 5 + length]
            at += 5 + length
            if tag == 3 and not translation:  # the first is the singular
                translation = text.decode("utf-16-be")
            elif tag == 6:
                original = text.decode("utf-8", "replace")
        yield original, translation
