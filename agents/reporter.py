"""The reporter: writes what a run found, with a receipt for every number, in the language of the question.

::

    report/
      report.md      for reading anywhere
      report.html    one file that needs nothing else: no script, no outside request
      results.json   the numbers, and what tables show
      <step>.png     the figures

No model is called, and the same run gives the same bytes.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gnomon.agents import numbers
from gnomon.agents.markup import Made, Markup, environment, escape_markdown, one_line, sentence, words
from gnomon.agents.numbers import Spoken
from gnomon.agents.receipts import Receipt
from gnomon.agents.report_content import Content, gather, moment
from gnomon.agents.results import Result
from gnomon.agents.shown_text import shown_text
from gnomon.knowledge.glossary import symbol, translate, translate_name
from gnomon.plans.plan import Plan
from gnomon.plans.run import Run, link, write_text
from gnomon.plans.store import Store
from gnomon.tools.registry import Registry


@dataclass(frozen=True)
class Written:
    """A report that lies in the run's folder, and what the interfaces show of it."""

    answer: str
    results: list[Result]
    warnings: list[str]
    markdown: Path
    html: Path


def write_report(run: Run, registry: Registry, store: Store, plan: Plan, content: Content | None = None) -> Written:
    """Write ``report/`` in the run's folder.

    Parameters
    ----------
    run : Run
    registry : Registry
    store : Store
    plan : Plan
    content : Content, optional
        What the report says, where it was gathered already.

    Returns
    -------
    Written
    """
    content = content or gather(run, registry, store, plan)
    folder = run.folder / "report"
    folder.mkdir(exist_ok=True)
    for picture in content.pictures:
        link(store.path(picture.artifact.digest, picture.artifact.suffix), folder / picture.name)
    answer, warnings = answer_text(content), warning_texts(content)
    written = Written(answer, content.results, warnings, folder / "report.md", folder / "report.html")
    write_text(written.markdown, render("report.md.j2", "markdown", content, folder))
    write_text(written.html, render("report.html.j2", "html", content, folder))
    document = {
        "run": run.id,
        "status": content.status,
        "plan_hash": plan.hash,
        "question": plan.question,
        "answer": answer,
        "results": [r.document() for r in content.results],
        "warnings": warnings,
        "tables": [s.document() for s in content.shown],
        "shown": shown_text(content.shown, words(plan.language)),
    }
    write_text(folder / "results.json", json.dumps(document, indent=1, ensure_ascii=False) + "\n")
    return written


def answer_text(content: Content) -> str:
    """The answer as plain text."""
    return " ".join(render("answer.j2", "text", content).split())


def warning_texts(content: Content) -> list[str]:
    """What a reader must know beside the answer, a plain sentence each."""
    out = []
    for notice in content.notices:
        if notice.label == "empty":
            continue  # the answer says it
        text = sentence(content.plan.language, "plain", step=notice.step, what=notice.what, remedy=notice.remedy)
        out.append(one_line(text if notice.step else notice.what))
    return list(dict.fromkeys(out))


def render(template: str, markup: Markup, content: Content, folder: Path | None = None) -> str:
    """One template, filled.

    Parameters
    ----------
    template : str
        Name of a file in ``templates/``.
    markup : {"text", "markdown", "html"}
    content : Content
    folder : pathlib.Path, optional
        Where the figures lie, for HTML, which carries them inside.

    Returns
    -------
    str
    """
    language = content.plan.language
    w = words(language)
    marker = _MARKERS[markup]

    def where(receipt: Receipt) -> str:
        row = w["notes"]["row"].format(row=receipt.row) if receipt.row else ""
        line = w["notes"]["line"].format(line=receipt.line) if receipt.line else ""
        return str(w["comma"]).join(p for p in (receipt.file, row or line, "/".join(receipt.columns)) if p)

    def title(receipt: Receipt) -> str:
        digest = f"artifact {receipt.digest[:12]}…" if receipt.digest else ""
        parts = (f"{w['step']} {receipt.step}", digest, where(receipt), f"{receipt.tool} {receipt.version}")
        return str(w["semicolon"]).join(p for p in parts if p)

    def number(result: Result) -> Any:
        """The one way for a measured number into a text: rounded honestly, with its receipt."""
        receipt = content.ledger.of_result(result)
        return marker(numbers.say(result, w["units"]), receipt, title(receipt))

    def receipt(entry: Receipt | None) -> Any:
        return "" if entry is None else marker(None, entry, title(entry))

    def level(result: Result) -> str:
        if result.uncertainty is None:
            return ""
        return numbers.percent(result.uncertainty.level) if result.uncertainty.level else w["notes"]["unknown"]

    def image(name: str) -> str:
        assert folder is not None  # only reports show pictures
        return "data:image/png;base64," + base64.b64encode((folder / name).read_bytes()).decode("ascii")

    functions: dict[str, Callable[..., Any]] = {
        "number": number,
        "receipt": receipt,
        "where": where,
        "image": image,
        "say": lambda name, **values: sentence(language, name, **values),
        "note": lambda name, **values: w["notes"][name].format(**values),
        "term": lambda text: translate(text, language),
        "thing": lambda name: translate_name(name, language),
        "symbol": symbol,
        "moment": moment,
        "seconds": lambda value: f"{value:.2f}",
        "pairs": lambda mapping, between=": ": w["comma"].join(f"{k}{between}{_said(v)}" for k, v in mapping.items()),
        "reference": lambda r: w["notes"]["reference"].format(
            **{k: r[k] if r.get(k) is not None else w["notes"]["unknown"] for k in ("name", "scale", "zero_jd")}
        ),
        "level": level,
    }
    filled: str = environment(markup, functions).get_template(template).render(c=content, w=w)
    return filled


def _said(value: Any) -> str:
    return "–" if value is None else str(value)


def _plain(number: Spoken | None, receipt: Receipt, title: str) -> str:
    return str(number or "")


def _markdown(number: Spoken | None, receipt: Receipt, title: str) -> Made:
    # A shortcut reference link; the report's last lines define it.
    return Made(f"{escape_markdown(number or '')} [{receipt.label}]".strip())


def _html(number: Spoken | None, receipt: Receipt, title: str) -> Any:
    from markupsafe import Markup as Safe

    text: Any = ""
    if number is not None and number.above:
        sides = Safe('<span class="sides"><span>{}</span><span>{}</span></span>').format(number.above, number.below)
        opened, closed = ("(", ")") if number.bracketed else ("", "")
        text = Safe('<span class="number">{}{}{}{}{}</span>').format(opened, number.head, sides, closed, number.tail)
    elif number is not None:
        text = Safe('<span class="number">{}</span>').format(str(number))
    link = Safe('<sup class="receipt"><a href="#{}" title="{}">{}</a></sup>')
    return text + link.format(receipt.label, title, receipt.label)


_MARKERS: dict[Markup, Callable[[Spoken | None, Receipt, str], Any]] = {
    "text": _plain,
    "markdown": _markdown,
    "html": _html,
}
