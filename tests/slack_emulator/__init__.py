"""A Slack server on loopback: Web API, Events by HTTP or Socket Mode, files, people as drivers, faults on demand.

The real, unmodified slack_sdk and slack_bolt talk to it; only the base address changes. It knows nothing of any bot.
It is as strict about arguments, scopes and limits as Slack is documented to be (https://docs.slack.dev/reference).
Times are seconds; `created_at` and the like are `time.monotonic()`.

    async with SlackEmulator(manifest=manifest) as slack:        # or start() and close()
        client = AsyncWebClient(token=slack.bot_token, base_url=slack.api_url)     # "http://127.0.0.1:PORT/api/"
        AsyncSocketModeHandler(bolt_app, slack.app_token)        # Socket Mode: apps.connections.open leads here
        slack.delivers_to("http://127.0.0.1:8080/slack/events")  # or HTTP: signed with slack.signing_secret
        general = slack.channel("general")                       # the bot and all full members are in it, unless told
        ada = slack.person("ada", locale="zh-CN")
        asked = await ada.mentions(general, "what is this?", files=[Upload("pump.png", png)])
        answer = await slack.until(lambda: slack.replies(asked), seconds=10)       # the value, once it is truthy
        assert "pump" in answer[0].shown and not slack.notified

**Settings** (world.Settings; arguments of SlackEmulator, later slack.settings.X): mode ("socket", "http"),
    request_url, ack_seconds=3, retry_delays=(0.05, 0.5, 1.5), trigger_seconds=3, response_url_seconds=1800,
    mention_order ("both", "mention first", "message first", "only message", "only mention"), mention_files ("both",
    "only message", "only mention"), file_ready_seconds=0, share_seconds=0, deliver_own_messages=True,
    rotate_tokens=False, token_seconds. Besides, as arguments: manifest (dict: scopes, bot_events, slash_commands,
    shortcuts are taken from it), scopes, events (else: everything)
**World** (building.py): .url .api_url .team .bot_token .app_token .signing_secret .client_id .client_secret .app_id
    .bot_id .bot_user_id; workspace(name, enterprise="", installed=True) -> Team; installation(team) -> Installation
    (.bot_token .scopes (a list, may be changed) .bot_user); tokens.install_org(enterprise) installs in all its
    workspaces at once; usergroup(handle, *people) channel(name, kind="public"|"private", members=None, bot=True,
    shared=False, team=None), group_dm(*people), dm(person) person(name, real_name=, display_name=, locale="en-US",
    tz=, guest=""|"restricted"|"single", team=, email=, channels=) stranger(name, channels=[...]): a Slack Connect
    person; other_bot(name): a Person whose messages are a bot's
**People** (people.py). What they do is delivered to the app in the background, as subscriptions and membership
    allow: says(place, text, files=(), thread=None, broadcast=False), mentions(...), edits(message, text),
    deletes(message), uploads(place, *files, text=""), reacts(message, name), joins(channel), leaves(channel),
    invites_bot(channel), kicks_bot(channel), opens_home(), opens_assistant(channel_in_view=None) -> the thread's
    root Message (says(root, ...) writes there), switches_view(root, channel), changes(locale=...), renames(channel,
    name), archives(channel), joins_workspace(); .id .name .dm .mention .account place: a Channel, a Message (its
    thread), or "bot" for the direct message. These wait for the acknowledgement and return an Interaction
    (.acknowledged_after .failed .answer .shown .trigger_id .response_url .delivery): runs("/ask", "text",
    place="bot"), clicks(message_or_view, action_id_or_label, value=None), uses_shortcut(callback_id, message),
    uses_global_shortcut(callback_id), submits(view, {block_id_or_label: value; files: [Upload]}), closes(view),
    types_in(view, action_id, text) -> options. What a client refuses: CannotDoError.
**Looking** (looking.py): messages(channel), thread(channel, ts), replies(message) (the app's), ephemeral(person),
    views(person) (open dialogs, topmost last), home(person), assistant(root) (.status .statuses .title .prompts),
    file(id) Message: .ts .id ("C1:1.2") .shown (plain text of what one sees) .text .blocks .buttons (Button .label
    .action_id .value .url) .pictures (Picture .alt .url .file) .streaming .versions (Version .at .shown .text
    .blocks) .created_at .deleted .reactions .files .thread_ts .metadata .author .by_app; View: .title .shown .blocks
    .buttons .values .errors .closed await until(condition, seconds=10); await settled(): all that was sent to the
    app is acknowledged or given up
**Records**: calls("chat.update", ...) -> Call (.method .arguments .token .at .answer .status .ok .seconds .fault),
    calls() all, response URLs as "response_url"; notified (Notified .kind .target .message: a ping that fired);
    deliveries, delivered("app_mention", "message.channels", "block_actions", "/ask") -> Delivery (.kind .type .body
    .event .attempts .acknowledged .acknowledged_after .given_up .answer); downloads (.path .authorization .sent
    .host); sockets.records
**By hand**: await emit({"type": ...}, channel=, team=), redeliver(delivery), uninstalls(team), await verify_url(),
    await post_raw(body, headers) with delivery.signed(body, secret, at); tokens.allow(team, person_id, scopes,
    org=False) -> OAuth code (or GET /oauth/v2/authorize, which redirects at once), tokens.expire(team),
    .revoke(team), .rotate(True)
**Faults**: faults.add(method, kind, count=1, probability=1.0, seconds=1.0, after=0, channel=""), method also "*",
    "files", "response_url", "events" ("slow", "lost ack", "lost"); kind: "429" (seconds: Retry-After), "500", "503",
    "html", "hang up", "slow", "500 after", "hang up after", "slow after" (it was done), or any error of Slack's such
    as "internal_error"; faults.streams(after_appends=, after_seconds=), faults.unknown("chat.startStream", ...),
    faults.files("redirect"|"html"| "404"), faults.clear(); limits.on(scale=1.0) turns Slack's tiers on,
    limits.off(); await sockets.disconnect(reason), await sockets.too_many(), sockets.drop(), sockets.silence()
"""

from tests.slack_emulator.emulator import SlackEmulator
from tests.slack_emulator.filling import CannotDoError
from tests.slack_emulator.model import Channel, File, Message, Team, Upload, View
from tests.slack_emulator.people import Person

__all__ = ["CannotDoError", "Channel", "File", "Message", "Person", "SlackEmulator", "Team", "Upload", "View"]
