"""`classify`, `segment` and `sql`: who is what, who came and went, and what follows from it."""

from __future__ import annotations

import pytest

HEAD = ["id", "name", "email", "created at"]
ANN, ANNA, BOB, CYD = (
    ["1", "Ann Lee", "ann@example.com", "2026-01-01"],
    ["7", "Anna Lee", "ann@example.com", "2026-01-20"],
    ["2", "Bob Ray", "bob@example.com", "2025-06-01"],
    ["3", "Cyd Fox", "cyd@example.com", "2025-01-01"],
)
ORDER_HEAD = ["order id", "customer id", "customer source", "order date", "amount"]
ORDERS = [
    ["o1", "1", "shop", "2026-01-10", "80"],
    ["o2", "7", "fair", "2026-01-25", "15"],
    ["o3", "2", "shop", "2025-07-01", "4"],
    ["o4", "3", "fair", "2025-07-01", "1"],
    ["o5", "3", "nowhere", "2025-07-01", "1000"],
]


@pytest.fixture
def shop(cli, once):
    """Two sources of contacts, in which id 3 means two people, and orders of both."""

    def build():
        cli.write("shop.csv", [ANN, BOB, CYD], HEAD)
        cli.write("fair.csv", [ANNA, ["3", "Dee Poe", "dee@example.com", "2025-02-02"]], HEAD)
        cli.write("orders.csv", ORDERS, ORDER_HEAD)
        cli("import", "shop.csv", "--into", "contacts")
        cli("import", "fair.csv", "--into", "contacts")
        cli("import", "orders.csv")

    return once("shop", build)


def spent(cli, dataset):
    query = f"select full_name, order_count, total_spent::double as spent, value_tier from {dataset} order by full_name"  # noqa: S608 - a test's own name
    return [tuple(row.values()) for row in cli("query", query).rows]


def test_orders_are_linked_by_source_and_id(shop):
    done = shop("classify", "contacts", "--rules", "value-tier")
    assert spent(shop, "contacts") == [
        ("Ann Lee", 1, 80.0, "A"), ("Anna Lee", 1, 15.0, "B"), ("Bob Ray", 1, 4.0, "C"),
        ("Cyd Fox", 0, 0.0, "none"), ("Dee Poe", 1, 1.0, "C"),
    ]  # fmt: skip
    assert "1 of 5 rows of orders belong to no row of contacts" in done.err


def test_orders_of_merged_records_follow_them(shop):
    shop("deduplicate", "contacts", "--into", "customers", "--merge-at", "0.6")
    shop("classify", "customers", "--rules", "value-tier")
    rows = spent(shop, "customers")
    assert len(rows) == 4
    assert (95.0 in {row[2] for row in rows}) is True
    [merged] = [row for row in rows if row[2] == 95.0]
    assert merged[1:] == (2, 95.0, "A")
    assert [row[1:3] for row in rows if row[0] == "Dee Poe"] == [(1, 1.0)]


def test_classes_are_exclusive_and_other_is_one_of_them(cli):
    cli.write("p.csv", [["1", "9", "x"], ["2", "7", ""], ["3", "0", ""], ["4", "", ""]], ["id", "score", "note"])
    done = cli("classify", "p.csv", "--rules", "satisfaction")
    assert [line.rsplit(",", 1)[1] for line in done.out.splitlines()] == [
        "satisfaction", "promoter", "passive", "detractor", "unanswered",
    ]  # fmt: skip


def test_own_rules_come_from_a_file_in_their_order(cli):
    (cli.folder / "size.yaml").write_text(
        "classification: size\nclasses:\n"
        "  - {name: big, when: amount >= 10}\n"
        "  - {name: medium, when: amount >= 5}\n"
        "otherwise: {name: small}\n",
        encoding="utf-8",
    )
    cli.write("p.csv", [["1", "12"], ["2", "5"], ["3", ""]], ["id", "amount"])
    assert cli("classify", "p.csv", "--rules", "size.yaml").out == "id,amount,size\n1,12,big\n2,5,medium\n3,,small\n"


def test_classifying_twice_gives_the_same_columns(shop):
    shop("classify", "contacts", "--rules", "value-tier,lifecycle")
    first = shop("query", "select * from contacts").out
    shop("classify", "contacts", "--rules", "value-tier,lifecycle")
    assert shop("query", "select * from contacts").out == first


def test_what_needs_orders_says_so(cli):
    cli.write("p.csv", [ANN], HEAD)
    done = cli("-q", "classify", "p.csv", "--rules", "rfm", code=2)
    assert done.err == "error: rfm_segment needs orders, and there is no dataset called orders; name it with --orders\n"


SEGMENTS = """\
segments:
  - {name: berlin, labels: {en: Berliners, zh: 柏林}, when: city = Berlin}
  - {name: reachable, when: email is not missing}
  - {name: both, when: in segment berlin and in segment reachable}
"""


def sizes(answer):
    return {row["segment"]: (row["members"], row["entered"], row["left"]) for row in answer.rows}


@pytest.fixture
def people(cli, once):
    def build():
        (cli.folder / "s.yaml").write_text(SEGMENTS, encoding="utf-8")
        rows = [["1", "a@example.com", "Berlin"], ["2", "", "Berlin"], ["3", "c@example.com", "Leeds"]]
        cli.write("p.csv", rows, ["id", "email", "city"])
        cli("import", "p.csv", "--into", "people")

    return once("segments", build)


def test_who_entered_and_who_left_is_counted_from_run_to_run(people):
    first = people("segment", "people", "--segments", "s.yaml")
    assert sizes(first) == {"berlin": (2, 2, 0), "reachable": (2, 2, 0), "both": (1, 1, 0)}
    assert [row["label"] for row in first.rows] == ["Berliners", "reachable", "both"]
    people.write(
        "p.csv",
        [["1", "", "Rome"], ["2", "b@example.com", ""], ["4", "d@example.com", "Berlin"]],
        ["id", "email", "city"],
    )
    people("import", "p.csv", "--into", "people")
    second = sizes(people("segment", "people", "--segments", "s.yaml"))
    assert second == {"berlin": (2, 1, 1), "reachable": (4, 2, 0), "both": (2, 2, 1)}
    assert sizes(people("segment", "people", "--segments", "s.yaml")) == {
        "berlin": (2, 0, 0), "reachable": (4, 0, 0), "both": (2, 0, 0),
    }  # fmt: skip


def test_an_undone_segmentation_is_compared_with_no_longer(people):
    people("segment", "people", "--segments", "s.yaml")
    people("undo")
    assert sizes(people("segment", "people", "--segments", "s.yaml"))["berlin"] == (2, 2, 0)


def test_a_segment_without_its_fields_is_left_out_and_told(people):
    done = people("segment", "people")
    assert "segment high_value is left out, there is no total_spent" in done.err
    assert "high_value" not in sizes(done)


def test_a_file_s_segments_are_counted_and_kept_nowhere(people):
    before = people("history").out
    assert sizes(people("segment", "p.csv", "--segments", "s.yaml")) == {
        "berlin": (2, 2, 0), "reachable": (2, 2, 0), "both": (1, 1, 0),
    }  # fmt: skip
    assert people("history").out == before


def test_sql_derives_a_dataset_sorted_by_its_key(shop):
    shop(
        "sql", "select customer_id, sum(amount)::double as total, count(*) as n from orders group by 1", "--into", "totals",
        "--key", "customer_id",
    )  # fmt: skip
    assert shop("query", "select * from totals").rows == [
        {"customer_id": "1", "total": 80.0, "n": 1}, {"customer_id": "2", "total": 4.0, "n": 1},
        {"customer_id": "3", "total": 1001.0, "n": 2}, {"customer_id": "7", "total": 15.0, "n": 1},
    ]  # fmt: skip
    assert shop("datasets").rows[-1]["key"] == "customer_id"


def test_a_derived_dataset_s_rows_are_known_again_by_their_key(shop):
    line = (
        "sql",
        "select customer_id, sum(amount) as total from orders group by 1",
        "--into",
        "totals",
        "--key",
        "customer_id",
    )
    shop(*line)
    shop.write("orders.csv", [["o1", "1", "shop", "2026-01-10", "81"], *ORDERS[1:]], ORDER_HEAD)
    shop("import", "orders.csv")
    shop(*line)
    assert [row["changed"] for row in shop("show").rows] == [1]


def test_a_schema_names_and_types_what_is_derived(shop):
    shop(
        "sql",
        "select customer_id as id, max(ordered_at) as last_order_at from orders group by 1",
        "--into",
        "buyers",
        "--schema",
        "customer",
    )
    fields = {row["field"]: (row["type"], row["标签"]) for row in shop("datasets", "buyers").rows}
    assert fields == {"id": ("id", "客户编号"), "last_order_at": ("datetime", "最近下单时间")}
    assert shop("datasets").rows[0]["schema"] == "customer"


def test_a_query_without_a_name_goes_to_the_output_and_changes_nothing(shop):
    before = shop("history").out
    query = "select id from orders where amount > 10 order by id"
    assert shop("sql", query).out == shop("sql", query, "-o", "-").out == "id\no1\no2\no5\n"
    assert shop("sql", "select 1 as a", "--format", "ndjson").rows == [{"a": 1}]
    assert shop("history").out == before
    assert [row["rows"] for row in shop("datasets").rows] == [5, 5]


@pytest.mark.parametrize(
    ("query", "says"),
    [
        (
            "select * from read_csv('p.csv')",
            "the table function read_csv is not allowed; import the file and name the dataset",
        ),
        ("select id from ordrs", "no dataset called 'ordrs'; did you mean 'orders'?"),
        ("delete from orders", "exactly one SELECT is allowed here; remove every other statement"),
        ("select 1 as a; select 2 as a", "exactly one SELECT is allowed here; remove every other statement"),
    ],
)
def test_a_query_reads_the_datasets_and_nothing_else(shop, query, says):
    for command in (["sql", query, "--into", "x"], ["query", query]):
        assert shop("-q", *command, code=2).err == f"error: {says}\n"


def test_a_key_that_is_no_column_is_told(shop):
    done = shop("-q", "sql", "select id from orders", "--into", "x", "--key", "nr", code=2)
    assert done.err == "error: the key 'nr' is no column of the result; select it\n"
