"""Picture intake: bytes from anywhere in, a bounded, upright, plain picture out, or an error that says why not.

What a file is, its first bytes say, never its name. Bytes and pixels are bounded before anything is decoded. What
comes out is RGB, turned upright, without metadata, PNG or JPEG, named by its sha256; the same bytes in give the same
bytes out.
"""

import hashlib
import io
import warnings
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.errors import PictureError
from core.messages import Picture

if TYPE_CHECKING:
    from PIL.Image import Image

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "HEIF")
NAMES = "PNG, JPEG, WebP, GIF, BMP, TIFF or HEIC"
JPEG_QUALITY = 90
_HEIF_BRANDS = {b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1"}


@dataclass(frozen=True)
class Limits:
    """What is taken in: bytes of the file, pixels of the picture, and the longest side of what is kept, in pixels."""

    size: int = 25 * 1024 * 1024
    pixels: int = 60_000_000
    longest_side: int = 2048


@dataclass(frozen=True)
class NormalizedPicture:
    """A picture that was taken in, with its bytes; `picture.sha256` is of these bytes."""

    picture: Picture
    data: bytes


def normalize(data: bytes, *, name: str = "", limits: Limits = Limits()) -> NormalizedPicture:
    """Take a picture in.

    Transparency is laid on white, CMYK, palettes, 16-bit and float samples become 8-bit RGB, the first frame of an
    animation stands for it.

    Raises:
        PictureError: it is empty, too large, broken, or not a picture of a known kind.
    """
    image = open_picture(data, name=name, limits=limits)
    with _broken_as_error(_called(name)):
        return _encode(image, name)


def open_picture(data: bytes, *, name: str = "", limits: Limits = Limits()) -> "Image":
    """A picture's pixels, as `normalize` would keep them: 8-bit RGB, upright, bounded.

    Raises:
        PictureError: it is empty, too large, broken, or not a picture of a known kind.
    """
    called = _called(name)
    if not data:
        raise PictureError(f"{called} is empty.", hint="Send it again.")
    if len(data) > limits.size:
        raise PictureError(
            f"{called} has {len(data) / 1024**2:.0f} MiB; up to {limits.size // 1024**2} MiB are taken.",
            hint="Make it smaller, or cut out the part that matters.",
        )
    kind = sniff(data)
    if kind is None:
        raise PictureError(f"{called} is {what_it_is(data)}, not a picture.", hint=f"Send it as {NAMES}.")
    with _broken_as_error(called):
        image = _open(data, kind)
        _check_size(image, called, limits)
        return _plain(_decode(image, limits), limits)


def _called(name: str) -> str:
    return f'"{name}"' if name else "the picture"


def sniff(data: bytes) -> str | None:
    """The kind of picture (one of `FORMATS`) by its first bytes, or None."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "GIF"
    if data.startswith(b"BM") and len(data) > 26:
        return "BMP"
    if data.startswith((b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")):
        return "TIFF"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    return "HEIF" if data[4:8] == b"ftyp" and data[8:12] in _HEIF_BRANDS else None


def what_it_is(data: bytes) -> str:
    """What bytes that are no picture look like, for an error."""
    head = data[:512].lstrip().lower()
    if head.startswith((b"<!doctype html", b"<html", b"<head")):
        return "a web page (perhaps a login page: whoever fetched it may lack permission)"
    if b"<svg" in head:
        return "an SVG drawing"
    if head.startswith(b"%pdf"):
        return "a PDF document"
    if head.startswith((b"{", b"[")):
        return "JSON"
    if data.startswith(b"PK\x03\x04"):
        return "a ZIP archive or an office document"
    printable = sum(byte >= 32 or byte in b"\t\r\n" for byte in data[:512])
    return "text" if printable > 0.95 * min(len(data), 512) else "of an unknown kind"


def _open(data: bytes, kind: str) -> "Image":
    from PIL import Image

    if kind == "HEIF":
        import pillow_heif

        heif: Any = pillow_heif  # partly untyped
        heif.register_heif_opener()
    return Image.open(io.BytesIO(data), formats=[kind])


def _check_size(image: "Image", called: str, limits: Limits) -> None:
    width, height = image.size
    if width * height > limits.pixels:
        raise PictureError(
            f"{called} has {width} x {height} pixels; up to {limits.pixels // 1_000_000} million are taken.",
            hint="Make it smaller, or cut out the part that matters.",
        )
    if width < 1 or height < 1:
        raise PictureError(f"{called} has no pixels.", hint="Send it again.")


def _decode(image: "Image", limits: Limits) -> "Image":
    from PIL import ImageOps

    if image.format == "JPEG":
        # The decoder itself can halve a large photograph, at a fraction of the memory.
        image.draft("RGB", (limits.longest_side, limits.longest_side))
    image.seek(0)
    image.load()
    return ImageOps.exif_transpose(image)


def _plain(image: "Image", limits: Limits) -> "Image":
    """8-bit RGB on white, its longest side bounded."""
    from PIL import Image

    image = _eight_bit(image)
    if image.mode in {"RGBA", "LA", "PA", "La", "RGBa"} or "transparency" in image.info:
        layer = image.convert("RGBA")
        ground = Image.new("RGBA", layer.size, "white")
        image = Image.alpha_composite(ground, layer)
    image = image.convert("RGB")
    longest = max(image.size)
    if longest > limits.longest_side:
        scale = limits.longest_side / longest
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        image = image.resize(size, Image.Resampling.LANCZOS)
    return image


def _eight_bit(image: "Image") -> "Image":
    """16-bit, 32-bit and float samples scaled to 8 bits; Pillow's own conversion would clip them to white."""
    if not image.mode.startswith(("I", "F")):
        return image
    import numpy as np
    from PIL import Image

    samples = np.nan_to_num(np.asarray(image, dtype=np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    low, high = (0.0, 65535.0) if image.mode.startswith("I;16") else (float(samples.min()), float(samples.max()))
    if image.mode == "I" and low >= 0 and high <= 65535:
        low, high = 0.0, 65535.0
    scaled = (samples - low) * (255.0 / (high - low)) if high > low else samples * 0
    return Image.fromarray(scaled.round().clip(0, 255).astype(np.uint8))


def _encode(image: "Image", name: str) -> NormalizedPicture:
    """PNG where few colours make it small and sharp (screenshots, diagrams), else JPEG."""
    buffer = io.BytesIO()
    drawn = image.getcolors(maxcolors=4096) is not None or image.width * image.height <= 65_536
    if drawn:
        image.save(buffer, "PNG", optimize=False)
    else:
        image.save(buffer, "PNG", optimize=False, compress_level=1)
        photograph = io.BytesIO()
        image.save(photograph, "JPEG", quality=JPEG_QUALITY, subsampling=0)
        # A screenshot with many colours is still better off lossless; a photograph is several times larger so.
        if buffer.tell() > 3 * photograph.tell():
            buffer = photograph
    data = buffer.getvalue()
    return NormalizedPicture(
        picture=Picture(
            sha256=hashlib.sha256(data).hexdigest(),
            media_type="image/jpeg" if data.startswith(b"\xff\xd8") else "image/png",
            width=image.width,
            height=image.height,
            name=name,
        ),
        data=data,
    )


@contextmanager
def _broken_as_error(called: str) -> Generator[None]:
    """Whatever a decoder makes of broken bytes, as one clear error."""
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except PictureError:
        raise
    except Image.DecompressionBombError as error:
        raise PictureError(f"{called} has too many pixels.", hint="Make it smaller.") from error
    except UnidentifiedImageError as error:
        raise PictureError(
            f"{called} is broken: its header can't be read.", hint="Save it again and send that."
        ) from error
    except Exception as error:  # decoders of seven formats raise errors of many kinds on broken bytes
        reason: Any = str(error) or type(error).__name__
        raise PictureError(f"{called} is broken: {reason}.", hint="Save it again and send that.") from error
