"""Someone asks with a picture, reads what comes, opens what it cites, and says whether it helped."""

from base64 import b64encode

import pytest
from playwright.async_api import Locator, expect

from core.messages import Place
from core.quality.feedback import FeedbackBook
from tests.browser.chromium import Chromium
from tests.browser.talking import Talk, loaded, talk
from tests.browser.windows import DESKTOP, PHONE, Language
from tests.web_stage import ERROR, ROLLBACK, RunningPage, StartPage

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]
SIZES = pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
ASKED: dict[Language, tuple[str, str]] = {
    "en": ("What does this error mean?", ERROR),
    "zh": ("每位员工每年有多少天带薪休假？", "每位员工每年有二十五天带薪休假。"),
}
SHOWN: dict[Language, str] = {
    "en": "Show me the picture of how a rollback goes.",
    "zh": "给我看看回滚（rollback）的图片。",
}

BROUGHT = """([event, name, data]) => {
  const bytes = Uint8Array.from(atob(data), (one) => one.charCodeAt(0));
  const files = new DataTransfer();
  files.items.add(new File([bytes], name, { type: "image/png" }));
  const how = { bubbles: true, cancelable: true };
  document.body.dispatchEvent(event === "paste"
    ? new ClipboardEvent(event, { ...how, clipboardData: files })
    : new DragEvent(event, { ...how, dataTransfer: files }));
}"""
"""A file is pasted, or dropped on the page, as by hand."""


@pytest.mark.parametrize("language", ["en", "zh"])
@SIZES
async def test_question_with_a_screenshot_is_answered_with_a_sentence_that_opens_where_it_stands(
    opened: Chromium, serve: StartPage, error_picture: bytes, size: tuple[int, int], language: Language
) -> None:
    page = await serve()
    question, sentence = ASKED[language]
    async with talk(opened, page, size=size, language=language) as ada:
        answer = await ada.answered(question, ("failed.png", error_picture))
        await expect(answer).to_contain_text(sentence)
        await loaded(ada.page.locator(".came-along img"))

        await answer.locator("a.cite").last.click()
        await expect(ada.panel.locator("mark").first).to_have_text(sentence)
        await expect(ada.panel.locator("mark").first).to_be_in_viewport()
        await ada.panel.get_by_role("button", name=ada.texts.close).click()
        await expect(ada.panel).to_have_count(0)
        await ada.fits()


@pytest.mark.parametrize("language", ["en", "zh"])
@SIZES
async def test_picture_that_is_asked_for_is_shown_and_can_be_enlarged(
    opened: Chromium, serve: StartPage, size: tuple[int, int], language: Language
) -> None:
    page = await serve()
    async with talk(opened, page, size=size, language=language) as ada:
        answer = await ada.answered(SHOWN[language])
        picture = answer.locator("figure img")
        await loaded(picture)

        await answer.locator("figure .enlarge").click()
        viewer = ada.page.locator("dialog.viewer[open]")
        await expect(viewer.locator("figcaption")).to_have_text("How a rollback goes")
        await expect(viewer.locator("img")).to_be_visible()
        await viewer.get_by_role("button", name=ada.texts.close).click()
        await expect(viewer).to_have_count(0)
        await ada.fits()


async def test_what_is_said_of_an_answer_is_kept_with_its_reason(opened: Chromium, serve: StartPage) -> None:
    page = await serve()
    async with talk(opened, page) as ada:
        answer = await ada.answered("How long does a rollback take?")
        await expect(answer).to_contain_text(ROLLBACK)

        await ada.button(answer, ada.texts.helpful).click()
        await expect(ada.button(answer, ada.texts.helpful)).to_have_attribute("aria-pressed", "true")
        await ada.button(answer, ada.texts.not_helpful).click()
        await expect(ada.button(answer, ada.texts.not_helpful)).to_have_attribute("aria-pressed", "true")
        reason = answer.get_by_role("form", name=ada.texts.feedback_title)
        await reason.get_by_text(ada.words["reason_outdated"]).click()
        await reason.get_by_role("textbox").fill("It takes two minutes since May.")
        await reason.get_by_role("button", name=ada.texts.send).click()
        await expect(reason).to_have_count(0)

        [said] = await FeedbackBook(page.store).newest()
        assert not said.helpful
        assert (said.reason, said.text) == ("outdated", "It takes two minutes since May.")
        assert Place.named(said.conversation).platform == "web"


async def test_why_an_answer_was_given_opens_beside_it(opened: Chromium, serve: StartPage) -> None:
    page = await serve()
    async with talk(opened, page) as ada:
        answer = await ada.answered("How long does a rollback take?")
        await ada.button(answer, ada.texts.why).click()
        await expect(ada.panel.get_by_role("heading").first).to_contain_text(ada.texts.why.rstrip("?"))
        await expect(ada.panel).to_contain_text("deploy.md")


async def test_question_that_is_offered_is_asked_by_a_click(opened: Chromium, serve: StartPage) -> None:
    page = await serve()
    async with talk(opened, page) as ada:
        offered = ada.page.locator(".prompts button").first
        question = await offered.inner_text()
        await offered.click()
        await ada.whole(ada.answers.first)
        await expect(ada.page.locator(".asked")).to_have_text(question)


async def test_question_that_could_follow_is_asked_by_a_click(opened: Chromium, serve: StartPage) -> None:
    page = await serve()
    async with talk(opened, page) as ada:
        answer = await ada.answered("On which days do deploys run?")
        follow_up = answer.locator("[data-suggestion]").first
        question = await follow_up.inner_text()
        await follow_up.click()
        await expect(ada.answers).to_have_count(2)
        await ada.whole(ada.answers.nth(1))
        await expect(ada.page.locator(".asked").last).to_have_text(question.strip())
        await expect(ada.answers.nth(1)).to_contain_text(ROLLBACK)


async def test_pictures_are_pasted_dropped_and_taken_away_again(
    opened: Chromium, serve: StartPage, error_picture: bytes
) -> None:
    page = await serve()
    async with talk(opened, page) as ada:
        for event, name in (("paste", "pasted.png"), ("drop", "dropped.png"), ("drop", "unwanted.png")):
            await ada.page.evaluate(BROUGHT, [event, name, b64encode(error_picture).decode()])
            await expect(ada.page.locator("#thumbnails")).to_contain_text(name)
        await ada.page.get_by_role("button", name=ada.words["remove_file"].format(name="unwanted.png")).click()
        await ada.answered("What does this error mean?")
        pictures = ada.page.locator(".came-along img")
        await expect(pictures).to_have_count(2)
        for picture in await pictures.all():
            await loaded(picture)


async def test_what_was_written_outlasts_a_page_that_is_loaded_again(opened: Chromium, serve: StartPage) -> None:
    page = await serve()
    async with talk(opened, page) as ada:
        await ada.question.fill("How long does a roll")
        await ada.page.reload()
        await expect(ada.question).to_have_value("How long does a roll")


async def test_question_that_could_not_be_sent_stays_and_is_asked_once(opened: Chromium, serve: StartPage) -> None:
    page = await serve()
    async with talk(opened, page) as ada:
        await ada.question.fill("How long does a rollback take?")
        await ada.window.context.set_offline(True)
        await ada.page.keyboard.press("Enter")
        await expect(ada.page.locator("#refused")).to_contain_text(ada.words["offline"])
        await expect(ada.question).to_have_value("How long does a rollback take?")
        await ada.window.context.set_offline(False)
        ada.window.complaints.clear()  # the browser says itself that it is offline
        await ada.page.keyboard.press("Enter")
        await ada.whole(ada.answers.first)
        await expect(ada.answers).to_have_count(1)


async def test_file_that_is_no_document_is_said_to_be_none_and_the_question_answered(
    opened: Chromium, serve: StartPage
) -> None:
    page = await serve()
    async with talk(opened, page) as ada:
        answer = await ada.answered("How long does a rollback take?", ("notes.png", b"\x00\x01 no picture"))
        await expect(answer).to_contain_text(ROLLBACK)
        await expect(ada.page.locator(".exchange").first).to_contain_text("notes.png")


async def test_earlier_conversation_is_found_read_and_deleted(opened: Chromium, serve: StartPage) -> None:
    page = await serve()
    async with talk(opened, page) as ada:
        await ada.answered("How long does a rollback take?")
        await ada.window.open("/chat")
        await _listed(ada, "How long does a rollback take?").click()
        await expect(ada.answers.first).to_contain_text(ROLLBACK)

        await ada.page.get_by_role("button", name=ada.words["delete"], exact=True).click()
        await ada.page.get_by_role("button", name=ada.words["delete_confirm"], exact=True).click()
        await expect(ada.answers).to_have_count(0)
        await expect(_listed(ada, "How long does a rollback take?")).to_have_count(0)
        assert await _kept(page) == []


def _listed(ada: Talk, title: str) -> Locator:
    return ada.page.get_by_role("navigation", name=ada.words["earlier"]).get_by_role("link", name=title)


async def _kept(page: RunningPage) -> list[str]:
    return [one async for some in page.store.all_conversations() for one in some]
