"""The Slack emulator's commands, dialogs, buttons, pane and home, as the real slack_bolt meets them."""

from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError

from tests.slack_emulator import CannotDoError, Channel, Person, SlackEmulator, Upload
from tests.slack_emulator.bolting import bolt, over_http, over_sockets

PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)
MRKDWN = {"type": "mrkdwn", "text": "x"}
PLAIN = {"type": "plain_text", "text": "x"}


async def refusal(call: Any) -> str:
    with pytest.raises(SlackApiError) as refused:
        await call
    error: Any = refused.value
    return error.response.data["error"]


async def test_a_command_opens_a_dialog_that_is_submitted(slack: SlackEmulator, ada: Person, general: Channel) -> None:
    app = bolt(slack)
    question: dict[str, Any] = {"type": "input", "block_id": "q", "label": PLAIN | {"text": "Question"}}
    question["element"] = {"type": "plain_text_input", "action_id": "text", "max_length": 10}
    picture: dict[str, Any] = {"type": "input", "block_id": "p", "optional": True, "label": PLAIN | {"text": "Picture"}}
    picture["element"] = {"type": "file_input", "action_id": "files", "max_files": 1}
    dialog: dict[str, Any] = {"type": "modal", "callback_id": "ask", "title": PLAIN, "submit": PLAIN}
    dialog["blocks"] = [question, picture]
    got: list[Any] = []

    @app.command("/ask")
    async def ask(ack: Any, body: dict[str, Any], client: Any) -> None:
        await ack("One moment")
        assert await refusal(client.views_open(trigger_id="1.2.3", view=dialog)) == "invalid_trigger_id"
        await client.views_open(trigger_id=body["trigger_id"], view=dialog)
        assert await refusal(client.views_open(trigger_id=body["trigger_id"], view=dialog)) == "exchanged_trigger_id"

    @app.view("ask")
    async def submitted(ack: Any, view: dict[str, Any]) -> None:
        got.append(view["state"]["values"])
        await (ack(response_action="errors", errors={"q": "Shorter"}) if len(got) == 1 else ack())

    async with over_sockets(slack, app):
        run = await ada.runs("/ask", "", general)
        assert run.shown is not None
        assert slack.ephemeral(ada) == [run.shown]
        [view] = await slack.until(lambda: slack.views(ada))
        with pytest.raises(CannotDoError):
            await ada.submits(view, {})
        await ada.submits(view, {"Question": "why?", "Picture": [Upload("a.png", PNG)]})
        assert view.errors == {"q": "Shorter"}
        await ada.submits(view, {"q": "what?"})
        assert not slack.views(ada)
    assert got[1]["q"]["text"] == {"type": "plain_text_input", "value": "what?"}
    assert got[1]["p"]["files"]["files"][0]["name"] == "a.png"


async def test_dialogs_stack_offer_options_and_close_by_http(
    slack: SlackEmulator, ada: Person, general: Channel
) -> None:
    app = bolt(slack)
    menu = {"type": "external_select", "action_id": "document", "placeholder": PLAIN}
    asks: dict[str, Any] = {"type": "input", "block_id": "d", "label": PLAIN | {"text": "Document"}, "element": menu}
    first: dict[str, Any] = {"type": "modal", "callback_id": "first", "title": PLAIN, "submit": PLAIN, "blocks": [asks]}
    second = first | {"callback_id": "second", "notify_on_close": True, "blocks": [{"type": "divider"}]}
    chosen: list[str] = []

    @app.shortcut("start")
    async def start(ack: Any, shortcut: dict[str, Any], client: Any) -> None:
        await ack()
        await client.views_open(trigger_id=shortcut["trigger_id"], view=first)

    @app.options("document")
    async def options(ack: Any, payload: dict[str, Any]) -> None:
        await ack(options=[{"text": PLAIN | {"text": f"{payload['value']}.md"}, "value": "1"}])

    @app.view("first")
    async def went_on(ack: Any, view: dict[str, Any]) -> None:
        chosen.append(view["state"]["values"]["d"]["document"]["selected_option"]["value"])
        await ack(response_action="push", view=second)

    @app.view("second")
    async def finished(ack: Any) -> None:
        await ack(response_action="clear")

    @app.view_closed("second")
    async def closed(ack: Any) -> None:
        chosen.append("closed")
        await ack()

    async with over_http(slack, app):
        assert not (await ada.uses_global_shortcut("start")).failed
        [view] = await slack.until(lambda: slack.views(ada))
        [option] = await ada.types_in(view, "document", "deploy")
        assert option["text"]["text"] == "deploy.md"
        for end in (ada.closes, ada.submits):
            await ada.submits(view, {"Document": "1"})
            await end(slack.views(ada)[-1])
    assert chosen == ["1", "closed", "1"]
    assert not slack.views(ada), "clear takes them all away"


async def test_triggers_and_response_urls_run_out(
    slack: SlackEmulator, client: Any, ada: Person, general: Channel
) -> None:
    app = bolt(slack)

    @app.command("/ask")
    async def ask(ack: Any) -> None:
        await ack()

    async with over_sockets(slack, app), aiohttp.ClientSession() as session:
        run = await ada.runs("/ask", "why", general)
        for number in range(5):
            async with session.post(run.response_url, json={"text": f"answer {number}"}) as response:
                assert response.status == 200
        async with session.post(run.response_url, json={"text": "one more"}) as response:
            assert (response.status, (await response.json())["error"]) == (404, "used_url")
        run = await ada.runs("/ask", "why", general)
        slack.settings.trigger_seconds = slack.settings.response_url_seconds = 0
        async with session.post(run.response_url, json={"text": "too late"}) as response:
            assert (await response.json())["error"] == "expired_url"
        view: dict[str, Any] = {"type": "modal", "title": PLAIN, "blocks": []}
        assert await refusal(client.views_open(trigger_id=run.trigger_id, view=view)) == "expired_trigger_id"
    assert [one.shown for one in slack.ephemeral(ada)] == [f"answer {number}" for number in range(5)]
    assert not slack.messages(general)


async def test_a_click_replaces_what_only_its_person_sees(
    slack: SlackEmulator, client: Any, ada: Person, general: Channel
) -> None:
    app = bolt(slack)
    feedback = {key: {"text": PLAIN | {"text": key}, "value": key} for key in ("positive_button", "negative_button")}
    element = {"type": "feedback_buttons", "action_id": "helpful", **feedback}
    blocks: list[Any] = [{"type": "context_actions", "elements": [element]}]

    @app.action("helpful")
    async def clicked(ack: Any, action: dict[str, Any], respond: Any, body: dict[str, Any]) -> None:
        await ack()
        assert "message" not in body, "Slack does not keep ephemeral messages"
        await respond(text=action["value"], replace_original=True)

    async with over_sockets(slack, app):
        await client.chat_postEphemeral(channel=general.id, user=ada.id, text="x", blocks=blocks)
        [message] = slack.ephemeral(ada)
        await ada.clicks(message, "negative_button")
        await slack.until(lambda: message.shown == "negative_button")
    assert slack.ephemeral(ada) == [message]


async def test_the_pane_the_home_and_shortcuts(
    slack: SlackEmulator, client: Any, ada: Person, general: Channel
) -> None:
    app = bolt(slack)

    @app.event("assistant_thread_started")
    async def started(event: dict[str, Any], client: Any) -> None:
        thread = {
            "channel_id": event["assistant_thread"]["channel_id"],
            "thread_ts": event["assistant_thread"]["thread_ts"],
        }
        five = [{"title": "a", "message": "b"}] * 5
        assert (
            await refusal(client.assistant_threads_setSuggestedPrompts(**thread, prompts=five)) == "invalid_arguments"
        )
        await client.assistant_threads_setSuggestedPrompts(**thread, prompts=five[:4])
        await client.assistant_threads_setStatus(**thread, status="is thinking")

    @app.event("app_home_opened")
    async def opened(event: dict[str, Any], client: Any) -> None:
        view: dict[str, Any] = {
            "type": "home",
            "blocks": [{"type": "section", "text": MRKDWN | {"text": "Hello *you*"}}],
        }
        await client.views_publish(user_id=event["user"], view=view)

    @app.shortcut("ask_about")
    async def asked(ack: Any, shortcut: dict[str, Any]) -> None:
        await ack()
        assert shortcut["message"]["text"] == "a message"

    async with over_sockets(slack, app):
        root = await ada.opens_assistant(general)
        await slack.until(lambda: slack.assistant(root).status)
        await ada.opens_home()
        home = await slack.until(lambda: slack.home(ada))
        used = await ada.uses_shortcut("ask_about", await ada.says(general, "a message"))
    assert home is not None
    assert home.shown == "Hello *you*"
    assert len(slack.assistant(root).prompts) == 4
    assert not used.failed
