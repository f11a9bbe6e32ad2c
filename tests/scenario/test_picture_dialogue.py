"""Several pictures, several turns, with a language model on the wire and without one."""

import base64
import hashlib
import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from core.messages import Picture
from core.pictures import normalize
from core.reply import Reply
from tests.ingesting import Team, png
from tests.scenario.openai_server import Call, ModelServer, Refuse, Say, model_server
from tests.scenario.test_assistant import Session, drawn, session

pytestmark = pytest.mark.slow

DOCUMENTS: dict[str, str | bytes] = {
    "signals.md": "# Signals\n\n## Red lamp\n\nA red lamp at the gate means that the loading bay is closed.\n\n"
    "## Green lamp\n\nA green lamp at the gate means that lorries may enter.\n",
    "access.md": "# Access\n\nThe login form asks for a badge number.\n\n![The login form](login.png)\n",
    "flow.md": "# Release flow\n\n![How a release goes](flow.png)\n",
    "login.png": drawn("Badge number", "Sign in"),
    "flow.png": drawn("Build", "Test", "Release"),
}
RED = png(size=(80, 80), colour="red")
BLUE = png(size=(90, 80), colour="blue")
GREEN = png(size=(100, 80), colour="green")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import asyncio

    from core.models.minilm import MiniLM

    team = Team(tmp_path_factory.mktemp("team"), encoder=MiniLM())
    team.write(DOCUMENTS)
    asyncio.run(team.ingest())
    return team.data


def shown(message: dict[str, Any]) -> list[str]:
    """The labels and colours of a message's pictures, as the model sees them."""
    said: list[str] = []
    content: Any = message["content"]
    for block in content if not isinstance(content, str) else ():
        if block["type"] == "image_url":
            data = base64.b64decode(block["image_url"]["url"].partition("base64,")[2])
            with Image.open(io.BytesIO(data)) as image:
                colour = image.convert("RGB").getpixel((2, 2))
            names: dict[Any, str] = {(255, 0, 0): "red", (0, 0, 255): "blue", (0, 128, 0): "green"}
            said.append(names.get(colour, "other"))
        elif block["text"].startswith(("Picture ", "The picture of evidence")):
            said.append(block["text"])
    return said


def pictures_sent(server: ModelServer, request: int) -> list[list[str]]:
    return [shown(message) for message in server.requests[request]["messages"] if shown(message)]


async def test_one_picture_alone_needs_no_number(data: Path) -> None:
    with model_server([Say("A lamp.")]) as server:
        async with session(data, server, model_sees_pictures=True) as talk:
            await talk.ask("Describe this picture", RED)
    assert pictures_sent(server, -1) == [["red"]]


async def test_earlier_pictures_stand_where_they_stood_under_their_numbers(data: Path) -> None:
    with model_server([Say("Fine.")]) as server:
        async with session(data, server, model_sees_pictures=True, model_calls_tools=False) as talk:
            await talk.ask("Describe these pictures", RED, BLUE)
            await talk.ask("Describe this picture", GREEN)
            await talk.ask("Which of them is warmer, the first or the second picture?")
    assert pictures_sent(server, -1)[:2] == [["Picture 1:", "red", "Picture 2:", "blue"], ["Picture 3:", "green"]]


async def test_only_the_newest_pictures_are_shown_again(data: Path) -> None:
    with model_server([Say("Fine.")]) as server:
        async with session(data, server, model_sees_pictures=True, model_calls_tools=False) as talk:
            for at in range(6):
                await talk.ask("Describe this picture", png(size=(80 + at, 60), colour="red"))
            await talk.ask("Describe this picture", BLUE)
    labels = [one for message in pictures_sent(server, -1) for one in message if one.startswith("Picture")]
    assert labels == ["Picture 3:", "Picture 4:", "Picture 5:", "Picture 6:", "Picture 7:"]


async def test_a_picture_that_a_reply_showed_can_be_asked_about(data: Path) -> None:
    with model_server([Say("Here it is [1].")]) as server:
        async with session(data, server, model_sees_pictures=True, model_calls_tools=False) as talk:
            reply = await talk.ask("Show me the diagram of a release")
            assert [one.source for one in reply.pictures] == ["flow.png"]
            remember_shown(talk, reply)
            await talk.ask("What is in that diagram?")
    [asked] = pictures_sent(server, -1)
    assert asked[:2] == ["Picture 1, shown in the answer before:", "other"]
    assert "<picture-text-" in server.text_of(-1) and "Build" in server.text_of(-1)


async def test_without_a_model_too_a_shown_picture_can_be_asked_about(data: Path) -> None:
    async with session(data) as talk:
        reply = await talk.ask("Show me the diagram of a release")
        remember_shown(talk, reply)
        answer = await talk.ask("What does that diagram say?")
    assert "Build" in answer.text and "Release" in answer.text


async def test_the_second_picture_is_read_without_a_model(data: Path) -> None:
    async with session(data) as talk:
        await talk.ask("What is this?", drawn("Invoice 17", "Total 40 EUR"))
        await talk.ask("And this?", drawn("Ticket 99", "Gate B"))
        answer = await talk.ask("What does the first picture say?")
    assert "Invoice 17" in answer.text
    assert "Ticket" not in answer.text


async def test_what_a_silent_picture_shows_finds_the_page_about_it(data: Path) -> None:
    script = [Say("A red lamp."), Say("The loading bay is closed [1].")]
    with model_server(script) as server:
        async with session(data, server, model_sees_pictures=True, model_calls_tools=False) as talk:
            reply = await talk.ask("What does this mean?", RED)
    assert len(server.requests) == 2
    assert "red lamp at the gate means" in server.text_of(1).lower()
    assert [one.source for one in reply.citations] == ["signals.md"]


async def test_a_model_that_can_not_describe_it_is_still_asked(data: Path) -> None:
    with model_server([Refuse(400, "no"), Say("I can't tell.")]) as server:
        async with session(data, server, model_sees_pictures=True, model_calls_tools=False) as talk:
            reply = await talk.ask("What does this mean?", RED)
    assert reply.failure is None
    assert reply.text.startswith("I can't tell.")


async def test_a_picture_full_of_words_is_not_described_first(data: Path) -> None:
    with model_server([Say("A form.")]) as server:
        async with session(data, server, model_sees_pictures=True, model_calls_tools=False) as talk:
            await talk.ask("What is wrong here?", drawn("Badge number is not known", "Ask at the front desk"))
    assert len(server.requests) == 1


async def test_colours_find_the_page_where_no_model_sees(data: Path) -> None:
    async with session(data) as talk:
        reply = await talk.ask("What does the lamp at the gate mean?", RED)
    assert "loading bay is closed" in reply.text


@pytest.mark.parametrize("question", ["Find pictures like this", "找类似的图片"])
async def test_pictures_like_another_are_shown(data: Path, question: str) -> None:
    screenshot = drawn("Please enter your", "Badge number", "to sign in")
    async with session(data) as talk:
        reply = await talk.ask(question, screenshot)
    assert reply.pictures[0].source == "login.png"
    assert len(reply.pictures) == 2
    assert not reply.declined


async def test_the_very_same_picture_comes_first(data: Path) -> None:
    own = DOCUMENTS["flow.png"]
    assert isinstance(own, bytes)
    async with session(data) as talk:
        reply = await talk.ask("Show me pictures similar to this one", own)
    assert reply.pictures[0].source == "flow.png"
    assert reply.support == 1.0


async def test_a_model_finds_pictures_like_the_one_in_the_question(data: Path) -> None:
    script = [Call("find_pictures", {"like_picture": 1}), Say("This one [1].")]
    with model_server(script) as server:
        async with session(data, server, model_sees_pictures=True) as talk:
            reply = await talk.ask("Where in our documents is this form?", drawn("Badge number", "Sign in here please"))
    assert "login.png" in server.text_of(1)
    assert reply.failure is None


async def test_a_picture_that_is_not_there_can_not_be_searched_by(data: Path) -> None:
    with model_server([Call("find_pictures", {"like_picture": 4}), Say("No.")]) as server:
        async with session(data, server, model_sees_pictures=True) as talk:
            await talk.ask("Where in our documents is this form, please?", drawn("Badge number", "Sign in here please"))
    assert "Those are: 1." in server.text_of(1)


def remember_shown(talk: Session, reply: Reply) -> None:
    """Keep a reply's pictures in the conversation, as every platform does."""
    shown: tuple[Picture, ...] = tuple(one.picture for one in reply.pictures)
    talk.history[-1] = talk.history[-1].model_copy(update={"pictures": shown})


def test_the_pictures_of_this_test_differ() -> None:
    assert len({hashlib.sha256(normalize(one).data).hexdigest() for one in (RED, BLUE, GREEN)}) == 3
