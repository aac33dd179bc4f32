"""Fixtures of the test services, imported by the conftest.py of every folder that uses them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import dachs
import pytest
from faults import FaultServer

__all__ = ["fault_server", "pytest_collection_modifyitems", "tls_fault_server", "vo_server", "vo_spare"]


@pytest.fixture(scope="session")
def vo_server() -> str:
    """Base URL of a real Virtual Observatory server; the test is skipped, and says why, where there can be none."""
    try:
        return dachs.start()
    except dachs.Unavailable as error:
        pytest.skip(f"NOT TESTED: {error}")


@pytest.fixture
def vo_spare() -> Iterator[dachs.Spare]:
    """A second server, for this test alone, to be killed and restarted."""
    try:
        with dachs.spare() as server:
            yield server
    except dachs.Unavailable as error:
        pytest.skip(f"NOT TESTED: {error}")


@pytest.fixture
def fault_server() -> Iterator[FaultServer]:
    """A server on loopback that misbehaves on purpose."""
    with FaultServer() as server:
        yield server


@pytest.fixture
def tls_fault_server() -> Iterator[FaultServer]:
    """The same over HTTPS, with a certificate that nobody trusts; its file is `certificate`."""
    with ExitStack() as stack:
        try:
            server = stack.enter_context(FaultServer(tls=True))
        except FileNotFoundError as error:
            pytest.skip(f"NOT TESTED: {error}")
        yield server


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what asks for the real server, so that ``-m "not vo_server"`` leaves it out."""
    for item in items:
        if {"vo_server", "vo_spare"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.vo_server)
