"""People sign in with a password, and see what is theirs alone."""

import pytest
from playwright.async_api import Page, expect

from bots.web.door.words import WORDS
from bots.web.words import WORDS as EVERYWHERE
from tests.browser.chromium import Chromium
from tests.browser.talking import Talk
from tests.browser.windows import DESKTOP, PHONE, Language, Window, window
from tests.web_stage import PASSWORD, ROLLBACK, StartPage

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]
QUESTION = "How long does a rollback take?"


@pytest.mark.parametrize(("size", "language"), [(DESKTOP, "en"), (PHONE, "zh")])
async def test_one_signs_in_and_out(
    opened: Chromium, serve: StartPage, size: tuple[int, int], language: Language
) -> None:
    page = await serve(web_login="password")
    await page.person("ada")
    words = WORDS[language]
    async with window(opened, page.url, size=size, language=language) as ada:
        await ada.open("/chat")
        await expect(ada.page).to_have_url(f"{page.url}/sign-in")
        with ada.forgiving(status=401):
            await signs_in(ada.page, "ada", "not her password", language)
            await expect(ada.page.get_by_role("alert")).to_be_visible()
        await signs_in(ada.page, "ada", PASSWORD, language)
        await expect(Talk(ada, language).question).to_be_visible()

        await ada.page.get_by_role("button", name=EVERYWHERE[language]["sign_out"]).click()
        await expect(ada.page.get_by_label(words["password"])).to_be_visible()
        await ada.open("/chat")
        await expect(ada.page).to_have_url(f"{page.url}/sign-in")


async def test_two_people_do_not_see_each_others_conversations(opened: Chromium, serve: StartPage) -> None:
    page = await serve(web_login="password")
    await page.person("ada", role="operator")
    await page.person("ben")
    async with window(opened, page.url) as one, window(opened, page.url) as other:
        ada, ben = await _signed_in(one, "ada"), await _signed_in(other, "ben")
        await expect(await ada.answered(QUESTION)).to_contain_text(ROLLBACK)
        address = ada.page.url

        await ben.page.reload()
        await expect(ben.page.get_by_text(QUESTION)).to_have_count(0)
        with other.forgiving(status=404):
            await ben.page.goto(address)
            await expect(ben.page.get_by_text(ROLLBACK)).to_have_count(0)
        await other.open("/chat")
        await ben.answered("On which days do deploys run?")

        await ada.window.open("/chat")
        await expect(ada.page.get_by_text(QUESTION)).to_be_visible()
        await expect(ada.page.get_by_text("On which days")).to_have_count(0)


async def test_member_is_not_shown_what_is_for_operators(opened: Chromium, serve: StartPage) -> None:
    page = await serve(web_login="password")
    await page.person("ben")
    async with window(opened, page.url) as other:
        ben = await _signed_in(other, "ben")
        navigation = ben.page.get_by_role("navigation", name="Main")
        assert await navigation.get_by_role("link").all_inner_texts() == ["Chat", "API"]
        for path in ("/knowledge", "/quality"):
            with other.forgiving(status=403):
                await other.open(path)
                await expect(ben.page.get_by_text("This is for operators.")).to_be_visible()


async def test_page_speaks_the_other_language_when_asked_to(opened: Chromium, serve: StartPage) -> None:
    page = await serve()
    async with window(opened, page.url, language="zh") as ada:
        await ada.open("/chat")
        await expect(Talk(ada, "zh").question).to_be_visible()
        await ada.page.get_by_role("button", name=EVERYWHERE["zh"]["other_language"]).click()
        await expect(Talk(ada).question).to_be_visible()
        await expect(ada.page.locator("html")).to_have_attribute("lang", "en")
        await ada.page.reload()
        await expect(Talk(ada).question).to_be_visible()


async def signs_in(page: Page, name: str, password: str, language: Language = "en") -> None:
    """Fill in the form of the door and send it."""
    words = WORDS[language]
    await page.get_by_label(words["name"], exact=True).fill(name)
    await page.get_by_label(words["password"], exact=True).fill(password)
    await page.get_by_role("button", name=words["sign_in"], exact=True).click()


async def _signed_in(opened: Window, name: str) -> Talk:
    await opened.open("/chat")
    await signs_in(opened.page, name, PASSWORD)
    await expect(Talk(opened).question).to_be_visible()
    return Talk(opened)
