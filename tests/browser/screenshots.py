"""Takes the pictures of the page that the documentation shows: `python -m tests.browser.screenshots`.

The made-up handbook of `make demo` is read in (what was read before is not read again), questions are asked and judged
as people would, and what stands then on the page is photographed. The days before are made up like the handbook: what
came of their questions is counted, so that the curves of the page of quality are seen.
"""

import argparse
import asyncio
import io
import random
import re
import tempfile
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from PIL import Image
from playwright.async_api import Page, expect
from rich.console import Console

from bots.demo import CHECKOUT, demo_folder
from bots.knowledge import read_in
from bots.quality_history import HistoryWatcher
from bots.serve_worker import answers_of
from bots.worker import Worker
from config.settings import Settings
from core.application import Application
from core.mailbox_values import QueueState
from core.models.minilm import MiniLM
from core.quality.history import Happening, QualityHistory, Stage
from core.redis_server import EmbeddedRedis
from tests.browser.chromium import Chromium, chromium
from tests.browser.talking import Talk, loaded
from tests.browser.windows import Window, window
from tests.scenario.served_team import SOON, Shared, working
from tests.web_stage import RunningPage, started_pages

IMAGES = CHECKOUT / "docs" / "images"
PATIENCE = 120_000
"""Milliseconds for an answer: a screenshot is read by OCR."""
TALL, TALL_PHONE = (1280, 1072), (390, 1040)
"""Of a height at which a question and its whole answer are seen."""
MOST_BYTES = 250_000
ASKED = (
    ("When is the release freeze?", True),
    ("How many days off do I get for moving house?", False),
    ("Who is on call during the peak?", True),
    ("What does ERR-2007 mean?", None),
    ("How long are logs kept?", True),
    ("Is there a discount for the gym?", None),
    ("深圳的发票要在多少天内提交？", True),
    ("How do I deploy to production?", True),
)
"""What was asked before, and whether it helped."""


async def take(data: Path, images: Path) -> None:
    """Read the handbook into `data`, and write the pictures into `images`."""
    folder = demo_folder()
    expect.set_options(timeout=PATIENCE)
    async with Application(Settings.model_validate({"data": data})) as application:
        await read_in(application, folder / "handbook", "handbook", Console())
    async with AsyncExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        redis = await EmbeddedRedis.start(place)
        stack.push_async_callback(redis.stop)
        start = await stack.enter_async_context(started_pages(Shared(data, MiniLM(), redis.url), place))
        page = await start(with_worker=False)
        await _days_before(QualityHistory(page.store), datetime.now(UTC))
        await stack.enter_async_context(_counted_worker(page))
        opened = await stack.enter_async_context(chromium())
        ada = await stack.enter_async_context(window(opened, page.url, size=TALL))
        await _asked_before(ada)
        await _with_pictures(ada, folder, images)
        await _beside(ada, images)
        await _on_a_phone(opened, page, images)


@asynccontextmanager
async def _counted_worker(page: RunningPage) -> AsyncGenerator[None]:
    """A worker whose answers are counted; OCR may take long on a busy machine."""
    history = HistoryWatcher(page.store)
    answers = await answers_of(page.application, page.adapter)
    worker = Worker(page.desk.mailbox, page.adapter, answers, limits=replace(SOON, turn_time=120), watcher=history)
    async with history.running([page.desk.mailbox]), working(worker):
        yield


async def _days_before(history: QualityHistory, now: datetime) -> None:
    chance = random.Random(8)
    for hours in range(3, 14 * 24, 2):
        at = now - timedelta(hours=hours)
        is_work = at.weekday() < 5 and 7 <= at.hour <= 18
        for _ in range(chance.randint(3, 9) if is_work else chance.randint(0, 1)):
            ending = chance.choices(("answered", "declined", "failed"), (90, 8, 2))[0]
            first = chance.lognormvariate(0.3, 0.5)
            seconds: dict[Stage, float] = {
                "waiting": first * 0.1,
                "looking": first * 0.2,
                "searching": first * 0.15,
                "model": first * 0.55,
                "first": first,
                "whole": first + chance.lognormvariate(1.2, 0.4),
            }
            code = "limit" if ending == "failed" else ""
            platform = chance.choice(("web", "slack", "slack"))
            await history.count(Happening(platform=platform, ending=ending, code=code, seconds=seconds), at)
        queue = chance.randint(0, 3) if is_work else 0
        state = QueueState(conversations=queue, oldest=queue * 1.5, by_workspace={}, in_stream=queue, delayed=0, dead=0)
        await history.sample("web", state, at)


async def _asked_before(ada: Window) -> None:
    for question, helped in ASKED:
        await ada.open("/chat")
        talk = Talk(ada)
        answer = await talk.answered(question)
        if helped is not None:
            judged = talk.button(answer, talk.texts.helpful if helped else talk.texts.not_helpful)
            await judged.click()
            await expect(talk.button(answer, (await judged.get_attribute("aria-label")) or "")).to_be_visible()


async def _with_pictures(ada: Window, folder: Path, images: Path) -> None:
    await ada.open("/chat")
    talk = Talk(ada)
    error = (folder / "questions" / "webhook-error.png").read_bytes()
    async with ada.page.expect_response("**/boxed/**", timeout=PATIENCE):
        answer = await talk.answered("What does this error mean and how do I mend it?", ("webhook-error.png", error))
        await loaded(ada.page.locator(".came-along img"))
    await expect(ada.page.locator(".came-along img")).to_have_attribute("src", re.compile("^blob:"))
    await loaded(ada.page.locator(".came-along img"))
    await ada.page.evaluate("() => window.scrollTo(0, 0)")
    await _photograph(ada.page, images / "web-chat.png")
    await answer.locator("a.cite").first.click()
    await expect(talk.panel.locator("mark").first).to_be_visible()
    await _photograph(ada.page, images / "web-sources.png")


async def _beside(ada: Window, images: Path) -> None:
    await ada.open("/knowledge/search?q=how+does+a+webhook+get+its+signature")
    for picture in await ada.page.locator("#found img").all():
        await loaded(picture)
    await ada.page.evaluate("() => window.scrollTo(0, 0)")
    await _photograph(ada.page, images / "web-knowledge.png")
    await ada.open("/quality")
    await _photograph(ada.page, images / "web-quality.png")


async def _on_a_phone(opened: Chromium, page: RunningPage, images: Path) -> None:
    async with window(opened, page.url, size=TALL_PHONE) as phone:
        await phone.open("/chat")
        talk = Talk(phone)
        async with phone.page.expect_response("**/boxed/**", timeout=PATIENCE):
            answer = await talk.answered("Show me the diagram of the architecture.")
            await loaded(answer.locator("figure img"))
        await phone.page.evaluate("() => window.scrollTo(0, 0)")
        await _photograph(phone.page, images / "web-chat-phone.png")


async def _photograph(page: Page, file: Path) -> None:
    """What is seen now, as a PNG of few colours."""
    await page.evaluate("() => { document.activeElement?.blur(); return document.fonts.ready; }")
    await asyncio.to_thread(_write, await page.screenshot(animations="disabled"), file)


def _write(seen: bytes, file: Path) -> None:
    data = io.BytesIO()
    with Image.open(io.BytesIO(seen)) as picture:
        picture.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(data, "PNG", optimize=True)
    if len(data.getvalue()) > MOST_BYTES:
        raise SystemExit(f"{file} would have {len(data.getvalue())} bytes; {MOST_BYTES} are meant to be the most.")
    file.write_bytes(data.getvalue())


def main() -> None:
    """Take them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=CHECKOUT / ".lorelens" / "demo", help="where `make demo` read it")
    parser.add_argument("--images", type=Path, default=IMAGES, help="where the pictures go")
    told = parser.parse_args()
    told.images.mkdir(parents=True, exist_ok=True)
    asyncio.run(take(told.data, told.images))


if __name__ == "__main__":
    main()
