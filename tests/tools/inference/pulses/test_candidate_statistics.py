"""The eight statistics of a candidate, under whatever names, and what follows from them together."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.table import MaskedColumn, Table

from gnomon.tools.errors import InputError
from gnomon.tools.inference.pulses.candidate_statistics import STATISTICS, joint_statistics, read_statistics


def moments(values):
    """Mean, standard deviation, skewness and excess kurtosis, which HTRU2 has under each other's names."""
    centred = (values - values.mean()) / values.std()
    return [values.mean(), values.std(), (centred**3).mean(), (centred**4).mean() - 3.0]


def test_the_long_names_of_the_other_copy_are_known():
    names = [
        "Mean of the integrated profile", " Standard deviation of the integrated profile", "Excess kurtosis of the integrated profile",
        "Skewness of the integrated profile", "Mean of the DM-SNR curve", "Standard deviation of the DM-SNR curve",
        "Excess kurtosis of the DM-SNR curve", "Skewness of the DM-SNR curve",
    ]  # fmt: skip
    table = {name: np.array([float(i), 10.0 + i]) for i, name in enumerate(names)}
    assert np.array_equal(read_statistics(table, "it"), [np.arange(8.0), 10.0 + np.arange(8.0)])
    assert np.array_equal(read_statistics({s.upper(): np.ones(2) for s in STATISTICS}, "it"), np.ones((2, 8)))


def test_a_missing_column_and_one_of_text_are_told():
    whole = {s: np.ones(3) for s in STATISTICS}
    with pytest.raises(InputError, match=r"cands\.csv lacks dm_std of the eight"):
        read_statistics({k: v for k, v in whole.items() if k != "dm_std"}, "cands.csv")
    with pytest.raises(InputError, match="no number"):
        read_statistics(whole | {"dm_std": np.array(["a", "b", "c"])}, "cands.csv")


def test_masked_values_are_missing():
    table = Table({s: MaskedColumn([1.0, 2.0], mask=[False, s == "ip_std"]) for s in STATISTICS})
    read = read_statistics({n: table[n] for n in table.colnames}, "it")
    assert np.isnan(read[1, 1])
    assert np.isfinite(np.delete(read, 1, axis=1)).all()


def test_two_levels_reach_the_bound_of_pearson_and_noise_does_not():
    # Of a pulse that is on in a part of the bins and off in the others, kurtosis is exactly one plus the square of skewness.
    pulse = np.where(np.arange(200) < 20, 10.0, 1.0)
    noise = np.random.default_rng(0).normal(10.0, 1.0, 4000)
    rows = np.array([[*moments(pulse), *moments(noise)]])
    joint = joint_statistics(rows)[0]
    bimodality_pulse, above_pulse, bimodality_noise, above_noise = joint[-4:]
    assert bimodality_pulse == pytest.approx(1.0, abs=1e-4)
    assert above_pulse == pytest.approx(0.0, abs=1e-4)
    # A normal distribution: (0 + 1) / 3, and log 3.
    assert bimodality_noise == pytest.approx(1 / 3, abs=0.03)
    assert above_noise == pytest.approx(np.log(3), abs=0.1)


def test_nonsense_stays_finite_and_missing_stays_missing():
    rows = np.array([[0.0] * 8, [-5.0] * 8, [1e30] * 8, [1.0] * 7 + [np.nan]])
    joint = joint_statistics(rows)
    assert np.isfinite(joint[:3]).all()
    assert np.isnan(joint[3]).any()


def test_the_columns_of_htru2_obey_the_bound_as_exchanged(shared):
    import pyarrow.parquet as parquet

    table = parquet.read_table(shared / "htru2" / "htru2_dev.parquet")
    rows = read_statistics({n: table[n].to_numpy() for n in table.column_names}, "htru2")
    for third, fourth in ((2, 3), (6, 7)):
        assert np.all(rows[:, fourth] + 3.0 >= rows[:, third] ** 2 + 1.0 - 1e-6)
