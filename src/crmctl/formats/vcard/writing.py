"""Writing vCard 4.0 (RFC 6350): one card to a row, lines folded at 75 octets between characters."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from typing import Any, BinaryIO

from crmctl.formats.vcard.fields import OWN, Slot, header_of, slots, written_moment

_FOLD = 75
_NUMBERED = re.compile(r"(.+?)[ _]?(\d+)$")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def write_vcard(stream: BinaryIO, batches: Any, names: Sequence[str], headers: Sequence[str]) -> int:
    """Write batches of columns as cards.

    Args:
        stream: The output.
        batches: Arrow batches.
        names: The columns' names: fields of the customer schema are known.
        headers: What the file they came from called them.

    Returns:
        The number of cards.
    """
    plan = [_planned(name, header) for name, header in zip(names, headers, strict=True)]
    total = 0
    for batch in batches:
        columns = [column.to_pylist() for column in batch.columns]
        cards = [_card(plan, cells) for cells in zip(*columns, strict=True)]
        stream.write("".join(cards).encode())
        total += len(cards)
    return total


def _planned(name: str, header: str) -> tuple[Slot | None, int, str]:
    """Where a column goes, as which of several, and its header."""
    known = slots()
    for word in (name.casefold(), header.casefold()):
        if word in known:
            return known[word], 1, header
        numbered = _NUMBERED.fullmatch(word)
        if numbered and numbered[1] in known and known[numbered[1]].part is None:
            return known[numbered[1]], int(numbered[2]), header
    return None, 0, header


def _card(plan: Sequence[tuple[Slot | None, int, str]], cells: Sequence[Any]) -> str:
    lines = ["BEGIN:VCARD", "VERSION:4.0"]
    values = [None if cell is None else _said(cell) for cell in cells]
    parts: dict[tuple[str, str], dict[int, str]] = {}
    filled: dict[Slot, int] = {}
    body: list[str] = []
    has_name = False
    for (slot, number, header), value in zip(plan, values, strict=True):
        if value is None or value == "":
            continue
        if slot is None:
            body.append(f"{OWN};NAME={_parameter(header)}:{_escaped(value)}")
        elif slot.part is not None:
            parts.setdefault((slot.property, slot.type), {})[slot.part] = value
        else:
            filled[slot] = filled.get(slot, 0) + 1
            has_name = has_name or slot.property == "FN"
            kind = f";TYPE={slot.type}" if slot.type else ""
            # A later one that stands first would be read as the first.
            own = f";X-CRMCTL-HEADER={_parameter(f'{header_of(slot)} {number}')}" if filled[slot] != number else ""
            form, said = written_moment(slot.property, value)
            body.append(f"{slot.property}{kind}{form}{own}:{_escaped(said)}")
    for (name, kind), found in parts.items():
        components = ";".join(_escaped(found.get(part, "")) for part in range(_WIDTHS[name]))
        body.append(f"{name}{';TYPE=' + kind if kind else ''}:{components}")
    if not has_name:
        lines.append(f"FN;DERIVED=true:{_escaped(_full_name(parts))}")
    lines += [*body, "END:VCARD", ""]
    return "\r\n".join(map(_folded, lines))


_WIDTHS = {"N": 5, "ORG": 2, "ADR": 7}


def _full_name(parts: dict[tuple[str, str], dict[int, str]]) -> str:
    """What FN, which every card has to have, says where the row has no full name; readers know that it is derived."""
    names = parts.get(("N", ""), {})
    family, given = names.get(0, ""), names.get(1, "")
    if family and given:
        return family + given if _is_han(family + given) else f"{given} {family}"
    return family or given or parts.get(("ORG", ""), {}).get(0, "")


def _is_han(text: str) -> bool:
    return all("\u3400" <= character <= "\u9fff" or character >= "\U00020000" for character in text)


def _said(cell: Any) -> str:
    match cell:
        case bool():
            return str(cell).lower()
        case dt.datetime():
            return cell.isoformat(sep=" ")
        case _:
            return str(cell)


def _escaped(value: str) -> str:
    plain = value.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    plain = plain.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\\n")
    return _CONTROLS.sub("", plain)


def _parameter(value: str) -> str:
    """A parameter's value in quotes (RFC 6868)."""
    plain = value.replace("^", "^^").replace('"', "^'").replace("\r\n", "\n").replace("\n", "^n")
    return f'"{_CONTROLS.sub("", plain)}"'


def _folded(line: str) -> str:
    """The line in pieces of at most 75 octets, each after the first beginning with a blank."""
    if len(line.encode()) <= _FOLD:
        return line
    pieces: list[str] = []
    held, size = "", 0
    for character in line:
        octets = len(character.encode())
        if size + octets > _FOLD - bool(pieces):
            pieces.append(held)
            held, size = "", 0
        held += character
        size += octets
    return "\r\n ".join([*pieces, held])
