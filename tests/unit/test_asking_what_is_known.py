"""Asking what is known is told from asking for something that is known."""

import pytest

from core.intent import asks_what_is_known


@pytest.mark.parametrize(
    "text",
    [
        "What do you know here?",
        "what do you know",
        "Which documents do you know, and what are they about?",
        "What are your sources?",
        "你在这里知道哪些内容？",
        "你知道些什么？",
        "你读过哪些文档？都讲了什么？",
    ],
)
def test_it_is_asked_what_is_known(text: str) -> None:
    assert asks_what_is_known(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "What do you know about deploys?",
        "Which documents do you have on rollbacks?",
        "What can you do?",
        "你知道部署怎么做吗？",
        "你有什么建议？",
        "你知道什么是回滚吗？",
        "你知道了",
        "你有",
    ],
)
def test_something_is_asked(text: str) -> None:
    assert not asks_what_is_known(text)
