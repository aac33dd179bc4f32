"""One request to a server and what becomes of it, within a time, a length and one address.

The only module that imports the client library; `Endpoint` imports it when it first asks.  The library joins the address,
sets headers and speaks TLS; it repeats nothing and follows no redirect, so that every request is counted and neither key nor
prompt reaches a host that nobody named.
"""

from __future__ import annotations

import contextvars
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from time import monotonic
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx2
import openai

from gnomon.agents.language.events import Completion, ServerFault, Unreadable
from gnomon.agents.language.runaway import Runaway

# Of a reply: 16,000 tokens at 1 kB of stream each, twice.  Of an error page: enough for any message.
_MOST_BYTES = 32 << 20
_MOST_ERROR_BYTES = 64 << 10
_CONNECT_SECONDS = 10.0


@dataclass(frozen=True)
class Outcome:
    """What became of one request.

    Parameters
    ----------
    ended : str
        ``reply``; ``status``; ``connection``: none was made; ``silence``: the server said nothing for too long; ``deadline``;
        ``cut``: the connection broke in the reply; ``repetition`` or ``length``: the reply was not read on; ``padding``: only
        blanks came; ``unreadable``: no chat completion; ``fault``: the server reported one inside the reply.
    completion : Completion
        As far as it was read.
    status : int or None
        HTTP status where it was not 200.
    said : str
        The server's words, or the cause in others'.
    text : str
        All that the server sent with a status.
    retry_after : float or None
        Seconds that the server asks to wait.
    to : str
        Where it redirects.
    seconds : float
        How long it took.
    """

    ended: str
    completion: Completion
    status: int | None = None
    said: str = ""
    text: str = ""
    retry_after: float | None = None
    to: str = ""
    seconds: float = 0.0

    @property
    def name(self) -> str:
        """How it ended, in a word or by its status."""
        return str(self.status) if self.status else self.ended


@cache
def _certificates(trust_env: bool) -> ssl.SSLContext:
    """Whom to believe; loading the certificates takes longer than most requests to a server nearby, so it is done once."""
    return httpx2.create_ssl_context(trust_env=trust_env)


class Wire:
    """The client of one server.

    Parameters
    ----------
    base_url : str or None
        Address; None for the one that the client library knows.
    api_key : str
        The key, or a word where the server asks for none.
    timeout : float
        Seconds without a byte.
    """

    def __init__(self, base_url: str | None, api_key: str, timeout: float) -> None:
        host = urlsplit(base_url or "").hostname
        # A proxy cannot reach this machine's own loopback, and need not hear what is asked there.
        elsewhere = host not in ("127.0.0.1", "::1", "localhost")
        http = httpx2.Client(
            verify=_certificates(elsewhere),
            timeout=httpx2.Timeout(timeout, connect=min(timeout, _CONNECT_SECONDS)),
            follow_redirects=False,
            trust_env=elsewhere,
            headers={"Accept-Encoding": "identity"},
            event_hooks={"response": [_bound]},
        )
        self._client = openai.OpenAI(
            base_url=base_url, api_key=api_key, timeout=http.timeout, max_retries=0, http_client=http
        )

    @property
    def host(self) -> str:
        """Host and port of the server."""
        return urlsplit(str(self._client.base_url)).netloc

    def close(self) -> None:
        """Give connections back."""
        self._client.close()

    def send(self, body: Mapping[str, Any], watch: Runaway, seconds: float) -> Outcome:
        """Send one request and read its reply.

        Parameters
        ----------
        body : mapping
            Of a chat completion, streaming.
        watch : Runaway
            Says when a reply is not worth reading on.
        seconds : float
            After which it is given up wherever it is: in looking up the name, in headers that drip, in a stream.
        """
        start = monotonic()
        completion = Completion()
        if seconds <= 0:
            return Outcome("deadline", completion)
        stop = threading.Event()
        try:
            outcome = _within(seconds, lambda: self._send(body, completion, watch, stop))
        finally:
            stop.set()
        # Where the reply was whole, and only its count of tokens or its end did not come, the reply counts.
        outcome = outcome or Outcome("reply" if completion.finish else "deadline", completion)
        return replace(outcome, completion=replace(outcome.completion), seconds=monotonic() - start)

    def _send(self, body: Mapping[str, Any], completion: Completion, watch: Runaway, stop: threading.Event) -> Outcome:
        try:
            with self._client.chat.completions.with_streaming_response.create(**body) as response:
                ended = _read(response.iter_bytes(), completion, watch, stop)
            return Outcome(ended, completion)
        except openai.APIStatusError as error:
            return _refusal(error, completion)
        except (openai.APITimeoutError, httpx2.TimeoutException):
            return Outcome("reply" if completion.finish else "silence", completion)
        except openai.APIConnectionError as error:
            return Outcome("connection", completion, said=str(error.__cause__ or error))
        except UnicodeError as error:
            # A host name that no name server can be asked for.
            return Outcome("connection", completion, said=str(error))
        except (httpx2.HTTPError, OSError) as error:
            return Outcome("reply" if completion.finish else "cut", completion, said=str(error))
        except Unreadable as error:
            return Outcome("unreadable", completion, said=str(error))
        except ServerFault as error:
            return Outcome("fault", completion, said=str(error))


def _read(blocks: Iterator[bytes], completion: Completion, watch: Runaway, stop: threading.Event) -> str:
    """Read a reply to its end, or to where it is not worth reading on; how it ended."""
    size = 0
    for block in blocks:
        size += len(block)
        for _piece in completion.feed(block):
            if wrong := _wrong(completion, watch):
                return wrong
        if size >= _MOST_BYTES:
            return "length"
        if completion.reader.is_done or stop.is_set():
            break
    for _piece in completion.close():
        if wrong := _wrong(completion, watch):
            return wrong
    return "reply" if completion.is_whole else "cut"


def _wrong(completion: Completion, watch: Runaway) -> str:
    """Why a reply is not read on; "" where it is, ``reply`` where all that follows is padding."""
    wrong = watch.seen(completion.text, completion.thought + len(completion.refusal))
    if wrong == "length":
        completion.text = completion.text[: watch.limit]
        completion.refusal = completion.refusal[: watch.limit]
    if wrong == "padding" and completion.text.strip():
        completion.finish = "padding"
        return "reply"
    return wrong


def _refusal(error: openai.APIStatusError, completion: Completion) -> Outcome:
    response = error.response
    location = response.headers.get("location", "")
    content_type = response.headers.get("content-type", "")
    said = response.text
    # A web page is written for a browser; its title would be the most that it tells.
    is_page = "html" in content_type or said.lstrip().startswith("<")
    return Outcome(
        "status",
        completion,
        status=response.status_code,
        said="" if is_page else _message(error.body, said),
        text=said,
        retry_after=_retry_after(response.headers),
        to=urlsplit(urljoin(str(response.request.url), location)).netloc if location else "",
    )


def _message(body: object, text: str) -> str:
    """The server's sentence where its reply has one in a usual place, else all that it said."""
    error = body.get("error", body) if isinstance(body, dict) else body
    message = error.get("message") if isinstance(error, dict) else error
    return message if isinstance(message, str) and message.strip() else text


def _retry_after(headers: httpx2.Headers) -> float | None:
    """Seconds to wait, from a number or a date; None where the server does not say, or says what is neither."""
    value = headers.get("retry-after", "").strip()
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds()
        except (ValueError, TypeError):
            return None
    # NaN is not below 0 and not above anything.
    return max(seconds, 0.0) if seconds == seconds else None


def _bound(response: httpx2.Response) -> None:
    """Let no more than a bounded number of bytes through, for the client library reads error pages whole."""
    limit = _MOST_BYTES if response.status_code == 200 else _MOST_ERROR_BYTES
    response.stream = _Bounded(response.stream, limit)


class _Bounded(httpx2.SyncByteStream):
    def __init__(self, stream: Any, limit: int) -> None:
        self._stream = stream
        self._limit = limit

    def __iter__(self) -> Iterator[bytes]:
        left = self._limit
        for block in self._stream:
            yield block[:left]
            left -= len(block)
            if left <= 0:
                return

    def close(self) -> None:
        self._stream.close()


def _within(seconds: float, work: Callable[[], Outcome]) -> Outcome | None:
    """What a piece of work gives within a time; None where it is not done by then.

    It runs in a thread, for a socket can be kept busy in ways that no timeout of its own ends.  Left alone, it ends with the
    socket's timeout; as a daemon it does not keep the process.
    """
    results: list[Outcome] = []
    failures: list[BaseException] = []
    context = contextvars.copy_context()

    def run() -> None:
        try:
            results.append(context.run(work))
        except BaseException as error:  # noqa: BLE001 - it is raised again in the thread that asked
            failures.append(error)

    thread = threading.Thread(target=run, daemon=True, name="gnomon-language")
    thread.start()
    thread.join(max(seconds, 0.0))
    if failures:
        raise failures[0]
    return results[0] if results else None
