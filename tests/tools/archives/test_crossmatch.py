"""Matching two tables: every pair of a brute-force search, each at its own epoch, and tables that lose nothing."""

from __future__ import annotations

import json
import warnings

import numpy as np
import pytest
from astropy import units as u
from astropy.table import Column, MaskedColumn, QTable
from astropy.utils.masked import Masked
from hypothesis import given, settings
from hypothesis import strategies as st

import gnomon.tools.archives.crossmatch
import gnomon.tools.archives.positions.matched_pairs
from gnomon.tools.archives.crossmatch import crossmatch
from gnomon.tools.archives.positions.sky_matching import separations, shifted
from gnomon.tools.errors import EmptyResult, InputError
from gnomon.tools.kinds import KINDS
from gnomon.tools.registry import Registry

MAS_YR = u.mas / u.yr
COLUMNS = {"pmra": MAS_YR, "pmdec": MAS_YR, "parallax": u.mas, "radial_velocity": u.km / u.s}


def table(ra, dec, epoch=2016.0, name=None, frame="ICRS", queries=None, **more) -> QTable:
    """A source table; `more` holds motions, and other columns as they are."""
    ra, dec = np.atleast_1d(np.asarray(ra, dtype=float)), np.atleast_1d(np.asarray(dec, dtype=float))
    t = QTable({"id": np.arange(len(ra)), "ra": ra * u.deg, "dec": dec * u.deg})
    position = {"ra": "ra", "dec": "dec", "frame": frame, "epoch": epoch}
    if isinstance(epoch, np.ndarray):
        t["ref_epoch"], position["epoch"] = epoch * u.yr, "ref_epoch"
    for key, unit in COLUMNS.items():
        position[key] = key if key in more else None
        if key in more:
            values = np.broadcast_to(np.asarray(more.pop(key), dtype=float), ra.shape)
            t[key] = (
                Masked(np.nan_to_num(values) * unit, ~np.isfinite(values)) if np.isnan(values).any() else values * unit
            )
    for key, column in more.items():
        t[key] = column
    t.meta.update(position=position, catalogue=name)
    if queries is not None:
        t.meta["queries"] = queries
    return t


def matched(*arguments, **named) -> QTable:
    """A match, whatever it warns of."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return crossmatch(*arguments, **named)


def pairs_of(result: QTable) -> list[tuple[int, int]]:
    return [
        (int(i), int(j))
        for i, j in zip(result["id"], result[result.meta["matching"]["columns_of_others"]["id"]], strict=True)
    ]


def test_it_is_a_tool() -> None:
    registry = Registry.of_modules([gnomon.tools.archives.crossmatch])
    assert list(registry) == ["crossmatch"]
    assert str(registry["crossmatch"].kind) == "SourceTable"


# ------------------------------------------------------------------------------------------- against brute force


def straight(ra, dec, pmra, pmdec, parallax, velocity, years):
    """Direction after some years of straight motion: ESA 1997, volume 1, equation 1.5.52 (1997ESASP1200.....E)."""
    ra, dec = np.radians(ra), np.radians(dec)
    r = np.array([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)])
    east = np.array([-np.sin(ra), np.cos(ra), 0.0])
    north = np.array([-np.sin(dec) * np.cos(ra), -np.sin(dec) * np.sin(ra), np.cos(dec)])
    mas = np.pi / 180 / 3.6e6
    along = velocity * parallax / 4.740470446 * mas if parallax > 0 and np.isfinite(velocity) else 0.0
    there = r * (1 + along * years) + (east * pmra + north * pmdec) * mas * years
    return there / np.linalg.norm(there)


def oracle(one: QTable, two: QTable) -> np.ndarray:
    """Separations of all pairs, arcsec: one by one, by the rule of the docstring."""

    def rows(t: QTable):
        for row in range(len(t)):
            values = {}
            for key in ("ra", "dec", *COLUMNS):
                column = t[key] if key in t.colnames else None
                masked = column is None or bool(np.any(getattr(column, "mask", np.zeros(len(t)))[row]))
                values[key] = np.nan if masked else float(getattr(column, "unmasked", column)[row].value)
            name = t.meta["position"]["epoch"]
            values["epoch"] = float(t[name][row].value) if isinstance(name, str) else name
            yield values

    def direction(star, epoch):
        rates = [star[k] for k in ("pmra", "pmdec")]
        rates = rates if np.isfinite(rates).all() else [0.0, 0.0]
        parallax = np.nan_to_num(star["parallax"])
        return straight(star["ra"], star["dec"], *rates, parallax, star["radial_velocity"], epoch - star["epoch"])

    out = np.zeros((len(one), len(two)))
    others = list(rows(two))
    for i, star in enumerate(rows(one)):
        moving = np.isfinite(star["pmra"] + star["pmdec"])
        for j, other in enumerate(others):
            epoch = other["epoch"] if moving else star["epoch"]
            a = direction(star, epoch)
            b = direction(other, epoch)
            out[i, j] = np.degrees(np.arctan2(np.linalg.norm(np.cross(a, b)), a @ b)) * 3600
    return out


@st.composite
def two_tables(draw):
    """Two fields around a place, the poles and right ascension zero among them, with motions, gaps and epochs."""
    centre = draw(
        st.sampled_from([(0.0, 0.0), (359.9999, 45.0), (120.0, 90.0), (10.0, -90.0), (200.0, -89.99), (75.3, 12.0)])
    )
    radius = draw(st.sampled_from([1.0, 10.0, 120.0]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))

    def one_table(epochs) -> QTable:
        n = int(rng.integers(1, 15))
        size = 2 * radius / 3600
        ra = centre[0] + rng.normal(0, size, n) / max(np.cos(np.radians(centre[1])), 1e-3)
        dec = np.clip(centre[1] + rng.normal(0, size, n), -89.9999, 89.9999)
        motions = {}
        if draw(st.booleans()):
            gap = np.where(rng.random(n) < 0.3, np.nan, 0.0)
            motions = {"pmra": rng.normal(0, radius * 20, n) + gap, "pmdec": rng.normal(0, radius * 20, n)}
            if draw(st.booleans()):
                motions["parallax"] = rng.uniform(-50, 500, n)
                motions["radial_velocity"] = np.where(rng.random(n) < 0.3, np.nan, rng.normal(0, 100, n))
        return table(ra % 360, dec, draw(epochs)(n), **motions)

    def several(low: float, high: float):
        return lambda n: np.round(rng.uniform(low, high, n), 2)

    epochs = st.sampled_from([lambda _n: 2016.0, lambda _n: 2000.0, several(1950.0, 2000.0)])
    return one_table(epochs), one_table(epochs), radius


@settings(max_examples=200, deadline=None)
@given(two_tables())
def test_all_pairs_are_those_of_brute_force(case) -> None:
    one, two, radius = case
    apart = oracle(one, two)
    try:
        result = matched(one, two, radius, pairs="all")
    except EmptyResult:
        assert apart.min() > radius - 0.01
        return
    found = set(pairs_of(result))
    # Light's own time of travel, which ERFA takes into account, makes milliarcseconds here.
    assert {(int(i), int(j)) for i, j in np.argwhere(apart < radius - 0.01)} <= found
    assert found <= {(int(i), int(j)) for i, j in np.argwhere(apart < radius + 0.01)}
    for (i, j), separation in zip(pairs_of(result), result["separation"].to_value("arcsec"), strict=True):
        assert separation == pytest.approx(apart[i, j], abs=0.01)
    assert list(result["id"]) == sorted(result["id"])
    number = {i: sum(k == i for k, _j in found) for i, _j in found}
    assert [int(n) for n in result["number_within_radius"]] == [number[int(i)] for i in result["id"]]
    mates = {j: sum(k == j for _i, k in found) - 1 for _i, j in found}
    assert [int(n) for n in result["number_of_mates"]] == [mates[j] for _i, j in pairs_of(result)]


@settings(max_examples=100, deadline=None)
@given(two_tables())
def test_the_nearest_is_the_nearest_of_all(case) -> None:
    one, two, radius = case
    try:
        every = matched(one, two, radius, pairs="all")
    except EmptyResult:
        with pytest.raises(EmptyResult):
            matched(one, two, radius)
        return
    best: dict[int, tuple[float, int]] = {}
    for (i, j), s in zip(pairs_of(every), every["separation"].value, strict=True):
        best[i] = min(best.get(i, (np.inf, 0)), (float(s), j))
    result = matched(one, two, radius, keep="all_sources")
    assert list(result["id"]) == list(range(len(one)))
    for row, i in enumerate(result["id"]):
        if int(i) in best:
            assert (float(result["separation"][row].value), int(result["id_other"][row])) == best[int(i)]
        else:
            assert result["separation"].mask[row]
            assert result["id_other"].mask[row]
            assert result["number_within_radius"][row] == 0


# ------------------------------------------------------------------------------------------- epochs and motions

# Barnard's star: Gaia DR3 (2022yCat.1355....0G), 2016.0.  61 Cyg A: HIP 104214, van Leeuwen 2007
# (2007A&A...474..653V), 1991.25.  Kapteyn's star: HIP 24186 (1997ESASP1200.....E), at J2000.  Radial velocities: Gaia DR3
# for the first two; that of the third is rounded as commonly quoted, and here only an input to both computations.
STARS = {
    "Barnard": (269.44850252543836, 4.739420051112412, 2016.0, -801.551, 10362.394, 546.9759, -110.47),
    "61 Cyg A": (316.71181137, 38.74149513, 1991.25, 4168.31, 3269.2, 286.82, -65.97),
    "Kapteyn": (77.91909045, -45.0184148, 2000.0, 6506.05, -5731.39, 255.26, 245.2),
}


def star_table(name: str, **more) -> QTable:
    ra, dec, epoch, pmra, pmdec, parallax, velocity = STARS[name]
    return table(ra, dec, epoch, pmra=pmra, pmdec=pmdec, parallax=parallax, radial_velocity=velocity, **more)


@pytest.mark.parametrize("name", STARS)
@pytest.mark.parametrize("years", [-100.0, 100.0])
def test_a_century_of_motion_is_that_of_astropy(name: str, years: float) -> None:
    from astropy.coordinates import SkyCoord
    from astropy.time import Time

    ra, dec, epoch, pmra, pmdec, parallax, velocity = STARS[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of years in which leap seconds are not known
        there = SkyCoord(
            ra * u.deg, dec * u.deg, distance=(parallax * u.mas).to(u.pc, u.parallax()), pm_ra_cosdec=pmra * MAS_YR,
            pm_dec=pmdec * MAS_YR, radial_velocity=velocity * u.km / u.s, obstime=Time(epoch, format="jyear", scale="tdb"),
        ).apply_space_motion(Time(epoch + years, format="jyear", scale="tdb"))  # fmt: skip
    then = table(there.ra.deg, there.dec.deg, epoch + years)
    for one, two in ((star_table(name), then), (then, star_table(name))):
        result = matched(one, two, 1.0)
        assert result["separation"][0] < 1 * u.mas
        assert result.meta["matching"]["epoch"] == two.meta["position"]["epoch"]


def test_61_cygni_is_where_simbad_has_it() -> None:
    # Coordinates of SIMBAD for epoch and equinox J2000, which rest on Gaia; the pair turns round itself in 680 years.
    result = matched(star_table("61 Cyg A"), table(316.7247482895925, 38.74941731943694, 2000.0), 1.0)
    assert result["separation"][0] < 0.25 * u.arcsec


def test_without_its_motion_a_fast_star_is_lost() -> None:
    ra, dec, epoch, *_motion = STARS["Barnard"]
    with pytest.raises(EmptyResult):
        matched(table(ra, dec, epoch), table(269.45402305, 4.66828815, 1991.25), 10.0)
    assert len(matched(star_table("Barnard"), table(269.45402305, 4.66828815, 1991.25), 0.1)) == 1


def test_positions_stay_as_they_are() -> None:
    source = star_table("Barnard")
    result = matched(source, table(269.45402305, 4.66828815, 1991.25), 1.0)
    assert result["ra"][0] == source["ra"][0]
    assert result.meta["position"] == source.meta["position"]
    assert result.meta["matching"]["of_others"]["position"]["ra"] == "ra_other"


def test_who_has_no_motion_is_counted_and_not_looked_for_further_off() -> None:
    still = table([10.0, 20.0], [0.0, 0.0], 2016.0, pmra=[np.nan, 50.0], pmdec=[np.nan, 0.0])
    there = table([10.0, 20.0 - 16 * 0.05 / 3600], [0.0, 0.0], 2000.0)
    with pytest.warns(UserWarning, match="1 of the sources and 2 of the others have no proper motion.* 16 years apart"):
        result = crossmatch(still, there, 0.1, pairs="all")
    assert pairs_of(result) == [(0, 0), (1, 1)]
    assert result.meta["matching"]["sources_without_motion"] == 1


def test_one_epoch_makes_no_words(recwarn) -> None:
    crossmatch(table([10.0], [0.0]), table([10.0], [0.0]), 1.0)
    assert not [w for w in recwarn if issubclass(w.category, UserWarning)]


def test_an_unknown_epoch_on_one_side_is_refused_where_it_matters() -> None:
    known, unknown = table([10.0], [0.0], 2016.0), table([10.0], [0.0], None)
    with pytest.raises(InputError, match=r"which epoch.*of the others.*2016.*Give epoch_of_others"):
        matched(known, unknown, 1.0)
    with pytest.raises(InputError, match="Give epoch_of_sources"):
        matched(unknown, known, 4.9)
    with pytest.warns(UserWarning, match="which epoch the positions of the others are"):
        assert len(crossmatch(known, unknown, 5.0)) == 1
    with pytest.warns(UserWarning, match="Neither table says"):
        assert len(crossmatch(unknown, unknown, 1.0)) == 1
    assert matched(unknown, known, 1.0, epoch_of_sources=2000.0).meta["position"]["epoch"] == 2000.0
    # Stated, it is used: 16 years at 1 arcsec a year.
    mover = table([10.0], [0.0], 2016.0, pmra=1000.0, pmdec=0.0)
    here = table([10.0 - 16 / 3600], [0.0], None)
    assert len(matched(mover, here, 0.1, epoch_of_others=2000.0)) == 1


@pytest.mark.parametrize(
    ("given", "stated", "words"),
    [
        (2016.0, 2000.0, "says that its positions are of 2016, and epoch_of_sources says 2000"),
        (2451545.0, None, "no Julian year"),
        (np.array([57000.0]), None, "no Julian year"),
    ],
)
def test_epochs_that_cannot_be_are_refused(given, stated, words) -> None:
    with pytest.raises(InputError, match=words):
        matched(table([10.0], [0.0], given), table([10.0], [0.0]), 1.0, epoch_of_sources=stated)


def test_rows_without_an_epoch_are_filled_or_told() -> None:
    t = table([10.0, 20.0], [0.0, 0.0], np.array([2000.0, 2000.0]), pmra=1000.0, pmdec=0.0)
    t["ref_epoch"] = Masked([2000.0, 0.0] * u.yr, [False, True])
    there = table([10.0 + 16 / 3600, 20.0 + 16 / 3600], [0.0, 0.0], 2016.0)
    with pytest.warns(UserWarning, match="1 of the sources have no epoch"):
        assert pairs_of(crossmatch(t, there, 0.1)) == [(0, 0)]
    assert pairs_of(matched(t, there, 0.1, epoch_of_sources=2000.0)) == [(0, 0), (1, 1)]


@pytest.mark.parametrize("frame", ["Galactic", "FK5", "J2000"])
def test_other_frames_are_turned(frame: str) -> None:
    from astropy.coordinates import SkyCoord

    rng = np.random.default_rng(5)
    n = 20
    icrs = SkyCoord(
        rng.uniform(0, 360, n) * u.deg, rng.uniform(-80, 80, n) * u.deg,
        pm_ra_cosdec=rng.normal(0, 500, n) * MAS_YR, pm_dec=rng.normal(0, 500, n) * MAS_YR,
    )  # fmt: skip
    turned = icrs.transform_to("galactic" if frame == "Galactic" else "fk5")
    rates = (turned.pm_l_cosb, turned.pm_b) if frame == "Galactic" else (turned.pm_ra_cosdec, turned.pm_dec)
    rates = [np.where(np.arange(n) == 3, np.nan, r.to_value(MAS_YR)) for r in rates]
    places = turned.spherical
    one = table(places.lon.deg, places.lat.deg, 2016.0, frame=frame, pmra=rates[0], pmdec=rates[1])
    two = table(icrs.ra.deg, icrs.dec.deg, 1966.0, pmra=icrs.pm_ra_cosdec.value, pmdec=icrs.pm_dec.value)
    two = table(*_at(two, 1966.0), 1966.0)
    result = matched(one, two, 0.001)
    assert list(result["id"]) == [i for i in range(n) if i != 3]
    with pytest.raises(InputError, match="FK4"):
        matched(table([1.0], [1.0], frame="FK4"), two, 1.0)


def _at(t: QTable, epoch: float):
    from gnomon.tools.archives.positions.sky_matching import moved

    return moved(t["ra"].value, t["dec"].value, t["pmra"].value, t["pmdec"].value, 2016.0, epoch)[:2]


# ------------------------------------------------------------------------------------------------ what is in a table


def wide() -> tuple[QTable, QTable]:
    """Two tables with columns of every sort, of which one name is in both in other letters."""
    one = table([10.0, 20.0, 30.0], [0.0, 0.0, 0.0], name="Gaia DR3")
    one["source_id"] = MaskedColumn([2**62 + 1, 7, 2**62 + 3], mask=[False, True, False], description="identifier")
    one["source_id"].info.meta = {"ucd": "meta.id;meta.main"}
    two = table([30.0, 10.0], [0.0, 0.0], name="2MASS PSC")
    two["Source_ID"] = MaskedColumn([2**62 + 5, 11], mask=[False, True], description="its identifier")
    two["Source_ID"].info.meta = {"ucd": "meta.id"}
    two["name"] = Column(["late", "e"])
    two["k_m"] = Masked([8.0, 9.0] * u.mag, [True, False])
    two["k_m"].info.description, two["k_m"].info.meta = "K", {"ucd": "phot.mag"}
    two["good"] = Column([True, False])
    two["flux"] = np.array([[1.0, 2.0], [3.0, 4.0]], dtype=np.float32) * u.Jy
    two["separation"] = [1.0, 2.0] * u.m
    two["logg"] = u.Dex([4.0, 4.5], unit=u.dex(u.cm / u.s**2))
    return one, two


def test_unmatched_sources_have_masks_and_nothing_else_changes() -> None:
    one, two = wide()
    result = matched(one, two, 1.0, keep="all_sources")
    assert [int(i) for i in result["id"]] == [0, 1, 2]
    assert result["source_id"].dtype == np.int64
    assert int(result["source_id"][0]) == 2**62 + 1
    assert list(result["source_id"].mask) == [False, True, False]
    new = result["Source_ID_2mass_psc"]
    assert new.dtype == np.int64
    assert list(new.mask) == [True, True, False]
    assert int(new[2]) == 2**62 + 5
    assert (new.info.description, new.info.meta) == ("its identifier", {"ucd": "meta.id"})
    assert result["source_id"].info.meta == {"ucd": "meta.id;meta.main"}
    assert list(result["name"].mask) == [False, True, False]
    assert [str(n) for n in result["name"][[0, 2]]] == ["e", "late"]
    assert list(result["k_m"].mask) == [False, True, True]
    assert (result["k_m"].unit, result["k_m"].info.meta["ucd"]) == (u.mag, "phot.mag")
    assert result["good"].dtype == bool
    assert list(result["good"].mask) == [False, True, False]
    assert result["flux"].dtype == np.float32
    assert result["flux"].mask.tolist() == [[False] * 2, [True] * 2, [False] * 2]
    assert result["separation"].unit == u.m
    assert result["separation_2mass_psc"].unit == u.arcsec
    assert result["logg"].unit == u.dex(u.cm / u.s**2)
    assert result.meta["matching"]["columns"]["separation"] == "separation_2mass_psc"
    assert result.meta["matching"]["columns_of_others"]["Source_ID"] == "Source_ID_2mass_psc"
    assert result.meta["matching"]["of_others"]["position"]["ra"] == "ra_2mass_psc"
    assert len(set(map(str.lower, result.colnames))) == len(result.colnames)


def test_matched_rows_keep_types_without_new_masks() -> None:
    one, two = wide()
    result = matched(one, two, 1.0)
    assert [int(i) for i in result["id"]] == [0, 2]
    assert type(result["good"]) is Column
    assert isinstance(result["logg"], u.Dex)
    assert not hasattr(result["flux"], "mask")
    assert result["flux"].value.tolist() == [[3.0, 4.0], [1.0, 2.0]]
    assert list(result["Source_ID_2mass_psc"].mask) == [True, False]


@pytest.mark.parametrize("keep", ["matched", "all_sources"])
def test_inputs_stay_and_the_result_is_kept_as_it_is(keep, tmp_path) -> None:
    one, two = wide()
    two.remove_column("logg")  # astropy cannot store it masked
    codec = KINDS["SourceTable"].codec
    before = codec.digest(one), codec.digest(two)
    result = matched(one, two, 1.0, keep=keep)
    assert (codec.digest(one), codec.digest(two)) == before
    json.dumps(result.meta, allow_nan=False)
    for suffix in (".ecsv", ".parquet"):
        codec.write(result, tmp_path / f"match{suffix}")
        assert codec.digest(codec.read(tmp_path / f"match{suffix}")) == codec.digest(result)


def test_a_match_can_be_matched_again() -> None:
    one, two = wide()
    third = table([10.0, 30.0], [0.0, 0.0], name="2MASS PSC")
    result = matched(matched(one, two, 1.0), third, 1.0)
    assert {
        "ra",
        "ra_2mass_psc",
        "ra_2mass_psc_2",
        "separation",
        "separation_2mass_psc",
        "separation_2mass_psc_2",
    } <= set(result.colnames)
    assert result["separation"].unit == u.m
    assert result.meta["matching"]["of_sources"]["matching"]["matched"] == 2


def test_a_time_cannot_be_left_empty() -> None:
    from astropy.time import Time

    two = table([10.0], [0.0], when=Time([2000.0], format="jyear"))
    assert len(matched(table([10.0], [0.0]), two, 1.0)) == 1
    with pytest.raises(InputError, match=r"'when' holds a Time"):
        matched(table([10.0, 20.0], [0.0, 0.0]), two, 1.0, keep="all_sources")


# ------------------------------------------------------------------------------------------ doubts, and what is told


def test_shared_partners_and_several_candidates_are_told() -> None:
    one = table([10.0, 10.0 + 1 / 3600, 50.0], [0.0, 0.0, 0.0])
    two = table([10.0, 10.0 + 0.2 / 3600], [0.0, 0.0])
    with pytest.warns(UserWarning) as told:
        result = crossmatch(one, two, 1.5)
    words = " ".join(str(w.message) for w in told)
    assert "2 of 2 matched sources have more than one candidate within 1.5 arcsec; the nearest was taken" in words
    assert pairs_of(result) == [(0, 0), (1, 1)]
    assert [int(n) for n in result["number_within_radius"]] == [2, 2]
    assert result.meta["matching"]["ambiguous"] == 2
    with pytest.warns(UserWarning, match="1 of the others are the partner of more than one source"):
        result = crossmatch(one, two[:1], 1.5)
    assert [int(n) for n in result["number_of_mates"]] == [1, 1]
    assert result.meta["matching"]["shared_partners"] == 1
    with pytest.warns(UserWarning, match="each has a row"):
        assert len(crossmatch(one, two, 1.5, pairs="all")) == 4


def test_of_partners_at_one_place_the_first_is_taken() -> None:
    two = table([30.0, 10.0, 10.0], [0.0, 0.0, 0.0])
    assert pairs_of(matched(table([10.0], [0.0]), two, 1.0)) == [(0, 1)]


def test_cut_tables_are_told_and_stay_cut() -> None:
    cut = [{"service": "gaia", "complete": False, "cut_by": "TOP 2000", "rows": 2000, "limit": 2000}]
    whole = [{"service": "vizier", "complete": True, "rows": 5, "limit": None}]
    one, two = table([10.0], [0.0], queries=whole), table([10.0], [0.0], queries=cut, name="Gaia")
    with pytest.warns(
        UserWarning, match=r"table of the others \(Gaia\) is not complete \(cut off by TOP 2000\), so a source"
    ):
        result = crossmatch(one, two, 1.0)
    assert result.meta["queries"] == whole + cut
    assert result.meta["matching"]["of_others"]["complete"] is False
    assert result.meta["matching"]["of_sources"]["complete"] is True
    with pytest.warns(UserWarning, match="so sources are missing"):
        crossmatch(two, one, 1.0)
    assert matched(table([1.0], [1.0]), table([1.0], [1.0]), 1.0).meta["matching"]["of_sources"]["complete"] is None
    one.meta["failed"] = ["Vega", "Deneb"]
    with pytest.warns(UserWarning, match=r"of the sources is not complete \(2 places could not be asked about\)"):
        crossmatch(one, one, 1.0)


def test_positions_that_are_not_there_match_nothing() -> None:
    one = table([10.0, np.nan, 10.0], [0.0, 0.0, 0.0])
    one["dec"] = Masked([0.0, 0.0, 0.0] * u.deg, [False, False, True])
    two = table([10.0, np.nan], [0.0, np.nan])
    with pytest.warns(UserWarning) as told:
        result = crossmatch(one, two, 5.0, keep="all_sources")
    words = " ".join(str(w.message) for w in told)
    assert "2 of the sources have no position" in words
    assert "1 of the others have no position" in words
    assert [int(n) for n in result["number_within_radius"]] == [1, 0, 0]


def test_nothing_found_says_how_much_was_compared() -> None:
    with pytest.raises(
        EmptyResult, match="None of 2 of the sources has any of 1 of the others within 1 arcsec"
    ) as empty:
        matched(table([10.0, 20.0], [0.0, 0.0]), table([30.0], [0.0]), 1.0)
    assert "2 个源" in empty.value.zh
    with pytest.warns(UserWarning, match="No source has any"):
        result = crossmatch(
            table([10.0, 20.0], [0.0, 0.0]), table([30.0], [0.0], k=[1.0] * u.mag), 1.0, keep="all_sources"
        )
    assert result["k"].mask.all()
    for one, two in ((table([], []), table([1.0], [0.0])), (table([1.0], [0.0]), table([], []))):
        with pytest.raises(EmptyResult):
            matched(one, two, 1.0)
        assert len(matched(one, two, 1.0, keep="all_sources")) == len(one)


@pytest.mark.parametrize("radius", [0.0, -1.0, np.nan, 36_001.0])
def test_a_radius_that_is_none_is_refused(radius: float) -> None:
    with pytest.raises(InputError, match="radius"):
        matched(table([1.0], [0.0]), table([1.0], [0.0]), radius)


def test_too_many_pairs_are_refused(monkeypatch) -> None:
    monkeypatch.setattr(gnomon.tools.archives.positions.matched_pairs, "MOST_PAIRS", 8)
    one = table([10.0, 10.0, 10.0], [0.0, 0.0, 0.0])
    with pytest.raises(InputError, match="More than 8 pairs"):
        matched(one, one, 1.0)


def broken(change) -> QTable:
    t = table([10.0], [0.0])
    change(t)
    return t


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: t.meta.pop("position"), "does not say which of its columns are positions"),
        (lambda t: t.meta["position"].update(ra="alpha"), "names a column 'alpha' that it does not have"),
        (lambda t: t.replace_column("ra", Column([10.0])), "has no unit"),
        (lambda t: t.replace_column("ra", [10.0] * u.mag), "does not convert to deg"),
        (lambda t: t.replace_column("ra", Column(["10 20 30"])), "does not hold one number a row"),
        (lambda t: t.replace_column("dec", [100.0] * u.deg), "beyond 90 degrees"),
        (lambda t: t.meta["position"].update(frame="ecliptic"), "not one that can be matched"),
    ],
)
def test_tables_that_cannot_be_matched_are_refused(change, words) -> None:
    with pytest.raises(InputError, match=words):
        matched(broken(change), table([10.0], [0.0]), 1.0)


def test_a_motion_in_no_unit_is_left_out_and_told() -> None:
    t = table([10.0], [0.0], pmra=1000.0, pmdec=0.0)
    t["pmra"] = Column([1000.0])
    with pytest.warns(UserWarning, match="'pmra' of the sources has no unit.* It was left out"):
        result = crossmatch(t, table([10.0], [0.0], 2000.0), 1.0)
    assert result.meta["matching"]["sources_without_motion"] == 1


def test_positions_in_hours_are_right_too() -> None:
    t = table([0.0], [0.0])
    t["ra"] = [2.0] * u.hourangle
    assert len(matched(t, table([30.0], [0.0]), 0.001)) == 1


# ---------------------------------------------------------------------------------------------------------- chance


def test_places_around_are_where_they_should_be() -> None:
    ra, dec = np.array([0.0, 100.0, 30.0, 40.0]), np.array([0.0, 89.999, -90.0, 60.0])
    for angle in (0.0, 45.0, 90.0, 200.0, 315.0):
        assert separations(ra, dec, *shifted(ra, dec, 20.0, angle)) == pytest.approx(20.0, abs=1e-6)
    assert shifted(40.0, 60.0, 3600.0, 0.0)[1] == pytest.approx(61.0)
    assert shifted(40.0, 0.0, 3600.0, 90.0)[0] == pytest.approx(41.0)


def crowd(rng, true: int, lone: int, density: float) -> tuple[QTable, QTable, int]:
    """Sources in one square degree of which some have a partner, among others of a density (per square arcsecond)."""
    n = true + lone
    ra, dec = rng.uniform(10, 11, n), rng.uniform(-0.5, 0.5, n)
    many = rng.poisson(density * 1.1**2 * 3600**2)
    other_ra = np.append(ra[:true] + rng.normal(0, 0.2 / 3600, true), rng.uniform(9.95, 11.05, many))
    other_dec = np.append(dec[:true] + rng.normal(0, 0.2 / 3600, true), rng.uniform(-0.55, 0.55, many))
    return table(ra, dec), table(other_ra, other_dec), true


@pytest.mark.parametrize(("true", "lone"), [(200, 1800), (1800, 200), (0, 2000)])
@pytest.mark.parametrize("density", [0.002, 0.02])
def test_matches_by_chance_are_as_many_as_expected(true: int, lone: int, density: float) -> None:
    rng = np.random.default_rng(true + int(1e4 * density))
    one, two, true = crowd(rng, true, lone, density)
    result = matched(one, two, 2.0)
    by_chance = len(result) - true  # every true partner lies within the radius
    rate = 1 - np.exp(-density * np.pi * 4.0)
    assert abs(by_chance - lone * rate) < 5 * np.sqrt(lone * rate) + 1  # the simulation itself
    expected = result.meta["matching"]["chance"]["expected_by_chance"]
    assert expected == pytest.approx(lone * rate, abs=4 * np.sqrt(lone * rate) + 2)
    every = matched(one, two, 2.0, pairs="all")
    of_pairs = every.meta["matching"]["chance"]["expected_by_chance"]
    assert of_pairs == pytest.approx((true + lone) * density * np.pi * 4.0, rel=0.1)


def test_much_chance_is_told_and_little_is_not() -> None:
    one, two, _true = crowd(np.random.default_rng(3), 100, 900, 0.01)
    with pytest.warns(UserWarning, match="are expected by chance, as sources shifted by 10 arcsec tell"):
        crossmatch(one, two, 2.0)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        crossmatch(one[:100], two, 0.8)
    assert "by chance" not in " ".join(str(w.message) for w in told)
    with pytest.warns(UserWarning, match="is wide"):
        crossmatch(one[:100], two, 10.0)
