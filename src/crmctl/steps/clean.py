"""`clean`: repair values field by field; whatever cannot be repaired stays and gets a finding."""

from __future__ import annotations

from typing import Literal

from crmctl import cleaning
from crmctl.step import Dataset, Field, Loaded, Result, context, step


@step(row_wise=True)
def clean(
    dataset: Dataset,
    *,
    fields: list[Field] | None = None,
    level: Literal["safe", "likely"] = "safe",
    region: list[str] | None = None,
) -> Result:
    """Repair values: blanks, width, case, phones, e-mails, dates, numbers.

    Every repair is a finding with the old and the new value. A value that cannot be repaired stays as it was.

    Args:
        dataset: The customers, or any other rows.
        fields: Only these fields; all by default.
        level: Safe repairs only, or likely ones as well, such as a day and month order decided by the column.
        region: Countries whose phone numbers may come without a country code, such as CN; used at level likely.

    Examples:
        crmctl clean examples/contacts.csv -o cleaned.csv
        crmctl clean contacts --fields phone,email --dry-run
    """
    run = context()
    cleaned, findings = run.table(), run.temporary("findings")
    cleaning.clean(
        run.con, dataset.relation, dataset.columns, into=cleaned, findings=findings,
        fields={field.name for field in fields} if fields is not None else None, level=level,
        regions=tuple(region or ()), temporary=False,
    )  # fmt: skip
    return Result(rows=Loaded(cleaned), columns=dataset.columns, findings=findings)
