"""The checker of receipts: every number and citation of a finished report, matched against what the run's folder holds.

The report may have been edited by a person or a language model since it was written.  A claim is supported by

* its *receipt*: a number marked ``[r3]`` must be what the row of that receipt holds, of the object and quantity that the text
  says, in any unit, rounded as its digits say;
* a *quotation*: the words on both sides of it stand so in a text of the record;
* a *value* of the record in a unit that converts, where the sentence names its object and quantity or does not contradict them;
  a bare number needs words that say which value it is.

Everything else is unsupported: invented numbers, but also ratios and differences, which no step computed.

What it cannot see: a number that is written in words, except counts of known things from two to twelve and words such as
"twice"; an object called by a letter that the record does not use ("planet b"), whose numbers may be of any object; a sentence
without numbers that is wrong.  Where the text names neither object nor quantity, a number with a unit and three digits is taken
to be the one that reads so.

Where things are; a line imports from itself and those above it:

* language: ``words`` (with ``words.yaml``), ``blocks``, ``sentences``, ``units``;
* what a report claims: ``items``, ``written_numbers``, ``claims``, ``works``, ``report``;
* what a run's folder holds: ``plan_that_ran``, ``run_folder``, ``facts``, ``passages``, ``evidence``;
* the outcome, and what is made of it: ``checked``, ``marks``, ``chains``;
* a number against the record: ``case``, ``agreement``, ``objects_meant``, ``quantities_meant``, ``labelled_numbers``,
  ``quotation``, ``counts``, ``by_value``, ``numbers``;
* other claims against it: ``names``, ``citations``, ``receipt_list``;
* ``checker``, which sends each claim to one of these.
"""

from gnomon.agents.receipts_check.agreement import agrees
from gnomon.agents.receipts_check.chains import chain, claims_of
from gnomon.agents.receipts_check.checked import Checked, Claim
from gnomon.agents.receipts_check.checker import check, check_file, folder_of
from gnomon.agents.receipts_check.marks import mark, strip_marks

__all__ = [
    "Checked",
    "Claim",
    "agrees",
    "chain",
    "check",
    "check_file",
    "claims_of",
    "folder_of",
    "mark",
    "strip_marks",
]
