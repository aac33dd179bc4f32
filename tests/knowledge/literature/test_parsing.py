"""Documents of each format, with what is hard to read in them."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from gnomon.knowledge.literature.parsing.html import parse_html
from gnomon.knowledge.literature.parsing.latex import parse_latex, plain
from gnomon.knowledge.literature.parsing.markdown import parse_markdown
from gnomon.knowledge.literature.parsing.pdf import parse_pdf
from gnomon.knowledge.literature.parsing.plain import parse_plain
from gnomon.knowledge.literature.reading import decoded, parse_document, read_document
from gnomon.tools.errors import InputError

LATEX = r"""
\documentclass{aastex}
\title{Transits of \textit{TOI-270}} % a comment \section{none}
\author{A. Ma\~nero} \author{李明}
\begin{document}
\begin{abstract}We find $P = 3.36$~d \citep{Guenther2019}.\end{abstract}
\section{Data}\label{s:data}
The flux, see Fig.~\ref{f1}, has 95\,\% of cadences \citep[e.g.][p.~3]{Ricker2015,Other}.

A second paragraph with \emph{emphasis} and 50\% more.
\begin{equation}\label{eq} \chi^2 = \sum_i r_i^2 \end{equation}
\begin{figure}\includegraphics[width=1cm]{a.pdf}\caption{The light curve of \object{TOI-270}.}\end{figure}
\begin{table}\caption{Planets}\begin{tabular}{lcc} Name & P & R \\ \hline b & 3.36 & 1.2 \\ c & 5.66 & 2.4 \\ \end{tabular}\end{table}
\begin{itemize}\item one \item two\end{itemize}
\input{rest}
\input{lost}
\begin{thebibliography}{9}\bibitem[G(2019)]{Guenther2019} G\"unther, M. 2019, NatAs \bibitem{Ricker2015} Ricker, G.\end{thebibliography}
\end{document} after the end
"""


def test_latex() -> None:
    parsed = parse_latex(LATEX, {"rest": r"\subsection{Rest} Text of another file."}.get)

    assert parsed.metadata["title"] == "Transits of TOI-270" and parsed.metadata["authors"] == ["A. Mañero", "李明"]
    said = [(b.kind, b.text) for b in parsed.blocks]
    assert ("heading", "Abstract") in said and ("paragraph", "We find $P = 3.36$ d [Guenther2019].") in said
    assert ("paragraph", "The flux, see Fig. (f1), has 95 % of cadences [Ricker2015,Other].") in said
    assert ("equation", r"\chi^2 = \sum_i r_i^2") in said and ("caption", "The light curve of TOI-270.") in said
    assert ("table", "Name | P | R\nb | 3.36 | 1.2\nc | 5.66 | 2.4") in said
    assert [t for k, t in said if k == "list"] == ["one", "two"]
    assert ("heading", "Rest") in said and ("paragraph", "Text of another file.") in said
    assert [t for k, t in said if k == "reference"] == ["Günther, M. 2019, NatAs", "Ricker, G."]
    assert parsed.problems == ["The file 'lost' is included and was not found."]
    assert not any("after the end" in t or "none" in t or "comment" in t for _k, t in said)


def test_latex_of_a_file_that_includes_itself_ends() -> None:
    parsed = parse_latex(r"\begin{document}\input{a}\end{document}", lambda name: r"x \input{a}")

    assert parsed.problems


def test_latex_accents() -> None:
    assert plain(r"Kov\'acs, \v{C}erenkov, na\"{\i}ve, $\alpha$~Cen") == r"Kovács, Čerenkov, naïve, $\alpha$ Cen"


def test_markdown_of_a_paper() -> None:
    text = "---\ntitle: 'A code: fast'\nauthors:\n  - name: Ada Lovelace\n    orcid: 0\ndate: 3 May 2021\ntags: [transits]\n---\n\n# Summary\n\nA *fast* code [@Smith2020],\nin two lines.\n\n- one\n- two\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```python\nx = 1\n```\n\n## 中文\n\n光变曲线。\n"
    parsed = parse_markdown(text)

    assert parsed.metadata == {
        "title": "A code: fast",
        "authors": ["Ada Lovelace"],
        "year": 2021,
        "keywords": ["transits"],
    }
    assert [(b.kind, b.text, b.level) for b in parsed.blocks] == [
        ("heading", "Summary", 1), ("paragraph", "A fast code [@Smith2020], in two lines.", 0), ("list", "one", 0), ("list", "two", 0),
        ("table", "a | b\n1 | 2", 0), ("code", "x = 1", 0), ("heading", "中文", 2), ("paragraph", "光变曲线。", 0),
    ]  # fmt: skip


def test_markdown_with_a_broken_head_is_still_read() -> None:
    parsed = parse_markdown("---\ntitle: [open\n---\n\nText.\n")

    assert parsed.blocks[0].text == "Text." and "no YAML" in parsed.problems[0]


def test_html() -> None:
    page = """<!doctype html><html lang="zh-CN"><head><title>T</title><meta name="citation_title" content="A paper"><meta name="citation_author" content="Ada, B.">
    <meta name="citation_doi" content="10.1000/x"><meta name="citation_date" content="2019/03/01"><script>bad()</script></head><body><nav>Home</nav>
    <main><h1>Head</h1>Loose text. <div>In a <b>div</b>.<p>A para<br>graph with H<sub>2</sub>O and 10<sup>8</sup>.</p></div><ul><li>one</li><li>two <p>three</p></li></ul>
    <table><caption>Cap</caption><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table><pre>code
    here</pre><!-- hidden --></main><footer>foot</footer></body></html>"""
    parsed = parse_html(page)

    assert parsed.metadata == {
        "title": "A paper",
        "authors": ["Ada, B."],
        "doi": "10.1000/x",
        "year": 2019,
        "language": "zh",
    }
    said = [(b.kind, b.text) for b in parsed.blocks]
    assert said[:3] == [("heading", "Head"), ("paragraph", "Loose text."), ("paragraph", "In a div.")]
    assert ("table", "a | b\n1 | 2") in said and ("caption", "Cap") in said and ("list", "one") in said
    whole = " ".join(t for _k, t in said)
    assert "H_2O" in whole and "10^8" in whole and "three" in whole and "two" in whole
    assert not any(x in whole for x in ("bad()", "Home", "foot", "hidden"))


def test_plain_text_of_a_scanner() -> None:
    text = "A TITLE OF WORDS\n\n1. Introduction\n\nThe photo-\nmetric data were\ntaken in 1998.\n\nReferences\n\nKovacs 2002\n\f\n\n\fLast page.\n"
    parsed = parse_plain(text)

    assert [(b.kind, b.text, b.page) for b in parsed.blocks] == [
        ("heading", "A TITLE OF WORDS", 1), ("heading", "1. Introduction", 1), ("paragraph", "The photometric data were taken in 1998.", 1),
        ("heading", "References", 1), ("paragraph", "Kovacs 2002", 1), ("paragraph", "Last page.", 3),
    ]  # fmt: skip
    assert parsed.pages == 3 and parsed.problems == ["Page 2 has no text."]


def test_restructured_text() -> None:
    parsed = parse_plain(
        "=====\nTitle\n=====\n\nText here.\n\nSection\n-------\n\n* one\n* two\n\n.. note:: Mind this.\n"
    )

    assert [(b.kind, b.text) for b in parsed.blocks] == [
        ("heading", "Title"), ("paragraph", "Text here."), ("heading", "Section"), ("list", "* one"), ("list", "* two"), ("paragraph", "Mind this."),
    ]  # fmt: skip


def _page(columns: int) -> bytes:
    """A page as journals set it: a title over all, text in columns, a caption, a number at the foot; three times."""
    from matplotlib import rc_context
    from matplotlib.backends.backend_pdf import PdfPages
    from matplotlib.figure import Figure

    out = io.BytesIO()
    with rc_context({"pdf.fonttype": 42}), PdfPages(out) as pages:
        for page in range(3):
            figure = Figure(figsize=(8.5, 11))
            figure.text(0.1, 0.975, "Journal of Tests 12, 34 (2020)", fontsize=7)
            if page == 0:
                figure.text(0.1, 0.93, "Transits in two columns of text", fontsize=18)
            for column in range(columns):
                for line in range(30):
                    words = (
                        f"page {page + 1} column {column + 1} line {line + 1} goes on with"
                        if line < 29
                        else f"page {page + 1} column {column + 1} ends."
                    )
                    figure.text(0.08 + 0.46 * column, 0.87 - 0.024 * line, words, fontsize=9)
            figure.text(0.08, 0.1, f"Figure {page + 1}. What is seen.", fontsize=8)
            figure.text(0.5, 0.03, str(page + 1), fontsize=8)
            pages.savefig(figure)
        pages.savefig(Figure(figsize=(8.5, 11)))
    return out.getvalue()


@pytest.mark.parametrize("columns", [1, 2])
def test_pdf_is_read_column_by_column(columns: int) -> None:
    parsed = parse_pdf(_page(columns), "a.pdf")

    text = " ".join(b.text for b in parsed.blocks)
    places = [
        text.index(f"page {p + 1} column {c + 1} line {n + 1} goes")
        for p in range(3)
        for c in range(columns)
        for n in range(29)
    ]
    assert places == sorted(places)
    assert parsed.metadata["title"] == "Transits in two columns of text" and parsed.pages == 4
    assert "Journal of Tests" not in text and "Page 4 has no text" in parsed.problems[0]
    assert [b.text for b in parsed.blocks if b.kind == "caption"] == [f"Figure {n}. What is seen." for n in (1, 2, 3)]
    assert {b.page for b in parsed.blocks} == {1, 2, 3}


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"", "a.txt", "is empty"),
        (b"%PDF-1.4 broken", "a.pdf", "broken"),
        (b"<html>sorry</html>", "a.pdf", "called a PDF, and is none"),
        (b"<html>" + b"<div>" * 5000 + b"x", "a.html", "a.html could not be parsed"),
        (b"\\begin{document}" + b"{\\bf " * 3000 + b"x", "a.tex", "a.tex could not be parsed"),
        (b"\x7fELF\x00\x01", "a.txt", "no text and no PDF"),
    ],
)
def test_what_cannot_be_read_says_why(content: bytes, name: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        parse_document(content, name)


def test_files_outside_its_folder_are_not_included(tmp_path: Path) -> None:
    (tmp_path / "secret.tex").write_text("secret")
    (tmp_path / "in").mkdir()
    paper = tmp_path / "in" / "a.tex"
    paper.write_text(r"\begin{document}Text. \input{../secret} \input{/etc/passwd} \input{b}\end{document}")
    (tmp_path / "in" / "b.tex").write_text("Beside it.")
    parsed, _content = read_document(paper)

    assert [b.text for b in parsed.blocks] == ["Text.", "Beside it."] or " ".join(
        b.text for b in parsed.blocks
    ) == "Text. Beside it."
    assert len(parsed.problems) == 2


def test_encodings() -> None:
    chinese = "这是一篇关于光变曲线和变星分类的中文文献，采用旧的编码保存。" * 2

    assert decoded(chinese.encode("gb18030"))[0] == chinese and "GB 18030" in decoded(chinese.encode("gb18030"))[1]
    assert decoded(chinese.encode("utf-16"))[0] == chinese and decoded("é".encode())[1] == ""
    assert decoded("Kovács".encode("latin-1"))[0] == "Kovács"


def test_links_of_latex_keep_their_words() -> None:
    from gnomon.knowledge.literature.parsing.latex import plain

    assert plain(r"See \href{https://example.org/a_b}{the handbook} of \textbf{Gaia}.") == "See the handbook of Gaia."
