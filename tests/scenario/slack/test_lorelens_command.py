"""`/lorelens`: help, searching, pictures, sources, status and forgetting; only whoever runs it sees what it says."""

import pytest

from adapters.texts import CHINESE, ENGLISH
from tests.scenario.slack.running_bot import RunningBot
from tests.scenario.slack.test_ask_command import answered
from tests.scenario.slack.test_ask_dialog import opened
from tests.slack_emulator import Channel, Person, SlackEmulator


@pytest.mark.parametrize("mode", ["socket", "http"])
@pytest.mark.parametrize("text", ["help", ""])
async def test_help_says_what_there_is(
    slack: SlackEmulator, bot: RunningBot, ada: Person, ben: Person, general: Channel, text: str
) -> None:
    await ada.runs("/lorelens", text, place=general)
    page = await answered(bot, ada, ENGLISH.help_title)
    assert "/lorelens search" in page.shown and ENGLISH.ask_about_message in page.shown
    assert slack.ephemeral(ben) == [] and slack.messages(general) == []


async def test_a_word_that_it_does_not_know_is_named_above_the_help(
    bot: RunningBot, ada: Person, general: Channel
) -> None:
    await ada.runs("/lorelens", "serch rollback", place=general)
    page = await answered(bot, ada, "serch")
    assert ENGLISH.help_title in page.shown


async def test_searching_shows_passages_with_their_places(bot: RunningBot, ada: Person, general: Channel) -> None:
    await ada.runs("/lorelens", "search rollback approval", place=general)
    found = await answered(bot, ada, "needs no **approval**")
    assert "Deploys › Rollback" in found.shown


@pytest.mark.parametrize("text", ["搜索 带薪休假", "搜索带薪休假"])
async def test_a_chinese_word_is_answered_in_chinese(bot: RunningBot, ada: Person, general: Channel, text: str) -> None:
    await ada.runs("/lorelens", text, place=general)
    found = await answered(bot, ada, "二十五天")
    assert "搜索结果" in found.shown


@pytest.mark.parametrize(("text", "usage"), [("search", "/lorelens search words"), ("图片", "/lorelens 图片")])
async def test_searching_for_nothing_says_how_it_is_done(
    bot: RunningBot, ada: Person, general: Channel, text: str, usage: str
) -> None:
    await ada.runs("/lorelens", text, place=general)
    await answered(bot, ada, usage)


async def test_pictures_are_shown_to_whoever_looked_for_them(
    slack: SlackEmulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    await ada.runs("/lorelens", "pictures how a rollback goes", place=general)
    said = await answered(bot, ada, ENGLISH.pictures_direct)
    assert said.channel is general
    [shown] = [one for one in slack.messages(ada.dm) if one.pictures]
    assert "rollback" in shown.pictures[0].alt.lower()


async def test_sources_and_status_say_what_is_known_here(bot: RunningBot, ada: Person, general: Channel) -> None:
    await ada.runs("/lorelens", "sources", place=general)
    await answered(bot, ada, "pictures: 1")
    await ada.runs("/lorelens", "状态", place=general)
    await answered(bot, ada, "等待回答的对话")


async def test_a_guest_finds_nothing_of_what_only_members_may_see(slack: SlackEmulator, bot: RunningBot) -> None:
    guest = slack.person("gil", guest="restricted")
    room = slack.channel("room", members=[guest])
    await guest.runs("/lorelens", "search rollback", place=room)
    await answered(bot, guest, "Nothing was found")
    await guest.runs("/lorelens", "sources", place=room)
    await answered(bot, guest, "I know no documents")


async def test_a_command_that_slack_sends_twice_is_answered_once(
    slack: SlackEmulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    ran = await ada.runs("/lorelens", "sources", place=general)
    slack.redeliver(ran.delivery)
    await answered(bot, ada, "pictures: 1")
    assert len(slack.ephemeral(ada)) == 1


async def test_forgetting_asks_first_and_then_forgets(
    slack: SlackEmulator, bot: RunningBot, ada: Person, ben: Person, general: Channel
) -> None:
    await ada.runs("/ask", "What does ERR-4031 mean?", place=general)
    await ben.runs("/ask", "How long does a rollback take?", place=general)
    await bot.idle()
    await ada.runs("/lorelens", "forget", place=general)
    dialog = await opened(slack, ada)
    assert "1 messages" in dialog.shown
    sent = await ada.submits(dialog)
    slack.redeliver(sent.delivery)
    await answered(bot, ada, "Forgotten: 1 messages")
    private = f"slack/{slack.team.id}/{general.id}/~"
    assert [one.role for one in await bot.store.history(private + ada.id, 4000)] == ["assistant"]
    assert len(await bot.store.history(private + ben.id, 4000)) == 2


async def test_who_changes_their_mind_is_not_forgotten(slack: SlackEmulator, bot: RunningBot, general: Channel) -> None:
    mei = slack.person("mei", locale="zh-CN")
    await mei.joins(general)
    await mei.runs("/ask", "每年有多少天带薪休假？", place=general)
    await bot.idle()
    await mei.runs("/lorelens", "忘记", place=general)
    dialog = await opened(slack, mei)
    assert dialog.title == CHINESE.forget_title and "1 条消息" in dialog.shown
    await mei.closes(dialog)
    assert len(await bot.store.history(f"slack/{slack.team.id}/{general.id}/~{mei.id}", 4000)) == 2


async def test_where_nothing_is_kept_there_is_nothing_to_forget(
    slack: SlackEmulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    await ada.runs("/lorelens", "forget", place=general)
    await answered(bot, ada, "nothing of yours")
    assert slack.views(ada) == []


async def test_it_answers_where_the_app_is_no_member(slack: SlackEmulator, bot: RunningBot, ada: Person) -> None:
    secret = slack.channel("secret", "private", members=[ada], bot=False)
    await ada.runs("/lorelens", "search rollback", place=secret)
    await answered(bot, ada, "four minutes")
