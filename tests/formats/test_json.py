from __future__ import annotations

import io
import json
from typing import Any

import pytest

from crmctl.errors import FileError
from crmctl.formats import write
from crmctl.schema.column import Column
from crmctl.sql import sql

LINES = """{"a":1.10,"select":"张三","n":{"k": [1, 2.50]}}
{"select":"","big":123456789012345678901234,"e":1e5,"yes":true,"none":null}

{"a":broken
[1,2]
{"a":1,"a":2}
{"a":"\\ud83d"}
{"A":"\\ud83d\\ude00","_id":7,"":8}"""


def test_objects_become_rows_with_the_union_of_their_keys(bench: Any) -> None:
    found = bench.read(LINES, "a.ndjson")
    assert found.reading.headers == ["a", "select", "n", "big", "e", "yes", "none", "A", "_id", ""]
    assert found.reading.columns == ["a", "select", "n", "big", "e", "yes", "none", "A_2", "_id_2", "column_10"]
    assert found.cells == [
        ("1.10", "张三", '{"k": [1, 2.50]}', None, None, None, None, None, None, None),
        (None, "", None, "123456789012345678901234", "1e5", "true", None, None, None, None),
        (None, None, None, None, None, None, None, "😀", "7", "8"),
    ]
    assert found.lines == [1, 2, 8]
    assert found.reading.skipped == 1


def test_a_line_that_is_no_object_goes_to_the_rejects(bench: Any) -> None:
    assert bench.read(LINES, "a.jsonl").rejects == [
        (4, "not JSON: Expecting value (6)", '{"a":broken'),
        (5, "not an object", "[1,2]"),
        (6, "the key 'a' stands there twice", '{"a":1,"a":2}'),
        (7, "half a character (a lone surrogate)", '{"a":"\\ud83d"}'),
    ]


def test_a_defect_late_in_the_file_costs_its_own_line_only(bench: Any) -> None:
    rows = [f'{{"id":"{number:05}"}}' for number in range(30_000)]
    rows[25_000:25_000] = ['{"id":"open']
    found = bench.read("\n".join(rows), "a.ndjson")
    assert (found.reading.loaded, [line for line, _, _ in found.rejects]) == (30_000, [25_001])
    assert found.cells[0] == ("00000",)


def test_ndjson_in_gb18030_is_read(bench: Any) -> None:
    assert bench.read('{"姓名":"张三"}\n'.encode("gb18030"), "a.ndjson").cells == [("张三",)]


def test_an_array_is_read_with_the_lines_of_its_elements(bench: Any) -> None:
    found = bench.read('\ufeff[{"a":1.10},\n {"b":\n[{"x":null}]}, 3,\n\n{"a":NaN}]\n', "a.json")
    assert found.cells == [("1.10", None), (None, '[{"x": null}]'), ("NaN", None)]
    assert found.lines == [1, 2, 5]
    assert found.rejects == [(3, "not an object", "3")]


def test_an_array_larger_than_any_buffer_is_read(bench: Any) -> None:
    rows = [{"id": number, "note": "张" * 500} for number in range(3_000)]
    text = json.dumps(rows, ensure_ascii=False, indent=1)
    found = bench.read(text, "a.json")
    assert [int(cells[0]) for cells in found.cells] == list(range(3_000))
    assert found.lines == [2 + 4 * number for number in range(3_000)]


@pytest.mark.parametrize("name", ["a.json", "a.ndjson", "a.data"])
def test_lines_and_arrays_are_told_apart_whatever_the_name(bench: Any, name: str) -> None:
    assert bench.read('{"a":1}\n{"a":2}\n', name).cells == [("1",), ("2",)]
    assert bench.read('[{"a":1},{"a":2}]', name).cells == [("1",), ("2",)]


def test_an_empty_array_is_no_rows(bench: Any) -> None:
    assert bench.read("[]", "a.json").reading.read == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[{"a":1},\n {"b":2}', "a.json:2: the JSON is cut off"),
        ('[{"a":1}\n {"b":2}]', "a.json:2: not valid JSON: a comma or ] is missing"),
        ('[{"a":1}]\n[{"b":2}]', "a.json:2: not valid JSON: something follows the array"),
        ('[{"a":1,\n"b":x}]', "a.json:2: not valid JSON: Expecting value"),
        ('[{"a":1},\n{"b":1,"b":2}]', "a.json:2: not valid JSON: the key 'b' stands there twice"),
    ],
)
def test_a_broken_array_is_refused_at_its_place(bench: Any, text: str, message: str) -> None:
    with pytest.raises(FileError) as caught:
        bench.read(text, "a.json")
    assert message in str(caught.value)


def test_endless_keys_are_no_table(bench: Any) -> None:
    with pytest.raises(FileError, match="more than 2000 different keys"):
        bench.read(json.dumps({f"k{number}": 1 for number in range(2_001)}), "a.json")


COLUMNS = [Column("a b", "姓名"), Column("select", "select", "number"), Column("n", "n")]
ROWS = sql(
    "select * from (values ('张\"三', 1.5::double, null), ('', 'nan'::double, 'x')) as t(\"a b\", \"select\", n)"
)


def test_rows_are_written_as_objects(bench: Any) -> None:
    stream = io.BytesIO()
    assert write(bench.con, ROWS, stream, format="ndjson", columns=COLUMNS) == 2
    assert stream.getvalue().decode().splitlines() == [
        '{"姓名":"张\\"三","select":1.5,"n":null}',
        '{"姓名":"","select":null,"n":"x"}',
    ]


def test_an_array_is_json_even_when_it_is_empty(bench: Any) -> None:
    for condition, count in ((sql("true"), 2), (sql("false"), 0)):
        stream = io.BytesIO()
        query = sql("select * from ({rows}) where {condition}", rows=ROWS, condition=condition)
        assert write(bench.con, query, stream, format="json", columns=COLUMNS) == count
        assert len(json.loads(stream.getvalue())) == count


def test_ndjson_comes_back_as_it_was(bench: Any) -> None:
    content = '{"a":"1","b":null}\n{"a":"","b":"x\\ny"}\n'
    found = bench.read(content, "a.ndjson")
    assert bench.write(found, "b.ndjson").read_text() == content
