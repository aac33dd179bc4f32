"""One recorder at the transport, through which every byte that a step gets from outside comes.

Inside ``with transport("record", folder, step)`` each exchange of `requests`, `httpx` (and `httpx2`), `urllib.request` and
`http.client` is written down; inside ``with transport("playback", folder, step)`` the same requests are answered from what
was written, byte for byte, and no socket is opened; inside ``with transport("refuse")`` no request is allowed at all.  In all
three, whatever reaches for the network by another way is refused (see `transport`).

What lies on disk::

    FOLDER/STEP.jsonl       one record a line (JSON, sorted keys), in the order in which exchanges were completed;
                            written whole when the context ends, and absent where nothing was asked
    FOLDER/bodies/SHA256    the bodies of replies, named by digest; equal bodies lie there once

A record has

``key``
    SHA-256 of what makes two requests the same: ``method``, ``url``, ``request_sha256`` and ``request_headers``.
``method``, ``url``
    The URL has a lower-case scheme and host, no default port, no fragment, a query sorted by name, and no secrets.
``request_sha256``
    Digest of the request's body in a normal form without secrets: JSON with sorted keys, forms sorted by name, multipart
    bodies without their boundary; "" where there was none.
``request_headers``
    Only the headers that decide which bytes come: ``accept``, ``range``, ``soapaction`` and the conditional ones.
``repeat``
    How often the same request was asked before in this step (polling).
``status``, ``reason``, ``headers``
    Of the reply; the headers are those in `_KEPT_HEADERS` and no others.
``sha256``, ``size``, ``availability``
    Of the body as it came over the wire after transfer coding and before content coding, so a gzipped reply is kept gzipped
    beside its ``content-encoding`` and is decoded by the client in playback just as it was when recorded.  ``availability`` is
    "stored"; "redacted" where a secret was blanked out; "withheld" where the body is larger than `MAX_BODY` or a large one has a
    secret in it; "none" for a failure.
``error``
    null, or what became of a request that got no reply (refused, timed out, cut off): ``class``, ``message``, ``errno``,
    ``phase``.  In playback the same class of error is raised.
``time``
    UTC, when the exchange was completed.
``stale``
    Only where the reply is one of an earlier run, because the service could not be asked: why.

Notes (`noted`) are records with the method ``NOTE``.

**Secrets are never written.**  Userinfo, query and form fields, JSON members and multipart parts with the names of
credentials (`_is_secret`) are left out of URL, body and key, so that a person without an account can play back what
a person with one recorded.  Request headers other than the few above and all cookies stay out.  Known secret values are blanked
out, length for length, in messages, headers and bodies of replies, and so are the tokens that a login replies with.
Bodies in codings other than gzip and deflate are not searched, nor is any body for values of less than eight letters; request
bodies in other forms than those named are not searched either, but of these only a digest is kept.

**Bodies are read to the end**, to memory or a file, before the client sees the reply, even where the client streams or stops
early.  So a record is always whole, and the client reads the same object when recording and in playback.  An endless reply
would never come to an end: it is cut by the client's own timeout only.

This is one module, longer than others, because a script carries it whole.
"""

from __future__ import annotations

import contextlib
import difflib
import errno
import hashlib
import importlib
import io
import ipaddress
import json
import mmap
import os
import re
import socket
import sys
import tempfile
import threading
import time
import warnings
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Literal, NoReturn, TypeVar
from urllib.parse import quote, quote_plus, unquote_to_bytes, urlsplit, urlunsplit

from gnomon.tools.access import Access, Endless, too_long, too_slow
from gnomon.tools.errors import (
    AlteredFile,
    GnomonError,
    HostRefused,
    MissingFile,
    MissingReply,
    NetworkRefused,
    NotOnRecord,
    ServiceError,
    StoreError,
    UsageError,
)
from gnomon.tools.shelf import Shelf, bring

Mode = Literal["record", "playback", "refuse"]
T = TypeVar("T")

# Larger bodies are named by digest and withheld: a record is carried about with the result, and 2 GiB is the size up to which
# the usual archives of research data take a file without ado.
MAX_BODY = 2 * 1024**3

# Smaller bodies stay in memory, which spares most replies a file that is written, renamed and read again.
_IN_MEMORY = 16 * 1024**2
_CHUNK = 1024**2

# Headers of a reply that say what its body is or where to go on.  Not among them: cookies, and whatever names a connection.
_KEPT_HEADERS = frozenset({
    "accept-ranges", "content-disposition", "content-encoding", "content-language", "content-length",
    "content-location", "content-range", "content-type", "date", "etag", "last-modified", "location", "retry-after",
})  # fmt: skip

# Request headers with which the same URL gives other bytes.  Parallel reads of ranges of one file would be mixed up without.
_DECIDING_HEADERS = frozenset({
    "accept", "range", "if-range", "if-match", "if-none-match", "if-modified-since", "if-unmodified-since",
    "soapaction",
})  # fmt: skip

# Names of fields that carry credentials, without case, hyphens and underscores.
_SECRET = frozenset({
    "accesskey", "accesskeyid", "accesstoken", "apikey", "apitoken", "appkey", "authkey", "authorization", "authtoken",
    "awsaccesskeyid", "bearer", "clientsecret", "consumersecret", "credential", "credentials", "devkey", "idtoken",
    "jsessionid", "passphrase", "passwd", "password", "phpsessid", "privatekey", "proxyauthorization", "pwd",
    "refreshtoken", "secret", "secretkey", "securitytoken", "sessionid", "sessiontoken", "subscriptionkey", "token",
    "userpassword", "usertoken",
})  # fmt: skip
_SECRET_PREFIXES = ("xamz", "xgoog")  # presigned addresses, whose dates and signatures change every time
# Names that services also use for numbers (`sig=3` cuts at three sigma), which must stay.
_SECRET_UNLESS_NUMBER = frozenset({"auth", "sig", "signature"})
_NUMBER = re.compile(r"\s*[-+]?[\d.]*(e[-+]?\d+)?\s*", re.IGNORECASE)
_LOOKS_RANDOM = re.compile(r"(?=.*\d)(?=.*[A-Za-z])[\w.~+/=-]{16,}")
# What a login replies with, at the top of a JSON object.  Fewer names than above: a column called `signature` is data.
_TOKENS = re.compile(
    rb'"(?:access_token|accessToken|refresh_token|refreshToken|id_token|idToken|session_token|sessionToken|client_secret|api_key)"'
    rb'\s*:\s*"((?:[^"\\]|\\.)+)"'
)
# Shorter values are words of the language as well, and blanking those out would spoil data.
_SHORTEST_SECRET_IN_BODY = 8
_SHORTEST_SECRET_IN_TEXT = 4
_SHORTEST_COOKIE = 16
# Stand where a secret would and are none.
_PUBLIC = frozenset({"anonymous", "password", "DEMO_KEY"})

# Modules whose errors may be made again from their name in a record; a record must not name any class there is.
_ERROR_MODULES = ("builtins", "socket", "ssl", "http.client", "requests.exceptions", "httpx", "httpx2")

_HEX_DIGEST = re.compile(r"[0-9a-f]{64}")
_MEMORY_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")

# The URL that is asked while the recorder itself lets a client ask.  A context variable, because asynchronous clients connect in tasks.
_exchanging: ContextVar[str] = ContextVar("exchanging", default="")
_PAIR = "socketpair"  # in place of a URL: no request
# The inquiry that the exchanges of this context belong to, see `inquire`.
_inquiry: ContextVar[_Inquiry | None] = ContextVar("inquiry", default=None)
_active: list[Exchanges] = []
_hooked: list[bool] = []


@contextmanager
def transport(
    mode: Mode,
    folder: Path | None = None,
    step: str = "",
    *,
    spared: Collection[int] = (),
    access: Access | None = None,
) -> Iterator[Exchanges]:
    """Record, play back or refuse everything that this process asks from outside.

    Covered are `requests`, `httpx`, `httpx2`, `urllib.request` and `http.client`, with their redirects as exchanges of
    their own; retries within one adapter (`urllib3.Retry`) are one exchange with the last outcome.  ``file:`` and ``data:``
    addresses are not network and pass.

    Every other way to the network is refused with `NetworkRefused`, loopback included: sockets, name lookups, FTP, `urllib3` and
    `aiohttp` used directly.  Sockets within the machine's kernel (AF_UNIX: multiprocessing, X) pass, and so does asking for a
    numeric address.  Out of reach are native code with sockets of its own (libcurl, uvloop), connections opened
    before, and processes that are started as new programs; a forked process is refused.

    Parameters
    ----------
    mode : {"record", "playback", "refuse"}
        What happens to a request.
    folder : Path, optional
        Where records lie; needed to record and to play back.
    step : str, optional
        Name of the step, which names its file; ``"exchanges"`` where it is empty.
    spared : collection of int, optional
        Identifiers of threads that belong to the executor and not to the step (the event loop of a Dask worker).
        They are neither recorded nor refused.
    access : Access, optional
        Which hosts may be asked while recording, how often, and how much they may answer; by default that of the environment.

    Yields
    ------
    Exchanges
        What was asked so far.

    Raises
    ------
    UsageError
        Inside another recorder, without a folder, or with a step that cannot name a file.
    NetworkRefused
        Where something reaches for the network and may not.
    HostRefused
        Where a host is asked that is not on the list, or that has a private address; redirects are no way around it.
    NotOnRecord
        Offline, for what nobody asked before.
    MissingReply
        In playback, for a request that was not recorded, or not so often, or whose reply was withheld.
    AlteredFile, MissingFile
        In playback, where a body is not the one that was recorded.
    StoreError
        Where the disk refuses.
    """
    recorder = Exchanges(mode, folder, step, spared, access)
    if _active:
        raise UsageError(
            f"A recorder is already at work in this process, for {_active[0].step}.",
            remedy="Leave it first; a process performs one step at a time.",
        )
    if not _hooked:
        # It cannot be taken out again; outside of a recorder it returns at once.
        sys.addaudithook(_guard)
        _hooked.append(True)
    _active.append(recorder)
    finder = _LateClients(recorder)
    sys.meta_path.insert(0, finder)
    try:
        for name, cover in _CLIENTS.items():
            if name in sys.modules:
                cover(sys.modules[name], recorder)
        yield recorder
    finally:
        with contextlib.suppress(ValueError):
            sys.meta_path.remove(finder)
        recorder._close()
        _active.remove(recorder)
        if os.getpid() == recorder._process:
            recorder._write_index()


class Exchanges:
    """What a step asked from outside, and what came of it.

    Parameters
    ----------
    mode, folder, step, spared, access
        As for `transport`.

    Attributes
    ----------
    records : list of dict
        The records so far.  In playback those that were asked again, in the order in which they were asked.
    refused : list of str
        A sentence for each thing that was refused, once.  An error can be swallowed by a library; these stay.
    """

    def __init__(
        self, mode: Mode, folder: Path | None, step: str, spared: Collection[int] = (), access: Access | None = None
    ) -> None:
        self.mode = mode
        self.access = Access.of_environment() if access is None else access
        self.step = step or "exchanges"
        self.records: list[dict[str, Any]] = []
        self.refused: list[str] = []
        if mode not in ("record", "playback", "refuse"):
            raise UsageError(f"There is no mode {mode!r}.", remedy="Say record, playback or refuse.")
        if folder is None and mode != "refuse":
            raise UsageError(f"The mode {mode} needs a folder.", remedy="Name the folder of the records.")
        if Path(self.step).name != self.step or self.step == "..":
            raise UsageError(f"A step called {self.step!r} cannot name a file.", remedy="Use letters and digits.")
        self._folder = (folder or Path()).absolute()  # a step may change the working folder
        self._index = self._folder / f"{self.step}.jsonl"
        self._bodies = self._folder / "bodies"
        # The threads themselves, since the system gives the number of one that ended to another one.
        alive = {t.ident: t for t in threading.enumerate() if t.ident is not None}
        self._spared = {number: alive.get(number) for number in spared}
        self._process = os.getpid()
        self._lock = threading.RLock()
        self._closed = False
        self._patches: list[tuple[Any, str, Any]] = []
        self._leftover: list[Path] = []
        self._secrets: set[str] = set()
        self._asked: dict[str, int] = {}
        self._recorded: list[dict[str, Any]] = self._read_index() if mode == "playback" else []
        self._used: set[int] = set()
        self._places: dict[str, list[int]] = {}  # of the records of one key, as often as it was asked
        for n in sorted(range(len(self._recorded)), key=lambda n: int(self._recorded[n]["repeat"])):
            self._places.setdefault(self._recorded[n]["key"], []).append(n)

    @property
    def unused(self) -> list[str]:
        """In playback, the recorded requests that were not asked again, as ``METHOD URL``."""
        with self._lock:
            return [f"{r['method']} {r['url']}" for n, r in enumerate(self._recorded) if n not in self._used]

    def summary(self) -> dict[str, Any] | None:
        """How much was asked, or None where nothing was.

        Returns
        -------
        dict
            ``count`` of exchanges, ``bytes`` of their bodies, and ``sha256`` of the index.  In playback the digest
            is over those records that were asked again, in their recorded order; it is that of the file exactly if all were.
        """
        with self._lock:
            records = [self._recorded[n] for n in sorted(self._used)] if self.mode == "playback" else self.records
            if not records:
                return None
            digest = hashlib.sha256(_index_bytes(records)).hexdigest()
            return {"count": len(records), "bytes": sum(r["size"] for r in records), "sha256": digest}

    # --- inquiries

    def inquire(self, question: Mapping[str, Any], ask: Callable[[], T], good_for: float = 0.0) -> tuple[T, Asked]:
        """As the function `inquire`."""
        if self.mode != "record":
            value, inquiry = self._attempt(ask, _Inquiry())
            return value, self._asked_of(question, inquiry)
        shelf = Shelf(Path(self.access.folder) / "replies") if self.access.folder else None
        inquiry = _Inquiry()
        try:
            if self.access.offline:
                raise _not_asked(question)
            if good_for > 0.0 and shelf is not None and (known := shelf.find(question, younger_than=good_for)):
                taken = _Inquiry(told=_Told(known, shelf.bodies, ""))
                try:
                    value, _ = self._attempt(ask, taken)
                    return value, self._asked_of(question, taken)
                except ServiceError:  # what was kept does not answer it any more, so it is asked
                    self._forget(taken)
            value, inquiry = self._attempt(ask, inquiry)
        except ServiceError as error:
            known = shelf.find(question) if shelf is not None and (error.retryable or self.access.offline) else None
            if known is None:
                raise
            self._forget(inquiry)
            why = "the network is not to be used" if self.access.offline else error.what
            old = _Inquiry(told=_Told(known, shelf.bodies if shelf else Path(), why))
            try:
                value, inquiry = self._attempt(ask, old)
            except ServiceError:  # what was kept does not answer it any more, so the failure stands
                self._forget(old)
                self._take_back(inquiry)
                raise error from None
        else:
            if shelf is not None:
                shelf.put(question, inquiry.records, self._bodies)
        return value, self._asked_of(question, inquiry)

    def note(self, name: str, make: Callable[[], str]) -> str:
        """As the function `noted`."""
        asked = _Asked("NOTE", f"note:{quote(name)}", "", {})
        with self._lock:
            asked.repeat = self._asked.get(asked.key, 0)
            self._asked[asked.key] = asked.repeat + 1
        if self._is_recording():
            spool = self._spool()
            spool.write(make().encode())
            reply = self._keep(asked, 200, "", [], spool)
        else:
            found = self._answer(asked)
            if isinstance(found, dict):
                raise _error_again(found)
            reply = found
        with reply.body.open() as stream:
            return stream.read().decode()

    def _attempt(self, ask: Callable[[], T], inquiry: _Inquiry) -> tuple[T, _Inquiry]:
        token = _inquiry.set(inquiry)
        try:
            return ask(), inquiry
        finally:
            _inquiry.reset(token)

    def _forget(self, inquiry: _Inquiry) -> None:
        """Take an attempt out of the record: what comes of the step does not follow from it."""
        with self._lock:
            for record in reversed(inquiry.records):
                # From the end, where it stands: there may be ten thousand before it.
                place = next(n for n in range(len(self.records) - 1, -1, -1) if self.records[n] is record)
                del self.records[place]
                self._asked[record["key"]] -= 1

    def _take_back(self, inquiry: _Inquiry) -> None:
        """Put a forgotten attempt into the record again."""
        with self._lock:
            for record in inquiry.records:
                self.records.append(record)
                self._asked[record["key"]] = self._asked.get(record["key"], 0) + 1

    def _asked_of(self, question: Mapping[str, Any], inquiry: _Inquiry) -> Asked:
        good = [r for r in inquiry.records if r["error"] is None and r["status"] < 400 and r["method"] != "NOTE"]
        if not good:
            return Asked(time=_now(), sha256="", size=0)
        main = max(good, key=lambda r: int(r["size"]))
        asked = Asked(main["time"], main["sha256"], int(main["size"]), main.get("stale", ""))
        if asked.stale:
            service = str(question.get("service", "The service"))
            why = asked.stale.rstrip(".")
            warnings.warn(
                f"{service} was not asked now ({why}); what it answered on {asked.time[:10]} at {asked.time[11:16]} UTC is used.",
                stacklevel=2,
            )
        return asked

    def _is_recording(self) -> bool:
        """Whether a request of this context goes out, and its reply is written down."""
        inquiry = _inquiry.get()
        return self.mode == "record" and (inquiry is None or inquiry.told is None)

    # --- for the clients below

    def _concerns_caller(self) -> bool:
        return not (self._closed or _exchanging.get() or self._is_spared())

    def _is_spared(self) -> bool:
        number = threading.get_ident()
        return number in self._spared and self._spared[number] in (None, threading.current_thread())

    def _patch(self, owner: Any, name: str, make: Callable[[Any], Any]) -> None:
        with self._lock:
            if self._closed or any(o is owner and n == name for o, n, _ in self._patches):
                return
            self._patches.append((owner, name, vars(owner).get(name)))
            setattr(owner, name, make(getattr(owner, name)))

    def _close(self) -> None:
        with self._lock:
            self._closed = True
            while self._patches:
                owner, name, original = self._patches.pop()
                if original is None:  # it was inherited
                    delattr(owner, name)
                else:
                    setattr(owner, name, original)
            for path in self._leftover:
                path.unlink(missing_ok=True)

    def _refuse(self, error: GnomonError) -> NoReturn:
        with self._lock:
            if str(error) not in self.refused:
                self.refused.append(str(error))
        raise error

    def _check_address(self, host: Any, port: Any, *, lookup: bool = False) -> None:
        """Refuse an address unless the recorder itself lets a client ask, and a private one even then."""
        url = _exchanging.get()
        if url and url != _PAIR and not lookup and not self._closed:
            error = self.access.address_refusal(url, _host_text(host))
            if error is not None:
                self._refuse(error)
        if not self._concerns_caller():
            return
        place = _host_text(host)
        if lookup and (not place or place == "localhost" or _is_numeric(place)):
            return  # answered without a packet
        if not place:
            return  # a connected socket
        place = f"[{place}]" if ":" in place else place
        place += f":{port}" if port not in (None, "") else ""
        self._refuse_network(f"reached for {place}")

    def _refuse_network(self, did: str) -> NoReturn:
        if os.getpid() != self._process:
            where = " from a process that it started"
            remedy = "Only the step's own process is recorded: ask there, and hand on what came."
        elif self.mode == "refuse":
            where = ", and may not use the network"
            remedy = "Take the data as an input, or declare that the tool reads the network."
        else:
            where = " past the recorder"
            remedy = "Ask through requests, httpx, urllib.request or http.client, so that the reply can be recorded."
        self._refuse(NetworkRefused(f"The step {self.step} {did}{where}.", remedy=remedy))

    def _ask(self, method: str, url: str, headers: Iterable[tuple[Any, Any]], body: bytes) -> _Asked:
        """What is asked, in normal form; its secrets are remembered, so that they can be kept out of the record."""
        asked, secrets = _asked(method, url, headers, body)
        with self._lock:
            self._secrets |= secrets
            if self.mode == "refuse" or os.getpid() != self._process:
                self._refuse_network(f"asked {asked.method} {_short(asked.url)}")
            asked.repeat = self._asked.get(asked.key, 0)
            self._asked[asked.key] = asked.repeat + 1
        if self._is_recording():
            self._admit(asked)
        return asked

    def _admit(self, asked: _Asked) -> None:
        """Let a request out, in its turn, or refuse it; the refusal is on record, since it decides what the step does."""
        if self.access.offline:
            self._refuse(
                NotOnRecord(
                    f"The network is not to be used, and the step {self.step} asks {asked.method} {_short(asked.url)}.",
                    remedy="Leave --offline out once; what was asked then is known afterwards.",
                )
            )
        refusal = self.access.refusal(asked.url)
        if refusal is not None:
            self._add(asked, availability="none", error=_described_refusal(refusal))
            self._refuse(refusal)
        self.access.wait_for_turn(asked.url)

    # --- recording

    @contextmanager
    def _performing(self, asked: _Asked, failures: tuple[type[BaseException], ...], phase: str) -> Iterator[None]:
        """Let the client ask, and write down how it failed where it failed."""
        token = _exchanging.set(asked.url)
        try:
            yield
        except HostRefused as error:
            self._add(asked, availability="none", error=_described_refusal(error))
            raise
        except Endless as error:
            self._add(asked, availability="none", error=self._described(error, phase))
            raise
        except failures as error:
            self._add(asked, availability="none", error=self._described(error, phase))
            raise
        finally:
            _exchanging.reset(token)

    def _spool(self) -> _Spool:
        return _Spool(self._bodies, self.access.max_bytes, self.access.seconds)

    def _keep(
        self, asked: _Asked, status: int, reason: str, headers: Iterable[tuple[Any, Any]], spool: _Spool
    ) -> _Reply:
        """Write a reply down, and give it back as the client shall see it."""
        # Nobody downstream reads the wire any more, so the transfer coding is over.
        pairs = [(_text(n), _text(v)) for n, v in headers if _text(n).lower() != "transfer-encoding"]
        body = spool.finish()
        kept: dict[str, str] = {}
        for name, value in pairs:
            if name.lower() in _KEPT_HEADERS:
                kept[name.lower()] = f"{kept[name.lower()]}, {value}" if name.lower() in kept else value
        if asked.method != "HEAD" and status != 304 and kept.get("content-length") != str(body.size):
            kept.pop("content-length", None)
        for name in {"location", "content-location"} & set(kept):
            try:
                kept[name] = _without_secrets(kept[name])[0]
            except ValueError:
                del kept[name]  # not an address
        cookies = {
            s for n, v in pairs if n.lower() == "set-cookie" for s in _secrets_of_header("cookie", v.split(";")[0])
        }
        with self._lock:
            self._secrets |= cookies
        stored, availability = self._screened(body, kept)
        kept = {name: self._scrubbed(value, _SHORTEST_SECRET_IN_BODY) for name, value in kept.items()}
        self._store(stored, body, availability)
        self._add(
            asked,
            status=status,
            reason=self._scrubbed(reason, _SHORTEST_SECRET_IN_BODY),
            headers=kept,
            sha256=stored.sha256,
            size=stored.size,
            availability=availability,
        )
        return _Reply(status, reason, pairs, body)

    def _screened(self, body: _Body, headers: dict[str, str]) -> tuple[_Body, str]:
        """The body as it may be stored, and its availability; the headers follow it."""
        if body.size > MAX_BODY:
            return body, "withheld"
        if body.data is None:
            return body, "withheld" if self._has_secret(body) else "stored"
        small = body.size <= _CHUNK  # the reply to a login is
        with self._lock:
            if not self._secrets and not small:
                return body, "stored"
            data = _decoded(body.data, headers.get("content-encoding", ""))
            if small and data.lstrip()[:1] == b"{":
                self._secrets |= {value.decode("utf-8", "replace") for value in _TOKENS.findall(data)}
            forms = _forms(self._secrets, _SHORTEST_SECRET_IN_BODY)
        clean = data
        for form in forms:
            clean = clean.replace(form.encode(), b"*" * len(form.encode()))
        if clean == data:
            return body, "stored"
        if headers.pop("content-encoding", None) is not None:
            headers.pop("content-length", None)
        return _Body(clean, None, len(clean), hashlib.sha256(clean).hexdigest()), "redacted"

    def _has_secret(self, body: _Body) -> bool:
        with self._lock:
            forms = _forms(self._secrets, _SHORTEST_SECRET_IN_BODY)
        if not forms:
            return False
        with body.open() as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as view:
            return any(view.find(form.encode()) >= 0 for form in forms)

    def _scrubbed(self, text: str, shortest: int) -> str:
        with self._lock:
            forms = _forms(self._secrets, shortest)
        for form in forms:
            text = text.replace(form, "*" * len(form))
        return text

    def _store(self, stored: _Body, body: _Body, availability: str) -> None:
        """Put the body where it belongs; the client's own copy stays readable."""
        if availability == "withheld":
            if body.path is not None:
                self._leftover.append(body.path)
            return
        path = self._bodies / stored.sha256
        with _disk(path):
            if stored.data is not None:
                _write_whole(path, stored.data)
            elif stored.path is not None:
                stored.path.replace(path)
                stored.path = path

    def _described(self, error: BaseException, phase: str) -> dict[str, Any]:
        kind = OSError if isinstance(error, Endless) else type(error)
        number = getattr(error, "errno", None)
        message = str(getattr(error, "strerror", None) or error) if number is not None else str(error)
        message = _SECRET_IN_TEXT.sub(
            _blank_if_secret, self._scrubbed(_MEMORY_ADDRESS.sub("", message), _SHORTEST_SECRET_IN_TEXT)
        )
        return {
            "class": f"{kind.__module__}.{kind.__qualname__}",
            "errno": number if isinstance(number, int) else None,
            "message": message,
            "phase": phase,
        }

    def _add(self, asked: _Asked, **outcome: Any) -> None:
        record = {
            "key": asked.key,
            "method": asked.method,
            "url": asked.url,
            "request_sha256": asked.request_sha256,
            "request_headers": asked.request_headers,
            "repeat": asked.repeat,
            "status": 0,
            "reason": "",
            "headers": {},
            "sha256": "",
            "size": 0,
            "error": None,
            "time": _now(),
        }
        record |= outcome
        with self._lock:
            self.records.append(record)
        if (inquiry := _inquiry.get()) is not None:
            inquiry.records.append(record)

    def _write_index(self) -> None:
        if self.mode != "record":
            return
        with _disk(self._index), self._lock:
            if self.records:
                _write_whole(self._index, _index_bytes(self.records))
            else:
                self._index.unlink(missing_ok=True)  # of an earlier attempt

    # --- playback

    def _read_index(self) -> list[dict[str, Any]]:
        if not self._index.exists():
            return []  # the step asked nothing
        try:
            records = [json.loads(line) for line in self._index.read_bytes().splitlines()]
            for record in records:
                if not isinstance(record["size"] + record["repeat"], int) or not re.fullmatch(
                    _HEX_DIGEST, record["key"]
                ):
                    raise ValueError("not a record")
                if record["availability"] != "none" and not re.fullmatch(_HEX_DIGEST, record["sha256"]):
                    raise ValueError("not a digest")
        except (ValueError, KeyError, TypeError) as error:
            raise AlteredFile(
                f"The record {self._index.name} of what the step {self.step} asked cannot be read: {error}.",
                remedy="Take the bundle from where it came from again.",
            ) from error
        return records

    def _answer(self, asked: _Asked) -> _Reply | dict[str, Any]:
        """The recorded reply, or how the request failed."""
        inquiry = _inquiry.get()
        if inquiry is not None and inquiry.told is not None:
            return self._answer_from_shelf(asked, inquiry.told, inquiry)
        with self._lock:
            same = self._places.get(asked.key, [])
            if asked.repeat >= len(same):
                self._refuse(self._missing(asked, len(same)))
            record = self._recorded[same[asked.repeat]]
            self._used.add(same[asked.repeat])
            self.records.append(record)
        if inquiry is not None:
            inquiry.records.append(record)
        if record["error"] is not None:
            return dict(record["error"])
        if record["availability"] == "withheld":
            self._refuse(
                MissingReply(
                    f"The reply to {asked.method} {_short(asked.url)} that the step {self.step} asks for was not kept, "
                    f"since it is too large or has a secret in it.",
                    remedy=f"Ask the service for it; it had {record['size']} bytes with the SHA-256 {record['sha256']}.",
                )
            )
        return _Reply(int(record["status"]), record["reason"], list(record["headers"].items()), self._load(record))

    def _answer_from_shelf(self, asked: _Asked, told: _Told, inquiry: _Inquiry) -> _Reply | dict[str, Any]:
        """What was answered in an earlier run; it goes on record as what it is."""
        found = told.next(asked.key)
        if found is None:
            with self._lock:
                self._asked[asked.key] -= 1  # nobody heard of it, and a playback will not ask it
            raise NotOnRecord(
                f"The step {self.step} asks {asked.method} {_short(asked.url)} now, which it did not ask the last time.",
                remedy="Ask again when the service answers.",
            )
        record = {**found, "repeat": asked.repeat}
        if told.why:
            record["stale"] = told.why
        if record["sha256"]:
            with _disk(self._bodies):
                bring(told.bodies / record["sha256"], self._bodies / record["sha256"])
        with self._lock:
            self.records.append(record)
        inquiry.records.append(record)
        if record["error"] is not None:
            return dict(record["error"])
        return _Reply(int(record["status"]), record["reason"], list(record["headers"].items()), self._load(record))

    def _missing(self, asked: _Asked, recorded: int) -> MissingReply:
        what = f"The step {self.step} asks {asked.method} {_short(asked.url)}"
        if recorded:
            times = "once" if recorded == 1 else f"{recorded} times"
            return MissingReply(
                f"{what} more often than when it was recorded, which was {times}.",
                remedy="The step did something else this time; compare its inputs, its source and its environment.",
            )
        near = self._nearest(asked)
        return MissingReply(f"{what}, which was never recorded.", remedy=near or "Nothing was recorded for this step.")

    def _nearest(self, asked: _Asked) -> str:
        if any(r["method"] == asked.method and r["url"] == asked.url for r in self._recorded):
            return "The same address was recorded with another body or other headers of the request."
        # Queries can have many thousand letters, and their beginnings tell enough.
        known = {f"{r['method']} {r['url'][:300]}": r for r in self._recorded}
        close = difflib.get_close_matches(f"{asked.method} {asked.url[:300]}", list(known), n=1, cutoff=0.0)
        return (
            f"The nearest that was recorded is {known[close[0]]['method']} {_short(known[close[0]]['url'])}."
            if close
            else ""
        )

    def _load(self, record: dict[str, Any]) -> _Body:
        sha256, size = record["sha256"], record["size"]
        path = self._bodies / sha256
        what = f"the reply to {record['method']} {_short(record['url'])} of the step {self.step}"
        remedy = "Take the bundle from where it came from again."
        if not path.is_file():
            self._refuse(MissingFile(f"The file bodies/{sha256}, {what}, is not there.", remedy=remedy))
        digest = hashlib.sha256()
        with _disk(path), path.open("rb") as stream:
            if path.stat().st_size <= _IN_MEMORY:
                data: bytes | None = stream.read()
                digest.update(data or b"")
            else:
                data = None
                while chunk := stream.read(_CHUNK):
                    digest.update(chunk)
        if digest.hexdigest() != sha256:
            self._refuse(
                AlteredFile(f"The file bodies/{sha256}, {what}, has other bytes than were recorded.", remedy=remedy)
            )
        return _Body(data, None if data is not None else path, size, sha256)


# --- inquiries: several exchanges that answer one question


@dataclass(frozen=True)
class Asked:
    """When a question was answered, and by which bytes.

    Attributes
    ----------
    time : str
        UTC, ISO 8601, of the longest reply; where it was played back, of when it came.
    sha256 : str
        Digest of that reply; "" outside of a recorder.
    size : int
        Its bytes.
    stale : str
        Why an old reply was taken; "" where the service was asked.
    """

    time: str
    sha256: str
    size: int
    stale: str = ""


@dataclass
class _Told:
    """Exchanges of an earlier run, given once more in their order."""

    records: list[dict[str, Any]]
    bodies: Path
    why: str
    given: set[int] = field(default_factory=set)

    def next(self, key: str) -> dict[str, Any] | None:
        for n, record in enumerate(self.records):
            if n not in self.given and record["key"] == key:
                self.given.add(n)
                return record
        return None


@dataclass
class _Inquiry:
    """What was exchanged for one question."""

    told: _Told | None = None
    records: list[dict[str, Any]] = field(default_factory=list)


def inquire(question: Mapping[str, Any], ask: Callable[[], T], good_for: float = 0.0) -> tuple[T, Asked]:
    """Ask a service something, and fall back on what it answered before where it cannot be asked now.

    Parameters
    ----------
    question : mapping
        What is asked, as plain JSON: ``service`` and whatever else tells two questions apart.  The same question is the same
        answer, until it is asked again.
    ask : callable
        Asks, reads and checks the reply.  It raises `ServiceError`, with ``retryable``, where the service did not do what it
        should; only what it returns from is kept for later.  It asks the same things in the same order every time.
    good_for : float
        Seconds for which an answer of an earlier attempt is as good as a new one, and is taken without asking: so that work of many
        questions goes on where it was stopped.

    Returns
    -------
    value
        What `ask` returned.
    asked : Asked
        When, and by which bytes.

    Raises
    ------
    NotOnRecord
        Offline, where this was never answered.

    Warns
    -----
    UserWarning
        Where an old reply was taken, with its date and why.
    """
    recorder = _recorder()
    if recorder is None:
        value = ask()
        return value, Asked(_now(), "", 0)
    return recorder.inquire(question, ask, good_for)


def noted(name: str, make: Callable[[], str]) -> str:
    """Something that only this machine knows and on which requests hang; written down, and the same when played back.

    Parameters
    ----------
    name : str
    make : callable
        Not called in playback.
    """
    recorder = _recorder()
    return make() if recorder is None else recorder.note(name, make)


def pause(seconds: float) -> None:
    """Wait for a service; not where its replies are on record."""
    recorder = _recorder()
    if recorder is None or recorder._is_recording():
        time.sleep(seconds)


def shared_folder() -> str:
    """The folder that all runs of a person share, where something may be left for the next one; "" where there is none."""
    recorder = _recorder()
    return recorder.access.folder if recorder is not None and recorder.mode == "record" else ""


def _recorder() -> Exchanges | None:
    return next((r for r in _active if r.mode != "refuse" and r._concerns_caller()), None)


def _not_asked(question: Mapping[str, Any]) -> NotOnRecord:
    how = ("url", "mode", "rows", "uploads")  # tell questions apart, and no person what was asked
    told = {k: " ".join(str(v).split()) for k, v in question.items() if k not in how and v not in (None, "", [], {})}
    what = ", ".join(f"{k}: {v if len(v) <= 100 else v[:99] + '…'}" for k, v in told.items())
    return NotOnRecord(
        f"The network is not to be used, and this was never answered before: {what}.",
        remedy="Leave --offline out once; what is asked then is known afterwards.",
    )


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


# --- what is asked, in normal form


@dataclass
class _Asked:
    method: str
    url: str
    request_sha256: str
    request_headers: dict[str, str]
    repeat: int = 0
    key: str = field(init=False)

    def __post_init__(self) -> None:
        parts = [self.method, self.url, self.request_sha256, self.request_headers]
        self.key = hashlib.sha256(_compact(parts)).hexdigest()


def _asked(method: str, url: str, headers: Iterable[tuple[Any, Any]], body: bytes) -> tuple[_Asked, set[str]]:
    secrets: set[str] = set()
    deciding: dict[str, str] = {}
    kind = ""
    for raw_name, raw_value in headers:
        name, value = _text(raw_name).lower(), _text(raw_value)
        if name == "content-type":
            kind = value
        elif name in _DECIDING_HEADERS and (name, value) != ("accept", "*/*"):
            deciding[name] = value
        secrets |= _secrets_of_header(name, value)
    clean, found = _without_secrets(url, normal=True)
    secrets |= found
    digest, found = _body_digest(body, kind)
    return _Asked(method.upper(), clean, digest, deciding), secrets | found


def _is_secret(name: str, value: str) -> bool:
    """Whether a field of this name carries a credential."""
    plain = re.sub(r"[^a-z0-9]", "", name.lower())
    if plain in _SECRET or plain.startswith(_SECRET_PREFIXES):
        return True
    if plain in _SECRET_UNLESS_NUMBER:
        return not _NUMBER.fullmatch(value)
    return plain == "key" and bool(_LOOKS_RANDOM.fullmatch(value))


def _secrets_of_header(name: str, value: str) -> set[str]:
    plain = re.sub(r"[^a-z0-9]", "", name)
    if plain == "cookie":
        values = {part.partition("=")[2].strip() for part in value.split(";")}
        return {v for v in values if len(v) >= _SHORTEST_COOKIE}  # a shorter one may be a setting, such as a language
    if not (plain in _SECRET or any(word in plain for word in ("token", "secret", "apikey", "authkey", "password"))):
        return set()
    scheme, _, credentials = value.partition(" ")
    found = {value, credentials}
    if scheme.lower() == "basic":
        import base64
        import binascii

        with contextlib.suppress(binascii.Error):
            found.add(base64.b64decode(credentials).decode("utf-8", "replace").partition(":")[2])
    return found


def _fields(query: str) -> tuple[list[tuple[str, str]], set[str]]:
    """The fields of a query or a form in one spelling and without secrets; the secrets."""
    kept, found = [], set()
    for part in query.split("&"):
        name, sign, value = (unquote_to_bytes(p.replace("+", " ")) for p in part.partition("="))
        if _is_secret(name.decode("utf-8", "replace"), value.decode("utf-8", "replace")):
            found.add(value.decode("utf-8", "replace"))
        elif part:
            spelt = quote(name, safe="") + sign.decode() + quote(value, safe="/:,*")
            kept.append((name.decode("utf-8", "replace"), spelt))
    # By name alone: where a name stands twice, the order of its values may mean something.
    return sorted(kept, key=lambda pair: pair[0]), found


def _without_secrets(url: str, *, normal: bool = False) -> tuple[str, set[str]]:
    """A URL without credentials, and these; in normal form where wanted, else as it was spelt where it had none."""
    parts = urlsplit(url)
    fields, found = _fields(parts.query)
    path, sessions = re.subn(r";jsessionid=[^/;]*", "", parts.path, flags=re.IGNORECASE)
    if parts.password:
        found |= {parts.password, unquote_to_bytes(parts.password).decode("utf-8", "replace")}
    if not (normal or found or sessions or "@" in parts.netloc or parts.fragment):
        return url, found
    host = (parts.hostname or "").lower()
    host = f"[{host}]" if ":" in host else host
    if parts.port is not None and (parts.scheme.lower(), parts.port) not in (("http", 80), ("https", 443)):
        host += f":{parts.port}"
    if parts.netloc and not path:
        path = "/"
    return urlunsplit((parts.scheme.lower(), host, path, "&".join(spelt for _, spelt in fields), "")), found


def _body_digest(body: bytes, kind: str) -> tuple[str, set[str]]:
    if not body:
        return "", set()
    media, _, parameters = kind.partition(";")
    media = media.strip().lower()
    found: set[str] = set()
    clean = body
    if media == "application/x-www-form-urlencoded":
        fields, found = _fields(body.decode("latin-1"))
        clean = "&".join(spelt for _, spelt in fields).encode()
    elif media == "application/json" or media.endswith("+json"):
        # Whatever claims to be JSON and is not counts as it stands.
        with contextlib.suppress(ValueError):
            clean = _compact(_json_without_secrets(json.loads(body), found))
    elif media.startswith("multipart/"):
        boundary = re.search(r'boundary="?([^";,]+)"?', parameters, re.IGNORECASE)
        if boundary:
            clean, found = _multipart(body, boundary[1].encode())
    return hashlib.sha256(clean).hexdigest(), found


def _json_without_secrets(value: Any, found: set[str]) -> Any:
    if isinstance(value, list):
        return [_json_without_secrets(item, found) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {}
    for name, item in value.items():
        if isinstance(item, dict | list) or not _is_secret(name, str(item)):
            kept[name] = _json_without_secrets(item, found)
        elif isinstance(item, str):
            found.add(item)
    return kept


def _multipart(body: bytes, boundary: bytes) -> tuple[bytes, set[str]]:
    kept, found = [], set()
    for part in body.split(b"--" + boundary)[1:]:
        if part.startswith(b"--"):
            break  # the end
        head, _, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        content = content.removesuffix(b"\r\n")
        name = re.search(rb'\bname="([^"]*)"', head)
        value = content.decode("utf-8", "replace")
        if name and _is_secret(name[1].decode("utf-8", "replace"), value):
            found.add(value)
            continue
        kept.append([sorted(head.decode("latin-1").split("\r\n")), hashlib.sha256(content).hexdigest()])
    return _compact(kept), found


def _forms(secrets: set[str], shortest: int) -> list[str]:
    """The spellings in which secrets may turn up, the longest first."""
    long = {s for s in secrets if len(s) >= shortest and s not in _PUBLIC}
    return sorted(long | {quote(s, safe="") for s in long} | {quote_plus(s) for s in long}, key=lambda s: (-len(s), s))


_SECRET_IN_TEXT = re.compile(r"([?&;\s]([\w.-]+)=)([^&\s'\"<>)]+)")


def _blank_if_secret(match: re.Match[str]) -> str:
    return match[1] + ("*" * len(match[3]) if _is_secret(match[2], match[3]) else match[3])


def _decoded(data: bytes, coding: str) -> bytes:
    """The content behind gzip or deflate; the bytes as they are behind another coding."""
    coding = coding.strip().lower()
    # Deflate comes with and without a header; 4 times what stays in memory is more than any text that tells of a login.
    for wbits in {"gzip": (31,), "x-gzip": (31,), "deflate": (15, -15)}.get(coding, ()):
        with contextlib.suppress(zlib.error):
            inflate = zlib.decompressobj(wbits)
            content = inflate.decompress(data, 4 * _IN_MEMORY)
            if inflate.eof:
                return content
    return data


def _compact(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass")


def _index_bytes(records: list[dict[str, Any]]) -> bytes:
    return b"".join(_compact(record) + b"\n" for record in records)


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _short(url: str) -> str:
    return url if len(url) <= 200 else url[:199] + "…"


def _whole_body(body: Any) -> bytes:
    """A request's body in one piece; files and iterators are read to their end."""
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode()
    if hasattr(body, "read"):
        return _whole_body(body.read())
    if isinstance(body, bytes | bytearray | memoryview):
        return bytes(body)
    try:
        return memoryview(body).tobytes()  # arrays
    except TypeError:
        return b"".join(_whole_body(chunk) for chunk in body)


# --- bodies on disk


@dataclass
class _Body:
    """The bytes of a reply: in memory, or in a file."""

    data: bytes | None
    path: Path | None
    size: int
    sha256: str

    def open(self) -> BinaryIO:
        if self.path is not None:
            with _disk(self.path):
                return self.path.open("rb")
        return io.BytesIO(self.data or b"")


@dataclass
class _Reply:
    status: int
    reason: str
    headers: list[tuple[str, str]]
    body: _Body


class _Spool:
    """Takes a body as it comes, in memory first and in a file where it grows."""

    def __init__(self, folder: Path, max_bytes: int, seconds: float) -> None:
        self.folder = folder
        self.max_bytes = max_bytes
        self.seconds = seconds
        self.began = time.monotonic()
        self.digest = hashlib.sha256()
        self.size = 0
        self.memory = bytearray()
        self.file: Any = None

    def write(self, chunk: bytes) -> None:
        self.digest.update(chunk)
        self.size += len(chunk)
        if self.size > self.max_bytes:
            raise too_long(self.max_bytes)
        if time.monotonic() - self.began > self.seconds:
            raise too_slow(self.seconds)
        if self.file is None and self.size <= _IN_MEMORY:
            self.memory += chunk
            return
        with _disk(self.folder):
            if self.file is None:
                self.folder.mkdir(parents=True, exist_ok=True)
                self.file = tempfile.NamedTemporaryFile(dir=self.folder, prefix=".part-", delete=False)  # noqa: SIM115
                self.file.write(self.memory)
                self.memory.clear()
            self.file.write(chunk)

    def drain(self, chunks: Iterable[bytes]) -> _Spool:
        try:
            for chunk in chunks:
                self.write(chunk)
        except BaseException:
            self.discard()
            raise
        return self

    def discard(self) -> None:
        if self.file is not None:
            self.file.close()
            Path(self.file.name).unlink(missing_ok=True)

    def finish(self) -> _Body:
        if self.file is None:
            return _Body(bytes(self.memory), None, self.size, self.digest.hexdigest())
        with _disk(self.folder):
            self.file.close()
        return _Body(None, Path(self.file.name), self.size, self.digest.hexdigest())


@contextmanager
def _disk(path: Path) -> Iterator[None]:
    """Tell a refusal of the disk as one, so that no client takes it for a failure of the network and tries again."""
    try:
        yield
    except OSError as error:
        remedy = "Free some space." if error.errno == errno.ENOSPC else "Check the folder and its permissions."
        raise StoreError(
            f"The record {path.name} could not be used: {error.strerror or error}.", remedy=remedy
        ) from error


def _write_whole(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, part = tempfile.mkstemp(dir=path.parent, prefix=".part-")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        Path(part).replace(path)
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise


# --- errors again

_REFUSAL = "gnomon.HostRefused"


def _described_refusal(error: HostRefused) -> dict[str, Any]:
    return {"class": _REFUSAL, "errno": None, "message": error.what, "remedy": error.remedy, "phase": "sending"}


def _error_again(described: dict[str, Any], **arguments: Any) -> BaseException:
    """The error that a record describes; a `ServiceError` where its class is not to be had here."""
    module, _, name = described["class"].rpartition(".")
    message, number = described["message"], described["errno"]
    if described["class"] == _REFUSAL:
        return HostRefused(message, remedy=described["remedy"])
    kind: Any = None
    if module in _ERROR_MODULES:
        with contextlib.suppress(ImportError):
            kind = getattr(importlib.import_module(module), name, None)
    builtin = module == "builtins" and not (isinstance(kind, type) and issubclass(kind, OSError))
    if builtin or not (isinstance(kind, type) and issubclass(kind, Exception)):
        return ServiceError(f"When this was recorded, the request failed with {name}: {message}.")
    if number is not None and issubclass(kind, OSError):
        return kind(number, message, **arguments) if module == "requests.exceptions" else kind(number, message)
    if name == "IncompleteRead":
        return kind(b"")
    return kind(message, **arguments) if module == "requests.exceptions" else kind(message)


# --- the guard


def _guard(event: str, arguments: tuple[Any, ...], _active: list[Exchanges] = _active) -> None:
    """Refuse what reaches for a socket, however early the caller got hold of the function.

    The list is bound here because the hook outlives the module's names when the interpreter ends.
    """
    if not _active or not event.startswith("socket."):
        return
    recorder = _active[0]
    if event in ("socket.getaddrinfo", "socket.gethostbyname"):
        recorder._check_address(arguments[0], arguments[1] if event == "socket.getaddrinfo" else None, lookup=True)
    elif event == "socket.gethostbyaddr":
        recorder._check_address(arguments[0], None)
    elif event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        _check_socket(recorder, arguments[0], arguments[1])


def _check_socket(recorder: Exchanges, sock: Any, address: Any) -> None:
    # Names, not numbers: not every system has every family.
    local = {getattr(socket, name, None) for name in ("AF_UNIX", "AF_NETLINK", "AF_ALG")}
    if sock.family in local or address is None:
        return
    host, port = (address[0], address[1]) if isinstance(address, tuple) and len(address) > 1 else (address, None)
    recorder._check_address(host, port)


def _host_text(host: Any) -> str:
    if isinstance(host, bytes | bytearray):
        return bytes(host).decode("utf-8", "replace")
    return "" if host is None else str(host)


def _is_numeric(host: str) -> bool:
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def _cover_sockets(module: Any, recorder: Exchanges) -> None:
    """Ask before a name in an address is looked up; the audit event of `connect` comes after that."""

    def before(original: Any) -> Any:
        def call(sock: Any, *arguments: Any) -> Any:
            if arguments:
                _check_socket(recorder, sock, arguments[-1])
            return original(sock, *arguments)

        return call

    for name in ("connect", "connect_ex", "sendto"):
        recorder._patch(module.socket, name, before)

    def pair(original: Any) -> Any:
        def socketpair(*arguments: Any, **more: Any) -> Any:
            token = _exchanging.set(_PAIR)  # some systems make a pair over loopback, and asyncio needs one
            try:
                return original(*arguments, **more)
            finally:
                _exchanging.reset(token)

        return socketpair

    recorder._patch(module, "socketpair", pair)


def _cover_asyncio(module: Any, recorder: Exchanges) -> None:
    """Look names up in a thread that knows whether the recorder asks; asyncio does not hand the context on."""

    def carry(original: Any) -> Any:
        async def getaddrinfo(loop: Any, host: Any, port: Any, **more: Any) -> Any:
            if not _exchanging.get():
                return await original(loop, host, port, **more)
            context = copy_context()
            return await loop.run_in_executor(None, lambda: context.run(socket.getaddrinfo, host, port, **more))

        return getaddrinfo

    recorder._patch(module.BaseEventLoop, "getaddrinfo", carry)


# --- the clients


class _LateClients:
    """Covers clients that are imported only inside the step, so that no step pays for importing those it does not use."""

    def __init__(self, recorder: Exchanges) -> None:
        self.recorder = recorder

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        if name not in _CLIENTS:
            return None
        others = [f for f in sys.meta_path if f is not self and hasattr(f, "find_spec")]
        spec = next((s for f in others if (s := f.find_spec(name, path, target)) is not None), None)
        if spec is None or not hasattr(spec.loader, "exec_module"):
            return spec
        loader: Any = spec.loader
        execute = loader.exec_module

        def exec_module(module: Any) -> None:
            execute(module)
            if module.__name__ == name:  # some loaders serve several modules
                _CLIENTS[name](module, self.recorder)

        with contextlib.suppress(AttributeError):
            loader.exec_module = exec_module
        return spec


def _cover_requests(module: Any, recorder: Exchanges) -> None:
    def covered(original: Any) -> Any:
        def send(adapter: Any, request: Any, stream: bool = False, *arguments: Any, **more: Any) -> Any:
            if not recorder._concerns_caller():
                return original(adapter, request, stream, *arguments, **more)
            asked = recorder._ask(request.method, request.url, request.headers.items(), _body_of_requests(request))
            if recorder._is_recording():
                failures = importlib.import_module("requests.exceptions").RequestException
                with recorder._performing(asked, (failures,), "receiving"):
                    real = original(adapter, request, True, *arguments, **more)
                    spool = recorder._spool().drain(_chunks_of_requests(real, request))
                real.raw.release_conn()
                reply = recorder._keep(asked, real.status_code, real.reason or "", real.raw.headers.items(), spool)
                # Sessions read their cookies from it.
                return _reply_of_requests(adapter, request, reply, getattr(real.raw, "_original_response", None))
            answer = recorder._answer(asked)
            if isinstance(answer, dict):
                raise _error_again(answer, request=request)
            return _reply_of_requests(adapter, request, answer, None)

        return send

    recorder._patch(module.HTTPAdapter, "send", covered)


def _body_of_requests(request: Any) -> bytes:
    body = request.body
    if hasattr(body, "read") and hasattr(body, "seek") and hasattr(body, "tell"):
        place = body.tell()
        data = _whole_body(body)
        body.seek(place)
        return data
    data = _whole_body(body)
    if body is not None and not isinstance(body, bytes | str):
        request.body = data  # it can be read only once
    return data


def _chunks_of_requests(response: Any, request: Any) -> Iterator[bytes]:
    """The body before content decoding, with the errors that `requests` makes of those of `urllib3`."""
    errors = importlib.import_module("requests.exceptions")
    below = importlib.import_module("urllib3.exceptions")
    try:
        # As it comes, and not when so much is there: a reply that drips must be noticed.
        while chunk := response.raw.read1(_CHUNK, decode_content=False):
            yield chunk
    except below.ReadTimeoutError as error:
        raise errors.ConnectionError(error, request=request) from error
    except below.SSLError as error:
        raise errors.SSLError(error, request=request) from error
    except below.ProtocolError as error:
        raise errors.ChunkedEncodingError(error, request=request) from error


def _reply_of_requests(adapter: Any, request: Any, reply: _Reply, original: Any) -> Any:
    below = importlib.import_module("urllib3.response")
    headers = below.HTTPHeaderDict()
    for name, value in reply.headers:
        headers.add(name, value)
    raw = below.HTTPResponse(
        body=reply.body.open(),
        headers=headers,
        status=reply.status,
        reason=reply.reason,
        version=11,
        preload_content=False,
        decode_content=False,
        original_response=original,
        request_method=request.method,
        enforce_content_length=False,
    )
    return adapter.build_response(request, raw)


def _cover_httpx(module: Any, recorder: Exchanges) -> None:
    package = module.__name__.partition(".")[0]

    def ask(request: Any) -> _Asked:
        return recorder._ask(request.method, str(request.url), request.headers.multi_items(), request.content)

    def errors() -> tuple[type[BaseException], ...]:
        return (sys.modules[package].RequestError,)

    def keep(asked: _Asked, real: Any, spool: _Spool) -> Any:
        reply = recorder._keep(asked, real.status_code, real.reason_phrase, real.headers.raw, spool)
        return _reply_of_httpx(sys.modules[package], reply)

    def answer(asked: _Asked) -> Any:
        found = recorder._answer(asked)
        if isinstance(found, dict):
            raise _error_again(found)
        return _reply_of_httpx(sys.modules[package], found)

    def covered(original: Any) -> Any:
        def handle_request(client: Any, request: Any) -> Any:
            if not recorder._concerns_caller():
                return original(client, request)
            request.read()
            asked = ask(request)
            if not recorder._is_recording():
                return answer(asked)
            with recorder._performing(asked, errors(), "receiving"):
                real = original(client, request)
                with contextlib.closing(real):
                    spool = recorder._spool().drain(real.stream)
            return keep(asked, real, spool)

        return handle_request

    def covered_async(original: Any) -> Any:
        async def handle_async_request(client: Any, request: Any) -> Any:
            if not recorder._concerns_caller():
                return await original(client, request)
            await request.aread()
            asked = ask(request)
            if not recorder._is_recording():
                return answer(asked)
            with recorder._performing(asked, errors(), "receiving"):
                real = await original(client, request)
                spool = recorder._spool()
                try:
                    async for chunk in real.stream:
                        spool.write(chunk)
                except BaseException:
                    spool.discard()
                    raise
                finally:
                    await real.aclose()
            return keep(asked, real, spool)

        return handle_async_request

    recorder._patch(module.HTTPTransport, "handle_request", covered)
    recorder._patch(module.AsyncHTTPTransport, "handle_async_request", covered_async)


def _reply_of_httpx(package: Any, reply: _Reply) -> Any:
    class Stored(package.SyncByteStream, package.AsyncByteStream):  # type: ignore[misc]
        def __iter__(self) -> Iterator[bytes]:
            with reply.body.open() as stream:
                while chunk := stream.read(_CHUNK):
                    yield chunk

        async def __aiter__(self) -> Any:
            for chunk in self:
                yield chunk

    return package.Response(
        reply.status,
        headers=reply.headers,
        stream=Stored(),
        extensions={"http_version": b"HTTP/1.1", "reason_phrase": reply.reason.encode("latin-1", "replace")},
    )


@dataclass
class _HalfAsked:
    """A request of `http.client` between its first line and its reply."""

    method: str
    url: str
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    asked: _Asked | None = None


def _cover_http_client(module: Any, recorder: Exchanges) -> None:
    """`http.client`, and with it `urllib.request`, which talks through it.

    Subclasses with a connection of their own (those of `urllib3`, say) are not covered, and so their sockets are refused.
    """
    plain, secure = module.HTTPConnection, module.HTTPSConnection
    failures = (OSError, module.HTTPException)

    def concerns(connection: Any) -> bool:
        own = type(connection).connect in (plain.connect, secure.connect)
        return own and type(connection).getresponse is plain.getresponse and recorder._concerns_caller()

    def resolve(connection: Any, half: _HalfAsked) -> _Asked:
        if half.asked is None:
            half.asked = recorder._ask(half.method, half.url, half.headers, half.body)
        return half.asked

    def connect(original: Any) -> Any:
        def call(connection: Any) -> None:
            if not concerns(connection):
                original(connection)
            # Else the connection is made when there is something to ask, which is when it can be recorded.

        return call

    def putrequest(original: Any) -> Any:
        def call(connection: Any, method: str, url: str, *arguments: Any, **more: Any) -> None:
            if concerns(connection):
                full = _url_of_connection(connection, isinstance(connection, secure), url)
                connection._recorded = _HalfAsked(method, full)
                if not recorder._is_recording():
                    return
            original(connection, method, url, *arguments, **more)

        return call

    def putheader(original: Any) -> Any:
        def call(connection: Any, header: Any, *values: Any) -> None:
            half = _half_asked(connection)
            if half is not None and concerns(connection):
                half.headers.append((_text(header), ", ".join(_text(v) for v in values)))
                if not recorder._is_recording():
                    return
            original(connection, header, *values)

        return call

    def endheaders(original: Any) -> Any:
        def call(connection: Any, message_body: Any = None, *, encode_chunked: bool = False) -> None:
            half = _half_asked(connection)
            if half is None or not concerns(connection):
                original(connection, message_body, encode_chunked=encode_chunked)
                return
            half.body = _whole_body(message_body)
            names = {name.lower() for name, _ in half.headers}
            # A body may still be sent piece by piece; else everything is known, and failures come now as they do natively.
            whole = message_body is not None or not names & {"content-length", "transfer-encoding"}
            if whole or recorder.mode == "refuse":
                asked = resolve(connection, half)
                if recorder._is_recording():
                    with recorder._performing(asked, failures, "sending"):
                        original(
                            connection, half.body if message_body is not None else None, encode_chunked=encode_chunked
                        )
                else:
                    _raise_if_failed(recorder, asked, connection, "sending")
            elif recorder._is_recording():
                sending(connection, half, lambda: original(connection))

        return call

    def sending(connection: Any, half: _HalfAsked, send: Callable[[], None]) -> None:
        token = _exchanging.set(half.url)
        try:
            send()
        except failures as error:
            recorder._add(resolve(connection, half), availability="none", error=recorder._described(error, "sending"))
            raise
        finally:
            _exchanging.reset(token)

    def send(original: Any) -> Any:
        def call(connection: Any, data: Any) -> None:
            if not concerns(connection):
                original(connection, data)
                return
            half = _half_asked(connection)
            if half is None:
                recorder._check_address(connection.host, connection.port)
                return
            chunk = _whole_body(data)
            half.body += chunk
            if recorder._is_recording():
                sending(connection, half, lambda: original(connection, chunk))

        return call

    def getresponse(original: Any) -> Any:
        def call(connection: Any) -> Any:
            half = _half_asked(connection)
            if half is None or not concerns(connection):
                return original(connection)
            asked = resolve(connection, half)
            connection._recorded = None
            if recorder._is_recording():
                with recorder._performing(asked, failures, "receiving"):
                    real = original(connection)
                    spool = recorder._spool().drain(iter(lambda: real.read(_CHUNK), b""))
                    if real.length:  # http.client ends a body that was cut off without a word
                        spool.discard()
                        raise module.IncompleteRead(b"", real.length)
                reply = recorder._keep(asked, real.status, real.reason, real.getheaders(), spool)
                return _reply_of_http_client(module, reply, asked.method)
            answer = getattr(connection, "_answered", None) or recorder._answer(asked)
            connection._answered = None
            if isinstance(answer, dict):
                raise _error_again(answer)
            return _reply_of_http_client(module, answer, asked.method)

        return call

    patches = [
        ("connect", connect),
        ("putrequest", putrequest),
        ("putheader", putheader),
        ("endheaders", endheaders),
        ("send", send),
        ("getresponse", getresponse),
    ]
    for name, make in patches:
        recorder._patch(plain, name, make)
    recorder._patch(secure, "connect", connect)


def _half_asked(connection: Any) -> _HalfAsked | None:
    half = getattr(connection, "_recorded", None)
    return half if isinstance(half, _HalfAsked) else None


def _raise_if_failed(recorder: Exchanges, asked: _Asked, connection: Any, phase: str) -> None:
    """Take the answer now; raise it if it is a failure of this phase, else keep it for `getresponse`."""
    answer = recorder._answer(asked)
    if isinstance(answer, dict) and answer["phase"] == phase:
        connection._recorded = None
        raise _error_again(answer)
    connection._answered = answer


def _url_of_connection(connection: Any, secure: bool, selector: str) -> str:
    if re.match(r"https?://", selector, re.IGNORECASE):
        return selector  # as a proxy is asked
    host = connection._tunnel_host or connection.host
    port = (connection._tunnel_port if connection._tunnel_host else connection.port) or ""
    host = f"[{host}]" if ":" in host and not host.startswith("[") else host
    return f"{'https' if secure else 'http'}://{host}{f':{port}' if port else ''}{selector}"


def _reply_of_http_client(module: Any, reply: _Reply, method: str) -> Any:
    class Source:
        def makefile(self, *_arguments: Any, **_more: Any) -> BinaryIO:
            return reply.body.open()

    response = module.HTTPResponse(Source(), method=method)
    response.headers = response.msg = module.HTTPMessage()
    for name, value in reply.headers:
        response.headers[name] = value
    response.code = response.status = reply.status
    response.reason = reply.reason
    response.version = 11
    response.chunked = False
    response.length = reply.body.size
    response.will_close = True
    if not reply.body.size:
        response._close_conn()  # as it does itself where no byte is to come
    return response


_CLIENTS: dict[str, Callable[[Any, Exchanges], None]] = {
    "socket": _cover_sockets,
    "asyncio.base_events": _cover_asyncio,
    "http.client": _cover_http_client,
    "requests.adapters": _cover_requests,
    "httpx._transports.default": _cover_httpx,
    "httpx2._transports.default": _cover_httpx,
}
