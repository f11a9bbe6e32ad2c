"""A Slack server on loopback: Web API, Events by HTTP or Socket Mode, files, people as drivers, faults on demand.

The real, unmodified slack_sdk and slack_bolt talk to it; only the base address changes. It knows nothing of any bot.
It is as strict about arguments, scopes and limits as Slack is documented to be (https://docs.slack.dev/reference).
Times are seconds; `created_at` and the like are `time.monotonic()`.

    async with SlackEmulator(manifest=manifest) as slack:        # or start() and close(); mode="http" for signed HTTP
        client = AsyncWebClient(token=slack.bot_token, base_url=slack.api_url)     # "http://127.0.0.1:PORT/api/"
        AsyncSocketModeHandler(bolt_app, slack.app_token)        # Socket Mode: apps.connections.open leads here
        slack.delivers_to("http://127.0.0.1:8080/slack/events")  # HTTP: signed with slack.signing_secret
        general = slack.channel("general")                       # the bot and everyone are in it, unless told
        ada = slack.person("ada", locale="zh-CN")
        asked = await ada.mentions(general, "what is this?", files=[Upload("pump.png", png)])
        answer = await slack.until(lambda: slack.replies(asked), seconds=10)       # the value, once it is truthy
        assert "pump" in answer[0].shown and not slack.notified

**Settings** (arguments of SlackEmulator, attributes that may change later too): mode ("socket", "http"), request_url,
    manifest (dict: scopes, bot_events, slash_commands, shortcuts are taken from it), scopes, events (without manifest:
    everything), ack_seconds=3, retry_delays=(0.02, 0.05, 0.1), trigger_seconds=3, mention_order ("both", "mention first",
    "message first", "only message", "only mention"), mention_files ("both", "only message", "only mention")
**World** (building.py): team, bot_token, app_token, signing_secret, client_id, client_secret, app_id, bot_id, bot_user_id
    workspace(name, enterprise="", installed=True) -> Team; installation(team) -> Installation(.bot_token .scopes ...)
    channel(name, kind="public"|"private", members=None, bot=True, shared=False, team=None) -> Channel;
    dm(person) -> Channel; group_dm(*people) -> Channel; usergroup(handle, *people)
    person(name, real_name=, display_name=, locale="en-US", tz=, guest=""|"restricted"|"single", team=, home=, email=) -> Person;
    stranger(name) -> a Slack Connect person of another organization; other_bot(name) -> Person whose messages are a bot's
**People** (people.py). What they do is delivered to the app in the background, as subscriptions and membership allow:
    says(place, text, files=(), thread=None, broadcast=False), mentions(...), edits(message, text), deletes(message),
    uploads(place, *files, text=""), reacts(message, name), joins(channel), leaves(channel), invites_bot(channel),
    kicks_bot(channel), opens_home(), opens_assistant(channel_in_view=None) -> the thread's root Message,
    switches_view(root, channel). place: a Channel, a message (its thread), or a Person/"bot" for a direct message (ada.dm).
    These wait for the acknowledgement and return an Interaction (.acknowledged_after, .failed, .answer, .view):
    runs("/ask", "text", place), clicks(message_or_view, action_id_or_label, value=None), uses_shortcut(callback_id, message),
    uses_global_shortcut(callback_id), submits(view, {block_id_or_label: value}), closes(view), types_in(view, action_id, text)
**Looking**: messages(channel), thread(channel, ts), replies(message) (the app's, in its thread), ephemeral(person), views(person)
    (open modals, the topmost last), home(person), file(id); Message: .ts .id ("C1:1.2") .shown (plain text of what one sees) .text
    .blocks .buttons (Button .label .action_id .value .url) .pictures (Picture .alt .url .file) .streaming .versions (Version .at
    .shown .text .blocks) .created_at .deleted .reactions .files .thread_ts .metadata .author .by_app; View likewise
    assistant(thread root) -> AssistantThread(.status .statuses .title .prompts)
**Records**: calls("chat.update") -> list of Call(.method .arguments .token .at .answer .status .seconds); calls() all;
    notified (Notified .kind .target .message: a ping that really fired); deliveries (Delivery .kind .type .body .event
    .attempts .acknowledged .acknowledged_after .given_up; await slack.settled(seconds=5)); downloads; sockets (SocketRecord)
**Events by hand**: await slack.emit({"type": ...}, team=None), slack.redeliver(delivery), slack.uninstalls(team), slack.verify_url()
**Faults** (faults.py): slack.faults.add("chat.postMessage", "429"|"500"|"503"|"500 after"|"hang up"|"hang up after"|"slow"|
    "html"|"<any Slack error code>", count=1, probability=1.0, seconds=1.0) ("*": every method, "files": downloads, "events": delivery);
    faults.streams(after_appends=, after_seconds=), faults.unknown("chat.startStream", ...), faults.files("redirect"|"html"|"404"),
    faults.clear(); slack.limits.on(scale=1.0) turns Slack's tiers on; slack.sockets.disconnect(reason), .drop(), .silence(),
    .too_many(); slack.tokens.expire(team), .revoke(team), .rotate(on)
"""

from tests.slack_emulator.emulator import SlackEmulator
from tests.slack_emulator.model import Channel, File, Message, Team, Upload, View
from tests.slack_emulator.people import Person

__all__ = ["Channel", "File", "Message", "Person", "SlackEmulator", "Team", "Upload", "View"]
