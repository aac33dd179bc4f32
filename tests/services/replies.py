"""Replies of real archives that ship with astroquery and pyvo as their test data, served from loopback.

::

    serve(server, "/tap/sync", "gaia")     # by a name out of `REPLIES`
    serve(server, "/anything", "astroquery/vizier/tests/data/kang2010.xml")
    body("ned-photometry")                 # the bytes, to be served changed: server.serve(path, Reply(...))

The packages are not ours to keep copies of: a test that needs a file which the installed version does not have is
skipped, and says so.
"""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path

import pytest
from faults import VOTABLE, FaultServer, Reply

REPLIES = {
    # name: file; what it is good for
    "gaia": "astroquery/gaia/tests/data/1710099405832VAL-result.vot",  # 2 x 152, arrays and nulls
    "gaia-ecsv": "astroquery/gaia/tests/data/1712337806100O-result.ecsv",  # 5 x 152 with units
    "gaia-cone": "astroquery/gaia/tests/data/cone_search.json",  # 50 x 153: cut at the client's row limit
    "simbad": "astroquery/simbad/tests/data/simbad_basic_columns.xml",  # 67 x 6, the names of columns
    "simbad-outputs": "astroquery/simbad/tests/data/simbad_output_options.xml",  # 115 x 3
    "simbad-old": "astroquery/esa/jwst/tests/data/simbad_M1.vot",  # 1 x 9, sexagesimal
    "vizier": "astroquery/vizier/tests/data/viz.xml",  # 360 tables, several without rows
    "vizier-cut": "astroquery/vizier/tests/data/kang2010.xml",  # 50 x 22: cut at the client's row limit
    "ned": "astroquery/ipac/ned/tests/data/query_near_position.xml",  # 475 x 17, QUERY_STATUS twice
    "ned-photometry": "astroquery/ipac/ned/tests/data/query_photometry.xml",  # 556 rows, mixed units
    "ned-redshifts": "astroquery/ipac/ned/tests/data/query_redshifts.xml",  # 4 x 25
    "irsa": "astroquery/ipac/irsa/tests/data/Cone.xml",  # 1 x 45
    "irsa-polygon": "astroquery/ipac/irsa/tests/data/Polygon.xml",  # 7 x 43
    "irsa-most": "astroquery/ipac/irsa/tests/data/most_votable.xml",  # two tables, 12 x 32 and 117 x 13
    "exoplanets-toi": "astroquery/ipac/nexsci/nasa_exoplanet_archive/tests/data/toi_expect_0.txt",  # units and masks
    "exoplanets-koi": "astroquery/ipac/nexsci/nasa_exoplanet_archive/tests/data/koi_expect_0.txt",
    "mast-caom": "astroquery/mast/tests/data/caom.json",  # 19 x 28, with paging, status and msg
    "mast-tic": "astroquery/mast/tests/data/tic.json",  # 7 x 89
    "mast-products": "astroquery/mast/tests/data/products.json",  # 22 x 16
    "mast-panstarrs": "astroquery/mast/tests/data/panstarrs.json",  # 35 rows, info and data
    "mast-resolver": "astroquery/mast/tests/data/resolver.json",  # 15 candidates for one name
    "xmatch": "astroquery/xmatch/tests/data/query_res.csv",  # 11 rows with angDist
    "hst": "astroquery/esa/hubble/tests/data/cone_search.vot",  # 317 x 37
    "euclid": "astroquery/esa/euclid/tests/data/test_get_product_list.vot",  # an INFO shows the TOP 2000 never asked for
    "jwst-unresolved": "astroquery/esa/jwst/tests/data/test_query_by_target_name_simbad_ned_error.vot",
    "skybot": "astroquery/imcce/tests/data/skybot_query.vot",  # 4 x 15
    "horizons": "astroquery/jplhorizons/tests/data/ceres_ephemerides_range.txt",
    "horizons-no-h": "astroquery/jplhorizons/tests/data/no_H.txt",  # the columns H and G are missing
    "sbdb-null": "astroquery/jplsbdb/tests/data/ceres_missing_value.dat",  # null in JSON
    "alma-datalink": "astroquery/alma/tests/data/alma-datalink.xml",  # 9 x 9
    "alma-shapes": "astroquery/alma/tests/data/alma-shapes.xml",  # 5 x 5 with s_region
    "sdss-empty": "astroquery/sdss/tests/data/emptyfile.fits",  # an empty reply that is a valid FITS file
    "tap-capabilities": "pyvo/dal/tests/data/tap/capabilities.xml",
    "tap-tables": "pyvo/dal/tests/data/tap/tables.xml",
    "overflow": "pyvo/dal/tests/data/query/overflowstatus.xml",
    "error": "pyvo/dal/tests/data/query/errorstatus.xml",
    "job": "pyvo/io/uws/tests/data/job.xml",
    "job-error": "pyvo/io/uws/tests/data/job-error.xml",
}

_TYPES = {
    ".vot": VOTABLE,
    ".json": "application/json",
    ".csv": "text/csv",
    ".ecsv": "text/csv",
    ".fits": "application/fits",
    ".dat": "application/json",  # of the small-body database, the one that is used here
    ".html": "text/html",
    ".txt": "text/plain",
}


def path(name: str) -> Path:
    """The file of a name or of a path below a package; the test is skipped, and says so, where it is absent."""
    package, _, rest = REPLIES.get(name, name).partition("/")
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        pytest.skip(f"NOT TESTED: {package}, whose test data would be served, is not installed")
    file = Path(next(iter(spec.submodule_search_locations))) / rest
    if not file.is_file():
        pytest.skip(f"NOT TESTED: the installed {package} does not ship {rest}")
    return file


def body(name: str) -> bytes:
    """The bytes of a reply."""
    return path(name).read_bytes()


def content_type(name: str) -> str:
    """What the archive would say that the reply is."""
    file = path(name)
    if file.suffix == ".xml":
        return VOTABLE if b"<VOTABLE" in file.read_bytes()[:2000] else "text/xml"
    return _TYPES.get(file.suffix, "application/octet-stream")


def reply(name: str) -> Reply:
    """The reply, to be served as it is or changed with `dataclasses.replace`."""
    return Reply(body(name), content_type=content_type(name))


def serve(server: FaultServer, at: str, name: str, **changes: object) -> str:
    """Serve a reply at a path, changed (``status=``, ``delay=``, ``cut=``, ``body=``) where told; its URL."""
    return server.serve(at, replace(reply(name), **changes))  # type: ignore[arg-type]
