"""What axe-core finds on a page, by day and by night: https://github.com/dequelabs/axe-core."""

from functools import cache
from importlib.resources import files
from typing import Any

from playwright.async_api import Page

from tests.browser.windows import Scheme

GRAVE = ("serious", "critical")
BOTH: tuple[Scheme, Scheme] = ("light", "dark")


async def grave_faults(page: Page) -> list[str]:
    """The serious and critical faults in both colour schemes, each with the element that has it."""
    # By the debugger, past the policy of the page, which allows no script but its own.
    await page.evaluate(_axe())
    faults: list[str] = []
    for scheme in BOTH:
        await page.emulate_media(color_scheme=scheme)
        found: dict[str, Any] = await page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
        faults += [_said(scheme, fault) for fault in found["violations"] if fault["impact"] in GRAVE]
    return faults


def _said(scheme: Scheme, fault: dict[str, Any]) -> str:
    where = "; ".join(
        f"{node['html'][:160]} ({' '.join(node['any'][0]['message'].split())})" if node["any"] else node["html"][:160]
        for node in fault["nodes"][:5]
    )
    return f"{scheme}: {fault['impact']} {fault['id']}: {where}"


@cache
def _axe() -> str:
    return files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
