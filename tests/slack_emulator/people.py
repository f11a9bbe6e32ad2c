"""People as drivers: what they do in Slack's client, and what becomes of it."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.slack_emulator import filling
from tests.slack_emulator.calling import direct
from tests.slack_emulator.interacting import Interacting, Interaction
from tests.slack_emulator.model import (
    Account,
    AssistantThread,
    Channel,
    File,
    Installation,
    Json,
    Message,
    Upload,
    View,
)
from tests.slack_emulator.payloads import user as user_json
from tests.slack_emulator.speaking import Speaking
from tests.slack_emulator.world import World

Place = Channel | Message | str
"""A channel, a message (its thread), or "bot" for the direct message with the app."""


class Person:
    """Somebody in this Slack. `await` what they do; unless told it does not wait for the app."""

    def __init__(self, account: Account, world: World, speaking: Speaking, interacting: Interacting) -> None:
        self.account = account
        self._world = world
        self._speaking = speaking
        self._interacting = interacting

    @property
    def id(self) -> str:
        """Their user id."""
        return self.account.id

    @property
    def name(self) -> str:
        """Their name."""
        return self.account.name

    @property
    def mention(self) -> str:
        """How one calls them in text."""
        return f"<@{self.id}>"

    def _installation(self) -> Installation:
        found = self._world.installations
        return found.get(self.account.team.id) or next(iter(found.values()))

    @property
    def dm(self) -> Channel:
        """Their direct message with the app."""
        return direct(self._world, self._installation(), self.id)

    def _place(self, place: Place, thread: Message | str | None) -> tuple[Channel, str]:
        if isinstance(thread, Message):
            return thread.channel, thread.root
        if isinstance(place, Message):
            return place.channel, place.root
        return (self.dm if isinstance(place, str) else place), thread or ""

    async def says(
        self,
        place: Place,
        text: str = "",
        *,
        files: Sequence[File | Upload] = (),
        thread: Message | str | None = None,
        broadcast: bool = False,
        subtype: str = "",
    ) -> Message:
        """Write something; `place` a message: in its thread."""
        channel, root = self._place(place, thread)
        if self.id not in channel.members:
            raise filling.CannotDoError(f"{self.name} is not in {channel.name}")
        return self._speaking.say(
            self.account, channel, text, files=files, thread=root, broadcast=broadcast, subtype=subtype
        )

    async def mentions(
        self,
        place: Place,
        text: str = "",
        *,
        files: Sequence[File | Upload] = (),
        thread: Message | str | None = None,
    ) -> Message:
        """Write something to the app, calling it by its name."""
        channel, _ = self._place(place, thread)
        installation = self._world.installations.get(channel.team.id) or self._installation()
        called = f"<@{installation.bot_user.id}> {text}".strip()
        return await self.says(place, called, files=files, thread=thread)

    async def edits(self, message: Message, text: str) -> None:
        """Change one's message; its mention of the app stays if the new text has none."""
        mention = f"<@{self._installation().bot_user.id}> "
        keeps = message.text.startswith(mention) and "<@" not in text
        self._speaking.edit(self.account, message, mention + text if keeps else text)

    async def deletes(self, message: Message) -> None:
        """Take one's message back."""
        self._speaking.delete(self.account, message)

    async def uploads(self, place: Place, *files: Upload, text: str = "") -> Message:
        """Share files, with or without words."""
        return await self.says(place, text, files=files)

    async def reacts(self, message: Message, name: str) -> None:
        """Put an emoji to a message."""
        message.reactions.setdefault(name, []).append(self.id)
        item = {"type": "message", "channel": message.channel.id, "ts": message.ts}
        event: Json = {"type": "reaction_added", "user": self.id, "reaction": name, "item": item}
        event |= {"item_user": message.user, "event_ts": self._world.new_ts()}
        self._world.happened(event, message.channel, message.channel.team)
        self._world.records.changed()

    async def joins(self, channel: Channel) -> None:
        """Come into a channel."""
        self._speaking.join(self.account, channel)

    async def leaves(self, channel: Channel) -> None:
        """Go out of a channel."""
        self._speaking.leave(self.account, channel)

    async def invites_bot(self, channel: Channel) -> None:
        """Bring the app into a channel."""
        self._speaking.join(self._installation().bot_user, channel, inviter=self.id)

    async def kicks_bot(self, channel: Channel) -> None:
        """Put the app out of a channel."""
        self._speaking.leave(self._installation().bot_user, channel)

    async def joins_workspace(self) -> None:
        """Let the app hear that they are new here."""
        body: Json = {"type": "team_join", "user": user_json(self.account, locale=True), "cache_ts": 1}
        self._world.happened(body | {"event_ts": self._world.new_ts()}, None, self._installation().team)

    async def renames(self, channel: Channel, name: str) -> None:
        """Give a channel another name."""
        channel.name = name
        named = {"id": channel.id, "name": name, "created": channel.created}
        self._of_channel(channel, "rename", {"channel": named})

    async def archives(self, channel: Channel) -> None:
        """Close a channel for good."""
        self._of_channel(channel, "archive", {"channel": channel.id, "user": self.id})
        channel.archived = True

    def _of_channel(self, channel: Channel, what: str, body: Json) -> None:
        kind = "channel" if channel.kind == "public" else "group"
        event = {"type": f"{kind}_{what}", "event_ts": self._world.new_ts()} | body
        self._world.happened(event, channel, channel.team)

    async def opens_home(self, tab: str = "home") -> None:
        """Look at the app's home tab (or at "messages")."""
        home = next((v for v in self._world.views.values() if v.kind == "home" and v.person == self.id), None)
        event: Json = {"type": "app_home_opened", "user": self.id, "channel": self.dm.id, "tab": tab}
        if home is not None:
            event["view"] = self._interacting.shown_view(home)
        self._world.happened(event | {"event_ts": self._world.new_ts()}, None, self._installation().team)

    async def opens_assistant(self, channel_in_view: Channel | None = None) -> Message:
        """Open the assistant pane; the root of its new thread, to which one writes."""
        if not self._world.app.agent:
            raise filling.CannotDoError("this app has no assistant pane")
        channel, bot = self.dm, self._installation().bot_user
        root = Message(channel, self._world.new_ts(), bot.id, text="New Assistant Thread", bot_id=bot.bot_id)
        root.app_id, root.subtype, root.thread_ts = bot.app_id, "assistant_app_thread", root.ts
        self._world.post(root)
        thread = AssistantThread(channel.id, root.ts, self._context(channel_in_view))
        self._world.assistant[(channel.id, root.ts)] = thread
        self._tell("assistant_thread_started", thread, channel)
        return root

    async def switches_view(self, root: Message, channel_in_view: Channel | None) -> None:
        """Look at another channel while the pane is open."""
        thread = self._world.assistant[(root.channel.id, root.ts)]
        thread.context = self._context(channel_in_view)
        self._tell("assistant_thread_context_changed", thread, root.channel)

    def _context(self, channel: Channel | None) -> Json:
        if channel is None:
            return {}
        team = channel.team
        return {"channel_id": channel.id, "team_id": team.id, "enterprise_id": team.enterprise or None}

    def _tell(self, kind: str, thread: AssistantThread, channel: Channel) -> None:
        body = {
            "user_id": self.id,
            "context": thread.context,
            "channel_id": thread.channel,
            "thread_ts": thread.thread_ts,
        }
        event: Json = {"type": kind, "assistant_thread": body, "event_ts": self._world.new_ts()}
        self._world.happened(event, channel, channel.team)

    async def runs(self, command: str, text: str = "", place: Place = "bot") -> Interaction:
        """Run a slash command and wait for the acknowledgement. Threads take none."""
        if isinstance(place, Message):
            raise filling.CannotDoError("slash commands do not work in threads")
        known = self._world.app.commands
        if known is not None and command not in known:
            raise filling.CannotDoError(f"{command} is not a command here: {sorted(known)}")
        channel, _ = self._place(place, None)
        return await self._interacting.command(self.account, command, text, channel)

    async def clicks(self, on: Message | View, wanted: str, value: Any = None) -> Interaction:
        """Click a button, or choose `value` from a menu, found by action id, label or value."""
        if isinstance(on, Message) and (on.deleted or on.ephemeral_to not in ("", self.id)):
            raise filling.CannotDoError("that is not to be seen")
        button = filling.find(on.buttons, wanted)
        return await self._interacting.click(self.account, on, button, value)

    async def uses_shortcut(self, callback_id: str, message: Message) -> Interaction:
        """Use a message shortcut; it works in threads too."""
        self._knows_shortcut(callback_id)
        return await self._interacting.message_shortcut(self.account, callback_id, message)

    async def uses_global_shortcut(self, callback_id: str) -> Interaction:
        """Use a global shortcut."""
        self._knows_shortcut(callback_id)
        return await self._interacting.global_shortcut(self.account, callback_id)

    def _knows_shortcut(self, callback_id: str) -> None:
        known = self._world.app.shortcuts
        if known is not None and callback_id not in known:
            raise filling.CannotDoError(f"{callback_id} is not a shortcut here: {sorted(known)}")

    async def submits(self, view: View, values: Mapping[str, Any] | None = None) -> Interaction:
        """Fill a dialog in (by block id, action id or label) and submit it. Files: a list of Upload."""
        if view.closed:
            raise filling.CannotDoError("that dialog is closed")
        filled = {name: self._kept(value) for name, value in (values or {}).items()}
        filling.fill(view, filled, self._world.base)
        return await self._interacting.submit(self.account, view)

    def _kept(self, value: Any) -> Any:
        if not isinstance(value, (list, tuple)):
            return value
        items: list[Any] = list(value)  # pyright: ignore[reportUnknownArgumentType]
        return [self._given(one) if isinstance(one, Upload) else one for one in items]

    def _given(self, upload: Upload) -> File:
        file = self._speaking.keep(self.account, upload)
        file.given = True
        return file

    async def closes(self, view: View, *, cleared: bool = False) -> Interaction | None:
        """Close a dialog without submitting it."""
        return await self._interacting.close(self.account, view, cleared=cleared)

    async def types_in(self, view: View, wanted: str, text: str) -> list[Json]:
        """Type into an external menu; the options that the app offers."""
        return await self._interacting.suggest(self.account, view, filling.find(view.buttons, wanted), text)

    async def changes(self, **profile: Any) -> None:
        """Change one's account (locale, display_name, guest, ...); user_change tells of it."""
        for key, value in profile.items():
            setattr(self.account, key, value)
        body: Json = {"type": "user_change", "user": user_json(self.account, locale=True), "cache_ts": 1}
        self._world.happened(body | {"event_ts": self._world.new_ts()}, None, self._installation().team)
