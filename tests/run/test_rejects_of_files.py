"""A step over a file accounts for each of its lines, as an import does."""

from __future__ import annotations

from tests.conftest import CommandLine

from crmctl.sql import sql

HEADERS = ["id", "city"]
GOOD = [[str(number), " Rome "] for number in range(100)]


def test_a_step_over_a_file_shows_what_it_could_not_read_and_never_writes_over_it(cli: CommandLine) -> None:
    path = cli.write("few.csv", [*GOOD, ["7", "x", "surplus", "cells"]], HEADERS)
    before = path.read_bytes()
    told = cli("clean", "few.csv", "-o", "out.csv").err
    assert "few.csv:102" in told
    assert "101" in told  # lines read
    assert (cli.folder / "out.csv").exists()
    cli("clean", "few.csv", "--in-place", code=1)
    assert path.read_bytes() == before


def test_a_file_with_many_unreadable_lines_is_refused_before_anything_is_written(cli: CommandLine) -> None:
    cli.write("bad.csv", [*GOOD[:10], *[["7", "x", "surplus", "cells"]] * 5], HEADERS)
    cli("clean", "bad.csv", "-o", "out.csv", code=1)
    cli("export", "bad.csv", "-o", "out.csv", code=1)
    assert not (cli.folder / "out.csv").exists()


def test_rejects_of_a_file_that_a_step_reads_are_kept_with_its_run(cli: CommandLine) -> None:
    cli.write("few.csv", [*GOOD, ["7", "x", "surplus", "cells"]], HEADERS)
    cli("clean", "few.csv", "--into", "people")
    with cli.open(read_only=True) as store:
        assert store.rows(sql("select line from _crmctl.rejects")) == [(102,)]
        ledger = sql("select read, loaded, rejected from _crmctl.ledger where subject = 'file'")
        assert store.rows(ledger) == [(101, 100, 1)]
