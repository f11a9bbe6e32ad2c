"""Equations in Word documents, written on one line as a person would type them: `x=(-b±√(b^2-4ac))/(2a)`.

The elements are those of Office Math Markup (ECMA-376 part 1, 22.1).
"""

from collections.abc import Callable
from xml.etree.ElementTree import Element, SubElement, fromstring, tostring

_MATH = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_STRICT_MATH = "{http://purl.oclc.org/ooxml/officeDocument/math}"
_STRICT_WORD = "{http://purl.oclc.org/ooxml/wordprocessingml/main}"


def write_equations_out(markup: bytes) -> bytes:
    """A part of a document with every equation replaced by a run of text; other parts come back as they are."""
    if b"oMath" not in markup:
        return markup
    root = fromstring(markup)  # noqa: S314 - an archive whose parts declare entities was refused before
    for parent in list(root.iter()):
        for place, child in enumerate(list(parent)):
            if child.tag in (f"{_MATH}oMath", f"{_STRICT_MATH}oMath"):
                word = _WORD if child.tag.startswith(_MATH) else _STRICT_WORD
                parent[place] = _run(word, linear(child).strip(), child.tail)
    for element in root.iter():
        if element.tag in (f"{_MATH}oMathPara", f"{_STRICT_MATH}oMathPara"):
            # Runs in a wrapper that no reader of text knows would be lost: a smart tag is one that all pass through.
            element.tag = f"{_WORD if element.tag.startswith(_MATH) else _STRICT_WORD}smartTag"
    return tostring(root, encoding="utf-8", xml_declaration=True)


def linear(element: Element) -> str:
    """An element of an equation on one line."""
    name = element.tag.rpartition("}")[2]
    if name == "t":
        return element.text or ""
    if name.endswith("Pr"):
        return ""
    write = _WRITERS.get(name)
    return write(element) if write else "".join(map(linear, element))


def _run(word: str, text: str, tail: str | None) -> Element:
    run = Element(f"{word}r")
    SubElement(run, f"{word}t").text = text
    run.tail = tail
    return run


def _part(element: Element, name: str) -> str:
    for child in element:
        if child.tag.rpartition("}")[2] == name:
            return linear(child).strip()
    return ""


def _property(element: Element, name: str, default: str) -> str:
    """A property's value; one that is there without a value is meant to be empty."""
    for child in element.iter():
        if child.tag.rpartition("}")[2] == name:
            return next((value for key, value in child.attrib.items() if key.endswith("}val")), "")
        if (
            child is not element
            and not child.tag.endswith("Pr")
            and child.tag.rpartition("}")[2] in ("e", "sub", "num")
        ):
            break
    return default


def _grouped(text: str) -> str:
    """In parentheses where it is more than one number or letter."""
    return text if len(text) <= 1 or text.isdigit() else f"({text})"


def _scripts(element: Element) -> str:
    below, above = _part(element, "sub"), _part(element, "sup")
    return (f"_{_grouped(below)}" if below else "") + (f"^{_grouped(above)}" if above else "")


def _root(element: Element) -> str:
    degree = _part(element, "deg")
    return f"{'' if degree in ('', '2') else degree}√{_grouped(_part(element, 'e'))}"


def _operator(element: Element) -> str:
    return f"{_property(element, 'chr', '∫')}{_scripts(element)} {_part(element, 'e')}"


def _delimited(element: Element) -> str:
    parts = [linear(child) for child in element if child.tag.endswith("}e")]
    inner = _property(element, "sepChr", "|").join(parts)
    return f"{_property(element, 'begChr', '(')}{inner}{_property(element, 'endChr', ')')}"


def _rows(element: Element) -> str:
    rows = [child for child in element if child.tag.rpartition("}")[2] in ("e", "mr")]
    return "; ".join(
        ", ".join(linear(cell).strip() for cell in row) if row.tag.endswith("}mr") else linear(row).strip()
        for row in rows
    )


_WRITERS: dict[str, Callable[[Element], str]] = {
    "f": lambda element: f"{_grouped(_part(element, 'num'))}/{_grouped(_part(element, 'den'))}",
    "sSup": lambda element: _part(element, "e") + _scripts(element),
    "sSub": lambda element: _part(element, "e") + _scripts(element),
    "sSubSup": lambda element: _part(element, "e") + _scripts(element),
    "sPre": lambda element: f"{_scripts(element)} {_part(element, 'e')}",
    "rad": _root,
    "nary": _operator,
    "d": _delimited,
    "func": lambda element: f"{_part(element, 'fName')} {_part(element, 'e')}",
    "limLow": lambda element: f"{_part(element, 'e')}_{_grouped(_part(element, 'lim'))}",
    "limUpp": lambda element: f"{_part(element, 'e')}^{_grouped(_part(element, 'lim'))}",
    "m": _rows,
    "eqArr": _rows,
}
