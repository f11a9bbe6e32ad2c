"""Faults of served models, told apart by what the real clients raise."""

import json
from typing import Any

import httpx2
import openai
import pytest
from langchain_core.exceptions import ContextOverflowError

from core.models.served.fault_words import WORDS
from core.models.served.faults import Fault, fault_error, fault_of, retry_after_of
from core.models.served.redaction import redact, secrets_of, shown_url

REQUEST = httpx2.Request("POST", "http://models.test/v1/chat/completions")


def refused(status: int, message: str, **headers: str) -> openai.APIStatusError:
    body: Any = {"message": message}
    response = httpx2.Response(status, request=REQUEST, headers={k.replace("_", "-"): v for k, v in headers.items()})
    return openai.APIStatusError(message, response=response, body=body)


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (refused(401, "no such key"), "key"),
        (refused(403, "not yours"), "forbidden"),
        (refused(404, "no such model"), "unknown_model"),
        (refused(429, "slow down"), "busy"),
        (refused(429, "You exceeded your current quota"), "quota"),
        (refused(500, "oh"), "failing"),
        (refused(529, "overloaded"), "failing"),
        (refused(400, "This model's maximum context length is 4096 tokens"), "too_long"),
        (refused(400, "the request exceeds the available context size, try to increase it"), "too_long"),
        (refused(400, "The response was filtered due to Azure's content management policy"), "filtered"),
        (refused(422, "messages: field required"), "refused"),
        (openai.APIConnectionError(request=REQUEST), "away"),
        (openai.APITimeoutError(REQUEST), "silent"),
        (httpx2.RemoteProtocolError("peer closed connection"), "broken_off"),
        (httpx2.ConnectError("refused"), "away"),
        (TimeoutError(), "silent"),
        (json.JSONDecodeError("what", "<html>", 0), "garbled"),
        (AttributeError("'str' object has no attribute 'choices'"), "garbled"),
        (ContextOverflowError("too much"), "too_long"),
        (openai.APIError("the engine died", REQUEST, body=None), "failing"),
        (RuntimeError("hm"), "unexpected"),
    ],
)
def test_each_error_is_told_apart(error: Exception, fault: Fault) -> None:
    assert fault_of(error) == fault


def test_the_cause_says_more_than_what_was_made_of_it() -> None:
    try:
        try:
            raise httpx2.ReadTimeout("nothing came")
        except httpx2.ReadTimeout as cause:
            raise RuntimeError("the model failed") from cause
    except RuntimeError as error:
        assert fault_of(error) == "silent"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry_after": "7"}, 7.0),
        ({"retry_after_ms": "1500"}, 1.5),
        ({"retry_after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0.0),
        ({"retry_after": "soon"}, None),
        ({}, None),
    ],
)
def test_a_server_may_ask_to_be_left_alone(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after_of(refused(429, "slow down", **headers)) == seconds


@pytest.mark.parametrize("fault", list(WORDS))
def test_each_fault_is_said_in_both_languages_with_what_to_do(fault: Fault) -> None:
    error = fault_error(fault, "openai:m", "the server's words", retry_after=12)
    english, hint = error.said(in_chinese=False)
    chinese, chinese_hint = error.said(in_chinese=True)
    assert "openai:m" in english and "the server's words" in english and hint
    assert "openai:m" in chinese and "the server's words" in chinese and chinese_hint
    assert "{" not in f"{english}{hint}{chinese}{chinese_hint}"
    assert not any("\u4e00" <= character <= "\u9fff" for character in english + hint)


def test_a_server_that_quotes_the_key_back_does_not_give_it_away() -> None:
    from langchain_openai import ChatOpenAI
    from pydantic import SecretStr

    model = ChatOpenAI(model="m", api_key=SecretStr("a-secret-of-the-team"), base_url="http://127.0.0.1:1/v1")
    secrets = secrets_of(model)
    assert "a-secret-of-the-team" not in redact("Wrong key: a-secret-of-the-team.", secrets)
    assert redact("Incorrect API key provided: sk-proj-1234****abcd") == "Incorrect API key provided: [key]"
    assert redact("Authorization: Bearer abcdefghijkl") == "Authorization: Bearer [key]"
    assert redact("A risk-averse answer takes the task-force.") == "A risk-averse answer takes the task-force."
    assert shown_url("http://me:word@host:8000/v1") == "http://host:8000/v1"
