"""`report`: one page about the data: how many, how good, who they are."""

from __future__ import annotations

from crmctl import messages
from crmctl.reporting import Report, write_report
from crmctl.run.overview import dataset_sections, run_sections
from crmctl.step import Dataset, OutputFile, Result, context, step


@step(kind="write")
def report(datasets: list[Dataset], *, output: OutputFile, title: str | None = None) -> Result:
    """Write one page about the data: counts, quality, classes, segments.

    In a recipe it also tells what the run read, dropped, merged and checked. The page is one file without scripts
    that any browser opens; .md and .json are written too.

    Args:
        datasets: What the report is about.
        output: The page: .html, .md or .json.
        title: Its title.

    Examples:
        crmctl report examples/contacts.csv -o report.html
    """
    run = context()
    run.as_of()  # fixes the run's moment, which the page carries where it is the data's own
    day = run.dated()
    sections = [section for dataset in datasets for section in dataset_sections(run, dataset)] + run_sections(run)
    page = Report(
        title=title or messages.translate("Customer data report"),
        language=run.language,
        sections=sections,
        meta={"as_of": day.isoformat()} if day else {},
    )
    write_report(page, output.path)
    return Result(files=[output.path])
