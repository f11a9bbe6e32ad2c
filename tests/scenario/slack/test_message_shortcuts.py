"""*Ask about this message*: in threads too, with the message before the question, openly or for one person alone."""

import pytest

from adapters.slack.views import IN_THREAD
from adapters.texts import CHINESE, ENGLISH
from tests.scenario.slack.conftest import ERROR, ROLLBACK
from tests.scenario.slack.running_bot import RunningBot
from tests.scenario.slack.test_ask_command import answered
from tests.scenario.slack.test_ask_dialog import opened
from tests.slack_emulator import Channel, Message, Person, SlackEmulator, Upload

ABOUT = "ask_about_message"
OPENLY = {"question": "What does the error mean?", "where": IN_THREAD}


@pytest.mark.parametrize("mode", ["socket", "http"])
async def test_only_the_asker_sees_the_answer_about_a_message_of_another(
    slack: SlackEmulator, bot: RunningBot, ada: Person, ben: Person, general: Channel
) -> None:
    said = await ben.says(general, "The partner console shows ERR-4031 since this morning.")
    await ada.uses_shortcut(ABOUT, said)
    dialog = await opened(slack, ada)
    assert "The partner console shows ERR-4031" in dialog.shown
    await ada.submits(dialog, {"question": "What does the error mean?"})
    await answered(bot, ada, ERROR)
    assert slack.replies(said) == []
    before, asked, _ = await bot.store.history(f"slack/{slack.team.id}/{general.id}/~{ada.id}", 4000)
    assert (before.author.id, before.text) == (ben.id, said.text) and asked.author.id == ada.id


async def test_it_is_answered_in_the_thread_if_the_asker_wants_that_and_all_see_who_asked(
    slack: SlackEmulator, bot: RunningBot, ada: Person, ben: Person, general: Channel
) -> None:
    root = await ben.says(general, "The partner console shows ERR-4031 since this morning.")
    await ada.says(root, "Is it the vendor?")
    await ada.uses_shortcut(ABOUT, root)
    dialog = await opened(slack, ada)
    assert ENGLISH.ask_where_thread in dialog.shown
    sent = await ada.submits(dialog, OPENLY)
    slack.redeliver(sent.delivery)
    question, answer = await both(bot, root)
    assert "What does the error mean?" in question.shown and ada.id in question.text
    assert ERROR in answer.shown
    said = await bot.store.history(f"slack/{slack.team.id}/{general.id}/{root.ts}", 4000)
    assert [one.text for one in said][:4] == [root.text, "Is it the vendor?", root.text, "What does the error mean?"]


async def test_the_thread_goes_on_from_such_an_answer(
    slack: SlackEmulator, bot: RunningBot, ada: Person, ben: Person, general: Channel
) -> None:
    root = await ben.says(general, "The partner console shows ERR-4031 since this morning.")
    await ada.uses_shortcut(ABOUT, root)
    await ada.submits(await opened(slack, ada), OPENLY)
    await both(bot, root)
    await ben.says(root, "And how long does a rollback take?")
    await slack.until(lambda: any(ROLLBACK in one.shown for one in slack.replies(root)[2:]))


@pytest.mark.slow
async def test_a_screenshot_in_the_message_is_looked_at(
    slack: SlackEmulator, bot: RunningBot, ada: Person, ben: Person, general: Channel, screenshot: bytes
) -> None:
    root = await ben.says(general, "Look at this")
    said = await ben.says(root, files=[Upload("error.png", screenshot)])
    await ada.uses_shortcut(ABOUT, said)
    dialog = await opened(slack, ada)
    assert "error.png" in dialog.shown
    await ada.submits(dialog, {"question": "What is wrong here?"})
    await answered(bot, ada, "webhook signature", seconds=60)


async def test_whoever_may_not_write_there_is_offered_no_public_answer(
    slack: SlackEmulator, bot: RunningBot, ada: Person, ben: Person
) -> None:
    room = slack.channel("room", members=[ben])
    said = await ben.says(room, "The partner console shows ERR-4031 since this morning.")
    await ada.uses_shortcut(ABOUT, said)
    dialog = await opened(slack, ada)
    assert ENGLISH.ask_where not in dialog.shown
    await ada.submits(dialog, {"question": "What does the error mean?"})
    await answered(bot, ada, ERROR)


async def test_whoever_left_meanwhile_does_not_speak_there_any_more(
    slack: SlackEmulator, bot: RunningBot, ada: Person, ben: Person, general: Channel
) -> None:
    said = await ben.says(general, "The partner console shows ERR-4031 since this morning.")
    await ada.uses_shortcut(ABOUT, said)
    dialog = await opened(slack, ada)
    await ada.leaves(general)
    await slack.settled()
    await ada.submits(dialog, OPENLY)
    await answered(bot, ada, ENGLISH.no_permission_here)
    assert slack.replies(said) == []


async def test_a_message_where_the_app_is_no_member_can_be_asked_about_privately(
    slack: SlackEmulator, bot: RunningBot, ada: Person, ben: Person
) -> None:
    secret = slack.channel("secret", "private", members=[ada, ben], bot=False)
    said = await ben.says(secret, "The partner console shows ERR-4031 since this morning.")
    await ada.uses_shortcut(ABOUT, said)
    dialog = await opened(slack, ada)
    assert ENGLISH.ask_where not in dialog.shown
    await ada.submits(dialog, {"question": "What does the error mean?"})
    await answered(bot, ada, ERROR)


async def test_a_chinese_person_is_asked_in_chinese(
    slack: SlackEmulator, bot: RunningBot, ben: Person, general: Channel
) -> None:
    mei = slack.person("mei", locale="zh-CN")
    await mei.joins(general)
    said = await ben.says(general, "今年我还没有休假。")
    await mei.uses_shortcut(ABOUT, said)
    dialog = await opened(slack, mei)
    assert dialog.title == CHINESE.ask_title and CHINESE.ask_where_thread in dialog.shown
    await mei.submits(dialog, {"question": "每年有多少天带薪休假？", "where": IN_THREAD})
    question, answer = await both(bot, said)
    assert "提问" in question.shown and "二十五天" in answer.shown


async def test_one_that_is_deleted_is_not_remembered_for_the_question_either(
    slack: SlackEmulator, bot: RunningBot, ada: Person, ben: Person, general: Channel
) -> None:
    said = await ben.says(general, "The partner console shows ERR-4031 since this morning.")
    await ada.uses_shortcut(ABOUT, said)
    await ada.submits(await opened(slack, ada), {"question": "How long does a rollback take?"})
    await answered(bot, ada, ROLLBACK)
    await ben.deletes(said)
    await bot.idle()
    kept = await bot.store.history(f"slack/{slack.team.id}/{general.id}/~{ada.id}", 4000)
    assert [one.author.id for one in kept if one.role == "person"] == [ada.id]


async def both(bot: RunningBot, root: Message) -> list[Message]:
    """What the app said in a thread: the question, and the answer."""
    await bot.slack.until(lambda: len(bot.slack.replies(root)) >= 2)
    await bot.idle()
    replies = bot.slack.replies(root)
    assert len(replies) == 2, [one.shown for one in replies]
    return replies
