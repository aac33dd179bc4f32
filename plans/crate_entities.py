"""The entities that a bundle's metadata are made of: files, parameters, people, and all others by their identifiers."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote

from gnomon.plans.canonical import file_digest
from gnomon.plans.crate_record import Attempt, RunRecord, without_folders
from gnomon.plans.plan import Step
from gnomon.tools.errors import CrateError
from gnomon.tools.registry import Registry, Tool

METADATA = "ro-crate-metadata.json"

SCRIPT = "script.py"

# Thousands of bodies of replies may lie here, and the validator takes some 10 ms for each entity: they are described as a whole.
# The lists of replies and the manifest name each of them by its digest.
BODIES = "replies/bodies/"

_HEX = re.compile(rb"[0-9a-f]{64}")

# The manifest lists the metadata, so the metadata cannot know the manifest.
_NOT_DESCRIBED = frozenset({METADATA, "manifest-sha256.txt"})

_PARAMETER_PROFILE = "https://bioschemas.org/profiles/FormalParameter/1.0-RELEASE"

RUN_TERMS = "https://w3id.org/ro/terms/workflow-run/context"

COMPLETED = "http://schema.org/CompletedActionStatus"

FAILED = "http://schema.org/FailedActionStatus"

_ECSV = "https://github.com/astropy/astropy-APEs/blob/main/APE6.rst"

# Registered media types where there is one.  ECSV has none: it is text, and its definition is linked.
_MEDIA_TYPES = {
    ".csv": "text/csv",
    ".ecsv": "text/plain",
    ".fit": "application/fits",
    ".fits": "application/fits",
    ".gz": "application/gzip",
    ".h5": "application/x-hdf5",
    ".html": "text/html",
    ".jpg": "image/jpeg",
    ".json": "application/json",
    ".jsonl": "application/jsonl",
    ".log": "text/plain",
    ".md": "text/markdown",
    ".nc": "application/x-netcdf",
    ".parquet": "application/vnd.apache.parquet",
    ".png": "image/png",
    ".py": "text/x-python",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".vot": "application/x-votable+xml",
    ".xml": "application/xml",
    ".yaml": "application/yaml",
    ".zip": "application/zip",
}

_MEANINGS = {
    "README.md": "One page for a person.",
    "approvals.jsonl": "Who decided what, when, and on which digests.",
    "environment.json": "What the plan ran in.",
    "journal.jsonl": "Every event of the run, each line carrying the digest of the line before: the record.",
    "plan.schema.json": "The form of plan.yaml, for editors.",
    "plan.yaml": "The plan as people read it.",
    "requirements.txt": "The packages of the script, with versions and digests.",
    SCRIPT: "The plan as one file that needs neither Gnomon nor a model.",
    "tolerances.yaml": "How a replay compares each output, and why.",
    "inputs": "A file that came with the question.",
    "logs": "What the libraries of a step said.",
    "outputs": "What a step made.",
    "planning": "How the plan came to be.",
    "replies": "What services replied to a step.",
    "report": "The report of the run.",
    "weights": "Trained weights that a step used.",
}


class Entities:
    """Makes the entities of one folder's metadata.

    Parameters
    ----------
    folder : pathlib.Path
    registry : Registry or None
    record : RunRecord
    """

    def __init__(self, folder: Path, registry: Registry | None, record: RunRecord) -> None:
        from rocrate.rocrate import ROCrate

        self.folder = folder
        self.registry = registry
        self.record = record
        self.crate = ROCrate(version="1.1")  # the profiles stand on 1.1
        self.crate.metadata.extra_contexts.append(RUN_TERMS)  # has sha256, which 1.1 has not
        self.files: dict[str, dict[str, Any]] = {}
        self.made = record.made()

    def document(self) -> dict[str, Any]:
        """All entities as a graph."""
        for name in sorted(self.files):
            self.crate.add_file(dest_path=name, properties=self.files[name])
        return _tidy(self.crate.metadata.generate())

    def add(self, identifier: str, kind: str, /, **properties: Any) -> dict[str, str]:
        """Add an entity that is no file, leaving out what is empty, and return a reference to it."""
        from rocrate.model.contextentity import ContextEntity

        if self.crate.get(identifier) is None:
            self.crate.add(ContextEntity(self.crate, identifier, properties={"@type": kind, **filled(properties)}))
        return {"@id": identifier}

    def file(self, name: str, /, **properties: Any) -> dict[str, str]:
        """Describe a file, or add to what is said of it, and return a reference to it."""
        if name not in self.files:
            path = self.folder / name
            self.files[name] = {
                "name": name,
                "description": _MEANINGS.get(name) or _MEANINGS.get(name.partition("/")[0]),
                "encodingFormat": self._format(name),
                "exampleOfWork": [],
            }
            if path.is_file():
                self.files[name] |= {"sha256": file_digest(path), "contentSize": str(path.stat().st_size)}
        self.files[name] |= properties
        return {"@id": quote(name)}

    def replies(self, bodies: Sequence[str], lists: Sequence[str]) -> None:
        """Describe the folder of bodies of replies as one `Dataset`: how many there are, and a digest over them all.

        The lists of what steps asked, which name the bodies by their digests, refer to it.
        """
        from rocrate.model.dataset import Dataset

        if not bodies:
            return
        paths = {name: self.folder / name for name in sorted(bodies)}
        lines = "".join(f"{file_digest(path)}  {name}\n" for name, path in paths.items())
        properties = {
            "name": BODIES,
            "description": "What services replied, each body in a file named by its sha256. The lists beside this folder say "
            "which of them a step got. The identifier is the sha256 of those lines of manifest-sha256.txt "
            "that name these files.",
            "identifier": f"sha256:{hashlib.sha256(lines.encode()).hexdigest()}",
            "size": [
                self.add("#size/replies/files", "QuantitativeValue", value=len(paths), unitText="files"),
                self.add(
                    "#size/replies/bytes",
                    "QuantitativeValue",
                    value=sum(path.stat().st_size for path in paths.values()),
                    unitText="bytes",
                ),
            ],
        }
        self.crate.add(Dataset(self.crate, dest_path=BODIES, properties=properties))
        known = {name.removeprefix(BODIES).encode() for name in bodies}
        for name in lists:
            if any(m[0] in known for m in _HEX.finditer((self.folder / name).read_bytes())):
                self.file(name, mentions={"@id": BODIES})

    def _format(self, name: str) -> Any:
        suffix = PurePosixPath(name).suffix.lower()
        media = _MEDIA_TYPES.get(suffix, "application/octet-stream")
        if suffix == ".ecsv":
            return [media, self.add(_ECSV, "WebSite", name="Enhanced Character-Separated Values (ECSV)")]
        return media

    def example(self, file: str, parameter: dict[str, str]) -> None:
        """Say that a file was the value of a parameter."""
        if parameter not in (examples := self.files[file]["exampleOfWork"]):
            examples.append(parameter)

    def parameter(self, identifier: str, name: str, kind: str, description: str = "") -> dict[str, str]:
        """Add a parameter of the workflow or of a tool."""
        profile = self.add(
            _PARAMETER_PROFILE, "CreativeWork", name="Bioschemas FormalParameter profile", version="1.0-RELEASE"
        )
        return self.add(
            identifier,
            "FormalParameter",
            name=name,
            additionalType=kind,
            description=description,
            conformsTo=profile,
        )

    def person(self, who: str) -> dict[str, str]:
        """Add who decided or let it run."""
        return self.add(f"#person/{quote(who, safe='')}", "Person", name=who)

    def known(self, step: Step) -> Tool | None:
        """The step's tool, where it is here in the version that the plan names."""
        tool = self.registry.get(step.tool) if self.registry is not None else None
        return tool if tool is not None and tool.version == step.version else None

    def result(self, attempt: Attempt) -> str:
        """Describe the file of a result by what the journal says of it, and return its name."""
        artifact = attempt.fields["artifact"]
        name = str(attempt.file)
        self.file(
            name,
            description=f"{artifact['kind']}: {without_folders(artifact['preview'])}",
            sha256=artifact["sha256"],
            contentSize=str(artifact["size"]),
        )
        if earlier := attempt.fields.get("reused"):
            self.file(name, isBasedOn=self.earlier_run(earlier))
        return name

    def earlier_run(self, name: str) -> dict[str, str]:
        """Add a run whose result was taken over."""
        return self.add(
            f"#run/{quote(name, safe='')}",
            "CreativeWork",
            name=f"Run {name}",
            identifier=name,
            description="The record of an earlier run, whose result was taken over.",
        )

    def environment(self) -> dict[str, Any]:
        """What the plan ran in, as ``environment.json`` says; empty where that is not there."""
        path = self.folder / "environment.json"
        if not path.is_file():
            return {}
        try:
            found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise CrateError(
                f"environment.json is not JSON: {error}.", remedy="The record of this run cannot be trusted."
            ) from error
        return found


def filled(properties: dict[str, Any]) -> dict[str, Any]:
    """Properties that say something; the value of an argument may be the empty text."""
    return {n: v for n, v in properties.items() if v not in (None, "", []) or (n == "value" and v == "")}


def _tidy(document: dict[str, Any]) -> dict[str, Any]:
    """The same graph in one order, without empty values, and with single values not in lists, as RO-Crate 1.1 wishes."""
    graph = []
    for entity in document["@graph"]:
        graph.append({n: v[0] if isinstance(v, list) and len(v) == 1 else v for n, v in filled(entity).items()})
    first = {METADATA: 0, "./": 1}
    graph.sort(key=lambda entity: (first.get(entity["@id"], 2), entity["@id"]))
    return {**document, "@graph": graph}


def file_names(folder: Path) -> list[str]:
    """Files of a bundle that its metadata describe; locks and half-written files are not among them."""
    names = [p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()]
    return sorted(n for n in names if n not in _NOT_DESCRIBED and not any(p.startswith(".") for p in n.split("/")))


def once(references: list[dict[str, str]]) -> list[dict[str, str]]:
    """References without repetition."""
    return list({r["@id"]: r for r in references}.values())
