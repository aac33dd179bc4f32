"""The hosts that steps may ask without a word in the settings, and how often.

A name that begins with ``*.`` stands for all hosts of that domain.  The seconds are the least between two requests to one host, by all
steps of this machine together: what the service asks for where it says so, else a pace that nobody minds.
"""

from __future__ import annotations

POLITE = 0.2  # seconds, for hosts that name no limit

# arXiv asks for 3 s: https://info.arxiv.org/help/api/tou.html.  SIMBAD and VizieR turn away more than 5-10 a second:
# https://simbad.cds.unistra.fr/guide/sim-url.htx.  Horizons takes one request at a time: https://ssd-api.jpl.nasa.gov/doc/horizons.html.
# TNS counts 10 a minute for searches: https://www.wis-tns.org/content/tns-getting-started.
HOSTS: dict[str, float] = {
    # catalogues and name resolvers
    "*.cds.unistra.fr": 0.2,
    "cdsweb.u-strasbg.fr": 0.2,
    "simbad.u-strasbg.fr": 0.2,
    "*.ipac.caltech.edu": 0.2,
    "*.esac.esa.int": 0.2,
    "gaia.aip.de": 0.2,
    "*.g-vo.org": 0.2,
    "registry.euro-vo.org": 0.2,
    "*.obspm.fr": 0.2,
    "*.roe.ac.uk": 0.2,
    "*.skymapper.nci.org.au": 0.2,
    "*.nci.org.au": 0.2,
    # observatories and surveys
    "*.stsci.edu": 0.2,
    "*.sdss.org": 0.5,
    "*.eso.org": 0.2,
    "*.noirlab.edu": 0.2,
    "*.lamost.org": 0.5,
    "*.china-vo.org": 0.5,
    "data.desi.lbl.gov": 0.2,
    "portal.nersc.gov": 0.5,
    "www.legacysurvey.org": 0.5,
    "*.cadc-ccda.hia-iha.nrc-cnrc.gc.ca": 0.2,
    "almascience.nrao.edu": 0.2,
    "almascience.eso.org": 0.2,
    "heasarc.gsfc.nasa.gov": 0.2,
    "asas-sn.osu.edu": 0.5,
    "*.asas-sn.osu.edu": 0.5,
    # ASAS-SN Sky Patrol 2, whose data lie on several machines: https://asas-sn.github.io/skypatrol/
    "*.ifa.hawaii.edu": 0.5,
    # the solar system
    "ssd.jpl.nasa.gov": 1.0,
    "ssd-api.jpl.nasa.gov": 1.0,
    "*.minorplanetcenter.net": 0.5,
    "minorplanetcenter.net": 0.5,
    "*.imcce.fr": 0.5,
    # alerts
    "*.alerce.online": 0.2,
    "*.fink-portal.org": 0.2,
    "*.lsst.ac.uk": 0.5,
    "www.wis-tns.org": 6.0,
    "gcn.nasa.gov": 0.2,
    # papers
    "api.adsabs.harvard.edu": 0.2,
    "export.arxiv.org": 3.0,
    "api.crossref.org": 0.2,
}
