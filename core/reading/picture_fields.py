"""Fields that pictures of documents carry, told by their shape and place: dates, amounts, addresses, who issued it."""

import re
from collections.abc import Sequence
from typing import Literal

Field = Literal["date", "amount", "address", "issuer", "host"]

_ASKED: tuple[tuple[Field, re.Pattern[str]], ...] = (
    ("host", re.compile(r"\bIP\b|\bhost(?:name)?\b|主机", re.I)),
    ("address", re.compile(r"\baddress\b|\bwhere is\b|\blocated\b|地址|在哪|位于", re.I)),
    (
        "issuer",
        re.compile(
            r"\b(?:which|what|name of the) (?:company|shop|store|merchant|vendor|seller|restaurant|business)\b"
            r"|\b(?:who|which .{1,30}) (?:issued|sold|sent)\b|\bissue[dr]\b|哪家|商家|店名|公司(?:名|是|叫)|开票",
            re.I,
        ),
    ),
    (
        "date",
        re.compile(r"\bdate\b|\bwhen\b|\b(?:what|which) (?:day|year|month)\b|日期|什么时[候间]|何时|哪[一]?天", re.I),
    ),
    (
        "amount",
        re.compile(
            r"\btotal\b|\bamount\b|\bprice\b|\bsum\b|\bcosts?\b|\bpaid\b|\bhow much\b|总[计额]|合计|金额|多少钱|价格",
            re.I,
        ),
    ),
)
_DATE = re.compile(
    r"(?<!\d)\d{1,2}\s?[-/.]\s?\d{1,2}\s?[-/.]\s?(?:20\d\d|19\d\d|\d{2})|\b\d{4}\s?[-/.]\s?\d{1,2}\s?[-/.]\s?\d{1,2}\b"
    r"|\b\d{1,2}[ -]?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*[ ,-]*\d{2,4}"
    r"|\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.? ?\d{1,2}(?:st|nd|rd|th)?,? ?\d{4}"
    r"|\d{4}\s?年\s?\d{1,2}\s?月",
    re.I,
)
_AMOUNT = re.compile(r"(?:[$€£¥]|\b(?:rm|usd|eur|cny)\b)?\s?\d{1,3}(?:[ ,]?\d{3})*[.,]\d{2}\b", re.I)
_TOTAL = re.compile(r"\btotal\b|\bamount\b|\bdue\b|\bsum\b|\bpayable\b|总[计额]|合计|应付|实付", re.I)
_NOT_TOTAL = re.compile(
    r"sub-?\s?total|\bqty\b|\bitems?\b|\bdiscount\b|\btax\b|\bgst\b|\bvat\b|小计|数量|折扣|税", re.I
)
_ROUNDED = re.compile(r"round|incl|grand|net|due|payable|应付|实付", re.I)
_HOST = re.compile(r"\b(?:\d{1,3}\.){3}\d{1,3}\b|\b(?:[\w-]+\.)+[a-z]{2,6}\b", re.I)
_STREET = re.compile(
    r"\b(?:jalan|jln|lorong|lrg|street|st\.|road|rd|avenue|ave|lane|drive|boulevard|blvd|square|plaza|floor|level|lot"
    r"|block|blk|unit|suite|taman|kampung|bandar|persiaran|wisma|menara|mall|district|strasse|straße|rue|via|calle)\b"
    r"|[省市区县路街巷弄号楼室]",
    re.I,
)
_POSTAL = re.compile(r"\b\d{5,6}\b")
_NOT_ADDRESS = re.compile(
    r"\btel\b|\bphone\b|\bfax\b|e-?mail|www\.|http|\bgst\b|\breg\b|\bco\.? ?(?:reg|no)|invoice|receipt|cashier"
    r"|\bdate\b|\btime\b|\bdoc\b|\bbill\b|\btable\b|\bqty\b|电话|传真|日期|发票",
    re.I,
)
_COMPANY = re.compile(
    r"\bs(?:dn|on)\.? ?b(?:hd|nd)\b|\bs/b\b|\bltd\b|\blimited\b|\binc\b|\bllc\b|\bgmbh\b|\bcorp\b|\bplc\b|\bag\b"
    r"|\bco\.(?!\s?(?:no|reg))|\benterprise\b|\btrading\b|\brestau?rant\b|\bcaf[eé]\b|\bcoffee\b|\bshop\b|\bstores?\b|\bmart\b|\bmarket\b"
    r"|\bhotel\b|\bbakery\b|\bgroup\b|\bhardware\b|\bmachinery\b|公司|商店|超市|餐厅|酒店|有限",
    re.I,
)


def field_asked(question: str) -> Field | None:
    """The field that a question asks for, if it asks for one that is told by its shape."""
    return next((name for name, cue in _ASKED if cue.search(question)), None)


def rows_of_field(field: Field, rows: Sequence[str], heights: Sequence[float]) -> list[int]:
    """The rows that hold a field, in reading order; none if none has its shape.

    `heights` are the rows' letter heights in pixels: who issues a document writes its name large, and at the top.
    """
    if field == "date":
        return _first([at for at, row in enumerate(rows) if _DATE.search(row)], 3)
    if field == "host":
        return _first([at for at, row in enumerate(rows) if _HOST.search(row)], 3)
    if field == "amount":
        return _totals(rows)
    if field == "address":
        return _address(rows)
    return _issuer(rows, heights)


def _first(found: Sequence[int], limit: int) -> list[int]:
    return list(found[:limit])


def _totals(rows: Sequence[str]) -> list[int]:
    """Rows of totals with an amount, on the row or the next, the final ones before those on the way."""
    scored: list[tuple[float, int]] = []
    for at, row in enumerate(rows):
        if not _TOTAL.search(row):
            continue
        with_amount = at if _AMOUNT.search(row) else at + 1
        if with_amount < len(rows) and _AMOUNT.search(rows[with_amount]):
            weight = 1.0 - 0.7 * bool(_NOT_TOTAL.search(row)) + 0.3 * bool(_ROUNDED.search(row))
            scored.append((weight, with_amount))
    best = [at for _, at in sorted(scored, key=lambda one: (-one[0], one[1]))]
    return sorted(dict.fromkeys(best[:3]))


def _address(rows: Sequence[str]) -> list[int]:
    """The run of rows that reads most like an address."""

    def points(row: str) -> float:
        if _NOT_ADDRESS.search(row) or _DATE.search(row) or (_AMOUNT.search(row) and not _STREET.search(row)):
            return -2.0
        return 1.0 * len(set(_STREET.findall(row))) + 1.5 * bool(_POSTAL.search(row)) + 0.3 * row.count(",")

    best: tuple[float, int, int] = (0.0, 0, 0)
    for start in range(len(rows)):
        total = 0.0
        for end in range(start, min(start + 5, len(rows))):
            value = points(rows[end])
            if value < 0:
                break
            # A row without a sign of an address may stand within one, but costs a little.
            total += value if value else -0.2
            if total > best[0]:
                best = (total, start, end + 1)
    _, start, end = best
    # The last row of an address, a town or a country, often has no sign of its own.
    if start < end < len(rows) and points(rows[end]) >= 0:
        end += 1
    return list(range(start, end))


def _issuer(rows: Sequence[str], heights: Sequence[float]) -> list[int]:
    """The rows near the top that read like the name of a company, or are written largest."""
    top = [at for at, row in enumerate(rows[:10]) if sum(map(str.isalpha, row)) >= 4]
    if not top:
        return []
    tallest = max(heights[at] for at in top)

    def points(at: int) -> float:
        named = 1.0 if _COMPANY.search(rows[at]) else 0.0
        other = 1.0 if _NOT_ADDRESS.search(rows[at]) or _POSTAL.search(rows[at]) else 0.0
        return named + 0.8 * heights[at] / tallest - 0.12 * at - other

    ranked = sorted(top, key=lambda at: (-points(at), at))
    return sorted(ranked[:3])
