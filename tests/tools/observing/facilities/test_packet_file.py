"""The packet's file is the one that is named, or none."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from gnomon.tools.errors import InputError
from gnomon.tools.observing.facilities.packet_file import payloads_of

CONTENT = b'{"alert":null,"form":"gnomon handover packet","payloads":[{"name":"one"}]}'


def test_payloads_are_read_of_exactly_the_file_that_is_named(tmp_path: Path) -> None:
    path = tmp_path / "packet.json"
    path.write_bytes(CONTENT)
    digest = hashlib.sha256(CONTENT).hexdigest()
    assert payloads_of(path, digest) == [{"name": "one"}]
    path.write_bytes(CONTENT.replace(b"one", b"two"))
    with pytest.raises(InputError, match=f"is not the packet {digest[:12]}"):
        payloads_of(path, digest)
