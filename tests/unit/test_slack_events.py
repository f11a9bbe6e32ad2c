"""Events in the shapes that Slack documents, and what Lorelens makes of each."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest

from adapters.slack.api import Installed
from adapters.slack.events import understand
from adapters.slack.membership import Channel, as_channel
from adapters.slack.people import Person, Standing, as_person, standing_of
from adapters.understood import Asked, Deleted, Edited, Ignored, Understood
from core.messages import Attachment, Message

BOT = Installed(team="T0TEAM", user="U0BOT", bot="B0BOT")
TS = "1515449522.000016"
ROOT = "1515449438.000011"


@dataclass(frozen=True)
class Known:
    """A directory that knows a few."""

    people: Mapping[str, str] = field(default_factory=lambda: {"U0ADA": "Ada", "U0LI": "李雷"})
    channels: Mapping[str, Channel] = field(default_factory=dict[str, Channel])

    async def person(self, installed: Installed, user: str) -> Person | None:
        name = self.people.get(user)
        return None if name is None else Person(id=user, name=name, locale="en-US", standing="member")

    async def named(self, installed: Installed, channel: str) -> Channel | None:
        return self.channels.get(channel)


async def made_of(event: Mapping[str, Any], *, takes_part: bool = False, known: Known | None = None) -> Understood:
    async def part(conversation: str, at: datetime) -> bool:
        return takes_part

    return await understand(event, BOT, known or Known(), part)


def said(text: str, **more: Any) -> dict[str, Any]:
    """A `message` event of a channel (https://docs.slack.dev/reference/events/message.channels)."""
    return {
        "type": "message",
        "user": "U0ADA",
        "client_msg_id": "cd1a5a94-5d9f-4a3c-8f86-6c7a7e0e9a4e",
        "text": text,
        "team": "T0TEAM",
        "blocks": list[Any](),
        "channel": "C0CHAN",
        "event_ts": TS,
        "ts": TS,
        "channel_type": "channel",
    } | more


def mention(text: str = "<@U0BOT> is it everything a river should be?", **more: Any) -> dict[str, Any]:
    """An `app_mention` event; it names no kind of channel."""
    event = said(text, type="app_mention", **more)
    del event["channel_type"]
    return event


def direct(text: str, **more: Any) -> dict[str, Any]:
    return said(text, channel="D0DIRECT", channel_type="im", **more)


PICTURE = {
    "id": "F0PIC",
    "created": 1515449521,
    "timestamp": 1515449521,
    "name": "screen.png",
    "title": "screen.png",
    "mimetype": "image/png",
    "filetype": "png",
    "pretty_type": "PNG",
    "user": "U0ADA",
    "user_team": "T0TEAM",
    "editable": False,
    "size": 6521,
    "mode": "hosted",
    "is_external": False,
    "external_type": "",
    "is_public": True,
    "public_url_shared": False,
    "display_as_bot": False,
    "username": "",
    "url_private": "https://files.slack.com/files-pri/T0TEAM-F0PIC/screen.png",
    "url_private_download": "https://files.slack.com/files-pri/T0TEAM-F0PIC/download/screen.png",
    "media_display_type": "unknown",
    "thumb_64": "https://files.slack.com/files-tmb/T0TEAM-F0PIC-abc/screen_64.png",
    "original_w": 640,
    "original_h": 480,
    "permalink": "https://team.slack.com/files/U0ADA/F0PIC/screen.png",
    "permalink_public": "https://slack-files.com/T0TEAM-F0PIC-abc",
    "is_starred": False,
    "has_rich_preview": False,
    "file_access": "visible",
}


def asked(understood: Understood) -> Message:
    assert isinstance(understood, Asked)
    return understood.question.message


async def test_a_mention_is_a_question_in_its_own_thread() -> None:
    understood = await made_of(mention("<@U0BOT> what did <@U0LI> say?"))
    message = asked(understood)
    assert (message.id, message.text) == (f"C0CHAN:{TS}", "what did @李雷 say?")
    assert (message.author.id, message.author.name, message.author.locale) == ("U0ADA", "Ada", "en-US")
    assert message.place.conversation == f"slack/T0TEAM/C0CHAN/{TS}"
    assert message.sent_at.timestamp() == pytest.approx(float(TS))
    assert isinstance(understood, Asked)
    assert understood.question.delivery == {
        "team": "T0TEAM",
        "enterprise": "",
        "user": "U0ADA",
        "locale": "en-US",
        "surface": "thread",
        "ts": TS,
        "reread": True,
    }


async def test_the_same_mention_as_message_is_the_same_question() -> None:
    text = "<@U0BOT> hello"
    once, twice = asked(await made_of(mention(text))), asked(await made_of(said(text)))
    assert (once.id, once.place.conversation, once.text) == (twice.id, twice.place.conversation, twice.text)


async def test_a_mention_whose_file_comes_only_with_the_message() -> None:
    text = "<@U0BOT> what is this?"
    first = await made_of(mention(text))
    assert isinstance(first, Asked) and first.question.delivery["reread"] is True
    second = await made_of(said(text, subtype="file_share", upload=False, files=[PICTURE]))
    assert isinstance(second, Asked) and "reread" not in second.question.delivery
    assert second.question.delivery["files"] == {"F0PIC": PICTURE["url_private"]}
    assert second.question.message.attachments == (
        Attachment(name="screen.png", media_type="image/png", size=6521, reference="F0PIC"),
    )


async def test_a_mention_in_blocks_only() -> None:
    blocks = [
        {
            "type": "rich_text",
            "elements": [
                {"type": "rich_text_section", "elements": [{"type": "user", "user_id": "U0BOT"}]},
                {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "x < 1"}]},
            ],
        }
    ]
    assert asked(await made_of(said("", blocks=blocks))).text == "```\nx < 1\n```"


async def test_in_a_thread_the_thread_is_the_conversation() -> None:
    message = asked(await made_of(mention(thread_ts=ROOT)))
    assert message.place.thread == ROOT


async def test_a_mention_alone_is_asked_too() -> None:
    assert asked(await made_of(mention("<@U0BOT>"))).text == ""


@pytest.mark.parametrize(
    ("channel", "known", "visibility"),
    [
        ("C0CHAN", Channel(id="C0CHAN", is_private=False), "public"),
        ("C0CHAN", Channel(id="C0CHAN", is_private=True), "private"),
        ("C0CHAN", None, "private"),
        ("D0DIRECT", None, "direct"),
    ],
)
async def test_who_can_read_a_mention_along(channel: str, known: Channel | None, visibility: str) -> None:
    directory = Known(channels={channel: known} if known else {})
    assert asked(await made_of(mention(channel=channel), known=directory)).place.visibility == visibility


@pytest.mark.parametrize(
    ("kind", "visibility"), [("channel", "public"), ("group", "private"), ("mpim", "private"), ("im", "direct")]
)
async def test_who_can_read_a_message_along(kind: str, visibility: str) -> None:
    assert asked(await made_of(said("<@U0BOT> hi", channel_type=kind))).place.visibility == visibility


async def test_a_direct_message_is_always_a_question() -> None:
    understood = await made_of(direct("hello <@U0LI>"))
    assert asked(understood).place.conversation == "slack/T0TEAM/D0DIRECT/"
    assert isinstance(understood, Asked) and understood.question.delivery["surface"] == "direct"


async def test_in_the_assistant_pane_each_thread_is_a_conversation() -> None:
    understood = await made_of(direct("hello", thread_ts=ROOT, parent_user_id="U0BOT"))
    assert asked(understood).place.conversation == f"slack/T0TEAM/D0DIRECT/{ROOT}"
    assert isinstance(understood, Asked) and understood.question.delivery["surface"] == "assistant"


async def test_channel_text_that_nobody_asked_about_is_ignored() -> None:
    assert await made_of(said("lunch?")) == Ignored("not addressed")
    assert await made_of(said("lunch?"), takes_part=True) == Ignored("not addressed")
    assert await made_of(said("lunch?", thread_ts=ROOT)) == Ignored("not addressed")
    assert await made_of(said("root", thread_ts=TS), takes_part=True) == Ignored("not addressed")


async def test_a_thread_goes_on_without_a_mention() -> None:
    assert asked(await made_of(said("and why?", thread_ts=ROOT), takes_part=True)).text == "and why?"
    broadcast = said("and why?", thread_ts=ROOT, subtype="thread_broadcast", root={"ts": ROOT})
    assert asked(await made_of(broadcast, takes_part=True)).place.thread == ROOT


@pytest.mark.parametrize("text", ["<@U0LI> can you look?", "<!subteam^S1|@ops> look", "<!here> look"])
async def test_what_goes_to_others_in_the_thread_is_left_to_them(text: str) -> None:
    assert await made_of(said(text, thread_ts=ROOT), takes_part=True) == Ignored("to others")


async def test_to_others_and_to_it_is_for_it_too() -> None:
    both = said("<@U0LI> <@U0BOT> look", thread_ts=ROOT)
    assert asked(await made_of(both, takes_part=True)).text == "@李雷 look"


async def test_me_messages_count() -> None:
    assert asked(await made_of(said("wonders, <@U0BOT>", subtype="me_message"))).text == "wonders,"


@pytest.mark.parametrize(
    "more",
    [
        {"subtype": "bot_message", "bot_id": "B0OTHER", "username": "CI", "user": None},
        {"bot_id": "B0OTHER", "bot_profile": {"id": "B0OTHER", "app_id": "A0", "name": "CI"}},
        {"user": "U0BOT"},
        {"user": "USLACKBOT"},
    ],
)
async def test_apps_are_not_answered(more: dict[str, Any]) -> None:
    assert await made_of(said("<@U0BOT> hi", **more)) == Ignored("a bot")
    assert await made_of(mention("<@U0BOT> hi", **more)) == Ignored("a bot")


@pytest.mark.parametrize(
    "subtype",
    [
        "channel_join",
        "channel_topic",
        "group_leave",
        "pinned_item",
        "reminder_add",
        "assistant_app_thread",
        "tombstone",
    ],
)
async def test_notices_are_ignored(subtype: str) -> None:
    assert await made_of(direct("<@U0BOT> has joined", subtype=subtype)) == Ignored("a notice")


@pytest.mark.parametrize(
    "event",
    [{}, {"type": "reaction_added"}, {"type": "message"}, {"type": "message", "channel": "C1"}, said("x", user=None)],
)
async def test_what_is_no_message_is_ignored(event: dict[str, Any]) -> None:
    assert await made_of(event) == Ignored("no message")


def changed(now: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    """A `message_changed` event (https://docs.slack.dev/reference/events/message/message_changed)."""
    inner = {key: value for key, value in now.items() if key not in {"channel", "channel_type", "event_ts"}}
    previous = {key: value for key, value in before.items() if key not in {"channel", "channel_type", "event_ts"}}
    return {
        "type": "message",
        "subtype": "message_changed",
        "message": inner | {"source_team": "T0TEAM", "user_team": "T0TEAM"},
        "previous_message": previous,
        "channel": now["channel"],
        "hidden": True,
        "ts": "1515449600.000100",
        "event_ts": "1515449600.000100",
        "channel_type": now["channel_type"],
    }


EDIT = {"user": "U0ADA", "ts": "1515449600.000000"}


async def test_an_edit_is_the_message_with_its_new_text() -> None:
    before = said("<@U0BOT> wher?", thread_ts=ROOT)
    understood = await made_of(changed({**before, "text": "<@U0BOT> where?", "edited": EDIT}, before))
    assert isinstance(understood, Edited)
    assert (understood.message.id, understood.message.text) == (f"C0CHAN:{TS}", "where?")
    assert understood.message.place.thread == ROOT


async def test_an_edit_that_adds_the_mention_asks() -> None:
    before = said("where?")
    understood = await made_of(changed({**before, "text": "<@U0BOT> where?", "edited": EDIT}, before))
    assert asked(understood).text == "where?"


async def test_a_preview_is_no_edit() -> None:
    before = said("<@U0BOT> see <https://e.org>")
    preview = [{"from_url": "https://e.org", "title": "E", "id": 1}]
    assert await made_of(changed({**before, "attachments": preview}, before)) == Ignored("not edited")
    edited = {**before, "edited": EDIT}
    assert await made_of(changed({**edited, "attachments": preview}, edited)) == Ignored("not edited")


async def test_the_edits_of_its_own_answer_are_ignored() -> None:
    before = said("Looking …", user="U0BOT", bot_id="B0BOT")
    assert await made_of(changed({**before, "text": "Here", "edited": EDIT}, before)) == Ignored("a bot")


def deleted(before: dict[str, Any]) -> dict[str, Any]:
    """A `message_deleted` event (https://docs.slack.dev/reference/events/message/message_deleted)."""
    previous = {key: value for key, value in before.items() if key not in {"channel", "channel_type", "event_ts"}}
    return {
        "type": "message",
        "subtype": "message_deleted",
        "previous_message": previous,
        "channel": before["channel"],
        "hidden": True,
        "deleted_ts": before["ts"],
        "event_ts": "1515449700.000100",
        "ts": "1515449700.000100",
        "channel_type": before["channel_type"],
    }


async def test_a_deletion_names_the_message_and_its_conversation() -> None:
    assert await made_of(deleted(said("x"))) == Deleted(f"slack/T0TEAM/C0CHAN/{TS}", f"C0CHAN:{TS}")
    reply = said("x", thread_ts=ROOT)
    assert await made_of(deleted(reply)) == Deleted(f"slack/T0TEAM/C0CHAN/{ROOT}", f"C0CHAN:{TS}")
    assert await made_of(deleted(direct("x"))) == Deleted("slack/T0TEAM/D0DIRECT/", f"D0DIRECT:{TS}")
    assert await made_of(deleted(said("x", bot_id="B0BOT"))) == Ignored("a bot")


async def test_the_deleted_root_of_a_thread_leaves_a_tombstone() -> None:
    before = said("<@U0BOT> x", thread_ts=TS, reply_count=2)
    gone = {**before, "subtype": "tombstone", "text": "This message was deleted.", "user": "USLACKBOT"}
    assert await made_of(changed(gone, before)) == Deleted(f"slack/T0TEAM/C0CHAN/{TS}", f"C0CHAN:{TS}")


async def test_files_that_slack_does_not_describe_are_kept_by_their_id() -> None:
    foreign = {"id": "F0FOR", "mode": "file_access", "file_access": "check_file_info", "created": 0, "timestamp": 0}
    photo = PICTURE | {"id": "F0HEIC", "name": "IMG_1.HEIC", "mimetype": "application/octet-stream"}
    drive = PICTURE | {"id": "F0DRIVE", "is_external": True, "mode": "external", "url_private": "https://drive.example"}
    message = said("<@U0BOT> look", subtype="file_share", files=[foreign, photo, photo, drive])
    understood = await made_of(message)
    assert isinstance(understood, Asked)
    files = understood.question.message.attachments
    assert [(file.reference, file.media_type) for file in files] == [
        ("F0FOR", ""),
        ("F0HEIC", "image/heic"),
        ("F0DRIVE", "image/png"),
    ]
    assert understood.question.delivery["files"] == {"F0HEIC": PICTURE["url_private"]}


async def test_a_shared_message_brings_its_picture() -> None:
    shared = [{"is_share": True, "is_msg_unfurl": True, "author_name": "Li", "text": "see", "files": [PICTURE]}]
    message = asked(await made_of(direct("what is it?", attachments=shared)))
    assert message.text == "what is it?\n\n> Li:\n> see"
    assert [file.reference for file in message.attachments] == ["F0PIC"]


@pytest.mark.parametrize(
    ("more", "standing"),
    [
        ({}, "member"),
        ({"is_admin": True, "is_owner": True}, "member"),
        ({"is_restricted": True}, "guest"),
        ({"is_restricted": True, "is_ultra_restricted": True}, "guest"),
        ({"is_invited_user": True}, "guest"),
        ({"team_id": "T0OTHER"}, "stranger"),
        ({"is_stranger": True}, "stranger"),
        ({"deleted": True, "is_restricted": True}, "gone"),
        ({"is_bot": True}, "bot"),
        ({"id": "USLACKBOT"}, "bot"),
        ({"team_id": "T0OTHER", "enterprise_user": {"teams": ["T0OTHER", "T0TEAM"]}}, "member"),
        ({"team_id": "T0OTHER", "enterprise_user": {"teams": ["T0OTHER"]}}, "stranger"),
    ],
)
def test_what_somebody_is_in_a_workspace(more: dict[str, Any], standing: Standing) -> None:
    user = {"id": "U0ADA", "team_id": "T0TEAM", "deleted": False, "is_restricted": False, "is_bot": False} | more
    assert standing_of(user, BOT) == standing


def test_a_person_is_called_as_they_want_to_be() -> None:
    profile = {"display_name": "", "real_name": "Ada Lovelace"}
    user = {"id": "U0ADA", "team_id": "T0TEAM", "name": "ada", "locale": "zh-CN", "profile": profile}
    assert as_person(user, "U0ADA", BOT) == Person("U0ADA", "Ada Lovelace", "zh-CN", "member")


def test_a_channel_is_private_where_slack_does_not_say() -> None:
    assert as_channel({}, "C1").is_private
    assert not as_channel({"is_channel": True, "is_private": False, "name": "general"}, "C1").is_private
    assert as_channel({"is_private": False, "is_mpim": True}, "C1").is_private
    assert as_channel({"is_private": False, "is_ext_shared": True}, "C1").is_foreign
