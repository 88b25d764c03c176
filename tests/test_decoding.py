"""A video file is what PyAV decodes: every frame once, in order and upright, whatever the file states."""

import warnings
from fractions import Fraction

import av
import numpy as np
import pytest

from vostut import decoding
from vostut.errors import DataError
from vostut.video import frame_rate, open_frames


def bars(t, size=(96, 112)):
    """Frame ``t`` shows t as seven black or white bars, so that a wrong frame is seen."""
    width = size[1] // 7
    image = np.zeros((*size, 3), np.uint8)
    for bit in range(7):
        image[:, bit * width : (bit + 1) * width] = 255 * ((t >> bit) & 1)
    return image


def read_bars(image):
    width = image.shape[1] // 7
    return sum(
        int(image[image.shape[0] // 2, width * bit + width // 2].mean() > 127) << bit for bit in range(7)
    )


def encode(path, n=24, codec="libx264", pix_fmt="yuv420p", gop=12, times=None, options=None, container=None):
    with av.open(str(path), "w", options=container or {}) as file:
        stream = file.add_stream(codec, rate=10, options={"g": str(gop), **(options or {})})
        stream.height, stream.width, stream.pix_fmt = 96, 112, pix_fmt
        stream.time_base = Fraction(1, 10)
        for t in range(n):
            picture = av.VideoFrame.from_ndarray(bars(t), "rgb24").reformat(format=pix_fmt)
            picture.pts, picture.time_base = (times(t) if times else t), Fraction(1, 10)
            file.mux(stream.encode(picture))
        file.mux(stream.encode())
    return path


def by_pyav(path):
    with av.open(str(path)) as file:
        return [picture.to_ndarray(format="rgb24").copy() for picture in file.decode(video=0)]


def patch_matrix(path, matrix):
    """Write a display matrix into the track header of an MP4, as phones do: (a, b, c, d)."""
    data = bytearray(path.read_bytes())
    at = data.index(b"tkhd") + 4 + 40  # version 0
    a, b, c, d = (int(v * 65536).to_bytes(4, "big", signed=True) for v in matrix)
    data[at : at + 36] = a + b + bytes(4) + c + d + bytes(12) + (1 << 30).to_bytes(4, "big")
    path.write_bytes(data)


KINDS = {
    "h264.mp4": {},
    "all_key.mp4": {"gop": 1},
    "b_frames.ts": {"options": {"bf": "2"}},
    "irregular.mkv": {"times": lambda t: t if t < 4 else t + 9},
    "vp8.webm": {"codec": "libvpx"},
    "live.webm": {"codec": "libvpx", "container": {"live": "1"}},
    "mjpeg.avi": {"codec": "mjpeg", "pix_fmt": "yuvj420p"},
    "interlaced.mp4": {"options": {"flags": "+ilme+ildct", "x264-params": "tff=1"}},
    "ten_bits.mkv": {"pix_fmt": "yuv420p10le"},
    "sixteen_bits.mkv": {"codec": "ffv1", "pix_fmt": "yuv444p16le"},
    "transparent.mov": {"codec": "png", "pix_fmt": "rgba"},
    "one_frame.mp4": {"n": 1},
}


@pytest.mark.parametrize("name", KINDS)
def test_a_file_is_what_pyav_decodes_frame_by_frame(name, tmp_path):
    path = encode(tmp_path / name, **KINDS[name])
    expected = by_pyav(path)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        frames = open_frames(path)
    assert len(frames) == len(expected) == KINDS[name].get("n", 24)
    assert all(np.array_equal(frame, same) for frame, same in zip(frames, expected, strict=True))
    assert [read_bars(frame) for frame in frames] == list(range(len(frames)))
    assert frames.names[0] == "00000"
    assert 5 < frame_rate(path) <= 24


@pytest.mark.parametrize("in_memory", [0, 10 * 96 * 112 * 3, 2**30])
def test_frames_come_in_any_order_and_as_arrays_of_their_own(tmp_path, monkeypatch, in_memory):
    monkeypatch.setattr(decoding, "IN_MEMORY", in_memory)
    frames = open_frames(encode(tmp_path / "v.ts"))
    assert [read_bars(frames[t]) for t in (0, 0, 23, 1, 1, -1, 7)] == [0, 0, 23, 1, 1, 23, 7]
    part = frames[20:3:-5]
    assert [read_bars(frame) for frame in part] == [20, 15, 10, 5]
    assert part.names == ("00020", "00015", "00010", "00005")
    frames[7][:] = 0
    assert read_bars(frames[7]) == 7
    assert type(frames[20]) is np.ndarray
    assert frames[20].flags.c_contiguous


def test_each_frame_is_decoded_once(tmp_path, monkeypatch):
    path = encode(tmp_path / "v.mp4")
    decoded = []
    monkeypatch.setattr(
        decoding, "_upright", lambda f, plain=decoding._upright: decoded.append(f.pts) or plain(f)
    )
    monkeypatch.setattr(av, "open", lambda *a, plain=av.open, **k: decoded.append("open") or plain(*a, **k))
    frames = open_frames(path)
    for t in range(len(frames)):  # the method's pass, and beside it the overlay's
        _ = frames[t], frames[max(t - 1, 0)], frames[t]
    assert decoded[0] == "open"
    assert len(decoded) == 1 + 24
    assert len(set(decoded)) == 1 + 24


@pytest.mark.parametrize(
    ("matrix", "turn"),
    [
        ((0, 1, -1, 0), lambda image: np.rot90(image, -1)),  # a phone held upright
        ((0, -1, 1, 0), np.rot90),
        ((-1, 0, 0, -1), lambda image: np.rot90(image, 2)),
        ((-1, 0, 0, 1), np.fliplr),
        ((1, 0, 0, -1), np.flipud),
        ((0, 1, 1, 0), lambda image: image.swapaxes(0, 1)),
    ],
)
def test_frames_are_upright(tmp_path, matrix, turn):
    path = encode(tmp_path / "v.mp4", n=3)
    plain = by_pyav(path)
    patch_matrix(path, matrix)
    assert all(np.array_equal(a, turn(b)) for a, b in zip(open_frames(path), plain, strict=True))


@pytest.mark.parametrize("name", ["v.mp4", "v.avi", "v.mkv"])
def test_a_file_that_ends_early_gives_what_is_there_and_a_warning(tmp_path, name):
    codec = {"codec": "mjpeg", "pix_fmt": "yuvj420p"} if name == "v.avi" else {}
    path = encode(tmp_path / name, gop=1, container={"movflags": "faststart"}, **codec)
    whole, data = by_pyav(path), path.read_bytes()
    path.write_bytes(data[: len(data) * 3 // 4])
    with pytest.warns(UserWarning, match=f"{name}: cut short or damaged; [0-9]+ frames of it can be decoded"):
        frames = open_frames(path)
    assert 8 < len(frames) < 24
    assert all(np.array_equal(frames[t], whole[t]) for t in range(len(frames) - 1))


def test_a_file_with_a_damaged_place_goes_on_behind_it(tmp_path):
    path = encode(tmp_path / "v.mp4", gop=1)
    data = bytearray(path.read_bytes())
    begin = len(data) // 2
    data[begin : begin + 40] = b"\x55" * 40
    path.write_bytes(data)
    with pytest.warns(UserWarning, match="cut short or damaged"):
        frames = open_frames(path)
    assert read_bars(frames[0]) == 0
    assert read_bars(frames[-1]) == 23


def test_a_trimmed_file_shows_what_its_edit_list_says(tmp_path):
    """Cut between key frames without encoding: what lies before the cut is in the file, but not shown."""
    path = encode(tmp_path / "v.mp4")
    data = bytearray(path.read_bytes())
    at = data.index(b"elst") + 4 + 8  # version 0: flags, count; then duration and start of the first edit
    start = int.from_bytes(data[at + 4 : at + 8], "big")
    with av.open(str(path)) as file:
        second = file.streams.video[0].time_base.denominator
    data[at + 4 : at + 8] = (start + second // 2).to_bytes(4, "big")
    path.write_bytes(data)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert [read_bars(frame) for frame in open_frames(path)] == list(range(5, 24))


def test_a_full_disk_is_named(tmp_path, monkeypatch):
    path = encode(tmp_path / "v.mp4", n=2)
    monkeypatch.setattr(decoding, "IN_MEMORY", 0)
    monkeypatch.setattr(decoding.tempfile, "TemporaryFile", lambda: open("/dev/full", "wb"))  # noqa: SIM115
    with pytest.raises(DataError, match=r"v\.mp4: no room for its frames in .*TMPDIR"):
        open_frames(path)
