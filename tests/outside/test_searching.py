"""Search engines and what their tools answer, in the shapes in which they do."""

import sys
import types
from typing import Any

import pytest
from langchain_core.tools import tool

from core.errors import MissingPartError, SettingsError
from core.outside.bounds import OutsideError
from core.outside.search import findings_of, web_search_of
from core.outside.switches import Switches
from tests.outside.servers import search_engine

A = {"title": "A", "url": "https://a.example/", "content": "about a"}


@pytest.mark.parametrize(
    "found",
    [
        [A],
        {"results": [A]},
        {"organic": [{"title": "A", "link": "https://a.example/", "snippet": "about a"}]},
        [{"title": "A", "href": "https://a.example/", "body": "about a"}],
        '[{"title": "A", "link": "https://a.example/", "snippet": "about a"}]',
        "snippet: about a, title: A, link: https://a.example/",
        ([A], {"raw": 1}),
    ],
    ids=["list", "results", "organic", "href", "json", "words", "artifact"],
)
def test_results_of_all_shapes_are_understood(found: Any) -> None:
    [one] = findings_of(found)
    assert (one.title, one.url, one.text) == ("A", "https://a.example/", "about a")


def test_an_address_that_is_not_of_the_web_is_dropped() -> None:
    [one] = findings_of([{**A, "url": "javascript:alert(1)"}])
    assert one.url == ""
    assert findings_of("plain words")[0].text == "plain words"
    assert findings_of(None) == findings_of([]) == findings_of("") == []


async def test_searxng_is_asked_for_json_in_the_language_and_its_refusal_is_the_operators() -> None:
    async with search_engine(A) as engine:
        search = web_search_of(engine.setting)
        [one] = await search.search("moon", "zh")
        assert one.title == "A"
        assert engine.asked[0] == {"q": "moon", "format": "json", "safesearch": "1", "language": "zh"}
        engine.status = 403
        with pytest.raises(SettingsError, match="JSON") as refused:
            await search.search("moon", "en")
        assert "search.formats" in refused.value.hint
        await search.close()


async def test_any_search_tool_of_langchain_is_asked_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    @tool
    def found(query: str) -> list[dict[str, str]]:
        """Search."""
        if query == "quota":
            raise RuntimeError("over quota, key=abc")
        return [{**A, "content": query}]

    module = types.ModuleType("a_search_package")
    vars(module)["Search"] = lambda: found
    monkeypatch.setitem(sys.modules, "a_search_package", module)
    search = web_search_of("a_search_package:Search")
    assert (await search.search("moon", "en"))[0].text == "moon"
    with pytest.raises(OutsideError) as failed:
        await search.search("quota", "en")
    assert "abc" not in str(failed.value)
    with pytest.raises(MissingPartError):
        await web_search_of("no_such_package:Search").search("moon", "en")
    with pytest.raises(SettingsError):
        web_search_of("somewhere")


def test_switches_that_can_not_be_read_turn_everything_off(tmp_path: Any) -> None:
    switches = Switches(tmp_path)
    assert switches.turn("wikipedia", "slack/T1", on=True)
    assert not switches.turn("wikipedia", "slack/T1", on=True)
    assert Switches(tmp_path).on("slack/T1") == {"wikipedia"}
    (tmp_path / "outside.json").write_text("{broken")
    assert switches.on("slack/T1") == frozenset()
