"""How observations stand at their facilities, or what they would say to them; nothing is changed there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from gnomon.tools.observing.facilities.adapter import adapter_for
from gnomon.tools.observing.facilities.asking import token_for
from gnomon.tools.observing.facilities.packet_file import payloads_of, recognise_packet, table_of_rows
from gnomon.tools.observing.facilities.sending import look, rehearse
from gnomon.tools.registry import tool

if TYPE_CHECKING:
    from gnomon.tools.kinds import File, Submissions


@tool(
    version="1.1",
    effects=("read_network",),
    seconds=5.0,
    citations=(
        "Street et al. 2018, General-purpose software for managing astronomical observing programs in the LSST era, doi:10.1117/12.2312293",
        "Saunders et al. 2014, Proc. SPIE 9149, 91490E, doi:10.1117/12.2056642",
    ),
    examples=(
        "How do the submitted observations stand at the telescopes?",
        "What is the status of this packet at the facilities?",
        "Would the portal accept these request groups?",
        "Rehearse the hand-over of this packet",
        "Do a dry run of the submission",
        "Has the TOM got our observation records?",
        "Were the observations we handed over done?",
        "Validate the packet with the facilities",
        "已提交的观测在台站的状态如何？",
        "这个观测包在各台站进行得怎么样？",
        "门户会接受这些观测请求吗？",
        "演练一次观测包的提交",
        "试提交一次，但不要发送",
        "TOM 收到我们的观测记录了吗？",
        "交出去的观测完成了吗？",
    ),
    summary_zh="查询观测包在各台站的状态，或演练提交；不改变台站的任何内容。",
    method="The facilities were asked about the packet {packet_digest} ({question}).",
    method_zh="就观测包 {packet_digest} 查询了各台站（{question}）。",
    comparison="content",
    recognises=recognise_packet,
)
def ask_facilities(packet: File, packet_digest: str, question: Literal["status", "rehearse"] = "status") -> Submissions:
    """Ask facilities how the observations of a packet stand, or what they would say to them.

    Parameters
    ----------
    packet : File
        A packet of the form ``gnomon handover packet``.
    packet_digest : str
        SHA-256 of the packet.
    question : str
        ``status`` asks what they have under its keys; ``rehearse`` asks for what they have not whether they would take it.

    Returns
    -------
    Submissions
        One row a payload.

    Raises
    ------
    InputError
        Where the file is not the packet.
    """
    act = look if question == "status" else rehearse
    payloads = payloads_of(packet, packet_digest)
    return table_of_rows([act(p, adapter_for(p["facility"], p["address"], token_for(p["address"]))) for p in payloads])
