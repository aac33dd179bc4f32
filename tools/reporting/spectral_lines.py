"""Strong lines of stars, galaxies and quasars: what they are called, and their wavelengths in vacuum."""

from __future__ import annotations

# Angstrom, in vacuum.  Below 3000: Vanden Berk et al. 2001, doi:10.1086/321167, table 2.  Others: wavelengths in air of the NIST Atomic Spectra
# Database (Kramida et al., doi:10.18434/T4W30F), turned into those in vacuum by Ciddor 1996, doi:10.1364/AO.35.001566; near-infrared
# hydrogen lines as NIST has them in vacuum.
LINES: tuple[tuple[str, tuple[float, ...]], ...] = (
    ("Lyα", (1215.67,)),
    ("N V", (1240.14,)),
    ("Si IV", (1396.76,)),
    ("C IV", (1549.06,)),
    ("C III]", (1908.73,)),
    ("Mg II", (2798.75,)),
    ("[O II]", (3727.09, 3729.88)),
    ("Ca K", (3934.77,)),
    ("Ca H", (3969.59,)),
    ("Hδ", (4102.90,)),
    ("G band", (4305.61,)),
    ("Hγ", (4341.69,)),
    ("Hβ", (4862.69,)),
    ("[O III]", (4960.30, 5008.24)),
    ("Mg b", (5168.76, 5174.13, 5185.05)),
    ("He I", (5877.25,)),
    ("Na D", (5891.58, 5897.56)),
    ("[O I]", (6302.05,)),
    ("[N II]", (6549.86, 6585.27)),
    ("Hα", (6564.63,)),
    ("[S II]", (6718.29, 6732.68)),
    ("K I", (7667.01, 7701.09)),
    ("O I", (7776.31,)),
    ("Na I", (8185.51, 8197.08)),
    ("Ca II", (8500.35, 8544.44, 8664.52)),
    ("Paδ", (10052.1,)),
    ("He I", (10833.3,)),
    ("Paγ", (10941.1,)),
    ("Paβ", (12821.6,)),
    ("Brγ", (21661.2,)),
)
# More prominent ones, which keep their name where names would stand on each other.
FIRST = ("Hα", "Hβ", "Lyα", "C IV", "Mg II", "C III]", "[O III]", "Ca K", "Na D", "Mg b", "Ca II", "[O II]", "Hγ", "Ca H", "Paβ", "Brγ")  # fmt: skip


def shifted_lines(redshift: float, first: float, last: float) -> list[tuple[str, list[float]]]:
    """Give the lines that lie between two observed wavelengths.

    Parameters
    ----------
    redshift : float
        Dimensionless, above -1.
    first, last : float
        Observed wavelengths, Angstrom.

    Returns
    -------
    list of (str, list of float)
        Names, and observed wavelengths in vacuum, Angstrom; the most prominent first.
    """
    found = []
    for name, rest in LINES:
        seen = [w * (1.0 + redshift) for w in rest if first <= w * (1.0 + redshift) <= last]
        if seen:
            found.append((name, seen))
    found.sort(key=lambda line: FIRST.index(line[0]) if line[0] in FIRST else len(FIRST))
    return found
