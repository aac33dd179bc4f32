"""The lock of a script."""

from __future__ import annotations

from importlib.metadata import distributions, version

from packaging.requirements import Requirement

from gnomon.plans.environment import describe
from gnomon.plans.requirements import closure, requirements_text


def test_holds_what_is_needed_by_what_is_needed() -> None:
    found = closure(("matplotlib",))
    assert found["matplotlib"] == version("matplotlib")
    assert {"numpy", "pillow", "contourpy", "python-dateutil"} <= set(found)
    assert "pytest" not in found  # an extra of matplotlib, not a need
    assert "gnomon" not in found


def test_names_exact_versions_and_no_host() -> None:
    text = requirements_text(("astropy", "h5netcdf"), "3.11")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    for line in lines:
        (exact,) = Requirement(line).specifier
        assert exact.operator == "=="
        assert "+" not in exact.version
    assert "http" not in text and "://" not in text
    names = [line.split("==")[0] for line in lines]
    assert names == sorted(names)


def test_the_environment_names_every_package_that_is_installed() -> None:
    assert describe()["packages"] == {d.metadata["Name"]: d.version for d in distributions()}
