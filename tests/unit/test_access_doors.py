"""Every door to the knowledge is on a list: who reads the index or its pictures past `core.knowledge.access`, and why.

A module that is new here and fails this test should ask `Application.access()` instead; where it can't, it gets a line
below that says why nobody sees through it what they may not see.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
INDEXES = {"KnowledgeIndex", "LanceIndex", "WeaviateIndex", "PictureFiles", "open_index"}
MAKES = {"index", "open_index"}
"""Methods of `Application` that give the index away."""

WRITES = "writes the index; nothing of it is shown"
OPERATOR = "for whoever runs Lorelens, who has the data folder"
BY_HASH = "bytes of a picture, by a hash that stands in a reply or an evidence which was looked at before"
DOORS = {
    "bots/access.py": OPERATOR,
    "bots/ask.py": OPERATOR,
    "bots/chat.py": OPERATOR,
    "bots/demo.py": OPERATOR,
    "bots/discord/platform.py": BY_HASH,
    "bots/doctor.py": OPERATOR,
    "bots/index.py": OPERATOR,
    "bots/knowledge.py": OPERATOR,
    "bots/saved_notes.py": BY_HASH,
    "bots/search.py": OPERATOR,
    "bots/serve_worker.py": "asks whether the index is there",
    "bots/slack/platform.py": BY_HASH,
    "bots/sources.py": OPERATOR,
    "bots/web/seen_pictures.py": "bytes of a picture that `access()` shows to whoever asks, or that is their own",
    "bots/web/knowledge/changing.py": "forgets a source, or changes who may see it; nothing of it is shown",
    "bots/web/knowledge/forgetting.py": "takes a document out; nothing of it is shown",
    "core/application.py": "opens both, and gives searches `access()`",
    "core/knowledge/access.py": "the door itself",
    "core/knowledge/access_report.py": OPERATOR,
    "core/knowledge/caption_ingest.py": WRITES,
    "core/knowledge/copying.py": "copies one index into another; nothing of it is shown",
    "core/knowledge/document_intake.py": WRITES,
    "core/knowledge/index.py": "the seam",
    "core/knowledge/ingest.py": WRITES,
    "core/knowledge/lance.py": "an index",
    "core/knowledge/late_interaction.py": "compares pictures that were found for the same audience; shows no others",
    "core/knowledge/opening.py": "opens the index that the settings name",
    "core/knowledge/picture_files.py": "the files",
    "core/knowledge/picture_ingest.py": WRITES,
    "core/knowledge/picture_vectors.py": WRITES,
    "core/knowledge/saved.py": WRITES,
    "core/knowledge/sources.py": WRITES,
    "core/sources/channels/follower.py": WRITES,
    "core/sources/syncing.py": WRITES,
}


def test_nobody_reads_the_knowledge_past_the_one_door() -> None:
    found = {path for path in _modules() if any(_reads(ast.parse((ROOT / path).read_text("utf-8"))))}
    unheard_of = {path for path in found - set(DOORS) if not path.startswith("core/knowledge/weaviate")}
    assert not unheard_of, f"these read the index or its pictures past core.knowledge.access: {sorted(unheard_of)}"


def test_a_module_that_opens_the_index_by_itself_is_found() -> None:
    for code in (
        "from core.knowledge.index import Hit, KnowledgeIndex",
        "from core.knowledge.picture_files import PictureFiles",
        "async def show(application):\n    return await (await application.index()).passages('a', 'b')",
        "async def show(desk, sha256):\n    return desk.application.pictures.get(sha256)",
        "import core.knowledge.lance",
    ):
        assert any(_reads(ast.parse(code))), code
    assert not any(_reads(ast.parse("async def show(application):\n    return await application.access()")))


def _modules() -> Iterator[str]:
    for folder in ("adapters", "bots", "core"):
        for file in (ROOT / folder).rglob("*.py"):
            yield file.relative_to(ROOT).as_posix()


def _reads(tree: ast.AST) -> Iterator[str]:
    """What in a module takes hold of the index or of the files of pictures."""
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(names=names) if INDEXES & {one.name for one in names}:
                yield ast.unparse(node)
            case ast.Import(names=names) if any(one.name.startswith("core.knowledge.lance") for one in names):
                yield ast.unparse(node)
            case ast.Call(func=ast.Attribute(value=holder, attr=name)) if name in MAKES and _is_application(holder):
                yield ast.unparse(node)
            case ast.Attribute(value=holder, attr="pictures") if _is_application(holder):
                yield ast.unparse(node)
            case ast.Attribute(value=ast.Name(id="reader") | ast.Attribute(attr="reader"), attr="index" | "pictures"):
                yield ast.unparse(node)
            case _:
                pass


def _is_application(node: ast.expr) -> bool:
    """Whether an expression is the running application by its name: `application`, `desk.application`."""
    name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
    return name.strip("_") == "application"
