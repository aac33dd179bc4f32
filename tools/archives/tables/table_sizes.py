"""How large the tables are that people ask for: rows, columns, and where on the sky they lie.

A number is here only where it was published and stays: releases do not grow, SIMBAD does, so it is not among them.
"""

from __future__ import annotations

from dataclasses import dataclass

from gnomon.tools.archives.tables.sky_density import WHOLE_SKY

# Of a VOTable as services send them: 8.8 bytes a column in BINARY2 and 17.6 in TABLEDATA were measured on 2000 rows of 13 columns of
# GAVO DaCHS 2.9; most services send the first.  To a factor of two.
BYTES_PER_COLUMN = 10


@dataclass(frozen=True)
class TableSize:
    """A table and its size.

    Attributes
    ----------
    label : str
        What people call it.
    names : tuple of str
        Its names in queries, in lower case, without quotes.
    services : tuple of str
        Keys of ``SERVICES`` where it lies under these names.
    rows : int
        How many it has.
    columns : int
        How many it has, in copies at VizieR to about a third.
    power : float
        How it follows the Milky Way, see `share_of_sources`; 0 where that is not known, and the mean is taken.
    area : float
        Of the sky that it covers, square degrees.
    keys : tuple of str
        Columns of which each value stands in one row at most.
    random : str
        Column with the numbers from 0 in random order, or "".
    healpix : str
        Column in whose order the sky is cut by HEALPix as Gaia's ``source_id`` is, or "".
    citation : str
        Where the number of rows is stated.
    is_exact : bool
        Whether it is stated to the row.
    """

    label: str
    names: tuple[str, ...]
    services: tuple[str, ...]
    rows: int
    columns: int
    power: float
    citation: str
    area: float = WHOLE_SKY
    keys: tuple[str, ...] = ()
    random: str = ""
    healpix: str = ""
    is_exact: bool = True

    @property
    def mean(self) -> float:
        """Rows per square degree of what it covers."""
        return self.rows / self.area


_GAIA = ("Gaia archive", "Gaia at AIP")
_DR3 = "Gaia Collaboration, Vallenari et al. 2023, 2023A&A...674A...1G"
_DR2 = "Gaia Collaboration, Brown et al. 2018, 2018A&A...616A...1G"
_SOURCE: tuple[str, ...] = ("source_id", "designation")

SIZES: tuple[TableSize, ...] = (
    TableSize("Gaia DR3", ("gaiadr3.gaia_source",), _GAIA, 1_811_709_771, 152, 1.0, _DR3,
              keys=(*_SOURCE, "random_index"), random="random_index", healpix="source_id"),
    TableSize("Gaia DR3 (fewer columns)", ("gaiadr3.gaia_source_lite",), _GAIA, 1_811_709_771, 51, 1.0, _DR3,
              keys=(*_SOURCE, "random_index"), random="random_index", healpix="source_id"),
    TableSize("Gaia EDR3", ("gaiaedr3.gaia_source",), _GAIA, 1_811_709_771, 99, 1.0, "Gaia Collaboration, Brown et al. 2021, 2021A&A...649A...1G",
              keys=(*_SOURCE, "random_index"), random="random_index", healpix="source_id"),
    TableSize("Gaia DR2", ("gaiadr2.gaia_source",), _GAIA, 1_692_919_135, 96, 1.0, _DR2,
              keys=(*_SOURCE, "random_index"), random="random_index", healpix="source_id"),
    TableSize("Gaia DR1", ("gaiadr1.gaia_source",), _GAIA, 1_142_679_769, 59, 1.0, "Gaia Collaboration, Brown et al. 2016, 2016A&A...595A...2G",
              keys=("source_id", "random_index"), random="random_index", healpix="source_id"),
    TableSize("TGAS of Gaia DR1", ("gaiadr1.tgas_source",), _GAIA, 2_057_050, 59, 0.0, "Gaia Collaboration, Brown et al. 2016, 2016A&A...595A...2G",
              keys=("source_id",)),
    TableSize("Gaia DR3", ("i/355/gaiadr3",), ("VizieR",), 1_811_709_771, 152, 1.0, _DR3, keys=("source", "dr3name"), healpix="source"),
    TableSize("Gaia EDR3", ("i/350/gaiaedr3",), ("VizieR",), 1_811_709_771, 99, 1.0, "Gaia Collaboration, Brown et al. 2021, 2021A&A...649A...1G",
              keys=("source",), healpix="source"),
    TableSize("Gaia DR2", ("i/345/gaia2",), ("VizieR",), 1_692_919_135, 96, 1.0, _DR2, keys=("source",), healpix="source"),
    TableSize("2MASS PSC", ("ii/246/out",), ("VizieR",), 470_992_970, 20, 0.85, "Skrutskie et al. 2006, 2006AJ....131.1163S", keys=("2mass",)),
    TableSize("2MASS PSC", ("fp_psc",), ("IRSA",), 470_992_970, 60, 0.85, "Skrutskie et al. 2006, 2006AJ....131.1163S", keys=("designation",)),
    TableSize("2MASS PSC", ("gaiadr1.tmass_original_valid",), ("Gaia archive",), 470_992_970, 14, 0.85, "Skrutskie et al. 2006, 2006AJ....131.1163S",
              keys=("tmass_oid", "designation")),
    TableSize("2MASS XSC", ("vii/233/xsc",), ("VizieR",), 1_647_599, 390, 0.0, "Skrutskie et al. 2006, 2006AJ....131.1163S"),
    TableSize("AllWISE", ("ii/328/allwise",), ("VizieR",), 747_634_026, 44, 0.0, "Cutri et al. 2013, 2014yCat.2328....0C", keys=("allwise",)),
    TableSize("AllWISE", ("allwise_p3as_psd",), ("IRSA",), 747_634_026, 298, 0.0, "Cutri et al. 2013, 2014yCat.2328....0C", keys=("designation", "cntr")),
    TableSize("AllWISE", ("gaiadr1.allwise_original_valid",), ("Gaia archive",), 747_634_026, 30, 0.0, "Cutri et al. 2013, 2014yCat.2328....0C",
              keys=("allwise_oid", "designation")),
    TableSize("WISE All-Sky", ("ii/311/wise",), ("VizieR",), 563_921_584, 45, 0.0, "Cutri et al. 2012, 2012yCat.2311....0C", keys=("wise",)),
    # Three quarters of the sky, all north of -30 degrees.
    TableSize("Pan-STARRS DR1", ("ii/349/ps1",), ("VizieR",), 1_919_106_885, 40, 0.0, "Chambers et al. 2016, 2016arXiv161205560C",
              area=0.75 * WHOLE_SKY, keys=("objid",)),
    # Rows of all its modes, and the area imaged, both of Ahumada et al.; sect. 1 of Aihara et al. 2011, 2011ApJS..193...29A, for the second.
    TableSize("SDSS DR16", ("v/154/sdss16",), ("VizieR",), 1_231_051_050, 60, 0.0, "Ahumada et al. 2020, 2020ApJS..249....3A",
              area=14_555.0, keys=("objid",)),
    TableSize("SkyMapper DR4", ("dr4.master",), ("SkyMapper",), 700_000_000, 170, 0.0, "Onken et al. 2024, 2024PASA...41...61O",
              area=26_000.0, keys=("object_id",), is_exact=False),
    # Declinations from -10 to 60 degrees, over which its fields lie unevenly.
    TableSize("LAMOST DR5", ("v/164/dr5",), ("VizieR",), 9_026_365, 40, 0.0, "Luo et al. 2019, 2019yCat.5164....0L", area=0.52 * WHOLE_SKY,
              keys=("obsid",)),
    TableSize("Hipparcos", ("i/239/hip_main",), ("VizieR",), 118_218, 78, 0.0, "ESA 1997, 1997ESASP1200.....E", keys=("hip",)),
    TableSize("Tycho", ("i/239/tyc_main",), ("VizieR",), 1_058_332, 57, 0.0, "ESA 1997, 1997ESASP1200.....E", keys=("tyc",)),
    TableSize("Hipparcos (new reduction)", ("i/311/hip2",), ("VizieR",), 117_955, 41, 0.0, "van Leeuwen 2007, 2007A&A...474..653V", keys=("hip",)),
    TableSize("Tycho-2", ("i/259/tyc2",), ("VizieR",), 2_539_913, 32, 0.0, "Hog et al. 2000, 2000A&A...355L..27H"),
    TableSize("Hipparcos", ("public.hipparcos",), ("Gaia archive",), 117_955, 78, 0.0, "van Leeuwen 2007, 2007A&A...474..653V", keys=("hip",)),
    TableSize("UCAC4", ("i/322a/out",), ("VizieR",), 113_780_093, 53, 0.0, "Zacharias et al. 2013, 2013AJ....145...44Z", keys=("ucac4",)),
    TableSize("USNO-B1.0", ("i/284/out",), ("VizieR",), 1_045_913_669, 40, 0.0, "Monet et al. 2003, 2003AJ....125..984M", keys=("usno-b1.0",)),
    TableSize("PPMXL", ("i/317/sample",), ("VizieR",), 910_468_710, 30, 0.0, "Roeser, Demleitner & Schilbach 2010, 2010AJ....139.2440R"),
    TableSize("CatWISE2020", ("ii/365/catwise",), ("VizieR",), 1_890_715_640, 60, 0.0, "Marocco et al. 2021, 2021ApJS..253....8M"),
)  # fmt: skip


def size_of(table: str, service: str) -> TableSize | None:
    """The size of a table, by its name in a query and the name of the service; None where it is not known."""
    return next((s for s in SIZES if table in s.names and service in s.services), None)
