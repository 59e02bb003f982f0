"""Which characters give a text file its structure: every likely delimiter and quote is tried on a sample and scored.

The score follows CleverCSV (van den Burg, Nazábal, Sutton 2019): records alike times cells plausible; here records are
alike also where they follow one another alike, and columns count for what their cells have in common.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from crmctl.formats.delimited.grammar import QUOTE, Escape, Grammar, Marks
from crmctl.formats.sheets.kinds import kind, plausible

_RECORDS = 300
# Only a part of a larger file ends within a cell.
_CUT = 50_000
# What explains less is no delimiter; one that the first line lacks has to explain more.
_LEAST, _LEAST_UNHEADED, _LEAST_UNCOMMON = 0.02, 0.12, 0.45
_COMMON = (",", "\t", ";", "|")
# Delimiter -> how readily it is believed; what is more often part of a value has to show more.
_PRIORS = {
    **dict.fromkeys(_COMMON, 1.0), **dict.fromkeys("^~\x01\x02\x1e\x1f§¦¬¤｜", 0.95), ":": 0.85, " ": 0.8,
    **dict.fromkeys("#&!*$%@=", 0.7), **dict.fromkeys("，；、", 0.75),
}  # fmt: skip
_RUN = re.compile(r"[^\w\"'`\r\n]{2,4}")
_UNPAIRED = frozenset("()[]{}<>（）《》【】。.-/+@：“”")


@dataclass(frozen=True, slots=True)
class Sniffed:
    """The marks of a file and how well they explain it.

    Args:
        marks: The characters.
        score: From 0 to 1.
        share: The share of sampled records that have the most frequent number of cells.
        width: That number.
    """

    marks: Marks
    score: float
    share: float
    width: int


def sniff(sample: bytes, delimiter: str | None, prefer: str = ",") -> Sniffed:
    """The marks that explain a sample best.

    Args:
        sample: Whole lines, as UTF-8.
        delimiter: What the user says; only the quote is found out then.
        prefer: The delimiter to take where all are alike.
    """
    text = sample.decode("utf-8", "replace")
    returns = ends_by_return(sample)
    found: list[Sniffed] = []
    for candidate in [delimiter] if delimiter else _candidates(text, prefer):
        if found and found[-1].score > 0.9 and candidate not in _COMMON and not _covers(candidate, found[-1]):
            continue
        prior = 1.0 if delimiter else _prior(candidate)
        found += [_scored(sample, marks, prior) for marks in _spellings(sample, candidate, returns)]
    best = max(found, key=lambda entry: entry.score)
    first = next((line for line in sample.splitlines() if line.strip()), b"")
    common = best.marks.delimiter.decode() in _COMMON
    least = _LEAST_UNCOMMON if not common else _LEAST if best.marks.delimiter in first else _LEAST_UNHEADED
    if delimiter is None and best.score < least:
        # One column: a delimiter that stands nowhere leaves its cells whole.
        absent = next(mark for mark in (prefer, *_COMMON, "\x1f", "\x1e", "\x01") if mark not in text or mark == "\x01")
        return Sniffed(Marks(absent.encode(), returns=returns), 0.0, 1.0, 1)
    return best


def ends_by_return(sample: bytes) -> bool:
    """Whether carriage returns alone end records: outside quotes they stand at more than a tenth of the line ends."""
    if b"\r" not in sample:
        return False
    bare = re.sub(rb'"(?:[^"]|"")*+"', b"", sample)
    returns = bare.count(b"\r") - bare.count(b"\r\n")
    return returns * 10 > bare.count(b"\n") + returns and returns > 0


def _covers(candidate: str, best: Sniffed) -> bool:
    return best.marks.delimiter.decode() in candidate


def _prior(candidate: str) -> float:
    if candidate in _PRIORS:
        return _PRIORS[candidate]
    if candidate in {",,", ";;", "\t\t"}:
        return 0.6
    if set(candidate) <= {" "}:
        return 0.75
    return 1.0


def _candidates(text: str, prefer: str) -> Iterator[str]:
    """The delimiters that occur at all, the common ones first; those of several characters if most lines have them."""
    present = Counter(text)
    yield prefer
    yield from (mark for mark in _COMMON if mark != prefer and present[mark])
    lines = [line for line in re.split(r"[\r\n]+", text) if line.strip()][:200]
    most = max(len(lines) * 0.4, 1)
    yield from (mark for mark in _PRIORS if mark not in _COMMON and present[mark] >= most)
    runs = Counter(run for line in lines for run in set(_RUN.findall(line)))
    likely = sorted(run for run in runs if runs[run] >= max(len(lines) * 0.6, 1) and not _UNPAIRED & set(run))
    yield from sorted(likely, key=lambda run: (-runs[run], run))[:6]


def _spellings(sample: bytes, delimiter: str, returns: bool) -> Iterator[Marks]:
    """The ways of quoting that the sample shows signs of."""
    mark = delimiter.encode()
    for quote in (QUOTE, b"'", b"`"):
        opened = rb"(?:^|" + re.escape(mark) + rb"|[\r\n]) *" + quote
        closed = quote + rb" *(?:\Z|" + re.escape(mark) + rb"|[\r\n])"
        seen = min(len(re.findall(opened, sample)), len(re.findall(closed, sample)))
        # One cell in such marks may be text; not if there is something in it that needs them.
        needed = opened + rb"[^\r\n" + quote + rb"]*(?:" + quote * 2 + rb"|" + re.escape(mark) + rb")"
        if quote != QUOTE and seen < 2 and not (seen and re.search(needed, sample)):
            continue
        for escape in _escapes(sample, mark, quote):
            yield Marks(mark, quote, escape, returns)


def _escapes(sample: bytes, mark: bytes, quote: bytes) -> Sequence[Escape]:
    """By a backslash where one stands before a quote that does not end its cell, and no quote is doubled."""
    inner = len(re.findall(rb"\\" + quote + rb"(?! *(?:\Z|[\r\n]|" + re.escape(mark) + rb"))", sample))
    if inner + len(re.findall(rb"(?<!\\)\\" + re.escape(mark), sample)) == 0:
        return ("double",)
    doubled = len(re.findall(rb"(?<![\\" + quote + rb"\r\n])" + quote * 2 + rb"(?!" + quote + rb")[^\r\n]", sample))
    return ("double", "backslash") if not inner or doubled else ("backslash",)


def _scored(sample: bytes, marks: Marks, prior: float) -> Sniffed:
    records = list(sampled(sample, marks))
    widths = Counter(len(cells) for cells, _ in records)
    total = widths.total()
    wide = {width: count for width, count in widths.items() if width > 1}
    if not wide:
        return Sniffed(marks, 0.0, 1.0, 1)
    width = max(wide, key=lambda candidate: wide[candidate])
    share = wide[width] / total
    near = sum(_near(found, width) * count for found, count in widths.items()) / total
    pairs = [(len(a), len(b)) for (a, _), (b, _) in pairwise(records)]
    steady = sum(_near(a, b) for a, b in pairs) / len(pairs) if pairs else near
    alike = [cells for cells, _ in records if len(cells) == width]
    sound = sum(good for _, good in records) / total
    value = ((near + steady) / 2) ** 2 * _plausibility(alike, Grammar(marks)) * (1 - 1 / width) ** 0.5
    return Sniffed(marks, value * prior * sound * (1.0 if marks.quote == QUOTE else 0.999), share, width)


def _near(width: int, other: int) -> float:
    """1 for records of one width, less the more they differ; a single cell is like nothing."""
    if min(width, other) < 2:
        return 0.0
    return 1.0 if width == other else 0.5 * min(width, other) / max(width, other)


def _plausibility(rows: Sequence[Sequence[bytes]], grammar: Grammar) -> float:
    """The mean plausibility of the cells, a little more where a column's cells are of one kind."""
    points, cells = 0.0, 0
    for column in zip(*rows[:100], strict=True):
        texts = [(grammar.unquote(cell).decode("utf-8", "replace"), grammar.quoted(cell)) for cell in column]
        kinds = Counter(kind(text) for text, _ in texts[1:])
        filled = sum(kinds.values()) - kinds["empty"]
        best = max((count for name, count in kinds.items() if name not in {"empty", "text"}), default=0)
        bonus = 0.1 if filled and best >= filled * 0.9 else 0.0
        points += sum(min(plausible(text, quoted=quoted) + bonus, 1.0) for text, quoted in texts)
        cells += len(texts)
    return points / cells if cells else 0.0


def sampled(sample: bytes, marks: Marks) -> Iterator[tuple[list[bytes], float]]:
    """The first records of a sample that are not blank, cells as spelled, and how sound each is.

    A malformed one is taken for its line.
    """
    grammar, position, taken = Grammar(marks), 0, 0
    while position < len(sample) and taken < _RECORDS:
        stop, after = grammar.next_line(sample, position, len(sample))
        end = grammar.end(sample, position, min(len(sample), position + 20_000))
        sound = end is not None
        if end is None and grammar.cut_off(sample, position, stop) and taken and len(sample) > _CUT:
            return
        if end is None:
            end = stop
        if sound and end > stop:
            after = grammar.next_line(sample, end, len(sample))[1]
        text = sample[position:end]
        position = max(after, position + 1)
        if text.strip(b" \t\r\0\x1a"):
            taken += 1
            yield (grammar.raw_cells(text) if sound else grammar.likely_cells(text)), 1.0 if sound else 0.8
