"""What a report says of datasets and of the run so far, taken from the store. How it looks is the report room's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from crmctl.messages import term
from crmctl.messages import translate as say
from crmctl.reporting import (
    Badge,
    BarChart,
    Block,
    Figure,
    Figures,
    HeatMap,
    Item,
    Quantity,
    Section,
    StackedBar,
    StackedRow,
    TableBlock,
    Tone,
)
from crmctl.schema.column import Column, blank
from crmctl.sql import SQL, join, sql
from crmctl.step.running import Context
from crmctl.step.types import Dataset

_TONES: dict[str, tuple[str, Tone]] = {
    "passed": ("pass", "good"), "warned": ("warn", "warn"), "failed": ("fail", "bad"), "skipped": ("skip", "neutral"),
}  # fmt: skip
_MOST_CLASSES = 20


def dataset_sections(run: Context, dataset: Dataset) -> list[Section]:
    """One dataset: its size, how full its fields are, and its classes."""
    quality: list[Block] = [_fill_chart(run, dataset)]
    findings = _findings_table(run, dataset)
    if findings is not None:
        quality.append(findings)
    sections = [
        Section(dataset.name, blocks=[_headline(run, dataset), *_by_source(run, dataset)]),
        Section(say("{dataset}: quality", dataset=dataset.name), blocks=quality),
    ]
    classes = _class_blocks(run, dataset)
    if classes:
        sections.append(Section(say("{dataset}: classes", dataset=dataset.name), blocks=classes))
    return sections


def run_sections(run: Context) -> list[Section]:
    """The run so far: what was read and dropped, what the checks said, who is in which segment."""
    found = [
        (say("What came in, what went out"), _ledger_blocks(run)),
        (say("Checks"), _check_blocks(run)),
        (say("Segments"), _segment_blocks(run)),
    ]
    return [Section(title, blocks=blocks) for title, blocks in found if blocks]


def _headline(run: Context, dataset: Dataset) -> Figures:
    filled = _filled(run, dataset)
    share = sum(filled) / (dataset.rows * len(filled)) if dataset.rows and filled else 0.0
    items = [
        Figure(say("Rows"), dataset.rows),
        Figure(say("Fields"), len(dataset.columns)),
        Figure(say("Cells filled"), share, unit="%"),
    ]
    spent = dataset.find("total_spent")
    if spent is not None:
        total = run.store.scalar(sql("select coalesce(sum({s}), 0) from {rows}", s=spent.typed(), rows=dataset))
        items.append(Figure(say("Total spent"), total))
    return Figures(items)


def _filled(run: Context, dataset: Dataset) -> list[int]:
    counts = join([sql("count(*) filter (not {blank})", blank=blank(c.identifier)) for c in dataset.columns])
    return [int(n) for n in run.store.rows(sql("select {counts} from {rows}", counts=counts, rows=dataset))[0]]


def _by_source(run: Context, dataset: Dataset) -> list[Block]:
    rows = _counts(run, dataset, sql("_source"))
    if len(rows) < 2:
        return []
    return [BarChart(say("Rows by source"), [Item(str(name or "-"), count) for name, count in rows])]


def _counts(run: Context, dataset: Dataset, value: SQL) -> list[tuple[Any, ...]]:
    return run.store.rows(
        sql("select {v} as v, count(*) as n from {rows} group by 1 order by n desc, v", v=value, rows=dataset)
    )


def _fill_chart(run: Context, dataset: Dataset) -> Block:
    items = [
        Item(column.label(run.language), count / dataset.rows if dataset.rows else None)
        for column, count in zip(dataset.columns, _filled(run, dataset), strict=True)
        if not column.definition
    ]
    return BarChart(say("How full each field is"), items, unit="%")


def _findings_table(run: Context, dataset: Dataset) -> Block | None:
    rows = run.store.rows(
        sql(
            "select coalesce(field, '-'), status, coalesce(reason, '-'), count(*) as n from _crmctl.findings"
            " where run = {run} and lower(dataset) = lower({d}) group by all order by n desc, 1, 2, 3 limit 60",
            run=run.run,
            d=dataset.name,
        )
    )
    if not rows:
        return None
    labels = {column.name: column.label(run.language) for column in dataset.columns}
    cells = [[labels.get(field, field), term(status), term(why), int(count)] for field, status, why, count in rows]
    columns = [say("Field"), say("Status"), say("Reason"), say("Values")]
    return TableBlock(columns, cells, title=say("Findings"))


def _class_blocks(run: Context, dataset: Dataset) -> list[Block]:
    blocks: list[Block] = []
    for column in dataset.of_type("enum"):
        rows = _counts(run, dataset, sql("nullif(trim({c}), '')", c=column.identifier))
        named = [(name, count) for name, count in rows if name is not None]
        if column.definition and 0 < len(named) <= _MOST_CLASSES:
            items = [Item(column.outcome(str(name), run.language), count) for name, count in named]
            blocks.append(BarChart(column.label(run.language), items, note=term(column.definition)))
    tier, spent = dataset.find("value_tier"), dataset.find("total_spent")
    if tier is not None and spent is not None:
        blocks.append(_value_by_tier(run, dataset, tier, spent))
    recency, frequency = dataset.find("r_score"), dataset.find("f_score")
    if recency is not None and frequency is not None:
        blocks.append(_heat_map(run, dataset, recency, frequency))
    return blocks


def _value_by_tier(run: Context, dataset: Dataset, tier: Column, spent: Column) -> Block:
    rows = run.store.rows(
        sql(
            "select {tier} as tier, count(*), coalesce(sum({spent}), 0) from {rows} group by 1 order by 1",
            tier=tier.identifier,
            spent=spent.typed(),
            rows=dataset,
        )
    )
    parts = [tier.outcome(str(row[0]), run.language) for row in rows]
    return StackedBar(
        say("Customers and revenue by value tier"), parts,
        [
            StackedRow(say("Customers"), [int(row[1]) for row in rows]),
            StackedRow(say("Revenue"), [max(row[2], 0) for row in rows]),
        ],
    )  # fmt: skip


def _heat_map(run: Context, dataset: Dataset, recency: Column, frequency: Column) -> Block:
    rows = run.store.rows(
        sql(
            "select {r}::int, {f}::int, count(*) from {rows} where {r} is not null and {f} is not null group by 1, 2",
            r=recency.typed(),
            f=frequency.typed(),
            rows=dataset,
        )
    )
    counts = {(r, f): n for r, f, n in rows}
    bins = range(1, max([5, *(max(r, f) for r, f, _ in rows)]) + 1)
    return HeatMap(
        say("Customers by recency and frequency"),
        [str(r) for r in reversed(bins)], [str(f) for f in bins],
        [[counts.get((r, f), 0) for f in bins] for r in reversed(bins)],
        row_title=say("Recency score"), column_title=say("Frequency score"),
    )  # fmt: skip


def _ledger_blocks(run: Context) -> list[Block]:
    files = run.store.rows(
        sql(
            "select l.name, s.name, read, loaded, rejected, skipped from _crmctl.ledger l join _crmctl.steps s"
            " using (run, step) where run = {run} and subject = 'file' order by step, l.name",
            run=run.run,
        )
    )
    blocks: list[Block] = []
    if files:
        columns = [say("File"), say("Read"), say("Loaded"), say("Rejected"), say("Skipped")]
        rows = [[_stem(name), read, loaded, rejected, skipped] for name, _, read, loaded, rejected, skipped in files]
        blocks.append(TableBlock(columns, rows, title=say("Files")))
    steps = run.store.rows(
        sql(
            "select s.name, l.name, rows_out, merged, removed, reasons from _crmctl.ledger l join _crmctl.steps s"
            " using (run, step) where run = {run} and subject = 'dataset' and merged + removed > 0 order by step",
            run=run.run,
        )
    )
    if steps:
        columns = [say("Step"), say("Dataset"), say("Rows out"), say("Merged"), say("Removed"), say("Reason")]
        rows = [
            [step, name, out, merged, removed, _reasons(reasons)] for step, name, out, merged, removed, reasons in steps
        ]
        blocks.append(TableBlock(columns, rows, title=say("Merged and removed")))
    return blocks


def _stem(path: str) -> str:
    """The file without its folder: the report says the same wherever the run took place."""
    return path.replace("\\", "/").rsplit("/", 1)[-1]


def _reasons(text: str | None) -> str:
    import json

    return ", ".join(f"{term(reason)}: {count:,}" for reason, count in json.loads(text).items()) if text else ""


def _check_blocks(run: Context) -> Sequence[Block]:
    rows = run.store.rows(
        sql(
            "select dataset, name, outcome, failed, rows, message from _crmctl.check_results where run = {run}"
            " order by step, rowid",
            run=run.run,
        )
    )
    if not rows:
        return []
    columns = [say("Dataset"), say("Check"), say("Outcome"), say("Failed"), say("Share"), say("Message")]
    cells = [
        [dataset, name, Badge(*_TONES[outcome]), failed, Quantity(failed / total if total else 0.0, "%"), message]
        for dataset, name, outcome, failed, total, message in rows
    ]
    return [TableBlock(columns, cells)]


def _segment_blocks(run: Context) -> Sequence[Block]:
    rows = run.store.rows(
        sql(
            "select dataset, label, members, definition from _crmctl.segment_sizes where run ="
            " (select max(run) from _crmctl.segment_sizes where run = {run} or run in"
            "   (select run from _crmctl.runs where effective)) order by rowid",
            run=run.run,
        )
    )
    if not rows:
        return []
    columns = [say("Dataset"), say("Segment"), say("Members"), say("Definition")]
    return [
        BarChart(say("Members by segment"), [Item(label, members) for _, label, members, _ in rows]),
        TableBlock(columns, [list(row) for row in rows]),
    ]
