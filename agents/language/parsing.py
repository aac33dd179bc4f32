"""The one JSON object in what a model said.

Models fence it, talk before it and pad after it.  All that is left aside; nothing is mended: what is not JSON as it stands,
is cut off, says a key twice, or is said in two versions, is not an answer.
"""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn, TypeVar

from pydantic import BaseModel, ValidationError

from gnomon.agents.language.errors import NoObject, ReplyError

Model = TypeVar("Model", bound=BaseModel)

# "{" opens an object only where a key or its end follows: braces in prose do not count, and a cut-off object is not skipped
# in favour of a smaller one inside it.
_OPENING = re.compile(r'\{(?=\s*["}])')
_MOST_FINDINGS = 5


def parse(text: str) -> dict[str, Any]:
    """The JSON object in a reply.

    Parameters
    ----------
    text : str
        What the model said: bare JSON, or JSON in a fence, after prose, before padding.  What a model thought aloud, up to
        ``</think>``, is not part of its answer.

    Returns
    -------
    dict

    Raises
    ------
    NoObject
        Where there is no object, an object that is not whole and valid JSON, or several that differ.
    """
    said = text.rpartition("</think>")[2]
    found: dict[str, Any] | None = None
    position = 0
    while opening := _OPENING.search(said, position):
        value, position = _decode(said, opening.start(), text)
        if said[: opening.start()].rstrip().endswith("[") or said[position:].lstrip().startswith("]"):
            raise NoObject("The reply is a JSON list, and not one JSON object.", reply=text)
        # Compared as text, for to Python 1, 1.0 and true are equal.
        if found is not None and json.dumps(value) != json.dumps(found):
            raise NoObject("The reply has several JSON objects in it that differ, and not one.", reply=text)
        found = value
    if found is None:
        raise NoObject("The reply has no JSON object in it.", reply=text)
    return found


def _decode(said: str, start: int, reply: str) -> tuple[dict[str, Any], int]:
    decoder = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_no_constant)
    try:
        value, end = decoder.raw_decode(said, start)
    except json.JSONDecodeError as error:
        raise NoObject(
            f"The reply is not valid JSON: {error.msg} at character {error.pos} of {len(said)}.", reply=reply
        ) from error
    except (ValueError, RecursionError) as error:
        raise NoObject(f"The reply is not usable JSON: {error}.", reply=reply) from error
    return value, end


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # json would keep the last of two values for a key, and so decide for the model which it meant.
    names = [name for name, _value in pairs]
    if len(set(names)) < len(names):
        raise ValueError(f"the key {next(n for n in names if names.count(n) > 1)!r} is there twice")
    return dict(pairs)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def satisfy(value: dict[str, Any], shape: type[Model], reply: str) -> Model:
    """The value as an instance of its shape.

    Types must be right as they stand: "5" is no number.

    Parameters
    ----------
    value : dict
        From `parse`.
    shape : type of pydantic.BaseModel
        What it has to be.
    reply : str
        What the model said, for the error.

    Raises
    ------
    ReplyError
        Where it is not; the sentence names what is wrong, where, and at most five findings.
    """
    try:
        # Strict validation of JSON, and not of Python values, which would refuse a text for an Enum and a list for a tuple.
        return shape.model_validate_json(json.dumps(value), strict=True)
    except ValidationError as error:
        findings = [f"{'.'.join(map(str, e['loc'])) or 'the object'}: {e['msg']}" for e in error.errors()]
        more = f"; and {len(findings) - _MOST_FINDINGS} more" if len(findings) > _MOST_FINDINGS else ""
        raise ReplyError(
            f"The reply does not satisfy {shape.__name__}: {'; '.join(findings[:_MOST_FINDINGS])}{more}.", reply=reply
        ) from error
