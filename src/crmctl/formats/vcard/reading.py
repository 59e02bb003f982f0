"""Reading vCard files: one row to a card, one column to a kind of value. The text is taken apart elsewhere."""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Mapping
from pathlib import Path

from crmctl.errors import FileError
from crmctl.formats.encodings.identify import identify
from crmctl.formats.encodings.names import Evidence, as_utf8
from crmctl.formats.lines import physical_lines
from crmctl.formats.loading import Rejects, prove, refuse_too_wide
from crmctl.formats.model import Reading, Request
from crmctl.formats.naming import column_names
from crmctl.formats.reading import fingerprint
from crmctl.formats.sheets.rows import Row, load_rows
from crmctl.formats.vcard.fields import cells_of, order
from crmctl.formats.vcard.lines import Card, cards
from crmctl.messages import translate


def read_vcard(request: Request) -> Reading:
    """Read cards; one that is cut off, and text outside of cards, goes to the rejects.

    Raises:
        FileError: There is no card, or the encoding cannot be told.
    """
    evidence = _evidence(request)
    with as_utf8(request.path, evidence, request.workdir) as (path, start):
        headers, versions = _headers(request, path, start)
        columns = column_names(headers)
        rejects = Rejects(request)
        tally = _Tally()
        loaded = load_rows(request, columns, _rows(request, path, start, headers, rejects, tally))
        rejects.flush()
        # Counted once more, by nothing but the lines that begin a card.
        read = _begins(request, path, start) - tally.nested + tally.stray
    prove(request, read=read, loaded=loaded, rejected=rejects.count, skipped=tally.empty)
    said = [evidence.said, "vCard " + "/".join(versions), translate("{count} columns", count=len(columns))]
    if tally.empty:
        said.append(translate("empty cards skipped: {count}", count=tally.empty))
    if tally.pictures:
        said.append(translate("pictures and other binary values left out: {count}", count=tally.pictures))
    return Reading(
        path=request.path, format="vcard", dialect=None, sheet=None, headers=headers, columns=columns, read=read,
        loaded=loaded, rejected=rejects.count, skipped=tally.empty, sha256=evidence.sha256, size=evidence.size,
        decision=", ".join(said),
    )  # fmt: skip


class _Tally:
    """What was met on the way."""

    def __init__(self) -> None:
        self.stray = self.empty = self.pictures = self.nested = 0


def _evidence(request: Request) -> Evidence:
    """The encoding. Programs fold lines in the middle of a character, so it is looked for in the unfolded text."""
    asked = request.options.encoding
    if asked is None:
        with request.path.open("rb") as file:
            marked = file.read(3)
        if not marked.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) and (
            _is_utf8(request.path) or _says_itself(request.path)
        ):
            sha256, size = fingerprint(request.path)
            encoding = "utf-8-sig" if marked == codecs.BOM_UTF8 else "utf-8"
            return Evidence(encoding, translate("every byte fits"), False, sha256, size)
    return identify(request.path, asked)


def _is_utf8(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    try:
        for _, line in physical_lines(path, 0, path):
            decoder.decode((line[1:] if line[:1] in b" \t" else line).rstrip(b"\r\n"))
        decoder.decode(b"", True)
    except UnicodeDecodeError:
        return False
    return True


def _says_itself(path: Path) -> bool:
    """Properties name their own encodings (2.1)."""
    return any(b"CHARSET=" in line.partition(b":")[0].upper() for _, line in physical_lines(path, 0, path))


def _headers(request: Request, path: Path, start: int) -> tuple[list[str], list[str]]:
    """The columns that the cards need, and the versions they have."""
    found: dict[str, None] = {}
    versions: set[str] = set()
    any_card = False
    for card in cards(path, start, request.path, "utf-8"):
        any_card = any_card or not card.reason
        versions.update(each.version for each in card.properties)
        if not card.reason:
            found.update((header, None) for header, _ in cells_of(card.properties))
        refuse_too_wide(request, len(found))
    if not any_card:
        raise FileError("there is no whole card in {path}", cure="get the whole file", path=request.path)
    places = order()
    return sorted(found, key=lambda header: _place(header, places)), sorted(versions) or ["?"]


def _place(header: str, places: Mapping[str, int]) -> tuple[int, int, str]:
    """Known columns in their order, each followed by its numbered ones, then those of other programs."""
    stem, _, number = header.rpartition(" ")
    if header in places:
        return places[header], 1, ""
    if stem in places and number.isdecimal():
        return places[stem], int(number), ""
    return len(places), 0, header


def _rows(
    request: Request, path: Path, start: int, headers: list[str], rejects: Rejects, tally: _Tally
) -> Iterator[Row]:
    for card in cards(path, start, request.path, "utf-8"):
        tally.nested += card.nested
        if card.reason:
            rejects.add(card.line, card.reason, bytes(card.raw))
            tally.stray += _is_stray(card)
            continue
        tally.pictures += card.pictures
        cells = dict(cells_of(card.properties))
        if cells:
            yield card.line, [cells.get(header) for header in headers]
        else:
            tally.empty += 1


def _is_stray(card: Card) -> bool:
    return not bytes(card.raw[:40]).lstrip(codecs.BOM_UTF8).strip().upper().startswith(b"BEGIN:VCARD")


def _begins(request: Request, path: Path, start: int) -> int:
    lines = physical_lines(path, start, request.path)
    return sum(line[:20].lstrip(codecs.BOM_UTF8).strip().upper().startswith(b"BEGIN:VCARD") for _, line in lines)
