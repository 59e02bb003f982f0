"""How `export` spells, splits and guards its files; what targets take is in `test_export_targets.py`."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import resource
import subprocess
import sys

import pytest

HEAD = ["id", "name", "手机", "邮箱", "负责人", "备注", "金额"]
ROWS = [
    ["1", "张三", "+8613800138000", "a.b+c@gmail.com", "王/五", "=1+1", "-5"],
    ["2", "李四", "13900139000", "Foo@Bar.com ", "con", "plain", "12"],
    ["3", "Bob", "138****1234", "bad", "CON", "@ann,x", ""],
    ["4", "Ann", "", "x@y.cn", "", "", "7"],
    ["5", "孙七", "021-12345678", "", "王/五", "😀字", "-3.5"],
]
DEFUSED = {"=1+1": "'=1+1", "@ann,x": "'@ann,x"}


@pytest.fixture
def people(cli, once):
    def build():
        cli.write("p.csv", ROWS, HEAD)
        cli("import", "p.csv", "--into", "people")

    return once("export-files", build)


def table(data, encoding="utf-8", **dialect):
    return list(csv.reader(io.StringIO(data.decode(encoding), newline=""), **dialect))


def test_formulas_are_defused_in_text_files_and_phones_and_numbers_are_not(people):
    found = table(people("export", "people", "-o", "-").data)
    assert found[1:] == [[DEFUSED.get(cell, cell) for cell in row] for row in ROWS]
    kept = table(people("export", "people", "-o", "-", "--no-defuse").data)
    assert kept[1:] == ROWS
    json_rows = people("export", "people", "-o", "-", "--format", "ndjson").rows
    assert [row.get("notes") or "" for row in json_rows] == [row[5] for row in ROWS]


def test_an_import_takes_off_exactly_what_the_export_put_on(people):
    tricky = [
        "=1",
        "'=1",
        "''=1",
        "\t1",
        "'\t1",
        "＝1",
        "+86",
        "'+8613800138000",
        "'001",
        '="001"',
        "-",
        "'",
        "a=1",
    ]
    lines = "".join(json.dumps({"id": str(n), "note": text}) + "\n" for n, text in enumerate(tricky))
    (people.folder / "t.ndjson").write_text(lines, encoding="utf-8")
    people("import", "t.ndjson", "--into", "tricky")
    people("export", "tricky", "-o", "t.csv")
    people("import", "t.csv", "--into", "again")
    query = "select id, note from {} order by id::int"
    assert [row["note"] for row in people("query", query.format("tricky")).rows] == tricky
    assert people("query", query.format("again")).data == people("query", query.format("tricky")).data


def test_what_a_type_would_round_or_cut_goes_out_as_it_is(cli):
    headers = ["id", "points", "birthday", "created_at", "lifetime value"]
    whole = ["1", "10", "2024-01-01", "2024-01-01 10:00:00", "1.2345"]
    cli.write("f.csv", [whole, ["2", "10.5", "2024-01-01 10:00", "2024-01-01T10:00:00+08:00", "1.23456789"]], headers)
    cli("import", "f.csv", "--into", "x", "--schema", "customer", "--map", "lifetime value=lifetime_value")
    for name in ("x.ndjson", "x.xlsx", "x.parquet"):
        cli("export", "x", "-o", name)
        cli("import", name, "--into", name.replace(".", "_"), "--schema", "customer")
        back = table(cli("export", name.replace(".", "_"), "-o", "-").data)
        assert back[2] == ["2", "10.5", "2024-01-01 10:00", "2024-01-01T10:00:00+08:00", "1.23456789"]
    assert cli("query", "select points from x order by id").rows == [{"points": 10}, {"points": None}]


def test_headers_that_a_spreadsheet_would_compute_are_defused_and_come_back(cli):
    headers = ["id", "=1+1", "@SUM(A1)", "'=x", "+86"]
    cli.write("f.csv", [["1", "a", "b", "c", "d"]], headers)
    cli("import", "f.csv", "--into", "x")
    cli("export", "x", "-o", "g.csv")
    shown = table((cli.folder / "g.csv").read_bytes())[0]
    assert shown[1:] == ["'=1+1", "'@SUM(A1)", "'=x", "+86"]
    assert table(cli("export", "x", "-o", "-", "--for", "excel").data, "utf-8-sig")[0] == shown
    cli("import", "g.csv", "--into", "y")
    assert cli("export", "y", "-o", "-", "--no-defuse").data == cli("export", "x", "-o", "-", "--no-defuse").data


def test_from_text_file_to_text_file_no_cell_is_touched_unless_asked(people):
    assert people("export", "p.csv", "-o", "-").data == (people.folder / "p.csv").read_bytes()
    assert b"'=1+1" in people("export", "p.csv", "-o", "-", "--defuse").data


def test_the_encoding_the_delimiter_and_the_quotes_are_the_users(people):
    options = ["--encoding", "gb18030", "--delimiter", ";", "--quoting", "all", "--no-defuse"]
    data = people("export", "people", "-o", "-", *options).data
    assert table(data, "gb18030", delimiter=";")[1:] == ROWS
    assert data.decode("gb18030").startswith('"id";"full_name"')
    assert people("export", "people", "-o", "-", "--bom").data.startswith(b"\xef\xbb\xbfid,")
    assert people("export", "people", "-o", "-", "--encoding", "utf-16").data.decode("utf-16").startswith("id,")


def test_a_character_that_the_encoding_lacks_is_told_with_its_place(people):
    (people.folder / "g.csv").write_text("old\n", encoding="utf-8")
    wrong = people("-q", "export", "people", "-o", "g.csv", "--encoding", "gbk", code=3)
    assert wrong.err == (
        "error: row 5, notes: gbk has no '😀'; write --encoding gb18030 or utf-8, or have such characters replaced:"
        " --unencodable replace\n"
    )
    assert (people.folder / "g.csv").read_text(encoding="utf-8") == "old\n"
    data = people("export", "people", "-o", "-", "--encoding", "gbk", "--unencodable", "replace").data
    assert table(data, "gbk")[5][5] == "?字"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["-o", "x.xlsx", "--encoding", "gbk"], "--encoding is for CSV and TSV, not for xlsx"),
        (["-o", "x.csv", "--encoding", "latin1", "--bom"], "has no byte order mark"),
        (["-o", "x.csv", "--encoding", "utf-9"], "unknown encoding 'utf-9'"),
        (["-o", "x.csv", "--split-by", "负责人"], "put the field in braces into its name: -o '{负责人}.csv'"),
        (["-o", "{name}.csv", "--split-by", "负责人"], "split by 负责人, but the output names name"),
        (["-o", "-", "--manifest"], "there is no file that a manifest could lie beside"),
        (["-o", "x.csv", "--strict"], "need a target; name it with --for"),
        (["-o", "x.csv", "--for", "salesfrce"], "did you mean 'salesforce'?"),
        (["-o", "x.csv", "--for", "salesforce:leed"], "did you mean 'lead'?"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_written(people, options, told):
    assert told in people("-q", "export", "people", *options, code=2).err
    assert not [path for path in people.folder.iterdir() if path.stem == "x"]


def test_every_value_gets_a_file_under_a_name_that_is_safe(people):
    done = people("export", "people", "-o", "{负责人}.csv", "--split-by", "负责人", "--manifest")
    files = {path.name: table(path.read_bytes())[1:] for path in people.folder.glob("*.csv") if path.name != "p.csv"}
    assert {name: [row[0] for row in rows] for name, rows in files.items()} == {
        "王_五.csv": ["1", "5"], "con (2).csv": ["2"], "CON_.csv": ["3"], "(blank).csv": ["4"],
    }  # fmt: skip
    assert "5 rows in 4 files" in done.err
    manifest = json.loads((people.folder / "负责人.csv.manifest.json").read_text(encoding="utf-8"))
    assert manifest["rows"] == 5
    assert [(each["file"], each.get("value"), each["rows"]) for each in manifest["files"]] == [
        ("CON_.csv", "CON", 1), ("con (2).csv", "con", 1), ("王_五.csv", "王/五", 2), ("(blank).csv", None, 1),
    ]  # fmt: skip


def test_the_files_of_a_split_replace_the_old_ones_together_or_not_at_all(people):
    for name in ("CON_.csv", "王_五.csv"):
        (people.folder / name).write_text("old\n", encoding="utf-8")
    wrong = people("export", "people", "-o", "{负责人}.csv", "--split-by", "负责人", "--encoding", "gbk", code=3)
    assert "has no '😀'" in wrong.err
    assert {p.read_text(encoding="utf-8") for p in people.folder.glob("*_*.csv")} == {"old\n"}
    assert not (people.folder / "(blank).csv").exists()


def test_the_bookkeeping_columns_come_out_where_they_are_named(people):
    found = table(
        people("export", "people", "-o", "-", "--columns", "id,_source,_line", "--sort=-_line", "--limit", "1").data
    )
    assert found == [["id", "_source", "_line"], ["5", "p", "6"]]


def test_a_part_is_never_written_over_the_input(people):
    (people.folder / "p.csv").rename(people.folder / "王_五.csv")
    assert "is the input" in people("export", "王_五.csv", "-o", "{负责人}.csv", "--split-by", "负责人", code=2).err


def test_the_manifest_tells_rows_hash_columns_and_the_run_and_is_the_same_twice(people):
    people("export", "people", "-o", "m.csv", "--manifest", "--where", "id <= 2", "--as-of", "2026-01-31")
    manifest = (people.folder / "m.csv.manifest.json").read_bytes()
    found = json.loads(manifest)
    data = (people.folder / "m.csv").read_bytes()
    assert found["files"] == [
        {"file": "m.csv", "rows": 2, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    ]
    assert (found["rows"], found["run"], found["as_of"], found["dataset"]) == (2, 1, "2026-01-31", "people")
    assert found["columns"] == ["id", "full_name", "mobile", "email", "owner", "notes", "金额"]
    people("export", "people", "-o", "m.csv", "--manifest", "--where", "id <= 2", "--as-of", "2026-01-31")
    assert (people.folder / "m.csv.manifest.json").read_bytes() == manifest


def test_hashed_fields_leave_no_plain_value_and_only_valid_ones_are_hashed(people):
    done = people("export", "people", "-o", "-", "--hash", "邮箱,手机")

    def sha(text):
        return hashlib.sha256(text.encode()).hexdigest()

    assert table(done.data) == [
        ["email", "mobile"],
        [sha("a.b+c@gmail.com"), sha("+8613800138000")],
        [sha("foo@bar.com"), sha("+8613900139000")],
        [sha("x@y.cn"), ""],
    ]
    assert "email: values that are not valid and have no hash: 1" in done.err
    beside = table(people("export", "people", "-o", "-", "--hash", "手机", "--columns", "id,手机").data)
    assert beside[1:3] == [["1", sha("+8613800138000")], ["2", sha("+8613900139000")]]
    assert len(beside) == 6


def test_a_recipe_takes_the_same_options(people):
    (people.folder / "r.yaml").write_text(
        "recipe: r\nsteps:\n  - export: {dataset: people, output: 'o/{负责人}.csv', split_by: 负责人, encoding: gb18030,"
        " manifest: true}\n  - export: {dataset: people, output: o/m.csv, for: mailchimp, refused: o/refused.csv}\n",
        encoding="utf-8",
    )  # fmt: skip
    done = people("run", "r.yaml")
    assert sorted(path.name for path in (people.folder / "o").iterdir()) == [
        "(blank).csv", "CON_.csv", "con (2).csv", "m.csv", "refused.csv", "王_五.csv", "负责人.csv.manifest.json",
    ]  # fmt: skip
    assert "rows written to o/m.csv: 3" in done.err
    shown = people("show", "--findings", "--format", "csv").out
    assert "not an e-mail address" in shown


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such limit")
def test_a_disk_that_is_full_leaves_the_old_file(people):
    name = "big.csv"
    (people.folder / "big-in.ndjson").write_text(
        "".join(json.dumps({"id": str(n), "note": hashlib.sha256(str(n).encode()).hexdigest() * 2}) + "\n"
                for n in range(1000)), encoding="utf-8",
    )  # fmt: skip
    (people.folder / name).write_text("old\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "crmctl", "export", "big-in.ndjson", "-o", name], cwd=people.folder,
        env=people.environment, capture_output=True, text=True, check=False, timeout=60,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000)),
    )  # fmt: skip
    assert (done.returncode, "Traceback" in done.stderr) == (3, False), done.stderr
    assert (people.folder / name).read_text(encoding="utf-8") == "old\n"
    assert [path.name for path in people.folder.iterdir() if path.name.startswith(".")] == []
