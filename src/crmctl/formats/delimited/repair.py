"""Records with too few or too many cells or with stray quotes: what they mean, where that is unambiguous."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from crmctl.formats.delimited.grammar import Grammar
from crmctl.formats.sheets.kinds import Profile
from crmctl.messages import translate

_PIECES = 5_000
_SHIFTS = 6
_UNFIT = 4.0
# A second reading that is no worse than this makes the first one a guess.
_MARGIN = 0.25
# A record that fits less well as it stands is tried in other ways too.
_DOUBTFUL = 1.0

Cells = list[bytes]


@dataclass(slots=True)
class Mended:
    """How many records were mended, by kind of repair."""

    counts: Counter[str] = field(default_factory=Counter)

    def told(self) -> list[str]:
        """What was done, in words, for the decision line."""
        words = {
            "missing": translate("missing last cells left empty: {count}", count=self.counts["missing"]),
            "empty": translate("surplus empty cells dropped: {count}", count=self.counts["empty"]),
            "moved": translate("records realigned by what their cells hold: {count}", count=self.counts["moved"]),
            "quote": translate("records with stray quotes understood: {count}", count=self.counts["quote"]),
            "delimiter": translate("records with another delimiter: {count}", count=self.counts["delimiter"]),
        }
        return [text for name, text in words.items() if self.counts[name]]


class Mender:
    """Finds the one meaning of a record that does not fit.

    Args:
        grammar: How the file is spelled.
        columns: What each column holds; their number is the width.
    """

    def __init__(self, grammar: Grammar, columns: Sequence[Profile]) -> None:
        self._grammar, self._columns, self._width = grammar, columns, len(columns)

    def mend(self, cells: Cells) -> tuple[Cells, str] | None:
        """The cells in their columns and the kind of repair; None where that would be a guess.

        Args:
            cells: Too few or too many, as spelled.
        """
        surplus = len(cells) - self._width
        simple = self._simple(cells, surplus)
        cost = self._cost(cells[: self._width]) if simple is not None else _UNFIT
        if simple is not None and cost < _DOUBTFUL:
            return simple
        readings = self._readings(cells) if abs(surplus) <= _SHIFTS else []
        clear = len(readings) < 2 or readings[1][0] - readings[0][0] >= _MARGIN
        if readings and readings[0][0] < _UNFIT and clear:
            return list(readings[0][1]), "moved"
        if simple is not None and cost < _UNFIT and (not readings or cost <= readings[0][0] + 0.5):
            return simple
        return None

    def _simple(self, cells: Cells, surplus: int) -> tuple[Cells, str] | None:
        """The record as it stands, without empty cells at its end that are too many or with those that are missing."""
        if surplus > 0:
            idle = not any(cell.strip() for cell in cells[self._width :])
            return (cells[: self._width], "empty") if idle else None
        alone = len(cells) == 1 and self._width > 2 and not self._columns[0].typed
        return None if alone else (cells + [b""] * -surplus, "missing")

    def other_delimiter(self, line: bytes) -> Cells | None:
        """The cells of a line that is spelled with another delimiter than the rest, where they fit exactly."""
        fitting = []
        for mark in (b",", b";", b"\t", b"|", b" "):
            if mark == self._grammar.delimiter or mark not in line:
                continue
            cells = Grammar(type(self._grammar.marks)(mark, self._grammar.quote)).likely_cells(line)
            if len(cells) == self._width and self._fits(cells) and self._width > 2:
                fitting.append(cells)
        return fitting[0] if len(fitting) == 1 else None

    def segmented(self, line: bytes) -> Cells | None:
        """The cells of a line with stray quotes: the reading of the right width that takes fewest quotes literally."""
        pieces = line.split(self._grammar.delimiter)
        if len(pieces) > _PIECES or len(pieces) < self._width:
            return None
        # best[w] = (cost, cells) over the pieces so far that make w cells.
        best: list[dict[int, tuple[float, tuple[bytes, ...]]]] = [{} for _ in range(len(pieces) + 1)]
        best[0][0] = (0.0, ())
        slack = len(pieces) - self._width
        for start in range(len(pieces)):
            if not best[start]:
                continue
            for stop, cost, cell in self._cells_from(pieces, start, slack):
                for width, (spent, before) in best[start].items():
                    if width < self._width and spent + cost < best[stop].get(width + 1, (1e9, ()))[0]:
                        best[stop][width + 1] = (spent + cost, (*before, cell))
        found = best[-1].get(self._width)
        return list(found[1]) if found else None

    def _cells_from(self, pieces: Cells, start: int, slack: int) -> list[tuple[int, float, bytes]]:
        """The cells that could begin with a piece: itself, or quoted over some more; where each stops and its cost."""
        quote, first = self._grammar.quote, pieces[start]
        opened = first.lstrip(b" ")
        if not quote or not opened.startswith(quote):
            return [(start + 1, 0.0 if not quote or quote not in first else 0.1, first)]
        found = []
        for stop in range(start + 1, min(start + slack + 1, len(pieces)) + 1):
            if not pieces[stop - 1].rstrip(b" ").endswith(quote):
                continue
            cell = self._grammar.delimiter.join(pieces[start:stop]).strip(b" ")
            if len(cell) > 1:
                inner = cell[1:-1]
                stray = inner.replace(quote * 2, b"").count(quote)
                found.append(
                    (
                        stop,
                        (0.5 + 0.01 * stray if stray else 0.0) + 0.01 * (stop - start - 1),
                        quote + self._redoubled(inner) + quote,
                    )
                )
        literal = quote + first.replace(quote, quote * 2) + quote
        return [*found, (start + 1, 1.5, literal)]

    def _redoubled(self, inner: bytes) -> bytes:
        quote = self._grammar.quote
        return inner.replace(quote * 2, quote).replace(quote, quote * 2)

    def _text(self, cell: bytes) -> str:
        return self._grammar.unquote(cell).decode("utf-8", "replace")

    def _fits(self, cells: Cells) -> bool:
        pairs = zip(self._columns, cells, strict=True)
        return all(column.misfit(self._text(cell)) < _UNFIT for column, cell in pairs)

    def _cost(self, cells: Cells) -> float:
        pairs = zip(self._columns, cells, strict=False)
        costs = [column.misfit(self._text(cell)) for column, cell in pairs]
        return max(costs, default=0.0) if any(cost >= _UNFIT for cost in costs) else sum(costs)

    def _readings(self, cells: Cells) -> list[_Reading]:
        """The two best ways to put the cells into the columns in order, with holes or without some empty ones."""
        if not any(column.typed for column in self._columns):
            return []
        texts = [self._text(cell) for cell in cells]
        # Two best distinct readings for every (cells used, columns filled).
        reached: dict[tuple[int, int], list[_Reading]] = {(0, 0): [(0.0, ())]}
        for used in range(len(cells) + 1):
            for filled in range(self._width + 1):
                for cost, taken in reached.get((used, filled), ()):
                    for steps, price, cell in self._moves(cells, texts, used, filled):
                        place = (used + steps[0], filled + steps[1])
                        reading = (cost + price, taken if cell is None else (*taken, cell))
                        reached[place] = _two_best([*reached.get(place, ()), reading])
        return reached.get((len(cells), self._width), [])

    def _moves(
        self, cells: Cells, texts: list[str], used: int, filled: int
    ) -> list[tuple[tuple[int, int], float, bytes | None]]:
        """Take a cell into a column, drop an empty cell, leave a column empty, or join two that a delimiter split."""
        moves: list[tuple[tuple[int, int], float, bytes | None]] = []
        if abs((len(cells) - used) - (self._width - filled)) > _SHIFTS + abs(len(cells) - self._width):
            return moves
        if filled < self._width:
            column = self._columns[filled]
            if used < len(cells):
                moves.append(((1, 1), column.misfit(texts[used]), cells[used]))
            if len(cells) < self._width:
                moves.append(((0, 1), 0.5 if column.holes else 1.0, b""))
            if len(cells) > self._width and used + 1 < len(cells) and self._splits(column, texts, used):
                joined = self._grammar.delimiter.join(cells[used : used + 2])
                moves.append(((2, 1), 0.5, self._grammar.quote + joined + self._grammar.quote))
        if used < len(cells) and not texts[used] and len(cells) > self._width:
            moves.append(((1, 0), 0.5, None))
        return moves

    def _splits(self, column: Profile, texts: list[str], used: int) -> bool:
        """A text that holds delimiters elsewhere too, or goes on after a blank, may have been split by one."""
        mark = self._grammar.delimiter.decode()
        whole = texts[used] and texts[used + 1] and self._grammar.quote
        if column.kind != "text" or not whole or column.misfit(mark.join(texts[used : used + 2])) >= _UNFIT:
            return False
        return texts[used + 1].startswith(" ") or any(mark in value for value in column.seen)


_Reading = tuple[float, tuple[bytes, ...]]


def _two_best(readings: list[_Reading]) -> list[_Reading]:
    best: dict[tuple[bytes, ...], float] = {}
    for cost, cells in readings:
        best[cells] = min(cost, best.get(cells, cost))
    return [(cost, cells) for cells, cost in sorted(best.items(), key=lambda entry: (entry[1], entry[0]))[:2]]
