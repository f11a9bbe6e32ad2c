"""axe-core finds no serious or critical fault on any page or dialog, by day or by night, wide or narrow."""

import pytest
from playwright.async_api import Page, expect

from bots.web.knowledge.looking_words import WORDS as LOOKING
from bots.web.knowledge.words import WORDS as KNOWLEDGE
from tests.browser.chromium import Chromium
from tests.browser.faults import grave_faults
from tests.browser.talking import talk
from tests.browser.windows import DESKTOP, PHONE, Language, window
from tests.web_stage import StartPage
from tests.web_stage.models import talking

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]
VIEWS = pytest.mark.parametrize(("size", "language"), [(DESKTOP, "en"), (PHONE, "zh")], ids=["desktop", "phone"])


@VIEWS
async def test_the_door(opened: Chromium, serve: StartPage, size: tuple[int, int], language: Language) -> None:
    page = await serve(web_login="password")
    await page.person("ada")
    async with window(opened, page.url, size=size, language=language) as ada:
        await ada.open("/sign-in")
        assert await grave_faults(ada.page) == []
        with ada.forgiving(status=401):
            await ada.page.locator("#door-name").fill("ada")
            await ada.page.locator("#door-password").fill("not her password")
            await ada.page.locator(".door-button").click()
            await expect(ada.page.get_by_role("alert")).to_be_visible()
        assert await grave_faults(ada.page) == []


@VIEWS
async def test_a_conversation_and_all_that_opens_in_it(
    opened: Chromium, serve: StartPage, error_picture: bytes, size: tuple[int, int], language: Language
) -> None:
    page = await serve()
    async with talk(opened, page, size=size, language=language) as ada:
        assert await grave_faults(ada.page) == []
        await ada.answered("On which days do deploys run?", ("failed.png", error_picture))
        answer = await ada.answered("Show me the picture of how a rollback goes.")
        assert await grave_faults(ada.page) == []

        await answer.locator("a.cite, a[data-source]").first.click()
        await expect(ada.panel.locator("mark").first).to_be_visible()
        await _faultless_dialog(ada.page)
        await ada.button(answer, ada.texts.why).click()
        await expect(ada.panel.get_by_role("heading").first).to_be_visible()
        await _faultless_dialog(ada.page)
        await answer.locator("figure .enlarge").click()
        await _faultless_dialog(ada.page)
        await ada.button(answer, ada.texts.not_helpful).click()
        await expect(answer.get_by_role("form")).to_be_visible()
        assert await grave_faults(ada.page) == []


@VIEWS
async def test_the_list_of_conversations_and_what_deletes_them(
    opened: Chromium, serve: StartPage, size: tuple[int, int], language: Language
) -> None:
    page = await serve()
    async with talk(opened, page, size=size, language=language) as ada:
        await ada.answered("How long does a rollback take?")
        await ada.page.get_by_role("button", name=ada.words["delete"], exact=True).click()
        await _faultless_dialog(ada.page)
        await ada.page.reload()
        if size == PHONE:
            await ada.page.get_by_role("button", name=ada.words["show_earlier"]).click()
        await expect(ada.page.get_by_role("navigation", name=ada.words["earlier"])).to_be_visible()
        assert await grave_faults(ada.page) == []
        await ada.page.get_by_role("button", name=ada.words["forget_all"]).click()
        await expect(ada.panel.get_by_role("heading").first).to_be_visible()
        await _faultless_dialog(ada.page)


@VIEWS
async def test_an_answer_that_grows_and_one_that_failed(
    opened: Chromium, serve: StartPage, size: tuple[int, int], language: Language
) -> None:
    with talking(" ".join(f"word{number}" for number in range(4000)), pace=0.05) as (model, _):
        page = await serve(**model)
        async with talk(opened, page, size=size, language=language) as ada:
            answer = await ada.ask("How long does a rollback take?")
            await expect(answer).to_contain_text("word1")
            assert await grave_faults(ada.page) == []
            await ada.button(answer, ada.texts.stop).click()
            await ada.whole(answer)
            assert await grave_faults(ada.page) == []


@VIEWS
async def test_the_knowledge_and_what_adds_to_it(
    opened: Chromium, serve: StartPage, size: tuple[int, int], language: Language
) -> None:
    page = await serve()
    async with window(opened, page.url, size=size, language=language) as ada:
        for path in (
            "/knowledge",
            "/knowledge/add",
            "/knowledge/add?kind=web",
            "/knowledge/search?q=rollback",
            "/knowledge/documents?source=docs",
            "/knowledge/document?source=docs&path=deploy.md",
        ):
            await ada.open(path)
            assert await grave_faults(ada.page) == [], path
        await ada.page.get_by_role("button", name=LOOKING[language]["forget"], exact=True).click()
        await _faultless_dialog(ada.page)
        await ada.open("/knowledge")
        for name in ("change_name", "remove_name"):
            await ada.page.get_by_role("button", name=KNOWLEDGE[language][name].format(name="docs")).click()
            await _faultless_dialog(ada.page)


@VIEWS
async def test_the_quality_of_answers(
    opened: Chromium, serve: StartPage, size: tuple[int, int], language: Language
) -> None:
    page = await serve()
    async with talk(opened, page, size=size, language=language) as ada:
        await ada.window.open("/quality")
        assert await grave_faults(ada.page) == []
        await ada.window.open("/chat")
        await ada.answered("How many days off do I get for moving house?")
        answer = await ada.answered("How long does a rollback take?")
        await ada.button(answer, ada.texts.not_helpful).click()
        await expect(answer.get_by_role("form")).to_be_visible()
        await ada.window.open("/quality")
        assert await grave_faults(ada.page) == []
        await ada.fits()


@VIEWS
async def test_what_says_that_something_is_not_there(
    opened: Chromium, serve: StartPage, size: tuple[int, int], language: Language
) -> None:
    page = await serve()
    async with window(opened, page.url, size=size, language=language) as ada:
        with ada.forgiving(status=404):
            await ada.open("/nothing-here")
            assert await grave_faults(ada.page) == []
        await ada.open("/api")
        assert await grave_faults(ada.page) == []


async def _faultless_dialog(page: Page) -> None:
    """Look at the dialog that is open, and close it."""
    dialog = page.locator("dialog[open]")
    await expect(dialog).to_be_visible()
    assert await grave_faults(page) == []
    await page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)
