"""An operator brings a document and sees it read, finds it, looks at how it was understood, and has it forgotten."""

import pytest
from playwright.async_api import FilePayload, Page, expect

from bots.web.knowledge.adding_words import WORDS as ADDING
from bots.web.knowledge.looking_words import WORDS as LOOKING
from bots.web.knowledge.words import WORDS
from tests.browser.chromium import Chromium
from tests.browser.talking import Talk, loaded
from tests.browser.windows import DESKTOP, PHONE, Language, Window, window
from tests.scenario.test_assistant import drawn
from tests.web_stage import RunningPage, StartPage

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]
FACT = "The espresso machine is descaled on the first Friday of each month."
DOCUMENT = f"# Kitchen\n\n## Espresso\n\n{FACT} Whoever does it signs the list beside it.\n".encode()


@pytest.mark.parametrize(("size", "language"), [(DESKTOP, "en"), (PHONE, "zh")], ids=["desktop", "phone"])
async def test_document_is_uploaded_found_and_answered_from(
    opened: Chromium, serve: StartPage, size: tuple[int, int], language: Language
) -> None:
    page = await serve()
    words = {**WORDS[language], **LOOKING[language], **ADDING[language]}
    async with window(opened, page.url, size=size, language=language) as ada:
        await ada.open("/knowledge/add?kind=uploads")
        files: list[FilePayload] = [
            {"name": "kitchen.md", "mimeType": "text/markdown", "buffer": DOCUMENT},
            {"name": "list.png", "mimeType": "image/png", "buffer": drawn("descaling list", "Ada 2 May")},
        ]
        await ada.page.locator("#f-files").set_input_files(files)
        await expect(ada.page.locator("#chosen")).to_contain_text("kitchen.md")
        await ada.page.get_by_role("button", name=words["upload"], exact=True).click()
        await expect(ada.page.locator("#outcome")).to_contain_text(words["stored_new"])
        await expect(ada.page.locator("#outcome")).to_contain_text(words["stands_fresh"])
        await fits(ada.page)

        await ada.open("/knowledge/search")
        await ada.page.get_by_label(words["look_for"]).fill("When is the espresso machine descaled?")
        await ada.page.get_by_role("button", name=words["search"], exact=True).click()
        first = ada.page.locator(".know-hits > li").first
        await expect(first).to_contain_text(FACT)
        await expect(first.locator("mark").first).to_be_visible()
        await fits(ada.page)

        await first.get_by_role("link").first.click()
        await expect(ada.page.locator(".know-chunk").first).to_contain_text(FACT)
        await fits(ada.page)

        await ada.open("/chat")
        answer = await Talk(ada, language).answered("When is the espresso machine descaled?")
        await expect(answer).to_contain_text(FACT)
        await fits(ada.page)


async def test_sources_are_listed_with_what_is_known_of_them(opened: Chromium, serve: StartPage) -> None:
    page = await serve()
    async with window(opened, page.url) as ada:
        await ada.open("/knowledge")
        await expect(ada.page.locator(".know-card")).to_have_count(1)
        await ada.page.get_by_role("link", name=WORDS["en"]["documents_of"].format(name="docs")).click()
        await expect(ada.page.get_by_role("table")).to_contain_text("deploy.md")
        await ada.page.get_by_role("link", name="deploy.md").click()
        await expect(ada.page.locator(".know-chunk").first).to_contain_text("Tuesdays and Thursdays")
        for picture in await ada.page.locator(".know-main img").all():
            await loaded(picture)


async def test_pictures_are_found_by_what_stands_in_them(opened: Chromium, serve: StartPage) -> None:
    page = await serve()
    async with window(opened, page.url, size=PHONE) as ada:
        await ada.open("/knowledge/search?q=bastion+host&what=picture")
        await loaded(ada.page.locator(".know-gallery img").first)
        await fits(ada.page)


async def test_document_is_forgotten_after_asking(opened: Chromium, serve: StartPage) -> None:
    page = await serve()
    async with window(opened, page.url) as ada:
        await upload(ada, page)
        await ada.open("/knowledge/document?source=Uploads&path=kitchen.md")
        await ada.page.get_by_role("button", name=LOOKING["en"]["forget"], exact=True).click()
        dialog = ada.page.get_by_role("dialog")
        await dialog.get_by_role("button", name=WORDS["en"]["cancel"]).click()
        await expect(dialog).to_have_count(0)
        await ada.page.get_by_role("button", name=LOOKING["en"]["forget"], exact=True).click()
        await dialog.get_by_role("button", name=LOOKING["en"]["forget_now"]).click()
        await expect(ada.page).to_have_url(f"{page.url}/knowledge/documents?source=Uploads")
        await ada.open("/knowledge/search?q=espresso+machine+descaled")
        await expect(ada.page.locator("#found")).not_to_be_empty()
        await expect(ada.page.get_by_text(FACT)).to_have_count(0)


async def upload(ada: Window, page: RunningPage) -> None:
    """Upload the document, and see it read."""
    await ada.open("/knowledge/add?kind=uploads")
    files: list[FilePayload] = [{"name": "kitchen.md", "mimeType": "text/markdown", "buffer": DOCUMENT}]
    await ada.page.locator("#f-files").set_input_files(files)
    await ada.page.get_by_role("button", name=ADDING["en"]["upload"], exact=True).click()
    await expect(ada.page.locator("#outcome")).to_contain_text(WORDS["en"]["stands_fresh"])


async def fits(page: Page) -> None:
    """Nothing stands out of the window to the side."""
    assert await page.evaluate("() => document.documentElement.scrollWidth - window.innerWidth") <= 0
