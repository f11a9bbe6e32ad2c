"""The events of a reply add up to it, from wherever a program left off."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.web.board import Shown, compacted
from bots.web.api.events import Cursor, Event, following
from core.messages import Picture
from core.reply import Citation, Failure, Finished, ReplyPart, ShownPicture, Status, Text

PICTURE = Picture(sha256="a" * 64, media_type="image/png", width=1, height=1)
PARTS = st.one_of(
    st.builds(Status, stage=st.sampled_from(["thinking", "searching", "writing"])),
    st.builds(Text, text=st.text(max_size=6)),
    st.builds(Citation, number=st.integers(1, 3), source=st.just("a.md"), quote=st.just("q")),
    st.just(ShownPicture(picture=PICTURE, source="a.pdf")),
    st.just(Failure(code="model", message="It is away.")),
)


class Program:
    """What a program makes of the events."""

    def __init__(self) -> None:
        self.said: list[Any] = []
        self.last_id = ""

    def hear(self, events: list[Event]) -> None:
        for event in events:
            if event.name == "restart":
                self.said = []
            elif event.name != "status":
                self.add(event)
            self.last_id = event.cursor.id

    def add(self, event: Event) -> None:
        data = event.data.model_dump(mode="json", exclude={"kind", "url"})
        if event.name == "text" and self.said and self.said[-1][0] == "text":
            self.said[-1] = ("text", {"text": self.said[-1][1]["text"] + data["text"]})
        else:
            self.said.append((event.name, data))


def whole(parts: tuple[ReplyPart, ...]) -> list[Any]:
    lasting = [one for one in parts if not isinstance(one, Status) and one != Text(text="")]
    return [(one.kind, one.model_dump(mode="json", exclude={"kind", "url"})) for one in lasting]


@settings(deadline=None)
@given(st.lists(PARTS, max_size=12), st.lists(st.booleans(), min_size=13, max_size=13))
def test_a_program_that_connects_again_at_any_time_has_the_whole_reply(
    parts: list[ReplyPart], again: list[bool]
) -> None:
    program, cursor = Program(), Cursor()
    parts = [*parts, Finished()]
    for seen in range(1, len(parts) + 1):
        shown = Shown(question="q", attempt="0" * 16, revision=seen, parts=compacted(parts[:seen]))
        if again[seen - 1]:
            cursor = Cursor.read(program.last_id)
        events = list(following(shown, cursor, "t"))
        program.hear(events)
        cursor = events[-1].cursor if events else cursor
    assert program.said == whole(compacted(parts))


def test_an_answer_that_begins_anew_says_so() -> None:
    old = Shown(question="q", attempt="0" * 16, parts=(Text(text="The valve"),))
    (said,) = list(following(old, Cursor(), "t"))
    new = Shown(question="q", attempt="1" * 16, parts=(Text(text="The pump"), Finished()))
    assert [one.name for one in following(new, said.cursor, "t")] == ["restart", "text", "finished"]


def test_what_is_no_cursor_of_this_reply_begins_anew() -> None:
    shown = Shown(question="q", attempt="0" * 16, parts=(Text(text="The pump"), Finished()))
    for one in ("", "nonsense", "0" * 16 + ".0.9", "0" * 16 + ".7.0", "0" * 16 + ".1.3", "0" * 16 + ".-1.0"):
        assert "text" in [event.name for event in following(shown, Cursor.read(one), "t")], one
