"""What `generate` promises whatever the size and seed: the same bytes, whole files, true references."""

import datetime as dt
import hashlib
import importlib
import json
import os
import subprocess
import sys

import pytest

from crmctl.errors import FileError, UsageError
from crmctl.sampling import generate

FILES = {
    "crm.csv", "shop.csv", "pos.xlsx", "orders.csv", "order_items.csv", "interactions.ndjson", "tickets.csv",
    "opportunities.csv", "campaigns.csv", "feedback.csv", "truth.csv",
}  # fmt: skip


def digests(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


@pytest.fixture
def small_chunks(monkeypatch):
    monkeypatch.setattr(importlib.import_module("crmctl.sampling.sample"), "_CHUNK", 150)


def test_the_same_seed_gives_the_same_bytes(tmp_path):
    generate(tmp_path / "one", customers=300, seed=5)
    generate(tmp_path / "two", customers=300, seed=5)
    assert digests(tmp_path / "one") == digests(tmp_path / "two")


def test_another_number_of_threads_gives_the_same_bytes(tmp_path):
    generate(tmp_path / "here", customers=300, seed=5)
    script = """
import pathlib, sys
from crmctl.sampling import generate
generate(pathlib.Path(sys.argv[1]), customers=300, seed=5)
"""
    environment = {**os.environ, "POLARS_MAX_THREADS": "1", "TZ": "Asia/Shanghai", "PYTHONHASHSEED": "77"}
    environment["PYTHONPATH"] = os.pathsep.join(sys.path)
    subprocess.run([sys.executable, "-c", script, str(tmp_path / "there")], check=True, env=environment)
    assert digests(tmp_path / "here") == digests(tmp_path / "there")


def test_another_seed_gives_other_customers(tmp_path):
    generate(tmp_path / "one", customers=300, seed=5)
    generate(tmp_path / "two", customers=300, seed=6)
    one, two = digests(tmp_path / "one"), digests(tmp_path / "two")
    assert all(one[name] != two[name] for name in FILES)


@pytest.mark.parametrize("customers", [0, 1, 10])
def test_tiny_samples_are_whole(tmp_path, customers, all_ids, read):
    files = generate(tmp_path, customers=customers)
    assert {file.path.name for file in files} == FILES
    assert len(all_ids(tmp_path)) == len(read(tmp_path / "truth.csv")) == customers


def test_the_reported_rows_are_those_in_the_files(tmp_path, read, read_tills):
    for file in generate(tmp_path, customers=500):
        if file.path.suffix == ".csv":
            assert len(read(file.path, "gb18030" if file.path.name == "shop.csv" else "utf-8-sig")) == file.rows
        elif file.path.suffix == ".xlsx":
            assert len(read_tills(file.path)) - 2 == file.rows
        else:
            assert len([json.loads(line) for line in file.path.read_text(encoding="utf-8").splitlines()]) == file.rows


def test_truth_covers_every_record_once(sample, truth, all_ids):
    known = [tuple(row) for row in truth.select("source", "source_id").rows()]
    assert len(set(known)) == len(known) == 3000
    assert sorted(known) == sorted(all_ids(sample))


def test_chunks_join_without_a_seam(tmp_path, small_chunks, all_ids, read):
    generate(tmp_path, customers=700, seed=2)
    truth = read(tmp_path / "truth.csv")
    assert sorted((row["source"], row["source_id"]) for row in truth) == sorted(all_ids(tmp_path))
    for name, key in (
        ("orders.csv", "Order ID"),
        ("tickets.csv", "Ticket ID"),
        ("opportunities.csv", "Opportunity ID"),
    ):
        ids = [row[key] for row in read(tmp_path / name)]
        assert len(set(ids)) == len(ids)
    homes = {}
    for row in truth:
        assert homes.setdefault(row["person"], row["household"]) == row["household"]


def test_the_tills_hold_no_more_than_their_cap(tmp_path, small_chunks, monkeypatch, read_tills, read):
    monkeypatch.setattr(importlib.import_module("crmctl.sampling.sample"), "_MOST_IN_TILLS", 40)
    generate(tmp_path, customers=700)
    assert 30 <= len(read_tills(tmp_path / "pos.xlsx")) - 2 <= 40
    assert len(read(tmp_path / "truth.csv")) == 700


@pytest.mark.parametrize(
    "name", ["orders.csv", "tickets.csv", "opportunities.csv", "campaigns.csv", "feedback.csv", "interactions.ndjson"]
)
def test_every_event_belongs_to_a_known_customer_or_a_guest(sample, truth, read, name):
    known = set(truth.select("source", "source_id").rows())
    if name.endswith("ndjson"):
        records = [json.loads(line) for line in (sample / name).read_text(encoding="utf-8").splitlines()]
        pairs = [(record["customer_source"], record["customer_id"]) for record in records]
    else:
        pairs = [(row["Customer Source"], row["Customer ID"]) for row in read(sample / name)]
    guests = [pair for pair in pairs if pair == ("", "")]
    assert set(pairs) - {("", "")} <= known
    assert (0.01 < len(guests) / len(pairs) < 0.03) == (name == "orders.csv")


def test_progress_tells_how_far_it_is(tmp_path, small_chunks):
    said = []
    generate(tmp_path, customers=400, progress=said.append)
    assert said == ["150 of 400 customers", "300 of 400 customers", "400 of 400 customers"]


def test_the_as_of_date_moves_everything(tmp_path, read):
    generate(tmp_path, customers=200, as_of=dt.date(2020, 2, 29))
    assert max(row["Created Date"] for row in read(tmp_path / "crm.csv")) < "2020-02-29"
    assert (
        max(row["Ordered At"] for row in read(tmp_path / "orders.csv") if "-02-30" not in row["Ordered At"])
        < "2020-02-29"
    )


@pytest.mark.parametrize(("wrong", "message"), [
    ({"customers": -1}, "a sample of -1 customers; give 0 or more"),
    ({"seed": -3}, "the seed -3 is negative; give 0 or more"),
])  # fmt: skip
def test_negative_numbers_are_refused(tmp_path, wrong, message):
    with pytest.raises(UsageError) as error:
        generate(tmp_path, **wrong)
    assert str(error.value) == message


def test_a_folder_that_cannot_be_made_is_a_file_error(tmp_path):
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(FileError, match="cannot make the folder"):
        generate(tmp_path / "taken", customers=1)


def test_an_output_that_cannot_be_written_is_a_file_error(tmp_path):
    (tmp_path / "orders.csv").mkdir()
    with pytest.raises(FileError, match="cannot write"):
        generate(tmp_path, customers=1)
