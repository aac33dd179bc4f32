"""Reading records of voltage against time: one or more columns of voltages, or one row a sample with the name of its record."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from gnomon.tools.errors import InputError
from gnomon.tools.reading.column_tables import BROKEN_CONTENT, read_tables
from gnomon.tools.reading.content import describe_file
from gnomon.tools.reading.file_bytes import shown_name
from gnomon.tools.reading.text_tables import pick_column
from gnomon.tools.registry import tool

if TYPE_CHECKING:
    from pathlib import Path

    from gnomon.tools.kinds import File, VoltageRecords

_TIMES = ("time", "times", "t", "timestamp", "second", "seconds", "sec")
_RECORDS = (
    "record",
    "recordid",
    "recording",
    "event",
    "eventid",
    "capture",
    "captureid",
    "segment",
    "trace",
    "traceid",
)
# What a column of voltages is called, with a number or letter of its channel or record behind it.
_VOLTAGE = re.compile(
    r"(voltage|volts?|amplitude|adc|channel|ch|signal|waveform|rf)[ _-]*(?:[a-z]?\d*)(?:[ _(\[].*)?", re.IGNORECASE
)
_UNITS = {"s": 1.0, "sec": 1.0, "second": 1.0, "seconds": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "microsecond": 1e-6, "microseconds": 1e-6, "ns": 1e-9, "millisecond": 1e-3, "milliseconds": 1e-3}  # fmt: skip
_FEWEST = 100  # samples; fewer are no record of anything


def recognise_voltage_records(path: Path) -> dict[str, Any] | None:
    """Say whether a file holds voltages against time in fractions of a second.

    Parameters
    ----------
    path : pathlib.Path
        Path of the file.

    Returns
    -------
    dict or None
        ``confidence``, ``found`` and ``rows``; None where no column is called a voltage, or times are not in seconds and less.
    """
    try:
        for table in read_tables(path, sample_only=True):
            if not table["has_header"] or table["rows"] < _FEWEST:
                continue
            time, voltages = _time_column(table["names"]), _voltage_columns(table["names"])
            if time is None or not voltages:
                continue
            if _seconds(time, table["units"]) is None:
                continue
            shown = ", ".join(table["names"][:6]) + (" ..." if len(table["names"]) > 6 else "")
            return {
                "confidence": 0.9,
                "found": f"records of voltage against time, {table['rows']} rows with the columns {shown}",
                "found_zh": f"电压随时间的记录，{table['rows']} 行，列为 {shown}",
                "rows": int(table["rows"]),
            }
    except (InputError, *BROKEN_CONTENT):
        return None
    return None


@tool(
    version="1.0",
    effects=("compute",),
    comparison="exact",
    seconds=0.5,
    seconds_per_1000_rows=0.01,
    recognises=recognise_voltage_records,
    citations=(
        "Czech et al. 2018, A dictionary approach to identifying transient RFI, arXiv:1711.08823, doi:10.48550/arXiv.1711.08823",
    ),
    examples=(
        "Read these voltage records of the interference monitor",
        "Open the oscilloscope capture of the RFI event",
        "Load the time-domain recordings of our RFI monitoring station",
        "How long are the recorded voltage traces and how fast were they sampled?",
        "Import the CSV with time in microseconds and the voltage of two channels",
        "Read the digitised waveforms of transient interference",
        "What is the sampling rate of these captures?",
        "How many RFI recordings are in this file?",
        "读取干扰监测站的电压记录",
        "打开示波器录到的干扰波形",
        "载入射频干扰监测的时域记录",
        "这些电压波形有多长、采样多快？",
        "导入以微秒计时的两路电压表",
        "读取瞬态干扰的数字化波形",
        "这个文件里有多少条干扰记录？",
    ),
    summary_zh="从文件读取电压随时间的记录（射频干扰监测、示波器），一条或多条。",
    method="Records of voltage against time were read from the attached file, with times in seconds from the first sample of each record.",
    method_zh="从附件读取电压随时间的记录，时间以秒计，从每条记录的第一个采样算起。",
)
def read_voltage_records(
    file: File,
    time_column: str | None = None,
    voltage_columns: list[str] | None = None,
    record_column: str | None = None,
) -> VoltageRecords:
    """Read records of voltage against time, as a digitiser or an oscilloscope writes them.

    Parameters
    ----------
    file : File
        A table of any format with a header: a column of times, in the unit that the file states (or its name ends with: ``time_us``), and either one column of voltages
        for each record or channel, or one column of voltages and one that names the record of each row.
    time_column : str, optional
        Name of the column of times; chosen by name.
    voltage_columns : list of str, optional
        Names of the columns of voltages; chosen by name (``voltage``, ``ch1``, ``amplitude`` ...).
    record_column : str, optional
        Name of the column that says which record a row is of; chosen by name.

    Returns
    -------
    VoltageRecords
        One row a sample: ``record``, ``time`` [s] from its first sample, ``voltage`` in the unit of the file (NaN where there is none), in order of record and time.

    Raises
    ------
    InputError
        Where the file is broken or no such table, a column is missing, or nothing says the unit of the times.

    References
    ----------
    Such records: Czech et al. 2018, arXiv:1711.08823.
    """
    import numpy as np
    from astropy import units as u
    from astropy.table import QTable

    name = shown_name(file)
    table, time, voltages, whose = _chosen(file, name, time_column, voltage_columns, record_column)
    columns = table["columns"]
    scale = _seconds(time, table["units"])
    if scale is None:
        raise InputError(
            f"Nothing in {name} says in what unit the times of the column {time!r} are.",
            remedy="Name the column time_s, time_ms, time_us or time_ns.",
        )
    for column in (time, *voltages):
        if columns[column] is None or columns[column].dtype.kind != "f":
            raise InputError(f"Column {column!r} of {name} holds no numbers.", remedy="Name another column.")
    moments = np.asarray(columns[time], dtype=float) * scale
    if not np.isfinite(moments).all():
        raise InputError(f"{int((~np.isfinite(moments)).sum())} times of {name} are missing.", remedy="Give a time for each sample.")  # fmt: skip
    parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    labels = np.array([str(v) for v in columns[whose]]) if whose else np.full(len(moments), "")
    for column in voltages:
        several = len(voltages) > 1
        for label in dict.fromkeys(labels.tolist()):
            rows = np.flatnonzero(labels == label)
            rows = rows[np.argsort(moments[rows], kind="stable")]
            called = " ".join(p for p in (label, column if several or not label else "") if p)
            parts.append(
                (
                    np.full(len(rows), called),
                    moments[rows] - moments[rows[0]],
                    np.asarray(columns[column], dtype=float)[rows],
                )
            )
    record, when, voltage = (np.concatenate(p) for p in zip(*parts, strict=True))
    result = QTable({"record": record, "time": when * u.s, "voltage": voltage})
    result.meta["reading"] = {
        "file": name,
        "records": len(parts),
        "time_column": time,
        "voltage_columns": list(voltages),
    }
    return result


def _chosen(
    file: Path, name: str, time: str | None, voltages: list[str] | None, record: str | None
) -> tuple[dict[str, Any], str, list[str], str | None]:
    """The table with these columns, and the columns."""
    for table in read_tables(file):
        names = table["names"]
        named = [*([time] if time else []), *(voltages or []), *([record] if record else [])]
        missing = [n for n in named if n not in names]
        if missing:
            raise InputError(f"{name} has no column {missing[0]!r}.", remedy="Its columns are " + ", ".join(names[:20]) + ".")  # fmt: skip
        chosen, found = time or _time_column(names), voltages or _voltage_columns(names)
        if chosen and found:
            return table, chosen, found, record or pick_column(names, _RECORDS)
    raise InputError(
        f"{name} is {describe_file(file)}, in which no columns of times and voltages were found.",
        remedy="Name them with time_column and voltage_columns.",
    )


def _time_column(names: list[str]) -> str | None:
    """The column of times, with or without a unit behind its name."""
    plain = {
        re.sub(r"[ _(\[]+(s|ms|us|µs|μs|ns|sec|seconds)[)\]]?$", "", n.strip(), flags=re.IGNORECASE): n for n in names
    }
    found = pick_column(list(plain), _TIMES)
    return plain[found] if found else None


def _voltage_columns(names: list[str]) -> list[str]:
    return [n for n in names if _VOLTAGE.fullmatch(n.strip())]


def _seconds(column: str, units: dict[str, str]) -> float | None:
    """Seconds in the unit of a column of times; None where neither the file nor the name says a unit below days."""
    stated = str(units.get(column) or "").strip().lower()
    if stated:
        return _UNITS.get(stated)
    end = re.search(r"[ _(\[](s|ms|us|µs|μs|ns|sec|seconds)[)\]]?$", column.strip(), flags=re.IGNORECASE)
    return _UNITS[end.group(1).lower()] if end else None
