"""The words by which passages are found literally: stems of English words, pairs of Chinese characters, and names, numbers and codes as they are."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Any

_GREEK = dict(zip("αβγδεζηθικλμνξοπρστυφχψω", re.findall(r"\w+", "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma tau upsilon phi chi psi omega"), strict=True)) | {"ς": "sigma", "ϕ": "phi", "ɛ": "epsilon", "ϵ": "epsilon"}  # fmt: skip
_GREEK_LETTER = re.compile("[" + "".join(_GREEK) + "]")
# Identifiers that hold signs: bibcodes, DOIs, numbers of preprints.
_CODE = re.compile(r"\b(?:(?:19|20)\d\d[a-z&.]{5}[\w.]{9}[a-z]|10\.\d{4,9}/\S+[\w/]|\d{4}\.\d{4,5}(?:v\d+)?)", re.I)
_WORD = re.compile(r"[a-z0-9]+(?:[-'./+][a-z0-9]+)*|[\u3400-\u9fff]+", re.I)
_CJK, _LATIN = re.compile(r"[\u3400-\u9fff]"), re.compile(r"[A-Za-z]")
# A catalogue and a number: HD 209458, NGC 4258, TOI-270, K2-18 b.
_DESIGNATION = re.compile(r"\b([a-z][a-z0-9]{0,9})[ -](\d{1,9}(?:[.+-]\d+)?)(?: ?([a-h])\b)?", re.I)
_STOP = frozenset(
    re.findall(
        r"\w+",
        "a an the of to in on at by for from with and or but is are was were be been being it its this that these those as than "
        "then there here which who whom what when where how why do does did can could may might must shall should will would has "
        "have had not no nor so such into onto over under between about also we our us you your i my they their he she his her "
        "them if else per via any some each all both more most very ",
    )
)
_STOP_CJK = frozenset("的了是在和与及或对从把被而其这那有为以之于也就都很个们吗呢吧哪什么怎")


@lru_cache(maxsize=1)
def _stemmer() -> Any:
    from snowballstemmer import stemmer

    return stemmer("english")


@lru_cache(maxsize=200_000)
def _stem(word: str) -> str:
    return str(_stemmer().stemWord(word)) if len(word) > 3 and word.isalpha() else word


def language_of(text: str) -> str:
    """``zh`` where much of a text is Chinese characters, else ``en`` where it has Latin letters."""
    if text.isascii():
        return "en" if _LATIN.search(text) else ""
    chinese, latin = len(_CJK.findall(text)), len(_LATIN.findall(text))
    if chinese * 4 > latin:
        return "zh"
    return "en" if latin else ""


def folded(text: str) -> str:
    """Text as it is compared: compatibility forms as one, small letters, Greek letters by name."""
    text = unicodedata.normalize("NFKC", text).casefold().replace("−", "-").replace("–", "-").replace("’", "'")
    return _GREEK_LETTER.sub(lambda m: f" {_GREEK[m[0]]} ", text)


def tokens(text: str) -> list[str]:
    """The words of a text, in order.

    Parameters
    ----------
    text : str

    Returns
    -------
    list of str
        Each name is there in parts and in one (``hd``, ``209458``, ``hd209458``), each word with a hyphen in parts and as it is; of Chinese, pairs
        of neighbouring characters.
    """
    text = folded(text)
    out: list[str] = [m[0].rstrip(".,;)") for m in _CODE.finditer(text)]
    for match in _DESIGNATION.finditer(text):
        if match[1] in _STOP:
            continue
        out.append(f"{match[1]}{match[2]}")
        if match[3]:
            out.append(f"{match[1]}{match[2]}{match[3]}")
    for match in _WORD.finditer(text):
        said = match[0]
        if said[0] >= "\u3400":
            kept = "".join(said)
            out += [kept[i : i + 2] for i in range(len(kept) - 1)] if len(kept) > 1 else [kept]
            continue
        parts = re.split(r"[-'./+]", said)
        if len(parts) > 1:
            out.append(said)
            if re.fullmatch(r"[\d.]+", said):
                continue
        out += [_stem(p) for p in parts if p and p not in _STOP]
    return out


def query_tokens(text: str) -> list[str]:
    """The words of a question that say something, each once."""
    found = tokens(text)
    return [t for t in dict.fromkeys(found) if not (t[0] >= "\u3400" and set(t) & _STOP_CJK)]
