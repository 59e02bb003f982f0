"""A step of a project's own: `use: [steps/loyalty.py]` in a recipe, or `--use steps/loyalty.py` on the command line."""

from crmctl.schema import HIDDEN, Column
from crmctl.sql import idents, sql
from crmctl.step import Dataset, Field, Result, step

POINTS = Column("loyalty_points", "loyalty_points", "integer", labels={"en": "Loyalty points", "zh": "积分"})


@step(row_wise=True)
def loyalty_points(dataset: Dataset, *, spent: Field = "total_spent", per_point: int = 10) -> Result:
    """Give every customer points for what they spent.

    Who has spent nothing has no points.

    Args:
        dataset: The customers.
        spent: What they spent.
        per_point: How much earns one point.

    Examples:
        crmctl --use examples/steps/loyalty.py loyalty-points customers --per-point 5
    """
    kept = [column.name for column in dataset.columns if column.name != POINTS.name]
    rows = sql(
        "select {kept}, greatest(coalesce(floor({spent} / {per_point}), 0), 0)::bigint as {points} from {rows}",
        kept=idents([*HIDDEN, *kept]),
        spent=spent,
        per_point=per_point,
        points=POINTS.identifier,
        rows=dataset,
    )
    return Result(rows=rows, columns=[POINTS])
