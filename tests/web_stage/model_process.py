"""`python -m tests.web_stage.model_process PACE TEXT`: the served model in a process of its own.

It takes no time from who is measured. It says its URL in a line, and ends when its standard input does.
"""

import sys

from tests.scenario.openai_server import Say, model_server


def main(pace: str, text: str) -> None:
    """Serve until there is nothing more to read."""
    with model_server([Say(text, pace=float(pace))]) as server:
        print(server.url, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main(*sys.argv[1:])
