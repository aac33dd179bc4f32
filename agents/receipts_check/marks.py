"""Marks: what a checked report says of the claims that nothing supports, in place and in a list at its top.

Markdown gets ``⟦75.9 d ⚠ no receipt⟧``, HTML a ``<mark>``; both are taken off again before a report is checked.
"""

from __future__ import annotations

import re
from html import escape

from gnomon.agents.markup import escape_markdown
from gnomon.agents.receipts_check.blocks import is_html
from gnomon.agents.receipts_check.checked import Checked, Claim
from gnomon.agents.receipts_check.words import words
from gnomon.tools.errors import UsageError

_START, _END = "<!-- receipts checked -->", "<!-- end of receipts checked -->"
_SIGN = "⚠"


def strip_marks(text: str) -> str:
    """A report without what an earlier check wrote into it."""
    text = re.sub(rf"{re.escape(_START)}.*?{re.escape(_END)}\n*", "", text, flags=re.S)
    said = "|".join(re.escape(words()["say"][lang]["mark"]) for lang in ("en", "zh"))
    text = re.sub(
        rf'<mark class="unsupported"[^>]*>(.*?)<sup> {_SIGN} (?:{said})</sup></mark>', r"\1", text, flags=re.S
    )
    return re.sub(rf"⟦([^⟦⟧]*) {_SIGN} (?:{said})⟧", r"\1", text)


def mark(text: str, checked: Checked) -> str:
    """The report with every unsupported claim marked where it stands and listed at the top.

    Parameters
    ----------
    text : str
        The report that was checked, marked before or not.
    checked : Checked

    Returns
    -------
    str
        Marking a marked report gives the same; where everything is supported and the record whole, the bare report.

    Raises
    ------
    UsageError
        Where it is not the report that was checked.
    """
    if strip_marks(text) != checked.text:
        raise UsageError("This is not the report that was checked.", remedy="Check it again.")
    if checked.good:
        return checked.text
    said, html_ = words()["say"][checked.language], is_html(checked.text)
    open_, close = (
        ('<mark class="unsupported">', f"<sup> {_SIGN} {said['mark']}</sup></mark>")
        if html_
        else ("⟦", f" {_SIGN} {said['mark']}⟧")
    )
    out = checked.text
    spans: list[tuple[int, int]] = []
    for claim in sorted(checked.unsupported, key=lambda c: (c.start, -c.end)):
        if not spans or claim.start >= spans[-1][1]:
            spans.append((claim.start, claim.end))
    for start, end in reversed(spans):
        inner = out[start:end]
        if html_ and "<" in inner:
            # The claim is in a tag or runs over one: the mark stands behind it.
            out = f"{out[:end]}{open_}{close}{out[end:]}"
        else:
            out = f"{out[:start]}{open_}{inner}{close}{out[end:]}"
    place = _place_of_list(out, html_)
    lead = "\n" if not html_ and place and not out[:place].endswith("\n\n") else ""
    shift = lead.count("\n") + _listing(checked, 0, html_).count("\n")
    before = out[:place].count("\n")
    return out[:place] + lead + _listing(checked, shift, html_, before) + out[place:]


def _place_of_list(text: str, html_: bool) -> int:
    """Behind the title, or at the very top."""
    if html_:
        match = re.search(r"<main[^>]*>\n?", text) or re.search(r"<body[^>]*>\n?", text)
        return match.end() if match else 0
    match = re.match(r"\s*# [^\n]*\n\n?", text)
    return match.end() if match else 0


def _listing(checked: Checked, shift: int, html_: bool, before: int = 0) -> str:
    said = words()["say"][checked.language]

    def entry(claim: Claim) -> str:
        # The text is shown as it reads, cut where it is long; its line is that of the marked report.
        shown = re.sub(r"<[^>]*>", "", claim.text) if html_ else re.sub(r"\\(.)", r"\1", claim.text)
        shown = shown if len(shown) <= 90 else shown[:89] + "…"
        line = claim.line + (shift if claim.line > before else 0)
        return str(said["line"]).format(line=line, text=" ".join(shown.split()), reason=claim.reason)

    intro = str(said["intro"]).format(count=len(checked.unsupported), total=len(checked.claims))
    entries = [f"{said['fault']}: {f}" for f in checked.faults] + [entry(c) for c in checked.unsupported]
    if html_:
        listed = "".join(f"<li>{escape(e)}</li>\n" for e in entries)
        return f'{_START}\n<section class="notices grave">\n<h2>{_SIGN} {said["title"]}</h2>\n<p>{escape(intro)}</p>\n<ul class="plain">\n{listed}</ul>\n</section>\n{_END}\n'
    listed = "".join(f"- {escape_markdown(e)}\n" for e in entries)
    return f"{_START}\n## {_SIGN} {said['title']}\n\n{intro}\n\n{listed}\n{_END}\n"
