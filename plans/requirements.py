"""The lock of a script: every distribution that it can reach, at the exact version of the run.

The names and versions come from what is installed, so no index is asked and no host is written down.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, distribution

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from gnomon.plans.environment import package_versions


def closure(imports: tuple[str, ...]) -> dict[str, str]:
    """Distributions behind these import names and all that they need, with their versions.

    Parameters
    ----------
    imports : tuple of str

    Returns
    -------
    dict
        Sorted by name.  A requirement that is not installed (an extra, another platform's) is not there.
    """
    return dict(_closure(imports))


@cache
def _closure(imports: tuple[str, ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    waiting = [(name, frozenset[str]()) for name in package_versions(imports)]
    seen = set(waiting)
    while waiting:
        name, extras = waiting.pop()
        try:
            here = distribution(name).metadata
        except PackageNotFoundError:
            continue
        found[canonicalize_name(here["Name"])] = here["Version"]
        for text in here.get_all("Requires-Dist") or []:
            requirement = Requirement(text)
            wanted = requirement.marker is None or any(
                requirement.marker.evaluate({"extra": extra}) for extra in ("", *extras)
            )
            entry = (str(canonicalize_name(requirement.name)), frozenset(requirement.extras))
            if wanted and entry not in seen:
                seen.add(entry)
                waiting.append(entry)
    return dict(sorted(found.items()))


def requirements_text(imports: tuple[str, ...], python: str) -> str:
    """``requirements.txt``: exact versions, for ``pip install -r``."""
    lines = [
        f"# What script.py ran with, under Python {python}: every package that it can reach, at its exact version."
    ]
    # A local label (2.13.0+cpu) names a build; another machine takes its own build of the same release.
    lines += [f"{name}=={version.split('+')[0]}" for name, version in closure(imports).items()]
    return "\n".join(lines) + "\n"
