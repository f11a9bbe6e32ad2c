"""A Discord-compatible server on loopback: REST, gateway and CDN, people as drivers, faults on demand.

The real, unmodified discord.py connects to it; only its addresses change. `GET /gateway/bot` and READY's
`resume_gateway_url` lead here by themselves, and an attachment's `url` is absolute, so two class attributes are enough
(webhooks and interactions build on the first; the second serves a session that begins anew):

    discord.http.Route.BASE = emulator.api_url                                        # http://127.0.0.1:PORT/api/v10
    discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(emulator.gateway_url)   # ws://127.0.0.1:PORT/gateway
    discord.asset.Asset.BASE = emulator.cdn_url                                       # only for avatars and icons

`emulator.addresses()` is a context manager that sets the three and puts them back; `client.running(emulator, client)`
runs a discord.py client in it, ready when the block begins. discord.py's own waits, for tests:
`Client(guild_ready_timeout=0.05)` (2 s for a further guild, unless told) and `client.before_identify_hook` (5 s before
it identifies again after an invalid session). Importing it warns of `audioop` on Python 3.11 and 3.12.

Nothing here knows Lorelens. Times are seconds; ids are int here and str on the wire, as Discord has them.

    async with Emulator() as emulator:                   # start() and close() do the same
        guild = emulator.guild("Acme", locale="en-US")   # @everyone may read and write; the bot is in it
        general = emulator.channel(guild, "general")
        ada = emulator.person("ada", guild, locale="zh-CN")
        with emulator.addresses():
            ...client.start(emulator.token)
        asked = await ada.mentions(general, "what is this?", files=[Upload("pump.png", png)])
        await emulator.until(lambda: emulator.messages(general)[-1].author is emulator.bot)

**The world** (world.py, model.py):
    emulator.token, .application (.message_content .server_members .presence: the portal's switches; .commands .emojis),
    .bot (User), .clock (now(); forward(seconds): tokens, links and nonces grow old without waiting)
    guild(name, locale=, tier=, bot=True, owner=) -> Guild; guilds_in_bulk(count, channels=)
    channel(guild, name, kind=TEXT, parent=, hidden=False, allow=[...]): a hidden one is seen by whom `allow` names
    role(guild, name, permissions, mentionable=), set_role(role, permissions) (guild.everyone too), delete_role(role)
    bot_gets(role), bot_loses(role); what people get is theirs (below)
    overwrite(channel, who, allow=, deny=): who is a Role, a Person or the bot
    person(name, *guilds, locale=, roles=, nick=) -> Person; other_bot(name, *guilds) -> Person whose messages are bots'
    webhook(channel, name) -> has says(content) as well
    add_bot(guild), remove_bot(guild); unavailable(guild), available(guild); delete_channel(channel or thread)
    permissions(channel, who) -> Permission; messages(channel, seen_by=None) -> those that stand, oldest first

**Message**: .id .content .author (User: compare with ada.user, emulator.bot) .channel .kind .flags .mentions .reference
    .attachments (Attachment: .filename .content bytes, .content_type .description the alt text, .url, .expire(): links
    given out so far are dead, those of a new fetch work) .embeds .components (JSON) .reactions .thread .interaction
    .deleted; .buttons() -> label, custom_id, url, style, disabled, emoji; .component(label_or_custom_id)
    .thinking .ephemeral .ephemeral_for; .created_at and .history (Version: .at .content .embeds .components
    .attachments .thinking), in monotonic seconds, the first version included

**People** (people.py, speaking.py, commanding.py); `place` is a Channel, or emulator.bot for the direct one (ada.dm):
    says(place, content, files=(), reply_to=None, ping=True, flags=0) -> Message; mentions(place, content, ...) likewise
    edits(message, content), deletes(*messages) (several: a bulk), dismisses(ephemeral)
    reacts(message, emoji, gone=False), types_in(channel)
    opens_thread(place, name, content=None, message=None, private=False) -> Channel
    sees(channel) -> list of Message with one's own ephemeral ones; commands(channel) -> those that the client offers
    joins(guild, *roles), leaves(guild), gets(role), loses(role), nicknames(guild, nick): awaited
    closes_dms(), opens_dms(), installs() (the application, for oneself): not awaited
    runs("/ask", {"question": "...", "picture": Upload(...)}, place) -> Interaction ("/group sub" for sub-commands)
    types("/search", "query", "par", place, filled={}) -> list of Choice (name, value), waits for them
    uses_menu("Ask about this message", message), clicks(message, label_or_custom_id, values=()) -> Interaction
    submits(interaction, {label_or_custom_id: value}) -> Interaction; the modal that `interaction` was answered with
    What a client would not let them do raises CannotDoError (no such command here, a required option missing, ...).

**Interaction**: .state ("waiting", "thinking", "answered", "modal", "choices", "updated", "failed"), .response
    (Message: what @original means) .followups .modal .choices .acknowledged_after (seconds) .token; await
    .acknowledged(seconds=4), await .answered(seconds=5) -> the response once it no longer thinks. Unanswered after 3 s
    it has failed (10062); its token lives 15 minutes (50027). The first followup after a deferral fills what was
    deferred.

**Records**: emulator.calls (Call: .method .route .path .params .query .json .files .headers .at .status .answer
    .fault), calls_to("POST /channels/{channel_id}/messages"); .notified (Notified: .user .message .reason); .typing
    (channel, at); .cdn.served (fetches by attachment id); .gateway.sessions (.intents .shard .sequence .connection),
    .received (op, data), .identified, .resumed, .connected
    .violations (the bot's requests against Discord's OpenAPI description, with `Emulator(openapi=DESCRIPTION)`) and
    .misanswers (this server's own answers against it): `str()` of each says where and why. Needs jsonschema and the
    file; `emulator.contract` is None where either is absent, and nothing is checked.
    .crashes: calls at which this server itself failed; a test should find none

**Limits**: emulator.rates.limit("POST /channels/{channel_id}/messages", 5, per=5.0), .global_limit(50, per=1.0),
    .clear()

**Faults**: emulator.faults.answer(route, 503, times=1, chance=1.0, code=0), .do_but_answer(route, 500), .hang_up(route,
    done=False), .slow(route, seconds, times=None), .late(route, seconds) (it is done first), .too_many(route,
    retry_after, scope="user"|"global"|"shared"), .clear(); each returns a Fault (.struck). `route` is
    "METHOD /template", or "*". times=None: always. chance draws from Emulator(seed=).
    emulator.gateway.drop(code=None), .reconnect() (op 7), .invalidate(resumable) (op 9),
    .forget() (every session is lost), .heartbeat_interval, .heartbeat_acks = False, .refusing = True (no connection is
    taken), .shards (what it asks for), .silent = True: nothing is sent, events are kept for the resume

`await emulator.until(condition, seconds=10)` wakes on each change, and tells the last calls where it does not come
true.

`python -m tests.discord_emulator --port 0 --guilds 1` runs it as a process of its own (see __main__.py): prints one
JSON line with api_url, gateway_url, cdn_url, token, bot_id and control_url, and serves until stopped.
"""

from tests.discord_emulator.contract import DESCRIPTION
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
    "DESCRIPTION",
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
