"""An answer whose question nobody sees in its place begins with who asked what."""

import pytest

from adapters.slack.answer import Look, answer_messages, underway_messages
from adapters.slack.blocks import Block, SlackMessage
from adapters.slack.delivery import Delivery
from adapters.texts import CHINESE, ENGLISH
from core.messages import Place
from core.posting import Posted, Posting
from core.reply import Reply

LOOK = Look(ENGLISH, asked="How long <!channel> does it take?", asked_by="U123")


def test_the_answer_begins_with_who_asked_what() -> None:
    asked, quoted, answer = first_blocks(answer_messages(Reply(text="Four minutes."), LOOK))
    assert asked["elements"][0]["text"] == "<@U123> asked:"
    assert quoted["text"]["text"] == "> How long @ channel does it take?"
    assert answer["text"] == "Four minutes."


def test_it_begins_so_while_it_is_written() -> None:
    asked, quoted, *_ = first_blocks(underway_messages("Four", None, LOOK))
    assert "asked" in asked["elements"][0]["text"] and "How long" in quoted["text"]["text"]


def test_a_shared_answer_says_who_shared_it() -> None:
    look = Look(CHINESE, shared_by="U123", asked="要多久？")
    shared, quoted, _ = first_blocks(answer_messages(Reply(text="四分钟。"), look))
    assert shared["elements"][0]["text"] == "由 <@U123> 分享"
    assert quoted["text"]["text"] == "> 要多久？"


@pytest.mark.parametrize("user", ["", "U1> <!channel", "everyone"])
def test_nobody_but_a_person_is_named(user: str) -> None:
    look = Look(ENGLISH, asked="How long?", asked_by=user)
    quoted, _ = first_blocks(answer_messages(Reply(text="Four minutes."), look))
    assert quoted["text"]["text"] == "> How long?"


def test_what_only_one_person_sees_stands_in_the_thread_that_it_is_about() -> None:
    place = Place(platform="slack", workspace="T1", channel="C1", thread="~U1")
    assert Delivery.of(posting(place, {"thread": "1.2", "surface": "ephemeral"})).spot.thread == "1.2"
    assert Delivery.of(posting(place, {})).spot.thread == ""


def first_blocks(messages: tuple[SlackMessage, ...]) -> tuple[Block, ...]:
    return messages[0].blocks


def posting(place: Place, posted: Posted) -> Posting:
    async def ready() -> float:
        return 1.0

    async def note(_posted: Posted) -> None:
        """Nothing is kept."""

    return Posting(place=place, questions=(), key="k", taken_over=False, posted=posted, ready=ready, note=note)
