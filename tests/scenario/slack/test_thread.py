"""A thread goes on: nobody needs to mention Lorelens again, and it does not answer what is meant for others."""

from tests.scenario.slack.conftest import ERROR, ROLLBACK
from tests.scenario.slack.running_bot import RunningBot
from tests.slack_emulator import Channel, Message, Person, SlackEmulator


async def test_a_follow_up_needs_no_mention(bot: RunningBot, ada: Person, general: Channel) -> None:
    asked = await ada.mentions(general, "What does ERR-4031 mean?")
    await bot.answer(asked)
    await ada.says(asked, "And how do I fix it?")
    second = await _next(bot, asked, 2)
    assert "Rotate the signing key" in second.shown


async def test_another_person_goes_on_in_the_thread(
    bot: RunningBot, ada: Person, ben: Person, general: Channel
) -> None:
    asked = await ada.mentions(general, "What does ERR-4031 mean?")
    await bot.answer(asked)
    await ben.says(asked, "And how long does a rollback take?")
    assert ROLLBACK in (await _next(bot, asked, 2)).shown


async def test_what_people_say_to_each_other_in_its_thread_is_left_alone(
    slack: SlackEmulator, bot: RunningBot, ada: Person, ben: Person, general: Channel
) -> None:
    asked = await ada.mentions(general, "What does ERR-4031 mean?")
    await bot.answer(asked)
    await ben.says(asked, f"{ada.mention} did you look at the signing key?")
    await bot.idle()
    assert len(slack.replies(asked)) == 1


async def test_it_knows_what_was_said_in_a_thread_before_it_was_called(
    slack: SlackEmulator, bot: RunningBot, ada: Person, ben: Person, general: Channel
) -> None:
    root = await ada.says(general, "The partner console shows ERR-4031 since this morning.")
    await ben.says(root, "No idea, let us ask.")
    await ben.mentions(root, "what does the error mean?")
    answer = await bot.answer(root)
    assert ERROR in answer.shown
    history = await bot.store.history(f"slack/{slack.team.id}/{general.id}/{root.ts}", 4000)
    assert [one.text for one in history][:2] == [root.text, "No idea, let us ask."]


async def test_two_threads_of_a_channel_are_two_conversations(
    bot: RunningBot, ada: Person, ben: Person, general: Channel
) -> None:
    first = await ada.mentions(general, "What does ERR-4031 mean?")
    second = await ben.mentions(general, "How long does a rollback take?")
    assert ERROR in (await bot.answer(first)).shown
    assert ROLLBACK in (await bot.answer(second)).shown


async def test_what_comes_while_it_answers_is_answered_with_it_or_after_it(
    slack: SlackEmulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    asked = await ada.mentions(general, "What does ERR-4031 mean?")
    await slack.until(lambda: slack.calls("assistant.threads.setStatus") or slack.replies(asked))
    await ada.says(asked, "And how do I fix it?")
    await slack.settled()
    await bot.idle()
    assert 1 <= len(slack.replies(asked)) <= 2


async def _next(bot: RunningBot, asked: Message, number: int) -> Message:
    """The reply of that number in a thread, once it stands."""
    await bot.slack.until(lambda: len(bot.slack.replies(asked)) >= number)
    await bot.idle()
    replies = bot.slack.replies(asked)
    assert len(replies) == number, [one.shown for one in replies]
    return replies[-1]
