"""Slack's rate limits, kept to so well that it rarely has to say so."""

import asyncio
from typing import Any

from adapters.slack.api import OneWorkspace, ask
from adapters.slack.pacing import Pacing
from tests.slack_emulator import SlackEmulator


async def test_many_posts_and_lookups_meet_no_429() -> None:
    async with SlackEmulator() as slack:
        slack.limits.on(scale=12)  # twelve times as fast as Slack, so that the test is
        channels = [slack.channel("general"), slack.channel("random")]
        clients = OneWorkspace(slack.bot_token, url=slack.api_url, pacing=Pacing(scale=10))
        client: Any = await clients.client()
        posts = [client.chat_postMessage(channel=channel.id, text=f"{at}") for at in range(9) for channel in channels]
        lookups = [ask(client, "conversations.info", channel=channels[0].id) for _ in range(30)]
        await asyncio.gather(*posts, *lookups)
        assert [len(slack.messages(channel)) for channel in channels] == [9, 9]
        assert [call for call in slack.calls() if call.status == 429] == []
        await clients.close()


async def test_a_429_in_one_channel_leaves_the_others_alone() -> None:
    async with SlackEmulator() as slack:
        busy, quiet = slack.channel("busy"), slack.channel("quiet")
        slack.faults.add("chat.postMessage", "429", channel=busy.id, seconds=1)
        clients = OneWorkspace(slack.bot_token, url=slack.api_url)
        client: Any = await clients.client()
        waiting = asyncio.create_task(client.chat_postMessage(channel=busy.id, text="later"))
        await slack.until(lambda: slack.calls("chat.postMessage"))
        await client.chat_postMessage(channel=quiet.id, text="now")
        assert not waiting.done()
        await waiting
        assert [len(slack.messages(channel)) for channel in (busy, quiet)] == [1, 1]
        await clients.close()
