"""The Slack emulator's Web API, as the real slack_sdk meets it."""

from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.slack_emulator import Channel, Person, SlackEmulator, Upload

PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)


def answer_of(refused: pytest.ExceptionInfo[SlackApiError]) -> Any:
    error: Any = refused.value
    return error.response.data


async def refusal(call: Any) -> str:
    with pytest.raises(SlackApiError) as refused:
        await call
    return answer_of(refused)["error"]


async def test_an_answer_grows_as_it_is_streamed(
    slack: SlackEmulator, client: Any, ada: Person, general: Channel
) -> None:
    asked = await ada.mentions(general, "why?")
    where = {"channel": general.id, "thread_ts": asked.ts}
    to_whom = {"recipient_team_id": slack.team.id, "recipient_user_id": ada.id}
    assert await refusal(client.chat_startStream(**where)) == "missing_recipient_team_id"
    started = await client.chat_startStream(**where, **to_whom, markdown_text="Because ")
    [answer] = slack.replies(asked)
    assert answer.streaming
    assert answer.shown == "Because "
    stream = {"channel": general.id, "ts": started["ts"]}
    assert await refusal(client.chat_update(**stream, text="no")) == "streaming_state_conflict"
    chunk = {"type": "markdown_text", "text": "x"}
    assert await refusal(client.chat_appendStream(**stream, chunks=[chunk])) == "streaming_mode_mismatch"
    await client.chat_appendStream(**stream, markdown_text="**so**.")
    button = {"type": "button", "action_id": "why", "text": {"type": "plain_text", "text": "Why?"}, "value": "1"}
    metadata = {"event_type": "reply", "event_payload": {"key": "k"}}
    await client.chat_stopStream(**stream, blocks=[{"type": "actions", "elements": [button]}], metadata=metadata)
    assert not answer.streaming
    assert answer.shown == "Because **so**.\n[Why?]"
    assert [one.label for one in answer.buttons] == ["Why?"]
    assert len(answer.versions) == 3
    assert await refusal(client.chat_appendStream(**stream, markdown_text="x")) == "message_not_in_streaming_state"
    read = await client.conversations_replies(channel=general.id, ts=asked.ts, include_all_metadata=True)
    assert read["messages"][1]["metadata"] == metadata


async def test_slack_closes_streams_and_servers_may_not_have_them(
    slack: SlackEmulator, client: Any, ada: Person
) -> None:
    slack.faults.streams(after_appends=1)
    asked = await ada.says("bot", "hello")
    stream = client.chat_stream  # the SDK's own helper, with its buffer
    growing = await stream(channel=ada.dm.id, thread_ts=asked.ts, buffer_size=1)
    await growing.append(markdown_text="a")
    await growing.append(markdown_text="b")
    assert await refusal(growing.append(markdown_text="c")) == "message_not_in_streaming_state"
    assert not slack.replies(asked)[0].streaming
    slack.faults.unknown("chat.startStream")
    assert await refusal(client.chat_startStream(channel=ada.dm.id, thread_ts=asked.ts)) == "unknown_method"


async def test_files_go_in_and_out(slack: SlackEmulator, client: Any, ada: Person, general: Channel) -> None:
    asked = await ada.mentions(general, "this one", files=[Upload("pump.png", PNG, alt="a pump")])
    [file] = slack.deliveries[0].event["files"]
    auth = {"Authorization": f"Bearer {slack.bot_token}"}
    async with aiohttp.ClientSession() as session:

        async def fetched(**headers: Any) -> bytes:
            async with session.get(file["url_private_download"], **headers) as response:
                return await response.read()

        assert await fetched(headers=auth) == PNG
        assert b"Sign in" in await fetched()
        slack.installation().scopes.remove("files:read")
        assert b"Sign in" in await fetched(headers=auth)
        slack.faults.files("redirect")
        assert await fetched(headers=auth) == b"not the file"
    assert [one.sent for one in slack.downloads] == ["content", "login redirect", "login page", "redirect", "elsewhere"]
    await client.files_upload_v2(
        content=PNG,
        filename="part.png",
        alt_txt="a part",
        channel=general.id,
        thread_ts=asked.ts,
        initial_comment="see",
    )
    [reply] = slack.replies(asked)
    assert reply.pictures[0].alt == "a part"
    assert slack.file(reply.pictures[0].file).content == PNG
    shown = {"type": "image", "alt_text": "it", "slack_file": {"id": reply.pictures[0].file}}
    posted = await client.chat_postMessage(channel=general.id, text="again", blocks=[shown])
    assert posted["ok"]
    shown["slack_file"] = {"id": "F404"}
    assert await refusal(client.chat_postMessage(channel=general.id, text="x", blocks=[shown])) == "invalid_blocks"


async def test_a_missing_scope_is_named(slack: SlackEmulator, client: Any, general: Channel) -> None:
    slack.installation().scopes.remove("chat:write")
    with pytest.raises(SlackApiError) as refused:
        await client.chat_postMessage(channel=general.id, text="x")
    assert answer_of(refused)["needed"] == "chat:write"
    assert "chat:write.public" in answer_of(refused)["provided"]
    tested = await client.auth_test()
    assert "chat:write," not in tested.headers["x-oauth-scopes"]


MRKDWN = {"type": "mrkdwn", "text": "x"}
PLAIN = {"type": "plain_text", "text": "x"}


@pytest.mark.parametrize(
    ("blocks", "told"),
    [
        ([{"type": "image", "image_url": "https://example.org/a.png"}], "alt_text"),
        ([{"type": "section", "text": MRKDWN | {"text": "x" * 3001}}], "must be less than 3001 characters"),
        ([{"type": "header", "text": MRKDWN}], "json-pointer:/blocks/0/text/type"),
        ([{"type": "divider", "block_id": "a"}, {"type": "divider", "block_id": "a"}], "must be unique"),
        ([{"type": "divider"}] * 51, "no more than 50 items"),
        ([{"type": "markdown", "text": "x" * 7000}] * 2, "12001 characters"),
        ([{"type": "actions", "elements": [{"type": "button", "text": PLAIN, "value": "x" * 2001}]}], "2001"),
        ([{"type": "actions", "elements": [{"type": "feedback_buttons"}]}], "unsupported type"),
        ([{"type": "context_actions", "elements": [{"type": "feedback_buttons"}]}], "positive_button"),
        ([{"type": "context", "elements": [MRKDWN] * 11}], "no more than 10 items"),
        ([{"type": "table", "rows": [[{"type": "raw_text", "text": "a"}], []]}], "same number of cells"),
        ([{"type": "rich_text", "elements": [{"type": "text", "text": "a"}]}], "unsupported type: text"),
        ([{"type": "section", "text": MRKDWN, "colour": "red"}], "additional property: colour"),
        ([{"type": "file", "external_id": "x", "source": "remote"}], "unsupported type: file"),
    ],
)
async def test_blocks_that_slack_would_not_take_are_refused(
    client: Any, general: Channel, blocks: list[Any], told: str
) -> None:
    with pytest.raises(SlackApiError) as refused:
        await client.chat_postMessage(channel=general.id, text="x", blocks=blocks)
    assert answer_of(refused)["error"] == "invalid_blocks"
    assert any(told in one for one in answer_of(refused)["response_metadata"]["messages"])


async def test_messages_that_slack_would_not_take_are_refused(
    slack: SlackEmulator, client: Any, ada: Person, general: Channel
) -> None:
    secret = slack.channel("secret", "private", bot=False)
    said = await ada.says(general, "hello")
    post, where = client.chat_postMessage, {"channel": general.id}
    assert await refusal(client.api_call("chat.postMessage", json=where)) == "no_text"
    assert await refusal(post(**where, text="x" * 40_001)) == "msg_too_long"
    assert await refusal(post(**where, text="x", metadata={"event_type": "x"})) == "invalid_metadata_format"
    assert await refusal(post(**where, text="x", thread_ts="1.1")) == "thread_not_found"
    assert await refusal(post(**where, text="x", sparkle=True)) == "invalid_arguments"
    assert await refusal(post(channel=secret.id, text="x")) == "channel_not_found"
    assert await refusal(client.chat_update(**where, ts=said.ts, text="x")) == "cant_update_message"
    assert await refusal(client.chat_update(**where, ts="1.1", text="x")) == "message_not_found"
    assert await refusal(client.api_call("chat.shout")) == "unknown_method"
    assert await refusal(client.auth_test(token=slack.bot_token[:-1])) == "invalid_auth"


async def test_whoever_would_be_called_is_noted(
    slack: SlackEmulator, client: Any, ada: Person, general: Channel
) -> None:
    post, where = client.chat_postMessage, {"channel": general.id}
    await post(**where, text="dear @channel, <https://example.org|this>")
    assert not slack.notified
    await post(**where, text="x", blocks=[{"type": "markdown", "text": "hi <!here>"}])
    await post(**where, text=f"{ada.mention} &lt;!channel&gt;")
    broadcast = {"type": "rich_text_section", "elements": [{"type": "broadcast", "range": "everyone"}]}
    await post(**where, text="x", blocks=[{"type": "rich_text", "elements": [broadcast]}])
    await post(**where, text="@channel", link_names=True)
    await post(**where, text="<!subteam^S123>")
    found = [(one.kind, one.target) for one in slack.notified]
    assert found == [("here", ""), ("user", ada.id), ("everyone", ""), ("channel", ""), ("usergroup", "S123")]


async def test_posting_too_fast_is_held_up_by_channel(slack: SlackEmulator, client: Any, general: Channel) -> None:
    other = slack.channel("other")
    slack.limits.on()
    for _ in range(4):
        await client.chat_postMessage(channel=general.id, text="x")
    with pytest.raises(SlackApiError) as refused:
        await client.chat_postMessage(channel=general.id, text="x")
    error: Any = refused.value
    assert (error.response.status_code, error.response.headers["Retry-After"]) == (429, "1")
    assert error.response["error"] == "ratelimited"
    await client.chat_postMessage(channel=other.id, text="x")


async def test_faults_come_on_demand(slack: SlackEmulator, client: Any, general: Channel) -> None:
    for kind, there in (
        ("500", 0),
        ("500 after", 1),
        ("hang up", 1),
        ("hang up after", 2),
        ("html", 2),
        ("fatal_error", 2),
    ):
        slack.faults.add("chat.postMessage", kind)
        with pytest.raises((SlackApiError, aiohttp.ClientError)):
            client.retry_handlers = []
            await client.chat_postMessage(channel=general.id, text=kind)
        assert len(slack.messages(general)) == there, kind
    await client.chat_postMessage(channel=general.id, text="well")
    assert [one.fault for one in slack.calls("chat.postMessage")][-2:] == ["fatal_error", ""]


# slack_sdk still makes its BasicAuth as aiohttp did before.
@pytest.mark.filterwarnings("ignore:BasicAuth is deprecated")
async def test_tokens_come_by_oauth_rotate_and_end(slack: SlackEmulator, ada: Person) -> None:
    slack.tokens.rotate()
    other = slack.workspace("Other", installed=False)
    client: Any = AsyncWebClient(base_url=slack.api_url)
    app = {"client_id": slack.client_id, "client_secret": slack.client_secret}
    code = slack.tokens.allow(other, ada.id, ["chat:write"])
    got = await client.oauth_v2_access(**app, code=code)
    assert got["team"]["id"] == other.id
    assert await refusal(client.oauth_v2_access(**app, code=code)) == "invalid_code"
    slack.tokens.expire(other)
    assert await refusal(client.auth_test(token=got["access_token"])) == "token_expired"
    new = await client.oauth_v2_access(**app, grant_type="refresh_token", refresh_token=got["refresh_token"])
    assert (await client.auth_test(token=new["access_token"]))["team_id"] == other.id
    slack.uninstalls(other)
    assert await refusal(client.auth_test(token=new["access_token"])) == "account_inactive"
    assert [one.type for one in slack.deliveries] == ["tokens_revoked", "app_uninstalled"]


@pytest.mark.filterwarnings("ignore:BasicAuth is deprecated")
async def test_an_organization_installs_once_for_all_its_workspaces(slack: SlackEmulator) -> None:
    one, other = (slack.workspace(name, "E0BIG", installed=False) for name in ("One", "Two"))
    zoe = slack.person("zoe", team=other)
    code = slack.tokens.allow(one, zoe.id, slack.app.scopes, org=True)
    client: Any = AsyncWebClient(base_url=slack.api_url)
    got = await client.oauth_v2_access(client_id=slack.client_id, client_secret=slack.client_secret, code=code)
    assert (got["team"], got["enterprise"]["id"], got["is_enterprise_install"]) == (None, "E0BIG", True)
    channel = slack.channel("general", team=other)
    await zoe.mentions(channel, "hello")
    [heard] = slack.delivered("app_mention")
    assert (heard.body["team_id"], heard.body["enterprise_id"]) == (other.id, "E0BIG")
    assert heard.body["authorizations"][0]["is_enterprise_install"]
    client.token = got["access_token"]
    await client.chat_postMessage(channel=channel.id, text="hello")
    assert await refusal(client.conversations_list()) == "missing_argument"
    assert [c["id"] for c in (await client.conversations_list(team_id=other.id))["channels"]] == [channel.id]
