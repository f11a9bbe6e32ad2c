"""What `lorelens doctor` finds, and how it is shown: as a table, or as JSON for scripts."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from rich.console import Console
from rich.markup import escape
from rich.table import Table

State = Literal["ok", "note", "broken"]

_MARKS = {"ok": "[green]ok[/]", "note": "[yellow]note[/]", "broken": "[red]broken[/]"}


@dataclass(frozen=True)
class Finding:
    """What one check found; `remedy` says what to do where it is not "ok"."""

    part: str
    state: State
    found: str
    remedy: str = ""


def show(findings: Sequence[Finding], title: str, *, as_json: bool = False) -> int:
    """Show them; the exit code: 3 when something is broken."""
    broken = any(finding.state == "broken" for finding in findings)
    if as_json:
        print(json.dumps({"ok": not broken, "findings": [asdict(one) for one in findings]}, ensure_ascii=False))
        return 3 if broken else 0
    table = Table(title=title, title_justify="left", show_lines=False, box=None, padding=(0, 2, 0, 0))
    for column in ("", "part", "what was found", "what to do"):
        table.add_column(column, overflow="fold")
    links = [finding for finding in findings if finding.found.startswith("https://")]
    for finding in findings:
        if finding not in links:
            table.add_row(_MARKS[finding.state], *map(escape, (finding.part, finding.found, finding.remedy)))
    console = Console()
    console.print(table)
    for finding in links:  # whole on a line, so that they can be copied
        console.print(f"\n{escape(finding.part)}: {finding.found}", soft_wrap=True, highlight=False)
    return 3 if broken else 0
