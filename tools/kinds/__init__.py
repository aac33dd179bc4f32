"""The kinds: what a value *is* in astronomy, and which of the ecosystem's containers holds it.

The names below may be used in the annotations of tools.  They are aliases of the ecosystem's own types and are bound
for type checkers only, so importing this module loads nothing.

=====================  ==================================  =====================================================
kind                   container                           columns, variables
=====================  ==================================  =====================================================
``LightCurve``         `astropy.table.QTable`              ``time`` [d], ``flux``, ``flux_err``
``RadialVelocities``   `astropy.table.QTable`              ``time`` [d], ``rv`` [m/s], ``rv_err`` [m/s], ``instrument``
``Periodogram``        `astropy.table.QTable`              ``period`` [d], ``power`` and what the method adds
``TransitCandidates``  `astropy.table.QTable`              one row a signal: ``period``, ``epoch``, ``duration``, ``depth`` ...
``Posterior``          `arviz.InferenceData`               draws, by name, with unit and meaning as attributes
``Measurements``       `astropy.table.Table`               ``quantity, of, value, lower, upper, level, unit``
``Figure``             `matplotlib.figure.Figure`          the caption is its label
``Target``             `astropy.table.QTable`              one row an object: ``name``, ``ra`` [deg], ``dec`` [deg] ...
``SourceTable``        `astropy.table.QTable`              whatever a catalogue has; where its positions are, see below
``Catalogue``          `astropy.table.QTable`              one row a file of a catalogue on disk, which is held by reference
``Columns``            `astropy.table.QTable`              one row a column of a service's tables: ``table_name``, ``column_name``
``Holdings``           `astropy.table.QTable`              one row a data product: ``service``, ``product``, ``access_url`` ...
``Spectrum``           `astropy.table.QTable`              ``wavelength`` [Angstrom], ``flux``, ``flux_err``
``Image``              `astropy.nddata.CCDData`            pixels with their WCS
``Ephemeris``          `astropy.table.QTable`              ``time`` [d], ``ra`` [deg], ``dec`` [deg] of a moving body ...
``Notices``            `astropy.table.QTable`              one row an alert: ``identifier``, ``time`` [d] ...
``References``         `astropy.table.QTable`              one row a paper: ``identifier``, ``title`` ...
``Passages``           `astropy.table.QTable`              one row a passage of a document: ``key``, ``text``, ``start`` ...
``Quotes``             `astropy.table.QTable`              one row a quotation: ``key``, ``quote``, ``start``, ``end`` ...
``ObjectTable``        `astropy.table.QTable`              one row an object: ``name`` and whatever was measured of it
``MultibandLightCurves`` `astropy.table.QTable`            one row a point: ``object``, ``time`` [d], ``band``, ``flux``, ``flux_err``
``DynamicSpectrum``    `astropy.nddata.CCDData`            power, frequency channels by time samples, see below
``VoltageRecords``     `astropy.table.QTable`              one row a sample: ``record``, ``time`` [s] from the first sample of the record, ``voltage``
``Classification``     `astropy.table.QTable`              one row an object: ``name``, ``class``, ``probability``, ``in_domain`` ...
``Redshifts``          `astropy.table.QTable`              one row an object: ``name``, ``z``, ``z_lower``, ``z_upper``, ``in_domain`` ...
``Ranking``            `astropy.table.QTable`              one row a candidate, the best first: ``name``, ``score``, ``in_domain`` ...
``Telescopes``         `astropy.table.QTable`              one row a telescope, instrument and mode, see below
``ObservingRequests``  `astropy.table.QTable`              one row a visit that is wished: ``request``, ``visit``, ``target`` ...
``Visibility``         `astropy.table.QTable`              one row a target, telescope and window: ``target``, ``telescope``, ``start`` [d] ...
``PredictedEvents``    `astropy.table.QTable`              one row an event and a telescope: ``target``, ``ingress``, ``mid``, ``egress`` [d], ``telescope``, ``seen``
``ObservingEvents``    `astropy.table.QTable`              one row something that happened: ``time`` [d], ``kind``, ``of``
``Schedule``           `astropy.table.QTable`              one row a planned visit: ``request``, ``visit``, ``telescope``, ``start``, ``end`` [d] ...
``Verification``       `astropy.table.QTable`              one row a finding of the verifier: ``code``, ``place``, ``sentence``
``SkyMap``             `astropy.table.QTable`              one row a HEALPix cell: ``uniq``, ``probdensity`` [1/sr], perhaps distances
``Drafts``             `astropy.table.QTable`              one row a file that may be handed over: ``form``, ``name``, ``content``, ``digest`` ...
``Submissions``        `astropy.table.QTable`              one row a payload: ``payload``, ``facility``, ``key``, ``state``, ``identifier``, ``said``
=====================  ==================================  =====================================================

Time columns are numbers of days with ``meta["time_reference"]`` = ``{"name", "zero_jd", "scale"}`` (a field that the
file did not give is None), since a light curve from a bare CSV has no absolute time and inventing one would be a lie.

What comes from an archive (``Target``, ``SourceTable``, ``Holdings``) has columns with units, descriptions and UCDs
(``info.description``, ``info.meta["ucd"]``), identifiers as integers or text and never as floats, and masks where the archive gave no
value.  ``meta["position"]`` says where positions are: the columns ``ra`` and ``dec`` (degrees), the ``frame``, the ``epoch`` (a
Julian year, or the name of a column of them, or None where nobody says) and the columns ``pmra`` (times cos dec), ``pmdec``, ``parallax``,
``radial_velocity`` or None.  ``meta["queries"]`` is a list with one record for each query that the rows came from: ``service``, ``release``, ``text``,
``time``, ``rows``, ``limit``, ``complete`` (false where rows were cut off, None where the service cannot tell), ``cut_by``, ``sha256`` of
the reply, ``stale`` (whether the reply is an old one).

What a trained model made (``Classification``, ``Redshifts``, ``Ranking``) has ``meta["model"]``: ``name``, ``sha256`` of its weights, ``device``
and ``card``, the line of its card that matters.  ``in_domain`` is the p-value of its guard: below 0.01 the input is unlike what the model knows.
A ``Classification`` has a column ``p_CLASS`` for each class; ``Redshifts`` have the column ``density`` over ``meta["grid"]``.

``Telescopes``, ``ObservingRequests``, ``ObservingEvents`` and ``Schedule`` carry in ``meta["document"]`` the document (docs/reference/observing.md) whose rows they show.

A ``DynamicSpectrum`` has ``meta`` with ``frequency_mhz`` of each channel, ``time_step_s``, ``start_mjd`` (or None), ``source`` and ``telescope``.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from pathlib import Path

    from arviz import InferenceData
    from astropy.nddata import CCDData
    from astropy.table import QTable, Table
    from matplotlib.figure import Figure as _Figure

    LightCurve = QTable
    RadialVelocities = QTable
    Periodogram = QTable
    TransitCandidates = QTable
    Posterior = InferenceData
    Measurements = Table
    Target = QTable
    SourceTable = QTable
    Catalogue = QTable
    Columns = QTable
    Holdings = QTable
    Spectrum = QTable
    Image = CCDData
    Ephemeris = QTable
    Notices = QTable
    References = QTable
    Passages = QTable
    Quotes = QTable
    ObjectTable = QTable
    MultibandLightCurves = QTable
    DynamicSpectrum = CCDData
    VoltageRecords = QTable
    Classification = QTable
    Redshifts = QTable
    Ranking = QTable
    Telescopes = QTable
    ObservingRequests = QTable
    Visibility = QTable
    PredictedEvents = QTable
    ObservingEvents = QTable
    Schedule = QTable
    Verification = QTable
    SkyMap = QTable
    Drafts = QTable
    Submissions = QTable
    Figure = _Figure
    File = Path
    Weights = Path


class Codec(Protocol):
    """How values of one container are stored, hashed by content, previewed and checked."""

    def suffix(self, value: Any) -> str:
        """File ending for `value`, such as ``.ecsv``."""

    def write(self, value: Any, path: Path) -> None:
        """Write `value`; the same value gives the same bytes."""

    def read(self, path: Path) -> Any:
        """Read what `write` wrote."""

    def digest(self, value: Any) -> str:
        """SHA-256 of the content, whatever the file format."""

    def parts(self, value: Any) -> dict[str, Any]:
        """The content of `value` as plain arrays with a plain header: ``form, header, columns, masks``."""

    def preview(self, value: Any) -> str:
        """One line for a person."""

    def check(self, value: Any, kind: KindInfo) -> str | None:
        """Why `value` is not a good value of `kind`, or None."""


@dataclass(frozen=True)
class KindInfo:
    """One kind: its container, the module that stores it, and the columns it must have."""

    name: str
    container: str
    codec_module: str
    columns: tuple[tuple[str, str | None], ...] = ()  # (name, unit that it must convert to, or None)
    meaning: str = ""

    @property
    def needs(self) -> tuple[str, ...]:
        """Import names that its files need, although no line of the codec imports them."""
        return _NEEDS[self.codec_module]

    @property
    def codec(self) -> Codec:
        """The codec, loaded when first asked for."""
        module: Codec = importlib.import_module(self.codec_module)
        return module


_TABLE = "gnomon.tools.kinds.tables"
_POSTERIOR = "gnomon.tools.kinds.posteriors"
_FIGURE = "gnomon.tools.kinds.figures"
_IMAGE = "gnomon.tools.kinds.images"
_CATALOGUE = "gnomon.tools.kinds.catalogues"
# What astropy and xarray load by the name of a format.
_NEEDS: dict[str, tuple[str, ...]] = {
    _TABLE: ("pyarrow", "yaml"),
    _CATALOGUE: ("pyarrow", "yaml"),
    _POSTERIOR: ("h5netcdf",),
    _FIGURE: (),
    _IMAGE: (),
}

KINDS: dict[str, KindInfo] = {
    k.name: k
    for k in (
        KindInfo(
            "LightCurve",
            "astropy.table.QTable",
            _TABLE,
            (("time", "d"), ("flux", None), ("flux_err", None)),
            "brightness against time",
        ),
        KindInfo(
            "RadialVelocities",
            "astropy.table.QTable",
            _TABLE,
            (("time", "d"), ("rv", "m/s"), ("rv_err", "m/s"), ("instrument", None)),
            "velocity along the line of sight against time",
        ),
        KindInfo(
            "Periodogram",
            "astropy.table.QTable",
            _TABLE,
            (("period", "d"), ("power", None)),
            "strength of a periodic signal against period",
        ),
        KindInfo(
            "TransitCandidates",
            "astropy.table.QTable",
            _TABLE,
            (("period", "d"), ("epoch", "d"), ("duration", "d"), ("depth", None)),
            "periodic dips that may be planets, with their significance",
        ),
        KindInfo("Posterior", "arviz.InferenceData", _POSTERIOR, (), "draws from a posterior distribution"),
        KindInfo(
            "Measurements",
            "astropy.table.Table",
            _TABLE,
            (
                ("quantity", None),
                ("of", None),
                ("value", None),
                ("lower", None),
                ("upper", None),
                ("level", None),
                ("unit", None),
            ),
            "numbers with uncertainty, for people",
        ),
        KindInfo(
            "Target",
            "astropy.table.QTable",
            _TABLE,
            (("name", None), ("ra", "deg"), ("dec", "deg")),
            "where objects are on the sky, at which epoch, and what they are",
        ),
        KindInfo("SourceTable", "astropy.table.QTable", _TABLE, (), "rows of a catalogue"),
        KindInfo(
            "Catalogue",
            "astropy.table.QTable",
            _CATALOGUE,
            (
                ("file", None),
                ("order", None),
                ("pixel", None),
                ("rows", None),
                ("bytes", None),
                ("footer_sha256", None),
            ),
            "a catalogue on disk that is too large to be loaded",
        ),
        KindInfo(
            "Columns",
            "astropy.table.QTable",
            _TABLE,
            (("table_name", None), ("column_name", None), ("unit", None), ("ucd", None), ("description", None)),
            "the tables that a service has, and their columns",
        ),
        KindInfo(
            "Holdings",
            "astropy.table.QTable",
            _TABLE,
            (("service", None), ("product", None), ("access_url", None)),
            "data that archives hold, and where to get them",
        ),
        KindInfo(
            "Spectrum",
            "astropy.table.QTable",
            _TABLE,
            (("wavelength", "Angstrom"), ("flux", None), ("flux_err", None)),
            "brightness against wavelength",
        ),
        KindInfo("Image", "astropy.nddata.CCDData", _IMAGE, (), "a picture of the sky with its coordinates"),
        KindInfo(
            "Ephemeris",
            "astropy.table.QTable",
            _TABLE,
            (("time", "d"), ("ra", "deg"), ("dec", "deg")),
            "where a moving body is, against time",
        ),
        KindInfo(
            "Notices",
            "astropy.table.QTable",
            _TABLE,
            (("identifier", None), ("time", "d")),
            "alerts and notices of objects that change",
        ),
        KindInfo(
            "References",
            "astropy.table.QTable",
            _TABLE,
            (("identifier", None), ("title", None)),
            "papers, with what is known of them",
        ),
        KindInfo(
            "Passages",
            "astropy.table.QTable",
            _TABLE,
            (("key", None), ("text", None), ("start", None), ("end", None)),
            "passages of documents, with where they stand",
        ),
        KindInfo(
            "Quotes",
            "astropy.table.QTable",
            _TABLE,
            (("key", None), ("quote", None), ("start", None), ("end", None)),
            "what documents say, word for word, with where it stands",
        ),
        KindInfo(
            "ObjectTable",
            "astropy.table.QTable",
            _TABLE,
            (("name", None),),
            "what was measured of objects, one row each",
        ),
        KindInfo(
            "MultibandLightCurves",
            "astropy.table.QTable",
            _TABLE,
            (("object", None), ("time", "d"), ("band", None), ("flux", None), ("flux_err", None)),
            "brightness of objects against time in several bands",
        ),
        KindInfo(
            "DynamicSpectrum",
            "astropy.nddata.CCDData",
            _IMAGE,
            (),
            "power against radio frequency and time",
        ),
        KindInfo(
            "VoltageRecords",
            "astropy.table.QTable",
            _TABLE,
            (("record", None), ("time", "s"), ("voltage", None)),
            "voltages of a receiver against time, in fractions of a second",
        ),
        KindInfo(
            "Classification",
            "astropy.table.QTable",
            _TABLE,
            (("name", None), ("class", None), ("probability", None), ("in_domain", None)),
            "what objects are, with probabilities",
        ),
        KindInfo(
            "Redshifts",
            "astropy.table.QTable",
            _TABLE,
            (("name", None), ("z", None), ("z_lower", None), ("z_upper", None), ("in_domain", None)),
            "redshifts with their probability densities",
        ),
        KindInfo(
            "Ranking",
            "astropy.table.QTable",
            _TABLE,
            (("name", None), ("score", None), ("in_domain", None)),
            "candidates, the most promising first",
        ),
        KindInfo(
            "Telescopes",
            "astropy.table.QTable",
            _TABLE,
            (("telescope", None), ("site", None), ("instrument", None), ("mode", None)),
            "what can observe: sites, telescopes, instruments and their limits",
        ),
        KindInfo(
            "ObservingRequests",
            "astropy.table.QTable",
            _TABLE,
            (("request", None), ("visit", None), ("target", None), ("ra", "deg"), ("dec", "deg"), ("priority", None)),
            "observations that are wished",
        ),
        KindInfo(
            "Visibility",
            "astropy.table.QTable",
            _TABLE,
            (("target", None), ("telescope", None), ("start", "d"), ("end", "d")),
            "when targets can be observed from where, and why not",
        ),
        KindInfo(
            "PredictedEvents",
            "astropy.table.QTable",
            _TABLE,
            (("target", None), ("telescope", None), ("ingress", "d"), ("mid", "d"), ("egress", "d"), ("seen", None)),
            "when transits or other events come, and who can follow them",
        ),
        KindInfo(
            "ObservingEvents",
            "astropy.table.QTable",
            _TABLE,
            (("time", "d"), ("kind", None), ("of", None)),
            "what happened in a night of observations",
        ),
        KindInfo(
            "Schedule",
            "astropy.table.QTable",
            _TABLE,
            (("request", None), ("visit", None), ("telescope", None), ("start", "d"), ("end", "d")),
            "who observes what, and when",
        ),
        KindInfo(
            "Verification",
            "astropy.table.QTable",
            _TABLE,
            (("code", None), ("place", None), ("sentence", None)),
            "what an independent check of a schedule found",
        ),
        KindInfo(
            "SkyMap",
            "astropy.table.QTable",
            _TABLE,
            (("uniq", None), ("probdensity", "1/sr")),
            "where on the sky an event was, as probabilities",
        ),
        KindInfo(
            "Drafts",
            "astropy.table.QTable",
            _TABLE,
            (("form", None), ("name", None), ("content", None), ("digest", None)),
            "observing lists and requests to facilities, sent by nobody",
        ),
        KindInfo(
            "Submissions",
            "astropy.table.QTable",
            _TABLE,
            (
                ("payload", None),
                ("facility", None),
                ("key", None),
                ("state", None),
                ("identifier", None),
                ("said", None),
            ),
            "what facilities said of observations that were handed to them",
        ),
        KindInfo("Figure", "matplotlib.figure.Figure", _FIGURE, (), "a picture with its caption"),
    )
}
