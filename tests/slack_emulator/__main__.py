"""The emulator as a process of its own: it prints one JSON line with its addresses and tokens, and runs until stopped.

Commands come as JSON lines on the standard input, answers go as JSON lines to the standard output:
    {"do": "mention", "text": "...", "count": 100, "per_second": 50}   mentions in #general, by turns of ten people
    {"do": "deliver_to", "url": "..."}   by HTTP from now on
    {"do": "stats"}   deliveries (with seconds until the acknowledgement), calls by method, times of first replies
"""

import argparse
import asyncio
import json
import sys
from collections import Counter
from typing import Any

from tests.slack_emulator.emulator import SlackEmulator
from tests.slack_emulator.model import Channel, Json, Message
from tests.slack_emulator.people import Person


class Running:
    """An emulator with a channel and ten people in it."""

    def __init__(self, slack: SlackEmulator) -> None:
        self.slack = slack
        self.channel: Channel = slack.channel("general")
        self.people: list[Person] = [slack.person(f"person{number}") for number in range(10)]
        self.asked: list[Message] = []

    def addresses(self) -> Json:
        """What a bot needs to know."""
        slack = self.slack
        return {
            "api_url": slack.api_url,
            "bot_token": slack.bot_token,
            "app_token": slack.app_token,
            "signing_secret": slack.signing_secret,
            "client_id": slack.client_id,
            "client_secret": slack.client_secret,
            "team_id": slack.team.id,
            "bot_user_id": slack.bot_user_id,
            "channel": self.channel.id,
        }

    async def mention(self, text: str, count: int, per_second: float) -> Json:
        """Mention the app so often."""
        loop = asyncio.get_running_loop()
        started = loop.time()
        for number in range(count):
            await asyncio.sleep(max(0.0, started + number / per_second - loop.time()))
            person = self.people[number % len(self.people)]
            self.asked.append(await person.mentions(self.channel, text))
        return {"asked": count, "seconds": loop.time() - started}

    async def stats(self) -> Json:
        """What was recorded, once all that was sent is acknowledged or given up."""
        slack = self.slack
        await slack.settled(60)
        first = [replies[0].created_at - asked.created_at for asked in self.asked if (replies := slack.replies(asked))]
        return {
            "deliveries": [[one.type, one.acknowledged_after, len(one.attempts)] for one in slack.deliveries],
            "calls": Counter(one.method for one in slack.calls()),
            "first_reply": first,
            "errors": Counter(str(one.answer.get("error")) for one in slack.calls() if not one.ok),
        }

    async def do(self, command: Json) -> Json:
        """Carry a command out."""
        if command["do"] == "mention":
            return await self.mention(
                command.get("text", "hello"), command.get("count", 1), command.get("per_second", 100)
            )
        if command["do"] == "deliver_to":
            self.slack.delivers_to(command["url"])
            return {"delivers_to": command["url"]}
        return await self.stats()


async def main() -> None:
    """Run until the standard input ends."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--mode", choices=("socket", "http"), default="socket")
    parser.add_argument("--request-url", default="")
    given = parser.parse_args()
    settings: dict[str, Any] = {"mode": given.mode, "request_url": given.request_url}
    slack = SlackEmulator(**settings)
    await slack.start(given.port)
    running = Running(slack)
    print(json.dumps(running.addresses()), flush=True)
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    try:
        while line := await reader.readline():
            print(json.dumps(await running.do(json.loads(line))), flush=True)
    finally:
        await slack.close()


if __name__ == "__main__":
    asyncio.run(main())
