"""Every message gets exactly one answer or a reason, in order, whatever is killed, paused, cut or refused meanwhile.

A quarter of the load that `python -m tests.bench mailbox_faults` puts on, under the same faults.
"""

from pathlib import Path

import pytest

from tests.faults.mailbox_faults import FAULTS
from tests.faults.mailbox_run import Fault, Load, measured

pytestmark = pytest.mark.fault
LOAD = Load(conversations=50, pause=0.4)
QUICKLY = 2.5
"""Seconds within which a platform is told that its message could not be taken."""


def _name(fault: Fault) -> str:
    return f"{fault.name}, {fault.mode}"


@pytest.mark.parametrize("fault", FAULTS, ids=_name)
async def test_every_message_has_one_answer_or_reason(fault: Fault, tmp_path: Path) -> None:
    figures = await measured(tmp_path, LOAD, fault)

    assert figures.failures() == {}
    assert figures.sent > figures.messages == LOAD.messages
    assert figures.accepted <= figures.messages
    assert figures.slowest_refusal < QUICKLY
    assert figures.struck >= fault.strikes_at_least
    assert figures.takeovers > 0 or not fault.is_taken_over
    assert bool(figures.dead_letters) == bool(fault.marks)
