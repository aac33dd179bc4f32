"""Text as a reader of numbers sees it: the marks of LaTeX as the signs they print, and what is no statement hidden; each sign keeps its place."""

from __future__ import annotations

import re

# Other signs for the same, one for one.
_SAME = str.maketrans({
    "−": "-", "‐": "-", "‑": "-", "﹣": "-", "－": "-", "＋": "+", "＝": "=", "＜": "<", "＞": ">", "％": "%", "（": "(", "）": ")", "．": ".", "，": "，",
    "：": ":", "～": "~", "∼": "~", "˜": "~", "⩽": "≤", "⩾": "≥", "µ": "μ", "\u00a0": " ", "\u2009": " ", "\u202f": " ", "\t": " ", "✕": "×", "⨯": "×",
    **{chr(0xFF10 + i): str(i) for i in range(10)},
})  # fmt: skip
# Commands that print a sign, and what they print.
_PRINTS = {
    "pm": "±", "mp": "±", "times": "×", "cdot": "·", "sim": "~", "approx": "≈", "simeq": "≈", "lesssim": "≲", "gtrsim": "≳", "leq": "≤", "le": "≤", "leqslant": "≤",
    "geq": "≥", "ge": "≥", "geqslant": "≥", "lt": "<", "gt": ">", "ll": "<", "gg": ">", "%": "%", "circ": "°", "degr": "°", "deg": "°", "arcdeg": "°", "odot": "☉", "sun": "☉", "oplus": "⊕", "earth": "⊕",
    "sigma": "σ", "mu": "μ", "micron": "μm", "AA": "Å", "arcsec": "″", "arcmin": "′", "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "Delta": "Δ", "epsilon": "ε", "lambda": "λ", "nu": "ν", "chi": "χ",
    "ell": "ℓ", "theta": "θ", "tau": "τ", "rho": "ρ", "omega": "ω", "Omega": "Ω", "eta": "η", "kappa": "κ", "phi": "φ", "Gamma": "Γ", "Lambda": "Λ", "Sigma": "Σ", "ldots": "…", "msun": "M☉", "Msun": "M☉", "mj": "M_J", "rj": "R_J",
    "rsun": "R☉", "Rsun": "R☉", "lsun": "L☉", "kms": "km/s",
}  # fmt: skip
_LAYOUT = frozenset(
    re.findall(
        r"\S+",
        "rm it bf sf tt sc em cal mathrm mathit mathbf mathsf mathcal mathbb text textrm textit textbf textsf texttt textsc emph mbox hbox ensuremath left right big Big bigg frac dfrac tfrac sqrt quad qquad "
    "begin end array displaystyle hspace vspace noindent item footnote section subsection par newline nonumber protect unit rmn mathring hat bar vec tilde overline underline phantom hphantom times sup sub ast star prime",
    )
)  # fmt: skip
_COMMAND = re.compile(r"\\([A-Za-z]+|[%,;:! ])")
_TILDE = re.compile(r"(?<=[\w.)}$%])~(?=[\\\w$(])")
_HIDDEN = re.compile(
    r"https?://\S+|www\.\S+|\b10\.[1-9]\d{3,8}/[A-Za-z0-9(]\S*|doi:\s*\S+|arXiv:\s*\S+|\b\d{4}\.\d{4,5}(?:v\d+)?(?=[\s,.;)\]]|$)(?<=\d{5})|(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64}){1,6}"
    r"|\b(?:19|20)\d\d[A-Za-z&.]{5}[\w.]{9}[A-Z]\b"  # a bibcode
    r"|``[^`\n]{1,200}``|`[^`\n]{1,200}`|(?<![\w./-])[\w./-]{1,80}\.(?:fits|txt|csv|dat|py|pdf|html?|png|gz|yaml|json|asdf|ecsv|par|tim)\b"
    r"|\[(?:[^\[\]\n]{0,120}?[A-Za-z][^\[\]\n]{0,40}?:?\d{4}[a-z]?|\d{1,3}(?:\s?[,–-]\s?\d{1,3})*)(?:[;,][^\[\]\n]{0,200})?\](?!\s?[×x*^])"  # citations
    r"|\[@[^\]\n]*\]|\([^()\n]{0,160}?\b[A-Z][^()\n]{0,80}?,?\s(?:1[5-9]|20)\d\d[a-z]?(?:[;,][^()\n]{0,160})?\)"
    r"|\\(?:cite[a-z]*|ref|eqref|label|begin|end|includegraphics|url|href|bibitem|input|eqlabel|figref|Fig|Sect)\*?(?:\[[^\]]*\])*\{[^{}]*\}"
    r"|:[a-z:]+:`[^`]*`|<[^<>\s]{1,20}@[^<>]+>|%\d+"
)
# Dates and times of the calendar and the clock.
_MONTH = r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\.?"
_DATES = re.compile(
    rf"\b\d{{1,2}}(?:st|nd|rd|th)?(?:\s?[–-]\s?\d{{1,2}})?\s+{_MONTH}(?:,?\s+\d{{4}})?\b|\b{_MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?(?:\s?[–-]\s?\d{{1,2}})?(?:\.\d+)?(?:,?\s+\d{{4}})?\b(?!\s?(?:±|%))|\b{_MONTH}\s+\d{{4}}\b|\b\d{{4}}\s+{_MONTH}(?:\s+\d{{1,2}}(?:\.\d+)?)?\b"
    r"|(?<!\d)\d{4}([-/.])\d{1,2}\1\d{1,2}(?:T[\d:.]+Z?)?(?!\d)|(?<![\d.])\d{1,2}[/.]\d{1,2}[/.](?:19|20)\d\d|\b\d{4}-\d\d(?:T[\d:.]+)?(?![\d.])(?=[ ,;)])(?<=(?:0[1-9]|1[0-2]))"
    r"|(?<![\d:.])\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?![\d:])|(?:公元前?|西元前?)\s?\d{1,4}\s?年?(?:\s?[至到~-]\s?(?:公元)?前?\d{1,4}\s?年)?|(?<![\d.])[-前]?\d{3,4}\s?(?:(?:-|–|—|~|至|到)\s?\d{2,4}\s?)?年(?![的]?(?:时间|以来|之久|左右|的周期|间隔|后|前))(?:代|\s?\d{1,2}\s?月(?:\s?\d{1,2}\s?[日号])?)?"
    r"|\d{1,2}\s?月\s?(?:\d{1,2}\s?[日号])?|(?<![\d.])\d{1,2}\s?[日号](?!角|变)|\d{1,2}世纪|\b\d{1,4}\s?(?:BCE?|CE|AD|B\.C\.|A\.D\.)(?![A-Za-z])|\b(?:AD|A\.D\.|BC)\s?\d{1,4}\b"
    r"|\b(?:1[0-9]|20)\d\d\s?[-–/]\s?(?:(?:1[0-9]|20)\d\d|\d\d)\b(?!\s?(?:Å|nm|K\b|m\b|pc\b|km|s\b|h\b|d\b|days|years|\.\d|MHz|GHz|keV|MeV|GeV|samples|objects|stars|galaxies))"
    r"|\b(?:19|20)\d0s\b|\b\d{1,2}(?:st|nd|rd|th)[- ]century"
    r"|\b(?:epoch|equinox|year|born|since|during|spring|summer|autumn|fall|winter|early|late|mid)\s(?:of\s|in\s)?[BJ]?(?:1[0-9]|20)\d\d(?:\.\d+)?\b(?!\s?(?:±|K\b|Å|nm))",
    re.I,
)  # fmt: skip
# Parts of documents, and numbers that only name.
_NAMED = re.compile(
    r"\b(?:[Ss]ec(?:tion|t|s)?s?|§|[Ff]ig(?:ure|s)?s?|[Tt]ab(?:le|s)?s?|[Ee]q(?:uation|n|s)?s?|[Cc]h(?:apter|ap)s?|[Aa]ppendi(?:x|ces)|[Pp]ages?|pp?|[Vv]ol(?:ume)?s?|No|nos?|[Nn]umber|[Rr]efs?|[Ss]teps?|[Vv]ersions?|[Rr]eleases?|[Pp]art|[Ll]ines?|[Pp]anel|[Ii]ssue|ISBN|RFC|GCN(?: Circ(?:ular)?)?|[Cc]ircular|ATel|grant|[Gg]rants?|award|contract|[Pp]roposal|program(?:me)?|ID|id|DR|Data Release|[Aa]lgorithm|[Ee]xample|[Qq]uestion|[Pp]roblem|[Ee]xtension|axis|CD|build|port|[Ss]ector|[Qq]uarter|[Cc]ycle|[Cc]ampaign|[Cc]lass|[Tt]ype|[Pp]opulation|[Bb]ands?|[Cc]hannels?|[Oo]rbit|[Rr]un|[Cc]ase|(?:[Mm]odel|[Ll]evel|[Ss]tage|[Pp]hase|[Ss]ample|[Gg]roup|[Ff]ield|[Oo]bject|[Ii]tem|[Oo]ption|[Mm]ethod|[Tt]ask|[Mm]ode|[Rr]ow|[Cc]olumn|HDU|[Tt]ransit|[Ss]aros|[Ll]unation|[Ee]poch|[Rr]ank)(?=\s\d+(?![.\d])))"
    r"(?:\.|\s?#|s)?[\s~]{0,2}\(?(?:[A-Z]?\d{1,6}(?:\.\d+)*[a-z]?\)?(?:\s?(?:,|and|to|–|-|&)\s?\(?[A-Z]?\d{1,4}(?:\.\d+)*[a-z]?\)?(?![\w.%]*\s?(?:±|%|days|Å)))*)(?!\.?\d|\s?(?:±|\+|%|(?:K|Å|km|pc|kpc|Mpc|yr|days?|d|h|s|mag|keV|Hz|GHz|MHz|m|ms|nm)\b))"
    r"|第\s?[\d一二三四五六七八九十百]+\s?(?:[页章节图表卷册期号行列步部届版颗个次条篇式]|频道|阶段|世纪|、|代)?|(?:图|表格?|公式|式|方程|附录|章节?|参考文献|版本|例|步骤|问题|任务|阶段)\s?[(（]?\d+(?:[.\-]\d+)*[)）]?(?![\d.]*\s?(?:[%个颗天年秒倍]|±))"
    r"|(?m:^\s*\d+\.\d+\.\s)|(?<![\w.])\d+(?:\.\d+){2,}(?:[a-z]+\d*)?(?![\w])|\b[vV](?:er)?\.?\s?\d+(?:\.\d+)+\b|\b\d+\s?:\s?\d+\b(?!\.)|(?<![\d.])\b\d+\s?/\s?\d+(?![\d.]*\s?(?:km|m|s)\b)\b|\b[BHMT]{0,2}JD\s?=?\s?\d+(?:\.\d+)?(?!\d*\s?(?:±|\+|\())|\b[Vv]ersions?\s?[<>=]+\s?\d[\d.]*|\b(?:numpy|scipy|python|astropy|matplotlib|pandas|jax|torch|pytorch|tensorflow|qiskit|gcc|cmake)\s?(?:[<>=]+\s?)?\d[\d.]*|\b[a-z][\w-]*(?:>=|==|<=)\d+(?:\.\d+)+|\bR\.?A\.?[^;\n]{0,24}?=\s?[-+]?\d[\d.]*\s?,\s?[-+]?\d[\d.]*|\b\d-\d band\b|\(\s?[-+]?\d+\s?,\s?[-+]?\d+\s?(?:,\s?[-+]?\d+\s?)*\)"
    r"|(?m:^\s*(?:\(\d{1,2}\)|\d{1,2}[.)、](?=\s|[\u4e00-\u9fff])|[•*-]\s\d{1,2}\.))|(?<=[\s。；])[(]\d{1,2}[)](?=\s?[\u4e00-\u9fffA-Z])"
    r"|\b\d+\.\d+\s?(?:或[^，。；]{1,12}?|以上|及以上|的)?版|\b\d-?D\b|\bpython ?\d(?:\.\d+)?|\b(?:et al\.?|[A-Z][a-z]+),? \(?(?:1[5-9]|20)\d\d[a-z]?\)?(?!\.\d)(?!\s(?:objects|stars|galaxies|samples|sources|[a-z]+s\b))",
)  # fmt: skip
_CONSTELLATIONS = re.findall(
    r"\S+",
    "And Ant Aps Aqr Aql Ara Ari Aur Boo Cae Cam Cnc CVn CMa CMi Cap Car Cas Cen Cep Cet Cha Cir Col Com CrA CrB Crv Crt Cru Cyg Del Dor Dra Equ Eri For Gem Gru "
    "Her Hor Hya Hyi Ind Lac Leo LMi Lep Lib Lup Lyn Lyr Men Mic Mon Mus Nor Oct Oph Ori Pav Peg Per Phe Pic Psc PsA Pup Pyx Ret Sge Sgr Sco Scl Sct Ser Sex Tau Tel Tri "
    "TrA Tuc UMa UMi Vel Vir Vol Vul Cygni Ophiuchi Pegasi Cancri Eridani Ceti Virginis Tauri Orionis Herculis Lyrae Draconis Leonis Aquarii Serpentis Piscium Arietis Andromedae Cassiopeiae Persei Hydrae Librae Scorpii Sagittarii"
)  # fmt: skip
_CATALOGUES = re.findall(
    r"\S+",
    "HD HDE HIP HR NGC IC UGC UGCA PGC M PSR GRB SN AT GW TIC KIC EPIC TOI KOI KELT HAT SDSS MASS WISE 3C 4C PKS Mrk Mkn Markarian Arp Abell ACO A VV Cyg GJ Gl Gliese LHS LTT Ross Wolf "
    "Luyten LP BD CD CPD CoRoT Kepler WASP XO TrES OGLE MOA USNO ESO MCG PG QSO RX RXJ 1E TYC SAO BX Barnard Sh LBN LDN Melotte Collinder Trumpler Palomar Terzan HAWK HE CS FRB KMT "
    "Proxima Gaia Hubble Spitzer Chandra Voyager Apollo Pioneer Landsat Sentinel Windows Debian Ubuntu Python Class Sol SCP PTF ZTF ASASSN SGR XTE GRO GX AGL MAXI Swift Fermi TXS BL COSMOS GOODS UDS CL CLJ MACS DES RFC ISO IEEE CUDA Illustris TNG FK LRIS GRAVITY Qt KDE Messier Caldwell Jup Comet"
)  # fmt: skip
_OBJECTS = re.compile(
    rf"(?<![A-Za-z0-9])(?:{'|'.join(_CATALOGUES)})[- ]?[JB]?\d[\d.+-]*(?:\s?[a-hA-C]\b)?(?!\s?(?:±|%))(?![A-Za-z0-9])"
    rf"|(?<![\d.])\b\d{{1,3}} (?:{'|'.join(_CONSTELLATIONS)})\b(?: [A-Ca-h]\b)?"
    r"|\b\d?[A-Z][A-Za-z]*[ -]?[JB]\d{4,}[\d.]*[+-]\d+[\d.]*"
    r"|(?:开普勒|格利泽|格利澤|沃尔夫|罗斯|梅西耶|阿贝尔)[- ]?\d+[a-z]?(?![\d.])"
    r"|\b[JB](?:19|20)\d\d(?:\.\d+)?\b"
)
_SEXAGESIMAL = re.compile(
    r"[-+]?\d{1,3}(?:\s?h\s?|:)\d{1,2}(?:\s?m\s?|:)\d{1,2}(?:\.\d+)?\s?s?(?![\w])|[-+]?\d{1,3}\s?[°d]\s?\d{1,2}\s?(?:['′’]|arcmin|m)\s?\d{1,2}(?:\.\d+)?\s?(?:''|[\"″”]|s\b|arcsec)"
)


def plain_view(text: str) -> str:
    """A text of the same length in which numbers are easily read.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
        Sign by sign at the same place: one sign for each kind of minus and tilde, commands of LaTeX as the sign they print and spaces, braces as
        spaces; citations, addresses, code, dates, designations of objects and numbers of sections as NUL.
    """
    # Formulae of reStructuredText are read as text.
    view = re.sub(r":math:`([^`\n]{0,300})`", lambda m: " " * 7 + m[1] + " ", text)
    view = _HIDDEN.sub(_hide, view)
    # Ingested sources keep BBCode and HTML of superscripts.
    view = re.sub(r"\[sup\]|<sup>", lambda m: "^" + " " * (len(m[0]) - 1), view)
    view = re.sub(r"\[sub\]|<sub>", lambda m: "_" + " " * (len(m[0]) - 1), view)
    view = re.sub(r"\[/?(?:sup|sub|i|b)\]|</?(?:sup|sub|i|b|em|strong)>", _blank, view)
    view = view.translate(_SAME)
    if re.search(r"[\\${]", view):
        view = _TILDE.sub(" ", view)
        view = re.sub(
            r"\{,\}|\\,(?=\d{3})", lambda m: m[0].replace("{", " ").replace("}", " ") if "," not in m[0] else m[0], view
        )
        view = _COMMAND.sub(_printed, view)
        view = re.sub(r"\^(\s*)°", lambda m: " " + m[1] + "°", view)
        view = re.sub(r"[{}$]", " ", view)
        view = re.sub(r"\^(\s*)(?=[★*])", lambda m: "_" + m[1], view)
    view = _OBJECTS.sub(_hide, view)
    view = _DATES.sub(_hide_date, view)
    view = _SEXAGESIMAL.sub(_hide, view)
    return _NAMED.sub(_hide, view)


def _hide(match: re.Match[str]) -> str:
    return "\0" * len(match[0])


def _hide_date(match: re.Match[str]) -> str:
    return match[0] if re.fullmatch(r"may|march|dec\.?|sep\.?", match[0], re.I) else "\0" * len(match[0])


def _blank(match: re.Match[str]) -> str:
    return " " * len(match[0])


def _printed(match: re.Match[str]) -> str:
    sign = _PRINTS.get(match[1], "" if match[1] in _LAYOUT or len(match[1]) < 2 else f" {match[1]}")
    return sign + " " * (len(match[0]) - len(sign))
