"""What every facility's adapter does, and which adapter speaks to which kind of facility."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Protocol

from gnomon.tools.errors import InputError


@dataclass(frozen=True)
class Found:
    """What a facility has under a key.

    ``how`` is ``none``, ``same`` (what was sent), ``different``, ``many`` or ``unclear`` (it could not be asked); ``wait`` are the seconds
    after which it wants to be asked again, 0 where it does not say.
    """

    how: Literal["none", "same", "different", "many", "unclear"]
    identifier: str = ""
    state: str = ""
    said: str = ""
    wait: float = 0.0


@dataclass(frozen=True)
class Said:
    """What became of something that a facility was told.

    ``how`` is ``done``, ``refused`` (certainly not done) or ``unclear``.
    """

    how: Literal["done", "refused", "unclear"]
    identifier: str = ""
    state: str = ""
    said: str = ""


class Adapter(Protocol):
    """One facility, as `gnomon.tools.observing.facilities.sending` uses it; each method asks at most for what its name says."""

    service: str

    def check(self, body: dict[str, Any]) -> Said:
        """Whether the facility would take a payload; nothing is changed there."""

    def find(self, body: dict[str, Any], key: str) -> Found:
        """What it has under a key."""

    def send(self, body: dict[str, Any]) -> Said:
        """Give it a payload, once."""

    def cancel(self, identifier: str) -> Said:
        """Cancel what it has."""


def adapter_for(facility: str, address: str, token: str) -> Adapter:
    """The adapter of a facility.

    Parameters
    ----------
    facility : str
        ``ocs`` or ``tom``.
    address : str
        Of its service.
    token : str
        "" for none.

    Raises
    ------
    InputError
        Where no adapter speaks to it.
    """
    from gnomon.tools.observing.facilities.ocs_portal import OcsPortal
    from gnomon.tools.observing.facilities.tom_toolkit import TomToolkit

    if facility == "ocs":
        return OcsPortal(address, token)
    if facility == "tom":
        return TomToolkit(address, token)
    raise InputError(f"No adapter speaks to a facility of the kind {facility!r}.", remedy="There are ocs and tom.")
