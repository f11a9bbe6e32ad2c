"""A Discord-compatible server on loopback: REST, gateway and CDN, people as drivers, faults on demand.

The real, unmodified discord.py connects to it; only its addresses change. `GET /gateway/bot` and READY's
`resume_gateway_url` lead to this server by themselves, and an attachment's `url` is absolute, so for discord.py two
class attributes are enough (webhooks and interactions build on the first, the second serves where a session starts anew):

    discord.http.Route.BASE = emulator.api_url                                        # "http://127.0.0.1:PORT/api/v10"
    discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(emulator.gateway_url)   # "ws://127.0.0.1:PORT/gateway"
    discord.asset.Asset.BASE = emulator.cdn_url                                       # only for avatars and icons

`emulator.addresses()` is a context manager that sets the three and puts them back. A client made with
`guild_ready_timeout=0.1` is ready at once: discord.py waits that long for a further guild (2 s unless told).

Nothing here knows Lorelens. Times are seconds; ids are int here and str on the wire, as Discord has them.

    async with Emulator() as emulator:                   # start() and close() do the same
        guild = emulator.guild("Acme", locale="en-US")   # @everyone may read and write; the bot is in it
        general = emulator.channel(guild, "general")
        ada = emulator.person("ada", guild, locale="zh-CN")
        with emulator.addresses():
            ...client.start(emulator.token)
        asked = await ada.mentions(general, "what is this?", files=[Upload("pump.png", png)])
        await emulator.until(lambda: emulator.messages(general)[-1].author is emulator.bot)

**The world** (world.py, builds; model.py, what there is):
    emulator.token, .application, .bot, .clock (now(), forward(seconds): tokens and links grow old without waiting)
    guild(name, locale=, tier=, bot=True) -> Guild; channel(guild, name, kind=TEXT, parent=, allow=, deny=, hidden=False)
    thread(channel, name, by=person, private=False, message=None) -> Channel; role(guild, name, permissions, position=)
    overwrite(channel, who, allow=, deny=): who is a Role, a person or the bot
    person(name, *guilds, locale=, roles=, nick=) -> Person; other_bot(name, *guilds) -> Person whose messages are a bot's
    webhook(channel, name) -> Webhook, says(content) like a person
    guilds_in_bulk(count, channels=): worlds of 1, 100 and 1,000 guilds
    permissions(channel, who) -> Permission; messages(channel, seen_by=None) -> list of standing Message, oldest first
    add_bot(guild), remove_bot(guild); unavailable(guild), available(guild); delete_channel(channel)

**Message**: .id .content .author .channel .attachments (.content bytes, .description the alt text, .url, .expire())
    .embeds .components (JSON) .buttons() (label, custom_id, url, style, disabled) .flags .ephemeral .thinking
    .reference .reactions .deleted .history (Version: .at monotonic, .content, .components, .attachments), .created_at
    (monotonic) .interaction .thread

**People** (people.py, commanding.py); each returns the Message or Interaction:
    says(place, content, files=(), reply_to=None, ping=True), mentions(place, content, ...), edits(message, content)
    deletes(message), reacts(message, emoji), types_in(channel), opens_thread(place, name, message=, private=)
    place is a Channel, or the bot itself for a direct message: ada.says(emulator.bot, "hi"); ada.dm is that channel
    closes_dms(), opens_dms(), joins(guild), leaves(guild), gets(role), loses(role), nicknames(guild, nick)
    sees(channel) -> list of Message with one's own ephemeral ones
    runs("/ask", {"question": "...", "picture": Upload(...)}, channel) -> Interaction
    types("/search", "query", "par", channel, filled={}) -> list of choices (name, value), waits for them
    uses_menu("Ask about this message", message), clicks(message, label_or_custom_id, values=()) -> Interaction
    submits(interaction, {label_or_custom_id: value}) -> Interaction; the modal that `interaction` was answered with
    What a client would not let them do raises CannotDoError (no such command here, a required option missing, ...).

**Interaction**: .state ("waiting", "thinking", "answered", "modal", "choices", "updated", "failed") .response (Message) .modal
    .followups .choices .created_at .acknowledged_after (seconds) .token; await .answered(seconds=5) -> Message, waits for
    a response that does not think; await .acknowledged(seconds=3)
    Unanswered after 3 s it has failed (10062); its token lives 15 minutes (50027).

**Records**: emulator.calls (Call: .method .route .path .params .query .json .files .headers .at .status .answer),
    calls_to("POST /channels/{channel_id}/messages"); emulator.notified (Notified: .user .message .reason); .typing
    (channel, at); .gateway.sessions (.intents .shard .sequence), .gateway.received (op, data), .gateway.identified, .resumed;
    emulator.violations (the bot's requests against Discord's OpenAPI description, where `Emulator(openapi=PATH)` is given)
    and emulator.misanswers (this server's own answers against it). Needs jsonschema; `emulator.contract` says whether
    it is checked.

**Limits**: emulator.rates.limit("POST /channels/{channel_id}/messages", 5, per=5.0), .global_limit(50, per=1.0)

**Faults** (faults.py): emulator.faults.answer(route, 503, times=1, chance=1.0), .do_but_answer(route, 500),
    .hang_up(route, done=False), .slow(route, seconds), .too_many(route, retry_after, scope="user"), .clear()
    `route` is "METHOD /template", "*" for every one. times=None: always. chance draws from Emulator(seed=).
    emulator.gateway.drop(code=None), .reconnect() (op 7), .invalidate(resumable) (op 9), .heartbeat_acks = False,
    .silent = True (nothing is sent, what happens is kept for the resume), .refusing = True (no connection is taken),
    .heartbeat_interval, .forget() (every session is lost: the next resume is answered with op 9)

`await emulator.until(condition, seconds=10)` wakes on each change, and tells the last calls where it does not come true.

`python -m tests.discord_emulator --port 0 --guilds 1` runs it as a process of its own: prints one JSON line with
api_url, gateway_url, cdn_url, token, bot_id and control_url, and serves until stopped. Bench: `POST {control_url}/emit` with
{"messages": 1000, "per_second": 200} lets people write; `GET {control_url}/report` tells calls and times.
"""

from tests.discord_emulator.emulator import Emulator
from tests.discord_emulator.errors import CannotDoError
from tests.discord_emulator.interaction import Choice, Interaction
from tests.discord_emulator.model import (
    CATEGORY,
    FORUM,
    NEWS,
    TEXT,
    Attachment,
    Channel,
    Guild,
    Message,
    Role,
    User,
)
from tests.discord_emulator.people import Person
from tests.discord_emulator.permissions import Permission
from tests.discord_emulator.records import Call, Notified, Violation
from tests.discord_emulator.uploads import Upload

__all__ = [
    "CATEGORY",
    "FORUM",
    "NEWS",
    "TEXT",
    "Attachment",
    "Call",
    "CannotDoError",
    "Channel",
    "Choice",
    "Emulator",
    "Guild",
    "Interaction",
    "Message",
    "Notified",
    "Permission",
    "Person",
    "Role",
    "Upload",
    "User",
    "Violation",
]
