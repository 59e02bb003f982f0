"""`crmctl sample`: a messy bilingual data set with its truth, to try things on."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click

from crmctl.cli.answers import answer, format_option
from crmctl.cli.options import globals_of


@click.command("sample", short_help="Generate a messy bilingual data set with its truth.")
@click.option("--customers", type=click.IntRange(min=0), default=2000, show_default=True, help="How many records.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed gives the same bytes.")
@click.option("--out", type=click.Path(path_type=Path), default=Path("sample"), show_default=True, help="The folder.")
@format_option
@click.pass_context
def command(context: click.Context, customers: int, seed: int, out: Path, format_: str | None) -> None:
    r"""Generate a messy bilingual data set with its truth.

    \b
    Examples:
      crmctl sample --out demo
      crmctl sample --customers 100000 --seed 7 --out big

    Three sources of customers with duplicates, households and broken values, in different encodings, with
    orders, tickets, campaigns and feedback; truth.csv says who is who.
    """
    import sys

    from crmctl.cli.progress import Progress
    from crmctl.errors import FileError
    from crmctl.sampling import generate

    globals_ = globals_of(context)
    progress = Progress(enabled=not globals_.quiet and sys.stderr.isatty())
    try:
        out.mkdir(parents=True, exist_ok=True)
        as_of = dt.date.fromisoformat(globals_.as_of) if globals_.as_of and globals_.as_of != "today" else None
        options = {"as_of": as_of} if as_of else {}
        files = generate(out, customers=customers, seed=seed, progress=progress.start, **options)
    except OSError as error:
        raise FileError(
            "cannot write into {folder}: {problem}", cure="choose another folder with --out", folder=out,
            problem=error.strerror or error,
        ) from None  # fmt: skip
    finally:
        progress.stop()
    answer(["file", "rows", "what"], [(str(file.path), file.rows, file.what) for file in files], format_)
