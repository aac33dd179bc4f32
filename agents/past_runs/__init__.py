"""Past runs: what finished runs taught, recalled for new plans and forgotten on request.

The run folders are the only record.  `edits` says what a person changed between the first plan that was shown and the one that was approved, and why;
`shown_plans` keeps first plans until then; `lessons` reads runs; `forgotten` is the record of what must not be recalled; `reminders` chooses what a new plan
should be reminded of, and `requests` hears what a person wants of it.  Whatever is recalled is data: it is shown, and changes nothing by itself.
"""
