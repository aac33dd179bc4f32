"""The gate: what the engine asks before it performs a step with the effect ``submit``, however the run was started.

Without a permit from here no tool sends anything, and a permit is only given while the ledger is held, after the rules of
`gnomon.plans.handover.book` let the entry ``handover.sending`` in.  So it is written what is sent, under which keys and
against which budgets, before the first byte leaves.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gnomon.tools.errors import ApprovalError

if TYPE_CHECKING:
    from gnomon.plans.approval import Approval
    from gnomon.plans.plan import Plan, Step

# Arguments by which a step says that it hands a packet over.
PACKET_FILE, PACKET_DIGEST, ACTION, QUESTION = "packet", "packet_digest", "action", "question"
ACTIONS = ("rehearse", "submit", "cancel")
# The tool that asks facilities and changes nothing there.
ASK = "ask_facilities"
# Seconds within which the last payload must have begun to be sent, so that nothing is under way long after.
START_WITHIN = 300.0
# Seconds that must pass before a payload is sent again of which nobody knows whether it arrived: the above, the longest wait for a
# reply, and a minute for the facility.
SETTLING = START_WITHIN + 120.0


@dataclass(frozen=True)
class RuleGrant:
    """That exactly this plan hands over a packet which a rule approved, and does nothing else."""

    plan: str
    rule: str
    who: str


class Gate:
    """The gate before every act on the world outside.

    Parameters
    ----------
    folder : pathlib.Path
        Of the ledger.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def permit(self, plan: Plan, step: Step, approval: Approval | None, run: str) -> str:
        """What a step that submits may do, as JSON for the process that performs it; "" where it may send nothing.

        Parameters
        ----------
        plan : Plan
        step : Step
        approval : Approval or None
            Of the run.
        run : str

        Raises
        ------
        ApprovalError
            Naming every reason why it may not be sent; nothing has been written then.
        """
        from gnomon.plans.handover.ledger import Ledger
        from gnomon.plans.handover.packet import require_proposals
        from gnomon.tools.observing.documents.times import mjd_of

        if "submit" not in step.effects:
            return ""
        ledger = Ledger(self.folder)
        digest, action = step.arguments.get(PACKET_DIGEST), step.arguments.get(ACTION)
        if digest is None or action not in ACTIONS:  # another package's tool
            raise ApprovalError(
                f"Nothing is sent: {step.tool} hands no packet over, so that no approval and no budget can be of what it sends.",
                remedy="A tool that submits takes a packet, as docs/how-to/write-a-tool.md says.",
            )
        if action == "rehearse":
            return ""
        self._require_bound(plan, step, str(digest))
        with ledger.changing() as writer:
            handover = writer.book.handovers.get(str(digest))
            if handover is None:
                raise _refused(f"the packet {str(digest)[:12]}… was never offered")
            packet = ledger.packet(handover.digest)
            if approval is not None and approval.how == "rule" and approval.decision == "approve":
                if action != "submit" or not any(a.rule for a in handover.approvals):
                    raise _refused("no rule approved it")
            else:
                _require_person(approval)
            before = {name: (p.state, list(p.sent)) for name, p in handover.payloads.items()}
            moment = ledger.moment(writer.book)
            if action == "submit":
                require_proposals(packet)
                names = handover.to_send()
                until = min(
                    [a.until for a in handover.approvals if a.until > ledger.moment(writer.book)]
                    + [handover.valid_until]
                )
                # What may still be on its way is looked for and not sent, and asking for it does not begin the wait anew.
                waiting = [n for n in names if before[n][1] and moment - mjd_of(before[n][1][-1]) < SETTLING / 86400.0]
                fresh = [n for n in names if n not in waiting]
                if fresh or not names:
                    writer.append(
                        "handover.sending", packet=digest, payloads=fresh, run=run, plan=plan.hash, step=step.id
                    )
                elif reasons := writer.book.refusals(handover, names, moment):
                    raise _refused("; ".join(reasons))
            else:
                names = [n for n, p in handover.payloads.items() if p.state in ("sending", "acknowledged", "executing")]
                until, waiting = float("inf"), []
                if not names:
                    raise _refused("nothing of it is at a facility")
            return json.dumps(
                {
                    "packet": packet.digest,
                    "action": action,
                    "payloads": {
                        n: {
                            "key": handover.payloads[n].key,
                            "sent": before[n][1],
                            "state": before[n][0],
                            "look": n in waiting,
                        }
                        for n in names
                    },
                    "until": until if until != float("inf") else None,
                    # Cancelling takes nothing from anybody, so it may be done while everything is stopped.
                    "stop": str(ledger.stop_file.resolve()) if action == "submit" else "",
                    "off": [str(ledger.off_file(r).resolve()) for r in writer.book.rules_that_carry(handover, moment)]
                    if action == "submit"
                    else [],
                    "start_by": ledger.moment(writer.book) + START_WITHIN / 86400.0,
                    "settling": SETTLING,
                    "ledger": writer.seen(),
                }
            )

    @staticmethod
    def hears(step: Step) -> bool:
        """Whether what a step brings back is how payloads stand at their facilities, and so is written down; a rehearsal's answers are not."""
        if "submit" in step.effects:
            return str(step.arguments.get(ACTION, "rehearse")) != "rehearse"
        return step.tool == ASK and str(step.arguments.get(QUESTION, "status")) == "status"

    def settle(self, step: Step, rows: list[dict[str, Any]]) -> None:
        """Write down what facilities said of the payloads of a packet.

        Parameters
        ----------
        step : Step
        rows : list of dict
            ``payload``, ``state``, ``identifier``, ``said``.
        """
        from gnomon.plans.handover.hearing import hear
        from gnomon.plans.handover.ledger import Ledger

        hear(Ledger(self.folder), str(step.arguments.get(PACKET_DIGEST, "")), rows)

    def rule_grant(self, plan: Plan) -> RuleGrant:
        """That a rule lets this plan go without asking a person.

        Raises
        ------
        ApprovalError
            Where the plan does anything but hand over one packet, or no rule approved that packet, or it may not be sent now.
        """
        from gnomon.plans.handover.ledger import Ledger

        if (
            len(plan.steps) != 1
            or plan.steps[0].arguments.get(ACTION) != "submit"
            or "submit" not in plan.steps[0].effects
        ):
            raise _refused("a rule approves only a plan with the one step that hands a packet over")
        step = plan.steps[0]
        if set(step.effects) - {"submit", "read_network"}:
            raise _refused("a rule approves no other effects")
        digest = str(step.arguments.get(PACKET_DIGEST, ""))
        self._require_bound(plan, step, digest)
        ledger = Ledger(self.folder)
        book = ledger.book()
        handover = book.handovers.get(digest)
        moment = ledger.moment(book)
        rules = [a for a in handover.approvals if a.rule and a.until > moment] if handover else []
        if handover is None or not rules:
            raise _refused("no rule approved it")
        if reasons := book.refusals(handover, handover.to_send(), moment):
            raise _refused("; ".join(reasons))
        # Where people approved the packet as well, a rule that is off stands in nothing's way; nor does it let anything go.
        rules = [a for a in rules if not book.rules[a.rule].off]
        if not rules:
            raise _refused("the rule that approved it is switched off")
        return RuleGrant(plan.hash, rules[-1].rule, rules[-1].who)

    @staticmethod
    def _require_bound(plan: Plan, step: Step, digest: str) -> None:
        """The file that the step is given must be the packet, so that the plan's hash binds every byte of it."""
        ref = step.inputs.get(PACKET_FILE)
        file = plan.file(str(ref.file)) if ref is not None and not isinstance(ref, list) and ref.file else None
        if file is None or file.sha256 != digest:
            raise _refused("the file that the step would send is not the packet that it names")


def seen_in(permit: str) -> dict[str, Any]:
    """What a run writes down about the ledger when it begins a step with this permit; nothing where there is none."""
    return {"ledger": json.loads(permit)["ledger"]} if permit else {}


def _require_person(approval: Approval | None) -> None:
    if approval is None or approval.decision != "approve" or approval.how not in ("terminal", "command"):
        raise _refused("no person approved this plan")


def _refused(why: str) -> ApprovalError:
    return ApprovalError(f"Nothing is sent: {why}.", remedy="`gnomon handover list` says how each hand-over stands.")
