"""One request to a facility, made once and never repeated by itself; and what its answer means for whoever must not send twice."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, replace
from typing import Any, Literal
from urllib.parse import urlsplit

from gnomon.tools.archives.asking.credentials import credential
from gnomon.tools.archives.asking.json_replies import one_line, said_in
from gnomon.tools.archives.asking.service_session import failure_of, retry_after
from gnomon.tools.errors import HostRefused, NotOnRecord

CONNECT_SECONDS = 10.0
REPLY_SECONDS = 60.0
LONGEST_REPLY = 20 * 1024**2
_AGENT = "Gnomon/0.1 (observation hand-over)"
_LONGEST_WORDS = 300
# These say that the request was read and not taken.  Not among them are 408 and 409, after which it may be there.
_REFUSED = frozenset({400, 401, 402, 403, 404, 405, 406, 410, 411, 413, 414, 415, 422, 429})


@dataclass(frozen=True)
class Answer:
    """What came of a request.

    Parameters
    ----------
    kind : str
        ``good``: it was done, and `document` is what was said.  ``refused``: it was certainly not done.  ``unclear``: nobody knows.
    status : int
        Of the reply; 0 where none came.
    document : Any
        The reply's JSON, None where it has none.
    said : str
        The words of the service, or of the failure, in one line.
    wait : float
        Seconds that the service asks us to wait before the next request; 0 where it says nothing.
    """

    kind: Literal["good", "refused", "unclear"]
    status: int = 0
    document: Any = None
    said: str = ""
    wait: float = 0.0


def ask(
    method: str, url: str, token: str, service: str, *, body: Any = None, parameters: dict[str, Any] | None = None
) -> Answer:
    """Ask a facility once.

    Redirects are not followed, since what is sent and the token with it would go elsewhere; and nothing is sent again, since
    a request that got no answer may have been done.

    Parameters
    ----------
    method, url : str
    token : str
        Of the person; "" for none.
    service : str
        What people call the facility.
    body : optional
        Sent as JSON.
    parameters : dict, optional
        Of the query.

    Returns
    -------
    Answer
        Failures of the network are answers, too.
    """
    import requests

    class Token(requests.auth.AuthBase):
        """Also keeps a login of ~/.netrc out."""

        def __call__(self, request: Any) -> Any:
            if token:
                request.headers["Authorization"] = f"Token {token}"
            return request

    try:
        reply = requests.request(
            method,
            url,
            json=body,
            params=parameters,
            headers={"Accept": "application/json", "User-Agent": _AGENT},
            auth=Token(),
            timeout=(CONNECT_SECONDS, REPLY_SECONDS),
            allow_redirects=False,
            stream=True,
        )
        content = reply.raw.read(LONGEST_REPLY + 1, decode_content=True)
    except (HostRefused, NotOnRecord) as error:
        return Answer("refused", said=f"{error.what} {error.remedy}".rstrip())
    except (requests.RequestException, OSError) as error:
        return Answer("unclear", said=failure_of(error, service).what)
    except Exception as error:
        # The reading of a cut reply fails in urllib3's own classes, which have no common base but its own.
        if type(error).__module__.split(".")[0] != "urllib3":
            raise
        return Answer("unclear", said=f"{service} broke off in the middle of its reply.")
    return replace(_meaning(reply.status_code, content, reply.headers, service), wait=retry_after(reply) or 0.0)


def _meaning(status: int, content: bytes, headers: Any, service: str) -> Answer:
    if len(content) > LONGEST_REPLY:
        return Answer("unclear", status, said=f"{service} sent a reply without an end.")
    length = "" if headers.get("Content-Encoding") else headers.get("Content-Length", "")
    if length.isdigit() and len(content) < int(length):
        return Answer("unclear", status, said=f"{service} broke off in the middle of its reply.")
    if 300 <= status < 400:
        to = one_line(headers.get("Location", ""))[:_LONGEST_WORDS]
        return Answer(
            "unclear", status, said=f"{service} sends us elsewhere ({status} to {to}), where nothing is sent."
        )
    if status >= 400:
        words = _words(content)
        said = f"{service} says {status}{': ' + words if words else ''}."
        return Answer("refused" if status in _REFUSED else "unclear", status, _json(content), said)
    document = _json(content)
    if document is None:
        return Answer("unclear", status, said=f"{service} answered with what is no JSON.")
    return Answer("good", status, document)


def _json(content: bytes) -> Any:
    try:
        return json.loads(content, parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        return None


def _words(content: bytes) -> str:
    """The words of a refusal; of the errors of a form, each field with its own."""
    document = _json(content)
    if isinstance(document, dict | list) and not said_in(content):
        return one_line(json.dumps(document, ensure_ascii=False))[:_LONGEST_WORDS]
    return said_in(content).rstrip(".")


def token_for(address: str) -> str:
    """A person's token for a facility, or "" where there is none.

    It is looked for in the environment under `token_variable`, where the address has a port first with ``_`` and the port behind it, then in the keyring of the system under the service ``gnomon``
    and the facility's host, unless ``GNOMON_NO_KEYRING`` is set.  It is in no plan, no record and no log.
    """
    import keyring
    import keyring.errors

    port = urlsplit(address).port
    # Two services may be on one machine.
    found = credential(*([f"{token_variable(address)}_{port}"] if port else []), token_variable(address))
    if found or os.environ.get("GNOMON_NO_KEYRING"):
        return found
    try:
        return keyring.get_password("gnomon", urlsplit(address).netloc.lower()) or ""
    except (
        keyring.errors.KeyringError
    ):  # there is none on this machine, or it is locked: the facility says what it wants
        return ""


def without_token(service: str, address: str) -> str:
    """The sentence on a facility for which there is no token."""
    port = urlsplit(address).port
    variable = f"{token_variable(address)}_{port}" if port else token_variable(address)
    return f"{service} was not asked: there is no token for it; set {variable}, or keep it in the keyring."


def token_variable(address: str) -> str:
    """The name of the environment variable with the token for a facility: ``GNOMON_TOKEN_`` and its host in capitals."""
    host = urlsplit(address).hostname or ""
    return "GNOMON_TOKEN_" + "".join(c if c.isalnum() else "_" for c in host).upper()
