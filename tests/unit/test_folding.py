"""Near-duplicates: the same words are shown once, and nothing that differs where it matters is lost."""

from core.knowledge.documents import Passage
from core.knowledge.folding import fold
from core.knowledge.index import Hit
from core.messages import EVERYONE

RULE = (
    "A rollback takes four minutes and needs no approval. Whoever is on call starts it from the deploy page, names the "
    "release to go back to, and tells the channel of the team that owns the service what was undone and why it was."
)


def hit(path: str, text: str, score: float, audience: tuple[str, ...] = (EVERYONE,)) -> Hit:
    return Hit(passage=Passage(id=path, source="docs", path=path, text=text, audience=audience), score=score)


def test_a_copy_is_shown_once_and_its_place_is_known() -> None:
    (shown,) = fold([hit("deploy.md", RULE, 0.5), hit("old/deploy.md", RULE.replace(". ", ".\n\n"), 0.4)])
    assert shown.passage.path == "deploy.md"
    assert shown.also_in == ("old/deploy.md",)
    assert abs(shown.score - 0.9) < 1e-9


def test_versions_that_differ_in_a_number_or_a_negation_are_all_shown() -> None:
    long = RULE * 3
    others = [
        long + " Wait 5 minutes.",
        long + " Wait 10 minutes.",
        long + " It is logged.",
        long + " It is not logged.",
    ]
    assert len(fold([hit(f"{at}.md", text, 0.25) for at, text in enumerate(others)])) == 4
    chinese = "回滚需要四分钟，由值班人员在部署页面开始，并在团队频道里说明撤销了什么以及原因。" * 3
    assert len(fold([hit("a.md", chinese + "需要审批。", 0.5), hit("b.md", chinese + "不需要审批。", 0.5)])) == 2


def test_copies_that_different_people_may_see_are_not_folded() -> None:
    assert len(fold([hit("a.md", RULE, 0.5), hit("b.md", RULE, 0.5, ("slack:T1:channel:C1",))])) == 2
