"""The assistant pane (https://docs.slack.dev/reference/methods/assistant.threads.setStatus and beside)."""

from typing import Any

from tests.slack_emulator.calling import Asking, RefusedError, method
from tests.slack_emulator.model import AssistantThread, Json

MOST_PROMPTS = 4


def _thread(asking: Asking) -> AssistantThread:
    if not asking.world.app.agent:
        raise RefusedError("not_agent_app")
    channel = asking.channel("channel_id")
    ts = asking.text("thread_ts")
    if not ts or ts not in channel.messages:
        raise RefusedError("invalid_thread_ts")
    key = (channel.id, channel.messages[ts].root)
    if key not in asking.world.assistant:
        asking.world.assistant[key] = AssistantThread(*key)
    return asking.world.assistant[key]


@method(
    "assistant.threads.setStatus",
    "channel_id! thread_ts! status loading_messages:array icon_emoji icon_url username",
    "assistant:write",
    "chat:write",
    tier=-1,
)
async def set_status(asking: Asking) -> Json:
    """Say what is being done; an empty status takes it away."""
    if "status" not in asking.arguments:
        raise RefusedError("invalid_arguments", "[ERROR] missing required field: status")
    loading = asking.get("loading_messages", [])
    if len(loading) > 10:
        raise RefusedError(
            "invalid_arguments", "[ERROR] no more than 10 items allowed [json-pointer:/loading_messages]"
        )
    thread = _thread(asking)
    thread.status = asking.text("status")
    thread.statuses.append(thread.status)
    return {"ok": True}


@method("assistant.threads.setTitle", "channel_id! thread_ts! title!", "assistant:write", tier=4)
async def set_title(asking: Asking) -> Json:
    """Name a thread of the pane."""
    thread = _thread(asking)
    _directly(thread)
    thread.title = asking.text("title")
    return {"ok": True}


@method(
    "assistant.threads.setSuggestedPrompts", "channel_id! thread_ts prompts:array! title", "assistant:write", tier=4
)
async def set_prompts(asking: Asking) -> Json:
    """Offer questions in a thread of the pane."""
    prompts: list[Any] = asking.get("prompts")
    problems: list[str] = []
    if not 1 <= len(prompts) <= MOST_PROMPTS:
        problems.append(f"[ERROR] no more than {MOST_PROMPTS} items allowed [json-pointer:/prompts]")
    for index, one in enumerate(prompts):
        if set(one) != {"title", "message"} or not all(isinstance(v, str) and v for v in one.values()):
            problems.append(f"[ERROR] must provide title and message [json-pointer:/prompts/{index}]")
    if problems:
        raise RefusedError("invalid_arguments", *problems)
    thread = _thread(asking)
    _directly(thread)
    thread.prompts, thread.prompts_title = prompts, asking.text("title")
    return {"ok": True}


def _directly(thread: AssistantThread) -> None:
    if not thread.channel.startswith("D"):
        raise RefusedError("channel_not_found")
