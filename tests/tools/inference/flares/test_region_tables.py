"""Tables as people attach them: times, classes and numbers in the ways that they are written."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.table import MaskedColumn, QTable
from astropy.time import Time

from gnomon.tools.errors import InputError
from gnomon.tools.inference.flares.region_tables import columns_of, flare_list, numbers_of_regions, spot_reports, times


def test_times_in_several_ways_are_the_same() -> None:
    said = ["2012-03-06T23:48:00", "2012.03.06_23:48:00_TAI", "2012-03-06 23:48", "2012-03-06T23:48:00Z"]
    assert len(set(times(said, "t_rec").tolist())) == 1
    table = QTable({"t_rec": Time(["2012-03-06T23:48:00"])})
    assert times(columns_of(table)["t_rec"], "t_rec")[0] == np.datetime64("2012-03-06T23:48:00")
    assert np.isnat(times([""], "t_rec"))[0]
    with pytest.raises(InputError, match="'soon' in the column 't_rec' is no time"):
        times(["soon"], "t_rec")
    with pytest.raises(InputError, match="holds float64 and no times"):
        times([55000.0], "t_rec")


def test_classes_become_letters_and_fluxes() -> None:
    made = flare_list(
        {
            "noaa_ar": ["11158", "11158"],
            "start_time": ["2011-02-15T01:44", "2011-02-14T10:00"],
            "end_time": ["2011-02-15T02:06", "2011-02-14T10:20"],
            "goes_class": ["X2.2", "C5"],
        }
    )
    assert made["class_number"].tolist() == [4, 2]
    assert made["peak_flux_wm2"].tolist() == pytest.approx([2.2e-4, 5e-6])
    with pytest.raises(InputError, match="'big' in the column 'goes_class' is no class"):
        flare_list({"noaa_ar": [1], "start_time": ["2011-02-15"], "end_time": ["2011-02-15"], "goes_class": ["big"]})
    with pytest.raises(InputError, match="lacks the columns start_time, end_time"):
        flare_list({"noaa_ar": [1]})


def test_masked_numbers_are_missing_and_regions_are_integers() -> None:
    table = QTable({"a": MaskedColumn([1, 2], mask=[False, True]), "b": MaskedColumn(["x", "y"], mask=[True, False])})
    made = columns_of(table)
    assert np.isnan(made["a"][1]) and made["b"].tolist() == ["", "y"]
    assert numbers_of_regions([11158.0, np.nan]).tolist() == [11158, 0]
    with pytest.raises(InputError, match="no number of a region"):
        numbers_of_regions(["AR eleven"])


def test_reports_without_a_section_are_of_regions_with_spots() -> None:
    columns = {k: [1.0] for k in ("noaa_ar", "area_msh", "extent_deg", "n_spots")}
    made = spot_reports({**columns, "issued": ["2011-02-14"], "mag_type": ["Beta"], "mcintosh": ["Dai"]})
    assert made["section"].tolist() == ["I"]
    with pytest.raises(InputError, match="lacks the columns issued, mag_type, mcintosh"):
        spot_reports(columns)
