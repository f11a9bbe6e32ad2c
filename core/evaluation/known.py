"""Which of the documents that questions expect are in the knowledge, for those whose answers are measured."""

from collections.abc import Sequence

from core.evaluation.questions import EvaluationQuestion
from core.knowledge.access import KnowledgeAccess


async def unknown_documents(
    questions: Sequence[EvaluationQuestion], access: KnowledgeAccess, sources: Sequence[str], audience: tuple[str, ...]
) -> dict[str, list[int]]:
    """The documents of which this audience sees nothing, each with the lines of the questions that expect it.

    They count as not found. Raises `IndexUnavailableError`.
    """
    lines: dict[str, list[int]] = {}
    for question in questions:
        for name in question.documents:
            lines.setdefault(name, []).append(question.line)
    return {name: of_it for name, of_it in lines.items() if not await _is_known(name, access, sources, audience)}


async def _is_known(name: str, access: KnowledgeAccess, sources: Sequence[str], audience: tuple[str, ...]) -> bool:
    for source in sources:
        paths = [name, *([name.removeprefix(f"{source}/")] if name.startswith(f"{source}/") else [])]
        for path in paths:
            if await access.passages(source, path, audience):
                return True
    return False
