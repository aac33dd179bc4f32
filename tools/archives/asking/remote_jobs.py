"""Jobs that were left with a service: their addresses are kept on this machine until they are done with.

So a step that was stopped, by a person or by a power cut, goes on with the job that it left, and nothing is left lying about at
the service that nobody here knows of.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gnomon.tools.archives.asking.service_session import open_session, words_of
from gnomon.tools.errors import MissingReply, NetworkRefused, ServiceError
from gnomon.tools.transport import shared_folder

# An older job is not gone on with: what it found is not what the service would say now.
GOOD_FOR = 86_400.0  # seconds
_DONE = "-done-"  # in the key of a job that is done with and still lies with the service


@dataclass(frozen=True)
class RemoteJob:
    """A job.

    Attributes
    ----------
    key : str
        Digest of the question; longer where the job is done with, and the service did not delete it.
    service, url, text, time : str
        Who works on it, its address, the question, and when it was left, UTC.
    """

    key: str
    service: str
    url: str
    text: str
    time: str


def known(key: str) -> str:
    """The address of the job that was left for a question within the last day; "" where there is none."""
    folder = shared_folder()
    oldest = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - GOOD_FOR))
    found = [job for job in kept(Path(folder)) if job.key == key and job.time >= oldest] if folder else []
    return found[0].url if found else ""


def keep(key: str, service: str, url: str, text: str) -> None:
    """Write the address of a job down."""
    if not (folder := shared_folder()):
        return
    place = Path(folder) / "jobs"
    place.mkdir(parents=True, exist_ok=True)
    told = {"service": service, "url": url, "text": text, "time": _now()}
    (place / f"{key}.json").write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")


def kept(folder: Path) -> list[RemoteJob]:
    """The jobs of which the addresses are kept, the oldest first.

    Parameters
    ----------
    folder : pathlib.Path
        Shared by all runs of a person.
    """
    found = []
    for path in (folder / "jobs").glob("*.json"):
        with contextlib.suppress(ValueError, KeyError, OSError, TypeError):
            told = json.loads(path.read_text(encoding="utf-8"))
            more = {name: str(told.get(name, "")) for name in ("service", "text", "time")}
            found.append(RemoteJob(key=path.stem, url=str(told["url"]), **more))
    return sorted(found, key=lambda job: (job.time, job.key))


def clear_away(service: str, url: str, key: str) -> None:
    """Delete a job that is done with, at the service and here.

    Where the service refuses, or cannot be asked, its address is kept, so that `gnomon jobs --end` may ask once more; the answer that was fetched is
    no worse for it, and the next question like it has a job of its own.

    Parameters
    ----------
    service, url : str
    key : str
        Digest of the question.

    Warns
    -----
    UserWarning
        Where the job is still there.
    """
    folder = Path(place) if (place := shared_folder()) else None
    try:
        _delete(service, url)
    except (MissingReply, NetworkRefused):
        raise
    except ServiceError as error:
        if folder is not None:
            _set_apart(folder, key, service, url)
        warnings.warn(
            f"A job that is done with was left at {service}, which did not delete it ({error.what.rstrip('.')}). Its address is kept: gnomon jobs --end asks to delete it once more.",
            stacklevel=2,
        )
        return
    if folder is not None:
        forget(folder, key)


def _delete(service: str, url: str) -> None:
    """Ask a service to delete a job; one that it does not know any more is no fault.

    Raises
    ------
    ServiceError
        Where it refuses, or could not be asked.
    """
    try:
        reply = open_session(service or "The service").delete(url, allow_redirects=False)
    except ServiceError as error:
        if "(404)" in error.what:  # what the session says of an address at which there is nothing
            return
        raise
    if reply.status_code >= 400 and reply.status_code != 410:
        words = words_of(reply.content[:65536]) or f"status {reply.status_code}"
        raise ServiceError(f"{service or 'The service'} refuses to delete a job: {words}.", remedy="It deletes old jobs by itself.")  # fmt: skip


def _set_apart(folder: Path, key: str, service: str, url: str) -> None:
    """Keep the address of a job that is done with under a name of its own, by which no question goes on with it."""
    place = folder / "jobs"
    place.mkdir(parents=True, exist_ok=True)
    old = place / f"{key}.json"
    told: dict[str, Any] = {"service": service, "url": url, "time": _now()}
    with contextlib.suppress(ValueError, OSError):
        told |= json.loads(old.read_text(encoding="utf-8"))
    name = f"{key}{_DONE}{hashlib.sha256(url.encode()).hexdigest()[:12]}"
    (place / f"{name}.json").write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
    old.unlink(missing_ok=True)


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def forget(folder: Path, key: str) -> None:
    """Forget the address of a job."""
    (folder / "jobs" / f"{key}.json").unlink(missing_ok=True)


def end(folder: Path, job: RemoteJob) -> None:
    """End a job at the service, and forget it; one that the service does not know any more is forgotten, too.

    Parameters
    ----------
    folder : pathlib.Path
    job : RemoteJob

    Raises
    ------
    ServiceError
        Where the service cannot be asked, or refuses; the address is kept.
    """
    _delete(job.service, job.url)
    forget(folder, job.key)
