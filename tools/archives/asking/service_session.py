"""How services are asked over HTTP: with time limits, polite repeats, and a plain sentence for everything that goes wrong.

The session is one of `requests`, so that pyvo and others can be given it.  What it returns was read to its end and looks like what it
says it is; whatever else comes is a `ServiceError`, which those libraries let through, where their own errors would hide the cause.
"""

from __future__ import annotations

import contextlib
import errno
import html
import re
import tempfile
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from gnomon.tools.errors import BrokenReply, LoginNeeded, RateLimited, ServiceError
from gnomon.tools.transport import pause

CONNECT_SECONDS = 10.0
REPLY_SECONDS = 120.0
TRIES = 3
FIRST_PAUSE = 1.0  # seconds; the next one is three times as long
# A service that wants us to wait longer is better asked another day.
LONGEST_PAUSE = 60.0
# Decoded; what comes over the wire is limited by `gnomon.tools.access.Access`.
LONGEST_REPLY = 2 * 1024**3
# Tables shrink by 5 to 20 when packed; what shrinks by more is made to fill the memory of who unpacks it.
_DENSEST = 200
_BOMB = 64 * 1024**2
_IN_MEMORY = 16 * 1024**2
_CHUNK = 1024**2
_HEAD = 64 * 1024
_AGENT = "Gnomon/0.1 (astronomical analysis plans)"
_REPEATED = frozenset({"GET", "HEAD", "DELETE"})


def open_session(service: str, *, seconds: float | None = None, longest: int | None = None, pages: bool = False) -> Any:
    """A session for one service.

    Parameters
    ----------
    service : str
        What people call it; it begins every sentence about it.
    seconds : float, optional
        How long the service may take until its reply begins, and between two parts of it; by default `REPLY_SECONDS`.
    longest : int, optional
        Most bytes of a reply after decompression; by default `LONGEST_REPLY`.
    pages : bool
        Whether web pages are what the service answers with; they are let through, for the one who asked to recognise.

    Returns
    -------
    requests.Session
        Its requests raise `ServiceError`; the body of a reply can be read as a stream or as a whole.
    """
    return _session_class()(service, seconds or REPLY_SECONDS, longest or LONGEST_REPLY, pages)


@lru_cache(maxsize=1)
def _session_class() -> Any:
    import requests

    class ServiceSession(requests.Session):
        def __init__(self, service: str, seconds: float, longest: int, pages: bool) -> None:
            super().__init__()
            self.service = service
            self.seconds = seconds
            self.longest = longest
            self.pages = pages
            self.headers["User-Agent"] = _AGENT
            self.max_redirects = 5

        def request(self, method: Any, url: Any, **options: Any) -> Any:  # type: ignore[override]
            # A query that is answered at once changes nothing, although it is posted.
            repeated = str(method).upper() in _REPEATED or str(url).endswith("/sync")
            options["timeout"] = options.get("timeout") or (CONNECT_SECONDS, self.seconds)
            options["stream"] = True
            _make_repeatable(options)
            wait = FIRST_PAUSE
            for attempt in range(TRIES):
                try:
                    reply = super().request(method, url, **options)
                    failure, asked_for = _taken_in(reply, self.service, self.longest, self.pages), retry_after(reply)
                    slow = False
                except (requests.RequestException, OSError) as error:
                    failure, asked_for = failure_of(error, self.service), None
                    slow = isinstance(error, requests.exceptions.Timeout) or error.errno == errno.ETIMEDOUT
                if failure is None:
                    return reply
                # What a service turned away unread can be asked again, whatever it is.
                again = failure.retryable and (repeated or asked_for is not None) and not slow
                wait = max(wait, asked_for or 0.0)
                if not again or attempt == TRIES - 1 or wait > LONGEST_PAUSE:
                    raise failure
                pause(wait)
                wait *= 3.0
            raise AssertionError  # the last attempt raised or returned

    return ServiceSession


def _make_repeatable(options: dict[str, Any]) -> None:
    """Turn streams that are to be sent into bytes: one that was read to its end would be sent empty by the next attempt."""

    def read(value: Any) -> Any:
        return value.read() if hasattr(value, "read") else value

    if options.get("data") is not None:
        options["data"] = read(options["data"])
    if files := options.get("files"):
        pairs = files.items() if hasattr(files, "items") else files
        options["files"] = [
            (name, (part[0], read(part[1]), *part[2:]) if isinstance(part, tuple | list) else _named(name, part, read))
            for name, part in pairs
        ]


def _named(name: str, stream: Any, read: Callable[[Any], Any]) -> tuple[str, Any]:
    """A file by itself, under the name that requests would give it."""
    from requests.utils import guess_filename

    return guess_filename(stream) or name, read(stream)


def failure_of(error: BaseException, service: str) -> ServiceError:
    """What a failure of the network means, in a sentence.

    Parameters
    ----------
    error : requests.RequestException or OSError
    service : str

    Returns
    -------
    ServiceError
    """
    import requests

    text = " ".join(str(error).split())
    number = getattr(error, "errno", None)
    if number == errno.EFBIG:
        return BrokenReply(f"{service} sent too much: {_reason(text)}.", remedy="Ask for fewer rows or a smaller part.")
    if isinstance(error, requests.exceptions.SSLError):
        return ServiceError(
            f"{service} could not show who it is: {_certificate_fault(text)}.",
            remedy="Look whether the address is right and whether this machine's clock and certificates are; nothing was sent.",
        )
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return _down(service, f"cannot be reached within {CONNECT_SECONDS:.0f} s")
    if number == errno.ETIMEDOUT or isinstance(error, requests.exceptions.Timeout) or "timed out" in text.lower():
        return _down(service, "did not answer in time")
    if re.search(r"name or service not known|nameresolution|getaddrinfo|nodename nor servname|name resolution", text, re.I):  # fmt: skip
        return _down(service, "cannot be found: its name is not known here (no network, or a wrong address)")
    if re.search(r"connection refused|errno 111|errno 61\b", text, re.I):
        return _down(service, "refuses connections")
    if isinstance(error, requests.exceptions.TooManyRedirects):
        return BrokenReply(f"{service} sends us round in circles.", remedy="Look whether its address is still right.")
    if isinstance(error, requests.exceptions.ContentDecodingError):
        return BrokenReply(f"{service} sent what cannot be unpacked.", remedy="Ask again later.", retryable=True)
    if isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.MissingSchema | requests.exceptions.InvalidSchema):  # fmt: skip
        return ServiceError(f"{service} has no usable address: {text}.", remedy="Give one that begins with https://.")
    if re.search(r"bad ?status ?line|invalid header|no http", text, re.IGNORECASE):
        return BrokenReply(f"{service} does not speak HTTP at this address.", remedy="Look whether the address is right.", retryable=True)  # fmt: skip
    return BrokenReply(f"{service} broke off in the middle of its reply.", remedy="Ask again later.", retryable=True)


def _down(service: str, how: str) -> ServiceError:
    return ServiceError(f"{service} {how}.", remedy="Ask again later; nothing was concluded from it.", retryable=True)


def _reason(text: str) -> str:
    text = re.sub(r"^\[Errno \d+\]\s*", "", text).rstrip(".")
    return text if len(text) <= 160 else text[:159] + "…"


def _certificate_fault(text: str) -> str:
    for phrase in (
        "self-signed certificate",
        "self signed certificate",
        "certificate has expired",
        "hostname mismatch",
    ):
        if phrase.replace("-", " ") in text.lower().replace("-", " "):
            return f"its certificate is not good ({phrase})"
    return "its certificate is not good" if "certificate" in text.lower() else "no secure connection could be made"


def retry_after(reply: Any) -> float | None:
    """Seconds that a service asks us to wait, from either form of the header; None where it does not."""
    said = reply.headers.get("Retry-After")
    if said is None or reply.status_code not in (429, 503):
        return None
    with contextlib.suppress(ValueError):
        return max(0.0, float(said))
    from email.utils import parsedate_to_datetime

    with contextlib.suppress(ValueError, TypeError):
        date = reply.headers.get("Date")
        # By the service's own clock, so that a wrong one here does not matter and a recorded reply says the same again.
        now = parsedate_to_datetime(date).timestamp() if date else time.time()
        return max(0.0, parsedate_to_datetime(said).timestamp() - now)
    return None


def _taken_in(reply: Any, service: str, longest: int, pages: bool) -> ServiceError | None:
    """Read a reply to its end, let it be read again, and say what is wrong with it, if anything is."""
    from urllib3.exceptions import DecodeError
    from urllib3.response import HTTPResponse

    spool = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - it is the body of the reply
    size = 0
    try:
        while chunk := reply.raw.read1(_CHUNK, decode_content=True):
            size += len(chunk)
            if size > longest or (size > _BOMB and size > _DENSEST * max(1, reply.raw.tell())):
                return BrokenReply(
                    f"{service} sent what unpacks to more than {min(size, longest) / 1024**2:.0f} MiB, which is no table.",
                    remedy="Ask for fewer rows; if there should be few, tell the service's people.",
                )
            spool.write(chunk)
    except DecodeError:
        return BrokenReply(f"{service} sent what cannot be unpacked.", remedy="Ask again later.", retryable=True)
    except Exception as error:
        if type(error).__module__.startswith("urllib3"):
            return failure_of(_as_requests_error(error), service)
        raise
    spool.seek(0)
    head = spool.read(_HEAD)
    spool.seek(0)
    headers = {k: v for k, v in reply.headers.items() if k.lower() not in ("content-encoding", "transfer-encoding")}
    reply.raw = HTTPResponse(
        body=spool, headers=headers, status=reply.status_code, preload_content=False, enforce_content_length=False
    )
    kind = "" if pages else reply.headers.get("Content-Type", "")
    return fault_of(reply.status_code, kind, head, size, service, retry_after(reply), pages)


def _as_requests_error(error: Exception) -> Exception:
    import requests
    import urllib3.exceptions as below

    if isinstance(error, below.TimeoutError):
        return requests.exceptions.ReadTimeout(str(error))
    return requests.exceptions.ChunkedEncodingError(str(error))


def fault_of(
    status: int,
    content_type: str,
    head: bytes,
    size: int,
    service: str,
    retry_after: float | None = None,
    pages: bool = False,
) -> ServiceError | None:
    """What is wrong with a reply, by its status and by how it begins.

    Parameters
    ----------
    status : int
    content_type : str
    head : bytes
        The beginning of the body, decoded.
    size : int
        Bytes of the whole body.
    service : str
    retry_after : float, optional
        Seconds that the service asks us to wait.
    pages : bool
        Whether a web page is a good reply.

    Returns
    -------
    ServiceError or None
        None also where the service says in its own words, in a VOTable, what it does not like: that is for the one who asked.
    """
    words = words_of(head)
    is_votable = b"<VOTABLE" in head.upper()
    if status in (401, 407) or (status == 403 and not (is_votable and words)):
        return LoginNeeded(
            f"{service} does not let us in ({status}).",
            remedy="It needs an account or a token, or it does not serve this machine's address.",
        )
    if status == 429 or (status >= 500 and re.search(r"quota|too many (requests|jobs|queries)", words, re.I)):
        wait = f" It asks to wait {retry_after:.0f} s." if retry_after else ""
        said = f": {words}" if words and status != 429 else ""
        return RateLimited(
            f"{service} has been asked too often, or for too much{said}.{wait}",
            remedy="Ask later, or for less at a time.",
            retryable=True,
        )
    if status >= 500 and not (is_votable and words):
        wait = f" It asks to wait {retry_after:.0f} s." if retry_after else ""
        said = f": {words}" if words else ""
        return ServiceError(
            f"{service} does not work at the moment ({status}{said}).{wait}", remedy="Ask again later.", retryable=True
        )
    if status == 404 and not is_votable:
        return ServiceError(
            f"{service} has nothing at this address (404).", remedy="Look whether the address is right."
        )
    if status in (301, 302, 303, 307, 308) or (200 <= status < 300 and not size):
        return None  # the answers of job managers have no body
    # The words of a refusal are for the one who asked, in whatever form they come.
    return _unsafe(head, service) or (None if pages or status >= 400 else _page(content_type, head, service))


def _unsafe(head: bytes, service: str) -> ServiceError | None:
    """XML that defines entities, by which few bytes become many, or a file of this machine is read."""
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if start[:2] in (b"\xff\xfe", b"\xfe\xff") or start[:4] in (b"<\x00?\x00", b"\x00<\x00?"):
        return BrokenReply(f"{service} sent XML in a coding that is not read here (UTF-16).", remedy="Ask for UTF-8.")
    if start[:1] != b"<":
        return None
    prolog = re.split(rb"<[A-Za-z]", re.sub(rb"<!--.*?-->", b"", start, flags=re.DOTALL), maxsplit=1)[0]
    if b"<!ENTITY" in prolog.upper() or (b"<!DOCTYPE" in prolog.upper() and b"HTML" not in prolog.upper()):
        return BrokenReply(
            f"{service} sent XML that defines entities of its own, which no table needs and which can be used to do harm.",
            remedy="Nothing of it was read; tell the service's people.",
        )
    return None


def _page(content_type: str, head: bytes, service: str) -> ServiceError | None:
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:512].lower()
    if not (start.startswith((b"<!doctype html", b"<html")) or "text/html" in content_type.lower()):
        return None
    title = re.search(rb"<(?:title|h1)[^>]*>(.*?)</", head, re.IGNORECASE | re.DOTALL)
    said = _plain(title[1]) if title else ""
    said = f", headed {said!r}" if said else ""
    return BrokenReply(
        f"{service} answered with a web page in place of data{said}.",
        remedy="Most often it is being mended, or wants a login; ask again later.",
        retryable=True,
    )


def words_of(head: bytes) -> str:
    """What a service says went wrong: the error of a VOTable, or a short text; "" where it is a page or nothing."""
    said = re.search(
        rb'<INFO(?=[^>]*name="QUERY_STATUS")(?=[^>]*value="ERROR")[^>]*>(.*?)</INFO>', head, re.IGNORECASE | re.DOTALL
    )
    if said:
        return _plain(said[1])
    text = head.lstrip()
    if not text or text[:1] in (b"<", b"{", b"[") or b"\x00" in text[:1000]:
        return ""
    return _plain(text[:300].split(b"\n\n")[0])


def _plain(text: bytes) -> str:
    words = re.sub(r"<!\[CDATA\[|\]\]>|<[^>]*>", " ", text.decode("utf-8", "replace"))
    words = " ".join(html.unescape(words).split()).rstrip(".")
    return words if len(words) <= 300 else words[:299] + "…"
