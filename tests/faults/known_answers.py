"""What is asked while everything goes wrong, what answers it, and what says why it could not be answered."""

from tests.scenario.served_team import ERROR, ROLLBACK

KNOWN = {
    "How long does a rollback take? (case %s)": ROLLBACK,
    "What does ERR-4031 mean? (case %s)": ERROR,
    "每年有多少天带薪休假？(案例 %s)": "二十五天",
}
"""Questions, each with a number of its own, and what has to stand in their answers."""
REASONS = (
    "can't answer right now",
    "Something went wrong",
    "I could not answer this",
    "无法回答",
    "我没能回答",
    "出错",
    "Slack ",
)


def is_reason(text: str) -> bool:
    """Whether it says why there is no answer."""
    return any(one in text for one in REASONS)
