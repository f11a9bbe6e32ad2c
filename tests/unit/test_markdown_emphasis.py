"""Emphasis at Chinese punctuation is seen as emphasis; tables are read where there are none."""

import pytest

from adapters.markdown.emphasis import understood
from adapters.markdown.parsing import parse, spans
from adapters.markdown.streaming import GrowingText
from adapters.markdown.tables import without_tables


def bold(text: str) -> list[str]:
    inline = parse(text).children[0].children[0]
    return [span.text for child in inline.children for span in spans(child) if span.bold]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("**注意：**请先停止", "**注意**：请先停止"),
        ("请看**“重点”**部分", "请看“**重点**”部分"),
        ("**第一步。**然后", "**第一步**。然后"),
        ("*（可选）*步骤", "（*可选*）步骤"),
        ("**注意：** 请先停止", "**注意：** 请先停止"),
        ("这是**重点**内容", "这是**重点**内容"),
        ("**注意：**", "**注意：**"),
        ("代码 `a**：**b` 不变", "代码 `a**：**b` 不变"),
        ("```\n**注意：**请\n```\n**注意：**请", "```\n**注意：**请\n```\n**注意**：请"),
        ("**Note:**中文", "**Note**:中文"),
        ("plain **ASCII:**text", "plain **ASCII:**text"),
    ],
)
def test_punctuation_goes_out_of_the_emphasis(written: str, read: str) -> None:
    assert understood(written) == read
    assert understood(read) == read


def test_what_was_asterisks_is_bold() -> None:
    assert bold("**注意：**请先停止") == []
    assert bold(understood("**注意：**请先停止")) == ["注意"]


def test_it_is_bold_in_a_stream_as_well() -> None:
    growing = GrowingText()
    text = "步骤如下。**注意：**请先停止服务。\n\n```\n**甲：**乙\n```\n"

    said = "".join(one.text for at in range(0, len(text), 2) for one in growing.add(text[at : at + 2]))

    assert said + "".join(one.text for one in growing.finish()) == text.replace("**注意：**", "**注意**：")


def test_a_table_is_aligned_also_with_chinese_in_it() -> None:
    assert without_tables("前\n\n| 名称 | n |\n|---|:-:|\n| 服务 | 12 |\n| ab | 3 |\n\n后") == (
        "前\n\n```\n名称  n\n────  ──\n服务  12\nab    3\n```\n\n后"
    )
    assert without_tables("no | table") == "no | table"


def test_a_wide_table_is_read_row_by_row() -> None:
    wide = "| host | note |\n|---|---|\n| alpha | " + "long " * 30 + "|\n| | short |"

    assert without_tables(wide) == f"- **host:** alpha  \n  **note:** {('long ' * 30).strip()}\n- **note:** short"
