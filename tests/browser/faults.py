"""What axe-core finds on a page, by day and by night: https://github.com/dequelabs/axe-core."""

from functools import cache
from importlib.resources import files
from typing import Any

from playwright.async_api import Page

from tests.browser.windows import Scheme

GRAVE = ("serious", "critical")
OF_COLOURS = ("color-contrast", "link-in-text-block")
"""The rules that may find something else by night."""


async def grave_faults(page: Page) -> list[str]:
    """The serious and critical faults in both colour schemes, each with the element that has it."""
    # By the debugger, past the policy of the page, which allows no script but its own.
    await page.evaluate(_axe())
    by_day = await _found(page, "light", {})
    by_night = await _found(page, "dark", {"runOnly": OF_COLOURS})
    await page.emulate_media(color_scheme="light")
    return by_day + by_night


async def _found(page: Page, scheme: Scheme, how: dict[str, Any]) -> list[str]:
    await page.emulate_media(color_scheme=scheme)
    found: dict[str, Any] = await page.evaluate("how => axe.run(document, how)", {"resultTypes": ["violations"], **how})
    return [_said(scheme, fault) for fault in found["violations"] if fault["impact"] in GRAVE]


def _said(scheme: Scheme, fault: dict[str, Any]) -> str:
    where = "; ".join(
        f"{node['html'][:160]}: {' '.join(node['failureSummary'].split())}" for node in fault["nodes"][:5]
    )
    return f"{scheme}: {fault['impact']} {fault['id']}: {where}"


@cache
def _axe() -> str:
    return files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
