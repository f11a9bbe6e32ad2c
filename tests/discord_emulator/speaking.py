"""Writing: what people, other bots and webhooks say, edit and delete."""

from collections.abc import Sequence
from pathlib import Path

from tests.discord_emulator.bodies import Json
from tests.discord_emulator.errors import CannotDoError
from tests.discord_emulator.message_form import MOST_CONTENT, MOST_FILES
from tests.discord_emulator.model import DM, FORUM, Channel, Message, User, Webhook
from tests.discord_emulator.permissions import Permission, in_channel, may_write
from tests.discord_emulator.threads import open_thread
from tests.discord_emulator.uploads import Upload, attach
from tests.discord_emulator.world import HasUser, World
from tests.discord_emulator.writing import post, react, remove, revise

P = Permission
Place = Channel | User | HasUser


class Speaker(HasUser):
    """Somebody with an account, writing in their client."""

    def __init__(self, world: World, user: User) -> None:
        self.world = world
        self.user = user

    @property
    def dm(self) -> Channel:
        """The direct channel with the bot."""
        return self.world.dm(self.user)

    def place(self, place: Place) -> Channel:
        """Return the channel; the bot stands for the direct one."""
        return place if isinstance(place, Channel) else self.dm

    async def says(
        self,
        place: Place,
        content: str = "",
        files: Sequence[Upload | Path] = (),
        reply_to: Message | None = None,
        ping: bool = True,
        flags: int = 0,
    ) -> Message:
        """Write a message; `ping` says whether a reply mentions whom it answers."""
        channel = self.place(place)
        self._may_write(channel, content, files)
        uploads = [each if isinstance(each, Upload) else Upload.of(each) for each in files]
        message = Message(self.world.clock.snowflake(), channel, self.user, content.strip(), flags=flags)
        message.attachments = [attach(self.world, each, channel) for each in uploads]
        if reply_to is not None:
            message.kind, message.reference = 19, reply_to
            where: Json = {"type": 0, "channel_id": str(channel.id), "message_id": str(reply_to.id)}
            message.reference_json = where | ({"guild_id": str(channel.guild.id)} if channel.guild else {})
        return post(self.world, message, ping=ping)

    def _may_write(self, channel: Channel, content: str, files: Sequence[Upload | Path]) -> None:
        if channel.deleted or not may_write(channel, self.user):
            raise CannotDoError(f"{self.user.name} may not write in #{channel.name}")
        if files and not in_channel(channel, self.user) & P.ATTACH_FILES:
            raise CannotDoError(f"{self.user.name} may not attach files in #{channel.name}")
        if len(content) > MOST_CONTENT or len(files) > MOST_FILES or not (content.strip() or files):
            raise CannotDoError(f"a message has 1 to {MOST_CONTENT} characters, and {MOST_FILES} files at most")
        if channel.kind == DM and not reachable_by(self.world, channel, self.user):
            raise CannotDoError(f"{self.user.name} shares no guild with the bot")

    async def mentions(
        self,
        place: Place,
        content: str = "",
        files: Sequence[Upload | Path] = (),
        reply_to: Message | None = None,
        ping: bool = True,
    ) -> Message:
        """Write a message that begins with a mention of the bot."""
        return await self.says(place, f"{self.world.bot.mention} {content}", files, reply_to, ping)

    async def edits(self, message: Message, content: str) -> Message:
        """Change the text of one's own message."""
        if message.author is not self.user:
            raise CannotDoError(f"{self.user.name} did not write this")
        return revise(self.world, message, {"content": content.strip()})

    async def deletes(self, *messages: Message) -> None:
        """Delete one's own messages, or others' where one may manage them; several of them go as a bulk."""
        for each in messages:
            if each.author is not self.user and not in_channel(each.channel, self.user) & P.MANAGE_MESSAGES:
                raise CannotDoError(f"{self.user.name} may not delete this")
        remove(self.world, list(messages))

    async def dismisses(self, message: Message) -> None:
        """Dismiss an ephemeral message."""
        remove(self.world, [message])

    async def reacts(self, message: Message, emoji: str, gone: bool = False) -> None:
        """React, or take it back."""
        react(self.world, message, self.user, emoji, gone)

    async def types_in(self, channel: Channel) -> None:
        """Be seen typing."""
        data: Json = {
            "channel_id": str(channel.id),
            "user_id": str(self.user.id),
            "timestamp": int(self.world.clock.now()),
        }
        data |= {"guild_id": str(channel.guild.id)} if channel.guild else {}
        self.world.gateway.emit("TYPING_START", data, channel.guild.id if channel.guild else None)

    async def opens_thread(
        self,
        place: Channel,
        name: str,
        content: str | None = None,
        message: Message | None = None,
        private: bool = False,
    ) -> Channel:
        """Open a thread: from a message, by itself, or with its first message (in a forum it must have one)."""
        wanted = (
            P.CREATE_PRIVATE_THREADS if private else P.SEND_MESSAGES if place.kind == FORUM else P.CREATE_PUBLIC_THREADS
        )
        if not in_channel(place, self.user) & wanted:
            raise CannotDoError(f"{self.user.name} may not open threads in #{place.name}")
        thread = open_thread(self.world, place, name, self.user, private, message)
        if content is not None:
            id_ = thread.id if place.kind == FORUM else self.world.clock.snowflake()
            post(self.world, Message(id_, thread, self.user, content))
        return thread


def reachable_by(world: World, dm: Channel, user: User) -> bool:
    """Whether somebody can write to the bot directly."""
    shares = any(user.id in each.members and world.bot.id in each.members for each in world.guilds.values())
    return shares or user.installed


class WebhookVoice:
    """A webhook that writes in its channel."""

    def __init__(self, world: World, webhook: Webhook) -> None:
        self.world, self.webhook = world, webhook

    async def says(self, content: str, files: Sequence[Upload] = ()) -> Message:
        """Write a message."""
        channel = self.webhook.channel
        message = Message(self.world.clock.snowflake(), channel, self.webhook.user, content, webhook_id=self.webhook.id)
        message.attachments = [attach(self.world, each, channel) for each in files]
        return post(self.world, message)
