"""The diagrams, charts and the floor plan of the handbook."""

from collections.abc import Sequence

from demo.canvas import AMBER, BLUE, GREEN, GROUND, INK, LINE, MUTED, PAPER, RED, TEAL, TINTS, Canvas


def deploy_pipeline() -> Canvas:
    """From a merge to all traffic, and back."""
    canvas = Canvas(1240, 440)
    _title(canvas, "Deploy pipeline", "from a merge to all traffic in about 35 minutes")
    steps = [
        ("Merge", ["to main"], MUTED),
        ("Build and test", ["6 minutes"], BLUE),
        ("Staging", ["automatic"], BLUE),
        ("Smoke tests", ["42 checks"], BLUE),
        ("Canary", ["5 % of traffic", "15 minutes"], AMBER),
        ("Production", ["100 % of traffic"], GREEN),
    ]
    for number, (name, detail, colour) in enumerate(steps):
        left = 40 + number * 198
        canvas.card((left, 150, left + 160, 240), name, detail, colour)
        if number:
            canvas.arrow([(left - 36, 195), (left - 3, 195)])
    canvas.pill((763, 124), "Approval: release captain", AMBER)
    canvas.card((535, 330, 765, 400), "Previous release", ["kept: the last five"], RED)
    canvas.arrow([(1110, 246), (1110, 365), (769, 365)], RED, dashed=True)
    canvas.path([(912, 246), (912, 365)], RED, dashed=True)
    canvas.text((940, 385), "Roll back: wren rollback SERVICE", 15, RED, anchor="mm", bold=True)
    canvas.text((940, 407), "90 seconds, no approval needed", 14, MUTED, anchor="mm")
    return canvas


def architecture() -> Canvas:
    """The services of Wrenpost Track and what flows between them."""
    canvas = Canvas(1240, 720)
    _title(canvas, "Wrenpost Track: architecture", "services, data stores and what flows between them")
    canvas.box((250, 120, 1000, 680), PAPER, LINE, radius=16)
    canvas.text((270, 134), "Wrenpost platform, Frankfurt", 14, MUTED)
    canvas.card((40, 180, 200, 260), "Carrier feeds", ["31 carriers"], MUTED)
    canvas.card((40, 390, 200, 470), "Shops", ["API and browser"], MUTED)
    canvas.card((290, 285, 450, 365), "Gateway", ["TLS, API keys"], BLUE)
    canvas.card((520, 180, 680, 260), "Ingest", ["31 formats to one"], BLUE)
    canvas.card((520, 390, 680, 470), "Console", ["search, settings"], BLUE)
    canvas.card((780, 180, 960, 260), "Event log", ["NATS JetStream", "7 days"], AMBER)
    canvas.card((780, 330, 960, 410), "Tracker", ["timelines, estimates"], BLUE)
    canvas.card((780, 480, 960, 560), "Notify", ["retries for 72 hours"], BLUE)
    canvas.card((290, 570, 450, 650), "Redis", ["limits, sessions"], TEAL)
    canvas.card((520, 570, 680, 650), "PostgreSQL", ["1 primary, 2 replicas"], TEAL)
    canvas.card((1050, 180, 1210, 260), "Archive", ["scans over 90 days"], TEAL)
    canvas.card((1050, 480, 1210, 560), "Recipients", ["webhook, e-mail, SMS"], MUTED)
    canvas.arrow([(206, 220), (370, 220), (370, 281)])
    canvas.arrow([(206, 430), (330, 430), (330, 369)], both=True)
    canvas.arrow([(456, 310), (485, 310), (485, 220), (516, 220)])
    canvas.arrow([(456, 340), (485, 340), (485, 430), (516, 430)], both=True)
    canvas.arrow([(686, 220), (776, 220)])
    canvas.text((731, 204), "scans", 13, MUTED, anchor="mm")
    canvas.arrow([(870, 266), (870, 326)])
    canvas.arrow([(964, 235), (984, 235), (984, 520), (964, 520)])
    canvas.arrow([(776, 370), (730, 370), (730, 600), (684, 600)])
    canvas.arrow([(600, 566), (600, 474)], both=True)
    canvas.arrow([(370, 566), (370, 369)], both=True)
    canvas.arrow([(964, 370), (1130, 370), (1130, 264)])
    canvas.arrow([(964, 540), (1046, 540)])
    return canvas


def incident_flow() -> Canvas:
    """What to do when the pager rings."""
    canvas = Canvas(1000, 900)
    _title(canvas, "When the pager rings", "incident response in seven steps")
    left = [
        ("1  Acknowledge the page", ["within 10 minutes"], BLUE),
        ("2  Decide the severity", ["in doubt, the higher one"], BLUE),
        ("3  Open a channel", ["/incident open"], BLUE),
        ("4  Mitigate first", ["roll back, flag off, fail over"], AMBER),
    ]
    for number, (name, detail, colour) in enumerate(left):
        top = 120 + number * 115
        canvas.card((90, top, 390, top + 75), name, detail, colour)
        if number:
            canvas.arrow([(240, top - 36), (240, top - 4)])
    canvas.arrow([(240, 544), (240, 596)])
    canvas.diamond((240, 670), 250, 140, ["Mitigated", "within 30 min?"])
    canvas.card((570, 350, 900, 425), "Severity 1 or 2", ["name an incident commander"], MUTED)
    canvas.path([(394, 387), (566, 387)], dashed=True)
    canvas.card((570, 465, 900, 540), "5  Escalate", ["second engineer, then Ingrid Vos"], RED)
    canvas.arrow([(369, 670), (480, 670), (480, 516), (566, 516)], RED)
    canvas.text((420, 654), "no", 16, RED, anchor="mm", bold=True)
    canvas.arrow([(566, 490), (394, 490)], RED)
    canvas.card((90, 800, 390, 875), "6  Close the incident", ["update the status page"], GREEN)
    canvas.arrow([(240, 744), (240, 796)], GREEN)
    canvas.text((265, 768), "yes", 16, GREEN, anchor="mm", bold=True)
    canvas.card((570, 800, 900, 875), "7  Write the review", ["five working days, no blame"], GREEN)
    canvas.arrow([(394, 838), (566, 838)], GREEN)
    return canvas


def parcels_chart() -> Canvas:
    """Bars: parcels tracked per month."""
    canvas = Canvas(1000, 560, PAPER)
    _title(canvas, "Parcels tracked per month, 2026", "millions of parcels with at least one scan")
    values = {"April": 6.1, "May": 6.8, "June": 7.4, "July": 7.9, "August": 8.3, "September": 9.6}
    bottom, unit = 490, 36.0
    _grid(canvas, bottom, [(value, f"{value}") for value in range(0, 11, 2)], unit)
    for number, (month, value) in enumerate(values.items()):
        middle = 160 + number * 140
        colour = BLUE if value == max(values.values()) else "#93b4f5"
        top = bottom - value * unit
        canvas.box((middle - 42, top, middle + 42, bottom), colour, None, radius=6)
        canvas.box((middle - 42, bottom - 8, middle + 42, bottom), colour, None, radius=0)
        canvas.text((middle, top + 24), f"{value}", 20, PAPER if colour == BLUE else INK, anchor="mm", bold=True)
        canvas.text((middle, bottom + 24), month, 17, INK, anchor="mm")
    return canvas


def latency_chart() -> Canvas:
    """A line: webhook delivery time by week."""
    canvas = Canvas(1000, 560, PAPER)
    _title(canvas, "Webhook delivery time, 95th percentile", "seconds, by week of 2026")
    values = [2.9, 3.1, 2.8, 3.0, 3.2, 3.1, 11.8, 3.6, 3.0, 2.7, 2.6, 2.8, 2.5]
    bottom, unit = 490, 28.0
    _grid(canvas, bottom, [(value, f"{value} s") for value in range(0, 13, 2)], unit)
    points = [(130 + number * 66, bottom - value * unit) for number, value in enumerate(values)]
    canvas.polygon([(points[0][0], bottom), *points, (points[-1][0], bottom)], TINTS[TEAL])
    canvas.path([(90, bottom - 4 * unit), (950, bottom - 4 * unit)], RED, 1.6, dashed=True)
    canvas.text((948, bottom - 4 * unit - 14), "target 4 s", 15, RED, anchor="rm", bold=True)
    canvas.path(points, TEAL, 3)
    for number, point in enumerate(points):
        canvas.dot(point, 5.5, TEAL)
        canvas.dot(point, 2.8, PAPER)
        canvas.text((point[0], bottom + 24), f"W{27 + number}", 16, INK, anchor="mm")
    x, y = points[6]
    canvas.text((x + 18, y + 14), "11.8 s", 20, INK, anchor="lm", bold=True)
    canvas.text((x + 18, y + 36), "incident of 14 August", 15, MUTED, anchor="lm")
    return canvas


def office_map() -> Canvas:
    """The floor plan of the office in Rotterdam."""
    canvas = Canvas(1100, 720)
    _title(canvas, "Rotterdam office, fourth floor", "Wijnhaven 84; north is up")
    canvas.box((60, 110, 1040, 680), PAPER, INK, radius=6)
    rooms = [
        ((60, 110, 350, 270), "Heron", ["12 seats, video"], BLUE),
        ((350, 110, 570, 270), "Finch", ["6 seats"], BLUE),
        ((570, 110, 760, 270), "Wren", ["4 seats"], BLUE),
        ((760, 110, 1040, 400), "Kitchen", ["lunch at 12:30"], AMBER),
        ((760, 510, 1040, 680), "Quiet room", ["no calls"], TEAL),
        ((60, 510, 290, 680), "Reception", ["printer rtm-4-print"], MUTED),
        ((560, 560, 760, 680), "First aid", ["defibrillator"], RED),
    ]
    for box, name, detail, colour in rooms:
        canvas.box(box, TINTS[colour], INK, radius=2)
        x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        canvas.text((x, y - 10), name, 20, colour, anchor="mm", bold=True)
        canvas.text((x, y + 16), detail[0], 15, INK, anchor="mm")
    for name, left in (("Lift", 290), ("Stairs", 400)):
        canvas.box((left, 590, left + 110, 680), "#e2e8f0", INK, radius=2)
        canvas.text((left + 55, 635), name, 17, INK, anchor="mm", bold=True)
    canvas.box((510, 620, 560, 680), "#e2e8f0", INK, radius=2)
    canvas.text((535, 650), "IT", 17, INK, anchor="mm", bold=True)
    canvas.text((410, 310), "Open desks", 20, INK, anchor="mm", bold=True)
    for row in range(2):
        for column in range(4):
            left, top = 130 + column * 150, 340 + row * 90
            canvas.box((left, top, left + 110, top + 50), GROUND, LINE, radius=5)
            canvas.path([(left, top + 25), (left + 110, top + 25)], LINE, 1.2)
    for left, right, y in ((180, 230, 270), (440, 480, 270), (645, 685, 270), (880, 930, 510), (640, 680, 560)):
        canvas.path([(left, y), (right, y)], PAPER, 5)
    canvas.path([(760, 320), (760, 360)], PAPER, 5)
    canvas.path([(150, 510), (200, 510)], PAPER, 5)
    return canvas


def _title(canvas: Canvas, title: str, subtitle: str) -> None:
    canvas.text((40, 28), title, 28, INK, bold=True)
    canvas.text((40, 68), subtitle, 17, MUTED)


def _grid(canvas: Canvas, bottom: float, marks: Sequence[tuple[float, str]], unit: float) -> None:
    for value, label in marks:
        y = bottom - value * unit
        canvas.path([(90, y), (950, y)], LINE if value else MUTED, 1.2)
        canvas.text((78, y), label, 15, MUTED, anchor="rm")
