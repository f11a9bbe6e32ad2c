"""A reply grows under the eyes of whoever asked: it can be stopped and tried again, and goes on when nobody looks."""

import pytest
from playwright.async_api import expect

from tests.browser.chromium import Chromium
from tests.browser.talking import Talk, talk
from tests.browser.windows import PHONE
from tests.web_stage import StartPage
from tests.web_stage.models import talking

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]
QUESTION = "How long does a rollback take?"
LONG = "A rollback takes four minutes [1]. " + " ".join(f"word{number}" for number in range(400)) + " at last"
MIDDLE = "A rollback takes four minutes [1]. " + " ".join(f"word{number}" for number in range(40)) + " at last"
SHORT = "A rollback takes four minutes and needs no approval [1]."


async def test_answer_is_read_while_it_grows_and_cites_at_its_end(opened: Chromium, serve: StartPage) -> None:
    with talking(MIDDLE) as (model, _):
        page = await serve(**model)
        async with talk(opened, page, size=PHONE) as ada:
            answer = await ada.ask(QUESTION)
            await expect(answer).to_contain_text("word3")
            assert "at last" not in await answer.inner_text()
            await expect(answer.locator(".said")).to_have_attribute("aria-busy", "true")
            await ada.whole(answer)
            await expect(answer).to_contain_text("at last")
            await expect(answer.locator(".said")).to_have_attribute("aria-busy", "false")
            await expect(answer.get_by_role("region", name=ada.texts.sources)).to_contain_text("Rollback")


async def test_answer_that_is_stopped_keeps_what_was_said_and_can_be_tried_again(
    opened: Chromium, serve: StartPage
) -> None:
    with talking(LONG, SHORT) as (model, _):
        page = await serve(**model)
        async with talk(opened, page) as ada:
            answer = await ada.ask(QUESTION)
            await expect(answer).to_contain_text("word3")
            await ada.button(answer, ada.texts.stop).click()
            await ada.whole(answer)
            await expect(answer).to_contain_text("word3")
            await expect(answer).not_to_contain_text("at last")

            await ada.button(answer, ada.texts.again).click()
            await expect(answer).to_contain_text("needs no approval")
            await expect(answer).not_to_contain_text("word3")
            await ada.whole(answer)
            await expect(ada.answers).to_have_count(1)


async def test_answer_whose_tab_was_closed_is_finished_on_return(opened: Chromium, serve: StartPage) -> None:
    with talking(MIDDLE) as (model, _):
        page = await serve(**model)
        async with talk(opened, page) as ada:
            answer = await ada.ask(QUESTION)
            await expect(answer).to_contain_text("word3")
            address = ada.page.url
            await ada.page.close()
            await page.idle()

            back = await _returned(ada, address)
            await expect(back.answers).to_contain_text("at last")
            await back.whole(back.answers.first)


async def test_reader_who_comes_back_in_mid_answer_reads_on(opened: Chromium, serve: StartPage) -> None:
    with talking(MIDDLE) as (model, _):
        page = await serve(**model)
        async with talk(opened, page) as ada:
            answer = await ada.ask(QUESTION)
            await expect(answer).to_contain_text("word3")
            await ada.page.reload()
            await expect(ada.answers).to_contain_text("word4")
            assert "at last" not in await ada.answers.inner_text()
            await expect(ada.answers).to_contain_text("at last")
            await ada.whole(ada.answers.first)


async def _returned(ada: Talk, address: str) -> Talk:
    """The same person at the same conversation, in a new tab."""
    ada.window.page = await ada.window.context.new_page()
    await ada.window.page.goto(address)
    return Talk(ada.window)
