"""Whose a row is: sources and their ids, snapshots, files that come again, and where a row came from."""

from __future__ import annotations

from typing import Any

import pytest

HEAD = ["会员ID", "姓名", "email", "city"]


def write(cli: Any, name: str, *rows: str) -> None:
    cli.write(name, [row.split(",") for row in rows], HEAD)


def rows(cli: Any, columns: str = "id, full_name, email, city") -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in cli("query", f"select {columns} from people").rows]  # noqa: S608 - our own names


@pytest.fixture
def shops(cli: Any, once: Any) -> Any:
    """Two shops, each with a customer 1001."""

    def build() -> None:
        write(cli, "a.csv", "1001,Ann,ann@example.com,Rome", "1002,Bob,,Oslo", "1003,Cyd,,Kyiv")
        write(cli, "b.csv", "1001,Zoe,zoe@example.com,Bern")
        cli("import", "a.csv", "--into", "people", "--source", "shop-a")
        cli("import", "b.csv", "--into", "people", "--source", "shop-b")

    return once("shops", build)


def test_one_id_in_two_shops_is_two_people(shops):
    assert [row[:2] for row in rows(shops)] == [("1001", "Ann"), ("1002", "Bob"), ("1003", "Cyd"), ("1001", "Zoe")]
    known = shops(
        "query", "select source, source_id, _id from people_ids where source_id = '1001' order by source"
    ).rows
    assert [row["source"] for row in known] == ["shop-a", "shop-b"]
    assert known[0]["_id"] != known[1]["_id"]


def test_the_same_file_again_is_skipped_and_says_so(shops):
    done = shops("import", "a.csv", "--into", "people", "--source", "shop-a")
    assert "a.csv: skipped, it is the same file as in run 1; --again takes it in all the same" in done.err
    assert "a.csv: read 3 = loaded 0 + rejected 0 + skipped 3" in done.err
    assert [row["decision"] for row in shops("show", "--inputs").rows] == ["same as run 1"]
    assert (
        "skipped" not in shops("import", "a.csv", "--into", "people", "--source", "shop-a", "--again").err.split("=")[0]
    )


@pytest.mark.parametrize(
    "other",
    [["--source", "elsewhere"], ["--source", "shop-a", "--map", "city=state"], ["--source", "shop-a", "--mode", "append"],
     ["--source", "shop-a", "--blank", "overwrite"]],
)  # fmt: skip
def test_the_same_file_taken_in_another_way_is_not_skipped(shops, other):
    assert "same file" not in shops("import", "a.csv", "--into", "people", *other).err


def test_the_same_file_for_another_dataset_is_not_skipped(shops):
    assert "same file" not in shops("import", "a.csv", "--into", "others", "--source", "shop-a").err


def test_a_file_whose_import_was_undone_is_taken_in_again(shops):
    shops("undo", "2")
    assert len(rows(shops)) == 3
    assert "same file" not in shops("import", "b.csv", "--into", "people", "--source", "shop-b").err
    assert len(rows(shops)) == 4


def test_a_dump_that_came_before_another_is_taken_in_again(shops):
    snapshot = ["--into", "people", "--source", "shop-a", "--mode", "snapshot"]
    shops("import", "a.csv", *snapshot)
    write(shops, "a2.csv", "1001,Ann,,", "1002,Bob,,")
    shops("import", "a2.csv", *snapshot)
    assert len(rows(shops)) == 3
    assert "same file" in shops("import", "a2.csv", *snapshot).err
    assert "same file" not in shops("import", "a.csv", *snapshot).err
    assert len(rows(shops)) == 4


def test_replacing_by_the_same_file_again_undoes_what_changed_since(shops):
    replace = ["--into", "people", "--source", "shop-a", "--mode", "replace"]
    shops("import", "a.csv", *replace)
    assert "same file" in shops("import", "a.csv", *replace).err
    shops("remove", "people", "--where", "id = '1002'", "--reason", "asked")
    assert "same file" not in shops("import", "a.csv", *replace).err
    assert len(rows(shops)) == 3


def test_a_blank_overwrites_only_when_asked(shops):
    write(shops, "a3.csv", "1001,,,Pisa")
    shops("import", "a3.csv", "--into", "people", "--source", "shop-a")
    assert rows(shops)[0] == ("1001", "Ann", "ann@example.com", "Pisa")
    shops("import", "a3.csv", "--into", "people", "--source", "shop-a", "--blank", "overwrite")
    assert rows(shops)[0] == ("1001", None, None, "Pisa")
    assert rows(shops)[1] == ("1002", "Bob", None, "Oslo")


def test_a_field_keeps_its_value_or_takes_the_longest(shops):
    write(shops, "a4.csv", "1001,Annabel,a@b.cc,Pisa", "1002,Bo,bo@example.com,Ulm")
    rules = ["--keep", "姓名=longest", "--keep", "email=keep", "--keep", "city=newest"]
    shops("import", "a4.csv", "--into", "people", "--source", "shop-a", *rules)
    assert rows(shops)[:2] == [
        ("1001", "Annabel", "ann@example.com", "Pisa"), ("1002", "Bob", "bo@example.com", "Ulm"),
    ]  # fmt: skip
    wrong = shops("import", "a4.csv", "--into", "people", "--keep", "city=longst", code=2)
    assert wrong.err.splitlines()[-1] == "error: 'longst' is no rule for city; did you mean 'longest'?"
    assert (
        "no column called 'shoe size'"
        in shops("import", "a4.csv", "--into", "people", "--keep", "shoe size=keep", code=2).err
    )


def test_the_rules_hold_between_lines_of_one_file_too(cli):
    write(cli, "a.csv", "1,Annabel,,Rome", "1,Ann,,Pisa", "1,,,")
    cli("import", "a.csv", "--into", "people", "--keep", "姓名=longest", "--keep", "city=keep")
    assert rows(cli) == [("1", "Annabel", None, "Rome")]


def test_a_snapshot_guards_each_source_and_the_limit_can_be_raised(shops):
    write(shops, "a5.csv", "1001,Ann,,")
    snapshot = ["import", "a5.csv", "--into", "people", "--source", "shop-a", "--mode", "snapshot"]
    refused = shops(*snapshot, code=1)
    assert "the snapshot lacks 2 of the 3 rows of people from shop-a, more than the limit of 50%" in refused.err
    assert len(rows(shops)) == 4
    shops(*snapshot, "--max-removed", "2")
    assert [row[:2] for row in rows(shops)] == [("1001", "Ann"), ("1001", "Zoe")]
    assert "'most' is no limit" in shops(*snapshot, "--max-removed", "most", "--again", code=2).err


def test_a_snapshot_with_a_line_that_cannot_be_read_removes_nothing(shops):
    lines = ["会员ID,姓名,email,city", "1001,Ann,,", "1002,Bob,,,,surplus,cells"]
    (shops.folder / "a6.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    done = shops("import", "a6.csv", "--into", "people", "--source", "shop-a", "--mode", "snapshot", "--max-rejects", "1",
                 "--max-removed", "100%")  # fmt: skip
    assert "no row of shop-a is removed" in done.err
    assert len(rows(shops)) == 4


def golden_ids(cli: Any) -> dict[str, str]:
    return {row["full_name"]: row["golden_id"] for row in cli("query", "select full_name, golden_id from g").rows}


def test_a_customer_that_is_gone_and_comes_back_has_its_row_and_its_golden_id_again(cli):
    people = ["1,Ann Lee,ann@example.com,Rome", "2,Bob Ray,bob@example.com,Oslo", "3,Cyd Fox,cyd@example.com,Kyiv"]
    snapshot = ["--into", "people", "--source", "s", "--mode", "snapshot"]
    write(cli, "n1.csv", *people)
    cli("import", "n1.csv", *snapshot)
    cli("deduplicate", "people", "--into", "g")
    before, known = golden_ids(cli), cli("query", "select * from people_ids order by all").rows
    write(cli, "n2.csv", people[0], people[2])
    cli("import", "n2.csv", *snapshot)
    assert len(rows(cli)) == 2
    assert cli("query", "select * from people_ids order by all").rows == known
    write(cli, "n3.csv", *reversed(people))
    cli("import", "n3.csv", *snapshot)
    cli("deduplicate", "people", "--into", "g")
    assert golden_ids(cli) == before


def test_a_merged_customer_stays_until_every_source_has_lost_it(cli):
    write(cli, "a.csv", "1,Ann Lee,ann@example.com,Rome", "2,Bob Ray,bob@example.com,Oslo")
    write(cli, "b.csv", "9,Ann Lee,ann@example.com,Rome", "8,Cyd Fox,cyd@example.com,Kyiv")
    for name in ("a", "b"):
        cli("import", f"{name}.csv", "--into", "people")
    cli("deduplicate", "people")
    assert len(rows(cli)) == 3
    write(cli, "a.csv", "2,Bob Ray,bob@example.com,Oslo")
    write(cli, "b.csv", "8,Cyd Fox,cyd@example.com,Kyiv")
    for name in ("a", "b"):
        cli("import", f"{name}.csv", "--into", "people", "--mode", "snapshot")
        assert ("Ann Lee" in {row[1] for row in rows(cli)}) == (name == "a")
    write(cli, "b.csv", "8,Cyd Fox,cyd@example.com,Kyiv", "9,Ann Lee,ann@example.com,Rome")
    cli("import", "b.csv", "--into", "people", "--mode", "snapshot")
    assert len(rows(cli)) == 3


def test_a_row_tells_every_file_and_line_it_came_from(shops):
    write(shops, "a7.csv", "1003,Cyd,,", "1001,Ann,new@example.com,")
    shops("import", "a7.csv", "--into", "people", "--source", "shop-a")
    read = [
        row for row in shops("explain", "people", "1001").rows if row["kind"] == "read" and row["source"] == "shop-a"
    ]
    assert [(row["file"], row["line"], row["run"]) for row in read] == [("a.csv", 2, 1), ("a7.csv", 3, 3)]
    shops("undo")
    read = [row for row in shops("explain", "people", "1001").rows if row["kind"] == "read"]
    assert {row["file"] for row in read} == {"a.csv", "b.csv"}


def test_a_merged_row_tells_the_lines_of_all_its_members(cli):
    write(cli, "a.csv", "1,Ann Lee,ann@example.com,Rome", "2,Bob Ray,bob@example.com,Oslo")
    write(cli, "b.csv", "9,Ann Lee,ann@example.com,Rome")
    cli("import", "a.csv", "b.csv", "--into", "people")
    cli("deduplicate", "people", "--into", "g")
    [golden] = [row["golden_id"] for row in cli("query", "select * from g").rows if row["full_name"] == "Ann Lee"]
    read = [row for row in cli("explain", "g", golden).rows if row["kind"] == "read"]
    assert sorted((row["file"], row["line"]) for row in read) == [("a.csv", 2), ("b.csv", 2)]


def test_where_rows_came_from_outlives_the_retention(cli):
    write(cli, "first.csv", "1,Ann,,", "2,Bob,,")
    cli("import", "first.csv", "--into", "people", "--source", "s")
    cli("store", "retention", "1")
    for number in range(5):
        write(cli, f"n{number}.csv", f"1,Ann{number},,")
        cli("import", f"n{number}.csv", "--into", "people", "--source", "s")
    assert [row["file"] for row in cli("explain", "people", "2").rows if row["kind"] == "read"] == ["first.csv"]
    read = [row["file"] for row in cli("explain", "people", "1").rows if row["kind"] == "read"]
    assert read[0] == "first.csv"
    assert read[-1] == "n4.csv"
    assert len(read) < 6


def test_a_key_and_columns_called_like_our_own_are_no_trouble(cli):
    names = ["source", "given", "place", "lines", "newest", "file", "cell", "gone", "known", "source_id"]
    fields = ", ".join(f"{name}: {{type: text}}" for name in names)
    (cli.folder / "odd.yaml").write_text(
        f"name: odd\ndataset: odd\nkey: [source, given]\nfields: {{{fields}}}\n", "utf-8"
    )
    lines = [["1", "a", *"bcdefghi"], ["1", "a", *"bcdefghj"], ["2", "a", *"bcdefghi"]]
    cli.write("odd.csv", lines, names)
    cli("import", "odd.csv", "--schema", "odd.yaml", "--into", "odd")
    cli.write("odd.csv", [["2", "a", *"BCDEFGHI"], ["3", "a", *"bcdefghi"]], names)
    cli("import", "odd.csv", "--into", "odd", "--mode", "snapshot")
    found = cli("query", "select * from odd").rows
    assert [tuple(row.values()) for row in found] == [("2", "a", *"BCDEFGHI"), ("3", "a", *"bcdefghi")]
