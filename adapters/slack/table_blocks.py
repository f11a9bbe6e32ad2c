"""A Markdown table as Slack's own table block, where it fits.

At most 100 rows of 20 cells and 10,000 characters, and one table in a message:
https://docs.slack.dev/reference/block-kit/blocks/table-block
"""

from adapters.markdown.mentions import defused
from adapters.markdown.parsing import Span
from adapters.markdown.tables import Cell, Table, text_of
from adapters.slack.blocks import Block, weight
from adapters.slack.converting import is_link

ROWS = 100
COLUMNS = 20
WEIGHT = 9000
"""Of a whole table, in the measure of `weight`; all cells of a message's tables may have 10,000 characters."""


def table_block(table: Table) -> Block | None:
    """The block; None where the table does not fit into one."""
    if len(table.rows) + 1 > ROWS or len(table.head) > COLUMNS:
        return None
    rows = [[_cell(cell) for cell in row] for row in (table.head, *table.rows)]
    columns = [{"align": align, "is_wrapped": True} for align in table.align]
    block: Block = {"type": "table", "rows": rows, "column_settings": columns}
    return block if weight(block) <= WEIGHT else None


def _cell(cell: Cell) -> Block:
    """Plain text where the cell has no marks and links."""
    said = text_of(cell)
    if not said or not any(span.bold or span.italic or span.strike or span.code or span.url for span in cell):
        return {"type": "raw_text", "text": defused(said) or " "}
    elements = [_element(span) for span in cell if span.text]
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": elements}]}


def _element(span: Span) -> Block:
    element: Block = {"type": "link", "url": span.url} if is_link(span.url) else {"type": "text"}
    element["text"] = defused(span.text.replace("\n", " "))
    marks = {"bold": span.bold, "italic": span.italic, "strike": span.strike, "code": span.code}
    style = {name: True for name, is_on in marks.items() if is_on}
    return {**element, "style": style} if style else element
