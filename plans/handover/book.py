"""What the ledger says, read from its first entry to its last; and which entries it may get next.

Every rule of hand-over is here and nowhere else: an entry that these rules refuse is not written, and the audit reads the
whole ledger by the same rules.  Time never runs backwards in it: an entry counts as made at the latest time told so
far, so that a clock set back revives no approval.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gnomon.plans.handover.limits import Limits, over_budget, read_limits
from gnomon.plans.handover.packet import Charge
from gnomon.plans.handover.records import Approved, HandOver, PayloadState, RuleState, login
from gnomon.plans.handover.rules import outside_allowance, over_rule_budget, read_rule, why_not
from gnomon.plans.handover.states import BEGUN, ENDED, MOVES, UNSENT
from gnomon.tools.errors import ApprovalError, JournalError, UsageError
from gnomon.tools.observing.documents.times import mjd_of, text_of

Event = Mapping[str, Any]
_HOURS = 1.0 / 24.0  # d


class Book:
    """The state of all hand-overs, after the entries that `apply` was given."""

    def __init__(self) -> None:
        self.handovers: dict[str, HandOver] = {}
        self.rules: dict[str, RuleState] = {}
        self.limits = Limits()
        self.stopped = ""
        self.clock = 0.0

    def find(self, name: str) -> HandOver:
        """The hand-over whose digest begins so; ``last`` is the one that was offered last.

        Raises
        ------
        UsageError
            Where there is none, or more than one.
        """
        found = [h for d, h in self.handovers.items() if len(name) >= 6 and d.startswith(name)]
        if name == "last":
            found = list(self.handovers.values())[-1:]
        if len(found) != 1:
            what = f"{len(found)} hand-overs begin with {name!r}" if found else f"There is no hand-over {name!r}"
            raise UsageError(f"{what}.", remedy="`gnomon handover list` has them; give at least 6 digits, or `last`.")
        return found[0]

    def rule(self, name: str) -> RuleState:
        """The rule whose digest begins so, or of that key where only one that is not off has it.

        Raises
        ------
        UsageError
        """
        found = [r for d, r in self.rules.items() if len(name) >= 6 and d.startswith(name)]
        found = found or [r for r in self.rules.values() if r.rule.key == name and not r.off]
        if len(found) != 1:
            what = f"{len(found)} rules are called {name!r}" if found else f"There is no rule {name!r} that is not off"
            raise UsageError(f"{what}.", remedy="`gnomon handover rules list` has them; name the digest.")
        return found[0]

    # ------------------------------------------------------------------ entries

    def apply(self, event: Event) -> None:
        """Take an entry in.

        Raises
        ------
        ApprovalError
            Where the rules do not allow it; nothing has changed then.
        JournalError
            Where it is no entry of a ledger.
        """
        try:
            self._apply(event)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise JournalError(
                f"The ledger's entry {event.get('seq', '')} ({event.get('event')}) is not understood: {error!r}.",
                remedy="The ledger was written by something else than Gnomon; `gnomon handover audit` says more.",
            ) from error

    def _apply(self, event: Event) -> None:
        handler: Callable[[Event, float], None] | None = {
            "handover.made": self._made,
            "handover.checked": self._checked,
            "handover.offered": self._offered,
            "handover.approved": self._approved,
            "handover.sending": self._sending,
            "handover.heard": self._heard,
            "handover.expired": self._expired,
            "handover.withdrawn": self._withdrawn,
            "limits.set": self._limits,
            "rule.added": self._rule_added,
            "rule.approved": self._rule_approved,
            "rule.off": self._rule_off,
            "stopped": self._stopped,
            "allowed": self._allowed,
            "journal.recovered": lambda e, m: None,
        }.get(str(event["event"]))
        if handler is None:
            raise ValueError("no such entry")
        moment = max(self.clock, mjd_of(str(event["time"])))
        handler(event, moment)
        self.clock = moment

    def _at(self, event: Event, state: str, *, again: bool = True) -> HandOver:
        """The hand-over that an entry is about, where it may move to a state; `again`, where it may be in it already."""
        found = self.handovers.get(str(event["packet"]))
        if found is None:
            raise _no(f"There is no hand-over {str(event['packet'])[:12]}….", "Offer it first.")
        if (state != found.state or not again) and state not in MOVES[found.state]:
            raise _no(
                f"Hand-over {found.digest[:12]}… is {found.state}, and cannot become {state}.",
                "Make a new packet and offer that."
                if found.state in ENDED
                else "`gnomon handover show` says how it stands.",
            )
        return found

    def _move(self, handover: HandOver, state: str, event: Event) -> None:
        handover.state = state
        handover.last = str(event["time"])

    def _made(self, event: Event, moment: float) -> None:
        if event["packet"] in self.handovers:
            raise _no(
                f"Hand-over {event['packet'][:12]}… is in the ledger already.",
                "`gnomon handover show` says how it stands.",
            )
        payloads = {p["name"]: PayloadState(p["facility"], p["key"]) for p in event["payloads"]}
        charges = [Charge.model_validate(c) for c in event["charges"]]
        if not payloads or {c.payload for c in charges} != set(payloads):
            raise ValueError("charges are not of the payloads")
        taken = {
            p.key: h for h in self.handovers.values() for p in h.payloads.values()
            if h.state not in ENDED or p.state not in ("unsent", "refused")
        }  # fmt: skip
        for payload in payloads.values():
            if payload.key in taken:
                other = taken[payload.key]
                raise _no(
                    f"The payload {payload.key} is in the hand-over {other.digest[:12]}…, which is {other.state}.",
                    ("" if other.state in ENDED else "Withdraw that one first. ")
                    + "To observe the same once more on purpose, offer it with a higher `--attempt`.",
                )
        self.handovers[event["packet"]] = HandOver(
            event["packet"], str(event["title"]), float(event["valid_until"]), str(event["alert"]), str(event["identifier"]),
            charges, payloads, made=str(event["time"]), last=str(event["time"]),
        )  # fmt: skip

    def _checked(self, event: Event, moment: float) -> None:
        handover = self._at(event, "checked", again=False)
        if event["violations"] != 0:
            raise _no(
                f"The verifier found {event['violations']} violations.", "Only a schedule without any is offered."
            )
        self._move(handover, "checked", event)

    def _offered(self, event: Event, moment: float) -> None:
        handover = self._at(event, "offered", again=False)
        self._require_time(handover, moment)
        handover.page = str(event["shown"])
        self._move(handover, "offered", event)

    def _approved(self, event: Event, moment: float) -> None:
        known = self.handovers.get(str(event["packet"]))
        sent = known is not None and known.state == "submitted"  # what nobody knows of may need a fresh approval
        handover = self._at(event, "submitted" if sent else "approved")
        self._require_time(handover, moment)
        if event["shown"] != handover.page:
            raise _no(
                "The page that was approved is not the one that was offered.",
                "Read it again with `gnomon handover show`.",
            )
        who, how = str(event["who"]), str(event["how"])
        if how not in ("terminal", "command", "rule") or not who:
            raise ValueError("nobody approved it in a way that there is")
        until = min(moment + self.limits.approval_hours * _HOURS, handover.valid_until)
        approval = Approved(who, how, str(event["time"]), until)
        if how == "rule":
            self._require_rule(event, handover, moment)
            approval.rule, approval.alert = str(event["rule"]), str(event["alert"])
            approval.until = min(until, mjd_of(self.rules[approval.rule].rule.expires))
        elif any(login(a.who) == login(who) and a.until > moment for a in handover.approvals):
            raise _no(
                f"{who} has approved it already.", "Another person must." if self._missing(handover, moment) else ""
            )
        handover.approvals.append(approval)
        handover.last = str(event["time"])
        if not sent and not self._missing(handover, moment):
            self._move(handover, "approved", event)

    def _require_rule(self, event: Event, handover: HandOver, moment: float) -> None:
        rule = self.rules.get(str(event["rule"]))
        if rule is None:
            raise _no("There is no such rule.", "A rule that was changed is another one, and must be approved again.")
        reasons = self._rule_refusals(rule, handover, moment)
        if (
            not handover.alert
            or event["alert"] != handover.alert
            or event["fields"].get("identifier") != handover.identifier
        ):
            reasons.append("the packet does not answer this alert")
        reasons += why_not(rule.rule, event["fields"])
        if reasons:
            raise _no(
                f"The rule {rule.rule.key} does not approve it: {'; '.join(reasons)}.",
                "A person can: `gnomon handover approve`.",
            )

    def _sending(self, event: Event, moment: float) -> None:
        handover = self._at(event, "submitted")
        names = list(event["payloads"])
        if not names or set(names) - set(handover.to_send()):
            raise _no(
                "There is nothing of it to be sent.", "`gnomon handover status` asks the facilities how it stands."
            )
        if reasons := self.refusals(handover, names, moment):
            raise _no(f"It must not be sent: {'; '.join(reasons)}.", "`gnomon handover show` says how it stands.")
        for name in names:
            handover.payloads[name].state = "sending"
            handover.payloads[name].sent.append(str(event["time"]))
        self._move(handover, handover.overall({}), event)

    def _heard(self, event: Event, moment: float) -> None:
        handover = self._at(event, self.handovers[event["packet"]].state)
        if handover.state in UNSENT:
            raise _no("Nothing of it was ever sent.", "Send it with `gnomon handover submit`.")
        for name, told in event["payloads"].items():
            if not handover.payloads[name].may_become(told["state"]):
                raise _no(f"Payload {name} is {handover.payloads[name].state}, and cannot become {told['state']}.", "")
        state = handover.overall({n: t["state"] for n, t in event["payloads"].items()})
        if state != handover.state and state not in MOVES[handover.state]:
            raise _no(f"Hand-over {handover.digest[:12]}… is {handover.state}, and cannot become {state}.", "")
        for name, told in event["payloads"].items():
            payload = handover.payloads[name]
            payload.state, payload.said = told["state"], str(told["said"])
            payload.identifier = str(told["identifier"]) or payload.identifier
            payload.began |= told["state"] in BEGUN
            if told["state"] in ("unsent", "refused") and len(payload.sent) == 1:
                payload.sent.clear()  # that one is settled, so that the next needs not wait for it
        self._move(handover, state, event)

    def _expired(self, event: Event, moment: float) -> None:
        handover = self._at(event, "expired")
        if handover.state not in UNSENT or moment <= handover.valid_until:
            raise _no(f"Hand-over {handover.digest[:12]}… has not expired.", "")
        self._move(handover, "expired", event)

    def _withdrawn(self, event: Event, moment: float) -> None:
        handover = self._at(event, "withdrawn")
        if handover.state not in UNSENT:
            raise _no("Parts of it were sent.", "Cancel them at the facility: `gnomon handover withdraw --send`.")
        self._move(handover, "withdrawn", event)

    def _limits(self, event: Event, moment: float) -> None:
        self.limits = read_limits(event["limits"])

    def _rule_added(self, event: Event, moment: float) -> None:
        rule = read_rule(event["rule"])
        if rule.digest in self.rules:
            raise _no(
                f"The rule {rule.key} is in the ledger as it stands.",
                "One that was switched off needs a change, such as another name.",
            )
        self.rules[rule.digest] = RuleState(rule)

    def _rule_approved(self, event: Event, moment: float) -> None:
        rule = self._known_rule(event)
        if rule.off or mjd_of(rule.rule.expires) <= moment:
            raise _no(f"The rule {rule.rule.key} is off, or has expired.", "Add it anew.")
        known = {login(who) for who in rule.people}
        if not event["who"] or login(event["who"]) in known or event["how"] not in ("terminal", "command"):
            raise _no(f"{event['who']} has approved the rule already.", "Another person may.")
        rule.people.append(str(event["who"]))

    def _rule_off(self, event: Event, moment: float) -> None:
        self._known_rule(event).off = True

    def _known_rule(self, event: Event) -> RuleState:
        if event["rule"] not in self.rules:
            raise _no("There is no such rule.", "`gnomon handover rules list` has them.")
        return self.rules[event["rule"]]

    def _stopped(self, event: Event, moment: float) -> None:
        self.stopped = f"{event['who']} stopped all hand-overs on {event['time']}"

    def _allowed(self, event: Event, moment: float) -> None:
        self.stopped = ""

    # ------------------------------------------------------------------ what may be sent

    def refusals(self, handover: HandOver, payloads: list[str], moment: float) -> list[str]:
        """Why these payloads must not be sent now; nothing where they may be."""
        reasons = [self.stopped] if self.stopped else []
        if handover.state in ENDED or handover.state in UNSENT - {"approved"}:
            reasons.append(f"it is {handover.state}")
        if moment > handover.valid_until:
            reasons.append("its packet is no longer valid")
        if missing := self._missing(handover, moment):
            reasons.append(missing)
        for digest in self.rules_that_carry(handover, moment):
            reasons += self._rule_refusals(self.rules[digest], handover, moment)
        # By digest: whoever asks may have read the hand-over from the ledger once more, and it is no other one for that.
        spent = [c for h in self.handovers.values() if h.digest != handover.digest for c in h.spent()]
        kept = [c for c in handover.spent() if c.payload not in payloads]
        more = [c for c in handover.charges if c.payload in payloads]
        return reasons + over_budget(self.limits.budgets, [*spent, *kept], more)

    def rules_that_carry(self, handover: HandOver, moment: float) -> list[str]:
        """The rules whose approval a hand-over needs to be sent; none where enough people approved it themselves."""
        if self._by_people(handover, moment):
            return []
        return sorted({a.rule for a in handover.approvals if a.rule and a.until > moment})

    def under_rule(self, rule: str, but: HandOver | None = None) -> list[HandOver]:
        """The hand-overs that count against a rule's budget."""
        return [
            h for h in self.handovers.values()
            if (but is None or h.digest != but.digest) and any(a.rule == rule for a in h.approvals) and h.spent()
        ]  # fmt: skip

    def _by_people(self, handover: HandOver, moment: float) -> bool:
        """Whether enough different people approved it, whatever rules did."""
        people = {login(a.who) for a in handover.approvals if a.how != "rule" and a.until > moment}
        return len(people) >= self.limits.people

    def _missing(self, handover: HandOver, moment: float) -> str:
        """Which approvals are missing, in a phrase; "" where none is."""
        standing = [a for a in handover.approvals if a.until > moment]
        if self._by_people(handover, moment) or any(a.rule for a in standing):
            return ""
        if not handover.approvals:
            return "nobody has approved it"
        people = len({login(a.who) for a in standing})
        last = max((a for a in handover.approvals if a.until <= moment), key=lambda a: a.until, default=None)
        ended = f"; that of {last.who} ended on {text_of(last.until)}" if last else ""
        return f"{self.limits.people} people must approve it, and the approvals of {people} stand{ended}"

    def _rule_refusals(self, rule: RuleState, handover: HandOver, moment: float) -> list[str]:
        key = rule.rule.key
        reasons = [f"the rule {key} is switched off"] if rule.off else []
        if len(rule.people) < self.limits.people:
            reasons.append(f"{self.limits.people} people must approve the rule {key}, and {len(rule.people)} did")
        if mjd_of(rule.rule.expires) <= moment:
            reasons.append(f"the rule {key} has expired")
        reasons += outside_allowance(rule.rule, handover.charges, {n: p.facility for n, p in handover.payloads.items()})
        under = self.under_rule(rule.rule.digest, handover)
        return reasons + over_rule_budget(
            rule.rule, [c for h in under for c in h.spent()], len(under), handover.charges
        )

    def _require_time(self, handover: HandOver, moment: float) -> None:
        if moment > handover.valid_until:
            raise _no(f"Hand-over {handover.digest[:12]}… is no longer valid.", "Plan again, and offer that.")


def _no(what: str, remedy: str) -> ApprovalError:
    return ApprovalError(what, remedy=remedy)
