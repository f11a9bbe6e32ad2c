"""The "screenshots" of the handbook, and the one that comes with a question."""

from collections.abc import Sequence

from demo.canvas import AMBER, BLUE, GREEN, GROUND, INK, LINE, MUTED, PAPER, RED, TEAL, TINTS, Canvas

NAVY = "#0f2a43"


def settings_webhooks() -> Canvas:
    """The settings page of the console, section Webhooks."""
    canvas = Canvas(1200, 760)
    _window(canvas, "console.wrenpost.example/settings/webhooks")
    _menu(canvas, ["Search", "Reports", "Carriers", "Settings"], "Settings")
    canvas.text((270, 84), "Settings", 26, INK, bold=True)
    for left, tab in ((270, "General"), (370, "API keys"), (480, "Webhooks"), (600, "Flags"), (685, "Team")):
        width = canvas.text((left, 134), tab, 17, BLUE if tab == "Webhooks" else MUTED, bold=tab == "Webhooks")
        if tab == "Webhooks":
            canvas.path([(left, 164), (left + width, 164)], BLUE, 3)
    canvas.path([(270, 166), (1160, 166)], LINE, 1)
    canvas.box((270, 190, 1160, 650), PAPER, LINE, shadow=True)
    _field(canvas, 300, 215, 830, "Endpoint URL", "https://shop.example/hooks/wrenpost")
    _field(canvas, 300, 305, 400, "Signing secret", "whsec_************7f3c")
    canvas.button((720, 330, 880, 372), "Rotate secret")
    canvas.text((900, 351), "rotated 12 May 2026", 15, MUTED, anchor="lm")
    canvas.text((300, 396), "Events", 15, MUTED, bold=True)
    for number, event in enumerate(("parcel.created", "parcel.delayed", "parcel.exception", "parcel.delivered")):
        left = 300 + number * 205
        canvas.box((left, 424, left + 22, 446), BLUE, None, radius=5)
        canvas.path([(left + 5, 435), (left + 10, 440), (left + 17, 430)], PAPER, 2.4)
        canvas.text((left + 32, 435), event, 16, INK, anchor="lm")
    _field(canvas, 300, 470, 250, "Retries", "for 72 hours")
    _field(canvas, 580, 470, 250, "Timeout", "8 seconds")
    canvas.box((870, 500, 918, 526), GREEN, None, radius=13)
    canvas.dot((905, 513), 10, PAPER)
    canvas.text((930, 513), "Delivery log", 16, INK, anchor="lm")
    canvas.button((300, 582, 470, 626), "Send test event")
    canvas.button((490, 582, 720, 626), "Replay failed deliveries")
    canvas.button((980, 582, 1130, 626), "Save changes", fill=BLUE, colour=PAPER)
    canvas.pill((270, 695), "Last delivery: 200 OK, 0.4 s", GREEN)
    return canvas


def error_feed_stalled() -> Canvas:
    """An error dialog of the operations console."""
    return _error(
        "ops.wrenpost.example/carriers/nordvan",
        "ERR-5020",
        "carrier feed stalled",
        ["No scans from carrier NORDVAN for 47 minutes.", "Last scan: 2026-09-22 10:13 CEST."],
        ("Retry feed", "Open runbook"),
    )


def webhook_error() -> Canvas:
    """The error dialog that comes with a question; it is not in the handbook."""
    return _error(
        "console.wrenpost.example/settings/webhooks",
        "ERR-4031",
        "webhook signature mismatch",
        ["https://shop.example/hooks/wrenpost answered 401.", "17 deliveries failed since 09:42."],
        ("Dismiss", "Show deliveries"),
    )


def dashboard() -> Canvas:
    """The operations dashboard."""
    canvas = Canvas(1200, 740)
    _window(canvas, "ops.wrenpost.example")
    canvas.text((40, 84), "Operations", 26, INK, bold=True)
    canvas.pill((200, 99), "Tracking normal", GREEN)
    canvas.text((1160, 99), "22 September 2026, 14:05 CEST", 15, MUTED, anchor="rm")
    tiles = [
        ("Scans per minute", "4,812", "+6 % to last week", GREEN),
        ("Webhook success", "99.7 %", "target 99.5 %", GREEN),
        ("Event log lag", "3 s", "alert above 120 s", GREEN),
        ("Open incidents", "1", "severity 3", AMBER),
    ]
    for number, (name, value, note, colour) in enumerate(tiles):
        left = 40 + number * 284
        canvas.box((left, 135, left + 268, 275), PAPER, LINE, shadow=True)
        canvas.text((left + 20, 152), name, 16, MUTED)
        canvas.text((left + 20, 182), value, 38, INK, bold=True)
        canvas.dot((left + 26, 252), 5, colour)
        canvas.text((left + 40, 252), note, 15, colour, anchor="lm")
    canvas.box((40, 305, 760, 700), PAPER, LINE, shadow=True)
    canvas.text((64, 324), "Scans per minute, today", 18, INK, bold=True)
    values = [900, 700, 600, 650, 900, 1500, 2600, 3600, 4300, 4700, 5100, 5000, 4600, 4812]
    points = [(120 + number * 46, 640 - value / 5600 * 240) for number, value in enumerate(values)]
    for value in (0, 2000, 4000):
        y = 640 - value / 5600 * 240
        canvas.path([(110, y), (735, y)], LINE, 1)
        canvas.text((102, y), f"{value:,}", 14, MUTED, anchor="rm")
    canvas.polygon([(points[0][0], 640), *points, (points[-1][0], 640)], TINTS[BLUE])
    canvas.path(points, BLUE, 3)
    for hour in range(0, 14, 3):
        canvas.text((120 + hour * 46, 664), f"{hour:02}:00", 14, MUTED, anchor="mm")
    _carriers(canvas)
    return canvas


def _carriers(canvas: Canvas) -> None:
    canvas.box((790, 305, 1160, 700), PAPER, LINE, shadow=True)
    canvas.text((814, 324), "Carriers", 18, INK, bold=True)
    rows = [
        ("BLUEPARCEL", "ok", GREEN),
        ("KURIER24", "ok", GREEN),
        ("NORDVAN", "slow: 12 min", AMBER),
        ("PACKETEER", "ok", GREEN),
        ("SFLINE", "ok", GREEN),
        ("ZOOMPOST", "ok", GREEN),
    ]
    for number, (carrier, state, colour) in enumerate(rows):
        y = 386 + number * 52
        canvas.text((814, y), carrier, 16, INK, anchor="lm")
        canvas.pill((1020, y), state, colour)
        if number:
            canvas.path([(814, y - 26), (1136, y - 26)], LINE, 1)


def _error(url: str, code: str, name: str, lines: Sequence[str], buttons: tuple[str, str]) -> Canvas:
    canvas = Canvas(1000, 560, "#e2e8f0")
    _window(canvas, url)
    canvas.box((150, 130, 850, 480), PAPER, LINE, radius=14, shadow=True)
    canvas.dot((212, 200), 28, RED)
    canvas.text((212, 200), "!", 34, PAPER, anchor="mm", bold=True)
    canvas.text((262, 172), code, 26, RED, bold=True)
    canvas.text((262, 208), name, 20, INK, bold=True)
    canvas.lines((262, 262), lines, 17)
    canvas.path([(150, 390), (850, 390)], LINE, 1)
    canvas.button((470, 412, 630, 458), buttons[0])
    canvas.button((646, 412, 820, 458), buttons[1], fill=BLUE, colour=PAPER)
    return canvas


def _window(canvas: Canvas, url: str) -> None:
    width = canvas.size[0]
    canvas.box((0, 0, width, 52), NAVY, None, radius=0)
    for number, colour in enumerate(("#f87171", "#fbbf24", "#4ade80")):
        canvas.dot((26 + number * 22, 26), 7, colour)
    canvas.box((110, 11, width - 110, 41), "#1d3d5c", None, radius=8)
    canvas.text((128, 26), url, 15, "#dbe7f3", anchor="lm")


def _menu(canvas: Canvas, entries: Sequence[str], chosen: str) -> None:
    canvas.box((0, 52, 230, canvas.size[1]), "#eaf0f6", None, radius=0)
    canvas.text((28, 78), "Wrenpost", 22, TEAL, bold=True)
    for number, entry in enumerate(entries):
        top = 130 + number * 50
        if entry == chosen:
            canvas.box((14, top, 216, top + 40), PAPER, None, radius=8)
        canvas.text((34, top + 20), entry, 17, BLUE if entry == chosen else INK, anchor="lm", bold=entry == chosen)


def _field(canvas: Canvas, left: float, top: float, width: float, label: str, value: str) -> None:
    canvas.text((left, top), label, 15, MUTED, bold=True)
    canvas.box((left, top + 25, left + width, top + 67), GROUND, LINE, radius=7)
    canvas.text((left + 14, top + 46), value, 17, INK, anchor="lm")
