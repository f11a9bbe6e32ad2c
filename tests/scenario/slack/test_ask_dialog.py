"""The ask dialog: a question and pictures, answered where the dialog was opened, so that only the asker sees it."""

import pytest

from adapters.texts import CHINESE, ENGLISH
from tests.scenario.slack.conftest import ERROR, ROLLBACK
from tests.scenario.slack.running_bot import RunningBot
from tests.scenario.slack.test_ask_command import answered
from tests.slack_emulator import Channel, Person, SlackEmulator, Upload, View


@pytest.mark.parametrize("text", ["", "dialog"])
async def test_ask_alone_opens_a_dialog_whose_answer_only_the_asker_sees(
    slack: SlackEmulator, bot: RunningBot, ada: Person, general: Channel, text: str
) -> None:
    await ada.runs("/ask", text, place=general)
    await ada.submits(await opened(slack, ada), {"question": "How long does a rollback take?"})
    await answered(bot, ada, ROLLBACK)
    assert slack.messages(general) == [] and slack.views(ada) == []


@pytest.mark.slow
async def test_a_screenshot_in_the_dialog_is_looked_at(
    slack: SlackEmulator, bot: RunningBot, ada: Person, general: Channel, screenshot: bytes
) -> None:
    await ada.runs("/ask", place=general)
    values = {"question": "What is wrong here?", "pictures": [Upload("error.png", screenshot)]}
    await ada.submits(await opened(slack, ada), values)
    await answered(bot, ada, "webhook signature", seconds=60)


async def test_an_empty_dialog_stays_open_and_says_what_is_missing(
    slack: SlackEmulator, bot: RunningBot, general: Channel
) -> None:
    mei = slack.person("mei", locale="zh-CN")
    await mei.joins(general)
    await mei.runs("/ask", place=general)
    view = await opened(slack, mei)
    assert view.title == CHINESE.ask_title
    await mei.submits(view, {"question": "  "})
    assert view.errors == {"question": CHINESE.ask_empty} and not view.closed
    await mei.submits(view, {"question": "每年有多少天带薪休假？"})
    await answered(bot, mei, "二十五天")


async def test_a_dialog_that_is_sent_twice_is_answered_once(
    slack: SlackEmulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    await ada.runs("/ask", place=general)
    sent = await ada.submits(await opened(slack, ada), {"question": "How long does a rollback take?"})
    slack.redeliver(sent.delivery)
    await answered(bot, ada, ROLLBACK)


async def test_the_answer_to_a_dialog_that_lay_open_for_long_comes_all_the_same(
    slack: SlackEmulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    slack.settings.response_url_seconds = 0
    await ada.runs("/ask", place=general)
    await ada.submits(await opened(slack, ada), {"question": "How long does a rollback take?"})
    await answered(bot, ada, ROLLBACK)
    assert slack.calls("chat.postEphemeral")


async def test_who_asked_for_a_dialog_too_long_ago_is_told_so(
    slack: SlackEmulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    slack.settings.trigger_seconds = 0
    await ada.runs("/ask", place=general)
    await answered(bot, ada, "took too long")
    assert slack.views(ada) == []


async def test_from_anywhere_the_answer_comes_in_the_direct_conversation_below_its_question(
    slack: SlackEmulator, bot: RunningBot, ada: Person
) -> None:
    await ada.uses_global_shortcut("ask_lorelens")
    view = await opened(slack, ada)
    sent = await ada.submits(view, {"question": "How long does a rollback take?"})
    slack.redeliver(sent.delivery)
    await bot.idle()
    question, answer = slack.messages(ada.dm)
    assert "How long does a rollback take?" in question.shown and ada.id in question.text
    assert ROLLBACK in answer.shown
    await ada.says("bot", "What does ERR-4031 mean?")
    await slack.until(lambda: any(ERROR in one.shown for one in slack.messages(ada.dm)))


@pytest.mark.slow
async def test_while_the_store_does_not_answer_nobody_is_left_in_the_dark(
    slack: SlackEmulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    await ada.runs("/ask", place=general)
    view = await opened(slack, ada)
    await bot.idle()
    await bot.store.redis.execute("CLIENT", "PAUSE", "2600", "ALL")
    sent = await ada.submits(view, {"question": "How long does a rollback take?"})
    assert not sent.failed and ENGLISH.unavailable in view.shown and not view.closed


async def opened(slack: SlackEmulator, person: Person) -> View:
    """The dialog before a person, once it is there."""
    [view] = await slack.until(lambda: slack.views(person))
    return view
