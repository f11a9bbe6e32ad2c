"""Somebody talks to Lorelens in a browser: asks, sees the answer grow, judges it, comes back, deletes."""

import re

import pytest

from core.quality.feedback import FeedbackBook
from tests.scenario.test_assistant import drawn
from tests.scenario.web_talking import somebody
from tests.web_stage import ERROR, ROLLBACK, RunningPage, StartPage
from tests.web_stage.models import talking


async def test_a_new_conversation_says_what_could_be_asked(page: RunningPage) -> None:
    async with somebody(page) as person:
        home = await person.browser.get("/")
        assert (home.status_code, home.headers["location"]) == (303, "/chat")
        begun = await person.page("/chat")
    assert "What would you like to know?" in begun
    prompts = re.findall(r'data-ask="([^"]+)"', begun)
    assert len(prompts) == 3
    assert any("Rollback" in one or "ERR-4031" in one for one in prompts)


async def test_a_question_and_its_answer_stand_at_once_and_the_answer_grows(start_page: StartPage) -> None:
    with talking("A rollback takes four minutes [1].", pace=0.1) as (settings, _):
        page = await start_page(**settings)
        async with somebody(page) as person:
            asked = await person.ask("How long does a rollback take?")
            assert "How long does a rollback take?" in asked.piece
            assert 'aria-busy="true"' in asked.piece
            events = await person.events(asked)
            said = [one.data for one in events if one.name == "said"]
            assert len(said) > 2
            assert ">1</a>" in said[-1]
            assert all("four minutes" not in one for one in said[:1])
            assert [one.name for one in events][-2:] == ["over", "end"]
            assert "Why this answer?" in events[-2].data
            again = await person.page(asked.address)
    assert "four minutes" in again
    assert "data-follow" not in again


async def test_whoever_connects_again_goes_on_from_what_stands(start_page: StartPage) -> None:
    with talking("one two three four five six seven eight nine ten [1].", pace=0.1) as (settings, _):
        page = await start_page(**settings)
        async with somebody(page) as person:
            asked = await person.ask("How long does a rollback take?")
            first = await person.events(asked, most=2)
            rest = await person.events(asked)
            assert first[-1].name in {"doing", "said"}
            assert [one.name for one in rest][-2:] == ["over", "end"]
            assert "ten" in [one.data for one in rest if one.name == "said"][-1]


async def test_a_tab_that_was_closed_in_mid_answer_finds_it_finished(start_page: StartPage) -> None:
    with talking("one two three four five [1].", pace=0.05) as (settings, _):
        page = await start_page(**settings)
        async with somebody(page) as person:
            asked = await person.ask("How long does a rollback take?")
            await person.events(asked, most=1)
            await page.idle()
            again = await person.page(asked.address)
    assert "one two three four five" in again
    assert "This answer helped" in again


async def test_a_form_that_is_sent_twice_asks_once(page: RunningPage) -> None:
    async with somebody(page) as person:
        first = await person.ask("How long does a rollback take?", nonce="the-same-nonce")
        second = await person.ask("How long does a rollback take?", nonce="the-same-nonce")
        assert (first.thread, first.question) == (second.thread, second.question)
        await person.events(first)
        assert (await person.page(first.address)).count('class="exchange"') == 1
        await person.ask("And what is ERR-4031?", thread=first.thread, nonce="another-nonce")
        await person.ask("And what is ERR-4031?", thread=first.thread, nonce="another-nonce")
        assert (await person.page(first.address)).count('class="exchange"') == 2


async def test_sources_open_at_the_cited_sentence(page: RunningPage) -> None:
    async with somebody(page) as person:
        asked = await person.answered("How long does a rollback take?")
        conversation = await person.page(asked.address)
        found = re.search(r'class="source" href="([^"]+)#cited"', conversation)
        assert found is not None
        assert found[1] == f"{asked.address}/sources/{asked.question}/1"
        whole = await person.page(found[1])
        assert f'<mark id="cited">{ROLLBACK}</mark>' in whole
        assert "deploy.md" in whole
        assert "Deploys run on Tuesdays" in whole  # the document, not the sentence alone
        piece = (await person.browser.get(found[1], headers={"HX-Request": "true"})).text
        assert "<mark" in piece
        assert "<html" not in piece
        assert (await person.browser.get(f"{asked.address}/sources/{asked.question}/99")).status_code == 404


@pytest.mark.slow
async def test_a_shown_picture_and_what_the_answer_quotes_of_it(page: RunningPage) -> None:
    async with somebody(page) as person:
        asked = await person.answered("Show me the diagram of a rollback")
        conversation = await person.page(asked.address)
        found = re.search(r'src="(/chat/[^"]+/pictures/[0-9a-f]{64})"', conversation)
        assert found is not None
        picture = await person.browser.get(found[1])
        assert picture.headers["content-type"] in {"image/png", "image/jpeg"}
        assert "private" in picture.headers["cache-control"]
        sha256 = found[1].rpartition("/")[2]
        assert (await person.browser.get(f"/pictures/{sha256}")).content == picture.content
        assert (await person.browser.get(f"/pictures/{'0' * 64}")).status_code == 404
        boxed = await person.browser.get(f"{asked.reply}/boxed/{sha256}")
        assert boxed.status_code in {200, 204}


async def test_a_question_about_a_document_that_comes_along(page: RunningPage) -> None:
    lunch = b"# Lunch\n\nLunch is served at half past twelve in the canteen.\n"
    async with somebody(page) as person:
        asked = await person.answered("When is lunch served?", files=[("files", ("lunch.md", lunch, "text/markdown"))])
        conversation = await person.page(asked.address)
        assert "half past twelve" in conversation
        assert "lunch.md" in conversation
        source = await person.page(f"{asked.address}/sources/{asked.question}/1")
        assert "From a document that came with the question" in source
        assert '<mark id="cited">Lunch is served at half past twelve' in source


@pytest.mark.slow
async def test_a_question_with_a_picture(page: RunningPage) -> None:
    screen = drawn("ERR-4031", "signature mismatch")
    async with somebody(page) as person:
        asked = await person.answered("What does this mean?", files=[("files", ("screen.png", screen, "image/png"))])
        conversation = await person.page(asked.address)
        assert "ERR-4031" in conversation
        found = re.search(r'src="(/pictures/([0-9a-f]{64}))"', conversation)
        assert found is not None
        assert (await person.browser.get(found[1])).headers["content-type"] == "image/png"
        boxed = await person.browser.get(f"{asked.reply}/boxed/{found[2]}")
        assert boxed.headers["content-type"] == "image/png"
        assert boxed.content != (await person.browser.get(found[1])).content


async def test_what_cannot_be_read_says_so_and_the_question_is_answered(page: RunningPage) -> None:
    garbage = [
        ("files", ("evil.svg", b"<svg onload=alert(1)>", "image/svg+xml")),
        ("files", ("x.bin", b"\0\1\2" * 99, "")),
    ]
    async with somebody(page) as person:
        asked = await person.answered("What is ERR-4031?", files=garbage)
        conversation = await person.page(asked.address)
    assert "x.bin" in conversation
    assert "can't be read" in conversation or "can&#39;t be read" in conversation
    assert "webhook signature" in conversation


async def test_an_answer_is_judged_and_the_reason_kept(page: RunningPage) -> None:
    async with somebody(page) as person:
        asked = await person.answered("How long does a rollback take?")
        liked = await person.browser.post(f"{asked.reply}/feedback", data={"helpful": "yes"})
        assert 'aria-pressed="true" aria-label="This answer helped"' in liked.text
        disliked = await person.browser.post(f"{asked.reply}/feedback", data={"helpful": "no"})
        assert "What was wrong?" in disliked.text
        told = await person.browser.post(f"{asked.reply}/reason", data={"reason": "outdated", "text": "It takes ten."})
        assert "What you wrote was noted" in told.text
        [feedback] = await FeedbackBook(page.store).newest()
        assert (feedback.helpful, feedback.reason, feedback.text) == (False, "outdated", "It takes ten.")
        assert 'aria-pressed="true" aria-label="This answer did not help"' in await person.page(asked.address)
        await person.browser.post(f"{asked.reply}/feedback", data={"helpful": "nothing"})
        assert not await FeedbackBook(page.store).newest()


async def test_why_an_answer_is_what_it_is(page: RunningPage) -> None:
    async with somebody(page) as person:
        asked = await person.answered("How long does a rollback take?")
        why = await person.page(f"{asked.reply}/why")
    assert ROLLBACK in why
    assert "Sentences that the answer cites" in why
    assert "BM25" in why


async def test_an_answer_is_made_again_in_its_place(start_page: StartPage) -> None:
    with talking("The first answer [1].", "The second answer [1].", pace=0.01) as (settings, _):
        page = await start_page(**settings)
        async with somebody(page) as person:
            asked = await person.answered("How long does a rollback take?")
            assert "The first answer" in await person.page(asked.address)
            await page.idle()
            piece = (await person.browser.post(f"{asked.reply}/again")).text
            assert f'data-follow="{asked.reply}/events"' in piece
            assert "The first answer" not in piece
            events = await person.events(asked)
            assert "The second answer" in [one.data for one in events if one.name == "said"][-1]
            conversation = await person.page(asked.address)
    assert "The second answer" in conversation
    assert "The first answer" not in conversation


async def test_an_answer_is_stopped_and_what_was_said_stays(start_page: StartPage) -> None:
    with talking("word " * 400, pace=0.03) as (settings, _):
        page = await start_page(**settings)
        async with somebody(page) as person:
            asked = await person.ask("How long does a rollback take?")
            while not any("word" in one.data for one in await person.events(asked, most=3)):
                pass
            assert (await person.browser.post(f"{asked.address}/stop")).status_code == 204
            events = await person.events(asked)
    assert "Stopped, as asked." in [one.data for one in events if one.name == "said"][-1]


async def test_a_suggested_question_is_asked_once_however_often_it_is_clicked(page: RunningPage) -> None:
    async with somebody(page) as person:
        asked = await person.answered("When are deploys?")
        conversation = await person.page(asked.address)
        assert f"{asked.reply}/suggestions/1" in conversation
        first = await person.browser.post(f"{asked.reply}/suggestions/1")
        assert 'class="exchange"' in first.text
        second = await person.browser.post(f"{asked.reply}/suggestions/1")
        assert (second.status_code, second.headers["x-asked"]) == (204, first.headers["x-asked"])
        assert (await person.page(asked.address)).count('class="exchange"') == 2
        assert (await person.browser.post(f"{asked.reply}/suggestions/99")).status_code == 404


async def test_what_is_not_known_says_what_could_be_done(page: RunningPage) -> None:
    async with somebody(page) as person:
        asked = await person.answered("Who won the chess tournament of 1987?")
        assert "What you could do" in await person.page(asked.address)


async def test_earlier_conversations_are_listed_found_and_deleted(page: RunningPage) -> None:
    async with somebody(page) as person:
        first = await person.answered("What is ERR-4031?")
        second = await person.answered("How long does a rollback take?")
        listed = await person.page("/chat/earlier")
        assert listed.index("How long does a rollback") < listed.index("What is ERR-4031?")
        found = await person.page("/chat/earlier?find=err-4031")
        assert "rollback" not in found
        assert first.address in found
        deleted = await person.browser.delete(first.address, headers={"HX-Current-URL": f"{page.url}{first.address}"})
        assert deleted.headers["hx-redirect"] == "/chat"
        assert (await person.browser.get(first.address)).status_code == 404
        elsewhere = await person.browser.delete(second.address, headers={"HX-Current-URL": f"{page.url}/chat"})
        assert "hx-redirect" not in elsewhere.headers
        assert "chat/" not in await person.page("/chat/earlier")
        assert not [one async for names in page.store.all_conversations() for one in names]


async def test_what_is_being_answered_stops_when_its_conversation_is_deleted(start_page: StartPage) -> None:
    with talking("word " * 400, pace=0.03) as (settings, _):
        page = await start_page(**settings)
        async with somebody(page) as person:
            asked = await person.ask("How long does a rollback take?")
            await person.events(asked, most=2)
            await person.browser.delete(asked.address)
            await page.idle()
            assert (await person.browser.get(asked.address)).status_code == 404
        assert not [one async for names in page.store.all_conversations() for one in names]


async def test_all_that_somebody_said_is_forgotten(page: RunningPage) -> None:
    async with somebody(page) as person:
        asked = await person.answered("How long does a rollback take?")
        await person.answered("What is ERR-4031?")
        await person.browser.post(f"{asked.reply}/feedback", data={"helpful": "no"})
        said = await person.page("/chat/forget")
        assert "2" in said
        assert "Forget everything" in said
        gone = await person.browser.post("/chat/forget")
        assert gone.headers["hx-redirect"] == "/chat"
        assert "chat/" not in await person.page("/chat/earlier")
        assert not await FeedbackBook(page.store).newest()
        assert not [one async for names in page.store.all_conversations() for one in names]


async def test_in_chinese(page: RunningPage) -> None:
    async with somebody(page, **{"accept-language": "zh-CN,zh;q=0.9"}) as person:
        assert "想知道什么？" in await person.page("/chat")
        asked = await person.answered("年假有多少天？")
        conversation = await person.page(asked.address)
    assert 'lang="zh-CN"' in conversation
    assert "二十五天带薪休假" in conversation
    assert "为什么这么回答？" in conversation


async def test_an_empty_question_and_one_that_is_too_long_are_refused_with_a_reason(page: RunningPage) -> None:
    async with somebody(page) as person:
        empty = await person.send("   \n ")
        assert empty.status_code == 400
        assert "Write a question, or add a picture." in empty.text
        long = await person.send("x" * 40_001)
        assert long.status_code == 400
        assert "40000" in long.text
        assert (await person.send("Hello", nonce="a b")).status_code == 422
        assert "chat/" not in await person.page("/chat/earlier")


async def test_a_question_of_twenty_thousand_characters_is_answered(page: RunningPage) -> None:
    async with somebody(page) as person:
        asked = await person.answered("What does ERR-4031 mean? " + "Some more words. " * 1175)
        conversation = await person.page(asked.address)
    assert ERROR.partition(" means")[0] in conversation
    assert conversation.count("Some more words.") > 1000


async def test_markup_in_questions_titles_and_names_of_files_stays_text(page: RunningPage) -> None:
    nasty = '<script>alert(1)</script>"><img src=x onerror=alert(1)> {{ 1234*5678 }} ![x](http://evil.example/x.png)'
    files = [("files", (f"{nasty}.md", f"# {nasty}\n\nThe {nasty} is at noon.\n".encode(), "text/markdown"))]
    async with somebody(page) as person:
        asked = await person.answered(nasty + " at noon?", files=files)
        shown = [
            asked.piece,
            await person.page(asked.address),
            await person.page("/chat/earlier"),
            await person.page("/chat/earlier?find=%3Cscript"),
            (await person.browser.get(f"{asked.address}/sources/{asked.question}/1")).text,
            (await person.browser.get(f"{asked.reply}/why")).text,
        ]
    assert "&lt;script&gt;alert(1)" in asked.piece
    for one in shown:
        assert "<script>alert" not in one
        assert "<img src=x" not in one
        assert 'src="http' not in one
        assert "7006652" not in one


async def test_a_long_conversation_shows_its_end_and_what_was_before_on_demand(start_page: StartPage) -> None:
    page = await start_page(with_worker=False)
    async with somebody(page) as person:
        first = await person.ask("Question number 0")
        for number in range(1, 33):
            await person.ask(f"Question number {number}", thread=first.thread)
        end = await person.page(first.address)
        assert "Question number 32" in end
        assert f'id="{first.question}"' not in end
        found = re.search(r'hx-get="(/chat/[^"]+\?before=q-[0-9a-f]+)"', end)
        assert found is not None
        before = (await person.browser.get(found[1], headers={"HX-Request": "true"})).text
        assert f'id="{first.question}"' in before
        assert "<html" not in before


async def test_a_question_waits_where_nobody_works(start_page: StartPage) -> None:
    page = await start_page(with_worker=False)
    async with somebody(page) as person:
        asked = await person.ask("How long does a rollback take?")
        assert "Waiting for its turn" in await person.page(asked.address)
        await page.work()
        await person.events(asked)
        assert ROLLBACK in await person.page(asked.address)
