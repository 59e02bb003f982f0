"""SVG elements as values: text is always escaped, so a customer's value can never become markup."""

from __future__ import annotations

import html
from dataclasses import dataclass

from crmctl.reporting.text import clean, display_width, one_line, truncate

FONT, SMALL = 13.0, 12.0
_COLUMN = 0.6  # of the font size: above the mean of Latin letters and more than half a CJK character, to be safe


@dataclass(frozen=True, slots=True)
class Svg:
    """Markup made by `element`: a template puts it in as it stands."""

    markup: str

    def __html__(self) -> str:
        return self.markup

    def __str__(self) -> str:
        return self.markup


def element(name: str, /, *children: Svg | str | None, **attributes: str | float | None) -> Svg:
    """An element. ``text_anchor`` becomes ``text-anchor``, ``class_`` becomes ``class``; None leaves out.

    >>> str(element("text", "a<b", x=1.50, class_="value"))
    '<text x="1.5" class="value">a&lt;b</text>'
    """
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_attribute(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    inner = "".join(
        child.markup if isinstance(child, Svg) else html.escape(clean(child)) for child in children if child is not None
    )
    return Svg(f"<{name}{written}>{inner}</{name}>" if inner else f"<{name}{written}/>")


def group(*children: Svg | None, title: str = "") -> Svg:
    """A group; a pointer resting on it shows the title."""
    return element("g", element("title", title) if title else None, *children)


def canvas(width: float, height: float, title: str, description: str, *children: Svg, least: float = 0) -> Svg:
    """A whole chart with its accessible name and description; ``least`` is the narrowest it may be shown, in px."""
    return element(
        "svg",
        element("title", title),
        element("desc", description),
        *children,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {_attribute(width)} {_attribute(height)}",
        role="img",
        aria_label=title,
        style=f"min-width:{_attribute(least)}px" if least else None,
    )


def text_width(text: str, size: float = FONT) -> float:
    """The estimated width of a text in px."""
    return display_width(text) * size * _COLUMN


def fit(text: str, width: float, size: float = FONT) -> str:
    """The text on one line, cut to a width in px."""
    return truncate(one_line(text), max(width / (size * _COLUMN) + 0.01, 2))


def rectangle(x: float, y: float, width: float, height: float, class_: str, *, radius: float = 3) -> Svg:
    """A rectangle with rounded corners."""
    return element("rect", x=x, y=y, width=max(width, 0.0), height=max(height, 0.0), rx=radius, class_=class_)


def line(x1: float, y1: float, x2: float, y2: float, class_: str) -> Svg:
    """A straight line."""
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=class_)


def label(x: float, y: float, text: str, class_: str = "label", anchor: str | None = None) -> Svg:
    """One line of text."""
    return element("text", text, x=x, y=y, class_=class_, text_anchor=anchor)


def _attribute(value: str | float) -> str:
    if isinstance(value, str):
        return html.escape(clean(value))
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
