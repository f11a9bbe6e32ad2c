"""`python -m tests.tiny_vlm FOLDER`: write the examples that docs/training.md fine-tunes the tiny model on."""

import sys
from pathlib import Path

from tests.tiny_vlm.dataset import write_new_colour, write_replay

if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    for file in (write_new_colour(Path(sys.argv[1])), write_replay(Path(sys.argv[1]))):
        print(file)
