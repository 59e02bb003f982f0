"""`crmctl` in a shell: data on stdout in the input's own shape, everything else on stderr, nothing left behind."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest

PEOPLE = """id,姓名,手机,Email,City
C-1,张三,１３９ 1028 4471,li.lei@Example.com ,Berlin
C-2,李四,13700137456,x@example.org,"München, DE"
C-3,张三,13910284471,li.lei@example.com,
"""
CLEANED = """id,姓名,手机,Email,City
C-1,张三,+8613910284471,li.lei@example.com,Berlin
C-2,李四,+8613700137456,x@example.org,"München, DE"
C-3,张三,+8613910284471,li.lei@example.com,
"""
MERGED = """id,姓名,手机,Email,City
C-1,张三,+8613910284471,li.lei@example.com,Berlin
C-2,李四,+8613700137456,x@example.org,"München, DE"
"""


@pytest.fixture
def people(cli) -> Path:
    path = cli.folder / "in.csv"
    path.write_text(PEOPLE, encoding="utf-8")
    return path


def test_a_pipeline_of_two_commands_needs_no_store_and_makes_none(cli, shell, people):
    done = shell("cat in.csv | crmctl clean - | crmctl deduplicate - --format csv > out.csv")
    assert (done.returncode, done.stdout) == (0, b"")
    assert (cli.folder / "out.csv").read_text(encoding="utf-8") == MERGED
    assert sorted(path.name for path in cli.folder.iterdir()) == ["in.csv", "out.csv"]


def test_messages_go_to_stderr_and_quiet_leaves_none(cli, people):
    told, quiet = cli.process("clean", people), cli.process("-q", "clean", people)
    assert (told.out, quiet.out, quiet.err) == (CLEANED, CLEANED, "")
    assert told.err.splitlines()[0] == f"{people}: UTF-8 (100 %), comma, header in line 1"
    assert "rows in 3 = out 3 + merged 0 + removed 0 - added 0; changed 3" in told.err


def test_csv_comes_out_as_csv_and_ndjson_as_ndjson(cli):
    lines = '{"id":"1","email":"a@Example.com ","n":1.10,"tags":["a",2]}\n{"id":"02","email":null,"n":8,"tags":null}\n'
    done = cli("clean", "-", "--fields", "email", stdin=lines.encode())
    assert done.out == (
        '{"id":"1","email":"a@example.com","n":1.10,"tags":["a", 2]}\n{"id":"02","email":null,"n":8,"tags":null}\n'
    )
    other = cli("clean", "-", "--fields", "email", "--format", "csv", stdin=lines.encode())
    assert other.out == 'id,email,n,tags\n1,a@example.com,1.10,"[""a"", 2]"\n02,,8,\n'


DIALECTS = {
    "utf-8": ("utf-8", ",", "\n", b""),
    "utf-8 with a mark, CRLF": ("utf-8", ",", "\r\n", codecs.BOM_UTF8),
    "gb18030, semicolons": ("gb18030", ";", "\r\n", b""),
    "utf-16, tabs": ("utf-16-le", "\t", "\n", codecs.BOM_UTF16_LE),
}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_only_the_asked_for_column_changes_every_other_byte_stays(cli, dialect):
    encoding, delimiter, end, mark = DIALECTS[dialect]
    cells = [
        ["编号", "姓名", "手机", "备注 ", "Email"],
        ["007", " 张三", "139 1028 4471", '"说：""好"""', "x@Example.com "],
        ["1E5", "李四", "137-0013-7456", "", "n/a"],
        ["3", "王五", "", '""', '"a, b"' if delimiter == "," else "a, b"],
    ]
    phones = ["手机", "+8613910284471", "+8613700137456", ""]

    def text(rows):
        return mark + "".join(delimiter.join(row) + end for row in rows).encode(encoding)

    (cli.folder / "f.csv").write_bytes(text(cells))
    cli("clean", "f.csv", "--fields", "手机", "-o", "g.csv")
    wanted = [[*row[:2], phone, *row[3:]] for row, phone in zip(cells, phones, strict=True)]
    assert (cli.folder / "g.csv").read_bytes() == text(wanted)


def test_a_file_without_a_last_line_end_gets_none(cli):
    (cli.folder / "f.csv").write_bytes(b"id,email\n1,a@EXAMPLE.com")
    assert cli("clean", "f.csv").data == b"id,email\n1,a@example.com"


@pytest.fixture
def large(cli) -> Path:
    return cli.write("large.csv", ([str(n), f"p{n}@Example.com"] for n in range(60_000)), ["id", "email"])


@pytest.mark.parametrize("command", ["clean large.csv", "export large.csv -o -", "check large.csv --failures -"])
def test_a_reader_that_goes_away_early_ends_the_command_quietly(shell, large, command):
    if command.startswith("check"):
        large.write_text(large.read_text(encoding="utf-8").replace("@", "#"), encoding="utf-8")
        command += " --schema customer --fail-on never"
    done = shell(f"crmctl -q {command} | head -1")
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout in (b"id,email\n", b"file,line,dataset,field,rule,value\n")


def test_a_closed_pipe_ends_an_answer_quietly_too(cli, shell, large):
    cli("import", large, "--into", "people")
    for line in ('query "select * from people"', 'query "select * from people" --format table'):
        done = shell(f"crmctl {line} | head -1 >/dev/null")
        assert (done.returncode, done.stderr) == (0, b"")


def test_answers_are_ndjson_in_a_pipe(cli, people):
    rows = cli("profile", people).rows
    assert [row["field"] for row in rows] == ["id", "full_name", "mobile", "email", "city"]
    assert rows[4]["top_values"] == "Berlin (1), München, DE (1)"


def test_the_output_may_be_the_input_only_in_place_and_a_backup_is_kept(cli, people):
    refused = cli("clean", people, "-o", people, code=2)
    assert refused.err == f"error: {people} is the input; choose another -o, or say --in-place (keeps {people}.bak)\n"
    assert people.read_text(encoding="utf-8") == PEOPLE
    cli("clean", people, "-o", people, "--in-place")
    assert people.read_text(encoding="utf-8") == CLEANED
    assert (cli.folder / "in.csv.bak").read_text(encoding="utf-8") == PEOPLE


def test_in_place_alone_means_the_input(cli, people):
    done = cli("clean", people, "--in-place")
    assert (done.out, people.read_text(encoding="utf-8")) == ("", CLEANED)
    nowhere = cli("clean", "-", "--in-place", stdin=PEOPLE.encode(), code=2)
    assert nowhere.err == "error: --in-place needs one input file; name the output with -o\n"


def test_a_link_to_the_input_is_the_input(cli, people):
    link = cli.folder / "link.csv"
    link.symlink_to(people)
    cli("clean", people, "-o", link, code=2)
    for command in (
        ["export", people, "-o", link],
        ["report", people, "-o", people],
        ["deduplicate", people, "--clusters", link],
    ):
        done = cli(*command, code=2)
        assert done.err.endswith("is the input; choose another output\n")
    assert people.read_text(encoding="utf-8") == PEOPLE


def test_a_dry_run_in_place_touches_neither_the_file_nor_makes_a_backup(cli, people):
    cli("clean", people, "--in-place", "--dry-run")
    assert people.read_text(encoding="utf-8") == PEOPLE
    assert [path.name for path in cli.folder.iterdir()] == ["in.csv"]


def test_a_path_is_a_file_and_a_bare_name_a_dataset(cli, people):
    cli("import", people, "--into", "people")
    (cli.folder / "people").write_text("id,email\n9,nine@Example.com\n", encoding="utf-8")
    assert [row["rows"] for row in cli("profile", "people").rows][:1] == [3]
    assert [row["rows"] for row in cli("profile", "./people").rows] == [1, 1]
    cli("import", people, "--into", "odd.csv")
    people.unlink()
    missing = cli("profile", "odd.csv", code=3)
    assert missing.err == "error: no file odd.csv; check the name and the folder\n"
    assert [row["rows"] for row in cli("profile", "dataset:odd.csv").rows][:1] == [3]


def test_a_file_goes_to_stdout_whatever_store_lies_about(cli, people):
    cli("import", people, "--into", "people")
    cli("import", "-", stdin=b"order id,customer id,order date,amount\n1,C-2,2026-01-01,5\n")
    before = cli("history").out
    assert cli("clean", people).out == CLEANED
    tiers = cli("classify", people, "--rules", "value-tier", "--orders", "orders").out.splitlines()
    assert [line.rsplit(",", 1)[1] for line in tiers] == ["value_tier", "none", "A", "none"]
    assert cli("history").out == before


def test_a_dataset_without_an_output_gets_a_new_version_and_stdout_stays_empty(cli, people):
    cli("import", people, "--into", "people")
    assert cli("clean", "people").out == ""
    assert cli("clean", "people", "-o", "-").out == CLEANED.replace(
        "姓名,手机,Email,City", "full_name,mobile,email,city"
    )


@pytest.mark.parametrize("command", [["deduplicate", "-", "-"], ["check", "-", "-"], ["import", "-", "-"]])
def test_standard_input_can_be_named_only_once(cli, command):
    done = cli(*command, stdin=PEOPLE.encode(), code=2)
    assert done.err == "error: standard input can be named only once; save one of the inputs to a file\n"


def test_standard_output_can_be_named_only_once(cli, people):
    done = cli("check", people, "--failures", "-", "-o", "-", code=2)
    assert done.err == "error: standard output can be named only once; write one of the outputs to a file\n"


def test_failing_rows_on_stdout_are_alone_there(cli, people):
    done = cli("check", people, "--schema", "order", "--failures", "-", "--format", "csv", "--fail-on", "never")
    assert done.out.splitlines()[0] == "file,line,dataset,field,rule,value"
    assert "outcome" not in done.out


@pytest.mark.parametrize("command", ["clean -", "import -", "check -", "deduplicate -"])
def test_an_empty_standard_input_is_an_error_that_names_it(cli, command):
    done = cli(*command.split(), code=3)
    assert done.err == "error: there is nothing on standard input; check the command before the pipe\n"
    assert done.out == ""


def test_standard_input_can_be_imported_and_its_source_named(cli):
    cli("import", "-", "--into", "people", "--source", "shop", stdin=PEOPLE.encode())
    assert cli("query", "select distinct source from people_ids").rows == [{"source": "shop"}]


def test_a_headers_only_file_gives_a_headers_only_file(cli):
    for command in ("clean", "deduplicate"):
        assert cli(command, "-", stdin=b"id,email,name\n").data == b"id,email,name\n"


def test_the_private_copy_of_standard_input_is_gone_afterwards(cli, shell):
    shell("cat in.csv | crmctl clean - >/dev/null", stdin=b"")
    cli.process("clean", "-", stdin=PEOPLE.encode())
    assert list((cli.folder.parent / "tmp").iterdir()) == []


@pytest.mark.parametrize(("suffix", "magic"), [("xlsx", b"PK"), ("parquet", b"PAR1")])
def test_a_binary_format_comes_out_of_a_pipe_as_it_went_in(cli, people, suffix, magic):
    cli("export", people, "-o", f"f.{suffix}")
    piped = cli("clean", f"f.{suffix}", "--fields", "手机")
    assert piped.data.startswith(magic)
    (cli.folder / f"g.{suffix}").write_bytes(piped.data)
    done = cli("export", f"g.{suffix}", "-o", "-", "--format", "csv", "--columns", "id,手机")
    assert done.out.splitlines()[1:] == ["C-1,+8613910284471", "C-2,+8613700137456", "C-3,+8613910284471"]
