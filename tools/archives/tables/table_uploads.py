"""Whether a service of tables takes tables of one's own."""

from __future__ import annotations

import re

from gnomon.tools.archives.asking.service_session import open_session
from gnomon.tools.archives.tables.table_queries import TableService
from gnomon.tools.errors import BrokenReply, MissingReply, NetworkRefused, ServiceError
from gnomon.tools.transport import inquire

_METHOD = re.compile(rb"<(?:\w+:)?uploadMethod\b")  # TAPRegExt 1.0, section 2.4, 2012ivoa.spec.0827D


def takes_uploads(service: TableService) -> bool:
    """Whether a service says, in its capabilities, that tables can be uploaded; False where it cannot be asked.

    Parameters
    ----------
    service : TableService
    """
    url = f"{service.url}/capabilities"

    def ask() -> bool:
        reply = open_session(service.name, longest=2**24).get(url)
        if reply.status_code != 200 or b"capabilit" not in reply.content[:4096]:
            raise BrokenReply(f"{service.name} does not say what it can do.", remedy="Ask again later.", retryable=True)
        return _METHOD.search(reply.content) is not None

    try:
        return inquire({"service": service.name, "url": url, "text": "capabilities"}, ask)[0]
    except (MissingReply, NetworkRefused):
        raise
    except ServiceError:
        return False
