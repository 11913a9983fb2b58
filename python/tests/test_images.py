"""Image files of every kind: their values, their colours and which way is up, read alone and in folders of them."""

import re
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageOps

from evicam.datasets import DatasetError, from_folder
from evicam.images import read_image

GREY = np.random.default_rng(0).permutation(256)[:30].reshape(6, 5).astype(np.uint8)


def paletted(colours):
    """`GREY` by way of a palette that holds `colours` [256, 3] backwards."""
    picture = Image.fromarray(255 - GREY).convert("P")
    picture.putpalette(colours[::-1].astype(np.uint8).tobytes())
    return picture


GREYS = np.repeat(np.arange(256)[:, None], 3, axis=1)
UNSEEN = np.where(np.isin(GREYS[:, :1], GREY), GREYS, [200, 10, 10])  # red where no pixel looks
KINDS = {
    "floats.tif": lambda: Image.fromarray(np.float32(GREY / 255)),
    "words.tif": lambda: Image.fromarray(GREY.astype(np.uint16) * 257),
    "big-endian.tif": lambda: Image.fromarray((GREY.astype(np.uint16) * 257).astype(">u2")),
    "words.png": lambda: Image.fromarray(GREY.astype(np.uint16) * 257),
    "words.pgm": lambda: Image.fromarray(GREY.astype(np.int32) * 257),
    "palette.gif": lambda: paletted(GREYS),
    "palette.png": lambda: paletted(UNSEEN),
}


def folder_of(path):
    """A folder for each of two classes, with this one file in both."""
    for name in "ab":
        (path.parent / "data" / name).mkdir(parents=True, exist_ok=True)
        (path.parent / "data" / name / path.name).write_bytes(path.read_bytes())
    return path.parent / "data"


@pytest.mark.parametrize("name", KINDS)
def test_grey_files_are_grey(tmp_path, name):
    path = tmp_path / name
    KINDS[name]().save(path)
    assert np.array_equal(read_image(path, (6, 5, 1))[0][..., 0], GREY)
    assert np.array_equal(from_folder(folder_of(path)).images, [GREY, GREY])


@pytest.mark.parametrize("size", [None, (3, 4)])
def test_a_colour_makes_a_folder_colourful(tmp_path, size):
    """With a size of the caller's too."""
    path = tmp_path / "palette.gif"
    paletted(GREYS).save(path)
    data = folder_of(path)
    colours = GREYS.copy()
    colours[GREY[0, 0]] = 255, 0, 0
    paletted(colours).save(data / "b" / "colour.png")
    images = from_folder(data, image_shape=size).images
    assert images.shape == (3, *(size or (6, 5)), 3)
    if size is None:
        assert images[1, 0, 0].tolist() == [255, 0, 0] and np.array_equal(images[0, ..., 1], GREY)


@pytest.mark.parametrize(
    "values, message",
    [
        (
            GREY.astype(np.int32),
            f"holds whole numbers from {GREY.min()} to {GREY.max()}, and does not say which of them is white",
        ),
        (GREY.astype(np.int32) * 257, "does not say which of them is white: save it with 8 or 16 bits"),
        (np.float32(GREY), f"holds floats from {GREY.min()} to {GREY.max()}, but floats must be 0..1"),
        (np.float32(GREY) / -255, "but floats must be 0..1"),
        (np.where(GREY > 9, np.float32(0.5), np.float32(np.nan)), "holds nan at .*, but pixels must be finite"),
    ],
)
def test_values_of_no_certain_brightness_are_refused(tmp_path, values, message):
    path = tmp_path / "scan.tif"
    Image.fromarray(values).save(path)
    with pytest.raises(ValueError, match=re.escape(f"{path}: ") + ".*" + message):
        read_image(path, (6, 5, 1))
    with pytest.raises(DatasetError, match="scan.tif: .*" + message):
        from_folder(folder_of(path))


def test_deep_pixels_are_rounded(tmp_path):
    words = np.random.default_rng(0).integers(0, 65536, (40, 30), np.uint16)
    for name, values in (("words.png", words), ("words.tif", words), ("words.pgm", words.astype(np.int32))):
        Image.fromarray(values).save(tmp_path / name)
        assert np.array_equal(read_image(tmp_path / name, (40, 30, 1))[0][..., 0], np.rint(words / 257)), name


# ---- sizes ----


def test_sizes_are_changed_axis_by_axis(tmp_path):
    """A picture that is too wide and too low, and the same turned: smooth where it grows, means where it shrinks."""
    ramp = np.repeat(np.linspace(0, 255, 14).round().astype(np.uint8)[:, None], 56, 1)
    stripes = np.tile(np.uint8([100, 200]), (14, 28))
    for name, values in (("ramp", ramp), ("stripes", stripes)):
        Image.fromarray(values).save(tmp_path / f"{name}.png")
        Image.fromarray(values.T.copy()).save(tmp_path / f"{name}-turned.png")
        found, turned = (read_image(tmp_path / f"{name}{end}.png", (28, 28, 1))[0][..., 0] for end in ("", "-turned"))
        assert np.array_equal(found, turned.T)
        if name == "ramp":
            assert (np.diff(found[:, 0].astype(int)) > 0).all()
        else:
            assert (found == 150).all()


# ---- which way is up ----


def exif(*entries):
    """EXIF with an entry for each (tag, type, values), those in four bytes."""
    count = {2: 4, 3: 1, 7: 1}
    rows = [struct.pack(">HHI", tag, kind, count[kind]) + values.ljust(4, b"\0") for tag, kind, values in entries]
    return b"Exif\0\0MM\0*" + struct.pack(">IH", 8, len(rows)) + b"".join(rows) + bytes(4)


# A note, and the orientation that is meant by it.
NOTES = {f"way {way}": (exif((274, 3, bytes([0, way]))), way if way in range(1, 9) else 1) for way in range(10)}
NOTES |= {
    "an odd neighbour": (exif((274, 3, b"\0\6"), (320, 2, b"odd")), 6),
    "bytes": (exif((274, 7, b"\6")), 1),
    "text": (exif((274, 2, b"6")), 1),
    "no note": (b"Exif\0\0scrawled", 1),
    "half a note": (exif((274, 3, b"\0\6"))[:-12], 1),
}


# Of a TIFF, whose notes are its own, the directions only.
FILES = [(suffix, note) for suffix in ("png", "webp", "tif") for note in NOTES if suffix != "tif" or note.startswith("way")]


@pytest.mark.filterwarnings("ignore:(Corrupt|Truncated|Possibly corrupt) (EXIF|File)")
@pytest.mark.parametrize("suffix, note", FILES)
def test_files_are_read_upright(tmp_path, suffix, note):
    """As Pillow turns a picture with nothing but that orientation."""
    path, (noted, way) = tmp_path / f"photo.{suffix}", NOTES[note]
    options = dict(tiffinfo={274: int(note[4:])}) if suffix == "tif" else dict(lossless=True, exif=noted)
    Image.fromarray(GREY).save(path, **options)
    clean = Image.fromarray(GREY)
    clean.getexif()[274] = way
    upright = np.asarray(ImageOps.exif_transpose(clean))
    assert upright.shape == ((5, 6) if way >= 5 else (6, 5))
    images = from_folder(folder_of(path)).images
    assert np.array_equal(images[0] if images.ndim == 3 else images[0, ..., 0], upright)
    assert np.array_equal(read_image(path, (*upright.shape, 1))[0][..., 0], upright)


def test_a_file_too_large_to_be_an_image_is_named(tmp_path):
    path = tmp_path / "bomb.png"
    Image.fromarray(GREY).save(path)
    header = b"IHDR" + struct.pack(">II", 40_000, 40_000) + path.read_bytes()[24:29]
    path.write_bytes(path.read_bytes()[:12] + header + struct.pack(">I", zlib.crc32(header)) + path.read_bytes()[33:])
    with pytest.raises(DatasetError, match="bomb.png: damaged image file .*exceeds limit"):
        from_folder(folder_of(path))
    with pytest.raises(ValueError, match="bomb.png: damaged image file .*exceeds limit"):
        read_image(path, (6, 5, 1))
