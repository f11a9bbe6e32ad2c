"""The knowledge's pictures on disk."""

import io
from pathlib import Path

from PIL import Image

from core.knowledge.picture_files import PictureFiles
from core.pictures import NormalizedPicture, normalize


def picture(colour: str) -> NormalizedPicture:
    buffer = io.BytesIO()
    Image.new("RGB", (40, 40), colour).save(buffer, "PNG")
    return normalize(buffer.getvalue())


def test_a_picture_is_kept_by_its_content_and_once(tmp_path: Path) -> None:
    files = PictureFiles(tmp_path)
    red = picture("red")
    assert files.put(red) == files.put(red) == files.path(red.picture.sha256)
    assert files.get(red.picture.sha256) == red.data
    assert len([file for file in tmp_path.rglob("*") if file.is_file()]) == 1
    assert files.path(red.picture.sha256).suffix == ".png"


def test_a_picture_that_is_gone_is_none(tmp_path: Path) -> None:
    files = PictureFiles(tmp_path)
    red = picture("red")
    files.put(red)
    files.delete(red.picture.sha256)
    files.delete(red.picture.sha256)
    assert files.get(red.picture.sha256) is None
