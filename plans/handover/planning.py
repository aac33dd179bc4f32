"""The plan that hands a packet over: one step, which names the packet by its digest and is given its file."""

from __future__ import annotations

from gnomon.plans.handover.gate import ACTION, ASK, PACKET_DIGEST, PACKET_FILE, QUESTION
from gnomon.plans.handover.packet import Packet
from gnomon.plans.handover.page import title_of
from gnomon.plans.plan import Attachment, Plan, Ref, Step
from gnomon.tools.errors import UsageError
from gnomon.tools.registry import Registry

SUBMIT = "submit_observations"
# What is wanted, and the tool and the argument for it.  The first two change nothing at a facility.
WAYS = {
    "status": (ASK, {QUESTION: "status"}),
    "rehearse": (ASK, {QUESTION: "rehearse"}),
    "submit": (SUBMIT, {ACTION: "submit"}),
    "cancel": (SUBMIT, {ACTION: "cancel"}),
}
_SAID = {
    "status": "How do the observations of the packet {digest} stand ({title})?",
    "rehearse": "Rehearse the hand-over of the packet {digest} ({title}).",
    "submit": "Hand the packet {digest} over to its facilities ({title}).",
    "cancel": "Cancel the packet {digest} at its facilities ({title}).",
}


def plan_for(way: str, packet: Packet, registry: Registry) -> Plan:
    """The plan; it does nothing before it is approved as any other.

    Parameters
    ----------
    way : str
        ``status``, ``rehearse``, ``submit`` or ``cancel``.
    packet : Packet
    registry : Registry

    Raises
    ------
    UsageError
        Where the tool is not here.
    """
    name, arguments = WAYS[way]
    if name not in registry:
        raise UsageError(f"The tool {name} is not installed.", remedy="`gnomon doctor` says what is missing.")
    tool = registry[name]
    file_name = f"packet-{packet.digest[:12]}.json"
    step = Step(
        id="facilities",
        tool=name,
        version=tool.version,
        arguments={PACKET_DIGEST: packet.digest, **arguments},
        inputs={PACKET_FILE: Ref(file=file_name)},
        kind=str(tool.kind),
        effects=list(tool.effects),
        cost=tool.cost(),
    )
    file = Attachment(
        name=file_name,
        sha256=packet.digest,
        size=len(packet.content),
        kind=str(tool.kind),
        found="a packet of observations to be handed over",
        rows=len(packet.payloads),
    )
    question = _SAID[way].format(digest=packet.digest[:12], title=title_of(packet))
    return Plan(question=question, language="en", goal=str(tool.kind), files=[file], steps=[step])
