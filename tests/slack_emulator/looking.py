"""What tests look at: messages, threads, dialogs, home tabs, the assistant pane, the records."""

from collections.abc import Sequence

from tests.slack_emulator.delivery import Courier, Delivery
from tests.slack_emulator.model import AssistantThread, Channel, File, Message, View
from tests.slack_emulator.people import Person
from tests.slack_emulator.records import Call, Download, Notified, Records
from tests.slack_emulator.world import World


class Looking:
    """Reads the world."""

    def __init__(self, world: World, courier: Courier, records: Records) -> None:
        self._world = world
        self._courier = courier
        self._records = records

    def messages(self, channel: Channel) -> list[Message]:
        """The standing messages of a channel, threads' included, oldest first."""
        return [one for one in channel.messages.values() if not one.deleted]

    def thread(self, channel: Channel, ts: str) -> list[Message]:
        """The standing messages of a thread, its root first."""
        return self._world.replies(channel, ts)

    def replies(self, message: Message) -> list[Message]:
        """What the app said in a message's thread and, in direct messages, after it beside threads."""
        thread = [one for one in self.thread(message.channel, message.root) if one.by_app and one.ts > message.ts]
        if message.channel.kind == "im" and not message.thread_ts:
            thread += [
                one
                for one in self.messages(message.channel)
                if one.by_app and not one.thread_ts and one.ts > message.ts
            ]
        return thread

    def ephemeral(self, person: Person) -> list[Message]:
        """What only this person sees, as long as it stands."""
        return [one for one in self._world.ephemeral if one.ephemeral_to == person.id and not one.deleted]

    def views(self, person: Person) -> list[View]:
        """The dialogs that are open before a person, the topmost last."""
        return [v for v in self._world.views.values() if v.person == person.id and v.kind == "modal" and not v.closed]

    def home(self, person: Person) -> View | None:
        """A person's home tab, once the app published one."""
        return next((v for v in self._world.views.values() if v.person == person.id and v.kind == "home"), None)

    def assistant(self, root: Message) -> AssistantThread:
        """What the app did to a thread (status, title, prompts)."""
        key = (root.channel.id, root.root)
        return self._world.assistant.get(key) or AssistantThread(*key)

    def file(self, file_id: str) -> File:
        """A file by its id."""
        return self._world.files[file_id]

    def calls(self, *methods: str) -> list[Call]:
        """The calls of these methods (all, if none is named), in order."""
        return [one for one in self._records.calls if not methods or one.method in methods]

    @property
    def notified(self) -> list[Notified]:
        """Every ping of the app that fired."""
        return self._records.notified

    @property
    def downloads(self) -> list[Download]:
        """Who asked for files' bytes."""
        return self._records.downloads

    @property
    def deliveries(self) -> list[Delivery]:
        """Everything that was sent to the app."""
        return self._courier.deliveries

    def delivered(self, *types: str) -> Sequence[Delivery]:
        """What was sent to the app of these types ("app_mention", "message.channels", "block_actions", "/ask", ...)."""
        return [one for one in self._courier.deliveries if one.type in types]
