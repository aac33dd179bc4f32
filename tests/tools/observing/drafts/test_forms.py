"""Every JSON form: its schema is one, what is written fits it, and anything that is not so is refused by name."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from gnomon.tools.errors import InputError
from gnomon.tools.observing.drafts.checking import check_form, told_path
from gnomon.tools.observing.drafts.drafting import draft
from gnomon.tools.observing.drafts.schemas.eso import OBSERVATION_BLOCK
from gnomon.tools.observing.drafts.schemas.gcn import CIRCULAR, NOTICE
from gnomon.tools.observing.drafts.schemas.lco import REQUEST_GROUP
from gnomon.tools.observing.drafts.schemas.obsloctap import ROW
from gnomon.tools.observing.drafts.schemas.skyportal import PAYLOAD as SKYPORTAL
from gnomon.tools.observing.drafts.schemas.tom import PAYLOAD as TOM
from gnomon.tools.observing.drafts.schemas.treasure_map import POINTINGS
from gnomon.tools.observing.drafts.schemas.voevent import PACKET
from gnomon.tools.observing.drafts.voevent import voevent_tree

SCHEMAS = {
    "lco": REQUEST_GROUP, "tom": TOM, "skyportal": SKYPORTAL, "eso": OBSERVATION_BLOCK, "gcn_json": NOTICE, "treasure_map": POINTINGS, "voevent": PACKET,
}  # fmt: skip
# What may be left out, and what the receiver fills in by itself.
OPTIONAL = {
    "lco": {"observation_note"}, "tom": {"pm_ra", "pm_dec", "epoch"}, "skyportal": {"ra_err", "dec_err", "altdata", "name"},
    "eso": {"DET.UIT", "SEQ.N", "INS.FILT"}, "gcn_json": {"ref_type", "ref_ID", "additional_info", "ra", "dec", "ra_dec_error", "observation_livetime"},
    "treasure_map": set(), "voevent": {"@ucd", "@unit", "@dataType", "@id", "Author", "@name", "Name1", "Name2", "@expires", "Group", "Citations", "contactName", "WhereWhen"},
}  # fmt: skip


@pytest.mark.parametrize("schema", [*SCHEMAS.values(), CIRCULAR, ROW])
def test_schemas_are_schemas(schema: Any) -> None:
    Draft202012Validator.check_schema(schema)


def _document(form: str, content: bytes) -> Any:
    return voevent_tree(content) if form == "voevent" else json.loads(content)


def _keys(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield (*path, key)
            yield from _keys(inner, (*path, key))
    elif isinstance(value, list):
        for n, inner in enumerate(value[:1]):
            yield from _keys(inner, (*path, n))


def _at(document: Any, path: tuple[Any, ...]) -> Any:
    for part in path:
        document = document[part]
    return document


@pytest.mark.parametrize("form", list(SCHEMAS))
def test_whatever_is_taken_out_is_noticed(
    form: str, telescopes: Any, requests: Any, schedule: Any, details: Any
) -> None:
    document = _document(form, draft(form, telescopes, requests, schedule, details)[0].content)
    check_form(document, SCHEMAS[form], "it")
    tried = 0
    for path in list(_keys(document)):
        if path[-1] in OPTIONAL[form] or "optical_elements" in path[:-1]:
            continue
        broken = copy.deepcopy(document)
        del _at(broken, path[:-1])[path[-1]]
        with pytest.raises(InputError, match="does not have the form"):
            check_form(broken, SCHEMAS[form], "it")
        tried += 1
    assert tried >= 5


@pytest.mark.parametrize("form", ["lco", "gcn_json", "treasure_map", "eso"])
def test_keys_that_a_receiver_would_drop_do_not_pass(form: str, telescopes: Any, requests: Any, schedule: Any, details: Any) -> None:  # fmt: skip
    document = json.loads(draft(form, telescopes, requests, schedule, details)[0].content)
    for path in [(), *(p for p in _keys(document) if isinstance(_at(document, p), dict))]:
        if {"optical_elements", "parameters"} & set(path):
            continue
        broken = copy.deepcopy(document)
        _at(broken, path)["windoow"] = 1
        with pytest.raises(InputError):
            check_form(broken, SCHEMAS[form], "it")


def test_an_error_names_the_field(telescopes: Any, requests: Any, schedule: Any, details: Any) -> None:
    details["lco"]["observation_type"] = "DIRECT"
    with pytest.raises(InputError, match=r"request group of 'grb'.*observation_type: 'DIRECT'"):
        draft("lco", telescopes, requests, schedule, details)
    details["lco"] |= {"observation_type": "NORMAL", "ipp_value": 0}
    with pytest.raises(InputError, match="ipp_value"):
        draft("lco", telescopes, requests, schedule, details)
    details["lco"]["ipp_value"] = 1
    details["palma_1"]["site_code"] = "a code that is far too long"
    with pytest.raises(InputError, match=r"requests\[2\]\.location\.site"):
        draft("lco", telescopes, requests, schedule, details)
    assert told_path(("requests", 0, "windows", 1)) == "requests[0].windows[1]"


def test_null_passes_only_where_something_is_missing() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}}}
    check_form({"a": None, "b": "x"}, schema, "it", [("a",)])
    with pytest.raises(InputError, match="b: None"):
        check_form({"a": None, "b": None}, schema, "it", [("a",)])
    with pytest.raises(InputError, match="a: 1"):
        check_form({"a": 1}, schema, "it", [("a",)])
