"""Services that answer in web pages: which page it is, and what it says."""

from __future__ import annotations

import html
import re
from typing import Any

from gnomon.tools.errors import BrokenReply


def page_of(reply: Any, service: str, title: str) -> str:
    """The page, where it is the one that was asked for.

    Parameters
    ----------
    reply : requests.Response
    service : str
    title : str
        What its title begins with.

    Raises
    ------
    BrokenReply
        Where it is another page.
    """
    text = str(reply.content.decode("utf-8", "replace"))
    found = re.search(r"<title>(.*?)</title>", text, re.IGNORECASE | re.DOTALL)
    said = " ".join(html.unescape(found[1]).split())[:100] if found else ""
    if not said.startswith(title):
        raise BrokenReply(
            f"{service} answered with another web page{f', headed {said!r}' if said else ''}.",
            remedy="Most often it is being mended; ask again later.",
            retryable=True,
        )
    return text


def words_of_page(page: str) -> str:
    """What a page says, without its marks, in one line."""
    text = re.sub(r"<(script|style)\b.*?</\1>", " ", page, flags=re.IGNORECASE | re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", text)).split())
