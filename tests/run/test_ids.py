"""The ids view leads from every source's own id to the row that stands for it now."""

from __future__ import annotations

from typing import Any

HEADERS = ["id", "Email", "First Name", "Last Name", "Phone", "City"]
ROWS = [
    ["1", "ann.lee@example.com", "Ann", "Lee", "+8613800138000", "York"],
    ["2", "ann.lee@example.com", "Ann", "Lee", "+8613800138000", "York"],
    ["3", "bob.ray@example.org", "Bob", "Ray", "+8613900139000", "Leeds"],
]
IN_PLACE = """
recipe: once
steps:
  - import: {files: [in.csv], into: contacts, source: crm, schema: customer}
  - deduplicate: {dataset: contacts}
  - import: {files: [more.csv], into: contacts, source: shop, schema: customer}
  - deduplicate: {dataset: contacts}
"""


def known(cli: Any) -> dict[tuple[str, str], int]:
    rows = cli("query", "select * from contacts_ids").rows
    return {(row["source"], row["source_id"]): row["_id"] for row in rows}


def row_ids(cli: Any) -> set[int]:
    with cli.open(read_only=True) as store:
        from crmctl.sql import sql
        from crmctl.store.versions import head

        return {row[0] for row in store.rows(sql("select _id from {t}", t=head(store, "contacts").table))}


def test_ids_lead_to_the_merged_record_even_where_one_run_imports_and_merges(cli: Any) -> None:
    cli.write("in.csv", ROWS, HEADERS)
    cli.write("more.csv", [["9", *ROWS[0][1:]], ["8", *ROWS[2][1:]]], HEADERS)
    (cli.folder / "once.yaml").write_text(IN_PLACE, encoding="utf-8")
    cli("run", "once.yaml")
    ids = known(cli)
    assert set(ids) == {("crm", "1"), ("crm", "2"), ("crm", "3"), ("shop", "9"), ("shop", "8")}
    assert set(ids.values()) == row_ids(cli)
    assert ids["crm", "1"] == ids["crm", "2"] == ids["shop", "9"] != ids["crm", "3"] == ids["shop", "8"]


def test_an_upsert_finds_a_row_again_after_it_was_merged(cli: Any) -> None:
    path = cli.write("in.csv", [*ROWS, ["4", "", "Bob", "Ray", "+8613900139000", ""]], HEADERS)
    cli("import", path, "--into", "contacts", "--source", "crm", "--schema", "customer")
    cli("deduplicate", "contacts", "--merge-at", "0.5", "--review-at", "0.3")
    before = row_ids(cli)
    speaking = {row["id"] for row in cli("query", "from contacts").rows}
    changed = [[*row[:5], "Bath" if row[0] in speaking else "Hull"] for row in ROWS]
    cli("import", cli.write("in.csv", changed, HEADERS), "--into", "contacts", "--source", "crm", "--schema",
        "customer")  # fmt: skip
    assert row_ids(cli) == before
    # The row that a merged record speaks as renews it; the others that it stands for fill its gaps at most.
    assert {row["city"] for row in cli("query", "from contacts").rows} == {"Bath"}


def test_sources_do_not_share_their_ids(cli: Any) -> None:
    for source in ("crm", 'it\'s "shop"'):
        cli("import", cli.write("in.csv", ROWS, HEADERS), "--into", "contacts", "--source", source, "--schema",
            "customer")  # fmt: skip
    assert len(set(known(cli).values())) == 6


def test_a_keyless_file_finds_its_rows_again_by_content_however_long_ago_it_came(cli: Any) -> None:
    headers, rows = ["name", 'e "mail"'], [["Ann ", "A@example.org"], ["Bob", ""], ["Bob", ""]]
    cli("import", cli.write("in.csv", rows, headers), "--into", "contacts", "--source", "x")
    cli("store", "retention", 1)
    for _ in range(3):
        cli("clean", "contacts")
    before = row_ids(cli)
    cli("import", cli.write("in.csv", [*rows[1:], *rows[:1], ["New", ""]], headers), "--into", "contacts", "--source",
        "x", "--mode", "replace")  # fmt: skip
    assert len(row_ids(cli) & before) == 3
