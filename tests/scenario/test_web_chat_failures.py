"""What goes wrong is said on the chat page, with what can be done; nothing that was typed or asked is lost."""

import shutil

from adapters.texts import CHINESE
from tests.scenario.openai_wire import Break, Refuse, Say
from tests.scenario.web_talking import somebody
from tests.web_stage import RunningPage, StartPage
from tests.web_stage.models import talking

BAD = Refuse(400, "the model is not there")


async def test_a_model_that_refuses_says_so_and_can_be_tried_again(start_page: StartPage) -> None:
    with talking(BAD, Say("A rollback takes four minutes [1].")) as (settings, _):
        page = await start_page(**settings)
        async with somebody(page) as person:
            asked = await person.answered("How long does a rollback take?")
            failed = await person.page(asked.address)
            assert 'class="notice bad failure"' in failed
            assert "No answer" in failed
            await page.idle()
            await person.browser.post(f"{asked.reply}/again")
            await person.events(asked)
            assert "four minutes" in await person.page(asked.address)


async def test_an_answer_that_breaks_off_keeps_what_was_said(start_page: StartPage) -> None:
    with talking(Break("A rollback takes four")) as (settings, _):
        page = await start_page(**settings)
        async with somebody(page) as person:
            asked = await person.answered("How long does a rollback take?")
            broken = await person.page(asked.address)
    assert "A rollback takes four" in broken
    assert 'class="notice bad failure"' in broken


async def test_while_the_documents_are_away_one_can_ask_all_the_same(start_page: StartPage) -> None:
    page = await start_page(with_worker=False)
    shutil.rmtree(page.data / "index")
    (page.data / "index").write_text("no index")
    async with somebody(page, **{"accept-language": "zh"}) as person:
        begun = await person.page("/chat")
        assert "现在查不了团队文档" in begun
        assert 'id="question"' in begun
        asked = await person.ask("回滚要多久？")
        assert "正在排队" in await person.page(asked.address)


async def test_the_wish_to_stop_can_be_typed(start_page: StartPage) -> None:
    with talking("word " * 400, pace=0.03) as (settings, _):
        page = await start_page(**settings)
        async with somebody(page, **{"accept-language": "zh"}) as person:
            asked = await person.ask("How long does a rollback take?")
            while not any("word" in one.data for one in await person.events(asked, most=3)):
                pass
            answer = await person.send("stop", thread=asked.thread)
            assert "data-follow" not in answer.text
            await person.events(asked)
            conversation = await person.page(asked.address)
    assert "Stopped, as asked." in conversation
    assert CHINESE.again in conversation


async def test_who_speaks_to_a_conversation_that_was_deleted_is_told(page: RunningPage) -> None:
    async with somebody(page) as person:
        asked = await person.answered("How long does a rollback take?")
        await person.browser.delete(asked.address)
        refused = await person.send("And then?", thread=asked.thread)
        assert refused.status_code == 404
        assert "It may have been forgotten" in refused.text
        assert (await person.ask("And then?")).thread != asked.thread
