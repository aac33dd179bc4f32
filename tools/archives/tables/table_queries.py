"""Questions in ADQL to services of tables (TAP), and what became of them."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from gnomon.tools.archives.asking.query_records import record_of
from gnomon.tools.archives.asking.remote_jobs import clear_away, keep, known
from gnomon.tools.archives.asking.service_session import open_session, words_of
from gnomon.tools.archives.tables.vo_tables import kept_table
from gnomon.tools.errors import BrokenReply, GnomonError, InputError, MissingReply, NetworkRefused, ServiceError
from gnomon.tools.shelf import key_of
from gnomon.tools.transport import Asked, inquire, noted, pause

Mode = Literal["auto", "sync", "async"]

# What services say when a query took longer than they give one that is answered at once.
_OUT_OF_TIME = re.compile(
    r"time[d ]*[ -]?out|time limit|execution time|took too long|exceeded.{0,20}time", re.IGNORECASE
)
_FIRST_LOOK, _LONGEST_LOOK = 1.0, 30.0  # seconds between two looks at a job


@dataclass(frozen=True)
class TableService:
    """A service of tables.

    Attributes
    ----------
    name : str
        What people call it.
    url : str
        Its base address, to which ``/sync`` and ``/async`` are added.
    release : str
        Of the data, where the service has one.
    """

    name: str
    url: str
    release: str = ""


def query_tables(
    service: TableService,
    adql: str,
    *,
    limit: int,
    mode: Mode = "auto",
    uploads: Mapping[str, Any] | None = None,
    seconds: float = 600.0,
    good_for: float = 0.0,
) -> Any:
    """Ask a service of tables, and keep with the rows how complete they are.

    Parameters
    ----------
    service : TableService
    adql : str
        The question.
    limit : int
        Most rows; one more is asked for, to learn whether there are more.
    mode : {"auto", "sync", "async"}
        ``auto`` asks for an answer at once, and leaves a job with the service where that takes too long.
    uploads : mapping of str to astropy.table.Table, optional
        Tables that the query names as ``TAP_UPLOAD.name``.
    seconds : float
        How long a job is waited for.
    good_for : float
        As for `gnomon.tools.transport.inquire`.

    Returns
    -------
    astropy.table.QTable
        A `SourceTable`, perhaps of no rows, with one record in ``meta["queries"]``.

    Raises
    ------
    InputError
        Where the service does not accept the query; with its own words.
    ServiceError
        Where it could not be asked, or what it answered is not a table.  Of a job that still runs, the address is kept: the
        same query goes on waiting for it.
    """
    sent = dict(uploads or {})
    question = {
        "service": service.name,
        "url": service.url,
        "text": adql.strip(),
        "rows": limit,
        "mode": mode,
        "uploads": {name: _table_digest(table) for name, table in sent.items()},
    }

    def ask() -> tuple[Any, bool]:
        if mode == "async":
            return _by_job(service, adql, limit, sent, seconds, key_of(question))
        try:
            return _at_once(service, adql, limit, sent)
        except _OutOfTimeError as error:
            if mode == "sync":
                raise ServiceError(
                    f"{service.name} ran out of the time that it gives a query answered at once: {error}.",
                    remedy="Ask with mode=async, or for less.",
                ) from error
        return _by_job(service, adql, limit, sent, seconds, key_of(question))

    (table, overflow), asked = inquire(question, ask, good_for)
    table.meta["queries"] = [_record(service, adql, table, overflow, limit, asked)]
    return table[:limit] if len(table) > limit else table


class _OutOfTimeError(Exception):
    """A query took longer than the service gives one that is answered at once."""


def _at_once(service: TableService, adql: str, limit: int, uploads: dict[str, Any]) -> tuple[Any, bool]:
    from pyvo.dal import TAPService

    tap = TAPService(service.url, session=open_session(service.name))
    with told_failures(service):
        return taken(tap.run_sync(adql, maxrec=limit + 1, uploads=uploads or None), service)


def _by_job(
    service: TableService, adql: str, limit: int, uploads: dict[str, Any], seconds: float, key: str
) -> tuple[Any, bool]:
    """Leave the query with the service as a job, wait for it, fetch the result, and clear the job away.

    The job's address is kept on this machine until then, so that the next attempt, after whatever happened, goes on with the same job.
    """
    from pyvo.dal import AsyncTAPJob, TAPService

    session = open_session(service.name)
    left = noted("job", lambda: known(key))
    with told_failures(service):
        job = None
        if left:
            try:
                job = AsyncTAPJob(left, session=session, delete=False)
            except Exception as error:
                if (cause := _inner(error)) is not None and cause.retryable:
                    raise cause from error
        if job is None:
            job = TAPService(service.url, session=session).submit_job(adql, maxrec=limit + 1, uploads=uploads or None)
            job._delete_on_exit = False
            keep(key, service.name, job.url, adql)
        if job.phase in ("PENDING", "UNKNOWN"):
            job.run()
        phase, waited, look = job.phase, 0.0, _FIRST_LOOK
        while phase in ("PENDING", "QUEUED", "EXECUTING", "RUN", "HELD", "SUSPENDED", "UNKNOWN"):
            if waited >= seconds:
                raise ServiceError(
                    f"{service.name} is still at work on the query after {seconds:.0f} s ({phase.lower()}).",
                    remedy="The job goes on there; `gnomon resume` waits for it once more.",
                )
            pause(look)
            waited, look = waited + look, min(_LONGEST_LOOK, 1.3 * look)
            phase = job.phase
        if phase != "COMPLETED":
            words = _job_words(job, session)
            clear_away(service.name, job.url, key)
            if phase == "ABORTED":
                out_of = " (most likely for taking too long)" if not words or _OUT_OF_TIME.search(words) else ""
                raise ServiceError(
                    f"{service.name} gave the query up{out_of}{': ' + words if words else ''}.",
                    remedy="Ask for less at a time: a smaller region, or a part of the rows.",
                )
            raise InputError(f"{service.name} could not answer the query: {words or 'it says no more'}.", remedy=_MEND)
        fetched = taken(job.fetch_result(), service)
        clear_away(service.name, job.url, key)
        return fetched


_MEND = "Mend the query; the tool find_tables lists the tables and columns of a service."


def taken(results: Any, service: TableService) -> tuple[Any, bool]:
    """The table of what pyvo brought, and whether the service says that it cut rows off."""
    table = kept_table(results.resultstable, results.votable, service.name)
    # After the table, where services say that they cut it; what stands before it was written before they knew.
    return table, results.status[0].upper() == "OVERFLOW"


def _record(service: TableService, adql: str, table: Any, overflow: bool, limit: int, asked: Asked) -> dict[str, Any]:
    rows = len(table)
    top = re.match(r"\s*select\s+(?:distinct\s+|all\s+)?top\s+(\d+)\b", adql, re.IGNORECASE)
    complete: bool | None = True
    cut_by = ""
    if rows > limit:
        complete, cut_by, rows = False, f"the limit of {limit} rows of this plan", limit
    elif overflow:
        complete, cut_by = False, service.name
    elif top and rows >= int(top[1]):
        complete, cut_by = None, f"TOP {top[1]} in the query"
    return record_of(
        service.name, service.url, adql.strip(), asked, rows, release=service.release, limit=limit, complete=complete, cut_by=cut_by
    )  # fmt: skip


# --- what goes wrong


class told_failures:
    """Tell what pyvo raises as what it is: the query's fault, or the service's."""

    def __init__(self, service: TableService) -> None:
        self.service = service

    def __enter__(self) -> None:
        self.caught = warnings.catch_warnings()
        self.caught.__enter__()
        warnings.filterwarnings("ignore", message=".*(truncated|limited by).*")  # told with the rows, and in the record
        warnings.filterwarnings(
            "ignore", module="astropy.io.votable"
        )  # faults of form, of which nearly all replies have some

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        self.caught.__exit__(kind, error, trace)
        if error is None or isinstance(error, GnomonError | _OutOfTimeError):
            return
        import requests
        from pyvo.dal.exceptions import DALAccessError, DALQueryError

        inner = _inner(error)
        if inner is not None:
            raise inner from error
        if isinstance(error, DALQueryError):
            words = " ".join(str(error).split())
            if _OUT_OF_TIME.search(words):
                raise _OutOfTimeError(words) from error
            raise InputError(f"{self.service.name} does not accept the query: {words}.", remedy=_MEND) from error
        if isinstance(error, DALAccessError | requests.RequestException):
            words = _words_in(error)
            if words and _OUT_OF_TIME.search(words):
                raise _OutOfTimeError(words) from error
            if words:
                raise InputError(f"{self.service.name} does not accept the query: {words}.", remedy=_MEND) from error
            raise BrokenReply(
                f"{self.service.name} {_fault_of_table(' '.join(str(error).split()))}.",
                remedy="Ask again later; if it stays so, tell the service's people.",
                retryable=True,
            ) from error


def _fault_of_table(said: str) -> str:
    """What is wrong with a table that cannot be read, from the words of its reader."""
    if "no element found" in said and re.search(r"\b1:0\b", said):
        return "answered with nothing at all"
    if re.search(r"unclosed|no element found|premature|mismatched tag", said):
        return "sent a table that breaks off in the middle, of which nothing was taken"
    return f"answered with what is no table ({said[:200]})"


def _inner(error: BaseException) -> ServiceError | None:
    """The error of ours that a library wrapped, if there is one."""
    seen: list[BaseException] = []
    todo: list[Any] = [error]
    while todo:
        one = todo.pop()
        if not isinstance(one, BaseException) or any(one is s for s in seen):
            continue
        if isinstance(one, ServiceError):
            return one
        seen.append(one)
        todo += [one.__cause__, one.__context__, getattr(one, "cause", None), getattr(one, "reason", None), *one.args]
    return None


def _words_in(error: Any) -> str:
    """What the service says in the body of a refusal."""
    cause = getattr(error, "cause", None) or error.__cause__
    reply = getattr(cause, "response", None)
    return words_of(reply.content[:65536]) if reply is not None else ""


def _job_words(job: Any, session: Any) -> str:
    message = getattr(getattr(job, "_job", None), "errorsummary", None)
    said = getattr(getattr(message, "message", None), "content", None) or getattr(message, "message", None)
    if said and str(said).strip():
        return " ".join(str(said).split()).rstrip(".")
    try:
        return words_of(session.get(f"{job.url}/error").content[:65536])
    except (MissingReply, NetworkRefused):
        raise
    except ServiceError:  # the job failed, and its service does not say why: that it failed is told by whoever asked
        return ""


def _table_digest(table: Any) -> str:
    from gnomon.tools.kinds.tables import digest

    return digest(table)
