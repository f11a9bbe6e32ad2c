"""Everything can be done with the keyboard alone, in an order that makes sense, and one sees where one is."""

from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.chromium import Chromium
from tests.browser.talking import Talk, talk
from tests.browser.windows import window
from tests.web_stage import PASSWORD, ROLLBACK, StartPage

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]
STANDING_AT = """() => {
  const one = document.activeElement;
  const name = one.getAttribute("aria-label") || one.labels?.[0]?.textContent || one.textContent || "";
  const around = [one, one.closest("label"), one.closest(".composer-box")].filter(Boolean);
  const rings = around.map((each) => getComputedStyle(each));
  const outlined = rings.some((ring) => ring.outlineStyle !== "none" && parseFloat(ring.outlineWidth) >= 2);
  const looks = () => rings.map((ring) => ring.borderColor + ring.boxShadow).join();
  const focused = looks();
  if (!outlined) one.blur();
  const seen = outlined || looks() !== focused;
  if (!outlined) one.focus();
  return { name: name.trim().replace(/\\s+/g, " "), tag: one.tagName.toLowerCase(), seen };
}"""
"""Which element has the focus, and whether that is seen: it is outlined, or it or what frames it looks different."""


async def test_a_question_is_asked_and_its_answer_looked_into_by_keys_alone(opened: Chromium, serve: StartPage) -> None:
    page = await serve()
    async with talk(opened, page) as ada:
        await expect(ada.question).to_be_focused()
        await ada.page.keyboard.type("How long does a")
        await ada.page.keyboard.press("Shift+Enter")
        await ada.page.keyboard.type("rollback take?")
        await ada.page.keyboard.press("Enter")
        answer = ada.answers.first
        await ada.whole(answer)
        await expect(answer).to_contain_text(ROLLBACK)
        await expect(ada.question).to_be_focused()

        await _tab_to(ada, answer.locator("a.cite").first, back=True)
        await ada.page.keyboard.press("Enter")
        await expect(ada.panel.locator("mark")).to_be_visible()
        await _stays_in(ada.page, "dialog.panel")
        await ada.page.keyboard.press("Escape")
        await expect(ada.panel).to_have_count(0)
        await expect(answer.locator("a.cite").first).to_be_focused()

        await _tab_to(ada, ada.button(answer, ada.texts.not_helpful))
        await ada.page.keyboard.press("Enter")
        form = answer.get_by_role("form")
        await expect(form.get_by_role("radio").first).to_be_focused()
        await ada.page.keyboard.press("ArrowDown")
        await expect(form.get_by_role("radio").nth(1)).to_be_checked()
        await _tab_to(ada, form.get_by_role("button", name=ada.texts.send))
        await ada.page.keyboard.press("Enter")
        await expect(form).to_have_count(0)


async def test_order_of_a_conversation_is_that_of_reading_and_each_stop_is_seen(
    opened: Chromium, serve: StartPage
) -> None:
    page = await serve()
    async with talk(opened, page) as ada:
        await ada.answered("How long does a rollback take?")
        await ada.page.reload()
        stops = await _stops(ada.page)
        names = [one["name"] for one in stops]
        assert [one for one in stops if not one["name"]] == []
        assert [one["name"] for one in stops if not one["seen"]] == []
        order = [
            "Skip to the content",
            ada.words["new"],
            ada.words["delete"],
            ada.texts.helpful,
            ada.texts.why,
            ada.words["your_question"],
            ada.texts.send,
        ]
        assert sorted(order, key=names.index) == order


async def test_skipping_leads_past_the_navigation(opened: Chromium, serve: StartPage) -> None:
    page = await serve()
    async with window(opened, page.url) as ada:
        await ada.open("/api")
        await ada.page.keyboard.press("Tab")
        await expect(ada.page.get_by_role("link", name="Skip to the content")).to_be_in_viewport()
        await ada.page.keyboard.press("Enter")
        await expect(ada.page.locator("main")).to_be_focused()


async def test_one_signs_in_by_keys_alone(opened: Chromium, serve: StartPage) -> None:
    page = await serve(web_login="password")
    await page.person("ada")
    async with window(opened, page.url) as ada:
        await ada.open("/chat")
        await ada.page.keyboard.type("ada")
        await ada.page.keyboard.press("Tab")
        await ada.page.keyboard.type(PASSWORD)
        await ada.page.keyboard.press("Enter")
        await expect(Talk(ada).question).to_be_focused()


async def test_nothing_moves_for_whoever_wants_it_so(opened: Chromium, serve: StartPage) -> None:
    page = await serve()
    moving = "() => document.getAnimations().filter((one) => one.playState === 'running').length"
    async with talk(opened, page, calm=True) as ada:
        await ada.ask("How long does a rollback take?")
        assert await ada.page.evaluate(moving) == 0
        await ada.whole(ada.answers.first)
        assert await ada.page.evaluate(moving) == 0


async def _tab_to(ada: Talk, wanted: Any, *, back: bool = False) -> None:
    """Press Tab until something has the focus."""
    for _ in range(40):
        await ada.page.keyboard.press("Shift+Tab" if back else "Tab")
        if await wanted.evaluate("one => one === document.activeElement"):
            assert (await _standing_at(ada.page))["seen"]
            return
    raise AssertionError(f"Tab does not lead to {wanted}")


async def _stops(page: Page) -> list[dict[str, Any]]:
    """Where Tab leads, from the top of the page until it leaves it."""
    await page.evaluate("() => document.activeElement?.blur()")
    stops: list[dict[str, Any]] = []
    for _ in range(60):
        await page.keyboard.press("Tab")
        stop = await _standing_at(page)
        if stop["tag"] == "body" or stop in stops:
            break
        stops.append(stop)
    return stops


async def _stays_in(page: Page, dialog: str) -> None:
    """Tab goes round within an open dialog."""
    for _ in range(8):
        await page.keyboard.press("Tab")
        inside = await page.evaluate(
            "dialog => document.activeElement === document.body || !!document.activeElement.closest(dialog)", dialog
        )
        assert inside


async def _standing_at(page: Page) -> dict[str, Any]:
    return await page.evaluate(STANDING_AT)
