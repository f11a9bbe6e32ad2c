"""Drawn pictures, and what they are said to look like."""

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageDraw

from core.evidence import OcrLine
from core.reading.appearance import Appearance, look
from core.reading.appearance_words import describe

Draw = Callable[[ImageDraw.ImageDraw], None]


def picture(draw: Draw, *, size: tuple[int, int] = (600, 400), ground: str = "white") -> bytes:
    image = Image.new("RGB", size, ground)
    draw(ImageDraw.Draw(image))
    return png(image)


def png(image: Image.Image) -> bytes:
    data = io.BytesIO()
    image.save(data, "PNG")
    return data.getvalue()


def text(words: str, left: float, top: float, *, width: float = 0, height: float = 16) -> OcrLine:
    return OcrLine(text=words, confidence=0.99, box=(left, top, left + (width or 9 * len(words)), top + height))


def nothing(_: ImageDraw.ImageDraw) -> None:
    """An empty ground."""


def seen(draw: Draw, *lines: OcrLine, ground: str = "white") -> tuple[Appearance, str]:
    appearance = look(picture(draw, ground=ground), lines)
    return appearance, describe(appearance)


def test_login_page_on_green() -> None:
    def draw(page: ImageDraw.ImageDraw) -> None:
        page.rectangle((200, 120, 400, 280), fill="white")

    appearance, words = seen(
        draw, text("Username", 220, 150), text("Password", 220, 190), text("登录", 290, 240), ground="#20c080"
    )

    assert "login" in appearance.kinds
    assert appearance.background == "green"
    assert "green background" in words
    assert "绿色背景" in words
    assert "登录页" in words


def test_dialog_over_a_dimmed_page_with_a_framed_button() -> None:
    def draw(page: ImageDraw.ImageDraw) -> None:
        page.rectangle((120, 60, 480, 320), fill="white")
        page.rectangle((380, 270, 460, 305), outline="#ff2010", width=4)

    appearance, words = seen(draw, text("Request timeout", 140, 80), text("Submit", 395, 278), ground="#707070")

    assert appearance.kinds[:2] == ("screenshot", "dialog")
    assert appearance.framed == ("Submit",)
    assert "popup" in words
    assert "弹窗" in words
    assert "red box" in words
    assert "红框" in words


def test_dialog_cut_out_of_its_page_is_known_by_its_buttons() -> None:
    appearance, _ = seen(nothing, text("New release", 20, 20), text("取消", 400, 360), text("发布", 480, 360))

    assert "dialog" in appearance.kinds


def test_diagram_of_boxes() -> None:
    def draw(page: ImageDraw.ImageDraw) -> None:
        for left, fill in ((40, "#ffd966"), (240, "#9fc5e8"), (440, "#b6d7a8")):
            page.rectangle((left, 150, left + 120, 230), fill=fill, outline="black", width=2)
        page.line((160, 190, 240, 190), fill="black", width=2)

    appearance, words = seen(draw, text("Client", 70, 180), text("Server", 270, 180), text("Database", 460, 180))

    assert appearance.kinds == ("diagram",)
    assert "yellow" in appearance.colours
    assert "simple" in words
    assert "示意图" in words


def test_table_is_no_diagram() -> None:
    rows = [text(word, 40 + 180 * column, 40 + 40 * row) for row in range(5) for column, word in enumerate("abc")]

    appearance, words = seen(nothing, text("Search", 500, 5), *rows)

    assert appearance.kinds == ("screenshot", "table")
    assert "列表" in words


def test_tree_of_folders() -> None:
    names = ("demo", "src", "main", "java", "resources", "app.properties")
    lines = [text(name, 20 + 25 * depth, 20 + 30 * depth) for depth, name in enumerate(names)]

    appearance, words = seen(nothing, *lines, ground="#2b2b2b")

    assert "tree" in appearance.kinds
    assert "目录树" in words
    assert "dark background" in words


def test_chart_with_its_axes() -> None:
    def draw(page: ImageDraw.ImageDraw) -> None:
        page.line((60, 20, 60, 340), fill="black")
        page.line((60, 340, 560, 340), fill="black")
        page.line((60, 300, 200, 200, 400, 240, 540, 90), fill="blue", width=3)

    axis = [text(str(value), 20, 330 - value, width=30) for value in (0, 100, 200, 300)]
    months = [text(str(2019 + year), 80 + 90 * year, 350, width=36) for year in range(5)]

    appearance, words = seen(draw, *axis, *months, text("Parcels", 260, 5))

    assert appearance.kinds == ("chart",)
    assert "图表" in words


def test_photograph_is_told_from_drawings() -> None:
    grain = np.random.default_rng(0).normal(128, 30, (300, 400, 3)).clip(0, 255).astype(np.uint8)

    appearance = look(png(Image.fromarray(grain)), ())

    assert appearance.kinds == ("photo",)
    assert "照片" in describe(appearance)


def test_red_arrow_that_points() -> None:
    def draw(page: ImageDraw.ImageDraw) -> None:
        page.line((300, 300, 420, 220), fill="#e02020", width=6)
        page.polygon([(420, 220), (395, 222), (410, 245)], fill="#e02020")

    appearance, words = seen(draw, text("Settings", 100, 100), text("Delete", 100, 140))

    assert appearance.arrow
    assert appearance.frames == 0
    assert "红箭头" in words


def test_button_is_named_with_its_colour() -> None:
    def draw(page: ImageDraw.ImageDraw) -> None:
        page.rectangle((480, 20, 580, 50), fill="#28a745")

    appearance, words = seen(draw, text("Publish", 495, 27), text("Configuration", 20, 27))

    assert [(one.colour, one.text) for one in appearance.buttons] == [("green", "Publish")]
    assert "green 绿色 button 按钮 Publish" in words


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (300, 1), (2000, 40)])
def test_any_size_can_be_looked_at(size: tuple[int, int]) -> None:
    assert look(picture(nothing, size=size), ()).frames == 0


def test_text_said_to_lie_outside_the_picture_does_no_harm() -> None:
    lines = [text("outside", 5000, 5000), text("before", -80, -80), text("", 10, 10)]

    assert look(picture(nothing), lines).framed == ()


def test_plain_ground_is_given_no_kind() -> None:
    appearance, words = seen(nothing)

    assert appearance == Appearance()
    assert words == ""
