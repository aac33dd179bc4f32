"""Services of tables that are known by name, and the catalogues in them that people ask for.

An address or a column that a service changed is mended here and nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass

from gnomon.tools.archives.tables.table_queries import TableService
from gnomon.tools.errors import InputError

SERVICES: dict[str, TableService] = {
    s.name: s
    for s in (
        TableService("Gaia archive", "https://gea.esac.esa.int/tap-server/tap", "Gaia DR3"),
        TableService("VizieR", "https://tapvizier.cds.unistra.fr/TAPVizieR/tap"),
        TableService("SIMBAD", "https://simbad.cds.unistra.fr/simbad/sim-tap"),
        TableService("NED", "https://ned.ipac.caltech.edu/tap"),
        TableService("IRSA", "https://irsa.ipac.caltech.edu/TAP"),
        TableService("NASA Exoplanet Archive", "https://exoplanetarchive.ipac.caltech.edu/TAP"),
        TableService("MAST", "https://mast.stsci.edu/vo-tap/api/v0.1/caom"),
        TableService("ESO archive", "https://archive.eso.org/tap_obs"),
        TableService("ESO catalogues", "https://archive.eso.org/tap_cat"),
        TableService("Astro Data Lab", "https://datalab.noirlab.edu/tap"),
        TableService("SkyMapper", "https://api.skymapper.nci.org.au/public/tap", "SkyMapper DR4"),
        TableService("GAVO", "https://dc.g-vo.org/tap"),
        TableService("CADC", "https://ws.cadc-ccda.hia-iha.nrc-cnrc.gc.ca/argus"),
        TableService("HEASARC", "https://heasarc.gsfc.nasa.gov/xamin/vo/tap"),
        TableService("Gaia at AIP", "https://gaia.aip.de/tap", "Gaia DR3"),
    )
}

_OTHER_NAMES = {
    "gaia": "Gaia archive", "esa gaia": "Gaia archive", "vizier": "VizieR", "tapvizier": "VizieR", "simbad": "SIMBAD", "ned": "NED",
    "irsa": "IRSA", "exoplanet archive": "NASA Exoplanet Archive", "nasa exoplanet archive": "NASA Exoplanet Archive", "mast": "MAST",
    "eso": "ESO archive", "eso catalogues": "ESO catalogues", "data lab": "Astro Data Lab", "noirlab": "Astro Data Lab",
    "skymapper": "SkyMapper", "gavo": "GAVO", "cadc": "CADC", "heasarc": "HEASARC", "aip": "Gaia at AIP",
}  # fmt: skip


def service_of(name: str) -> TableService:
    """The service of that name, or the one at that address.

    Parameters
    ----------
    name : str
        A name of `SERVICES`, a usual short form of it, or the base address of any service of tables.

    Raises
    ------
    InputError
        Where it is neither.
    """
    if name.lower().startswith(("http://", "https://")):
        url = name.rstrip("/").removesuffix("/sync").removesuffix("/async")
        known = next((s for s in SERVICES.values() if s.url.rstrip("/") == url), None)
        return known or TableService(url.split("//", 1)[1], url)
    plain = " ".join(name.split()).lower()
    known = next((s for s in SERVICES.values() if s.name.lower() == plain), None) or SERVICES.get(_OTHER_NAMES.get(plain, ""))  # fmt: skip
    if known is None:
        raise InputError(
            f"No service of tables called {name!r} is known.",
            remedy=f"Known are {', '.join(SERVICES)}; any other one can be given by its address, https://…/tap.",
        )
    return known


@dataclass(frozen=True)
class Catalogue:
    """A catalogue that people ask for by name.

    Attributes
    ----------
    name, service, table, release : str
        What people call it, where it lies (a key of `SERVICES`), under which name, and which edition it is.
    epochs : tuple of float
        Julian years of the first and the last position; equal where all positions are of one epoch.
    ra, dec : str
        Columns of the position in ICRS, degrees.
    columns : tuple of str
        What is asked for; empty for all.
    magnitude : str
        Column of the magnitude by which people cut, or "".
    bibcode : str
        What to cite.
    """

    name: str
    service: str
    table: str
    release: str
    epochs: tuple[float, float]
    ra: str
    dec: str
    columns: tuple[str, ...]
    magnitude: str
    bibcode: str


# Epochs are those of the papers cited.
CATALOGUES: dict[str, Catalogue] = {
    c.name: c
    for c in (
        Catalogue(
            "Gaia", "Gaia archive", "gaiadr3.gaia_source", "Gaia DR3", (2016.0, 2016.0), "ra", "dec",
            ("source_id", "ra", "ra_error", "dec", "dec_error", "ref_epoch", "parallax", "parallax_error", "pmra", "pmra_error", "pmdec",
             "pmdec_error", "ruwe", "phot_g_mean_mag", "phot_bp_mean_mag", "phot_rp_mean_mag", "bp_rp", "radial_velocity",
             "radial_velocity_error", "teff_gspphot", "logg_gspphot", "distance_gspphot", "phot_variable_flag", "non_single_star"),
            "phot_g_mean_mag", "2023A&A...674A...1G",
        ),
        Catalogue(
            "2MASS", "VizieR", '"II/246/out"', "2MASS PSC (II/246)", (1997.4, 2001.2), "RAJ2000", "DEJ2000",
            (), "Jmag", "2006AJ....131.1163S",
        ),
        Catalogue(
            "AllWISE", "VizieR", '"II/328/allwise"', "AllWISE (II/328)", (2010.5, 2010.6), "RAJ2000", "DEJ2000",
            (), "W1mag", "2014yCat.2328....0C",
        ),
        Catalogue(
            "SDSS", "VizieR", '"V/154/sdss16"', "SDSS DR16 (V/154)", (1998.7, 2009.9), "RA_ICRS", "DE_ICRS",
            (), "rmag", "2020ApJS..249....3A",
        ),
        Catalogue(
            "Pan-STARRS", "VizieR", '"II/349/ps1"', "Pan-STARRS DR1 (II/349)", (2009.4, 2014.9), "RAJ2000", "DEJ2000",
            (), "rmag", "2016arXiv161205560C",
        ),
        Catalogue(
            "LAMOST", "VizieR", '"V/164/dr5"', "LAMOST DR5 (V/164)", (2000.0, 2000.0), "RAJ2000", "DEJ2000",
            (), "", "2019yCat.5164....0L",
        ),
        Catalogue(
            "SkyMapper", "SkyMapper", "dr4.master", "SkyMapper DR4", (2014.2, 2021.8), "raj2000", "dej2000",
            (), "r_psf", "2024PASA...41...61O",
        ),
    )
}  # fmt: skip
