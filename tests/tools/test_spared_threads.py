"""A thread of the executor is spared by the recorder; another one that got its number from the system is not."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import pytest
import requests

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "services"))
from faults import FaultServer, Reply

from gnomon.tools.access import Access
from gnomon.tools.transport import transport


def test_a_number_that_the_system_gave_away_again_spares_nobody(tmp_path: Path) -> None:
    with FaultServer() as server:
        url = server.serve("/x", Reply(b"x"))
        end = threading.Event()
        old = threading.Thread(target=end.wait)
        old.start()
        access = Access(more_hosts=("127.0.0.1",))
        with transport("record", tmp_path, "s", spared=[old.ident or 0], access=access) as seen:
            end.set()
            old.join()
            tries = 0
            while tries < 50:
                tries += 1
                new = threading.Thread(target=lambda: requests.get(url))
                new.start()
                new.join()
                if new.ident == old.ident:
                    break
            else:
                pytest.skip("NOT TESTED: this system does not give numbers of threads away again")
            assert len(seen.records) == tries
