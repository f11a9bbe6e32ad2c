"""Plain text, CSV and HTML: encodings, separators, and what of a page is its content."""

import base64
import time
from pathlib import Path

import pytest

from tests.unit.documents_of_tests import loaded, png, write

CHINESE = "配置中心的客户端会自动拉取最新配置。\n\n如果失败，请检查网络。"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "gb18030", "gbk"])
def test_chinese_text_is_read_in_any_usual_encoding(tmp_path: Path, encoding: str) -> None:
    assert loaded(tmp_path, "a.txt", CHINESE.encode(encoding)).text == CHINESE


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("latin-1", "Der Schlüssel liegt über der Tür. Voilà, la clé est cachée là-haut, près de la fenêtre."),
        ("cp1252", "Voilà l’été : le café est fermé jusqu’à la rentrée."),
        ("cp1250", "Zażółć gęślą jaźń. Proszę sprawdzić ustawienia połączenia z serwerem."),
        ("cp1251", "Проверьте подключение к серверу и попробуйте ещё раз."),
        ("shift_jis", "設定を確認してください。サーバーへの接続に失敗しました。"),
        ("big5", "請檢查設定。伺服器連線失敗，請稍後再試。"),
    ],
)
def test_text_in_older_encodings_is_recognized(tmp_path: Path, encoding: str, text: str) -> None:
    assert loaded(tmp_path, "a.txt", text.encode(encoding)).text == text


def test_one_damaged_byte_does_not_change_the_encoding(tmp_path: Path) -> None:
    data = CHINESE.encode() * 5

    text = loaded(tmp_path, "a.txt", data[:31] + b"\xff" + data[31:]).text

    assert text.count("�") <= 4
    assert "请检查网络" in text


def test_lines_and_indentation_of_text_are_kept_and_unprintable_characters_are_not(tmp_path: Path) -> None:
    document = loaded(tmp_path, "on_call-notes.txt", "Steps:\r\n  1. stop\r\n  2. start\x07\r\n\r\n\r\n\r\nDone\x0cEnd")

    assert document.title == "on call notes"
    assert document.text == "Steps:\n  1. stop\n  2. start\n\nDone\nEnd"


def test_million_character_line_of_text_is_read_at_once(tmp_path: Path) -> None:
    started = time.perf_counter()
    document = loaded(tmp_path, "a.txt", "word " * 200_000)

    assert len(document.text) == 999_999
    assert time.perf_counter() - started < 10


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_rows_of_csv_carry_their_columns_names(tmp_path: Path, separator: str) -> None:
    rows = [["Name", "Office", "Phone"], ["Ann Lee", "Oslo", "12"], ["Bo", "", "34"]]
    document = loaded(tmp_path, "staff.csv", "\n".join(separator.join(row) for row in rows))

    assert document.text.split("\n") == [
        "Name | Office | Phone",
        "Name: Ann Lee | Office: Oslo | Phone: 12",
        "Name: Bo | Phone: 34",
    ]
    assert [part.kind for part in document.sections] == ["table"]


def test_csv_with_quotes_line_breaks_and_without_a_header(tmp_path: Path) -> None:
    document = loaded(tmp_path, "a.csv", '1,"two, and\nmore",3\n4,"a ""quote""",6\n')

    assert document.text == '1 | two, and more | 3\n4 | a "quote" | 6'


def test_csv_field_of_a_million_characters(tmp_path: Path) -> None:
    assert len(loaded(tmp_path, "a.csv", "a,b\n" + "x" * 1_000_000 + ",y\n").text) > 1_000_000


PAGE = """<!doctype html><html><head><title>Wiki - Backups</title><style>p {{}}</style></head><body>
<nav><a href=/>Home</a></nav><header>Company wiki</header>
<main><h1>Backups</h1><p>We keep <b>30 days</b>
of backups.<br>Ask ops.</p><script>alert(1)</script><p hidden>secret</p><p style="display: none">secret</p>
<!-- secret --><h2>Schedule</h2>
<table><caption>Times</caption><tr><th>Day</th><th>Hour</th></tr>
<tr><td rowspan=2>Monday</td><td>03:00</td></tr><tr><td>15:00</td></tr></table>
<p>See the plan:</p><img src="plan.png" alt="The plan"><img src="data:image/png;base64,{data}">
<pre>line 1
  line 2</pre></main><footer>Imprint</footer></body></html>"""


def test_html_keeps_the_content_and_leaves_out_the_rest(tmp_path: Path) -> None:
    write(tmp_path, "plan.png", png())
    data = base64.b64encode(png(colour="red")).decode()
    document = loaded(tmp_path, "wiki/page.html", PAGE.format(data=data))

    assert document.title == "Backups"
    assert document.text == (
        "Backups\n\nWe keep 30 days of backups.\nAsk ops.\n\nSchedule\n\nTimes\n\nDay | Hour\nMonday | 03:00\n"
        "Monday | 15:00\n\nSee the plan:\n\nline 1\n  line 2"
    )
    assert [(picture.name, picture.alt) for picture in document.pictures] == [
        ("plan.png", "The plan"),
        ("wiki/page.html#picture-1", ""),
    ]
    assert document.pictures[0].heading_path == ("Backups", "Schedule")
    assert document.pictures[0].context.endswith("See the plan:")


def test_html_table_that_only_lays_out_the_page_is_read_as_text(tmp_path: Path) -> None:
    document = loaded(tmp_path, "a.html", "<table><tr><td><h1>News</h1><p>First.</p><p>Second.</p></td></tr></table>")

    assert document.text == "News\n\nFirst.\n\nSecond."


def test_html_says_its_encoding(tmp_path: Path) -> None:
    page = '<html><head><meta charset="shift_jis"></head><body><p>設定を確認してください。</p></body></html>'

    assert loaded(tmp_path, "a.html", page.encode("shift_jis")).text == "設定を確認してください。"


def test_html_is_told_by_its_content(tmp_path: Path) -> None:
    assert loaded(tmp_path, "page.txt", "<!DOCTYPE html><p>Hello <b>you</b></p>").text == "Hello you"


@pytest.mark.parametrize("unit", ["<div>", "<b>", "<table><tr><td>", "<ul><li>", "<p>a", "&lt;"])
def test_html_nested_or_repeated_without_end_is_read(tmp_path: Path, unit: str) -> None:
    started = time.perf_counter()
    document = loaded(tmp_path, "a.html", "<html><body>here" + unit * 20_000 + "there")

    assert "here" in document.text
    assert time.perf_counter() - started < 20
