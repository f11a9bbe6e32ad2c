"""Wikitext as HTML: what a page says, and nothing that runs."""

import pytest

from core.sources.wiki.wikitext import html_of


@pytest.mark.parametrize(
    ("wikitext", "html"),
    [
        ("'''Berlin''' is [[city|the city]] of [[Kai Wegner]].", "<p>Berlin is the city of Kai Wegner.</p>"),
        ("One<ref name=a>foo</ref><ref name=a />.<!-- no -->", "<p>One.</p>"),
        ("A [http://x.org site], http://y.org, [http://z.org].", "<p>A site, http://y.org, .</p>"),
        (
            "[[File:x.png|thumb|A ''cap'' of [[l]]]]Text.[[Category:X]][[de:Y]] [[:Category:Z]]",
            "<p>Text. Category:Z</p>",
        ),
        ("[[Datei:x.png]]a[[Bilder:y]]", "<p>aBilder:y</p>"),
        ("== A [[b]] ==\nText", "<h2>A b</h2>\n<p>Text</p>"),
        ("* one\n** two\n* three", "<ul><li>one<ul><li>two</li></ul></li><li>three</li></ul>"),
        ("# one\n## two", "<ol><li>one<ol><li>two</li></ol></li></ol>"),
        ("; Port : 8080", "<ul><li>Port: 8080</li></ul>"),
        (
            "{{convert|5|km|mi}} and {{lang|de|Straße}} {{unknown|x}}as of {{As of|2020}}",
            "<p>5 km and Straße as of 2020</p>",
        ),
        ("<math>x^2</math> &amp; &lt;b&gt;", "<p>$x^2$ &amp; &lt;b&gt;</p>"),
        ("<nowiki>'''a'''</nowiki>", "<p>&#x27;&#x27;&#x27;a&#x27;&#x27;&#x27;</p>"),
        ("<syntaxhighlight lang=py>\na = '[[b]]'\n</syntaxhighlight>", "<pre>a = &#x27;[[b]]&#x27;</pre>"),
        ("-{zh-hans:计算机; zh-hant:電腦}-和-{H|zh-cn:a;zh-tw:b}-网络-{原样}-", "<p>计算机和网络原样</p>"),
    ],
)
def test_what_a_page_says_is_kept(wikitext: str, html: str) -> None:
    assert html_of(wikitext) == html


def test_an_infobox_becomes_facts() -> None:
    box = (
        "{{Infobox city|name=Berlin|image_map=x.png|mayor=[[Kai Wegner|Wegner]]|languages={{ubl|German|[[Turkish]]}}\n"
    )
    box += "|population={{formatnum:3600000}}|area_code=\n|twin={{plainlist|\n* Paris\n* Rome\n}}}}\nText."
    assert html_of(box) == (
        "<ul><li>Mayor: Wegner</li><li>Languages: German, Turkish</li><li>Population: 3600000</li>"
        "<li>Twin: Paris, Rome</li></ul>\n<p>Text.</p>"
    )


def test_a_table_keeps_its_rows_and_spans() -> None:
    table = "{| class=\"wikitable\"\n! A !! B\n|-\n| rowspan=2 | 1 || 2\n|-\n| ''3''\n|}"
    assert html_of(table) == (
        "<table><tr><th><p>A</p></th><th><p>B</p></th></tr>"
        '<tr><td rowspan="2"><p>1</p></td><td><p>2</p></td></tr><tr><td><p>3</p></td></tr></table>'
    )


@pytest.mark.parametrize(
    "wikitext",
    [
        "<script>alert(1)</script>",
        '<b onclick="x()">a</b>',
        "<img src=http://evil.example/x.png>",
        "[http://evil.example <img src=x>]",
        "&lt;script&gt;",
        "{| onmouseover=x\n| <iframe src=y></iframe>\n|}",
        "{{lang|en|<script>}}",
        "== <script>a</script> ==",
    ],
)
def test_nothing_in_it_is_markup_of_its_own(wikitext: str) -> None:
    html = html_of(wikitext).lower()
    assert not any(one in html for one in ("<script", "<img", "<iframe", "onclick=", "onmouseover", "<b"))


@pytest.mark.parametrize(
    "wikitext", ["[[a|" * 500, "{{x|" * 500, "{|\n" * 300, "''" * 999, "<b>" * 500, "*" * 3000 + "a"]
)
def test_what_nobody_would_write_is_survived(wikitext: str) -> None:
    assert isinstance(html_of(wikitext + " end"), str)
