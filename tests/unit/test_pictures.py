"""Picture intake: whatever comes in, a plain bounded picture or a clear reason comes out."""

import io
import struct
import time
import zlib
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from core.errors import PictureError
from core.pictures import Limits, NormalizedPicture, normalize, sniff

BAD_IMAGES = Path(__file__).parents[3] / "shared/data/bad_images"
pillow_heif.register_heif_opener()  # pyright: ignore[reportUnknownMemberType]


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def opened(taken: NormalizedPicture) -> Image.Image:
    image = Image.open(io.BytesIO(taken.data))
    image.load()
    return image


def gradient(width: int = 64, height: int = 48) -> Image.Image:
    across = np.linspace(0, 255, width, dtype=np.uint8)
    return Image.fromarray(np.stack([np.tile(across, (height, 1))] * 3, axis=-1))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "HEIF"])
def test_every_kind_is_told_by_its_bytes_and_taken(kind: str) -> None:
    data = saved(gradient(), kind)
    assert sniff(data) == kind
    taken = normalize(data, name="holiday.txt")
    assert (taken.picture.width, taken.picture.height) == (64, 48)
    assert taken.picture.media_type in {"image/png", "image/jpeg"}
    assert opened(taken).mode == "RGB"


def test_the_same_bytes_are_the_same_picture() -> None:
    data = saved(gradient(), "PNG")
    assert normalize(data).picture.sha256 == normalize(data, name="another name").picture.sha256


def test_a_photograph_is_turned_upright_and_tells_nothing_of_its_origin() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    exif[0x010F] = "Camera of Mira"
    taken = normalize(saved(gradient(80, 40), "JPEG", exif=exif))
    assert (taken.picture.width, taken.picture.height) == (40, 80)
    assert b"Mira" not in taken.data
    assert not opened(taken).getexif()


@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA"])
def test_what_is_transparent_lies_on_white(mode: str) -> None:
    clear = Image.new("RGBA", (40, 40), (255, 0, 0, 0)).convert(mode if mode != "PA" else "RGBA")
    image = opened(normalize(saved(clear, "PNG")))
    assert image.getpixel((5, 5)) == (255, 255, 255)


def test_a_transparent_colour_of_a_palette_lies_on_white() -> None:
    image = Image.new("P", (40, 40), 1)
    image.putpalette([0, 0, 0, 255, 0, 0])
    assert opened(normalize(saved(image, "PNG", transparency=1))).getpixel((5, 5)) == (255, 255, 255)


@pytest.mark.parametrize(
    ("image", "kind"),
    [
        (gradient().convert("CMYK"), "JPEG"),
        (gradient().convert("CMYK"), "TIFF"),
        (gradient().convert("P"), "PNG"),
        (gradient().convert("1"), "PNG"),
        (gradient().convert("L"), "PNG"),
        (Image.fromarray(np.tile(np.linspace(0, 65535, 64, dtype=np.uint16), (48, 1))), "PNG"),
        (Image.fromarray(np.tile(np.linspace(0, 65535, 64, dtype=np.uint16), (48, 1))), "TIFF"),
        (Image.fromarray(np.tile(np.linspace(0, 1, 64, dtype=np.float32), (48, 1))), "TIFF"),
    ],
    ids=["cmyk-jpeg", "cmyk-tiff", "palette", "1-bit", "grey", "16-bit-png", "16-bit-tiff", "float-tiff"],
)
def test_every_sample_becomes_8_bit_with_its_range_kept(image: Image.Image, kind: str) -> None:
    taken = opened(normalize(saved(image, kind)))
    left, right = np.asarray(taken)[:, :8].mean(), np.asarray(taken)[:, -8:].mean()
    assert left < 60
    assert right > 195


def test_the_longest_side_is_bounded_and_the_shape_kept() -> None:
    taken = normalize(saved(gradient(900, 300), "PNG"), limits=Limits(longest_side=300))
    assert (taken.picture.width, taken.picture.height) == (300, 100)
    photograph = normalize(saved(gradient(4000, 3000), "JPEG"), limits=Limits(longest_side=1000))
    assert (photograph.picture.width, photograph.picture.height) == (1000, 750)


def test_the_first_frame_stands_for_an_animation() -> None:
    frames = [Image.new("RGB", (40, 40), colour) for colour in ("blue", "red")]
    data = saved(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert opened(normalize(data)).getpixel((5, 5)) == (0, 0, 255)


def png_of(width: int, height: int) -> bytes:
    """The head of a picture that claims to be large, and nothing behind it."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    )


def test_a_bomb_is_refused_before_it_is_decoded() -> None:
    started = time.process_time()
    with pytest.raises(PictureError, match="pixels"):
        normalize(png_of(100_000, 100_000))
    assert time.process_time() - started < 2


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty"),
        (b"<!DOCTYPE html><html><title>Sign in</title>", "login page"),
        (b'{"ok": false, "error": "not_authed"}', "JSON"),
        (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "SVG"),
        (b"%PDF-1.7", "PDF"),
        (b"PK\x03\x04rest", "ZIP"),
        (b"just some words", "text"),
        (b"\x00\x01\x02\x03" * 20, "unknown kind"),
        (saved(gradient(), "PNG")[:100], "broken"),
        (b"\xff\xd8\xff" + b"\x00" * 50, "broken"),
    ],
    ids=["empty", "login", "json", "svg", "pdf", "zip", "text", "binary", "cut", "no-jpeg"],
)
def test_what_is_no_picture_is_named_and_has_a_remedy(data: bytes, said: str) -> None:
    with pytest.raises(PictureError, match=said) as caught:
        normalize(data, name="shot.png")
    assert "shot.png" in caught.value.message
    assert "0x" not in caught.value.message
    assert caught.value.hint


def test_too_many_bytes_are_refused_unread() -> None:
    with pytest.raises(PictureError, match="up to 1 MiB"):
        normalize(b"\x89PNG\r\n\x1a\n" + b"\0" * 2_000_000, limits=Limits(size=1024 * 1024))


def result_of(take: Callable[[], NormalizedPicture]) -> bool:
    """Whether it was taken; anything but a `PictureError` is a failure of the test."""
    try:
        taken = take()
    except PictureError:
        return False
    assert opened(taken).mode == "RGB"
    return True


@given(st.binary(max_size=400))
def test_random_bytes_are_refused_or_taken(data: bytes) -> None:
    result_of(lambda: normalize(data))


@cache
def sound(kind: str) -> bytes:
    return saved(gradient(), kind)


@settings(deadline=None)
@given(
    kind=st.sampled_from(["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "HEIF"]),
    damage=st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 255)), max_size=12),
    length=st.integers(0, 6000),
)
def test_damaged_pictures_are_refused_or_taken(kind: str, damage: list[tuple[int, int]], length: int) -> None:
    data = bytearray(sound(kind))
    for at, value in damage:
        data[at % len(data)] = value
    result_of(lambda: normalize(bytes(data[: max(length, 16)])))


@pytest.mark.skipif(not BAD_IMAGES.is_dir(), reason="the evaluation data (shared/data/bad_images) is not here")
def test_files_that_are_broken_on_purpose_are_refused_or_taken_quickly() -> None:
    files = [file for file in BAD_IMAGES.rglob("*") if file.is_file()]
    taken = 0
    for file in files:
        started = time.process_time()
        taken += result_of(partial(normalize, file.read_bytes()))
        assert time.process_time() - started < 5, file.name
    assert taken > len(files) / 2
