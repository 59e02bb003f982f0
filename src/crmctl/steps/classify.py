"""`classify`: give every row its class by ordered rules, value, lifecycle or RFM."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from crmctl import messages
from crmctl.analytics import DEFINITIONS, method_sql, outcomes, purchase_summary, without_orders
from crmctl.errors import UsageError
from crmctl.rules import Classification, classification_sql, left_out, load_classification
from crmctl.run.materialise import as_text, row_digest
from crmctl.run.purchases import orders_of
from crmctl.schema.column import Column
from crmctl.sql import SQL, ident, idents, join, sql
from crmctl.step import Context, Dataset, Result, RulesName, as_of, context, step
from crmctl.store.versions import stored_columns

DEFAULT = [RulesName("value-tier"), RulesName("lifecycle"), RulesName("rfm")]
_ZERO = ("order_count", "total_spent")


@step(row_wise=True)
def classify(
    dataset: Dataset,
    *,
    rules: list[RulesName] = DEFAULT,
    orders: Dataset | None = None,
) -> Result:
    """Give every row its class: value tier, lifecycle, RFM, or your own rules.

    Classes are exclusive: the first rule that holds decides, and "other" is counted like any. Each classification
    becomes a column.

    Args:
        dataset: The customers.
        rules: Shipped classifications by name, or rule files.
        orders: Their orders, for the classifications that need them; by default the dataset called orders.

    Examples:
        crmctl classify examples/contacts.csv --rules customer-type -o classified.csv
        crmctl classify customers --rules value-tier,lifecycle
    """
    run = context()
    chosen = [load_classification(name) for name in rules]
    by_orders = [c for c in chosen if c.method != "rules"]
    purchases = orders_of(run, dataset, orders) if by_orders or orders is not None else None
    if by_orders and purchases is None:
        raise UsageError(
            "{name} needs orders, and there is no dataset called orders", cure="name it with --orders",
            name=by_orders[0].classification,
        )  # fmt: skip
    parts: list[tuple[SQL, list[Column], dict[str, str]]] = []
    if purchases is not None:
        parts.append(_part(run, purchase_summary(purchases, as_of()), "summary", dict.fromkeys(_ZERO, "0")))
        for classification in by_orders:
            fill = {classification.classification: without_orders(classification)}
            query = method_sql(classification, purchases, as_of(), keys=_tie_keys(dataset))
            parts.append(_part(run, query, "classes", fill))
    return _result(run, dataset, parts, [c for c in chosen if c.method == "rules"], chosen)


def _column(classification: Classification) -> Column:
    """The result's column, with the labels of its classes."""
    labels = {name: dict(outcome.labels) for name, outcome in outcomes(classification).items()}
    return replace(classification.column, outcomes=labels)


def _tie_keys(dataset: Dataset) -> SQL:
    """What puts customers of equal value in order: their key, and where there is none their content; never the id."""
    named = [c for c in dataset.columns if c.name in (*dataset.keys, "golden_id")]
    return sql("(select _id as customer, {digest} as key from {rows})", digest=row_digest(named or dataset.columns),
               rows=dataset)  # fmt: skip


def _part(run: Context, query: SQL, purpose: str, fill: dict[str, str]) -> tuple[SQL, list[Column], dict[str, str]]:
    """One row per customer as a table of text, its columns, and what stands for a customer without a row."""
    table = run.temporary(purpose)
    described = [(n, t) for n, t in stored_columns(run.store, query) if n != "customer"]
    cells = join([sql("{t} as {n}", t=as_text(ident(name), kind), n=ident(name)) for name, kind in described])
    run.store.execute(
        sql("create temp table {table} as select customer, {cells} from {query}", table=table, cells=cells, query=query)
    )
    return table, [DEFINITIONS.get(name) or Column(name, name) for name, _ in described], fill


def _result(
    run: Context, dataset: Dataset, parts: Sequence[tuple[SQL, list[Column], dict[str, str]]],
    by_rules: list[Classification], chosen: list[Classification],
) -> Result:  # fmt: skip
    made: dict[str, tuple[Column, SQL]] = {}
    joins = []
    for number, (table, columns, fill) in enumerate(parts):
        alias = ident(f"p{number}")
        joins.append(sql("left join {t} {a} on {a}.customer = d._id", t=table, a=alias))
        for column in columns:
            cell = sql("{a}.{c}", a=alias, c=column.identifier)
            if column.name in fill:
                cell = sql("coalesce({cell}, {fill})", cell=cell, fill=fill[column.name])
            made[column.name] = (column, cell)
    for classification in chosen:
        name = classification.classification
        made[name] = (_column(classification), made[name][1] if name in made else sql("null"))
    ruled = {c.classification for c in by_rules}
    figures = {name: cell for name, (_, cell) in made.items() if name not in ruled}
    own = [column for column in dataset.columns if column.name not in made]
    base = sql(
        "select d._id, d._source, d._line, {own} {figures} from {rows} d {joins}",
        own=idents(column.name for column in own),
        figures=join([sql(", {c} as {n}", c=cell, n=ident(name)) for name, cell in figures.items()], " "),
        rows=dataset, joins=join(joins, " "),
    )  # fmt: skip
    known = [*own, *(made[name][0] for name in figures)]
    classes = [
        sql(", {case} as {n}", case=classification_sql(c, known, as_of()), n=ident(c.classification)) for c in by_rules
    ]
    for classification in by_rules:
        for absent in left_out(classification, known):
            run.note(
                messages.translate(
                    "{classification}: {name} is left out, there is no {missing}",
                    classification=classification.classification,
                    name=absent.name,
                    missing=", ".join(absent.missing),
                )
            )
    return Result(
        rows=sql("select * {classes} from ({base})", classes=join(classes, " "), base=base),
        columns=[column for column, _ in made.values()],
    )
