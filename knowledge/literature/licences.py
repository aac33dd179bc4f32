"""Licences of documents: which let a text be passed on, and how they are written."""

from __future__ import annotations

import re
from dataclasses import dataclass

# A name, a number of its version, and what people write around them; all in small letters, with one space between words.
_CC = re.compile(
    r"(?:the )?(?:cc|creative commons)[ :-]*(?P<what>by|attribution)(?P<terms>(?:[ /-]*(?:sa|nc|nd|share[ -]?alike|non[ -]?commercial|no[ -]?deriv(?:ative)?s?))*)"
    r"[ -]*v?(?P<version>[1-4]\.[05])?(?: international| unported| generic)?(?: public)?(?: licen[cs]e)?(?: \(cc[ -]by[a-z -]*[\d.]*\))?"
)
_CC_ADDRESS = re.compile(r"creativecommons\.org/licenses/(?P<terms>by[a-z-]*)(?:/(?P<version>\d\.\d))?(?:/.*)?")
_FREE = (
    (re.compile(r"(?:cc[ -]?0|cc[ -]?zero|creative commons zero)(?:[ -]v?1\.0)?(?: universal)?(?: public domain dedication)?"), "CC0-1.0"),
    (re.compile(r"creativecommons\.org/publicdomain/zero/1\.0(?:/.*)?"), "CC0-1.0"),
    (re.compile(r"(?:in the )?public domain|creativecommons\.org/publicdomain/mark/1\.0(?:/.*)?|pdm[ -]1\.0|unlicense|0bsd"), "public domain"),
    (re.compile(r"(?:the )?(?:mit|expat)(?: licen[cs]e)?|opensource\.org/licen[cs]es?/mit(?:/.*)?"), "MIT"),
    (re.compile(r"(?:the )?(?:new |modified |simplified |revised )?(?:[234][ -]clause )?bsd(?:[ -][234][ -]clause)?(?: licen[cs]e)?|opensource\.org/licen[cs]es?/bsd-[23]-clause(?:/.*)?"), "BSD"),
    (re.compile(r"(?:the )?apache(?: software)?(?: licen[cs]e)?[ ,-]*(?:version |v)?2(?:\.0)?(?: licen[cs]e)?|apache\.org/licenses/license-2\.0(?:\.txt|\.html)?"), "Apache-2.0"),
)  # fmt: skip
_ARXIV = re.compile(
    r"arxiv\.org/licenses/(?:nonexclusive-distrib|assumed).*|arxiv(?:\.org)?(?: perpetual,?)? non-?exclusive.*"
)


@dataclass(frozen=True)
class Licence:
    """What a licence says about passing a text on.

    Parameters
    ----------
    name : str
        Its short name where it is known here, else as it was written.
    shared : bool
        Whether everyone may pass the text on, whoever they are and whatever for.
    why_not : str
        Why the text is not passed on; empty where it is.
    """

    name: str
    shared: bool
    why_not: str = ""


def read_licence(said: str) -> Licence:
    """Read the name, or the address, of a licence.

    Only what is known to let everyone pass a text on counts as such: CC BY, CC BY-SA, CC0, the public domain, and the MIT, BSD and Apache
    licences of documentation.  Terms against commercial use or changes depend on who passes a text on and what for, which a file cannot
    know; arXiv's own licence is for arXiv alone.

    Parameters
    ----------
    said : str
        ``CC-BY-4.0``, ``Creative Commons Attribution 4.0 International``, ``https://creativecommons.org/licenses/by/4.0/`` ...; of several
        joined by ``OR`` one is enough, and joined by ``AND`` all are needed.

    Returns
    -------
    Licence

    References
    ----------
    SPDX licence list, https://spdx.org/licenses/; arXiv, https://info.arxiv.org/help/license/index.html.
    """
    text = " ".join(said.split())
    if not text:
        return Licence("", False, "nobody says under which licence it is")
    for word, enough in ((" OR ", any), (" AND ", all)):
        if word in text:
            parts = [read_licence(p.strip(" ()")) for p in text.split(word)]
            shared = enough(p.shared for p in parts)
            name = word.join(p.name for p in parts)
            return Licence(name, shared, "" if shared else next(p.why_not for p in parts if not p.shared))
    plain = re.sub(r"^(?:https?://)?(?:www\.)?", "", text.casefold()).strip(" .;,/")
    if _ARXIV.fullmatch(plain):
        return Licence("arXiv non-exclusive", False, "arXiv's own licence lets arXiv alone pass it on")
    for pattern, name in _FREE:
        if pattern.fullmatch(plain):
            return Licence(name, True)
    if match := _CC_ADDRESS.fullmatch(plain) or _CC.fullmatch(plain):
        return _creative_commons(plain, match["version"] or "")
    return Licence(text, False, f"{text!r} is no licence that is known here to let everyone pass it on")


def _creative_commons(said: str, version: str) -> Licence:
    kept = [
        short
        for short, pattern in (("NC", r"nc|non[ -]?commercial"), ("SA", r"sa|share[ -]?alike"), ("ND", r"nd|no[ -]?deriv"))
        if re.search(rf"(?<![a-z])(?:{pattern})", said)
    ]  # fmt: skip
    name = "-".join(p for p in ("CC-BY", *kept, version) if p)
    if "NC" in kept or "ND" in kept:
        return Licence(name, False, f"{name} lets it be passed on only by some, or for some ends")
    return Licence(name, True)


_SAYS = re.compile(
    r"creative\s+commons|licen[cs]e|licensed|public\s+domain|\bcc[ -]?by\b|\bcc0\b|copyright|rights\s+reserved|©|许可|版权|知识共享",
    re.I,
)


def lines_on_licence(text: str, most: int = 5) -> list[str]:
    """What a text itself says on licences and copyright: lines that speak of them, for a person to judge.

    They are not read as the licence of the text, since a paper also speaks of that of its code, of its data and of others' figures.
    """
    found = [" ".join(line.split()) for line in text.splitlines() if _SAYS.search(line)]
    return [line if len(line) <= 300 else f"{line[:299]}…" for line in dict.fromkeys(found)][:most]
