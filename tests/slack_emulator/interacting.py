"""Clicks, shortcuts, dialogs and commands: their payloads, and what their acknowledgements do."""

import secrets
from dataclasses import dataclass
from typing import Any, cast

from tests.slack_emulator import filling
from tests.slack_emulator.api.views import change_view, checked_view
from tests.slack_emulator.calling import METHODS, Asking
from tests.slack_emulator.delivery import Courier, Delivery
from tests.slack_emulator.grants import ResponseUrl
from tests.slack_emulator.model import Account, Button, Channel, Json, Message, Team, View
from tests.slack_emulator.payloads import message as message_json
from tests.slack_emulator.payloads import team as team_json
from tests.slack_emulator.payloads import view as view_json
from tests.slack_emulator.response_urls import respond
from tests.slack_emulator.world import World


@dataclass(eq=False)
class Interaction:
    """What a person did with the app, and how the app acknowledged it."""

    delivery: Delivery
    trigger_id: str
    response_url: str = ""
    shown: Message | None = None
    """What came with the acknowledgement of a command."""

    @property
    def acknowledged_after(self) -> float | None:
        """Seconds, or None: the person was told that it did not work."""
        return self.delivery.acknowledged_after

    @property
    def failed(self) -> bool:
        """Whether Slack told the person that it did not work."""
        return not self.delivery.acknowledged

    @property
    def answer(self) -> Any:
        """What came with the acknowledgement."""
        return self.delivery.answer


class Interacting:
    """Sends what people do with the app's own things, and applies what comes back."""

    def __init__(self, world: World, courier: Courier) -> None:
        self._world = world
        self._courier = courier

    def _base(self, who: Account, type: str, trigger: str) -> Json:
        team = self._team(who)
        return {
            "type": type,
            "team": team_json(team),
            "user": {"id": who.id, "username": who.name, "name": who.name, "team_id": who.team.id},
            "api_app_id": self._world.app.app_id,
            "token": self._world.app.verification_token,
            "trigger_id": trigger,
            "enterprise": {"id": team.enterprise, "name": team.name} if team.enterprise else None,
            "is_enterprise_install": bool(self._world.installations[team.id].org),
        }

    def _team(self, who: Account) -> Team:
        installed = self._world.installations
        return who.team if who.team.id in installed else next(iter(installed.values())).team

    async def command(self, who: Account, command: str, text: str, channel: Channel) -> Interaction:
        """Run a slash command."""
        world, team = self._world, self._team(who)
        trigger = world.grants.trigger(team, who.id)
        url = world.grants.response_url(world.base, team, who.id, channel)
        names = {"im": "directmessage", "private": "privategroup"}
        form: Json = {
            "token": world.app.verification_token,
            "team_id": team.id,
            "team_domain": team.domain,
            "channel_id": channel.id,
            "channel_name": names.get(channel.kind, channel.name),
            "user_id": who.id,
            "user_name": who.name,
            "command": command,
            "text": text,
            "api_app_id": world.app.app_id,
            "is_enterprise_install": str(bool(world.installations[team.id].org)).lower(),
            "response_url": url,
            "trigger_id": trigger,
        }
        if team.enterprise:
            form |= {"enterprise_id": team.enterprise, "enterprise_name": team.name}
        delivery = await self._courier.ask("slash_commands", command, form)
        interaction = Interaction(delivery, trigger, url)
        body: Json | None = {"text": delivery.answer} if isinstance(delivery.answer, str) else delivery.answer
        if delivery.acknowledged and body:
            interaction.shown = respond(world, ResponseUrl("", team, who.id, channel), body)
        return interaction

    async def click(self, who: Account, on: Message | View, button: Button, value: Any) -> Interaction:
        """Click or choose something in a message or a view."""
        world, team = self._world, self._team(who)
        view = on if isinstance(on, View) else None
        trigger = world.grants.trigger(team, who.id, view)
        payload = self._base(who, "block_actions", trigger)
        url = ""
        if isinstance(on, View):
            payload |= {"container": {"type": "view", "view_id": on.id}, "view": self.shown_view(on)}
        else:
            url = world.grants.response_url(world.base, team, who.id, on.channel, on)
            payload |= self._message(on) | {"response_url": url, "state": {"values": {}}}
        payload["actions"] = [filling.action(button, value, on.blocks, world.new_ts())]
        if view is not None:
            filling.note(view, payload["actions"][0])
            payload["view"] = self.shown_view(view)
        return Interaction(await self._courier.ask("interactive", "block_actions", payload), trigger, url)

    def _message(self, message: Message) -> Json:
        names = {"im": "directmessage", "private": "privategroup"}
        channel = {"id": message.channel.id, "name": names.get(message.channel.kind, message.channel.name)}
        ephemeral = bool(message.ephemeral_to)
        container = {"type": "message", "message_ts": message.ts, "channel_id": message.channel.id}
        container |= {"is_ephemeral": ephemeral} | ({"thread_ts": message.thread_ts} if message.thread_ts else {})
        # Slack does not keep what ephemeral messages say, and so does not send it.
        body = {} if ephemeral else {"message": message_json(message, self._world)}
        return {"container": container, "channel": channel} | body

    def shown_view(self, view: View) -> Json:
        """A view as payloads carry it."""
        installation = self._world.installations[view.team.id]
        return view_json(view, self._world.app.app_id, installation.bot_id)

    async def message_shortcut(self, who: Account, callback_id: str, message: Message) -> Interaction:
        """Use a shortcut in a message's menu."""
        world, team = self._world, self._team(who)
        trigger = world.grants.trigger(team, who.id)
        url = world.grants.response_url(world.base, team, who.id, message.channel)
        payload = self._base(who, "message_action", trigger) | self._message(message)
        del payload["container"]
        payload |= {
            "callback_id": callback_id,
            "message_ts": message.ts,
            "response_url": url,
            "action_ts": world.new_ts(),
        }
        return Interaction(await self._courier.ask("interactive", "message_action", payload), trigger, url)

    async def global_shortcut(self, who: Account, callback_id: str) -> Interaction:
        """Use a shortcut from anywhere."""
        trigger = self._world.grants.trigger(self._team(who), who.id)
        payload = self._base(who, "shortcut", trigger)
        payload |= {"callback_id": callback_id, "action_ts": self._world.new_ts()}
        return Interaction(await self._courier.ask("interactive", "shortcut", payload), trigger)

    async def submit(self, who: Account, view: View) -> Interaction:
        """Submit a dialog as it is filled in."""
        trigger = self._world.grants.trigger(self._team(who), who.id, view)
        payload = self._base(who, "view_submission", trigger) | {"view": self.shown_view(view)}
        payload["response_urls"] = []
        delivery = await self._courier.ask("interactive", "view_submission", payload)
        if delivery.acknowledged:
            self._submitted(view, delivery.answer)
        return Interaction(delivery, trigger)

    def _submitted(self, view: View, answer: Any) -> None:
        body = cast(Json, answer) if isinstance(answer, dict) else {}
        action = body.get("response_action", "")
        if action == "errors":
            unknown = set(body["errors"]) - {block["block_id"] for block in view.blocks}
            assert not unknown, f"errors for blocks that there are not: {unknown}"
            view.errors = body["errors"]
        elif action == "update":
            change_view(self._world, view, self._checked(view, body["view"]))
        elif action == "push":
            self._world.add_view(view.team, view.person, self._checked(view, body["view"]), "modal", view)
        elif action == "clear":
            self._close([one for one in self._world.views.values() if one.root == view.root])
        else:
            self._close([view])

    def _checked(self, view: View, body: Json) -> Json:
        installation = self._world.installations[view.team.id]
        asking = Asking(self._world, METHODS["views.update"], {}, "").of(installation)
        return checked_view(asking, body, ("modal",))

    def _close(self, views: list[View]) -> None:
        for view in views:
            view.closed = True
        self._world.records.changed()

    async def close(self, who: Account, view: View, *, cleared: bool = False) -> Interaction | None:
        """Close a dialog without submitting it; the app hears of it if it asked to."""
        self._close([one for one in self._world.views.values() if one.root == view.root] if cleared else [view])
        if not view.body.get("notify_on_close"):
            return None
        payload = self._base(who, "view_closed", "") | {"view": self.shown_view(view), "is_cleared": cleared}
        del payload["trigger_id"]
        return Interaction(await self._courier.ask("interactive", "view_closed", payload), "")

    async def suggest(self, who: Account, view: View, button: Button, text: str) -> list[Json]:
        """Type into an external menu; the options that the app offers."""
        payload = self._base(who, "block_suggestion", "") | {"view": self.shown_view(view)}
        del payload["trigger_id"]
        payload |= {"container": {"type": "view", "view_id": view.id}, "action_id": button.action_id}
        payload |= {"block_id": button.block_id, "value": text, "action_ts": secrets.token_hex(4)}
        delivery = await self._courier.ask("interactive", "block_suggestion", payload)
        return cast(Json, delivery.answer or {}).get("options", [])
