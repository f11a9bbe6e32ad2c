"""The tiny model, trained once and kept under `.cache/` until its recipe changes."""

import ast
import fcntl
import hashlib
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from core.prompting import brief_question
from core.training.request import Adaptation, TrainingRequest

ROOT = Path(__file__).parents[2]
CACHE = ROOT / ".cache" / "tiny_vlm"
CONFIG = Path(__file__).with_name("config.toml")
LESSONS = "tests.tiny_vlm.lessons:Scenes"
_RECIPE = (
    *(f"core/training/{name}.py" for name in ("building", "lessons", "naming", "packing", "prompts", "scratch")),
    *(f"core/training/{name}.py" for name in ("scratch_config", "word_tokenizer")),
    *(f"tests/tiny_vlm/{name}.py" for name in ("lessons", "questions", "scenes")),
)


def folder_of(seed: int = 0) -> Path:
    """Where the model of this recipe is kept; another recipe, another folder."""
    digest = hashlib.sha256(CONFIG.read_bytes())
    for file in _RECIPE:
        digest.update(_code(ROOT / file).encode())
    digest.update(brief_question("passage", "question").encode())
    digest.update(f"{version('torch')} {version('transformers')}".encode())
    return CACHE / f"{digest.hexdigest()[:16]}-{seed}"


def _code(file: Path) -> str:
    """What a file does; its comments and docstrings don't matter."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [one for one in body if not _is_text(one)]  # type: ignore[attr-defined]
    return ast.dump(tree)


def _is_text(node: object) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


class Training:
    """A process that trains the model, or finds it there, beside the tests; on one thread, and giving way to them."""

    def __init__(self, seed: int = 0) -> None:
        self._folder = folder_of(seed)
        self._process: subprocess.Popen[str] | None = None
        if not _is_there(self._folder):
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.tiny_vlm.trained", str(seed)],
                cwd=ROOT,
                env={**os.environ, "OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"},
                preexec_fn=_give_way,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )

    def wait(self) -> Path:
        """The model's folder, as soon as it is there."""
        if self._process is not None:
            said, _ = self._process.communicate()
            if self._process.returncode:
                raise RuntimeError(f"The tiny model could not be trained:\n{said[-4000:]}")
            self._process = None
        return self._folder

    def stop(self) -> None:
        """End it; the next run goes on from its last checkpoint."""
        if self._process is not None:
            self._process.terminate()
            self._process.communicate()
            self._process = None


def _give_way() -> None:
    os.nice(5)


def train_once(seed: int) -> None:
    """Train the model unless it is there. Whoever comes second waits for the first, also from another process."""
    from core.training.progress import Unwatched
    from core.training.run import train

    folder = folder_of(seed)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _is_there(folder):
            request = TrainingRequest(
                data=LESSONS,
                out=folder,
                config=CONFIG,
                adaptation=Adaptation(seed=seed),
                resume=True,
                device="cpu",
                licence="Apache-2.0",
                command=f"lorelens train {LESSONS} --from-scratch {CONFIG.relative_to(ROOT)} --out DIR --seed {seed}",
            )
            train(request, Unwatched())


def _is_there(folder: Path) -> bool:
    return (folder / "config.json").is_file()


if __name__ == "__main__":
    train_once(int(sys.argv[1]))
