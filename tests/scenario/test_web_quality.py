"""The page of quality: what operators see of how good the answers are, and whose words they don't see."""

import asyncio
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Literal

import httpx
import pytest

from bots.quality_history import HistoryWatcher
from bots.serve_worker import answers_of
from bots.worker import Worker
from core.evaluation.report import EvaluationReport, Metric, QuestionScores, Setup, keep_report
from core.mailbox import Mailbox, Turn
from core.messages import Author, Message, Place
from core.quality.declined import DeclinedIndex
from core.quality.feedback import FeedbackBook
from core.quality.history import Happening, QualityHistory
from core.question import Question
from tests.scenario.served_team import SOON, working
from tests.web_stage import RunningPage, StartPage
from tests.web_stage.running import csrf_of

EVIL = "<img src=//evil.example/x onerror=alert(1)>"


@pytest.fixture
async def house(start_page: StartPage) -> RunningPage:
    """A page without a worker."""
    return await start_page(with_worker=False)


@asynccontextmanager
async def operator(page: RunningPage, language: str = "en") -> AsyncGenerator[httpx.AsyncClient]:
    """An operator at a browser of this machine, where nobody is asked who they are."""
    async with page.browser(origin=page.url, **{"accept-language": language}) as browser:
        browser.headers["x-csrf-token"] = await csrf_of(browser, "/quality")
        yield browser


@asynccontextmanager
async def counting(page: RunningPage) -> AsyncGenerator[None]:
    """A worker that counts, as `lorelens serve web` runs one; in the end all is counted."""
    watcher = HistoryWatcher(page.store)
    answers = await answers_of(page.application, page.adapter)
    async with watcher.running([page.desk.mailbox]):
        async with working(Worker(page.desk.mailbox, page.adapter, answers, limits=SOON, watcher=watcher)):
            yield
        await watcher.counted()


def read(html: str) -> str:
    """What can be read on a page, on one line."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


async def seen(browser: httpx.AsyncClient, path: str = "/quality") -> str:
    answer = await browser.get(path)
    assert answer.status_code == 200, answer.text
    return read(answer.text)


def tile(html: str, name: str) -> str:
    """What a tile says."""
    found = re.search(rf"<dt>{name}</dt>(.*?)</div>", html, re.DOTALL)
    assert found is not None
    return read(found[1])


async def kept(
    page: RunningPage, text: str, by: str = "ann", visibility: Literal["public", "direct"] = "public"
) -> Message:
    """A question on Slack that was declined a moment ago."""
    place = Place(platform="slack", workspace="T1", channel="C1", thread=text[:9], visibility=visibility)
    message = Message(id=f"q-{by}-{text[:9]}", place=place, author=Author(id=by), text=text, sent_at=datetime.now(UTC))
    await page.store.remember(message)
    noting = DeclinedIndex(page.store).noting(place.conversation, message.id, datetime.now(UTC))
    await page.store.redis.execute_all(noting)
    return message


async def buried(page: RunningPage, message: Message) -> Mailbox:
    """A question that was given up."""
    mailbox = Mailbox(page.store, message.place.platform)
    await mailbox.submit(Question(message=message))
    for shard in range(8):
        if isinstance(turn := await mailbox.take(shard), Turn):
            await mailbox.bury(turn, f"ValueError: {turn.questions[0].message.text} is too much")
    return mailbox


@pytest.mark.slow
async def test_an_operator_sees_what_was_answered_declined_and_said(start_page: StartPage) -> None:
    house = await start_page(with_worker=False, web_login="password")
    olga = await house.person("olga", role="operator")
    async with counting(house):
        answered = await house.ask("How long does a rollback take?", person=olga)
        declined = await house.ask("Which cheese does the cat of the office prefer?", person=olga)
        for question in (answered, declined):
            await house.answered(question)
        place = answered.message.place
        await FeedbackBook(house.store).give(
            place.conversation, answered.message.id, Author(id=olga), helpful=False, reason="outdated", text=EVIL
        )

    async with house.signed_in("olga") as browser:
        html = (await browser.get("/quality?span=24h")).text
        assert tile(html, "Answers") == "1 1 today · 1 in 7 days"
        assert tile(html, "Declined").startswith("50% 1 without")
        assert tile(html, "Helpful") == "0% 0 helpful · 1 not"
        assert tile(html, "Typical wait") != "–"
        assert html.count('<svg class="chart"') == 5  # nothing was given up
        assert EVIL not in html and EVIL in read(html)
        assert "style=" not in html
        unanswered = await seen(browser, "/quality/unanswered")
    assert "Which cheese does the cat of the office prefer? asked once by one person" in unanswered
    assert "How long does a rollback take?" in unanswered  # it did not help


async def test_of_other_peoples_conversations_an_operator_sees_numbers_alone(house: RunningPage) -> None:
    secret = "Is Hildegard being dismissed in the quasar project?"  # noqa: S105 - a question
    async with counting(house):
        question = await house.ask(secret, person="mia")
        await house.answered(question)
        place = question.message.place
        await FeedbackBook(house.store).give(
            place.conversation, question.message.id, Author(id="mia"), helpful=False, reason="wrong", text="Hildegard!"
        )
    await buried(house, question.message.model_copy(update={"id": "again", "text": f"{secret} Tell me."}))

    async with operator(house) as browser:
        page, unanswered = await seen(browser), await seen(browser, "/quality/unanswered")
        (letter,) = await house.desk.mailbox.dead_letters()
        answer = await browser.post(f"/quality/dead/web/{letter.id}/retry")
    for text in (page, unanswered, read(answer.text)):
        assert "Hildegard" not in text and "quasar" not in text and "mia" not in text
    assert "1 more from private conversations of one person" in unanswered
    assert "1 more from private conversations: wrong 1" in page
    assert "1 more from private conversations: ValueError 1. lorelens dead deals with these." in page
    assert "It is there no more" in read(answer.text)
    assert len(await house.desk.mailbox.dead_letters()) == 1


@pytest.mark.slow
async def test_a_member_is_told_that_this_is_for_operators(start_page: StartPage) -> None:
    page = await start_page(with_worker=False, web_login="password")
    await page.person("mia")
    await page.person("olga", role="operator")
    async with page.signed_in("mia") as member, page.signed_in("olga") as olga:
        for path in ("/quality", "/quality/unanswered"):
            assert (await member.get(path)).status_code == 403
            assert (await olga.get(path)).status_code == 200
        assert (await member.post("/quality/dead/slack/x/drop")).status_code == 403
        assert "/quality" not in (await member.get("/chat", follow_redirects=True)).text
    async with page.browser() as nobody:
        assert (await nobody.get("/quality")).headers["location"].startswith("/sign-in")


async def test_what_was_given_up_in_public_is_retried_or_dropped(house: RunningPage) -> None:
    mailbox = await buried(house, await kept(house, f"What does {EVIL} mean?"))
    await buried(house, await kept(house, "And the second?"))
    async with operator(house) as browser:
        html = (await browser.get("/quality")).text
        assert EVIL not in html and f"What does {EVIL} mean?" in read(html)
        letters = await mailbox.dead_letters()
        assert all(f"/quality/dead/slack/{letter.id}/retry" in html for letter in letters)
        async with house.browser(origin="http://evil.example") as foreign:
            assert (await foreign.post(f"/quality/dead/slack/{letters[0].id}/drop")).status_code == 403

        retried = read((await browser.post(f"/quality/dead/slack/{letters[0].id}/retry")).text)
        assert "It is asked again" in retried and EVIL not in retried
        assert (await mailbox.state()).conversations == 1
        dropped = read((await browser.post(f"/quality/dead/slack/{letters[1].id}/drop")).text)
        assert "It was dropped." in dropped and "Nothing was given up." in dropped
        again = read((await browser.post(f"/quality/dead/slack/{letters[1].id}/drop")).text)
    assert "It is there no more" in again
    assert await mailbox.dead_letters() == []


async def test_what_is_missing_is_grouped_by_platform_and_goes_with_its_message(house: RunningPage) -> None:
    await kept(house, "How do I get a parking permit?", "ann")
    message = await kept(house, "where can I get a parking permit", "bob")
    await kept(house, "secret of cem", "cem", "direct")
    await house.store.redis.execute("SADD", house.store.keys.platforms, "slack", "web")
    async with operator(house) as browser:
        text = await seen(browser, "/quality/unanswered")
        assert "where can I get a parking permit asked 2 times by 2 people" in text
        assert "Also asked as How do I get a parking permit?" in text
        assert "secret" not in text
        assert "Nothing is missing." in await seen(browser, "/quality/unanswered?platform=web")
        assert 'aria-current="true">Slack<' in (await browser.get("/quality?platform=slack")).text
        await house.store.delete(message.place.conversation, message.id)
        assert "How do I get a parking permit? asked once by one person" in await seen(browser, "/quality/unanswered")


async def test_before_anything_happened_it_is_said_what_will_appear(house: RunningPage) -> None:
    async with operator(house) as english, operator(house, "zh-CN") as chinese:
        html = (await english.get("/quality?span=never")).text
        assert "<svg class" not in html
        assert 'href="/quality?span=7d" aria-current="true"' in html
        for said in ("Bars appear here", "Nothing was given up.", "Nothing was evaluated yet.", "No complaints"):
            assert said in html
        text = await seen(chinese, "/quality?platform=nowhere")
    assert "质量" in text and "还没有评测过" in text and "nowhere" not in text


async def test_spans_and_platforms_choose_what_is_counted(house: RunningPage) -> None:
    history, now = QualityHistory(house.store), datetime.now(UTC)
    await house.store.redis.execute("SADD", house.store.keys.platforms, "slack", "web")
    for platform, days in (("web", 0), ("slack", 0), ("slack", 3), ("slack", 20), ("slack", 60)):
        seconds = {"whole": 2.0, "first": 1.0}
        happening = Happening(platform=platform, ending="answered", tokens=7, seconds=seconds)  # type: ignore[arg-type]
        await history.count(happening, now - timedelta(days=days))
    async with operator(house) as browser:
        counted = {
            f"{span} {platform}": tile((await browser.get(f"/quality?span={span}&platform={platform}")).text, "Answers")
            for span in ("24h", "7d", "30d", "90d")
            for platform in ("", "web")
        }
        assert [one.split()[0] for one in counted.values()] == ["2", "1", "3", "1", "4", "1", "5", "1"]
        html = (await browser.get("/quality?span=30d")).text
    assert "28 tokens" in read(html)
    assert html.count('<tr><th scope="row">') == 2 * 30 + 6  # endings, waiting and the stages


def report(at: datetime, right: int) -> EvaluationReport:
    scores = tuple(
        QuestionScores(key=f"k{number}", line=number + 1, scores={"answers/holds a reference": float(number < right)})
        for number in range(40)
    )
    figure = Metric(group="answers", name="holds a reference", value=right / 40, low=0.1, high=0.9, n=40)
    speed = Metric(group="speed", name="answer p50", value=1.5, n=40, unit="seconds", better="lower")
    return EvaluationReport(
        made_at=at,
        file="team <questions>.jsonl",
        file_sha256="0" * 64,
        questions=40,
        asked=40,
        setup=Setup(model="extractive"),
        metrics=(figure, speed, figure.model_copy(update={"part": "language:zh", "value": 0.25})),
        scores=scores,
    )


async def test_the_last_evaluation_is_a_table_compared_with_the_one_before_and_a_plot(house: RunningPage) -> None:
    for days, right in ((3, 10), (2, 20), (1, 38)):
        await asyncio.to_thread(keep_report, report(datetime.now(UTC) - timedelta(days=days), right), house.data)
    async with operator(house) as browser:
        html = (await browser.get("/quality")).text
    text = read(html)
    assert "team <questions>.jsonl · 40 questions" in text and "<questions>" not in html
    assert re.search(r"holds a reference 95% \+45 pp 10% – 90% 40", text)
    assert '<td class="number good">+45 pp</td>' in html
    assert "answer p50 1.5 s" in text and "Chinese holds a reference 25% 40" in text
    assert '<svg class="chart"' in html and "Lines over the last 3 runs" in text
