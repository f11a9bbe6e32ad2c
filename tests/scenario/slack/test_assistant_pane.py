"""The assistant pane greets, suggests what could be asked, and calls a thread after its first question."""

from tests.scenario.slack.conftest import ERROR, ROLLBACK
from tests.scenario.slack.running_bot import RunningBot
from tests.slack_emulator import Channel, Message, Person, SlackEmulator


async def test_whoever_opens_it_is_greeted_and_shown_what_could_be_asked(
    slack: SlackEmulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    root = await ada.opens_assistant(general)
    await slack.until(lambda: slack.assistant(root).prompts)
    await bot.idle()
    [greeting] = slack.replies(root)
    assert "Hello ada!" in greeting.shown and f"<#{general.id}>" in str(greeting.blocks)
    prompts = said(slack, root)
    assert len(prompts) == 4
    assert "#general" in prompts[0]
    assert "What do the documents say about “Rollback”?" in prompts
    assert slack.assistant(root).prompts_title == "You could begin with:"


async def test_a_prompt_is_answered_and_names_the_thread(
    slack: SlackEmulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    root = await ada.opens_assistant()
    await slack.until(lambda: slack.assistant(root).prompts)
    asked = await ada.says(root, "How long does a rollback take?")
    await slack.until(lambda: [one for one in slack.replies(asked) if ROLLBACK in one.shown])
    await bot.idle()
    assert slack.assistant(root).title == "How long does a rollback take?"
    await ada.says(root, "What does ERR-4031 mean?")
    await slack.until(lambda: [one for one in slack.replies(asked) if ERROR in one.shown])
    await bot.idle()
    assert slack.assistant(root).title == "How long does a rollback take?"
    assert len(slack.calls("assistant.threads.setTitle")) == 1


async def test_the_greeting_is_no_part_of_what_is_spoken_of(
    slack: SlackEmulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    root = await ada.opens_assistant(general)
    await slack.until(lambda: slack.assistant(root).prompts)
    await ada.says(root, "How long does a rollback take?")
    await slack.until(lambda: len(slack.replies(root)) == 2)
    await bot.idle()
    kept = await bot.store.history(f"slack/{slack.team.id}/{ada.dm.id}/{root.ts}", 4000)
    assert [one.role for one in kept] == ["person", "assistant"]


async def test_a_prompt_about_a_heading_finds_its_section(slack: SlackEmulator, bot: RunningBot, ada: Person) -> None:
    root = await ada.opens_assistant()
    await slack.until(lambda: slack.assistant(root).prompts)
    message = next(one["message"] for one in slack.assistant(root).prompts if "Rollback" in one["message"])
    asked = await ada.says(root, message)
    await slack.until(lambda: [one for one in slack.replies(asked) if "rollback" in one.shown.lower()])
    await bot.idle()


async def test_what_it_knows_can_be_asked_by_a_prompt(slack: SlackEmulator, bot: RunningBot, ada: Person) -> None:
    gil = slack.person("gil", guest="restricted")
    for person, expected in ((ada, "documents: 4"), (gil, "I know no documents that may be seen here yet.")):
        root = await person.opens_assistant()
        await slack.until(lambda root=root: slack.assistant(root).prompts)
        assert "What do you know here?" in said(slack, root)
        asked = await person.says(root, "What do you know here?")
        await slack.until(lambda asked=asked, text=expected: [one for one in slack.replies(asked) if text in one.shown])
        await bot.idle()


async def test_the_prompts_follow_the_channel_that_is_looked_at(
    slack: SlackEmulator, bot: RunningBot, ada: Person, general: Channel
) -> None:
    random = slack.channel("random")
    root = await ada.opens_assistant(general)
    await slack.until(lambda: "#general" in str(said(slack, root)))
    await ada.switches_view(root, random)
    await slack.until(lambda: "#random" in str(said(slack, root)))
    await ada.switches_view(root, None)
    await slack.until(lambda: "#" not in str(said(slack, root)))
    await bot.idle()
    assert len(slack.replies(root)) == 1


async def test_a_chinese_person_is_greeted_in_chinese_and_sees_chinese_documents_first(
    slack: SlackEmulator, bot: RunningBot
) -> None:
    mei = slack.person("mei", locale="zh-CN")
    root = await mei.opens_assistant()
    await slack.until(lambda: slack.assistant(root).prompts)
    await bot.idle()
    [greeting] = slack.replies(root)
    assert "您好" in greeting.shown
    assert said(slack, root)[0] == "关于“休假”，文档里怎么说？"


async def test_a_guest_is_shown_no_heading_of_what_only_members_may_see(slack: SlackEmulator, bot: RunningBot) -> None:
    gil = slack.person("gil", guest="restricted")
    root = await gil.opens_assistant()
    await slack.until(lambda: slack.assistant(root).prompts)
    await bot.idle()
    assert "Rollback" not in str(said(slack, root))


async def test_an_opening_that_slack_tells_twice_is_greeted_once(
    slack: SlackEmulator, bot: RunningBot, ada: Person
) -> None:
    root = await ada.opens_assistant()
    await slack.until(lambda: slack.assistant(root).prompts)
    [told] = slack.delivered("assistant_thread_started")
    slack.redeliver(told)
    await bot.idle()
    assert len(slack.replies(root)) == 1


async def test_a_server_without_prompts_and_titles_greets_and_answers_all_the_same(
    slack: SlackEmulator, bot: RunningBot, ada: Person
) -> None:
    slack.faults.unknown("assistant.threads.setSuggestedPrompts", "assistant.threads.setTitle")
    root = await ada.opens_assistant()
    await slack.until(lambda: slack.replies(root))
    asked = await ada.says(root, "How long does a rollback take?")
    await slack.until(lambda: [one for one in slack.replies(asked) if ROLLBACK in one.shown])
    await bot.idle()


def said(slack: SlackEmulator, root: Message) -> list[str]:
    return [one["message"] for one in slack.assistant(root).prompts]
