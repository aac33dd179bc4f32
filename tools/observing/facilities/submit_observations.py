"""The one tool that gives observations to facilities, or takes them back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from gnomon.tools.errors import ApprovalError
from gnomon.tools.observing.facilities.adapter import adapter_for
from gnomon.tools.observing.facilities.asking import token_for
from gnomon.tools.observing.facilities.packet_file import payloads_of, recognise_packet, table_of_rows
from gnomon.tools.observing.facilities.sending import cancel, rehearse, submit
from gnomon.tools.permits import permit_of
from gnomon.tools.registry import tool

if TYPE_CHECKING:
    from gnomon.tools.kinds import File, Submissions


@tool(
    version="1.1",
    effects=("read_network", "submit"),
    seconds=5.0,
    citations=(
        "Street et al. 2018, General-purpose software for managing astronomical observing programs in the LSST era, doi:10.1117/12.2312293",
        "Saunders et al. 2014, Proc. SPIE 9149, 91490E, doi:10.1117/12.2056642",
    ),
    examples=(
        "Submit these observations to the telescopes",
        "Hand the approved packet over to the facilities",
        "Send the schedule to the LCO portal",
        "Submit the observing requests to our TOM",
        "Send the approved follow-up to the telescope queue",
        "Give the observatory the approved request groups",
        "Cancel the observations that were submitted",
        "Withdraw the submitted requests from the portal",
        "提交这些观测",
        "把批准的观测包交给望远镜",
        "把观测计划发送到 LCO 门户",
        "向我们的 TOM 提交观测请求",
        "把批准的后随观测送进望远镜队列",
        "取消已提交的观测",
        "从门户撤回已提交的请求",
    ),
    summary_zh="把批准的观测包提交给各台站，或将其取消；默认只演练。",
    method="The packet {packet_digest} was handed to its facilities (action: {action}); each was asked first what it had.",
    method_zh="将观测包 {packet_digest} 交给各台站（操作：{action}）；提交前先查询台站已有的内容。",
    comparison="content",
    recognises=recognise_packet,
)
def submit_observations(
    packet: File, packet_digest: str, action: Literal["rehearse", "submit", "cancel"] = "rehearse"
) -> Submissions:
    """Hand an approved packet of observations over to its facilities, or cancel it there; by default only rehearse.

    Each payload carries a key made from its content.  A facility is asked what it has under that key before anything is sent,
    and again where an answer was lost, so that nothing is sent twice.

    Parameters
    ----------
    packet : File
        A packet of the form ``gnomon handover packet``.
    packet_digest : str
        SHA-256 of the packet, by which it was approved.
    action : str
        ``rehearse`` asks the facilities what they would say and changes nothing there; ``submit`` sends; ``cancel`` takes back what was sent.

    Returns
    -------
    Submissions
        One row a payload.  ``state`` is ``acknowledged`` where the facility has it, ``refused`` where it certainly has not, ``sending`` where nobody
        knows, ``withdrawn`` where it was cancelled, or what the facility says of an observation under way.

    Raises
    ------
    InputError
        Where the file is not the packet.
    ApprovalError
        Where it is to be sent without the permit that the approval of exactly this packet gives.
    """
    payloads = payloads_of(packet, packet_digest)
    if action == "rehearse":
        return table_of_rows(
            [rehearse(p, adapter_for(p["facility"], p["address"], token_for(p["address"]))) for p in payloads]
        )
    permit = permit_of(packet_digest, action)
    if permit is None:
        raise ApprovalError(
            "Nothing was sent: there is no permit for exactly this packet here.",
            remedy="Only a plan that was approved can send it: `gnomon handover submit ID --send`.",
            zh="未发送任何内容：这里没有针对该观测包的许可。",
        )
    rows = []
    for payload in (p for p in payloads if p["name"] in permit["payloads"]):
        if permit["payloads"][payload["name"]]["key"] != payload["key"]:
            raise ApprovalError("The permit is of another payload.", remedy="Offer the packet again.")
        adapter = adapter_for(payload["facility"], payload["address"], token_for(payload["address"]))
        rows.append(submit(payload, adapter, permit) if action == "submit" else cancel(payload, adapter, permit))
    return table_of_rows(rows)
