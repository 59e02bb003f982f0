"""Importing into the store: what each mode does with the rows that are there, whose a row is, and what is told."""

from __future__ import annotations

from typing import Any

import pytest

HEAD = ["id", "name", "email", "city"]
FIRST = [["1", "Ann", "ann@example.com", "Berlin"], ["2", "Bob", "bob@example.com", "Leeds"], ["3", "Cyd", "", "Oslo"]]


@pytest.fixture
def people(cli: Any, once: Any) -> Any:
    """The command line with a dataset `people` of three rows."""

    def build() -> None:
        cli.write("shop.csv", FIRST, HEAD)
        cli("import", "shop.csv", "--into", "people")

    return once("import", build)


def rows(cli: Any) -> list[list[str]]:
    return [list(row.values()) for row in cli("query", "select * from people").rows]


def ids(cli: Any) -> dict[str, int]:
    """The row id of every source id."""
    return {row["source_id"]: row["_id"] for row in cli("query", "select * from people_ids").rows}


def ledger(cli: Any) -> dict[str, Any]:
    """The newest run's line of the dataset."""
    found = [row for row in cli("show").rows if row["subject"] == "dataset"]
    return {name: found[-1][name] for name in ("rows_in", "rows_out", "removed", "added", "changed")}


def test_an_upsert_renews_by_key_and_a_blank_overwrites_nothing(people):
    before = ids(people)
    people.write(
        "shop.csv",
        [["4", "Dee", "dee@example.com", ""], ["2", "", "bob@example.org", " "], ["1", "Anna", "", "Bonn"]],
        HEAD,
    )
    people("import", "shop.csv", "--into", "people")
    assert rows(people) == [
        ["1", "Anna", "ann@example.com", "Bonn"],
        ["2", "Bob", "bob@example.org", "Leeds"],
        ["3", "Cyd", None, "Oslo"],
        ["4", "Dee", "dee@example.com", None],
    ]
    assert ledger(people) == {"rows_in": 3, "rows_out": 4, "removed": 0, "added": 1, "changed": 2}
    after = ids(people)
    assert {key: after[key] for key in before} == before


def test_the_same_file_again_changes_nothing(people):
    before = rows(people), ids(people)
    people("import", "shop.csv", "--into", "people", "--again")
    assert (rows(people), ids(people)) == before
    assert ledger(people) == {"rows_in": 3, "rows_out": 3, "removed": 0, "added": 0, "changed": 0}


def test_a_new_column_joins_the_dataset_and_a_missing_one_stays(people):
    people.write("shop.csv", [["1", "VIP"], ["9", "new"]], ["id", "Club"])
    people("import", "shop.csv", "--into", "people")
    found = people("query", 'select id, full_name, "Club" from people order by id').rows
    assert [list(row.values()) for row in found] == [
        ["1", "Ann", "VIP"], ["2", "Bob", None], ["3", "Cyd", None], ["9", None, "new"],
    ]  # fmt: skip


def test_append_adds_every_row_whatever_its_key(people):
    people.write("shop.csv", [["1", "Ann", "ann@example.com", "Berlin"]], HEAD)
    people("import", "shop.csv", "--into", "people", "--mode", "append")
    assert [row[0] for row in rows(people)] == ["1", "2", "3", "1"]
    assert ledger(people) == {"rows_in": 3, "rows_out": 4, "removed": 0, "added": 1, "changed": 0}


def test_replace_takes_only_the_new_rows_and_finds_their_ids_again(people):
    before = ids(people)
    people.write(
        "shop.csv", [["3", "Cyd", "", "Bergen"], ["1", "", "ann@example.com", "Berlin"], ["8", "Hal", "", ""]], HEAD
    )
    people("import", "shop.csv", "--into", "people", "--mode", "replace")
    assert rows(people) == [
        ["3", "Cyd", None, "Bergen"],
        ["1", None, "ann@example.com", "Berlin"],
        ["8", "Hal", None, None],
    ]
    after = ids(people)
    assert (after["1"], after["3"]) == (before["1"], before["3"])
    assert after["8"] not in before.values()
    assert ledger(people) == {"rows_in": 3, "rows_out": 3, "removed": 1, "added": 1, "changed": 2}


def test_rows_without_a_key_are_known_again_by_content_and_occurrence(cli):
    head = ["flavour", "weight"]
    cli.write("stock.csv", [["mint", "1"], ["mint", "1"], ["lime", "2"]], head)
    cli("import", "stock.csv", "--into", "people")

    def known() -> list[tuple[Any, ...]]:
        with cli.open(read_only=True) as store:
            from crmctl.sql import sql
            from crmctl.store.versions import head as newest

            return store.rows(
                sql("select _id, flavour, weight from {t} order by rowid", t=newest(store, "people").table)
            )

    first = known()
    cli.write("stock.csv", [["lime", "2"], ["mint", "1"], ["mint", "1"], ["mint", "1"]], head)
    cli("import", "stock.csv", "--into", "people", "--mode", "replace")
    second = known()
    assert [row[0] for row in second[:3]] == [first[2][0], first[0][0], first[1][0]]
    assert second[3][0] not in {row[0] for row in first}


def test_a_snapshot_removes_what_is_gone_from_its_own_source_only(people):
    people.write("fair.csv", [["1", "Fay", "", "Rome"]], HEAD)
    people("import", "fair.csv", "--into", "people")
    people.write("shop.csv", [["1", "Ann", "", ""], ["3", "Cyd", "cyd@example.com", "Oslo"]], HEAD)
    people("import", "shop.csv", "--into", "people", "--mode", "snapshot")
    assert rows(people) == [
        ["1", "Ann", "ann@example.com", "Berlin"], ["3", "Cyd", "cyd@example.com", "Oslo"], ["1", "Fay", None, "Rome"],
    ]  # fmt: skip
    assert ledger(people) == {"rows_in": 4, "rows_out": 3, "removed": 1, "added": 0, "changed": 1}


def test_a_snapshot_that_lacks_most_rows_is_refused(people):
    people.write("shop.csv", [["1", "Ann", "", ""]], HEAD)
    done = people("import", "shop.csv", "--into", "people", "--mode", "snapshot", code=1)
    assert done.err.splitlines()[-1] == (
        "error: the snapshot lacks 2 of the 3 rows of people from shop, more than the limit of 50%; allow it with"
        " --max-removed, if that is right"
    )
    assert len(rows(people)) == 3
    people("import", "shop.csv", "--into", "people", "--mode", "replace")
    assert len(rows(people)) == 1


def test_the_same_id_from_two_sources_is_two_rows(people):
    people.write("fair-2026-05-01.csv", [["1", "Fay", "", "Rome"], ["2", "Gus", "", ""]], HEAD)
    people("import", "fair-2026-05-01.csv", "--into", "people")
    assert [row[:2] for row in rows(people)] == [["1", "Ann"], ["2", "Bob"], ["3", "Cyd"], ["1", "Fay"], ["2", "Gus"]]
    assert people("query", "select source, count(*) as n from people_ids group by 1 order by 1").rows == [
        {"source": "fair", "n": 2}, {"source": "shop", "n": 3},
    ]  # fmt: skip
    # The next day's file is the same source: its rows are found again.
    people.write("fair-2026-05-02.csv", [["1", "Fay", "fay@example.com", ""]], HEAD)
    people("import", "fair-2026-05-02.csv", "--into", "people")
    assert rows(people)[3] == ["1", "Fay", "fay@example.com", "Rome"]
    assert len(rows(people)) == 5


def test_several_files_come_in_together(cli):
    cli.write("a.csv", [["1", "Ann", "ann@example.com", "Berlin"]], HEAD)
    cli.write("b.csv", [["Bob", "7"], ["", "8"]], ["姓名", "编号"])
    done = cli("import", "a.csv", "b.csv", "--into", "people")
    assert rows(cli) == [["1", "Ann", "ann@example.com", "Berlin"], ["7", "Bob", None, None], ["8", None, None, None]]
    assert [line.strip() for line in done.err.splitlines() if "read" in line] == [
        "a.csv: read 1 = loaded 1 + rejected 0 + skipped 0", "b.csv: read 2 = loaded 2 + rejected 0 + skipped 0",
    ]  # fmt: skip
    assert {row["source"] for row in cli("query", "select source from people_ids").rows} == {"a", "b"}
    cli("import", "a.csv", "b.csv", "--into", "people", "--source", "both", "--mode", "replace")
    assert {row["source"] for row in cli("query", "select source from people_ids where source = 'both'").rows} == {
        "both"
    }


def test_a_key_twice_in_one_file_is_one_row_and_the_line_that_gave_way_a_finding(cli):
    cli.write(
        "shop.csv", [["1", "Ann", "", "Berlin"], ["2", "Bob", "", ""], ["1", "Anna", "ann@example.com", ""]], HEAD
    )
    cli("import", "shop.csv", "--into", "people")
    assert rows(cli) == [["1", "Anna", "ann@example.com", "Berlin"], ["2", "Bob", None, None]]
    findings = cli("show", "--findings").rows
    assert [(row["status"], row["value"], row["new_value"], row["reason"]) for row in findings] == [
        ("superseded", "Ann", "Anna", "a later line has the same key")
    ]


def test_rows_without_an_id_are_kept_each_for_itself(cli):
    cli.write("shop.csv", [["", "Ann", "", ""], [" ", "Ann", "", ""], ["1", "Bob", "", ""]], HEAD)
    cli("import", "shop.csv", "--into", "people")
    assert [row[1] for row in rows(cli)] == ["Ann", "Ann", "Bob"]
    cli("import", "shop.csv", "--into", "people", "--again")
    assert [row[1] for row in rows(cli)] == ["Ann", "Ann", "Bob"]


def test_a_header_can_be_mapped_by_hand(cli):
    cli.write("shop.csv", [["1", "Ann", "B"]], ["id", "Wer", 'e "mail"'])
    cli("import", "shop.csv", "--into", "people", "--map", "Wer=name", "--map", 'e "mail"=city')
    assert cli("query", "select * from people").rows == [{"id": "1", "full_name": "Ann", "city": "B"}]
    wrong = cli("import", "shop.csv", "--into", "people", "--map", "Wen=name", code=2)
    assert "no column called 'Wen'; did you mean 'Wer'?" in wrong.err


def test_without_a_key_an_existing_dataset_needs_a_mode(cli):
    cli.write("stock.csv", [["mint", "1"]], ["flavour", "weight"])
    cli("import", "stock.csv", "--into", "people")
    cli.write("stock.csv", [["mint", "2"]], ["flavour", "weight"])
    refused = cli("import", "stock.csv", "--into", "people", code=2)
    assert refused.err.splitlines()[-1] == (
        "error: people exists and its rows have no key; say --mode append, replace or snapshot"
    )
    upsert = cli("import", "stock.csv", "--into", "people", "--mode", "upsert", code=2)
    assert "people cannot be upserted: no column for its key" in upsert.err


def test_the_dataset_is_what_the_schema_fills_else_the_source(cli):
    cli.write("whatever.csv", [["1", "2026-01-01", "5", "C-1"]], ["order id", "order date", "amount", "customer id"])
    cli("import", "whatever.csv")
    cli.write("stock-20260101.csv", [["mint", "1"]], ["flavour", "weight"])
    cli("import", "stock-20260101.csv")
    assert [row["dataset"] for row in cli("datasets").rows] == ["orders", "stock"]


def test_a_poisoned_file_comes_in_and_goes_out_as_it_was(cli, poisoned):
    cli("import", poisoned, "--into", 'people\'s "own"')
    out = cli("export", 'people\'s "own"', "-o", "-").data
    assert out.split(b"\n", 1)[1] == poisoned.read_bytes().split(b"\n", 1)[1]
    assert [row["header"] for row in cli("datasets", 'people\'s "own"').rows] == [
        "id",
        'e "mail"',
        "select",
        "手机",
        "Signup Date",
    ]


def test_the_format_can_be_told_instead_of_guessed(cli):
    (cli.folder / "a.txt").write_bytes("id|城市\n1|北京\n".encode("gb18030"))
    cli("import", "a.txt", "--into", "people", "--encoding", "gb18030", "--delimiter", "|")
    assert cli("query", "select city from people").rows == [{"city": "北京"}]


def test_an_import_can_go_to_a_file_instead(cli):
    cli.write("shop.csv", FIRST, HEAD)
    cli("import", "shop.csv", "-o", "out.ndjson")
    assert (cli.folder / "out.ndjson").read_text(encoding="utf-8").splitlines()[0] == (
        '{"id":"1","full_name":"Ann","email":"ann@example.com","city":"Berlin"}'
    )
    assert not cli.store.exists()
