"""`import`: files into datasets, by key or content, with nothing lost."""

from __future__ import annotations

from typing import Literal

from crmctl.errors import UsageError
from crmctl.run.importing.arrival import Meeting
from crmctl.run.importing.inbox import import_inbox
from crmctl.run.importing.whole import Order, import_files
from crmctl.run.importing.wishes import read_options, wish, with_widths
from crmctl.step import InputFile, OutputFile, Result, SchemaName, context, step

Mode = Literal["upsert", "append", "replace", "snapshot"]


@step(name="import", kind="import")
def import_(
    files: list[InputFile] = [],  # noqa: B006 - only read
    *,
    into: str | None = None,
    source: str | None = None,
    schema: SchemaName | None = None,
    from_: str | None = None,
    map: dict[str, str] | None = None,  # noqa: A002 - the option's own name
    map_file: InputFile | None = None,
    save_map: OutputFile | None = None,
    mode: Mode | None = None,
    blank: Literal["keep", "overwrite"] = "keep",
    keep: dict[str, str] | None = None,
    max_removed: str = "50%",
    max_rejects: str = "5%",
    rejects: OutputFile | None = None,
    format: str | None = None,  # noqa: A002 - the option's own name
    encoding: str | None = None,
    delimiter: str | None = None,
    sheet: str | None = None,
    table: int | None = None,
    header: bool | None = None,
    widths: str | None = None,
    password_file: InputFile | None = None,
    inbox: InputFile | None = None,
    again: bool = False,
) -> Result:
    """Import files into a dataset.

    Format, encoding, delimiter and the header's row are found, shown and recorded; headers become the fields of the
    schema that fits. A line that cannot be read goes to the rejects with its reason. Several files, and the several
    tables of a file, come in together or not at all; tables of different kinds go into a dataset each. A file that was
    taken in before is skipped.

    Args:
        files: The files, or - for standard input.
        into: The dataset; by default what the schema usually fills, else the source's name.
        source: Where the rows come from; by default the file's name without its date.
        schema: The schema that names the fields: a shipped one or a file. The dataset's own by default, or guessed.
        from_: The system whose export it is: a shipped preset's name or a file.
        map: Fields for headers, as Header=field. An empty field leaves the header under its own name. In a flat order
            export, Header=customers.id names the kind of rows too.
        map_file: Fields for headers, as an earlier import saved them.
        save_map: Write down what the headers were taken for, to be checked, mended and used again.
        mode: What happens to rows that are there already. Upsert finds them by key, append adds, replace takes
            only the new, snapshot removes what is gone from this source.
        blank: Whether a blank cell leaves the value that is there, or overwrites it.
        keep: Which of two values of a field holds, as FIELD=newest, longest or keep (the one that is there).
        max_removed: How many of a source's rows a snapshot may lack: a number, or a share like 50%.
        max_rejects: How many lines may be unreadable before nothing is published: a number, or a share like 5%.
        rejects: Write the unreadable lines to this CSV file, to be mended and imported again.
        format: The files' format, where it should not be guessed.
        encoding: The files' encoding, where it should not be guessed.
        delimiter: The cells' delimiter, where it should not be guessed.
        sheet: The sheet of a workbook, the table of a database, the member of an archive.
        table: Which table of a text file that holds several, from 1.
        header: Whether the first record holds the column names, where it should not be guessed.
        widths: The columns of a fixed-width file, as name:10,phone:12.
        password_file: A file that holds the password of protected files; CRMCTL_PASSWORD does too.
        inbox: A folder whose new files are taken in, in the order of their names, and moved into its archive.
        again: Take in files that were taken in already.

    Examples:
        crmctl import examples/contacts.csv
        crmctl import examples/contacts.csv --into leads --source fair
    """
    run = context()
    order = Order(
        files=list(files), into=into, source=source,
        wish=wish(schema, from_, map, map_file),
        options=with_widths(
            read_options(format, encoding, delimiter, sheet, table, header, widths, password_file), schema,
            [str(file) for file in files],
        ),
        meeting=Meeting(mode or "", blank == "overwrite", keep or {}, max_removed),
        max_rejects=max_rejects, rejects=rejects.path if rejects else None, again=again,
        save_map=save_map.path if save_map else None,
    )  # fmt: skip
    if inbox is not None and files:
        raise UsageError("an inbox is read as a whole", cure="name either files or --inbox")
    if inbox is not None:
        return import_inbox(run, order, inbox)
    if not files:
        raise UsageError("no file to import", cure="name at least one")
    return import_files(run, order)
