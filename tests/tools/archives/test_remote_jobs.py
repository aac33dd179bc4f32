"""Jobs that are done with: deleted at the service and forgotten here, or, where it refuses, kept and told."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import pytest
from faults import FAULTS, Exchange, FaultServer, Reply

from gnomon.tools.access import Access
from gnomon.tools.archives.asking import remote_jobs
from gnomon.tools.archives.asking.remote_jobs import clear_away, end, keep, kept, known
from gnomon.tools.errors import LoginNeeded, ServiceError
from gnomon.tools.transport import transport

KEY = "0" * 64


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gnomon.tools.archives.asking.service_session.pause", lambda seconds: None)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def recorded(home: Path, number: int = 1, mode: Any = "record") -> Any:
    access = Access(more_hosts=("127.0.0.1",), folder=str(home))
    return transport(mode, home.parent / "records", f"s{number}", access=access)


def test_a_job_that_is_deleted_is_forgotten(fault_server: FaultServer, home: Path) -> None:
    url = fault_server.serve("/async/1", Reply(status=303, headers={"Location": f"{fault_server.url}/async"}))
    with recorded(home), warnings.catch_warnings():
        warnings.simplefilter("error")
        keep(KEY, "X", url, "SELECT 1")
        assert known(KEY) == url
        clear_away("X", url, KEY)
        assert known(KEY) == ""
    assert [a.method for a in fault_server.asked("/async/1")] == ["DELETE"]
    assert fault_server.count("/async") == 1  # the list of all jobs, to which it points, is not fetched
    assert not kept(home)


@pytest.mark.parametrize("gone", [FAULTS["404"], Reply(b"gone", status=410)])
def test_a_job_that_the_service_does_not_know_is_forgotten(gone: Any, fault_server: FaultServer, home: Path) -> None:
    url = fault_server.serve("/async/1", gone)
    with recorded(home), warnings.catch_warnings():
        warnings.simplefilter("error")
        keep(KEY, "X", url, "SELECT 1")
        clear_away("X", url, KEY)
    assert not kept(home)


REFUSALS = [
    (FAULTS["403"], "does not let us in"),
    (FAULTS["401"], "does not let us in"),
    (Reply(b"not yours", status=405), "refuses to delete a job: not yours"),
    (FAULTS["503"], "does not work at the moment"),
    (FAULTS["500"], "does not work at the moment"),
]


@pytest.mark.parametrize(("refusal", "words"), REFUSALS)
def test_a_job_that_the_service_does_not_delete_is_kept_and_told(
    refusal: Any, words: str, fault_server: FaultServer, home: Path
) -> None:
    url = fault_server.serve("/async/1", refusal)
    with recorded(home), pytest.warns(UserWarning, match=f"A job that is done with was left at X.*{words}.*gnomon jobs --end") as first:  # fmt: skip
        keep(KEY, "X", url, "SELECT 1")
        clear_away("X", url, KEY)
        (left,) = kept(home)
        assert (left.service, left.url, left.text) == ("X", url, "SELECT 1") and left.time
        # the next question of the same words has a job of its own, and does not push the address of this one out
        assert known(KEY) == ""
        keep(KEY, "X", f"{fault_server.url}/async/2", "SELECT 1")
        assert known(KEY).endswith("/async/2")
        assert {j.url for j in kept(home)} == {url, f"{fault_server.url}/async/2"}
    with recorded(home, mode="playback"), pytest.warns(UserWarning) as again:
        clear_away("X", url, KEY)
    (said,), (repeated,) = ([str(w.message) for w in heard if w.category is UserWarning] for heard in (first, again))
    assert repeated == said


def test_ending_asks_once_more_and_believes_no_refusal(fault_server: FaultServer, home: Path) -> None:
    url = fault_server.serve("/async/1", FAULTS["403"])
    with recorded(home), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        keep(KEY, "X", url, "SELECT 1")
        clear_away("X", url, KEY)
    (left,) = kept(home)
    with recorded(home, 2), pytest.raises(LoginNeeded):
        end(home, left)
    assert kept(home) == [left]
    fault_server.serve("/async/1", Reply(status=405))
    with recorded(home, 3), pytest.raises(ServiceError, match="refuses to delete a job: status 405"):
        end(home, left)
    assert kept(home) == [left]
    fault_server.serve("/async/1", Reply(status=200))
    with recorded(home, 4):
        end(home, left)
    assert not kept(home)


def test_a_job_of_which_nothing_was_written_down(fault_server: FaultServer, home: Path) -> None:
    def answer(exchange: Exchange) -> Reply:
        return Reply(status=403)

    url = fault_server.serve("/async/1", answer)
    with recorded(home), pytest.warns(UserWarning):
        clear_away("X", url, KEY)
    (left,) = kept(home)
    assert left.url == url and remote_jobs._DONE in left.key
    assert json.loads((home / "jobs" / f"{left.key}.json").read_text())["service"] == "X"
