"""The key by which a facility and we know the same payload: made from its content, and part of what is sent."""

from __future__ import annotations

import hashlib
import ipaddress
import re
from typing import Any
from urllib.parse import urlsplit

from gnomon.tools.errors import InputError

FACILITIES = ("ocs", "tom")

_MARK = "gnomon-"
_DIGITS = 16  # 64 bits: two of a million payloads share a key with a chance of 3e-8
# The shortest of the names that facilities keep is that of an OCS request group, 50 characters.
LONGEST_NAME = 50
_NAME = LONGEST_NAME - len(_MARK) - _DIGITS - 1
_MARKED = re.compile(rf" {_MARK}([0-9a-f]{{{_DIGITS}}})$")


def keyed(facility: str, address: str, body: dict[str, Any], attempt: int) -> tuple[dict[str, Any], str]:
    """A payload's body with its key in it, and the key.

    The key is the beginning of the SHA-256 over facility, address, attempt and the body (RFC 8785) without a key: the same
    payload gets the same key on any machine, and one that differs in any value another one.

    Parameters
    ----------
    facility : str
        One of `FACILITIES`.
    address : str
        Of its service.
    body : dict
        What is to be sent; a key that it has already is replaced.
    attempt : int

    Raises
    ------
    InputError
        Where the facility is not known, the address is none that a secret may be sent to, or there is no name to put the key in.
    """
    import rfc8785

    require_address(address)
    holder, field = _holder(facility, body)
    name = _MARKED.sub("", str(holder.get(field) or ""))[:_NAME].strip()
    if not name:
        raise InputError(
            f"A payload for {facility} has no name ({field}).", remedy="Give it one; people read it at the facility."
        )
    bare = _with_name(facility, body, name)
    try:
        content = rfc8785.dumps([facility, address.rstrip("/"), attempt, bare])
    except rfc8785.CanonicalizationError as error:
        raise InputError(
            f"A payload for {facility} has no canonical form: {error}.", remedy="Use finite numbers and text."
        ) from error
    key = _MARK + hashlib.sha256(content).hexdigest()[:_DIGITS]
    return _with_name(facility, body, f"{name} {key}"), key


def require_key(facility: str, address: str, body: dict[str, Any], attempt: int, key: str, name: str) -> None:
    """Raise unless a payload carries exactly the key that belongs to it.

    Raises
    ------
    InputError
        Where anything of it was changed since it got the key.
    """
    made, own = keyed(facility, address, body, attempt)
    if own != key or made != body:
        raise InputError(
            f"Payload {name} was changed after it got its key {key}.",
            remedy="Make the packet again with `gnomon handover offer`.",
        )


def require_address(address: str) -> None:
    """Raise unless a secret may be sent to an address: https, or plain http to this machine.

    Raises
    ------
    InputError
    """
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        parts.port  # noqa: B018 - reading it is what checks it
    except ValueError:
        parts, host = urlsplit(""), ""
    own = host == "localhost" or _is_loopback(host)
    if not host or parts.scheme not in ("https", "http") or parts.username or parts.query or parts.fragment:
        raise InputError(
            f"{address!r} is no address of a facility.", remedy="Write it as https://HOST, without a login or a query."
        )
    if parts.scheme == "http" and not own:
        raise InputError(f"{address} would be asked without encryption, and a token goes with it.", remedy="Use https.")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _holder(facility: str, body: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """Which mapping of a body has the name in it, and under which key."""
    if facility == "ocs":
        return body, "name"
    if facility == "tom":
        observation = body.get("observation")
        parameters = observation.get("observing_parameters") if isinstance(observation, dict) else None
        if isinstance(parameters, dict) and isinstance(body.get("target"), dict):
            return parameters, "name"
        raise InputError(
            "A payload for a TOM needs `target` and `observation` with `observing_parameters`.",
            remedy="Draft it again with the form tom.",
        )
    raise InputError(
        f"No adapter speaks to a facility of the kind {facility!r}.", remedy=f"There are: {', '.join(FACILITIES)}."
    )


def _with_name(facility: str, body: dict[str, Any], name: str) -> dict[str, Any]:
    if facility == "ocs":
        return {**body, "name": name}
    # A TOM takes a `name` beside the parameters for theirs, and the key would be lost.
    observation = {k: v for k, v in body["observation"].items() if k != "name"}
    parameters = {**observation["observing_parameters"], "name": name}
    return {**body, "observation": {**observation, "observing_parameters": parameters}}
