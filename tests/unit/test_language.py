"""The language of a short text."""

import pytest

from core.language import detect_language, is_chinese


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("How do I roll back?", "en"),
        ("怎么回滚 Apollo 的 namespace 配置？", "zh"),
        ("ロールバックの方法", "ja"),
        ("배포를 되돌리는 방법", "ko"),
        ("как откатить", "ru"),
        ("كيف أعود", "ar"),
        ("😀 42 !?", "und"),
        ("", "und"),
    ],
)
def test_script_tells_the_language(text: str, language: str) -> None:
    assert detect_language(text) == language


def test_a_chinese_question_full_of_product_names_is_chinese() -> None:
    assert is_chinese("Config Service 的端口是多少？")
