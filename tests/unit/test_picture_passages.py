"""One picture, the words of all its pages, and who may read them."""

import pytest

from core.evidence import OcrLine
from core.knowledge.picture_passages import PictureMention, encoder_text, name_words, near, picture_passage, readable
from core.messages import EVERYONE, Picture

PICTURE = Picture(sha256="a" * 64, media_type="image/png", width=800, height=400)
ENGLISH = PictureMention(
    path="docs/en/guide.md",
    title="User guide",
    name="images/create-app-entry.png",
    alt="create-app-entry",
    heading_path=("User guide", "Create a project"),
    context="Open the home page and press the button.",
    language="en",
)
CHINESE = PictureMention(
    path="docs/zh/guide.md",
    title="使用指南",
    name="images/create-app-entry.png",
    alt="新建项目的入口",
    heading_path=("使用指南", "创建项目"),
    context="打开首页，点击按钮。",
    language="zh",
)


def line(text: str, *, height: float = 20, confidence: float = 0.99) -> OcrLine:
    return OcrLine(text=text, confidence=confidence, box=(0, 0, 100, height))


def test_picture_carries_the_words_of_every_page_that_shows_it() -> None:
    passage = picture_passage(
        [ENGLISH, CHINESE], [line("My projects")], PICTURE, source="team", path="images/create-app-entry.png"
    )

    assert passage.kind == "picture"
    assert passage.picture is not None
    assert passage.picture.headings == "User guide › Create a project\n使用指南 › 创建项目"
    assert passage.picture.context == "Open the home page and press the button.\n打开首页，点击按钮。"
    assert passage.picture.ocr == "My projects"
    for words in ("Create a project", "创建项目", "点击按钮", "My projects", "新建项目的入口"):
        assert words in passage.text
    assert passage.language == "und"


def test_alt_text_that_repeats_the_file_name_is_said_once_as_words() -> None:
    passage = picture_passage([ENGLISH], [], PICTURE, source="team", path=ENGLISH.name)
    hidden = picture_passage([ENGLISH, CHINESE], [], PICTURE, source="team", path=ENGLISH.name, use_names=False)

    assert passage.picture is not None
    assert hidden.picture is not None
    assert passage.picture.alt == "create app entry"
    assert hidden.picture.alt == "新建项目的入口"
    assert "entry" not in hidden.text


def test_private_words_are_a_passage_of_their_own() -> None:
    private = picture_passage([ENGLISH], [], PICTURE, source="team", path="a", audience=("group:board",))
    public = picture_passage([CHINESE], [], PICTURE, source="team", path="a", audience=(EVERYONE,))

    assert private.id != public.id
    assert "home page" not in public.text
    assert private.audience == ("group:board",)


def test_passage_keeps_its_identity_when_a_page_changes() -> None:
    before = picture_passage([ENGLISH], [], PICTURE, source="team", path="a")
    after = picture_passage([CHINESE, ENGLISH], [line("x")], PICTURE, source="team", path="a")

    assert before.id == after.id


def test_dense_screenshot_keeps_its_largest_letters() -> None:
    small = [line(f"row {number} of a long table with many words", height=8) for number in range(200)]

    text = readable([line("Release history", height=40), *small, line("Publish", height=30)])

    assert len(text) <= 1500
    assert text.startswith("Release history\nrow 0")
    assert text.endswith("Publish")


def test_context_reaches_as_far_back_in_either_language() -> None:
    words = ENGLISH.model_copy(update={"context": "far away " * 60 + "press the green button"})
    characters = CHINESE.model_copy(update={"context": "很远的话" * 60 + "点击绿色按钮"})

    passage = picture_passage([words, characters], [], PICTURE, source="team", path="a")

    assert passage.picture is not None
    english, chinese = passage.picture.context.split("\n")
    assert english.endswith("press the green button")
    assert chinese.endswith("点击绿色按钮")
    assert 280 < len(english) <= 300
    assert 110 <= len(chinese) <= 121
    assert near(passage.picture.context).split("\n")[1].endswith("点击绿色按钮")
    assert len(near(english)) <= 100


def test_noise_and_repetitions_are_left_out() -> None:
    lines = [line("Save"), line("Save"), line("|||"), line("lcon", confidence=0.3), line("端口  8080")]

    assert readable(lines) == "Save\n端口 8080"


def test_encoder_is_given_the_languages_it_reads() -> None:
    passage = picture_passage([ENGLISH, CHINESE], [line("8080")], PICTURE, source="team", path="a")

    english = encoder_text(passage, frozenset({"en"}))

    assert "Create a project" in english
    assert "8080" in english
    assert "创建" not in english
    assert "创建" in encoder_text(passage, None)


def test_picture_without_any_words_is_still_a_passage() -> None:
    alone = PictureMention(path="IMG_2034.jpg", title="IMG 2034", name="IMG_2034.jpg")

    passage = picture_passage([alone], [], PICTURE, source="team", path="IMG_2034.jpg", use_names=False)

    assert passage.text == ""
    assert passage.title == ""


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("images/create-app-entry.png", "create app entry"),
        ("docs/ApolloConfigOverview_v2.png", "Apollo Config Overview v 2"),
        ("数据流向图.png", "数据流向图"),
        ("IMG_2034.JPG", ""),
        ("Screenshot 2024-03-01 at 10.22.11.png", ""),
        ("微信图片_20240301.png", ""),
        ("guide.docx#picture-3", ""),
    ],
)
def test_file_names_are_read_as_words_where_they_say_something(name: str, words: str) -> None:
    assert name_words(name) == words
