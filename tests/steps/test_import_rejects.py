"""Lines that cannot be read: counted, told, limited, written out, mended and taken in again."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

GOOD = [f"{n},Name {n},n{n}@example.com" for n in range(1, 31)]
BAD = ["31,Li, Na,n31@example.com,x", "32,Wu,Di,n32@example.com,y,z"]


def write(cli: Any, name: str, lines: list[str], header: str = "id,Wer,email") -> None:
    (cli.folder / name).write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")


def written(cli: Any, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO((cli.folder / name).read_text(encoding="utf-8-sig"))))


@pytest.fixture
def broken(cli: Any) -> Any:
    """A file of 30 good lines and two with too many cells."""
    write(cli, "shop.csv", [*GOOD[:10], BAD[0], *GOOD[10:], BAD[1]])
    return cli


def test_rejects_are_told_with_their_lines(broken):
    done = broken("import", "shop.csv", "--into", "people", "--max-rejects", "2")
    lines = [line.strip() for line in done.err.splitlines()]
    assert "lines of shop.csv that could not be read: 2" in lines
    assert any(line.startswith("shop.csv:12: ") for line in lines)
    assert "shop.csv: read 32 = loaded 30 + rejected 2 + skipped 0" in lines


def test_too_many_rejects_publish_nothing_but_are_written_out(broken):
    done = broken("import", "shop.csv", "--into", "people", "--rejects", "out.csv", code=1)
    assert "2 of 32 lines could not be read, more than the limit of 5%" in done.err
    assert broken("datasets").rows == []
    assert [row["_line"] for row in written(broken, "out.csv")] == ["12", "33"]
    assert broken("import", "shop.csv", "--into", "people", "--max-rejects", "6.3%").code == 0
    refused = broken("import", "shop.csv", "--into", "other", "--max-rejects", "few", code=2)
    assert "'few' is no limit" in refused.err


def test_rejects_are_written_with_what_can_be_told_of_them(broken):
    broken("import", "shop.csv", "--into", "people", "--rejects", "out.csv", "--max-rejects", "2")
    first, second = written(broken, "out.csv")
    assert list(first) == ["id", "Wer", "email", "_reason", "_file", "_source", "_line", "_raw"]
    assert (first["id"], first["Wer"], first["email"]) == ("31", "Li", " Na,n31@example.com,x")
    assert (first["_file"], first["_source"], first["_line"], first["_raw"]) == ("shop.csv", "shop", "12", BAD[0])
    assert second["_reason"]


def test_nothing_is_lost_of_rejects_that_come_back_as_they_are(broken):
    broken("import", "shop.csv", "--into", "people", "--rejects", "out.csv", "--max-rejects", "2")
    broken("import", "out.csv", "--into", "people")
    rows = broken("query", "select email from people where id in ('31', '32') order by id").rows
    assert [row["email"] for row in rows] == [" Na,n31@example.com,x", "Di,n32@example.com,y,z"]


def test_mended_rejects_go_where_they_belong(broken):
    limits = ["--into", "people", "--rejects", "out.csv", "--max-rejects", "2"]
    broken("import", "shop.csv", *limits, "--map", "Wer=nickname")
    mended = written(broken, "out.csv")
    mended[0] |= {"Wer": "Li, Na", "email": "n31@example.com"}
    mended[1] |= {"Wer": "Wu Di", "email": "n32@example.com"}
    broken.write("mended.csv", [list(row.values()) for row in mended], list(mended[0]))
    done = broken("import", "mended.csv", "--into", "people")
    assert "mended.csv: read 2 = loaded 2 + rejected 0 + skipped 0" in done.err
    found = broken("query", "select * from people where id in ('31', '32')").rows
    assert found == [
        {"id": "31", "nickname": "Li, Na", "email": "n31@example.com"},
        {"id": "32", "nickname": "Wu Di", "email": "n32@example.com"},
    ]
    assert {row["source"] for row in broken("query", "select source from people_ids").rows} == {"shop"}
    [read] = [row for row in broken("explain", "people", "31").rows if row["kind"] == "read"]
    assert (read["file"], read["line"], read["source"]) == ("shop.csv", 12, "shop")


def test_a_formula_among_rejects_is_harmless_and_comes_back_as_it_was(cli):
    write(cli, "shop.csv", [*GOOD, '="0031",=1+1,n31@example.com,x', "32,-,+8613800138000,y"])
    cli("import", "shop.csv", "--into", "people", "--rejects", "out.csv", "--max-rejects", "2")
    first, second = written(cli, "out.csv")
    assert (first["id"], first["Wer"], second["email"]) == ("0031", "'=1+1", "'+8613800138000,y")
    cli("import", "out.csv", "--into", "people")
    assert cli("query", """select id, "Wer" as w from people where id = '0031'""").rows == [{"id": "0031", "w": "=1+1"}]


def test_mended_rejects_of_an_import_that_failed_are_mapped_as_it_was(broken):
    broken("import", "shop.csv", "--into", "people", "--rejects", "out.csv", "--map", "Wer=nickname", code=1)
    broken("import", "out.csv", "--into", "people")
    assert set(broken("query", "select * from people").rows[0]) == {"id", "nickname", "email"}


def test_a_file_without_rejects_empties_the_file_of_rejects(broken):
    broken("import", "shop.csv", "--into", "people", "--rejects", "out.csv", "--max-rejects", "2")
    write(broken, "good.csv", GOOD)
    broken("import", "good.csv", "--into", "people", "--rejects", "out.csv")
    assert written(broken, "out.csv") == []


def test_a_dry_run_writes_no_rejects(broken):
    broken("import", "shop.csv", "--into", "people", "--rejects", "out.csv", "--max-rejects", "2", "--dry-run")
    assert not (broken.folder / "out.csv").exists()


def test_a_header_alone_is_no_rows_and_a_warning(cli):
    write(cli, "shop.csv", [])
    done = cli("import", "shop.csv", "--into", "people")
    assert "shop.csv has a header and no row that could be read" in done.err
    assert "shop.csv: read 0 = loaded 0 + rejected 0 + skipped 0" in done.err
    assert cli("datasets").rows[0]["rows"] == 0


def test_a_file_of_no_bytes_is_an_error(cli):
    (cli.folder / "shop.csv").write_bytes(b"")
    assert "there is nothing in" in cli("import", "shop.csv", code=3).err


def test_what_no_file_matches_is_an_error(cli):
    assert "no file matches nothing*.csv" in cli("import", "nothing*.csv", code=3).err
    assert "no file to import" in cli("import", code=2).err
    (cli.folder / "empty").mkdir()
    assert "there is no file to read in empty" in cli("import", "empty", code=3).err


def test_a_pattern_a_folder_and_standard_input_are_read(cli):
    (cli.folder / "in").mkdir()
    for number in (2, 1):
        write(cli, f"in/part-{number}.csv", [f"{number},N,n@example.com"])
    (cli.folder / "in" / "~$part.csv").write_text("x", encoding="utf-8")
    done = cli("import", "in/part-*.csv", "--into", "people")
    assert [line.split(":")[0].strip() for line in done.err.splitlines() if ": read" in line] == [
        "in/part-1.csv", "in/part-2.csv",
    ]  # fmt: skip
    (cli.folder / "in" / "kunden").write_text("id,name\n9,Eve\n", encoding="utf-8")
    assert "in: left out, since their names tell no format: kunden" in cli("import", "in", "--into", "folder").err
    cli("import", "-", "--into", "piped", stdin=b"id,name,email\n7,Ann,a@example.com\n")
    assert [row["rows"] for row in cli("datasets").rows] == [2, 2, 1]


def test_several_files_come_in_together_or_not_at_all(cli):
    write(cli, "a.csv", GOOD)
    write(cli, "b.csv", [*GOOD[:10], *BAD * 2])
    cli("import", "a.csv", "b.csv", "--into", "people", code=1)
    (cli.folder / "b.csv").write_bytes(b"")
    cli("import", "a.csv", "b.csv", "--into", "people", code=3)
    assert cli("datasets").rows == []
    assert "is named twice" in cli("import", "a.csv", "./a.csv", code=2).err


def test_an_empty_name_is_no_name(cli):
    write(cli, "a.csv", GOOD)
    assert "'' cannot be a dataset's name" in cli("import", "a.csv", "--into", "", code=2).err
