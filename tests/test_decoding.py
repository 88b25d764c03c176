"""A video file is what PyAV decodes: every frame once, in order and upright, whatever the file states."""

import random
import warnings
from fractions import Fraction

import av
import numpy as np
import pytest
from PIL import Image

from vostut import decoding
from vostut.display import Converter
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


@pytest.mark.parametrize("name", KINDS)
def test_the_first_frame_alone_is_the_first_of_all(name, tmp_path):
    path = encode(tmp_path / name, **KINDS[name])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        first = decoding.decode(path, most=1)
    assert first.count == 1
    np.testing.assert_array_equal(first.read(0), open_frames(path)[0])


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
        Converter, "__call__", lambda c, f, plain=Converter.__call__: decoded.append(f.pts) or plain(c, f)
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


CUT = {
    "v.mp4": {"container": {"movflags": "faststart"}},
    "v.avi": {"codec": "mjpeg", "pix_fmt": "yuvj420p"},
    "v.mkv": {},
    "v.ts": {},
    "live.webm": {"codec": "libvpx", "container": {"live": "1"}},  # neither states how long it is
}


@pytest.mark.parametrize("name", CUT)
def test_a_file_that_ends_early_gives_what_is_there_and_a_warning(tmp_path, name):
    path = encode(tmp_path / name, gop=1, **CUT[name])
    whole, data = by_pyav(path), path.read_bytes()
    for length in range(len(data) * 3 // 4, len(data) * 3 // 4 + 30):
        if name == "v.ts" and length % 188 == 0:
            continue  # the end of a packet: nothing tells
        path.write_bytes(data[:length])
        with pytest.warns(UserWarning, match=f"{name}: cut short or damaged; [0-9]+ frames of it can be"):
            frames = open_frames(path)
        assert 8 < len(frames) < 24
        assert all(np.array_equal(frames[t], whole[t]) for t in range(len(frames) - 1))


@pytest.mark.parametrize("name", ["v.avi", "v.mov"])
def test_a_last_frame_that_is_cut_itself_is_left_out(tmp_path, name):
    """A decoder makes a grey area of what is missing in a JPEG."""
    path, noise = tmp_path / name, np.random.default_rng(0).integers(0, 255, (240, 320, 3), np.uint8)
    with av.open(str(path), "w", options={"movflags": "faststart"}) as file:
        stream = file.add_stream("mjpeg", rate=10)
        stream.height, stream.width, stream.pix_fmt = 240, 320, "yuvj420p"
        for t in range(8):
            file.mux(stream.encode(av.VideoFrame.from_ndarray(np.roll(noise, 9 * t, 1), "rgb24")))
        file.mux(stream.encode())
    whole, data = by_pyav(path), path.read_bytes()
    with av.open(str(path)) as file:
        ends = [packet.pos + packet.size for packet in file.demux(video=0) if packet.size]
    for share in (0.5, 0.52, 0.55, 0.58):
        length = int(len(data) * share)
        path.write_bytes(data[:length])
        with pytest.warns(UserWarning, match="cut short or damaged"):
            frames = open_frames(path)
        assert len(frames) == sum(end <= length for end in ends) > 1
        assert all(np.array_equal(frame, same) for frame, same in zip(frames, whole, strict=False))


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


def moving(t, size=(96, 112)):
    """A white square that moves 4 pixels to the right in each field."""
    image = np.zeros((*size, 3), np.uint8)
    image[30:70, 10 + 4 * t : 40 + 4 * t] = 255
    return image


@pytest.mark.parametrize("count", [1, 2, 10])
def test_interlaced_frames_become_whole_and_stay_as_many(tmp_path, count):
    """A player shows the square of one moment, not the comb of two."""
    path = tmp_path / "v.mp4"
    with av.open(str(path), "w") as file:
        flags = {"flags": "+ilme+ildct", "x264-params": "tff=1"}
        stream = file.add_stream("libx264", rate=25, options=flags)
        stream.height, stream.width, stream.pix_fmt = 96, 112, "yuv420p"
        for t in range(count):
            both = moving(2 * t)
            both[1::2] = moving(2 * t + 1)[1::2]
            file.mux(stream.encode(av.VideoFrame.from_ndarray(both, "rgb24")))
        file.mux(stream.encode())
    frames = np.asarray(open_frames(path)).astype(int)
    combed = np.array(by_pyav(path)).astype(int)
    assert len(frames) == count

    def torn(images):
        return np.abs(np.diff(images[:, 34:66], axis=1)).mean()

    assert torn(combed) > 10
    if count > 1:  # the filter leaves a single frame as it is
        assert torn(frames) < torn(combed) / 2


def test_what_is_transparent_lies_on_black(tmp_path):
    path = tmp_path / "v.mov"
    image = np.full((16, 16, 4), (200, 100, 50, 255), np.uint8)
    image[:, 8:, 3], image[:8, 8:, 3] = 0, 51
    with av.open(str(path), "w") as file:
        stream = file.add_stream("png", rate=10)
        stream.height, stream.width, stream.pix_fmt = 16, 16, "rgba"
        file.mux(stream.encode(av.VideoFrame.from_ndarray(image, "rgba")))
        file.mux(stream.encode())
    frame = open_frames(path)[0]
    assert frame[4, 4].tolist() == [200, 100, 50]
    assert frame[4, 12].tolist() == [40, 20, 10]
    assert frame[12, 12].tolist() == [0, 0, 0]


def ycc(rgb, kr, kb, full):
    """Y, Cb, Cr of a colour, of 8 bits."""
    r, g, b = (v / 255 for v in rgb)
    y = kr * r + (1 - kr - kb) * g + kb * b
    cb, cr = (b - y) / (2 - 2 * kb), (r - y) / (2 - 2 * kr)
    scale = (0, 255, 255) if full else (16, 219, 224)
    return [round(scale[0] + scale[1] * y), round(128 + scale[2] * cb), round(128 + scale[2] * cr)]


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize(
    ("matrix", "kr", "kb"), [(1, 0.2126, 0.0722), (6, 0.299, 0.114), (5, 0.299, 0.114), (9, 0.2627, 0.0593)]
)
def test_colours_are_those_that_the_file_states(tmp_path, matrix, kr, kb, full):
    path, rgb = tmp_path / "v.mkv", (200, 60, 40)
    with av.open(str(path), "w") as file:
        stream = file.add_stream("libx264", rate=10, options={"qp": "0"})
        stream.height, stream.width, stream.pix_fmt = 32, 32, "yuv444p"
        stream.codec_context.colorspace = matrix
        stream.codec_context.color_range = 2 if full else 1
        planes = np.stack([np.full((32, 32), v, np.uint8) for v in ycc(rgb, kr, kb, full)])
        picture = av.VideoFrame.from_ndarray(planes, "yuv444p")
        picture.colorspace, picture.color_range = matrix, 2 if full else 1
        file.mux(stream.encode(picture))
        file.mux(stream.encode())
    np.testing.assert_allclose(open_frames(path)[0][16, 16], rgb, atol=4)


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


def broken(data, chance):
    """A file's bytes, cut short or with some of them changed."""
    data = bytearray(data)
    if chance.random() < 0.3:
        return bytes(data[: chance.randrange(len(data))])
    for _ in range(chance.choice((1, 3, 30))):
        data[chance.randrange(min(len(data), chance.choice((64, 600, len(data)))))] = chance.randrange(256)
    return bytes(data)


@pytest.mark.parametrize("name", ["h264.mp4", "b_frames.ts", "live.webm", "mjpeg.avi", "a.png", "a.jpg"])
@pytest.mark.filterwarnings("ignore:.*cut short or damaged")
def test_whatever_is_in_a_file_there_are_frames_or_a_message_that_names_it(tmp_path, name):
    chance = random.Random(name)
    folder = tmp_path / "frames"
    folder.mkdir()
    path = folder / name
    if name in KINDS:
        data = encode(path, **{**KINDS[name], "n": 8}).read_bytes()
    else:
        Image.fromarray(bars(85)).save(path)
        data = path.read_bytes()
    for _ in range(15):
        path.write_bytes(broken(data, chance))
        try:
            frames = open_frames(path if name in KINDS else folder)
            assert {frame.shape for frame in frames} == {frames[0].shape}
        except DataError as error:
            assert name in str(error)  # noqa: PT017


def test_a_pipe_is_not_a_video(tmp_path):
    import os

    os.mkfifo(tmp_path / "v.mp4")
    for ask in (open_frames, frame_rate):
        with pytest.raises(DataError, match=r"v\.mp4: not a file"):
            ask(tmp_path / "v.mp4")


def test_a_title_that_is_no_utf_8_does_not_matter(tmp_path):
    path = tmp_path / "clip.mp4"
    with av.open(str(path), "w") as file:
        file.metadata["title"] = "XQX"
        stream = file.add_stream("libx264", rate=10)
        stream.height, stream.width, stream.pix_fmt = 96, 112, "yuv420p"
        file.mux(stream.encode(av.VideoFrame.from_ndarray(bars(5), "rgb24")))
        file.mux(stream.encode())
    data = path.read_bytes()
    assert b"XQX" in data
    path.write_bytes(data.replace(b"XQX", b"X\xe9X"))
    assert read_bars(open_frames(path)[0]) == 5


def test_pyav_19_has_one_argument_less(tmp_path, monkeypatch):
    """Colab's Python gets PyAV 19, whose ``open`` knows no ``metadata_errors``."""
    path, open_as_18 = encode(tmp_path / "clip.mp4", n=3), av.open
    monkeypatch.setattr(av, "__version__", "19.0.2")
    monkeypatch.setattr(av, "open", lambda file: open_as_18(file))
    assert [read_bars(frame) for frame in open_frames(path)] == [0, 1, 2]
