"""The pictures of the demonstration can be drawn again, and can be read."""

from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat

from core.models.ocr import OcrReader, text_of
from demo.draw import HERE, PICTURES, draw

KEY_WORDS = {
    "deploy-pipeline.png": ("Smoke tests", "Canary", "wren rollback SERVICE"),
    "architecture.png": ("Gateway", "Event log", "Tracker", "PostgreSQL"),
    "incident-flow.png": ("Acknowledge the page", "Escalate", "Mitigated"),
    "chart-parcels.png": ("September", "9.6", "6.1"),
    "chart-webhook-latency.png": ("11.8 s", "target 4 s", "W33"),
    "office-map.png": ("Heron", "Quiet room", "First aid"),
    "settings-webhooks.png": ("Signing secret", "Rotate secret", "Replay failed deliveries"),
    "error-feed-stalled.png": ("ERR-5020", "carrier feed stalled"),
    "dashboard.png": ("4,812", "Event log lag", "NORDVAN"),
    "webhook-error.png": ("ERR-4031", "webhook signature mismatch"),
}
DIFFERENT = 2.0
"""Mean difference of a colour value (of 255) up to which another version of FreeType may smooth letters differently."""


@pytest.fixture(scope="module")
def ocr() -> OcrReader:
    return OcrReader()


@pytest.mark.slow
def test_script_draws_the_pictures_that_are_there(tmp_path: Path) -> None:
    draw(tmp_path)

    for name in PICTURES:
        with Image.open(HERE / name) as kept, Image.open(tmp_path / name) as drawn:
            assert drawn.size == kept.size
            difference = ImageStat.Stat(ImageChops.difference(drawn.convert("RGB"), kept.convert("RGB"))).mean
            assert max(difference) < DIFFERENT, name


@pytest.mark.slow
@pytest.mark.parametrize("name", PICTURES)
def test_picture_can_be_read(name: str, ocr: OcrReader) -> None:
    read = text_of(ocr.read((HERE / name).read_bytes()))

    for words in KEY_WORDS[Path(name).name]:
        assert words.replace(" ", "") in read.replace(" ", "")
