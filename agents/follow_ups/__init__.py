"""What follows a first answer: what is meant by it, and what it does to the plan or says of the run.

Where things are:

* language: ``phrases`` (with ``sentences.yaml``), ``paths``;
* what is meant: ``intents`` (with ``intents.yaml`` and ``intent_weights.json``), ``facets`` (with ``facets.yaml``);
* what comes of it: ``revise`` (another plan out of this one), ``why`` (answers from a run's record), ``recall`` (earlier runs);
* ``chat_record``: the file in which a conversation survives.
"""
