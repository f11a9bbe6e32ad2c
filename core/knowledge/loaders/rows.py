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


def _add_block(builder: DocumentBuilder, block: list[Row]) -> None:
    while block and sum(bool(cell.strip()) for cell in block[0]) == 1:
        if all(sum(bool(cell.strip()) for cell in row) == 1 for row in block):
            builder.table([[cell for cell in row if cell.strip()] for row in block])
            return
        builder.prose(next(cell for cell in block[0] if cell.strip()))
        block = block[1:]
    if not block:
        return
    names = block[0] if _is_header(block) else None
    if names is None:
        builder.table([_without_empty_end(row) for row in block])
    else:
        builder.table([_without_empty_end(names), *(_named(names, row) for row in block[1:])])


def _is_header(block: Sequence[Row]) -> bool:
    """Whether the first row names the columns: words, each once, over at least one row more."""
    cells = [cell.strip() for cell in block[0] if cell.strip()]
    return (
        len(block) > 1
        and len(set(cells)) == len(cells) > 1
        and all(len(cell) <= 80 and any(map(str.isalpha, cell)) for cell in cells)
    )


def _named(names: Row, row: Row) -> list[str]:
    padded = [*names, *[""] * (len(row) - len(names))]
    return [
        f"{name.strip()}: {cell.strip()}" if name.strip() else cell.strip()
        for name, cell in zip(padded, row, strict=False)
        if cell.strip()
    ]


def _without_empty_end(row: Row) -> Row:
    end = len(row)
    while end and not row[end - 1].strip():
        end -= 1
    return row[:end]
