"""Who was in a segment is kept as long as an undo can ask for it, and no longer."""

from __future__ import annotations

from tests.conftest import CommandLine

from crmctl.sql import sql
from crmctl.store.retention import set_retention


def test_memberships_do_not_grow_with_every_run(cli: CommandLine) -> None:
    cli.write("p.csv", [["1", "a@b.org"], ["2", ""]], ["id", "email"])
    (cli.folder / "s.yaml").write_text("segments:\n  - {name: reachable, when: email is not missing}\n")
    cli("import", "p.csv", "--into", "people")
    with cli.open() as store:
        set_retention(store, 2)
    for _ in range(6):
        cli("segment", "people", "--segments", "s.yaml")
    with cli.open(read_only=True) as store:
        assert store.rows(sql("select run from _crmctl.memberships order by run")) == [(5,), (6,), (7,)]
        assert store.scalar(sql("select count(*) from _crmctl.segment_sizes")) == 6
