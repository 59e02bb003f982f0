"""Answers: tables for people, formats for programs, both languages, any console; and the global options."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
import unicodedata

import pytest

from crmctl.cli.tables import aligned, cell_text, markdown, width

ANSWERS = {
    "history": ["history"],
    "datasets": ["datasets"],
    "fields": ["datasets", "contacts"],
    "profile": ["profile", "contacts"],
    "check": ["check", "contacts", "--fail-on", "never"],
    "segment": ["segment", "contacts"],
    "query": ["query", "select * from contacts"],
    "show": ["show", "2"],
    "findings": ["show", "2", "--findings"],
    "diff": ["diff", "contacts"],
    "cells": ["diff", "contacts", "--cells", "30"],
    "explain": ["explain", "contacts", "C-1001"],
    "schemas": ["schema", "list"],
    "versions": ["store", "versions"],
}


@pytest.mark.parametrize("name", ANSWERS)
def test_every_answer_comes_in_every_format_with_the_same_records(project, name):
    command = ["-q", *ANSWERS[name]]
    objects = project(*command).rows
    assert objects
    records = list(csv.reader(io.StringIO(project(*command, "--format", "csv").out)))
    assert records[0] == list(objects[0])
    lines = project(*command, "--format", "md").out.splitlines()
    assert len(records) == len(lines) - 1 >= len(objects) + 1
    assert all(line.startswith("| ") and line.endswith(" |") for line in (lines[0], *lines[2:]))
    table = project(*command, "--format", "table").out.splitlines()
    assert max(map(width, table)) <= 80 or "not shown" in table[-1]
    assert set(table[1]) == {"─", " "}


@pytest.mark.parametrize("name", ["profile", "query", "datasets"])
def test_json_is_one_array_of_what_ndjson_has_line_by_line(project, name):
    command = ["-q", *ANSWERS[name]]
    lines = project(*command, "--format", "ndjson")
    assert project(*command).out == lines.out
    assert json.loads(project(*command, "--format", "json").out) == lines.rows


def _starts(line: str, rule: str) -> bool:
    """Whether no cell of a line hangs over into the gap before the next column, counted in terminal cells."""
    places = [match.start() for match in re.finditer("─+", rule)]
    cells = "".join(char * (2 if unicodedata.east_asian_width(char) in "WF" else 1) for char in line)
    return all(cells[place - 2 : place].strip() == "" for place in places[1:] if place <= len(cells))


def test_wide_characters_line_up():
    rows = [["张三", "Berlin", 1], ["Zoë Z.", "上海市浦东新区", 20], ["e\u0301e", "Ｆｕｌｌ", 300], ["", "x", None]]
    lines = aligned(["姓名", "城市 city", "n"], rows, 80).splitlines()
    assert all(_starts(line, lines[1]) for line in lines)
    assert [line.rstrip()[-3:] for line in lines[2:5]] == ["  1", " 20", "300"]
    assert lines[3] == "Zoë Z.  上海市浦东新区   20"


@pytest.mark.parametrize("columns", [30, 50, 80, 120])
def test_a_table_keeps_to_the_terminal_whatever_is_in_it(columns):
    headers = [f"列{number} name" for number in range(12)]
    rows = [[f"值{number * row}" * row for number in range(12)] for row in range(9)]
    lines = aligned(headers, rows, columns).splitlines()
    body = [line for line in lines if not line.startswith("not shown")]
    assert max(map(width, body)) <= columns
    assert all(_starts(line, lines[1]) for line in body)
    shown = len(re.findall("─+", lines[1]))
    assert shown == 12 or lines[-1] == f"not shown: {', '.join(headers[shown:])}; --format csv shows all"


def test_a_cell_stays_on_one_line():
    assert cell_text("a\nb\t c") == "a b c"
    assert markdown(["h"], [["a|b\nc"]]) == "| h |\n| --- |\n| a\\|b c |"


def test_a_terminal_gets_a_table_and_a_pipe_ndjson(project):
    import pty  # POSIX only

    ours, theirs = pty.openpty()
    environment = project.environment | {"COLUMNS": "80", "TERM": "xterm"}
    command = [sys.executable, "-m", "crmctl", "clean", "examples/contacts.csv", "--fields", "country"]
    with subprocess.Popen(
        command, cwd=project.folder, env=environment, stdout=theirs, stderr=subprocess.PIPE, text=True
    ) as process:
        os.close(theirs)
        seen = b""
        while True:
            try:
                chunk = os.read(ours, 4096)
            except OSError:
                break
            if not chunk:
                break
            seen += chunk
        assert process.stderr is not None
        told = process.stderr.read()
    os.close(ours)
    lines = seen.decode("utf-8").splitlines()
    assert lines[0].split()[:3] == ["id", "name", "company"]
    assert len(lines) == 23  # headers, rule, 20 rows, and which columns found no room
    assert max(map(width, lines[:-1])) <= 80
    assert told.endswith("20 of 40 rows; -o FILE writes them all\n")


@pytest.mark.parametrize("where", ["before", "after"])
def test_global_options_work_before_and_after_the_command(cli, where):
    cli.write("a.csv", [["1", "x@example.com"]], ["id", "email"])
    options = ["--store", "other.duckdb", "-q", "--as-of", "2026-01-31", "--wait", "1", "--lang", "zh"]
    command = ["import", "a.csv", "--into", "a"]
    done = cli(*options, *command) if where == "before" else cli(*command, *options)
    assert done.err == ""
    assert (cli.folder / "other.duckdb").exists()
    assert not cli.store.exists()


def test_the_store_and_the_language_come_from_the_environment_too(cli):
    cli.write("a.csv", [["1", "x@example.com"]], ["id", "email"])
    cli.process("-q", "import", "a.csv", "--into", "a", CRMCTL_STORE="other.duckdb")
    assert (cli.folder / "other.duckdb").exists()
    english, chinese = (
        cli.process("clean", "b", CRMCTL_STORE="other.duckdb", CRMCTL_LANG=lang, code=2).err for lang in ("en", "zh")
    )
    assert english == "error: no dataset called 'b'; there are: a\n"
    assert re.search(r"[\u4e00-\u9fff]", chinese)
    assert "'b'" in chinese


def test_quiet_says_nothing_but_the_data(project):
    for command in ANSWERS.values():
        assert project("-q", *command).err == ""
    assert project("-q", "import", "examples/contacts.csv").err == ""
    assert project("-q", "undo").err == ""
    assert project("-q", "run", "nightly", "--set", "data=demo", "--plan").err == ""


def test_the_as_of_date_is_told_and_kept(project):
    done = project("--as-of", "2026-07-01", "segment", "contacts")
    assert "as of" not in done.err
    assert project("history", "--limit", "1").rows[0]["as_of"] == "2026-07-01"
    assert "as of 2026-06-29 (contacts.created_at)" in project("segment", "contacts").err


def test_messages_and_labels_are_chinese_where_that_is_asked_for(project):
    done = project("--lang", "zh", "segment", "contacts", "--format", "md")
    assert done.out.splitlines()[0] == "| 分群 | 名称 | 人数 | 进入 | 离开 |"
    assert re.search(r"[\u4e00-\u9fff]", done.err)
    assert (
        project("segment", "contacts", "--format", "md").out.splitlines()[0]
        == "| Segment | Label | Members | Entered | Left |"
    )


def test_a_gbk_console_does_not_crash_and_data_stay_utf_8(project):
    query = "select name, 'naïve 😀' as note from contacts where id in ('C-1003', 'C-1020') order by id"
    done = project.process("query", query.replace("name", "full_name"), PYTHONIOENCODING="gbk")
    assert done.rows == [{"full_name": "王小明", "note": "naïve 😀"}, {"full_name": "Chloé Martin", "note": "naïve 😀"}]
    failed = subprocess.run(
        [sys.executable, "-m", "crmctl", "--lang", "zh", "clean", "Zoë😀"], cwd=project.folder, check=False,
        env=project.environment | {"PYTHONIOENCODING": "gbk"}, capture_output=True,
    )  # fmt: skip
    assert failed.returncode == 2
    assert "Zo??" in failed.stderr.decode("gbk")


def test_verbose_tells_more(project):
    assert re.search(r"profile \(\d+\.\d s\)", project("-v", "profile", "contacts").err)
