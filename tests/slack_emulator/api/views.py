"""Modals and home tabs: views.open, push, update, publish (docs.slack.dev/reference/methods/views.open and beside)."""

import json
from typing import Any

from tests.slack_emulator.api.content import with_ids
from tests.slack_emulator.blocks import check
from tests.slack_emulator.calling import Asking, RefusedError, method
from tests.slack_emulator.grants import Trigger
from tests.slack_emulator.model import Json, View
from tests.slack_emulator.objects import Problems, text
from tests.slack_emulator.payloads import view as view_json
from tests.slack_emulator.world import World

_KEYS = {
    "modal": "close submit clear_on_close notify_on_close submit_disabled private_metadata callback_id external_id",
    "home": "private_metadata callback_id external_id",
}
LARGEST = 250_000
DEEPEST = 3


def checked_view(asking: Asking, value: Any, kinds: tuple[str, ...]) -> Json:
    """A view as Slack keeps it, or invalid_arguments."""
    problems = Problems(asking.find_file, "modal")
    view = problems.thing(value, "/view")
    kind = str(view.get("type"))
    problems.one_of(kind, "/view/type", kinds)
    required = "title blocks" if kind == "modal" else "blocks"
    problems.keys(view, "/view", _KEYS.get(kind, ""), required)
    for key, longest in (("title", 24), ("submit", 24), ("close", 24)):
        if view.get(key) is not None:
            text(problems, view[key], f"/view/{key}", longest)
    for key, longest in (("private_metadata", 3000), ("callback_id", 255), ("external_id", 255)):
        problems.optional_string(view, key, "/view", longest)
    blocks = view.get("blocks", [])
    found = problems.found + check(blocks, asking.find_file, kind, "/view/blocks")
    if kind == "modal" and "submit" not in view and any(one.get("type") == "input" for one in blocks):
        found.append("[ERROR] missing required field: submit [json-pointer:/view]")
    if found:
        raise RefusedError("invalid_arguments", *found)
    if len(json.dumps(view)) > LARGEST:
        raise RefusedError("view_too_large")
    return view | {"blocks": with_ids(blocks)}


def _answer(asking: Asking, view: View) -> Json:
    return {"ok": True, "view": view_json(view, asking.world.app.app_id, asking.installation.bot_id)}


def _unique(world: World, body: Json, besides: View | None = None) -> None:
    wanted = body.get("external_id")
    if wanted and any(
        o.body.get("external_id") == wanted and not o.closed and o is not besides for o in world.views.values()
    ):
        raise RefusedError("duplicate_external_id")


def _trigger(asking: Asking) -> Trigger:
    key = asking.text("trigger_id") or asking.text("interactivity_pointer")
    world = asking.world
    return world.grants.take(key, asking.installation.team, world.settings.trigger_seconds)


@method("views.open", "trigger_id interactivity_pointer view:object!", tier=4)
async def open_view(asking: Asking) -> Json:
    """Put a modal before who triggered it."""
    body = checked_view(asking, asking.get("view"), ("modal",))
    _unique(asking.world, body)
    trigger = _trigger(asking)
    view = asking.world.add_view(trigger.team, trigger.person, body, "modal")
    return _answer(asking, view)


@method("views.push", "trigger_id interactivity_pointer view:object!", tier=4)
async def push_view(asking: Asking) -> Json:
    """Put a modal upon the one that was interacted with."""
    body = checked_view(asking, asking.get("view"), ("modal",))
    trigger = _trigger(asking)
    if trigger.view is None:
        raise RefusedError("invalid_trigger_id")
    stack = [one for one in asking.world.views.values() if one.root == trigger.view.root and not one.closed]
    if len(stack) >= DEEPEST:
        raise RefusedError("push_limit_reached")
    return _answer(asking, asking.world.add_view(trigger.team, trigger.person, body, "modal", trigger.view))


@method("views.update", "view_id external_id hash view:object!", tier=4)
async def update_view(asking: Asking) -> Json:
    """Change a view that stands."""
    view = _standing(asking)
    body = checked_view(asking, asking.get("view"), (view.kind,))
    if asking.text("hash") and asking.text("hash") != view.hash:
        raise RefusedError("hash_conflict")
    _unique(asking.world, body, view)
    change_view(asking.world, view, body)
    return _answer(asking, view)


def _standing(asking: Asking) -> View:
    wanted, external = asking.text("view_id"), asking.text("external_id")
    for view in asking.world.views.values():
        if view.id == wanted if wanted else external and view.body.get("external_id") == external:
            if view.closed or view.team is not asking.installation.team:
                break
            return view
    raise RefusedError("not_found")


def change_view(world: World, view: View, body: Json) -> None:
    """Let a view read differently; what was filled in stays where its input has the same ids."""
    view.body, view.hash, view.errors = body, world.new_hash(), {}
    inputs = {one["block_id"] for one in body["blocks"]}
    view.values = {block: value for block, value in view.values.items() if block in inputs}
    world.view_reads_now(view)


@method("views.publish", "user_id! view:object! hash", tier=4)
async def publish(asking: Asking) -> Json:
    """Set the home tab of a person."""
    if not asking.world.app.home_tab:
        raise RefusedError("not_enabled")
    body = checked_view(asking, asking.get("view"), ("home",))
    user = asking.text("user_id")
    account = asking.world.accounts.get(user)
    if account is None or account.team is not asking.installation.team:
        raise RefusedError("invalid_arguments", "[ERROR] user not found [json-pointer:/user_id]")
    for view in asking.world.views.values():
        if view.kind == "home" and view.person == user and view.team is asking.installation.team:
            if asking.text("hash") and asking.text("hash") != view.hash:
                raise RefusedError("hash_conflict")
            change_view(asking.world, view, body)
            return _answer(asking, view)
    return _answer(asking, asking.world.add_view(asking.installation.team, user, body, "home"))
