"""Headers that our own SQL uses as names beside a user's columns go through every verb."""

from __future__ import annotations

import csv
import io

import pytest
from tests.conftest import CommandLine

HELPERS = [
    "rowid", "position", "part", "place", "cluster", "owner", "reference_id", "reference_source", "reference", "n",
    "digest", "o", "t", "d", "m", "g", "e", "k", "p0", "key_text", "customer", "segment", "field", "value", "status",
    "reason", "new_value", "line", "raw", "source", "file", "run", "step", "dataset", "label", "members", "found",
    "first", "last", "row_md5", "score", "pair", "a", "b", "l", "r", "side", "block", "size", "text", "old", "new",
    "before", "after", "number", "count", "kind", "content", "identity", "last_line", "last_position", "name_key",
    "cluster_id", "cluster_size", "is_golden", "record", "records", "member", "role", "weight", "slot", "winner",
    "tie", "item", "held", "failed", "outcome", "severity", "check", "title", "rank", "tokens", "_crmctl_position",
    "_crmctl_x", "_Id", "_LINE", "RowId", "source_id", "golden", "best", "filled", "at", "amount", "ordered",
]  # fmt: skip


def table(names: list[str], ids: range, mark: str = "") -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["id", "email", "mobile", *names])
    for number in ids:
        cells = [f"{name} {number}{mark}" for name in names]
        writer.writerow([number, f"p{number % 4}@example.com", f"1380013800{number % 4}", *cells])
    return text.getvalue().encode()


@pytest.mark.parametrize(("names", "mode"), [(HELPERS[::2], "upsert"), (HELPERS[1::2], "append")])
def test_any_helper_name_can_be_a_header(cli: CommandLine, names: list[str], mode: str) -> None:
    schema = cli.folder / "people.yaml"
    schema.write_text(
        "name: people\nkey: [id]\nfields:\n  id: {type: id}\n  email: {type: email}\n  mobile: {type: mobile}\n"
    )
    (cli.folder / "first.csv").write_bytes(table(names, range(8)))
    (cli.folder / "second.csv").write_bytes(table(names, range(4, 12), "!"))
    keyed = ["--schema", "people.yaml"]
    cli("import", "first.csv", "--into", "people", "--source", "s", *keyed)
    cli("import", "second.csv", "--into", "people", "--source", "s", *keyed, "--mode", mode)
    cli("clean", "people")
    cli("remove", "people", "--where", "id = '3'", "--reason", "gone")
    cli("deduplicate", "people")
    cli("classify", "people", "--rules", "customer-type")
    cli("segment", "people")
    cli("check", "people", code=None)
    cli("profile", "people")
    assert cli("export", "people", "-o", "-").out.count("\n") > 1
