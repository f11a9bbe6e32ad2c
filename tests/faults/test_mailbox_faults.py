"""Every message gets exactly one answer or a reason, in order, whatever is killed, paused, cut or refused meanwhile.

A quarter of the load that `python -m tests.bench mailbox_faults` puts on, under the same faults.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from core.errors import LeaseLostError
from core.messages import Place
from core.posting import Posted, Posting
from core.reply import Finished, ReplyPart, Text
from tests.faults.mailbox_faults import FAULTS
from tests.faults.mailbox_run import Fault, Load, measured
from tests.faults.platform_outlet import PlatformOutlet
from tests.faults.platform_server import RecordingPlatform, Standing

pytestmark = pytest.mark.fault
LOAD = Load(conversations=50, pause=0.4)
SOON = 10.0
"""Seconds within which a platform is told that its message could not be taken; half of what Redis is gone for."""


def _name(fault: Fault) -> str:
    return f"{fault.name}, {fault.mode}"


@pytest.mark.parametrize("fault", FAULTS, ids=_name)
async def test_every_message_has_one_answer_or_reason(fault: Fault, tmp_path: Path) -> None:
    figures = await measured(tmp_path, LOAD, fault)

    assert figures.failures() == {}
    assert figures.sent > figures.messages == LOAD.messages
    assert figures.accepted <= figures.messages
    assert figures.slowest_refusal < SOON
    assert figures.struck >= fault.strikes_at_least
    assert figures.takeovers > 0 or not fault.is_taken_over
    assert bool(figures.dead_letters) == bool(fault.marks)


class StalledPlatform(RecordingPlatform):
    """Carries out a post that it had for long right after it was first asked what stands there."""

    async def _find(self, request: web.Request) -> web.Response:
        answer = await super()._find(request)
        if not self.standing:
            late = Standing("p-late", 0, "C", None, key=request.query["key"], replies_to=(), text="half …")
            self.standing[late.id] = late
        return answer


async def test_a_post_that_a_stalled_platform_still_had_is_the_one_that_stays() -> None:
    platform = StalledPlatform("metadata")
    await platform.start()
    outlet = PlatformOutlet(platform.url, "metadata", timeout=1)

    async def ready() -> float:
        return 5.0

    noted: list[Posted] = []

    async def note(posted: Posted) -> None:
        noted.append(posted)

    async def parts() -> AsyncIterator[ReplyPart]:
        yield Text(text="whole")
        yield Finished()

    place = Place(platform="fake", workspace="T", channel="C")
    posting = Posting(place=place, questions=(), key="k", taken_over=True, posted={}, ready=ready, note=note)
    assert await outlet.post(posting, parts()) == "p-late"
    await outlet.close()
    await platform.close()
    assert noted == [{"id": "p-late"}]
    assert {one.id: one.text for one in platform.standing.values()} == {"p-late": "whole"}


async def test_what_was_ready_before_a_pause_is_not_sent_after_it() -> None:
    platform = RecordingPlatform("metadata")
    await platform.start()
    outlet = PlatformOutlet(platform.url, "metadata", timeout=1)
    leases = iter([0.0])

    async def ready() -> float:
        for left in leases:
            return left
        raise LeaseLostError("Another worker has it.")

    async def note(posted: Posted) -> None:
        raise AssertionError(posted)

    async def parts() -> AsyncIterator[ReplyPart]:
        yield Text(text="late")
        yield Finished()

    place = Place(platform="fake", workspace="T", channel="C")
    posting = Posting(place=place, questions=(), key="k", taken_over=False, posted={}, ready=ready, note=note)
    with pytest.raises(LeaseLostError):
        await outlet.post(posting, parts())
    await outlet.close()
    await platform.close()
    assert platform.record == []
