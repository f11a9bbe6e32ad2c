"""What is asked on the page is answered by whatever worker there is, and stands for whoever looks."""

import pytest

from tests.web_stage import ROLLBACK, RunningPage, StartPage
from tests.web_stage.models import talking


async def test_a_question_is_answered_on_the_board(page: RunningPage) -> None:
    question = await page.ask("How long does a rollback take?")
    reply = (await page.answered(question)).reply
    assert ROLLBACK in reply.text
    assert {one.source for one in reply.citations} == {"deploy.md"}


async def test_another_process_answers_what_one_took_in(start_page: StartPage) -> None:
    page = await start_page(with_worker=False)
    question = await page.ask("How long does a rollback take?")
    assert await page.shown(question) is None
    await start_page(with_ingress=False)
    assert ROLLBACK in (await page.answered(question)).reply.text


@pytest.mark.slow
async def test_what_is_stopped_keeps_what_was_said_until_then(start_page: StartPage) -> None:
    with talking("A rollback takes four minutes [1]. " + "And so on. " * 200) as (settings, _):
        page = await start_page(**settings)
        question = await page.ask("How long does a rollback take?")
        said = await page.until(question, lambda shown: shown is not None and "four" in shown.reply.text)
        await page.desk.mailbox.stop(question.message.place.conversation)
        reply = (await page.answered(question)).reply
    assert reply.text.startswith(said.reply.text.rstrip()) and reply.failure is not None
    assert reply.failure.code == "stopped"
