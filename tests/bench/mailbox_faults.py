"""Every message gets exactly one answer or a reason: counted under each fault that the mailbox is to survive."""

import tempfile
from pathlib import Path

from tests.bench.tables import Table
from tests.faults.mailbox_faults import FAULTS
from tests.faults.mailbox_run import Load, measured

LOAD = Load()
COLUMNS = (
    "fault",
    "platform",
    "struck",
    "messages",
    "sent",
    "replies",
    "lost",
    "doubled",
    "order broken",
    "wrong text",
    "reasons",
    "dead letters",
    "takeovers",
    "seconds",
)


async def measure(data: Path) -> list[Table]:
    """Each fault with real processes on this machine; `data` is not needed."""
    rows: list[list[str | int]] = []
    for fault in FAULTS:
        with tempfile.TemporaryDirectory() as place:
            one = await measured(Path(place), LOAD, fault)
        rows.append(
            [
                one.fault,
                one.mode,
                one.struck,
                one.messages,
                one.sent,
                one.replies,
                one.lost,
                one.doubled,
                one.disordered,
                one.wrong,
                one.reasons,
                one.dead_letters,
                one.takeovers,
                round(one.seconds),
            ]
        )
    note = (
        "`sent` counts what was sent again on purpose; messages that arrive while one is answered are answered "
        "together, so there are fewer replies. `platform`: with `nonce` it dedupes posts as Discord does, with "
        "`metadata` it can only be asked for what carries a key, as Slack. `reasons` are posted where handlers were "
        "told to fail."
    )
    title = f"{LOAD.messages} messages in {LOAD.conversations} conversations under each fault"
    return [Table(title, COLUMNS, rows, note)]
