"""Numbers, times and names as the page says them, in both languages."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from bots.web.quality.spans import Period
from bots.web.visitors import Language

_PLATFORMS = {"web": "Web", "slack": "Slack", "discord": "Discord"}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def number(value: float) -> str:
    """A count; an average with one place."""
    return f"{value:,.0f}" if value == round(value) else f"{value:,.1f}"


def brief_number(value: float) -> str:
    """A count along an axis: 1.5k, 2M."""
    for power, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= power:
            return f"{value / power:.3g}{unit}"
    return number(value)


def percent(value: float) -> str:
    """A share (0 to 1)."""
    whole = round(100 * value, 6)
    return f"{whole:.0f}%" if whole in (0, 100) or 10 <= whole < 99.5 else f"{min(whole, 99.9):.1f}%"


def share(part: float, whole: float) -> str:
    """A part of a whole; a dash where there is nothing."""
    return percent(part / whole) if whole else "–"


def seconds(value: float) -> str:
    """A time that somebody waits."""
    if value >= 120:
        return f"{value / 60:.0f} min"
    if value >= 10 or value == round(value):
        return f"{value:.0f} s"
    return f"{value:.1f} s" if value >= 1 else f"{value:.2g} s" if value >= 0.1 else f"{1000 * value:.0f} ms"


def change(now: float, before: float) -> str:
    """How much more or less than before; empty where there was nothing, or nothing changed."""
    if not before or now == before:
        return ""
    grown = now / before - 1
    if grown >= 3:
        return f"×{now / before:.0f}"
    return f"{'+' if grown > 0 else '−'}{abs(grown):.0%}"


def points(now: float, before: float) -> str:
    """How many percentage points more or less than before; empty where that rounds to none."""
    grown = round(100 * (now - before), 1)
    return f"{'+' if grown > 0 else '−'}{abs(grown):g}" if grown else ""


def day(at: datetime, language: Language) -> str:
    """A day, in UTC."""
    at = at.astimezone(UTC)
    return f"{at.month}月{at.day}日" if language == "zh" else f"{_MONTHS[at.month - 1]} {at.day}"


def moment(at: datetime, language: Language) -> str:
    """A day and a time, in UTC."""
    return f"{day(at, language)} {at.astimezone(UTC):%H:%M}"


def period(one: Period, language: Language) -> str:
    """A period, below a chart: the hour that it began, the day, or when the days began."""
    length = one.end - one.start
    if length <= timedelta(hours=1):
        return f"{one.start:%H:%M}"
    return moment(one.start, language) if length < timedelta(days=1) else day(one.start, language)


def ago(at: datetime, now: datetime, words: Mapping[str, str]) -> str:
    """How long ago something was."""
    minutes = max(0.0, (now - at).total_seconds() / 60)
    for length, name in ((1440, "days_ago"), (60, "hours_ago"), (1, "minutes_ago")):
        if minutes >= length:
            many = int(minutes // length)
            return words[name if many > 1 else f"{name}_one"].format(count=many)
    return words["just_now"]


def platform(name: str) -> str:
    """A platform's name."""
    return _PLATFORMS.get(name, name)
