"""Secrets at rest: only who has a key reads them, and only where they were put."""

import pytest

from core.errors import SettingsError
from core.sealing import Seal, new_key

FIRST, SECOND, THIRD = new_key(), new_key(), new_key()


def test_what_was_sealed_opens_with_the_same_key_and_shows_nothing() -> None:
    sealed = Seal(FIRST).close(b"xoxb-1", "T1/bot")
    opened = Seal(FIRST).open(sealed, "T1/bot")
    assert (opened.secret, opened.outdated) == (b"xoxb-1", False)
    assert b"xoxb" not in sealed
    assert "xoxb" not in repr(opened)


def test_the_first_key_seals_and_every_key_opens() -> None:
    sealed = Seal(FIRST).close(b"secret", "T1/bot")
    rotated = Seal(f" {SECOND} , {THIRD},{FIRST}")
    opened = rotated.open(sealed, "T1/bot")
    assert (opened.secret, opened.outdated) == (b"secret", True)
    assert not Seal(SECOND).open(rotated.close(b"secret", "T1/bot"), "T1/bot").outdated


def test_without_the_key_the_operator_is_told_what_to_do() -> None:
    sealed = Seal(FIRST).close(b"secret", "T1/bot")
    for keys in (SECOND, f"{SECOND},{THIRD}"):
        with pytest.raises(SettingsError, match="opens what is kept as T1/bot") as refused:
            Seal(keys).open(sealed, "T1/bot")
        assert "behind the new one" in refused.value.hint


def test_a_record_that_was_copied_to_another_place_does_not_open() -> None:
    sealed = Seal(FIRST).close(b"secret", "T1/bot")
    with pytest.raises(SettingsError, match="sealed for another place"):
        Seal(FIRST).open(sealed, "T2/bot")


def test_a_record_that_was_changed_does_not_open() -> None:
    sealed = Seal(FIRST).close(b"secret", "T1/bot")
    with pytest.raises(SettingsError):
        Seal(FIRST).open(sealed[:-4] + b"AAA=", "T1/bot")


@pytest.mark.parametrize(
    "keys", ["", " , ", "secret", FIRST[:-2], f"{FIRST},short"], ids=["none", "blank", "a word", "cut", "one short"]
)
def test_a_key_that_is_none_is_refused_without_showing_it(keys: str) -> None:
    with pytest.raises(SettingsError) as refused:
        Seal(keys)
    assert "lorelens doctor slack --new-key" in refused.value.hint
    assert "short" not in str(refused.value)
    assert FIRST[:-2] not in str(refused.value)
