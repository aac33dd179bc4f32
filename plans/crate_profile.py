"""Whether the metadata of a bundle keep to the profile that they claim, checked with roc-validator and without network.

The contexts that the metadata name lie beside this module, in ``contexts/``.
"""

from __future__ import annotations

import json
import logging
import re
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from gnomon.plans.crate_entities import METADATA, RUN_TERMS
from gnomon.plans.crate_record import RunRecord
from gnomon.tools.errors import CrateError, GnomonError, MissingFile

# The contexts that the metadata name, as they are kept beside this module.
_CONTEXTS = {"https://w3id.org/ro/crate/1.1/context": "ro-crate-1.1.jsonld", RUN_TERMS: "workflow-run.jsonld"}

Severity = Literal["required", "recommended", "optional"]


@dataclass(frozen=True)
class Finding:
    """What a check of the profile found wrong.

    Parameters
    ----------
    rule : str
        The check's name in the validator.
    severity : {"required", "recommended", "optional"}
    place : str
        The entity, and its property where one is blamed; empty where the whole is meant.
    message : str
        One sentence.
    """

    rule: str
    severity: Severity
    place: str
    message: str

    def __str__(self) -> str:
        return f"{METADATA}{f', {self.place}' if self.place else ''}: {self.message.rstrip('.')} ({self.rule})."


@dataclass(frozen=True)
class Conformance:
    """What all checks of a profile found.

    Parameters
    ----------
    profile : str
        The profile that was checked.
    findings : tuple of Finding
    checks : dict
        By severity, how many checks passed and how many there are.
    """

    profile: str
    findings: tuple[Finding, ...]
    checks: dict[str, tuple[int, int]]

    def __str__(self) -> str:
        counts = ", ".join(f"{passed} of {total} {name}" for name, (passed, total) in self.checks.items())
        return f"{self.profile}: {counts} checks passed"


def validate(folder: Path, severity: Severity = "required") -> list[Finding]:
    """What a bundle's metadata break of the profile that they claim; see `conformance`."""
    return list(conformance(folder, severity).findings)


def conformance(folder: Path, severity: Severity = "required") -> Conformance:
    """Check a bundle's metadata with roc-validator, without network.

    Digests are not compared here: the validator asks whether each file is there, not whether it is the same.

    Parameters
    ----------
    folder : pathlib.Path
        Of the bundle.
    severity : {"required", "recommended", "optional"}
        The lowest that is checked.

    Returns
    -------
    Conformance
        Against Provenance Run Crate 0.5 where a step was begun, else against RO-Crate 1.1.  The journal says which, so that
        metadata cannot pass by claiming less; where it cannot be read, the stricter one is taken.

    Raises
    ------
    MissingFile
        Where there are no metadata.
    CrateError
        Where they are so far from any that the validator could not read them.
    """
    _require_graph(folder / METADATA)
    try:
        ran = RunRecord.read(folder).ran
    except GnomonError:
        ran = True
    profile = "provenance-run-crate-0.5" if ran else "ro-crate-1.1"
    with _silence(), tempfile.TemporaryDirectory(prefix="gnomon-") as temporary:
        cache = Path(temporary) / "contexts"
        _seed(cache)
        return _run_validator(folder, profile, severity, cache)


def _require_graph(path: Path) -> None:
    """Raise unless a file has the outer shape of metadata; the validator itself fails on others."""
    if not path.is_file():
        raise MissingFile(f"{METADATA} is not there.", remedy="`gnomon resume` writes it.")
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise CrateError(f"{METADATA} is not JSON: {error}.", remedy="`gnomon resume` writes it again.") from error
    graph = document.get("@graph") if isinstance(document, dict) else None
    if not isinstance(graph, list) or not all(isinstance(e, dict) and isinstance(e.get("@id"), str) for e in graph):
        raise CrateError(f"{METADATA} holds no graph of entities.", remedy="`gnomon resume` writes it again.")


def _run_validator(folder: Path, profile: str, severity: Severity, cache: Path) -> Conformance:
    from rocrate_validator import models, services
    from rocrate_validator.errors import ROCValidatorError
    from rocrate_validator.utils.http import HttpRequester

    least = models.Severity.get(severity)
    try:
        # With a cache of our own and offline, the validator asks neither the network nor a folder of the user's.
        result = services.validate(
            models.ValidationSettings(
                rocrate_uri=str(folder.resolve()),
                profile_identifier=profile,
                requirement_severity=least,
                offline=True,
                cache_path=cache,
            )
        )
    except ROCValidatorError as error:
        raise CrateError(
            f"{METADATA} could not be checked: {error}.", remedy="`gnomon resume` writes it again."
        ) from error
    finally:
        HttpRequester.reset()  # it would hold the cache's file open
    findings = {
        Finding(
            rule=f"{issue.profile_identifier}: {issue.check.name}",
            severity=issue.severity.name.lower(),
            place=_place(issue, folder),
            message=" ".join(str(issue.message).split()),
        )
        for issue in result.get_issues(least)
    }
    counts = {}
    for level in sorted(models.Severity, reverse=True):
        if level >= least:
            checks = [c for c in result.statistics.checks if c.severity == level]
            passed = [c for c in result.statistics.passed_checks if c.severity == level]
            counts[level.name.lower()] = (len(passed), len(checks))
    order = sorted(findings, key=lambda f: (f.rule, f.place, f.message))
    return Conformance(profile, tuple(order), counts)


def _place(issue: Any, folder: Path) -> str:
    """The entity and the property that an issue blames, without the folder that the bundle lies in now."""
    entity = str(issue.violatingEntity or "")
    for base in (folder.resolve().as_uri() + "/", f"{folder.resolve()}/"):
        entity = entity.removeprefix(base)
    if entity != "./":
        entity = entity.removeprefix("./")
    name = re.split(r"[/#]", str(issue.violatingProperty or ""))[-1]
    # A path of more than one property has no name, only a number that is drawn anew each time.
    return entity if re.fullmatch(r"n[0-9a-f]{20,}(b\d+)?", name) else f"{entity} {name}".strip()


def _seed(cache: Path) -> None:
    """Put the contexts into a cache of replies, as if they had been fetched."""
    import io

    import requests
    from requests_cache import CachedSession
    from urllib3 import HTTPResponse

    with CachedSession(cache_name=str(cache), backend="sqlite", expire_after=-1, allowable_methods=("GET",)) as session:
        for address, name in _CONTEXTS.items():
            content = (files("gnomon.plans") / "contexts" / name).read_bytes()
            headers = {"Content-Type": "application/ld+json"}
            response = requests.Response()
            response.status_code = 200
            response.url = address
            response.headers.update(headers)
            response.request = session.prepare_request(requests.Request("GET", address))
            response._content = content
            response.raw = HTTPResponse(
                body=io.BytesIO(content), headers=headers, status=200, preload_content=False, request_url=address
            )
            session.cache.save_response(response)


@contextmanager
def _silence() -> Iterator[None]:
    """Keep the validator's logging to itself: it prints at exit whatever was logged."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of rdflib's, which only its users can mend
            yield
    finally:
        logging.disable(before)
