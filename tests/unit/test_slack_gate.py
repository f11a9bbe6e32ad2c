"""More comes from Slack than can be taken in: some is taken in time, the rest is sent away early."""

import asyncio

from bots.slack.gate import Gate


async def test_what_waits_too_long_is_sent_away_and_the_rest_is_taken_in_its_order() -> None:
    gate = Gate(at_once=1, patience=0.05)
    free, taken = asyncio.Event(), list[str]()

    async def arrives(name: str) -> bool:
        async with gate.entered() as is_in:
            if is_in:
                taken.append(name)
                await free.wait()
            return is_in

    first, second = asyncio.create_task(arrives("first")), asyncio.create_task(arrives("second"))
    assert await second is False
    third = asyncio.create_task(arrives("third"))
    free.set()
    assert await asyncio.gather(first, third) == [True, True]
    assert taken == ["first", "third"]
