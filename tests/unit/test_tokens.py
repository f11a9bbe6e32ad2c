"""What a text is estimated to cost."""

import pytest

from core.tokens import estimate_tokens


@pytest.mark.parametrize(
    ("text", "fewest", "most"),
    [
        ("", 0, 0),
        ("The deployment failed because the certificate had expired.", 9, 14),
        ("证书已过期，因此部署失败。", 9, 14),
        ("Сертификат просрочен, поэтому развертывание не удалось.", 12, 32),
        ("انتهت صلاحية الشهادة", 6, 14),
        ("2026-11-23 16:55", 6, 11),
        ("🙂🙂🙂", 1, 9),
        ("=" * 80, 1, 21),
    ],
)
def test_every_script_costs_about_what_models_charge(text: str, fewest: int, most: int) -> None:
    assert fewest <= estimate_tokens(text) <= most


def test_chinese_costs_as_much_as_the_same_thing_in_english() -> None:
    english = estimate_tokens("Please restart the gateway before you roll back the release.")
    chinese = estimate_tokens("回滚版本之前，请先重启网关。")
    assert 0.6 < chinese / english < 1.6
