"""Plans with every tool that asks archives, reads tables or draws what came, and runs of them.

Three runs, for three reasons:

``local``
    Nothing is asked: files, a catalogue on disk, a place in the sky.
``named``
    Tools that know services by name, or ask several of them, are given replies from loopback.  The engine runs in this process, where the
    modules' addresses are changed.
``served``
    Tools that take the address of a service ask the real server of `dachs.sh`, in worker processes, and nothing is changed anywhere.
"""

from __future__ import annotations

import dataclasses
import hashlib
import importlib.util
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import unquote

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "services"))

import replies
from faults import VOTABLE, Exchange, FaultServer, Reply, votable
from filelock import FileLock
from service_fixtures import vo_server  # noqa: F401
from sqlite_tap import SqliteTap, simbad_tables

from gnomon.agents.conversation import Conversation
from gnomon.plans import executors
from gnomon.plans.arguments import complete
from gnomon.plans.plan import Attachment, Plan, Ref, Step
from gnomon.plans.policy import Policy
from gnomon.plans.run import Run
from gnomon.plans.script_check import check_script
from gnomon.tools.archives.catalogues.inventory import Stated
from gnomon.tools.archives.catalogues.making import make_catalogue
from gnomon.tools.registry import Registry

Called = tuple[str, str, dict[str, Any], dict[str, Any]]  # a step: its name, its tool, its inputs, its arguments

# --- the plans


def _at(place: str, name: str) -> Called:
    return (name, "resolve", {}, {"names": [place]})


LOCAL: list[Called] = [
    ("mine", "read_source_table", {"file": "mine.csv"}, {"frame": "ICRS", "epoch": "2016 yr"}),
    ("theirs", "read_source_table", {"file": "theirs.vot"}, {}),
    (
        "both",
        "crossmatch",
        {"sources": "mine", "others": "theirs"},
        {"radius": "3 arcsec", "keep": "all_sources", "epoch_of_others": "2016 yr"},
    ),
    ("catalogue", "read_catalogue", {"file": "hats.properties"}, {"folder": "FOLDER"}),
    _at("45.0 10.0", "place"),
    ("around", "catalogue_region", {"catalogue": "catalogue", "target": "place"}, {"radius": "30 arcmin"}),
    ("beside", "crossmatch_with_catalogue", {"sources": "mine", "catalogue": "catalogue"}, {"radius": "3 arcsec"}),
    ("map", "plot_sources", {"sources": "both", "target": "place"}, {}),
    ("nearby", "plot_sources", {"sources": "around"}, {}),
]

NAMED: list[Called] = [
    ("star", "resolve", {}, {"names": ["Barnard's star", "NGC 7777777"]}),  # of SIMBAD, and of NED by way of Sesame
    _at("30.1 -50.05", "field"),
    ("data", "find_data", {"target": "field"}, {}),
    _at("63.37389 -69.226789", "of_tess"),
    ("tess", "light_curves", {"target": "of_tess"}, {"survey": "TESS"}),
    _at("60.0 10.0", "variable"),
    ("ztf", "light_curves", {"target": "variable"}, {"survey": "ZTF", "band": "r"}),
    ("asas_sn", "light_curves", {"target": "variable"}, {"survey": "ASAS-SN"}),
    ("gaia", "light_curves", {"target": "variable"}, {"survey": "Gaia"}),
    ("ceres", "ephemeris", {}, {"body": "Ceres", "begin": "2022-06-10", "end": "2022-07-10", "step": "240 h"}),
    ("encke", "ephemeris", {}, {"body": "2P", "begin": "2018-07-30T17:46:14", "end": "2018-08-19T17:46:14", "source": "MPC"}),
    ("path", "plot_ephemeris", {"ephemeris": "ceres"}, {}),
    _at("194.494 48.851", "transient"),
    ("alerce", "alerts", {"target": "transient"}, {}),
    ("fink", "alerts", {"target": "transient"}, {"broker": "Fink"}),
    ("lasair", "alerts", {"target": "transient"}, {"broker": "Lasair"}),
    ("tns", "alerts", {}, {"broker": "TNS", "identifier": "SN 2023ixf"}),
    ("gcn", "alerts", {}, {"broker": "GCN", "identifier": "GRB 221009A"}),
    ("read", "papers", {}, {"words": "water protostars"}),
    ("cut_out", "images", {"target": "field"}, {"survey": "2MASS K", "size": "2 arcmin"}),
    ("picture", "plot_image", {"image": "cut_out"}, {}),
    _at("2.02344596303 14.8398237521", "of_sdss"),
    ("sdss", "spectra", {"target": "of_sdss"}, {}),
    _at("11.455864 34.420261", "of_lamost"),
    ("lamost", "spectra", {"target": "of_lamost"}, {"service": "LAMOST"}),
    _at("210.0 5.0", "of_desi"),
    ("desi", "spectra", {"target": "of_desi"}, {"service": "DESI"}),
    _at("251.51920772 -51.50535255", "of_gaia"),
    ("xp", "spectra", {"target": "of_gaia"}, {"service": "Gaia"}),
    ("drawn", "plot_spectrum", {"spectrum": "xp"}, {}),
]  # fmt: skip

SERVED: list[Called] = [
    _at("45.0 45.0", "double"),
    _at("30.0 0.0", "of_spectrum"),
    _at("30.01 -50.0", "of_image"),
    ("columns", "find_tables", {}, {"service": "SERVER/tap", "words": "proper motion"}),
    ("stars", "query", {}, {"service": "SERVER/tap", "adql": "SELECT * FROM votest.stars WHERE source_id < 100"}),
    ("again", "query", {"upload": "stars"}, {"service": "SERVER/tap", "adql": "SELECT u.source_id, s.g_mag FROM votest.stars AS s JOIN TAP_UPLOAD.uploaded AS u ON s.source_id = u.source_id"}),
    ("job", "query", {}, {"service": "SERVER/tap", "adql": "SELECT n FROM votest.many WHERE n < 5", "mode": "async"}),
    ("cone", "cone_search", {"target": "double"}, {"radius": "0.1 arcmin", "catalogue": "SERVER/tap#votest.stars"}),
    ("simple", "cone_search", {"target": "double"}, {"radius": "0.1 arcmin", "catalogue": "SERVER/votest/q/cone/scs.xml"}),
    ("corners", "polygon_search", {}, {"corners": ["44.9 44.9", "45.1 44.9", "45.0 45.1"], "catalogue": "SERVER/tap#votest.stars"}),
    ("matched", "crossmatch_with_service", {"sources": "stars"}, {"catalogue": "SERVER/tap#votest.stars", "radius": "2 arcsec"}),
    ("spectrum", "spectra", {"target": "of_spectrum"}, {"service": "SERVER/votest/q/ssap/ssap.xml"}),
    ("pointed", "images", {"target": "of_image"}, {"survey": "SERVER/votest/q/siap/siap.xml", "size": "3 arcmin"}),
    ("sitewide", "images", {"target": "of_image"}, {"survey": "SERVER/__system__/siap2/sitewide/siap2.xml", "size": "3 arcmin"}),
]  # fmt: skip

PLANS = {"local": LOCAL, "named": NAMED, "served": SERVED}


def plan_of(registry: Registry, calls: list[Called], files: Sequence[Path] = (), **words: str) -> Plan:
    """A plan of these steps; of arguments that hold one of `words`, it is put in its place."""

    def worded(value: Any) -> Any:
        if isinstance(value, list):
            return [worded(v) for v in value]
        for word, said in words.items():
            value = value.replace(word, said) if isinstance(value, str) else value
        return value

    names = {f.name for f in files}
    steps = []
    for identifier, name, inputs, arguments in calls:
        tool = registry[name]
        steps.append(
            Step(
                id=identifier, tool=name, version=tool.version, kind=str(tool.kind), effects=list(tool.effects), cost=tool.cost(),
                arguments=complete(tool, {k: worded(v) for k, v in arguments.items()}),
                inputs={k: [Ref(step=n) for n in v] if isinstance(v, list) else Ref(file=v) if v in names else Ref(step=v) for k, v in inputs.items()},
            )
        )  # fmt: skip
    readers = {v: registry[name] for _, name, inputs, _ in calls for v in inputs.values() if isinstance(v, str)}
    attached = [
        Attachment(
            name=f.name, sha256=hashlib.sha256(f.read_bytes()).hexdigest(), size=f.stat().st_size, kind=str(readers[f.name].kind), found="a file",
        )
        for f in files
    ]  # fmt: skip
    return Plan(question="What is there?", language="en", goal="SourceTable", files=attached, steps=steps)


def made(conversation: Conversation, plan: Plan, files: Sequence[Path] = ()) -> Run:
    """The plan's run, every step of which made something."""
    run = conversation.run_plan(plan, files)
    status = conversation.decide(run, "approve", "beforehand")
    told = [(e["step"], e["error"]) for name in ("step.failed", "step.empty") for e in run.events(name)]
    assert (status, told) == ("done", []), told
    return run


@dataclasses.dataclass(frozen=True)
class Checked:
    """A run, and how each step of its script compares with it."""

    run: Run
    rows: list[dict[str, Any]]

    @classmethod
    def of(cls, run: Run) -> Checked:
        """As the system itself checked it."""
        (checked,) = run.events("script.checked")
        return cls(run, checked["rows"])


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], list[Checked]]) -> list[Checked]:
    """What `make` makes in a folder; one worker of a session on several makes it for all."""
    root = factory.getbasetemp().parent if os.environ.get("PYTEST_XDIST_WORKER") else factory.getbasetemp()
    done = root / f"{name}.json"
    with FileLock(root / f"{name}.lock"):
        if not done.exists():
            found = make(Path(tempfile.mkdtemp(prefix=f"{name}-", dir=root)))
            done.write_text(json.dumps([[str(c.run.folder), c.rows] for c in found]), encoding="utf-8")
    return [Checked(Run(Path(folder)), rows) for folder, rows in json.loads(done.read_text(encoding="utf-8"))]


# --- nothing is asked


@pytest.fixture(scope="session")
def local(tmp_path_factory: pytest.TempPathFactory) -> list[Checked]:
    """A run that asks nobody."""
    return made_once(tmp_path_factory, "local", _local)


def _local(folder: Path) -> list[Checked]:
    from astropy.table import Table

    rng = np.random.default_rng(7)
    n = 400
    ra, dec = 45.0 + rng.uniform(-1, 1, n), 10.0 + rng.uniform(-1, 1, n)
    stars = {"id": np.arange(n), "ra": ra, "dec": dec, "mag": rng.uniform(10, 18, n)}
    Table(stars).write(folder / "all.csv")
    make_catalogue([folder / "all.csv"], folder / "hats", Stated(epoch=2016.0, frame="ICRS", units=("ra=deg", "dec=deg", "mag=mag"), name="small"), 100)  # fmt: skip
    shutil.copy(next((folder / "hats").rglob("hats.properties")), folder / "hats.properties")
    for name, shift in (("mine.csv", 0.3), ("theirs.vot", -0.3)):
        some = Table({k: v[:60] for k, v in stars.items()})
        some["dec"] += shift / 3600.0
        if name.endswith("vot"):
            some["ra"].unit = some["dec"].unit = "deg"
            some.write(folder / name, format="votable")
        else:
            some.write(folder / name)
    files = [folder / name for name in ("mine.csv", "theirs.vot", "hats.properties")]
    registry = Registry.load()
    plan = plan_of(registry, LOCAL, files, FOLDER=str(folder / "hats"))
    return [Checked.of(made(Conversation(folder / "home", registry, Policy()), plan, files))]


# --- services that are known by name

# The addresses of the modules, and where on loopback they are answered.
PLACES = {
    "https://simbad.cds.unistra.fr/simbad/sim-tap": "/simbad",
    "https://cds.unistra.fr/cgi-bin/nph-sesame": "/sesame",
    "https://ned.ipac.caltech.edu/srs/ObjectLookup": "/ned",
    "https://mast.stsci.edu/vo-tap/api/v0.1/caom": "/plates",
    "https://archive.eso.org/tap_obs": "/none/eso",
    "https://nxsa.esac.esa.int/tap-server/tap": "/none/xmm",
    "https://heasarc.gsfc.nasa.gov/xamin/vo/tap": "/none/heasarc",
    "https://irsa.ipac.caltech.edu/TAP": "/none/irsa",
    "https://ws.cadc-ccda.hia-iha.nrc-cnrc.gc.ca/argus": "/none/cadc",
    "https://almascience.eso.org/tap": "/none/alma",
    "https://dc.g-vo.org/tap": "/none/gavo",
    "https://reg.g-vo.org/tap": "/registry",
    "https://mast.stsci.edu": "",
    "https://irsa.ipac.caltech.edu/cgi-bin/ZTF/nph_light_curves": "/ztf",
    "http://asassn-lb01.ifa.hawaii.edu:9006": "",
    "http://{server}:9006": "/{server}",
    "https://gea.esac.esa.int/tap-server/tap": "/gaia/tap",
    "https://gea.esac.esa.int/data-server/data": "/gaia/data",
    "https://ssd.jpl.nasa.gov/api/horizons.api": "/horizons",
    "https://cgi.minorplanetcenter.net/cgi-bin/mpeph2.cgi": "/mpc",
    "https://api.alerce.online/ztf/v1/objects": "/alerce",
    "https://api.ztf.fink-portal.org/api/v1": "/fink",
    "https://lasair-ztf.lsst.ac.uk/api": "/lasair",
    "https://www.wis-tns.org/api/get": "/tns",
    "https://gcn.nasa.gov/circulars": "/circulars",
    "https://api.adsabs.harvard.edu/v1/search/query": "/ads",
    "https://export.arxiv.org/api/query": "/arxiv",
    "https://alasky.cds.unistra.fr/hips-image-services/hips2fits": "/hips2fits",
    "https://skyserver.sdss.org/dr17/SkyServerWS/SearchTools/SqlSearch": "/sql",
    "https://data.sdss.org/sas/dr17": "/sas",
    "https://www.lamost.org/openapi/dr11/v2.0/lrs": "/lrs",
    "https://astrosparcl.datalab.noirlab.edu/sparc": "/sparc",
}
TOKENS = {"ADS_API_TOKEN": "ads-secret-0123456789", "LASAIR_TOKEN": "lasair-secret-0123456789", "TNS_API_KEY": "tns-secret-0123456789", "TNS_BOT_ID": "4711", "TNS_BOT_NAME": "gnomon_bot"}  # fmt: skip


def _replies_of(tool: str) -> ModuleType:
    """The replies that the tests of a tool serve."""
    spec = importlib.util.spec_from_file_location(
        f"replies_of_{tool}", Path(__file__).with_name("archives") / f"test_{tool}.py"
    )
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def serve_all(server: FaultServer) -> None:
    """Answer what the steps of `NAMED` ask."""
    told = {name: _replies_of(name) for name in ("resolve", "find_data", "light_curves", "alerts", "papers", "images", "spectra")}  # fmt: skip
    _serve_names(server, told["resolve"])
    _serve_observations(server, told["find_data"])
    _serve_light_curves(server, told["light_curves"])
    replies.serve(server, "/horizons", "astroquery/jplhorizons/tests/data/ceres_ephemerides_range.txt")
    server.serve("/mpc", Reply(replies.body("astroquery/mpc/tests/data/2P_ephemeris_500-a-s.html"), content_type="text/html; charset=ISO-8859-1"))  # fmt: skip
    of = told["alerts"]
    server.serve("/alerce", of._pages([of._object(0), of._object(1)]))
    server.serve("/fink", of._json([of._alert("ZTF21a", 2460001.0)]))
    server.serve("/lasair/cone", of._json([{"object": "ZTF17aaajmtw", "separation": 2.39}]))
    server.serve("/lasair/query", of._json([of._lasair_row("ZTF17aaajmtw")]))
    server.serve("/tns/search", of._tns([{"objname": "2023ixf", "prefix": "SN", "objid": 132800}]))
    server.serve("/tns/object", of._tns(of.DETAILS))
    of._serve_circulars(server, [32632, 32635])
    replies.serve(server, "/ads", "astroquery/nasa_ads/tests/data/test_text.txt", content_type="application/json")
    server.serve("/arxiv", told["papers"]._feed([told["papers"]._entry("2401.01234")]))
    server.serve("/hips2fits", told["images"].cut_out)
    _serve_spectra(server, told["spectra"])
    _serve_gaia(server, told["light_curves"], told["spectra"])


def _serve_names(server: FaultServer, of: ModuleType) -> None:
    tap = SqliteTap(simbad_tables(), collate=lambda t: t.lower().removeprefix("name ").replace(" ", ""))
    known = of.mast_answers()["barnard's star", "SIMBAD"]
    tap.add("basic", oid=1, main_id="NAME Barnard's star", ra=known["ra"], dec=known["decl"], pmra=-801.551, pmdec=10362.394, plx_value=546.9759, plx_err=0.0401, otype_txt="BY*", sp_type="M4V")  # fmt: skip
    for alias in ("NAME Barnard's star", of.BARNARD_ID):
        tap.add("ident", id=alias, oidref=1)
    tap.add("ids", ids=f"NAME Barnard's star|{of.BARNARD_ID}", oidref=1)
    tap.add("alltypes", otypes="*|BY*|PM*", oidref=1)
    tap.add("allfluxes", oidref=1, V=9.511, G=8.194)
    server.serve("/simbad", tap)

    def look_up(exchange: Exchange) -> Reply:
        name = unquote(exchange.asked.query)
        if name == "NGC 7777777":
            return Reply(of.sesame(name, ("N=NED", "UGC 99999", 11.0, -1.0, "G")))
        return Reply(of.sesame(name, info=" *** NNNothing found *** "))

    server.serve("/sesame", look_up)
    server.serve("/ned", Reply(b'{"Version":"2.0","Supplier":"NED","ResultCode":0,"StatusCode":100}', content_type="application/json"))  # fmt: skip


def _serve_observations(server: FaultServer, of: ModuleType) -> None:
    given = {"obs_publisher_did": "ivo://x/1", "access_url": "https://a/1", "s_ra": 30.1, "s_dec": -50.0, "dataproduct_type": "image"}  # fmt: skip
    row = tuple(given.get(n, "" if unit is None else None) for n, unit in of._COLUMNS.items())
    region = "POLYGON ICRS 30.0 -50.1 30.2 -50.1 30.2 -50.0 30.0 -50.0"
    server.serve("/plates", Reply(votable([(*row, region)], [*of._fields(), of._text("s_region")]), content_type=VOTABLE))  # fmt: skip
    server.serve("/none", of.NO_ROWS)
    server.serve("/registry", replies.reply(of.REGTAP))


def _serve_light_curves(server: FaultServer, of: ModuleType) -> None:
    of.Archive(server).add(25155310, 1, of.tess_file(25155310, 1))
    server.serve("/ztf", Reply(votable(of.points(of.OID, 21), of.ZTF_COLUMNS), content_type=VOTABLE))
    server.serve("/lookup_cone", of.parquet(of.sources_of_asas_sn((of.ASAS_SN, 60.0, 10.0))))
    server.serve("/get_block_servers", Reply(b'["data05", "data06"]', content_type="application/json"))
    server.serve("/data05/get_block", of.parquet(of.epochs_of_asas_sn()))


def _serve_spectra(server: FaultServer, of: ModuleType) -> None:
    of.rows(server, of.ROW)
    server.serve("/sas", Reply(of.spec(), content_type=of.FITS))
    of.lamost_rows(server, of.LAMOST_ROW)
    server.serve("/lrs/spectrum/fits", Reply(of.coadd(), content_type=of.FITS))
    fields = [{"data_release": release, "newdp": n, "origdp": of.OWN.get(n, n), "storage": "C", "default": True, "all": True} for release in ("DESI-DR1", "DESI-EDR") for n in (*of.DESI_ROW, *of.VECTORS)]  # fmt: skip
    server.serve("/sparc/datafields/", Reply(json.dumps(fields).encode(), content_type="application/json"))
    server.serve("/sparc/find/", of.records(of.DESI_ROW))
    server.serve("/sparc/spectras/", of.records({"sparcl_id": of.DESI_ROW["sparcl_id"], "specid": of.SPECID} | of.VECTORS, head=of.UNITS))  # fmt: skip


def _serve_gaia(server: FaultServer, curves: ModuleType, spectra: ModuleType) -> None:
    """One archive for two tools: what it sends hangs on what is asked for."""
    place = ['name="ra" datatype="double" unit="deg"', 'name="dec" datatype="double" unit="deg"', 'name="phot_g_mean_mag" datatype="float" unit="mag"']  # fmt: skip

    def of_sources(exchange: Exchange) -> Reply:
        flag = next(f for f in ("has_xp_sampled", "has_epoch_photometry") if f in exchange.asked.parameters["QUERY"])
        row = (spectra.SOURCE, *spectra.PLACE) if flag == "has_xp_sampled" else (curves.GAIA, 60.0, 10.0)
        columns = ['name="source_id" datatype="long"', *place, f'name="{flag}" datatype="boolean"']
        return Reply(votable([(*row, 15.0, "true")], columns), content_type=VOTABLE)

    def of_products(exchange: Exchange) -> Reply:
        if str(curves.GAIA) in exchange.asked.parameters["ID"]:
            return curves.epochs()
        return Reply(replies.body(spectra.XP), content_type="application/zip")

    server.serve("/gaia/tap", of_sources)
    server.serve("/gaia/data", of_products)


def moved(value: Any, places: Mapping[str, str], known: dict[int, Any]) -> Any:
    """The same with other addresses in it; the same object where none is there."""
    if id(value) in known:
        return known[id(value)]
    new = value
    if isinstance(value, str):
        real = next((r for r in places if value.startswith(r)), None)
        new = value if real is None else places[real] + value.removeprefix(real)
    elif isinstance(value, dict):
        new = {k: moved(v, places, known) for k, v in value.items()}
        new = value if all(new[k] is v for k, v in value.items()) else new
    elif isinstance(value, tuple | list):
        new = type(value)(moved(v, places, known) for v in value) if type(value) in (tuple, list) else value
        new = value if all(a is b for a, b in zip(new, value, strict=True)) else new
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        old = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
        changed = {k: w for k, v in old.items() if (w := moved(v, places, known)) is not v}
        new = dataclasses.replace(value, **changed) if changed else value
    known[id(value)] = new
    return new


class AtOnce(Executor):
    """Runs what it is given here and now, with what this process has of the modules."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Run it; steps never raise."""
        future: Future[Any] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


@contextmanager
def at_once(*_arguments: Any) -> Iterator[Executor]:
    """In place of `executors.local`."""
    yield AtOnce()


@pytest.fixture(scope="session")
def named(tmp_path_factory: pytest.TempPathFactory) -> list[Checked]:
    """A run against replies of services that are known by name."""
    return made_once(tmp_path_factory, "named", _named)


def _named(folder: Path) -> list[Checked]:
    registry = Registry.load()
    with FaultServer() as server, pytest.MonkeyPatch.context() as patch:
        try:
            serve_all(server)
        except pytest.skip.Exception as missing:  # of a shipped reply; here it would take twenty tools away in silence
            pytest.fail(str(missing))
        # The longest first, since some begin with others.
        places = {real: server.url + PLACES[real] for real in sorted(PLACES, key=len, reverse=True)}
        known: dict[int, Any] = {}
        for name, module in list(sys.modules.items()):
            if name.startswith("gnomon.tools.archives"):
                for called, value in list(vars(module).items()):
                    if not called.startswith("__") and (new := moved(value, places, known)) is not value:
                        patch.setattr(module, called, new)
        for variable, value in TOKENS.items():
            patch.setenv(variable, value)
        patch.setattr(executors, "local", at_once)
        run = made(Conversation(folder / "home", registry, Policy(), check_scripts=False), plan_of(registry, NAMED), [])
        for variable in TOKENS:
            patch.delenv(variable)  # nobody needs a token to play back what was asked with one
        copy = Run(Path(shutil.copytree(run.folder, folder / run.folder.name)))
        # The script carries the constants of the modules as they stand in their files, which are the real addresses; the replies on record
        # are of loopback, where they were asked for, and a request is known by its address.
        script = copy.folder / "script.py"
        text = script.read_text(encoding="utf-8")
        for real, place in places.items():
            assert f'"{real}' in text, f"no module has the address {real} any more"
            text = text.replace(f'"{real}', f'"{place}')
        script.write_text(text, encoding="utf-8")
        asked = server.count()
        checked = check_script(copy)
        assert server.count() == asked, "a script that plays back asks nobody"
    assert checked.rows, f"{checked.verdict}: {checked.why}\n{checked.said}"
    return [Checked(run, checked.rows)]


# --- the real server


@pytest.fixture(scope="session")
def served(vo_server: str, tmp_path_factory: pytest.TempPathFactory) -> list[Checked]:  # noqa: F811
    """A run against the real server."""

    def make(folder: Path) -> list[Checked]:
        registry = Registry.load()
        plan = plan_of(registry, SERVED, SERVER=vo_server)
        return [Checked.of(made(Conversation(folder / "home", registry, Policy()), plan))]

    return made_once(tmp_path_factory, "served", make)
