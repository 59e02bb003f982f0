"""The same rows in any order, on any number of threads, give the same bytes of every derived result."""

from __future__ import annotations

import csv
import random
from pathlib import Path
from typing import Any

import pytest

from crmctl.sampling import generate

AS_OF = "2026-06-30"


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("exports")
    generate(out, customers=100, seed=5)
    return out


def shuffled(source: Path, target: Path, seed: int) -> Path:
    with source.open(encoding="utf-8-sig", newline="") as file:
        header, *rows = csv.reader(file)
    random.Random(seed).shuffle(rows)  # noqa: S311 - an order, no secret
    with target.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return target


def derive(cli: Any, exports: Path, seed: int) -> dict[str, bytes]:
    """Everything that can be derived from shuffled files, as exported bytes."""
    for leftover in cli.folder.iterdir():
        leftover.unlink()
    crm = shuffled(exports / "crm.csv", cli.folder / "crm.csv", seed)
    orders = shuffled(exports / "orders.csv", cli.folder / "orders.csv", seed + 1)
    cli("--as-of", AS_OF, "import", crm, "--into", "contacts", "--source", "crm", "--schema", "customer")
    cli("--as-of", AS_OF, "import", orders, "--into", "orders", "--source", "crm", "--schema", "order")
    cli("deduplicate", "contacts", "--into", "merged", "--merge-at", "0.6", "--review-at", "0.3")
    cli("--as-of", AS_OF, "classify", "merged", "--rules", "value-tier,lifecycle,rfm")
    cli("sql", "select status, channel, sum(amount) as amount, count(*) as n, min(ordered_at) as first from orders"
        " group by all", "--into", "totals", "--key", "status,channel")  # fmt: skip
    cli("sql", "select upper(city) as city from contacts", "--into", "unkeyed")
    found = {name: cli("export", name, "-o", "-").data for name in ("merged", "totals", "unkeyed")}
    found["segments"] = cli("--as-of", AS_OF, "segment", "merged", "--format", "csv", "-o", "-").data
    found["report"] = cli("--as-of", AS_OF, "report", "merged", "-o", "report.md").data
    found["report"] += (cli.folder / "report.md").read_bytes()
    return found


def test_row_order_and_threads_change_no_derived_byte(cli: Any, exports: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRMCTL_THREADS", "1")
    first = derive(cli, exports, 1)
    assert all(len(data) > 100 for name, data in first.items() if name != "report")
    for threads, seed in (("2", 2),):
        monkeypatch.setenv("CRMCTL_THREADS", threads)
        other = derive(cli, exports, seed)
        for name, data in first.items():
            assert other[name].splitlines() == data.splitlines(), name


POISON = ["a", "A", "a ", "", "\x1f", "a\x1f", "\x1fa", "\0", "b\0", "it's", 'e "m"', "王伟", "é", "e\u0301", "a\nb"]


@pytest.mark.parametrize("seed", [1, 2])
def test_rows_that_differ_by_a_hair_are_ordered_by_their_content(cli: Any, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - an order, no secret
    rows = [[a, b, "1"] for a in POISON for b in POISON if "\0" not in a + b]
    outputs = set()
    for _ in range(2):
        chance.shuffle(rows)
        cli.store.unlink(missing_ok=True)
        cli("import", cli.write("in.csv", rows, ['e "mail"', "select", "same"]), "--into", "it's")
        cli("sql", 'select * from "it\'s"', "--into", "keyed", "--key", "same")
        cli("sql", 'select * from "it\'s"', "--into", "unkeyed")
        outputs.add(cli("export", "keyed", "-o", "-").data + cli("export", "unkeyed", "-o", "-").data)
    assert len(outputs) == 1


def test_a_file_cleaned_on_any_number_of_threads_is_the_same(
    cli: Any, exports: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outputs = set()
    for threads in ("1", "2", "3"):
        monkeypatch.setenv("CRMCTL_THREADS", threads)
        outputs.add(cli("clean", exports / "crm.csv", "--level", "likely", "-o", "-").data)
    assert len(outputs) == 1


def test_row_wise_steps_keep_the_order_of_the_input(cli: Any, poisoned: Path) -> None:
    cli("import", poisoned, "--into", "a")
    cli("import", cli.write("more.csv", [["0", "z@example.org", "z", "", ""]]), "--into", "a", "--mode", "append")
    for command in (["clean", "a"], ["remove", "a", "--where", "id = 2", "--reason", "x"],
                    ["classify", "a", "--rules", "customer-type"]):  # fmt: skip
        cli(*command)
    assert [row["id"] for row in cli("export", "a", "-o", "-", "--format", "ndjson").rows] == ["1", "3", "4", "5", "0"]
