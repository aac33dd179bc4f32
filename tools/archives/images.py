"""The tool `images`: pictures of the sky around an object, cut to size."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import urlencode

from gnomon.tools.archives.asking.query_records import record_of
from gnomon.tools.archives.asking.reply_costs import cost_of_images
from gnomon.tools.archives.asking.service_session import open_session
from gnomon.tools.archives.products.data_products import Place, Products, absolute_address, list_products, place_of
from gnomon.tools.archives.products.fits_files import FitsFile, fetch_fits, plain_header
from gnomon.tools.archives.tables.table_queries import TableService
from gnomon.tools.errors import BrokenReply, EmptyResult, InputError
from gnomon.tools.registry import tool

if TYPE_CHECKING:
    from gnomon.tools.kinds import Image, Target

# https://alasky.cds.unistra.fr/hips-image-services/hips2fits
CUT_OUTS = "https://alasky.cds.unistra.fr/hips-image-services/hips2fits"
_LARGEST_SIDE = 5000  # pixels; the service gives 50 million at most
_LISTED = 500  # products of a service; a field of two degrees has at most some hundreds in one survey
# Of the asked side, by which pixels may be larger than asked before something is wrong: the corners of a projection.
_PLACE_SLACK = 1.0  # pixels


@dataclass(frozen=True)
class Survey:
    """A survey of which pictures can be cut out.

    Attributes
    ----------
    hips : str
        Identifier of its HiPS at the CDS.
    epochs : tuple of float or None
        Julian years in which it was taken.
    pixel : float
        Arcseconds of a pixel of the survey's own images.
    """

    hips: str
    epochs: tuple[float, float] | None
    pixel: float


# Years and pixels: DSS, Reid et al. 1991, 1991PASP..103..661R; 2MASS, Skrutskie et al. 2006, 2006AJ....131.1163S; Pan-STARRS, Chambers et
# al. 2016, 2016arXiv161205560C; SDSS, York et al. 2000, 2000AJ....120.1579Y; AllWISE, Wright et al. 2010, 2010AJ....140.1868W; GALEX, Martin
# et al. 2005, 2005ApJ...619L...1M.
SURVEYS: dict[str, Survey] = {
    "DSS2 blue": Survey("CDS/P/DSS2/blue", (1974.0, 1994.0), 1.0),
    "DSS2 red": Survey("CDS/P/DSS2/red", (1985.0, 1999.0), 1.0),
    "DSS2 NIR": Survey("CDS/P/DSS2/NIR", (1978.0, 2002.0), 1.0),
    "2MASS J": Survey("CDS/P/2MASS/J", (1997.4, 2001.2), 1.0),
    "2MASS H": Survey("CDS/P/2MASS/H", (1997.4, 2001.2), 1.0),
    "2MASS K": Survey("CDS/P/2MASS/K", (1997.4, 2001.2), 1.0),
    "Pan-STARRS g": Survey("CDS/P/PanSTARRS/DR1/g", (2009.5, 2014.3), 0.25),
    "Pan-STARRS r": Survey("CDS/P/PanSTARRS/DR1/r", (2009.5, 2014.3), 0.25),
    "Pan-STARRS i": Survey("CDS/P/PanSTARRS/DR1/i", (2009.5, 2014.3), 0.25),
    "Pan-STARRS z": Survey("CDS/P/PanSTARRS/DR1/z", (2009.5, 2014.3), 0.25),
    "Pan-STARRS y": Survey("CDS/P/PanSTARRS/DR1/y", (2009.5, 2014.3), 0.25),
    "SDSS g": Survey("CDS/P/SDSS9/g", (1998.7, 2009.9), 0.396),
    "SDSS r": Survey("CDS/P/SDSS9/r", (1998.7, 2009.9), 0.396),
    "SDSS i": Survey("CDS/P/SDSS9/i", (1998.7, 2009.9), 0.396),
    "WISE W1": Survey("CDS/P/allWISE/W1", (2010.0, 2011.1), 1.375),
    "WISE W2": Survey("CDS/P/allWISE/W2", (2010.0, 2011.1), 1.375),
    "WISE W3": Survey("CDS/P/allWISE/W3", (2010.0, 2011.1), 1.375),
    "WISE W4": Survey("CDS/P/allWISE/W4", (2010.0, 2011.1), 1.375),
    "GALEX FUV": Survey("CDS/P/GALEXGR6_7/FUV", (2003.4, 2012.1), 1.5),
    "GALEX NUV": Survey("CDS/P/GALEXGR6_7/NUV", (2003.4, 2012.1), 1.5),
}
_OTHER_NAMES = {
    "dss": "DSS2 red", "dss2": "DSS2 red", "poss": "DSS2 red", "2mass": "2MASS K", "panstarrs": "Pan-STARRS r", "ps1": "Pan-STARRS r",
    "sdss": "SDSS r", "wise": "WISE W1", "allwise": "WISE W1", "galex": "GALEX NUV",
}  # fmt: skip


@tool(
    version="1.0",
    effects=("read_network",),
    comparison="exact",
    seconds=8.0,
    cost=cost_of_images,
    citations=(
        "Fernique et al. 2015, Hierarchical progressive surveys: multi-resolution HEALPix data structures for astronomical images, doi:10.1051/0004-6361/201526075",
        "Tody, Plante & Harrison 2009, Simple Image Access Specification Version 1.0, 2009ivoa.spec.1111T",
        "Dowler, Bonnarel & Tody 2015, IVOA Simple Image Access Version 2.0, 2015ivoa.spec.1223D",
        "Greisen & Calabretta 2002, Representations of world coordinates in FITS, doi:10.1051/0004-6361:20021326",
    ),
    examples=(
        "Get a DSS image of M 51, 10 arcmin across",
        "Show me a 2MASS K cut-out around this star",
        "Fetch a 5 arcmin Pan-STARRS r-band image of NGC 1068",
        "Download a FITS cutout of the field around RA 83.63 Dec 22.01 from WISE W1",
        "Give me a finding chart image from DSS2 red",
        "SDSS r image of the galaxy, 3 arcmin",
        "Which images does this SIA service have of the target? Fetch one",
        "GALEX NUV picture of M 101",
        "Retrieve a near-infrared image of the Orion nebula",
        "Cut out 2 arcmin around the quasar from Pan-STARRS i",
        "I need the sky image at the position of the supernova",
        "Get the image of the field from https://dc.g-vo.org/… (SIAP)",
        "给我 M51 的 DSS 图像，10 角分",
        "下载这颗星周围的 2MASS K 波段截图",
        "获取 NGC 1068 的 5 角分 Pan-STARRS r 波段图像",
        "从 WISE W1 截取这个位置的 FITS 图像",
        "我要一张 DSS2 红光的证认图",
        "这个星系的 SDSS r 波段图像，3 角分",
        "从这个 SIA 服务取目标的图像",
        "M101 的 GALEX 近紫外图像",
        "获取猎户座大星云的近红外图像",
        "截取类星体周围 2 角分的 Pan-STARRS i 图",
        "超新星位置的天区图像",
        "看看这个目标在光学波段长什么样，下载图像",
    ),
    summary_zh="获取目标周围的天区图像（HiPS 截图或任何 SIA 服务）。",
    method="An image of {size} around the object was taken from {survey}.",
    method_zh="从 {survey} 取得目标周围 {size} 的图像。",
)
def images(
    target: Target,
    survey: Annotated[
        str,
        "survey",
        "DSS2 red",
        "DSS2 blue",
        "DSS2 NIR",
        "2MASS J",
        "2MASS H",
        "2MASS K",
        "Pan-STARRS r",
        "Pan-STARRS g",
        "Pan-STARRS i",
        "Pan-STARRS z",
        "Pan-STARRS y",
        "SDSS r",
        "SDSS g",
        "SDSS i",
        "WISE W1",
        "WISE W2",
        "WISE W3",
        "WISE W4",
        "GALEX NUV",
        "GALEX FUV",
    ] = "DSS2 red",
    size: Annotated[float, "arcmin", "(0, 120]"] = 5.0,
    pixel: Annotated[float, "arcsec", "(0, 60]"] | None = None,
    protocol: Literal["auto", "SIA1", "SIA2"] = "auto",
    which: Annotated[int, "[1, 500]"] = 1,
) -> Image:
    """Fetch a picture of the sky around an object, cut to size.

    Parameters
    ----------
    target : Target
        One object.  It is moved to the years of the survey where its motion and these are known.
    survey : str
        A known one (DSS2 blue, red and NIR; 2MASS J, H and K; Pan-STARRS g, r, i, z and y; SDSS g, r and i; WISE W1 to W4; GALEX FUV and NUV), the identifier of
        any HiPS at the CDS (``CDS/P/…``), or the address of any simple image access service (``https://…``).
    size : float
        Side of the square, arcmin.
    pixel : float, optional
        Arcseconds of a pixel of a HiPS cut-out; by default those of the survey's own images, or more where the side would have more than 5000.
        Images of other services keep their own pixels.
    protocol : {"auto", "SIA1", "SIA2"}
        Version of the protocol of a service given by its address; ``auto`` looks for a 2 in it (``sia2``, ``siap2``, ``/v2``).
    which : int
        Which of the images that a service lists, from the one whose centre is nearest to the object; a HiPS has only one.

    Returns
    -------
    Image
        Pixels as the file has them, in its unit where it states one (``meta["unit"]`` says so), with a celestial WCS; pixels that are not finite are
        masked.  A cut-out of a HiPS is resampled: fit for looking and for finding, not for photometry to the percent
        (``meta["resampled"]``).  ``meta`` has ``object``, ``survey``, ``position`` of the object in ICRS, ``header`` with the file's other cards, ``product`` and
        ``queries``.

    Raises
    ------
    InputError
        For no single object, a survey that is not known, or a number that the list does not have.
    EmptyResult
        Where the survey or service has no image there.
    ServiceError
        Where it could not be asked, or what came is not the image asked for.

    Warns
    -----
    UserWarning
        Where a service lists several images, the image does not reach all around, or its unit is not stated.
    """
    if not 0.0 < size <= 120.0 or (pixel is not None and not 0.0 < pixel <= 60.0):
        raise InputError(
            f"No image of {size:g} arcmin with pixels of {pixel} arcsec can be made.",
            remedy="Give a side up to 120 arcmin and pixels up to 60 arcsec.",
        )
    if survey.lower().startswith(("http://", "https://")):
        if pixel is not None:
            warnings.warn(
                "Images of this service keep their own pixels; the size of a pixel was not used.", stacklevel=2
            )
        return _of_service(target, survey, size, protocol, which)
    if which > 1:
        raise InputError(
            f"{survey} has one image of each place, so there is no number {which}.", remedy="Leave it out."
        )
    return _of_hips(target, survey, size, pixel)


# --- HiPS


def _known(survey: str) -> tuple[str, Survey]:
    plain = "".join(c for c in survey.lower() if c.isalnum())
    for name, known in SURVEYS.items():
        if "".join(c for c in name.lower() if c.isalnum()) == plain or known.hips.lower() == survey.strip().lower():
            return name, known
    if plain in _OTHER_NAMES:
        return _OTHER_NAMES[plain], SURVEYS[_OTHER_NAMES[plain]]
    if survey.count("/") >= 2 and " " not in survey.strip():
        return survey.strip(), Survey(survey.strip(), None, 1.0)
    raise InputError(
        f"No survey called {survey!r} is known.",
        remedy=f"Known are {', '.join(SURVEYS)}; else give the identifier of a HiPS (CDS/P/…) or the address of an image service.",
    )


def _of_hips(target: Target, survey: str, size: float, pixel: float | None) -> Image:
    import numpy as np

    name, known = _known(survey)
    service = f"{name} at the CDS"
    place = place_of(target, 30.0 * size, known.epochs, name)
    side = math.ceil(size * 60.0 / (pixel or known.pixel))
    if side > _LARGEST_SIDE and pixel is not None:
        raise InputError(
            f"An image of {size:g} arcmin with pixels of {pixel:g} arcsec has {side} pixels a side, and {_LARGEST_SIDE} are possible.",
            remedy="Ask for larger pixels or a smaller image.",
        )
    side = max(2, min(side, _LARGEST_SIDE))
    asked_for = {
        "hips": known.hips, "width": side, "height": side, "fov": repr(size / 60.0), "projection": "TAN", "coordsys": "icrs",
        "ra": repr(place.ra), "dec": repr(place.dec), "format": "fits",
    }  # fmt: skip
    file = fetch_fits(f"{CUT_OUTS}?{urlencode(asked_for)}", service)
    image = _image_of(file, place, name)
    if image.data.shape != (side, side):
        raise file.broken(f"is not what was asked for: {image.data.shape[1]} x {image.data.shape[0]} pixels in place of {side} x {side}")  # fmt: skip
    x, y = _pixel_of(image, place)
    if not np.hypot(x - (side - 1) / 2, y - (side - 1) / 2) <= _PLACE_SLACK:
        raise file.broken("shows another place than the one asked for")
    finite = image.data[np.isfinite(image.data)]
    # Outside of a survey some HiPS have no values and others one value everywhere.
    if not finite.size or finite.min() == finite.max():
        raise EmptyResult(
            f"{name} has no image of {place.name} ({place.ra:.5f}, {place.dec:+.5f} deg): the cut-out is empty.",
            remedy="The service was asked and it answered, so this is a result; take another survey.",
            zh=f"{name} 没有 {place.name} 处的图像。",
        )
    image.meta["resampled"] = True
    text = urlencode(asked_for)
    image.meta["queries"] = [record_of(service, CUT_OUTS, text, file.asked, 1, release=known.hips)]
    _tell_gaps(image, name)
    return image


# --- simple image access


def _of_service(target: Target, address: str, size: float, protocol: str, which: int) -> Image:
    import numpy as np

    service = TableService(address.split("//", 1)[1].split("/", 1)[0], address)
    place = place_of(target, 30.0 * size, None, "the images of this service")
    if protocol == "auto":
        tail = address.split("//", 1)[1].lower().partition("/")[2]
        protocol = "SIA2" if any(word in tail for word in ("sia2", "siap2", "siav2", "/v2")) else "SIA1"
    products = _listed(service, place, size, protocol)
    address_column = products.column(
        utypes=("access.reference",), ucds=("VOX:Image_AccessReference",), names=("access_url", "accref")
    )
    if not address_column:
        raise BrokenReply(
            f"{service.name} lists images without an address of the images.",
            remedy="Take another service; tell this one's people.",
        )
    format_column = products.column(
        utypes=("access.format",), ucds=("VOX:Image_Format",), names=("access_format", "mime")
    )
    kind_column = products.column(names=("dataproduct_type",))
    usable = []
    for row in range(len(products.table)):
        form = str(products.value(format_column, row) or "fits").lower()
        sort = str(products.value(kind_column, row) or "image").lower()
        if "fits" in form and sort == "image":
            usable.append((_distance(products, row, place), row))
    if not usable:
        raise EmptyResult(
            f"{service.name} has no image in FITS of {place.name} within {size:g} arcmin around {place.ra:.5f}, {place.dec:+.5f} deg.",
            remedy=f"It was asked and answered with {len(products.table)} products, none of them a FITS image; take another service or survey.",
            zh=f"{service.name} 没有 {place.name} 处的 FITS 图像。",
        )
    usable.sort()
    if which > len(usable):
        raise InputError(
            f"{service.name} lists {len(usable)} images of {place.name}, so there is no number {which}.",
            remedy=f"Ask for one up to {len(usable)}.",
        )
    row = usable[which - 1][1]
    title_column = products.column(
        utypes=("dataid.title",), ucds=("VOX:Image_Title",), names=("obs_title", "title", "obs_id")
    )
    title = str(products.value(title_column, row) or "untitled")
    if len(usable) > 1:
        warnings.warn(
            f"{service.name} lists {len(usable)} images of {place.name}; number {which}, {title!r}, was taken. Say which=2 and so on for others.",
            stacklevel=3,
        )
    url = absolute_address(products.value(address_column, row), service.name)
    file = fetch_fits(url, service.name)
    image = _image_of(file, place, title)
    height, width = image.data.shape
    x, y = _pixel_of(image, place)
    if not (-0.5 <= x <= width - 0.5 and -0.5 <= y <= height - 0.5):
        raise EmptyResult(
            f"The image {title!r} of {service.name} does not reach {place.name}.",
            remedy="Ask for the next one with which, or take another service.",
            zh=f"{service.name} 的图像 {title!r} 不包含 {place.name}。",
        )
    image = _cut(image, (x, y), size, title)
    image.meta["queries"] = [
        *products.table.meta["queries"],
        record_of(service.name, url, f"GET {url}", file.asked, 1),
    ]
    image.meta["resampled"] = False
    if image.mask is not None and np.all(image.mask):
        raise EmptyResult(
            f"The image {title!r} of {service.name} has no data at {place.name}.",
            remedy="Ask for the next one with which, or take another service.",
        )
    _tell_gaps(image, title)
    return image


def _listed(service: TableService, place: Place, size: float, protocol: str) -> Products:
    degrees = size / 60.0

    def search() -> Any:
        from pyvo.dal import SIA2Service, SIAService

        session = open_session(service.name)
        if protocol == "SIA2":
            found = SIA2Service(service.url, session=session, check_baseurl=False)
            return found.search(pos=(place.ra, place.dec, degrees / 2.0), maxrec=_LISTED)
        return SIAService(service.url, session=session).search((place.ra, place.dec), degrees, format="image/fits", maxrec=_LISTED)  # fmt: skip

    products = list_products(
        service, protocol, f"POS={place.ra!r},{place.dec!r} SIZE={degrees!r}", search, limit=_LISTED
    )
    if not len(products.table):
        raise EmptyResult(
            f"{service.name} says that it has no image of {place.name} within {size:g} arcmin around {place.ra:.5f}, {place.dec:+.5f} deg.",
            remedy="It was asked and it answered, so this is a result; take another service or a survey of the whole sky.",
            zh=f"{service.name} 没有 {place.name} 处的图像。",
        )
    return products


def _distance(products: Products, row: int, place: Place) -> float:
    """Arcseconds from the object to the centre of an image; half the sky where the service does not say where that is."""
    from gnomon.tools.archives.positions.sky_matching import separations

    ra = products.value(products.column(ucds=("POS_EQ_RA_MAIN", "pos.eq.ra;meta.main", "pos.eq.ra"), names=("s_ra", "ra")), row)  # fmt: skip
    dec = products.value(products.column(ucds=("POS_EQ_DEC_MAIN", "pos.eq.dec;meta.main", "pos.eq.dec"), names=("s_dec", "dec")), row)  # fmt: skip
    if not isinstance(ra, int | float) or not isinstance(dec, int | float):
        return 648_000.0
    return float(separations(place.ra, place.dec, ra, dec))


# --- the file


def _image_of(file: FitsFile, place: Place, name: str) -> Image:
    """The first image of a file that is on the sky, with its WCS, mask and unit."""
    import numpy as np
    from astropy import units as u
    from astropy.nddata import CCDData
    from astropy.wcs import WCS, InconsistentAxisTypesError, InvalidTransformError, SingularMatrixError

    with file.open() as hdus, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of dates that astropy completes
        for hdu in hdus:
            if not hdu.is_image or hdu.header.get("NAXIS", 0) < 2:
                continue
            data = np.asarray(hdu.data)
            if data.ndim < 2:
                continue
            try:
                wcs = WCS(hdu.header, hdus)
            except (InconsistentAxisTypesError, InvalidTransformError, SingularMatrixError) as error:
                raise file.broken("has no usable coordinates") from error
            # The first two axes are the pixels; in which order the sky is on them, the WCS says.
            if {wcs.wcs.lng, wcs.wcs.lat} != {0, 1} or any(length != 1 for length in data.shape[:-2]):
                continue
            wcs = wcs if wcs.naxis == 2 else wcs.sub([1, 2])
            header = {**plain_header(hdus[0].header), **plain_header(hdu.header)}
            break
        else:
            raise file.broken("holds no two-dimensional image with coordinates on the sky")
    data = data.reshape(data.shape[-2:])
    data = data.astype(data.dtype.newbyteorder("="), copy=True)
    mask = ~np.isfinite(data) if data.dtype.kind == "f" else np.zeros(data.shape, dtype=bool)
    stated = str(header.get("BUNIT", "")).strip()
    unit, known = u.dimensionless_unscaled, False
    if stated:
        try:
            unit, known = u.Unit(stated), True
        except ValueError:
            warnings.warn(
                f"{name} gives its pixels in {stated!r}, which is no unit that is known here; they are plain numbers.",
                stacklevel=4,
            )
    else:
        warnings.warn(f"{name} does not say in which unit its pixels are; they are plain numbers.", stacklevel=4)
    skip = set(wcs.to_header(relax=True)) | {"BUNIT", "BLANK", "DATE"}
    meta = {
        "object": place.name,
        "survey": name,
        "position": place.position(),
        "unit": {"stated": stated or None, "known": known},
        "product": file.url,
        "header": {k: v for k, v in header.items() if k not in skip},
    }
    return CCDData(data, unit=unit, wcs=wcs, mask=mask if mask.any() else None, meta=meta)


def _pixel_of(image: Image, place: Place) -> tuple[float, float]:
    """Where an object is, in pixels counted from 0, whatever the frame and the order of the axes; NaN where it is not on the projection."""
    from astropy import units as u
    from astropy.coordinates import SkyCoord
    from astropy.wcs import NoConvergence, WcsError

    try:
        x, y = image.wcs.world_to_pixel(SkyCoord(place.ra * u.deg, place.dec * u.deg, frame="icrs"))
    except (NoConvergence, WcsError, ValueError):
        return float("nan"), float("nan")
    return float(x), float(y)


def _cut(image: Image, centre: tuple[float, float], size: float, name: str) -> Image:
    """The part of an image around a place."""
    from astropy.nddata import CCDData, Cutout2D
    from astropy.wcs.utils import proj_plane_pixel_scales

    across, down = (float(s) * 60.0 for s in proj_plane_pixel_scales(image.wcs))
    wanted = (max(2, round(size / down)), max(2, round(size / across)))
    cut = Cutout2D(image.data, centre, wanted, wcs=image.wcs, mode="trim", copy=True)
    mask = Cutout2D(image.mask, centre, wanted, mode="trim", copy=True).data if image.mask is not None else None
    if cut.data.shape != wanted:
        warnings.warn(
            f"{name} ends before the size asked for: it gives {cut.data.shape[1]} x {cut.data.shape[0]} of {wanted[1]} x {wanted[0]} pixels.",
            stacklevel=4,
        )
    mask = mask if mask is not None and mask.any() else None
    return CCDData(cut.data, unit=image.unit, wcs=cut.wcs, mask=mask, meta=dict(image.meta))


def _tell_gaps(image: Image, name: str) -> None:
    if image.mask is not None and image.mask.mean() > 0.01:
        warnings.warn(f"{image.mask.mean():.0%} of the image of {name} has no data.", stacklevel=4)
