"""Jobs that were left with a service: their addresses are kept on this machine until they are done with.

So a step that was stopped, by a person or by a power cut, goes on with the job that it left, and nothing is left lying about at
the service that nobody here knows of.
"""

from __future__ import annotations

import contextlib
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gnomon.tools.archives.asking.service_session import open_session
from gnomon.tools.transport import shared_folder

# An older job is not gone on with: what it found is not what the service would say now.
GOOD_FOR = 86_400.0  # seconds


@dataclass(frozen=True)
class RemoteJob:
    """A job.

    Attributes
    ----------
    key : str
        Digest of the question.
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
    told = {"service": service, "url": url, "text": text, "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
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


def clear_away(job: Any, key: str) -> None:
    """Delete a job that is done with, at the service and here; a service that does not let us is no fault of the answer.

    Parameters
    ----------
    job : pyvo.dal.AsyncTAPJob
    key : str
    """
    with contextlib.suppress(Exception):  # services delete old jobs by themselves
        job.delete()
    if folder := shared_folder():
        forget(Path(folder), key)


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
        Where the service cannot be asked; the address is kept.
    """
    from gnomon.tools.errors import ServiceError

    try:
        open_session(job.service or "The service").delete(job.url, allow_redirects=False)
    except ServiceError as error:
        if error.retryable:
            raise
    forget(folder, job.key)
