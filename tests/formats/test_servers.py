"""Tables of database servers: against a PostgreSQL that the test starts on this machine."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import CommandLine

from crmctl.errors import FileError, UsageError
from crmctl.formats.databases.remote import fetch, is_url, shown, table_of

SECRET = "s3cret:/@"  # noqa: S105 - a server's that lives for a test
SCRIPT = """
create table customers(id integer primary key, "姓名" text, mobile text, amount numeric(14, 2), ok boolean,
  born date, seen timestamptz, tags text[], raw jsonb, nothing text);
insert into customers values
  (2, '李四', '', 10.50, false, null, null, null, null, null),
  (1, '张三 "x"', '0138', 1e10, true, '1990-01-02', '2024-01-02 11:04:05+08', '{a,b}', '{"k": [1]}', null);
create schema shop;
create table shop.orders(id int, customer int);
insert into shop.orders select n, n % 7 from generate_series(1, 45000) n;
"""
MARIADB = """
set max_recursive_iterations = 100000;
create database crm character set utf8mb4;
create user crm@'127.0.0.1' identified by 's3cret:/@';
grant all on crm.* to crm@'127.0.0.1';
create table crm.customers(id int primary key, `姓名` varchar(50), amount decimal(10, 2), born date, seen datetime,
  raw blob, nothing text);
insert into crm.customers values (2, '', null, null, null, null, null),
  (1, '张三', 10.5, '1990-01-02', '2024-01-02 03:04:05', 'abc', null);
create table crm.numbers as with recursive n(n) as (select 1 union all select n + 1 from n where n < 45000) select n from n
"""


def _programs() -> Path | None:
    """Where PostgreSQL's programs are: Debian keeps them off the path."""
    found = shutil.which("initdb")
    places = [Path(found).resolve().parent] if found else []
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((place for place in places if (place / "initdb").exists() and (place / "postgres").exists()), None)


def _as_owner(folder: Path) -> list[str]:
    """PostgreSQL refuses to be run by root."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return []
    try:
        shutil.chown(folder, "postgres")
    except LookupError:
        pytest.skip("PostgreSQL cannot be run by root, and there is no user postgres")
    return ["runuser", "-u", "postgres", "--"]


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    programs = _programs()
    if programs is None:
        pytest.skip("needs PostgreSQL's programs (Debian: apt-get install postgresql)")
    pytest.importorskip("adbc_driver_postgresql", reason="needs the extra `databases`")
    with tempfile.TemporaryDirectory(prefix="crmctl-pg-") as name:
        folder = Path(name)
        user = _as_owner(folder)
        (folder / "password").write_text(SECRET)
        (folder / "password").chmod(0o644)
        subprocess.run(
            [*user, programs / "initdb", "-D", folder / "data", "-U", "crm", "-A", "scram-sha-256", "-E", "UTF8",
             "--locale=C", "--pwfile", folder / "password", "-N"],
            check=True, capture_output=True, cwd=folder,
        )  # fmt: skip
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        control = [*user, programs / "pg_ctl", "-D", folder / "data", "-w", "-t", "30"]
        settings = f"-c listen_addresses=127.0.0.1 -p {port} -c unix_socket_directories='' -c fsync=off"
        subprocess.run([*control, "-o", settings, "-l", folder / "data" / "log", "start"], check=True,
                       capture_output=True, cwd=folder)  # fmt: skip
        try:
            address = f"postgresql://crm:s3cret%3A%2F%40@127.0.0.1:{port}/postgres"
            _run_script(address)
            yield address
        finally:
            subprocess.run([*control, "-m", "immediate", "stop"], check=True, capture_output=True, cwd=folder)


def _run_script(address: str) -> None:
    from adbc_driver_postgresql import dbapi

    with dbapi.connect(address) as con:
        for statement in filter(str.strip, SCRIPT.split(";")):
            with con.cursor() as cursor:
                cursor.execute(statement)
        con.commit()


def test_a_table_is_read_as_text_in_the_order_of_its_key(bench: Any, server: str) -> None:
    found = bench.read(fetch(f"{server}?table=customers", bench.folder))
    assert found.reading.headers[:3] == ["id", "姓名", "mobile"]
    assert found.cells == [
        ("1", '张三 "x"', "0138", "10000000000.00", "true", "1990-01-02", "2024-01-02 03:04:05Z", "{a,b}",
         '{"k": [1]}', None),
        ("2", "李四", "", "10.50", "false", None, None, None, None, None),
    ]  # fmt: skip


def test_every_row_of_a_large_table_comes(bench: Any, server: str) -> None:
    found = bench.read(fetch(f"{server}?table=shop.orders", bench.folder))
    assert found.reading.loaded == 45_000
    assert fetch(f"{server}?table=orders&connect_timeout=5", bench.folder).exists(), "its name alone is enough"


def test_a_table_that_is_not_named_or_not_there_is_told_with_those_that_are(bench: Any, server: str) -> None:
    with pytest.raises(UsageError, match=r"which table of .*\?; end the URL in \?table=NAME; it has customers, shop"):
        fetch(server, bench.folder)
    with pytest.raises(UsageError, match=r"no table x in .*it has customers, shop\.orders"):
        fetch(f"{server}?table=x", bench.folder)


def test_a_server_that_does_not_answer_is_an_error_without_the_password(bench: Any, server: str) -> None:
    for wrong in (server.replace("crm:s3cret", "crm:other"), server.replace("127.0.0.1:", "127.0.0.1:1") + "x"):
        with pytest.raises(FileError, match="cannot read postgresql://crm:\\*\\*\\*@") as error:
            fetch(f"{wrong}?table=customers&connect_timeout=5", bench.folder)
        assert "s3cret" not in str(error.value)
        assert "other" not in str(error.value)


def test_a_table_is_imported_and_its_password_is_kept_nowhere(cli: CommandLine, server: str) -> None:
    answer = cli("import", f"{server}?table=customers", "--into", "customers")
    assert "s3cret" not in answer.err
    rows = cli("export", "customers", "-o", "-", "--format", "ndjson").rows
    assert [(row["id"], row["mobile"]) for row in rows] == [("1", "0138"), ("2", "")]
    content = cli.store.read_bytes() + cli("history").data + cli("show", "1").data
    where = content.find(b"s3cret")
    assert where < 0, content[max(0, where - 200) : where + 100]
    again = cli("import", f"{server}?table=customers", "--into", "customers")
    assert "skipped, it is the same file" in again.err


@pytest.fixture(scope="module")
def mariadb() -> Iterator[str]:
    if shutil.which("mariadbd") is None or shutil.which("mariadb-install-db") is None:
        pytest.skip("needs MariaDB's programs (Debian: apt-get install mariadb-server)")
    pymysql = pytest.importorskip("pymysql", reason="needs the extra `databases`")
    with tempfile.TemporaryDirectory(prefix="crmctl-my-") as name, socket.socket() as free:
        data = Path(name) / "data"
        user = f"--user={getpass.getuser()}"
        subprocess.run(["mariadb-install-db", "--no-defaults", f"--datadir={data}", user, "--skip-test-db",
                        "--auth-root-authentication-method=normal"], check=True, capture_output=True)  # fmt: skip
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        process = subprocess.Popen(
            ["mariadbd", "--no-defaults", f"--datadir={data}", user, f"--port={port}", "--bind-address=127.0.0.1",
             f"--socket={name}/s", "--skip-networking=0"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            for _ in range(150):
                try:
                    con = pymysql.connect(host="127.0.0.1", port=port, user="root", autocommit=True, charset="utf8mb4")
                    break
                except pymysql.err.OperationalError:
                    time.sleep(0.2)
            with con, con.cursor() as cursor:
                for statement in filter(str.strip, MARIADB.split(";")):
                    cursor.execute(statement)
            yield f"mysql://crm:s3cret%3A%2F%40@127.0.0.1:{port}/crm"
        finally:
            process.terminate()
            process.wait(30)


def test_a_table_of_mysql_is_read_as_text_in_the_order_of_its_key(bench: Any, mariadb: str) -> None:
    found = bench.read(fetch(f"{mariadb}?table=customers", bench.folder))
    assert found.reading.headers == ["id", "姓名", "amount", "born", "seen", "raw", "nothing"]
    assert found.cells == [
        ("1", "张三", "10.50", "1990-01-02", "2024-01-02 03:04:05", "abc", None), ("2", "", None, None, None, None, None)
    ]  # fmt: skip
    assert (
        bench.read(fetch(mariadb.replace("mysql:", "mariadb:") + "?table=crm.numbers", bench.folder)).reading.loaded
        == 45_000
    )
    with pytest.raises(UsageError, match=r"which table of mysql://crm:\*\*\*@.*it has crm\.customers, crm\.numbers"):
        fetch(mariadb, bench.folder)
    with pytest.raises(FileError, match="cannot read mysql") as error:
        fetch(f"{mariadb.replace('crm:s3cret', 'crm:other')}?table=customers", bench.folder)
    assert "other" not in str(error.value)


@pytest.mark.parametrize(("text", "said"), [
    ("postgresql://a:b@h/d?table=t", "postgresql://a:***@h/d?table=t"), ("mysql://a@h/d", "mysql://a@h/d"),
    ("postgres://a:b:c@h/d", "postgres://a:***@h/d"), ("C:\\a:b@c.csv", "C:\\a:b@c.csv"),
])  # fmt: skip
def test_a_password_in_a_url_is_never_shown(text: str, said: str) -> None:
    assert shown(text) == said
    assert is_url(text) == ("://" in text)


def test_the_source_of_a_table_is_its_name() -> None:
    assert table_of("postgresql://h/crm?table=shop.orders") == "shop.orders"
    assert table_of("mysql://h/crm") == "crm"
