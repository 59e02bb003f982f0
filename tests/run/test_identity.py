"""A row that comes in again is the row it was: by key, by content, after merges, from several files at once."""

from __future__ import annotations

from typing import Any

CONTACTS = ["id", "First Name", "Last Name", "Email", "City"]
MERGED = [
    ["1", "Ann", "Lee", "ann@a.com", "Rome"],
    ["2", "Ann", "Lee", "ann@a.com", "Oslo"],
    ["", "Ann", "Lee", "ann@a.com", ""],
]
NIGHT = """
recipe: night
steps:
  - import: {files: [k.csv], into: p, schema: customer}
  - import: {files: [l.csv], into: p, schema: customer}
  - clean: {dataset: p}
"""


def rows(cli: Any, query: str) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in cli("query", query).rows]


def test_rows_without_a_key_do_not_pile_up_night_after_night(cli: Any) -> None:
    cli.write("k.csv", [["", "Ann ", "Lee", "ANN@A.COM", ""]], CONTACTS)
    cli.write("l.csv", [["", "Bob ", "Ray", "BOB@A.COM", ""], ["", "Bob ", "Ray", "BOB@A.COM", ""]], CONTACTS)
    (cli.folder / "night.yaml").write_text(NIGHT, encoding="utf-8")
    for _ in range(3):
        cli("run", "night.yaml")
        assert rows(cli, "select count(*) as n from p") == [(3,)]


def test_the_same_file_again_leaves_a_merged_record_as_it_is(cli: Any) -> None:
    cli.write("m.csv", MERGED, CONTACTS)
    cli("import", "m.csv", "--into", "p", "--schema", "customer")
    cli("deduplicate", "p")
    before = rows(cli, "select id, city from p")
    assert len(before) == 1
    cli("import", "m.csv", "--into", "p", "--schema", "customer")
    assert rows(cli, "select id, city from p") == before
    assert {row[2] for row in rows(cli, "select * from p_ids")} == {1}


def test_a_merged_member_that_comes_in_again_fills_gaps_and_nothing_else(cli: Any) -> None:
    cli.write("m.csv", [["1", "Ann", "Lee", "ann@a.com", "Rome"], ["2", "Ann", "Lee", "ann@a.com", ""]], CONTACTS)
    cli("import", "m.csv", "--into", "p", "--schema", "customer")
    cli("deduplicate", "p")
    wider = [*CONTACTS, "Phone"]
    cli.write("m.csv", [["2", "Anna", "Lee", "ann@a.com", "Oslo", "+8613800138000"]], wider)
    cli("import", "m.csv", "--into", "p", "--schema", "customer")
    assert rows(cli, "select id, given_name, city, phone from p") == [("1", "Ann", "Rome", "+8613800138000")]
    lost = cli("show", "--findings").rows
    assert ("given_name", "Anna", "Ann") in [(f["field"], f["value"], f["new_value"]) for f in lost]
    assert {f["reason"] for f in lost} == {"the merged record says otherwise"}


def test_two_files_of_one_source_meet_in_one_import(cli: Any) -> None:
    cli.write("a.csv", [["1", "Ann", "Lee", "", ""]], CONTACTS)
    cli.write("b.csv", [["1", "Anne", "Lee", "", ""], ["2", "Bob", "Ray", "", ""]], CONTACTS)
    done = cli("import", "a.csv", "b.csv", "--source", "s", "--schema", "customer", "--into", "p")
    assert rows(cli, "select id, given_name from p") == [("1", "Anne"), ("2", "Bob")]
    assert "lines that gave way to a later line with the same key: 1" in done.err
    lost = cli("show", "--findings").rows
    assert [(f["field"], f["value"], f["new_value"]) for f in lost] == [("given_name", "Ann", "Anne")]


def test_columns_called_like_our_own_helpers_survive_an_append(cli: Any) -> None:
    cli.write("q.csv", [["b", "1"]], ["part", "position"])
    for _ in range(3):
        cli("import", "q.csv", "--mode", "append", "--into", "q", "--again")
    assert rows(cli, "select * from q") == [("b", "1")] * 3


def test_an_empty_snapshot_of_a_known_source_is_refused(cli: Any) -> None:
    cli.write("s.csv", [["1", "Ann", "Lee", "", ""], ["2", "Bob", "Ray", "", ""]], CONTACTS)
    cli("import", "s.csv", "--schema", "customer", "--into", "p")
    cli.write("s.csv", [], CONTACTS)
    refused = cli("import", "s.csv", "--schema", "customer", "--into", "p", "--mode", "snapshot", code=1)
    assert "the snapshot lacks 2 of the 2 rows of p from s" in refused.err
    assert rows(cli, "select count(*) as n from p") == [(2,)]


def golden(cli: Any, people: list[list[str]]) -> dict[str, str]:
    cli.write("u.csv", people, CONTACTS)
    cli("import", "u.csv", "--into", "p", "--schema", "customer")
    cli("deduplicate", "p", "--into", "g")
    return dict(rows(cli, "select given_name, golden_id from g"))  # type: ignore[arg-type]  # two columns


def test_lasting_ids_are_unique_and_stay_whatever_comes_in_later(cli: Any) -> None:
    people = [["", "Ann", "Aa", "a@a.com", ""], ["", "Bob", "Bb", "b@b.com", ""]]
    first = golden(cli, people)
    later = golden(cli, [*people, ["", "Carl", "Cc", "c@c.com", ""]])
    assert len(set(later.values())) == 3
    assert {name: later[name] for name in first} == first


def test_lasting_ids_do_not_hang_on_the_order_of_the_rows(cli: Any) -> None:
    people = [["", name, "Xx", f"{name}@a.com", ""] for name in ("Ann", "Bob", "Carl")]
    given = golden(cli, people)
    cli.store.unlink()
    assert golden(cli, people[::-1]) == given
