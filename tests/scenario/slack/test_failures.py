"""Something goes wrong while Slack waits: whoever clicked is told why, and an event is sent again."""

import json
import logging
from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest

from bots.slack.app import bolt_app
from bots.slack.failures import failed
from bots.slack.knowing import authorize_with
from core.errors import PlatformRefusedError, QuestionError, StoreUnavailableError
from tests.scenario.slack.conftest import StartBot
from tests.scenario.slack.running_bot import RunningBot
from tests.slack_emulator import Channel, Person, SlackEmulator

AWAY = StoreUnavailableError("Redis does not answer.")
SAID = "what ada wrote"


@pytest.fixture
async def desk_bot(start_bot: StartBot) -> RunningBot:
    return await start_bot(with_worker=False, with_ingress=False)


def failing(bot: RunningBot, error: Exception) -> AsyncApp:
    """The app with listeners that fail."""
    app = bolt_app(bot.desk)
    listening: Any = app

    async def fail() -> None:
        raise error

    listening.action("broken")(fail)
    listening.command("/broken")(fail)
    listening.view("broken")(fail)
    listening.shortcut("broken")(fail)
    return app


async def sent(app: AsyncApp, slack: SlackEmulator, person: Person, **body: Any) -> tuple[int, Any]:
    given = {"team": {"id": slack.team.id}, "user": {"id": person.id}, "token": "x", **body}
    answer = await app.async_dispatch(AsyncBoltRequest(mode="socket_mode", body=given))
    return answer.status, json.loads(answer.body) if answer.body else None


async def test_who_clicked_is_told_why(
    slack: SlackEmulator, desk_bot: RunningBot, ada: Person, general: Channel
) -> None:
    url = slack.world.grants.response_url(slack.url, slack.team, ada.id, general)
    click = {"type": "block_actions", "response_url": url, "actions": [{"action_id": "broken", "block_id": "b"}]}
    assert await sent(failing(desk_bot, AWAY), slack, ada, **click) == (200, None)
    await desk_bot.desk.background.idle()
    assert [one.shown for one in slack.ephemeral(ada)] == [
        "Lorelens can't answer right now. Try again in a few minutes."
    ]


async def test_a_command_is_answered_with_the_reason_in_the_persons_language(
    slack: SlackEmulator, desk_bot: RunningBot
) -> None:
    mei = slack.person("mei", locale="zh-CN")
    body = {"command": "/broken", "text": "x", "team_id": slack.team.id, "user_id": mei.id, "channel_id": "C1"}
    app = failing(desk_bot, AWAY)
    answer = await app.async_dispatch(AsyncBoltRequest(mode="socket_mode", body=body))
    said = json.loads(answer.body)
    assert (answer.status, said["response_type"]) == (200, "ephemeral")
    assert "Lorelens 暂时" in said["text"] or "稍后" in said["text"] or "几分钟" in said["text"]


async def test_a_form_shows_the_reason(slack: SlackEmulator, desk_bot: RunningBot, ada: Person) -> None:
    error = QuestionError("The question is too long.", hint="Ask a shorter one.")
    view: dict[str, Any] = {
        "type": "view_submission",
        "view": {"type": "modal", "callback_id": "broken", "state": {"values": {}}},
    }
    status, answer = await sent(failing(desk_bot, error), slack, ada, **view)
    assert (status, answer["response_action"]) == (200, "update")
    assert answer["view"]["blocks"][0]["text"]["text"] == "The question is too long. Ask a shorter one."


async def test_without_a_way_to_tell_slack_itself_says_that_it_did_not_work(
    slack: SlackEmulator, desk_bot: RunningBot, ada: Person
) -> None:
    shortcut = {"type": "shortcut", "callback_id": "broken", "trigger_id": "1.2"}
    assert (await sent(failing(desk_bot, AWAY), slack, ada, **shortcut))[0] == 503


@pytest.mark.parametrize(
    ("error", "status"), [(AWAY, 503), (RuntimeError(SAID), 503), (PlatformRefusedError("no"), 200)]
)
async def test_an_event_is_sent_again_where_that_may_help(
    slack: SlackEmulator,
    desk_bot: RunningBot,
    ada: Person,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
    status: int,
) -> None:
    app = AsyncApp(authorize=authorize_with(desk_bot.desk), signing_secret="", process_before_response=True)
    listening: Any = app

    async def fail() -> None:
        raise error

    listening.event("message")(fail)
    app.error(failed(desk_bot.desk))
    event = {"type": "message", "channel": "C1", "user": ada.id, "ts": "1.2", "text": SAID}
    with caplog.at_level(logging.DEBUG, "bots"):
        answered = await sent(app, slack, ada, type="event_callback", team_id=slack.team.id, event=event)
    assert answered[0] == status
    assert SAID not in caplog.text
