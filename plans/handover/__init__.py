"""Approval and hand-over of observations: what may be sent to a facility, who allowed exactly that, and what became of it.

==================  ===============================================================================
`states`            the states of a hand-over, and the moves between them
`packet`            what is handed over: one digest over schedule, verification and every payload
`limits`, `rules`   what people set beforehand: budgets, how many must approve, pre-approved rules
`records`           what is known of a hand-over, a payload, an approval, a rule
`book`              what the ledger says, and which entries it may get next; nothing else decides
`ledger`            the append-only file behind it, held by one process at a time
`witnesses`         what runs saw of the ledger, against what it says now
`gate`              what the engine asks before a step with the effect ``submit``
`hearing`           what facilities say, written into the ledger where it is new
`watching`          asking them time after time; it sends nothing
==================  ===============================================================================
"""
