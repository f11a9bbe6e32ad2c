"""The emulator as a process of its own, for benches: prints where it is, and lets people write and command at a rate.

`POST /control/emit` {"messages": 1000, "per_second": 200, "mention": true} and
`POST /control/run` {"command": "/ask", "options": {"question": "..."}, "count": 100, "per_second": 50} answer when all
is sent; `GET /control/report` tells calls, messages, interactions and the bot's answers, with their times in seconds of
this machine's monotonic clock.
"""

import argparse
import asyncio
import json
import signal
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from itertools import cycle
from pathlib import Path
from typing import Any

from aiohttp import web

from tests.discord_emulator.bodies import Json
from tests.discord_emulator.emulator import Emulator
from tests.discord_emulator.interaction import Interaction
from tests.discord_emulator.model import Channel, Message
from tests.discord_emulator.people import Person


class Bench(Emulator):
    """An emulator with a control that a bench drives over HTTP."""

    def populate(self, guilds: int, channels: int) -> None:
        """Make the guilds, with one person who is in all of them."""
        made = self.guilds_in_bulk(guilds, channels)
        self.author: Person = self.person("ada", *made)
        self.places: list[Channel] = [each for guild in made for each in guild.channels.values()]
        self.written: list[Message] = []
        self.started: list[Interaction] = []

    def extend(self, app: web.Application) -> None:
        app.router.add_post("/control/emit", self._emit)
        app.router.add_post("/control/run", self._run)
        app.router.add_get("/control/report", self._report)

    async def _emit(self, request: web.Request) -> web.Response:
        wanted: Json = await request.json()
        places = cycle(self.places)
        say = self.author.mentions if wanted.get("mention", True) else self.author.says

        async def write(number: int) -> None:
            self.written.append(await say(next(places), wanted.get("text", "message {}").format(number)))

        return web.json_response(await _paced(wanted["messages"], wanted["per_second"], write))

    async def _run(self, request: web.Request) -> web.Response:
        wanted: Json = await request.json()
        places = cycle(self.places)

        async def run(_: int) -> None:
            self.started.append(await self.author.runs(wanted["command"], wanted.get("options"), next(places)))

        return web.json_response(await _paced(wanted["count"], wanted["per_second"], run))

    async def _report(self, _: web.Request) -> web.Response:
        told: dict[str, Any] = {
            "connected": self.gateway.connected,
            "calls": dict(Counter(each.key for each in self.calls)),
            "messages": [[str(each.id), each.created_at] for each in self.written],
            "interactions": [
                {"id": str(each.id), "state": each.state, "at": each.created_at, "after": each.acknowledged_after}
                for each in self.started
            ],
            "answers": [
                {
                    "id": str(each.id),
                    "channel": str(place.id),
                    "to": str(each.reference.id) if each.reference else None,
                    "at": each.created_at,
                    "versions": [[version.at, len(version.content)] for version in each.history],
                }
                for place in self.channels.values()
                for each in place.messages.values()
                if each.author is self.bot
            ],
            "violations": [str(each) for each in self.violations],
        }
        return web.json_response(told)


async def _paced(count: int, per_second: float, act: Callable[[int], Awaitable[None]]) -> Json:
    """Act so often, at a rate; tell how long it took."""
    began = time.monotonic()
    for number in range(count):
        await asyncio.sleep(max(0.0, began + number / per_second - time.monotonic()))
        await act(number)
    return {"sent": count, "seconds": time.monotonic() - began}


async def _serve(port: int, guilds: int, channels: int, openapi: Path | None) -> None:
    emulator = Bench(openapi)
    await emulator.start(port)
    emulator.populate(guilds, channels)
    places = {
        "api_url": emulator.api_url,
        "gateway_url": emulator.gateway_url,
        "cdn_url": emulator.cdn_url,
        "token": emulator.token,
        "bot_id": str(emulator.bot.id),
        "control_url": emulator.api_url.removesuffix("/api/v10") + "/control",
        "guilds": [str(each) for each in emulator.guilds],
    }
    print(json.dumps(places), flush=True)
    stopped = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stopped.set)
    await stopped.wait()
    await emulator.close()


def main() -> None:
    """Read the arguments, and serve until stopped."""
    asked = argparse.ArgumentParser(prog="python -m tests.discord_emulator", description=__doc__)
    asked.add_argument("--port", type=int, default=0)
    asked.add_argument("--guilds", type=int, default=1)
    asked.add_argument("--channels", type=int, default=5, help="of each guild")
    asked.add_argument("--openapi", type=Path, default=None, help="Discord's OpenAPI description, to hold calls to")
    given = asked.parse_args()
    asyncio.run(_serve(given.port, given.guilds, given.channels, given.openapi))


if __name__ == "__main__":
    main()
