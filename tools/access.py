"""What a step may reach outside: which hosts, how often, how much, and whether at all.

It is asked by the recorder (`gnomon.tools.transport`), through which every request goes, whatever client it is made with.
"""

from __future__ import annotations

import contextlib
import errno
import ipaddress
import os
import threading
import time
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from gnomon.tools.archives.asking.hosts import HOSTS, POLITE
from gnomon.tools.errors import HostRefused

# Hosts that a person adds, separated by commas; the same as `hosts` under [archives] in the settings.
ENVIRONMENT = "GNOMON_ARCHIVES_HOSTS"

_paced = threading.Lock()
_slots: dict[str, float] = {}  # where no folder is shared


@dataclass(frozen=True)
class Access:
    """What a step may reach.

    Parameters
    ----------
    more_hosts : tuple of str
        Beside `HOSTS`: names, ``*.domain``, or ``name:port``.  A host that is named here and without a star may have a private
        address.
    folder : str
        Shared by all processes of a person: replies of earlier runs and the times of requests lie there; "" for none.
    offline : bool
        Whether only replies of earlier runs are given.
    max_bytes : int
        Longest reply, as it comes over the wire.
    seconds : float
        Longest time that a reply may take from its first byte to its last.
    """

    more_hosts: tuple[str, ...] = ()
    folder: str = ""
    offline: bool = False
    max_bytes: int = 2 * 1024**3
    seconds: float = 1800.0

    @classmethod
    def of_environment(cls) -> Access:
        """What may be reached where nobody says more: `HOSTS` and those of the variable `ENVIRONMENT`."""
        return cls(more_hosts=hosts_of(os.environ.get(ENVIRONMENT, "")))

    def refusal(self, url: str) -> HostRefused | None:
        """Why a request to this address is not made, or None where it may be."""
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
        if _listed(host, port, [*HOSTS, *self.more_hosts]):
            return None
        name = f"{host}:{port}" if port else host
        return HostRefused(
            f"The host {name} is not on the list of services that may be asked.",
            remedy=f'If you trust it, write hosts = ["{name}"] under [archives] in settings.toml, or set {ENVIRONMENT}={name}.',
        )

    def address_refusal(self, url: str, address: str) -> HostRefused | None:
        """Why no connection to this numeric address is made for a request to that URL, or None where it may be.

        A public name may point to a machine of one's own network; then a service could be used to reach behind a firewall.
        """
        try:
            number = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            return None
        if number.is_global and not number.is_multicast:
            return None
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
        named = [h for h in self.more_hosts if not h.startswith("*.")]
        if _listed(host, parts.port, named) or _listed(address, None, named) or _by_proxy(parts.scheme, host):
            return None
        return HostRefused(
            f"The host {host} has the private address {address}, where no archive is asked.",
            remedy=f'If it is a service of your own, write hosts = ["{host}"] under [archives] in settings.toml.',
        )

    def wait_for_turn(self, url: str) -> None:
        """Wait until the host may be asked again; processes that share the folder take turns."""
        host = (urlsplit(url).hostname or "").lower()
        interval = pace(host)
        if interval <= 0.0:
            return
        now = time.time()
        slot = self._take_slot(host, now, interval)
        if slot > now:
            time.sleep(min(slot - now, 600.0))

    def _take_slot(self, host: str, now: float, interval: float) -> float:
        if self.folder:
            with contextlib.suppress(OSError, ImportError):  # no locks on this disk: this process alone is polite
                return _slot_on_disk(Path(self.folder) / "pace" / host, now, interval)
        with _paced:
            slot = max(now, _slots.get(host, 0.0) + interval)
            _slots[host] = slot
        return slot


def hosts_of(text: str) -> tuple[str, ...]:
    """Hosts from a list separated by commas."""
    return tuple(part.strip().lower() for part in text.split(",") if part.strip())


def pace(host: str) -> float:
    """The least seconds between two requests to a host; none for this machine."""
    if host == "localhost" or _is_loopback(host):
        return 0.0
    found = [seconds for name, seconds in HOSTS.items() if _listed(host, None, [name])]
    return max(found, default=POLITE)


class Endless(OSError):
    """A reply is longer, or takes longer, than was allowed."""


def too_long(max_bytes: int) -> Endless:
    """The error of a reply that does not end."""
    return Endless(
        errno.EFBIG, f"the reply is longer than {max_bytes / 1024**2:.0f} MiB, which is more than was allowed"
    )


def too_slow(seconds: float) -> Endless:
    """The error of a reply that drips."""
    return Endless(errno.ETIMEDOUT, f"the reply was not complete after {seconds:.0f} s")


def _listed(host: str, port: int | None, names: Collection[str]) -> bool:
    for name in names:
        if name.startswith("*."):
            if host.endswith(name[1:]) or host == name[2:]:
                return True
        elif name in (host, f"{host}:{port}"):
            return True
    return False


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _by_proxy(scheme: str, host: str) -> bool:
    """Whether a proxy, which more often than not has a private address itself, is asked in place of the host."""
    from urllib.request import getproxies, proxy_bypass  # here, since it imports clients

    proxies = getproxies()
    return bool(proxies.get(scheme) or proxies.get("all")) and not proxy_bypass(host)


def _slot_on_disk(path: Path, now: float, interval: float) -> float:
    import fcntl

    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        last = 0.0
        with contextlib.suppress(ValueError):
            last = float(file.read() or 0.0)
        # A clock that was set back must not make anybody wait for hours.
        slot = max(now, min(last, now + 600.0) + interval)
        file.truncate(0)
        file.write(f"{slot:.3f}")
    return slot
