"""A paragraph of prose in a report: a model writes it from the results, and it stays only where every number has its receipt."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from gnomon.agents.language.endpoint import Endpoint
from gnomon.agents.language.errors import LanguageError
from gnomon.agents.language.prompts import LIMIT, prompt, quoted, tokens_of
from gnomon.agents.language.sentences import sentence, why
from gnomon.agents.markup import escape_markdown, words
from gnomon.agents.receipts_check import check
from gnomon.plans.plan import Plan
from gnomon.plans.run import write_text
from gnomon.tools.registry import Registry

_MOST_TOKENS = 300
_LONGEST = 1200
_LANGUAGES = {"en": "English", "zh": "Chinese"}
# Sentences of an answer: a heading, a list, a link or a mark of a receipt is none.
_MARKUP = re.compile(r"https?://|^\s*(?:[#>*|-]|\d+[.)])\s|\[r?\d+\]|[<>`]|!\[", re.M)
_OF_RESULT = ("quantity", "value", "unit", "uncertainty", "of")


def write_paragraph(endpoint: Endpoint, folder: Path, plan: Plan, registry: Registry) -> str:
    """Add a paragraph, or a line that says why there is none, to ``report.md`` behind its answer.

    The report's own text stays as it was, letter for letter.

    Parameters
    ----------
    endpoint : Endpoint
    folder : pathlib.Path
        The run's.
    plan : Plan
    registry : Registry
        For the check of receipts.

    Returns
    -------
    str
        What was added.
    """
    report = folder / "report" / "report.md"
    text = report.read_text(encoding="utf-8")
    results = json.loads((folder / "report" / "results.json").read_text(encoding="utf-8"))
    language = plan.language
    first = len(endpoint.exchanges)
    try:
        written = _asked(endpoint, plan, results)
        fault = _fault(written, text, folder, registry, language)
    except LanguageError as error:
        written, fault = "", why(language, error)
    added = sentence(language, "no_paragraph", why=fault) if fault else _paragraph(written, language, endpoint)
    write_text(report, _inserted(text, added, language))
    record = {"paragraph": written, "left_out": fault, "exchanges": [e.document() for e in endpoint.exchanges[first:]]}
    write_text(folder / "report" / "paragraph.json", json.dumps(record, indent=1, ensure_ascii=False) + "\n")
    return added


def _asked(endpoint: Endpoint, plan: Plan, results: dict[str, Any]) -> str:
    text = prompt("write_paragraph.md")
    rows = [{k: row.get(k) for k in _OF_RESULT} for row in results["results"]]
    while True:
        messages = text.messages(
            language=_LANGUAGES[plan.language],
            question=quoted(plan.question),
            answer=quoted(results["answer"]),
            results=quoted(rows),
        )
        if tokens_of(messages) <= LIMIT or not rows:
            break
        rows = rows[: len(rows) // 2]
    return " ".join(endpoint.write(messages, _MOST_TOKENS, prompts=text.digest).split())


def _fault(written: str, report: str, folder: Path, registry: Registry, language: str) -> str:
    """Why a paragraph is not fit to stand in a report; "" where it is."""
    if len(written) > _LONGEST or _MARKUP.search(written):
        return sentence(language, "paragraph_markup")
    marked = _inserted(report, escape_markdown(written), language)
    start = len(_parted(report, language)[0])
    end = start + len(marked) - len(report)
    # What was wrong is not said again here, where it would be one more claim without a receipt; paragraph.json has it.
    unsupported = any(start <= c.start < end for c in check(marked, folder, registry).unsupported)
    return sentence(language, "paragraph_number") if unsupported else ""


def _paragraph(written: str, language: str, endpoint: Endpoint) -> str:
    named = [e.model for e in endpoint.exchanges if e.model]
    model = (named[-1] if named else endpoint.model).rpartition("/")[2]
    return f"{escape_markdown(written)}\n\n{sentence(language, 'paragraph_by', model=model)}"


def _parted(report: str, language: str) -> tuple[str, str]:
    """The report up to the end of its answer, and the rest."""
    head = report.find(f"## {words(language)['answer']}")
    place = report.find("\n## ", head + 3)
    place = len(report) if head < 0 or place < 0 else place + 1
    return report[:place], report[place:]


def _inserted(report: str, added: str, language: str) -> str:
    before, after = _parted(report, language)
    return f"{before}{added}\n\n{after}"
