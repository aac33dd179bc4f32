"""Filterbank files of SIGPROC and PSRFITS, whole and broken, read to the numbers that were written."""

from __future__ import annotations

import struct
import warnings

import numpy as np
import pytest

from gnomon.tools.errors import InputError
from gnomon.tools.kinds import KINDS
from gnomon.tools.reading.read_filterbank import read_filterbank, recognise_filterbank
from gnomon.tools.reading.sigproc_files import open_sigproc

CHANNELS, TIMES = 16, 40


def packed_word(text, order):
    return struct.pack(f"{order}i", len(text)) + text.encode()


def sigproc_bytes(samples, bits=8, order="<", drop=(), extra=b"", **header):
    """A file of SIGPROC of samples (times, polarisations, channels), written by the manual and not by the reader's own code."""
    values = {
        "nchans": samples.shape[2], "nbits": bits, "nifs": samples.shape[1], "tsamp": 1e-3, "fch1": 1500.0, "foff": -1.0, "tstart": 58000.5,
        "telescope_id": 4, "data_type": 1, "source_name": "J0534+2200",
    } | header  # fmt: skip
    out = packed_word("HEADER_START", order)
    for name, value in values.items():
        if name in drop:
            continue
        out += packed_word(name, order)
        if isinstance(value, str):
            out += packed_word(value, order)
        elif name == "signed":
            out += struct.pack("b", value)
        else:
            out += struct.pack(order + ("d" if isinstance(value, float) else "i"), value)
    out += extra + packed_word("HEADER_END", order)
    flat = samples.reshape(-1)
    if bits >= 8:
        kind = {8: "i1" if header.get("signed") else "u1", 16: "u2", 32: "f4"}[bits]
        return out + flat.astype(f"{order}{kind}").tobytes()
    lanes = flat.reshape(-1, 8 // bits).astype(int)
    return out + (lanes << (bits * np.arange(8 // bits))).sum(axis=1).astype(np.uint8).tobytes()


@pytest.fixture
def counts():
    """Whole numbers of a byte, (times, polarisations, channels)."""
    return np.random.default_rng(1).integers(0, 256, size=(TIMES, 1, CHANNELS))


def written(tmp_path, content):
    path = tmp_path / "some file"  # content decides, not the name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("bits", [1, 2, 4, 8, 16, 32])
@pytest.mark.parametrize("order", ["<", ">"])
def test_every_number_of_bits_and_byte_order(tmp_path, counts, bits, order):
    values = counts % (1 << min(bits, 8))
    path = written(tmp_path, sigproc_bytes(values, bits, order))
    assert recognise_filterbank(path)["confidence"] > 0.9
    spectrum = read_filterbank(path)
    # Channels were written from the highest frequency down, and are given from the lowest up.
    assert np.array_equal(spectrum.data, values[:, 0, ::-1].T)
    assert spectrum.meta["frequency_mhz"] == [1485.0 + i for i in range(CHANNELS)]
    assert spectrum.meta["time_step_s"] == 1e-3
    assert spectrum.meta["start_mjd"] == 58000.5
    assert spectrum.meta["source"] == "J0534+2200"
    assert "Parkes" in spectrum.meta["telescope"]


def test_channels_upwards_a_table_of_frequencies_and_signed_samples(tmp_path, counts):
    up = read_filterbank(written(tmp_path, sigproc_bytes(counts, foff=2.0)))
    assert np.array_equal(up.data, counts[:, 0].T)
    table = packed_word("FREQUENCY_START", "<")
    for i in range(CHANNELS):
        table += packed_word("fchannel", "<") + struct.pack("<d", 900.0 + 3 * i)
    table += packed_word("FREQUENCY_END", "<")
    listed = read_filterbank(written(tmp_path, sigproc_bytes(counts, extra=table, drop=("fch1", "foff"))))
    assert listed.meta["frequency_mhz"][-1] == 945.0
    signed = read_filterbank(written(tmp_path, sigproc_bytes(counts - 128, signed=1)))
    assert signed.data.min() < 0


def test_a_stretch_of_time_starts_where_it_says(tmp_path, counts):
    path = written(tmp_path, sigproc_bytes(counts))
    part = read_filterbank(path, skip=0.010, duration=0.005)
    assert np.array_equal(part.data, counts[10:15, 0, ::-1].T)
    assert part.meta["start_mjd"] == pytest.approx(58000.5 + 0.010 / 86400, abs=1e-12)
    with pytest.raises(InputError, match="nothing is left after 9 s"):
        read_filterbank(path, skip=9.0)


def test_two_polarisations_are_added_or_not(tmp_path):
    both = np.random.default_rng(2).integers(0, 100, size=(TIMES, 2, CHANNELS))
    path = written(tmp_path, sigproc_bytes(both))
    assert np.array_equal(read_filterbank(path).data, both.sum(axis=1)[:, ::-1].T)
    assert np.array_equal(read_filterbank(path, polarisation="first").data, both[:, 0, ::-1].T)


def test_what_is_read_can_be_stored(tmp_path, counts):
    kind = KINDS["DynamicSpectrum"]
    spectrum = read_filterbank(written(tmp_path, sigproc_bytes(counts)))
    assert kind.codec.check(spectrum, kind) is None
    kind.codec.write(spectrum, tmp_path / "x.fits")
    again = kind.codec.read(tmp_path / "x.fits")
    assert kind.codec.digest(again) == kind.codec.digest(spectrum)
    assert again.meta["frequency_mhz"] == spectrum.meta["frequency_mhz"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"drop": ("nchans",)}, "does not give nchans"),
        ({"drop": ("fch1",)}, "at which frequencies"),
        ({"nbits": 3}, "samples of 3 bits"),
        ({"tsamp": 0.0}, "0.0 s between samples"),
        ({"tsamp": float("nan")}, "nan s between samples"),
        ({"fch1": 3.0}, "which cannot be"),
        ({"nifs": 9}, "9 polarisations"),
        ({"data_type": 2}, "data type 2"),
        ({"extra": packed_word("colour", "<")}, "unknown word 'colour'"),
    ],
)
def test_headers_that_make_no_sense_are_refused_in_a_sentence(tmp_path, counts, change, said):
    path = written(tmp_path, sigproc_bytes(counts, **change))
    with pytest.raises(InputError, match=said):
        read_filterbank(path)
    # It is told what it is, so that the reader is asked and says what is wrong.
    assert "broken" in recognise_filterbank(path)["found"]


def test_cut_files_are_told(tmp_path, counts):
    content = sigproc_bytes(counts)
    header = len(content) - counts.size
    for end in (5, 40, header - 3):
        with pytest.raises(InputError):
            read_filterbank(written(tmp_path, content[:end]))
    with pytest.raises(InputError, match="before its first time sample"):
        read_filterbank(written(tmp_path, content[: header + 5]))
    with pytest.warns(UserWarning, match="last 3 bytes were left out"):
        assert read_filterbank(written(tmp_path, content[: -CHANNELS - CHANNELS + 3])).data.shape == (
            CHANNELS,
            TIMES - 2,
        )
    with pytest.warns(UserWarning, match="should have 99 time samples and has 40"):
        read_filterbank(written(tmp_path, sigproc_bytes(counts, nsamples=99)))


def test_other_files_are_not_taken(tmp_path):
    for content in (b"", b"HEADER_START", b"SIMPLE  =                    T", b"\x0c\x00\x00\x00HEADER_STOP!"):
        path = written(tmp_path, content)
        assert recognise_filterbank(path) is None
        with pytest.raises(InputError):
            read_filterbank(path)
    with pytest.raises(InputError):
        read_filterbank(tmp_path / "nowhere.fil")


def test_huge_words_of_a_hostile_header_are_refused(tmp_path):
    content = packed_word("HEADER_START", "<") + struct.pack("<i", 2**30)
    with pytest.raises(InputError, match="broken at byte"):
        read_filterbank(written(tmp_path, content))


def test_what_does_not_fit_into_memory_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "long.fil"
    with path.open("wb") as stream:
        stream.write(sigproc_bytes(np.zeros((1, 1, 1024), dtype=int), tsamp=1e-3))
        stream.truncate(stream.tell() + 1024 * 400_000)  # a sparse file
    assert open_sigproc(path).times == 400_001
    with pytest.raises(InputError, match=r"need 1\.6 GB of memory.*at most 262 s"):
        read_filterbank(path)
    assert read_filterbank(path, skip=100.0, duration=0.1).data.shape == (1024, 100)


def psrfits(tmp_path, values, bits=8, **changes):
    """A PSRFITS file in search mode of two blocks, with an offset, a scale and a weight of zero."""
    from astropy.io import fits

    times, channels = values.shape
    lanes = 8 // bits
    # The first sample stands in the highest bits.
    bytes_ = (values.reshape(-1, lanes) << (bits * np.arange(lanes)[::-1])).sum(axis=1).astype(np.uint8)
    block = times // 2
    each = bytes_.reshape(2, -1)
    one = np.ones((2, channels), dtype=np.float32)
    weights = one.copy()
    weights[:, 3] = 0
    table = fits.BinTableHDU.from_columns(
        [
            fits.Column("DAT_FREQ", f"{channels}D", array=one * (1400.0 - np.arange(channels))),
            fits.Column("DAT_WTS", f"{channels}E", array=weights),
            fits.Column("DAT_OFFS", f"{channels}E", array=one * 5),
            fits.Column("DAT_SCL", f"{channels}E", array=one * 2),
            fits.Column("DATA", f"{each.shape[1]}B", array=each),
        ],
        name="SUBINT",
    )
    for key, value in ({"NBITS": bits, "NCHAN": channels, "NPOL": 1, "NSBLK": block, "TBIN": 2e-3} | changes).items():
        table.header[key] = value
    main = fits.PrimaryHDU()
    for key, value in {
        "FITSTYPE": "PSRFITS",
        "OBS_MODE": "SEARCH",
        "STT_IMJD": 59000,
        "STT_SMJD": 43200,
        "STT_OFFS": 0.25,
        "SRC_NAME": "B0531+21",
    }.items():
        main.header[key] = value
    path = tmp_path / "x.sf"
    fits.HDUList([main, table]).writeto(path, overwrite=True)
    return path


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_psrfits_is_unpacked_scaled_and_weighted(tmp_path, bits):
    values = np.random.default_rng(4).integers(0, 1 << bits, size=(20, CHANNELS))
    path = psrfits(tmp_path, values, bits)
    assert recognise_filterbank(path)["rows"] == 20
    spectrum = read_filterbank(path, skip=0.01)  # from the middle of a block over its end
    expected = (2.0 * values + 5.0)[5:, ::-1].T
    expected[CHANNELS - 1 - 3] = np.nan
    assert np.array_equal(spectrum.data, expected, equal_nan=True)
    assert spectrum.meta["start_mjd"] == pytest.approx(59000.5 + 0.26 / 86400, abs=1e-10)
    assert spectrum.meta["frequency_mhz"][0] == 1400.0 - CHANNELS + 1


def test_psrfits_says_which_polarisations_are_powers(tmp_path):
    """Two blocks of ten times of two polarisations; the writer above knows one, so they are made of its channels."""
    from astropy.io import fits

    values = np.random.default_rng(6).integers(0, 100, size=(20, 2 * CHANNELS))
    path = psrfits(tmp_path, values)
    with fits.open(path, mode="update") as hdus:
        table = hdus["SUBINT"]
        short = fits.BinTableHDU.from_columns(
            [
                fits.Column("DAT_FREQ", f"{CHANNELS}D", array=np.ones((2, CHANNELS)) * (1400.0 - np.arange(CHANNELS))),
                fits.Column("DATA", f"{20 * CHANNELS}B", array=table.data["DATA"]),
            ],
            name="SUBINT",
        )
        for key in ("NBITS", "NSBLK", "TBIN"):
            short.header[key] = table.header[key]
        short.header["NCHAN"], short.header["NPOL"], short.header["POL_TYPE"] = CHANNELS, 2, "AABB"
        hdus["SUBINT"] = short
    first, second = values[:, CHANNELS - 1 :: -1].T, values[:, : CHANNELS - 1 : -1].T
    assert np.array_equal(read_filterbank(path).data, first + second)
    assert np.array_equal(read_filterbank(path, polarisation="first").data, first)


def test_broken_psrfits_is_refused(tmp_path):
    values = np.zeros((20, CHANNELS), dtype=int)
    with pytest.raises(InputError, match="samples of 16 bits"):
        read_filterbank(psrfits(tmp_path, values, NBITS=16))
    with pytest.raises(InputError, match=r"-1\.0 s between samples"):
        read_filterbank(psrfits(tmp_path, values, TBIN=-1.0))
    whole = psrfits(tmp_path, values).read_bytes()
    (tmp_path / "x.sf").write_bytes(whole[:-4000])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(InputError):
            read_filterbank(tmp_path / "x.sf")
