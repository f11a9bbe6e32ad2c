"""The App Home tells a person how Lorelens is used, what it knows for them, and lets them choose their language."""

import pytest

from adapters.slack.home import ASK_HERE, LANGUAGE
from bots.forgetting import forget_workspace
from core.languages import ChosenLanguages
from tests.scenario.slack.conftest import ROLLBACK
from tests.scenario.slack.running_bot import RunningBot
from tests.slack_emulator import Channel, Person, SlackEmulator, View

QUESTION = "How long does a rollback take?"


@pytest.mark.parametrize("mode", ["socket", "http"])
async def test_it_says_how_it_is_used_and_what_is_known(
    slack: SlackEmulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    home = await opened(bot, ada)
    assert "How to use it" in home.shown and "/ask" in home.shown
    assert "*docs*  documents: 4 · pictures: 1 · updated 20" in home.shown  # a picture of its own is a document
    assert "None yet. Ask something!" in home.shown


async def test_recent_answers_lead_to_where_they_stand(
    slack: SlackEmulator, bot: RunningBot, ada: Person, ben: Person, general: Channel
) -> None:
    asked = await ada.mentions(general, QUESTION)
    await bot.answer(asked)
    await bot.answer(await ben.mentions(general, "What does ERR-4031 mean?"))
    home = await opened(bot, ada)
    assert QUESTION in home.shown and "ERR-4031" not in home.shown
    assert f"{general.id}/p{asked.ts.replace('.', '')}" in str(home.blocks)


async def test_a_guest_sees_only_the_sources_that_guests_may_see(slack: SlackEmulator, bot: RunningBot) -> None:
    gil = slack.person("gil", guest="restricted")
    home = await opened(bot, gil)
    assert "documents:" not in home.shown and "Nothing yet" in home.shown


async def test_the_language_that_is_chosen_counts_from_then_on(
    slack: SlackEmulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    home = await opened(bot, ada)
    await ada.clicks(home, LANGUAGE, "中文")
    await bot.idle()
    assert "使用方法" in home.shown
    answer = await bot.answer(await ada.mentions(general, QUESTION))
    assert ROLLBACK in answer.shown and "来源" in str(answer.blocks)
    await ada.clicks(answer, "lorelens_why")
    await ada.clicks(answer, "👍")
    await bot.idle()
    assert "谢谢反馈。" in [one.shown for one in slack.ephemeral(ada)]
    await ada.clicks(home, LANGUAGE, "English")
    await bot.idle()
    assert "How to use it" in home.shown


async def test_the_language_follows_slack_again_if_one_likes(
    slack: SlackEmulator, bot: RunningBot, general: Channel
) -> None:
    mei = slack.person("mei", locale="zh-CN")
    home = await opened(bot, mei)
    assert "使用方法" in home.shown
    await mei.clicks(home, LANGUAGE, "English")
    await bot.idle()
    assert "How to use it" in home.shown
    await mei.clicks(home, LANGUAGE, "As set in the app")
    await bot.idle()
    assert "使用方法" in home.shown


@pytest.mark.parametrize("with_whom", ["the person", "the workspace"])
async def test_a_language_that_was_chosen_is_forgotten(
    slack: SlackEmulator, bot: RunningBot, ada: Person, with_whom: str
) -> None:
    home = await opened(bot, ada)
    await ada.clicks(home, LANGUAGE, "中文")
    await bot.idle()
    assert await ChosenLanguages(bot.store).of("slack", slack.team.id, ada.id) == "zh"
    if with_whom == "the person":
        await bot.store.forget_person("slack", slack.team.id, ada.id)
    else:
        await forget_workspace(bot.application, "slack", slack.team.id)
    assert await ChosenLanguages(bot.store).of("slack", slack.team.id, ada.id) == ""


async def test_opening_it_again_and_again_publishes_once(slack: SlackEmulator, bot: RunningBot, ada: Person) -> None:
    for _ in range(5):
        await ada.opens_home()
    await ada.opens_home(tab="messages")
    await bot.idle()
    assert len(slack.calls("views.publish")) == 1


async def test_a_question_can_be_asked_from_there_and_is_answered_directly(
    slack: SlackEmulator, bot: RunningBot, ada: Person
) -> None:
    home = await opened(bot, ada)
    await ada.clicks(home, ASK_HERE)
    [dialog] = await slack.until(lambda: slack.views(ada))
    await ada.submits(dialog, {"question": QUESTION})
    await slack.until(lambda: [one for one in slack.messages(ada.dm) if ROLLBACK in one.shown])
    await bot.idle()


async def test_where_there_is_no_home_tab_nothing_else_suffers(
    slack: SlackEmulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    slack.faults.unknown("views.publish")
    await ada.opens_home()
    assert ROLLBACK in (await bot.answer(await ada.mentions(general, QUESTION))).shown


async def opened(bot: RunningBot, person: Person) -> View:
    await person.opens_home()
    home = await bot.slack.until(lambda: bot.slack.home(person))
    await bot.idle()
    assert home is not None
    return home
