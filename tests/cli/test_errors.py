"""Every way to fail: the exit code, and the whole message with its place, cause and cure."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest

from crmctl.errors import InternalFault

CSV = "id,name,email,city\n1,Ann,ann@example.com,Berlin\n2,Bob,,Leeds\n"


@pytest.fixture
def customers(cli) -> Path:
    path = cli.folder / "customers.csv"
    path.write_text(CSV, encoding="utf-8")
    return path


@pytest.fixture
def stored(cli, customers, once) -> Path:
    return once("stored customers", lambda: cli("import", customers, "--into", "customers")).store


USAGE = {
    "cleen customers.csv": "no command 'cleen'; did you mean 'clean'?",
    "frobnicate": "no command 'frobnicate'; see: crmctl --help",
    "clean customers.csv --feilds x": "crmctl clean: unknown option '--feilds'; did you mean '--fields'?",
    "clean customers.csv --zzz": "crmctl clean: unknown option '--zzz'; see: crmctl clean --help",
    "clean customers.csv --fields emial": (
        "no column called 'emial'; did you mean 'email'? The columns are id, full_name (name), email, city"
    ),
    "clean custmers": "no dataset called 'custmers'; did you mean 'customers'?",
    "clean zebra": "no dataset called 'zebra'; there are: customers",
    "query 'select * from custmers'": "no dataset called 'custmers'; did you mean 'customers'?",
    "query 'drop view customers'": "exactly one SELECT is allowed here; remove every other statement",
    "explain customers 99": "customers has no row '99'; give its key, or a source's own id",
    "undo 7": "there is no run 7; see: crmctl history",
    "show 7": "there is no run 7; see: crmctl history",
    "check customers.csv --schema custmer": "no schema called 'custmer'; did you mean 'customer'?",
    "check customers.csv --report juint=x": "no report format 'juint'; did you mean junit?",
    "classify customers.csv --rules rmf": "no classification called 'rmf'; did you mean 'rfm'?",
    "clean customers.csv --format cvs": "cannot write 'cvs'; did you mean 'csv'?",
    "clean customers.csv -o out.foo": (
        "cannot tell a format from 'out.foo'; end it in .csv, .xlsx, .ndjson … or say --format"
    ),
    "export customers": "crmctl export: Missing option '-o' / '--output'; see: crmctl export --help",
    "deduplicate customers.csv --merge-at 2": (
        "thresholds have to be 0 < review_at <= merge_at <= 1; give probabilities such as 0.95"
    ),
    "import customers.csv --mode foo": (
        "crmctl import: Invalid value for '--mode': 'foo' is not one of 'upsert', 'append', 'replace', 'snapshot';"
        " see: crmctl import --help"
    ),
    "import customers.csv --map name": "--map: 'name' is not KEY=VALUE",
    "import customers.csv --max-rejects many": "'many' is no limit; write a number or a share such as 5%",
    "--as-of 2026-13-01 clean customers.csv": "'2026-13-01' is not a date; write it as 2026-06-30, or 'today'",
    "run nightly --set data": "--set 'data' is not NAME=VALUE; write --set data=demo",
    "remove customers.csv --where 'email =' --reason x": (
        "expected a value, found the end (column 8 of 'email ='); put text in quotes"
    ),
    "clean customers --in-place": "--in-place needs one input file; name the output with -o",
}


@pytest.mark.parametrize("line", USAGE)
def test_a_wrong_usage_is_exit_2_and_says_what_was_meant(cli, stored, line):
    done = cli("-q", *shlex.split(line), code=2)
    assert done.err == f"error: {USAGE[line]}\n"
    assert done.data == b""


def test_a_command_alone_shows_its_help(cli):
    done = cli("clean", code=2)
    assert done.err.startswith("Usage: crmctl clean [OPTIONS] INPUT\n")


UNREADABLE = {
    "clean custmers.csv": "no file custmers.csv; did you mean customers.csv?",
    "clean customers.xlsx": "no file customers.xlsx; did you mean customers.csv?",
    "clean ./zebra": "no file zebra; check the name and the folder",
    "import zebra": "no file zebra; check the name and the folder",
    "clean folder/": "folder is a folder; name a file in it",
    "clean customers.csv -o nowhere/out.csv": "no folder nowhere; make it first",
    "clean customers.csv -o folder": "folder is a folder; name a file in it",
    "report customers.csv -o nowhere/r.html": "no folder nowhere; make it first",
    "run nightyl": "no recipe 'nightyl'; did you mean 'nightly'?",
    "run recipes/mine.yaml": "no recipe 'recipes/mine.yaml'; give a file, or one of nightly, retail",
    "segment customers.csv --segments mine.yaml": "no file mine.yaml; check the name",
    "--store text.txt history": "text.txt is not a DuckDB file; name another file with --store",
    "--store other.duckdb history": "other.duckdb is not a crmctl store; name another file with --store",
    "--store none.duckdb history": "no store at none.duckdb; import a file first, or name the store with --store",
    "--store folder history": "folder is a folder, not a store; name a file with --store",
    "--store no/where.duckdb import customers.csv": "no folder no; create it, or name another store",
    "--use steps.py loyalty": "no file steps.py; name a Python file that declares steps",
}


@pytest.mark.parametrize("line", UNREADABLE)
def test_what_cannot_be_read_or_written_is_exit_3(cli, customers, line):
    (cli.folder / "folder").mkdir()
    (cli.folder / "text.txt").write_text("id\n1\n" * 500, encoding="utf-8")
    duckdb.connect(str(cli.folder / "other.duckdb")).close()
    done = cli("-q", *line.split(), code=3)
    assert done.err == f"error: {UNREADABLE[line]}\n"
    assert done.data == b""
    assert not cli.store.exists()


def test_a_mistyped_dataset_makes_no_store(cli):
    done = cli("clean", "customers", code=2)
    assert done.err == (
        "error: no dataset called 'customers'; the store is empty: import a file first (a file is named by its path)\n"
    )
    assert list(cli.folder.iterdir()) == []


BROKEN_RECIPE = """\
recipe: broken
steps:
  - cleen: {dataset: customers}
  - deduplicate: {dataset: customers, thresold: 0.9, merge_at: high}
  - clean: {dataset: customers, fields: email}
  - {check: {dataset: customers}, report: {dataset: customers, output: x.html}}
"""
OPTIONS = "datasets, merge_at, review_at, ignore, clusters, name, into, output"


def test_a_broken_recipe_is_told_of_all_its_mistakes_at_once_each_with_its_place(cli, stored):
    (cli.folder / "broken.yaml").write_text(BROKEN_RECIPE, encoding="utf-8")
    assert cli("run", "broken.yaml", code=2).err.splitlines() == [
        "error: broken.yaml:3:5: unknown step 'cleen'; did you mean 'clean'?",
        f"error: broken.yaml:4:39: step 2 (deduplicate): unknown key 'thresold'; there are: {OPTIONS}",
        "error: broken.yaml:4:54: step 2 (deduplicate): merge_at: input should be a valid number, not 'high'",
        "error: broken.yaml:5:33: step 3 (clean): 'fields' has to be a list; write [email]",
        "error: broken.yaml:6:5: step 4 needs exactly one verb, it has check, report;"
        " write one '- verb: {…}' for each step",
    ]


def test_a_failed_check_is_exit_1_and_publishes_nothing(cli, stored):
    (cli.folder / "strict.yaml").write_text("checks:\n  - {kind: required, field: email}\n", encoding="utf-8")
    done = cli("check", "customers", "--schema", "customer", "--checks", "strict.yaml", code=1)
    assert done.err.splitlines()[-1] == "error: 1 checks failed, 0 gave a warning"
    assert cli("history", "--limit", "1").rows[0]["status"] == "failed"


def test_too_many_unreadable_lines_are_exit_1_and_publish_nothing(cli):
    (cli.folder / "bad.csv").write_text("id,name\n1,Ann\n2,Eve,more\n3,Bob,extra\n", encoding="utf-8")
    done = cli("import", "bad.csv", "--into", "people", code=1)
    assert done.err.splitlines()[-1] == (
        "error: 2 of 3 lines could not be read, more than the limit of 5%;"
        " nothing was kept: mend them, or raise the limit"
    )
    assert cli("datasets").out == ""
    lines = cli("show", "1", "--rejects").rows
    assert [(row["file"], row["line"], row["raw"]) for row in lines] == [
        ("bad.csv", 3, "2,Eve,more"),
        ("bad.csv", 4, "3,Bob,extra"),
    ]
    cli("import", "bad.csv", "--into", "people", "--max-rejects", "70%")
    assert cli("datasets").rows[0]["rows"] == 1


HOLD = "import sys, time\nfrom pathlib import Path\nfrom crmctl.store import open_store\nwith open_store(Path(sys.argv[1])):\n    print('held', flush=True)\n    time.sleep(60)\n"


def test_a_locked_store_is_exit_4_and_names_who_holds_it(cli, stored):
    (cli.folder / "hold.py").write_text(HOLD, encoding="utf-8")
    holder = cli.start("hold.py", stored)
    try:
        assert holder.stdout.readline() == "held\n"
        for line in ("clean customers", "history"):
            done = cli.process("--store", "crm.duckdb", "--wait", "0", *line.split(), code=4)
            words = done.err.splitlines()[-1]
            assert words.startswith(f"error: crm.duckdb is held by process {holder.pid} (hold.py {stored}) since ")
            assert words.endswith("; wait for it to end, or give it longer with --wait (waited 0 s)")
        # Files have nothing to do with the store that lies beside them.
        assert cli.process("--wait", "0", "clean", "customers.csv").out == CSV
    finally:
        holder.kill()
        holder.communicate()


def test_readers_do_not_lock_each_other_out(cli, stored):
    reader = cli.start("-c", HOLD.replace("(Path(sys.argv[1]))", "(Path(sys.argv[1]), read_only=True)"), stored)
    try:
        assert reader.stdout.readline() == "held\n"
        assert cli.process("--wait", "0", "query", "select count(*) as n from customers").rows == [{"n": 2}]
    finally:
        reader.kill()
        reader.communicate()


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="POSIX permissions")
@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("clean customers.csv -o locked/out.csv", "locked/out.csv cannot be written; close it in Excel, or check the folder's permissions"),
        ("--store locked/crm.duckdb import customers.csv", "cannot write locked/crm.duckdb: permission denied; choose a folder you can write to with --store"),
        ("clean secret.csv", "secret.csv cannot be opened; close it in Excel, or check its permissions"),
        ("init locked/new", "cannot write into locked/new: Permission denied; choose another folder"),
        ("report customers.csv -o locked/r.html", "locked/r.html cannot be written; close it in Excel, or check the folder's permissions"),
    ],
)  # fmt: skip
def test_what_may_not_be_touched_is_exit_3(cli, customers, line, message):
    (cli.folder / "secret.csv").write_text(CSV, encoding="utf-8")
    (cli.folder / "secret.csv").chmod(0)
    (cli.folder / "locked").mkdir(mode=0o500)
    command = [sys.executable, "-m", "crmctl", "-q", *line.split()]
    if os.getuid() == 0:
        if shutil.which("setpriv") is None:
            pytest.skip("root may write everywhere, and there is no setpriv to give that up")
        command = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", *command]
    done = subprocess.run(
        command, cwd=cli.folder, env=cli.environment, check=False, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (3, f"error: {message}\n")


def test_a_fault_inside_is_exit_5_without_a_traceback(cli, stored, monkeypatch):
    def broken(*_: object) -> None:
        raise ZeroDivisionError("seven by nought")

    monkeypatch.setattr("crmctl.store.asking.history", broken)
    done = cli("history", code=5)
    assert done.err == (
        "error: a fault in crmctl: ZeroDivisionError: seven by nought; please report it with the output of --debug\n"
    )
    shown = cli("history", "--debug", code=5)
    assert shown.err.startswith("Traceback (most recent call last):\n")
    assert shown.err.endswith(done.err)


def test_a_sum_that_does_not_add_up_is_exit_5_and_publishes_nothing(cli, stored, monkeypatch):
    def broken(self: object) -> None:
        raise InternalFault("{name}: {left} is not {right}", name="people", left=3, right=4)

    monkeypatch.setattr("crmctl.store.runs.FileLedger.prove", broken)
    done = cli("import", "customers.csv", "--into", "people", code=5)
    assert done.err == "error: people: 3 is not 4\n"
    assert [row["dataset"] for row in cli("datasets").rows] == ["customers"]


def test_json_errors_are_one_object_a_line(cli, stored):
    recipe = cli.folder / "broken.yaml"
    recipe.write_text(BROKEN_RECIPE, encoding="utf-8")
    lines = cli("run", "broken.yaml", "--json-errors", code=2).err.splitlines()
    assert len(lines) == 5
    assert json.loads(lines[1]) == {
        "error": "UsageError", "exit_code": 2, "cause": "step 2 (deduplicate): unknown key 'thresold'",
        "cure": f"there are: {OPTIONS}", "file": "broken.yaml", "line": 4, "column": 39,
    }  # fmt: skip
    [line] = cli("--json-errors", "clean", "custmers.csv", code=3).err.splitlines()
    assert json.loads(line)["cure"] == "did you mean customers.csv?"
    [line] = cli(
        "-q", "--json-errors", "check", "customers", "--schema", "order", "--as-of", "today", code=1
    ).err.splitlines()
    assert json.loads(line)["error"] == "DataFailed"
    [line] = cli("frobnicate", "--json-errors", code=2).err.splitlines()
    assert json.loads(line)["exit_code"] == 2


def test_an_interrupt_that_a_library_keeps_to_itself_counts_all_the_same(cli, stored, monkeypatch):
    def swallow(*_: object, **__: object) -> None:
        with contextlib.suppress(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    monkeypatch.setattr("crmctl.cleaning.clean", swallow)
    monkeypatch.setattr("crmctl.run.runner.keep_result", swallow)
    try:
        done = cli("-q", "clean", "customers", code=130)
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)
    assert done.err == "error: interrupted; nothing was published\n"
    assert cli("history", "--limit", "1").rows[0]["status"] == "interrupted"


def test_an_interrupt_is_exit_130_and_leaves_everything_as_it_was(cli, stored):
    """Sent while a long run goes on, it stops within a second or so, whatever library is at work."""
    cli.process("sample", "--customers", "12000", "--out", "s")
    before = cli("datasets").out
    seconds = (0.7, 2.2)
    for wait in seconds:
        running = subprocess.Popen(
            [sys.executable, "-m", "crmctl", "-q", "run", "nightly", "--set", "data=s", "--set", "out=out"],
            cwd=cli.folder, env=cli.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509 - no threads here
        )  # fmt: skip
        time.sleep(wait)
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=60)
        # An interpreter that was interrupted while importing may end by the signal itself: the same to a shell.
        assert running.returncode in (130, -signal.SIGINT)
        assert (out, err) == ("", "error: interrupted; nothing was published\n")
    assert cli("datasets").out == before
    assert list((cli.folder / "out").glob("*")) == []
    runs = [row["status"] for row in cli("history").rows]
    assert set(runs[:-1]) <= {"interrupted"}
    assert list((cli.folder.parent / "tmp").iterdir()) == []


ODD = {
    "export customers.csv -o - --limit 99999999999999999999": (
        "99999999999999999999 is no number of rows; give --limit a number from 0 on"
    ),
    "profile customers.csv --top -1": "--top has to be a number from 0 to 1000; ask for a few",
    "deduplicate customers.csv --merge-at nan": (
        "thresholds have to be 0 < review_at <= merge_at <= 1; give probabilities such as 0.95"
    ),
    "clean customers.csv --fields ''": "--fields names nothing; name at least one, or leave it out",
    "classify customers.csv --rules ,": "--rules names nothing; name at least one, or leave it out",
    "clean customers.csv --into ''": "'' cannot be a dataset's name; use letters, digits and blanks",
    "import customers.csv --max-rejects -5": "'-5' is no limit; write a number or a share such as 5%",
    "import customers.csv --max-rejects nan%": "'nan%' is no limit; write a number or a share such as 5%",
    "import customers.csv --encoding foo": (
        "unknown encoding 'foo'; use utf-8, utf-8-sig, gb18030, big5, utf-16 or cp1252"
    ),
    "import customers.csv --delimiter ab": "'ab' cannot be a delimiter; use one character, such as , ; | or tab",
    "history --wait -1": "crmctl history: Invalid value for '--wait': -1.0 is not in the range x>=0; see: crmctl history --help",
    "explain customers ''": "customers has no row ''; give its key, or a source's own id",
    "query ''": "exactly one SELECT is allowed here; remove every other statement",
    "query 'select emial from customers'": (
        'the query fails: Binder Error: Referenced column "emial" not found in FROM clause!'
        ' Candidate bindings: "email"; mend the query'
    ),
    "diff nope": "no dataset called 'nope'; there are: customers",
    "run nightly --set =x": "recipe nightly has no parameter ''; it has: data, out",
}


@pytest.mark.parametrize("line", ODD)
def test_an_odd_value_is_refused_and_never_a_fault(cli, stored, line):
    done = cli("-q", *shlex.split(line), code=2)
    assert done.err == f"error: {ODD[line]}\n"


def test_a_call_with_a_mistake_is_no_run(cli, stored):
    before = cli("history").rows
    cli("clean", "customers", "--fields", "emial", code=2)
    cli("remove", "customers", "--where", "emial = x", "--reason", "y", code=2)
    assert cli("history").rows == before


def test_a_failed_run_s_log_says_what_to_do_about_it(cli, stored):
    (cli.folder / "broken.parquet").write_bytes(b"PAR1" + bytes(200))
    done = cli("import", "broken.parquet", code=3)
    shown = cli("show").err
    assert "; " in done.err
    assert "message: " + done.err.splitlines()[-1].removeprefix("error: ") in shown
