"""Rows of a sheet or a CSV file as lines that can be read, and cited, alone: every value with its column's name."""

from collections.abc import Iterable, Sequence

from core.knowledge.loaders.building import DocumentBuilder

MOST_ROWS = 200_000
"""A sheet with more rows is read up to here, with a warning."""

_MOST_EMPTY_ROWS = 10_000  # programs often mark a sheet as filled to its last possible row

Row = Sequence[str]


def add_rows(builder: DocumentBuilder, rows: Iterable[Row]) -> None:
    """Add rows to a document: blocks between empty rows are tables of their own, a block of one cell is a line."""
    block: list[Row] = []
    count = empty = 0
    for row in rows:
        if any(cell.strip() for cell in row):
            if count == MOST_ROWS:
                builder.warn(f"Only the first {MOST_ROWS:,} rows were read.")
                break
            block.append(row)
            count, empty = count + 1, 0
        else:
            _add_block(builder, block)
            block, empty = [], empty + 1
            if empty == _MOST_EMPTY_ROWS:
                break
    _add_block(builder, block)


def _add_block(builder: DocumentBuilder, block: Sequence[Row]) -> None:
    rows = _without_empty_columns(block)
    while rows and _filled(rows[0]) == 1 and any(_filled(row) > 1 for row in rows):
        builder.prose(next(cell for cell in rows[0] if cell))
        rows = rows[1:]
    names = rows[0] if _is_header(rows) else None
    if names is None:
        builder.table(rows)
    else:
        builder.table([names, *(_named(names, row) for row in rows[1:])])


def _without_empty_columns(block: Sequence[Row]) -> list[list[str]]:
    """The rows without what is empty in all of them, and without empty cells at their end."""
    used = sorted({column for row in block for column, cell in enumerate(row) if cell.strip()})
    rows = [[row[column].strip() if column < len(row) else "" for column in used] for row in block]
    for row in rows:
        while row and not row[-1]:
            row.pop()
    return rows


def _filled(row: Row) -> int:
    return sum(map(bool, row))


def _is_header(rows: Sequence[Row]) -> bool:
    """Whether the first row names the columns: words, each once, over at least one row more, for all but one column."""
    cells = [cell for cell in rows[0] if cell] if len(rows) > 1 else []
    columns = max(map(len, rows), default=0)
    return (
        len(set(cells)) == len(cells) > 1
        and len(cells) >= columns - (not rows[0][0])
        and all(len(cell) <= 80 and any(map(str.isalpha, cell)) for cell in cells)
    )


def _named(names: Row, row: Row) -> list[str]:
    padded = [*names, *[""] * (len(row) - len(names))]
    return [f"{name.rstrip(':： ')}: {cell}" if name else cell for name, cell in zip(padded, row, strict=False) if cell]
