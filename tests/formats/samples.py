"""Small valid files of every format that is read, each with the number of records it holds; and ways to damage them."""

from __future__ import annotations

import base64
import gzip
import io
import json
import random
import sqlite3
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

NAMES = ["张三", "Müller, Jürgen", 'O"Brien', "李四", "", "王小明"]
ROWS = [
    {
        "id": f"{1000 + number}",
        "姓名": NAMES[number % 6],
        "手机": f"1380013{number:04}",
        "e mail": f"u{number}@example.com",
    }
    for number in range(12)
]
HEADERS = list(ROWS[0])


def _csv(encoding: str = "utf-8", delimiter: str = ",", end: str = "\n") -> bytes:
    def cell(text: str) -> str:
        return '"' + text.replace('"', '""') + '"' if any(mark in text for mark in f'"{delimiter}\n') else text

    lines = [delimiter.join(map(cell, row)) for row in [HEADERS, *(row.values() for row in ROWS)]]
    return (end.join(lines) + end).encode(encoding, "replace")


def _xlsx() -> bytes:
    import xlsxwriter

    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True}) as book:
        for name in ("客户", "联系人"):
            sheet = book.add_worksheet(name)
            for number, row in enumerate([HEADERS, *(list(row.values()) for row in ROWS)]):
                sheet.write_row(number, 0, row)
    return stream.getvalue()


def _ods() -> bytes:
    rows = "".join(
        "<table:table-row>"
        + "".join(
            f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p></table:table-cell>' for cell in row
        )
        + "</table:table-row>"
        for row in [HEADERS, *(row.values() for row in ROWS)]
    )
    content = (
        '<?xml version="1.0" encoding="UTF-8"?><office:document-content office:version="1.2"'
        ' xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
        ' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
        ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet>'
        f'<table:table table:name="Sheet1">{rows}</table:table></office:spreadsheet></office:body>'
        "</office:document-content>"
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = (
        '<?xml version="1.0" encoding="UTF-8"?><manifest:manifest'
        ' xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/>'
        '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>'
    )
    return packed(
        {"mimetype": kind.encode(), "content.xml": content.encode(), "META-INF/manifest.xml": manifest.encode()}
    )


def table() -> pa.Table:
    return pa.table({header: [row[header] for row in ROWS] for header in HEADERS}).append_column(
        "n", pa.array(range(len(ROWS)))
    )


def _parquet() -> bytes:
    stream = io.BytesIO()
    pq.write_table(table(), stream, compression="zstd")
    return stream.getvalue()


def _arrow(opened: Callable[..., pa.RecordBatchWriter], **options: pa.ipc.IpcWriteOptions) -> bytes:
    stream = pa.BufferOutputStream()
    with opened(stream, table().schema, **options) as writer:
        writer.write_table(table(), max_chunksize=5)
    content: bytes = stream.getvalue().to_pybytes()
    return content


def vcards(version: str = "3.0") -> bytes:
    cards = []
    for row in ROWS:
        name, phone = row["姓名"].replace(",", "\\,"), row["手机"]
        if version == "2.1":
            quoted = "".join(f"={byte:02X}" for byte in row["姓名"].encode())
            lines = [f"FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:{quoted}", f"TEL;CELL:{phone}"]
        else:
            lines = [f"FN:{name}", f"TEL;TYPE=CELL:{phone}", f"item1.EMAIL:{row['e mail']}"]
        cards.append("\r\n".join(["BEGIN:VCARD", f"VERSION:{version}", *lines, "END:VCARD", ""]))
    return "".join(cards).encode()


def _sqlite() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.db"
        con = sqlite3.connect(path)
        con.execute('create table customers(id integer primary key, "姓名" text, "手机" text, "e mail" text)')
        con.executemany("insert into customers values (?, ?, ?, ?)", [tuple(row.values()) for row in ROWS])
        con.execute("create index by_phone on customers(手机)")
        con.commit()
        con.close()
        return path.read_bytes()


def _duckdb() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.duckdb"
        with duckdb.connect(str(path)) as con:
            con.register("given", table())
            con.execute("create table customers as select * from given")
        return path.read_bytes()


def _html() -> bytes:
    rows = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>\n"
                   for row in [HEADERS, *(row.values() for row in ROWS)])  # fmt: skip
    return f'<html><head><meta charset="utf-8"></head><body><table border="1">{rows}</table></body></html>'.encode()


def _xml() -> bytes:
    rows = "".join(
        "<Row>" + "".join(f'<Cell><Data ss:Type="String">{cell}</Data></Cell>' for cell in row) + "</Row>\n"
        for row in [HEADERS, *(row.values() for row in ROWS)]
    )
    space = "urn:schemas-microsoft-com:office:spreadsheet"
    return (
        f'<?xml version="1.0"?>\n<Workbook xmlns="{space}" xmlns:ss="{space}"><Worksheet ss:Name="客户"><Table>'
        f"{rows}</Table></Worksheet></Workbook>"
    ).encode()


def _fixed() -> bytes:
    return "".join(
        f"{row['id']:8}{row['手机']:14}{row['e mail']}\n" for row in [dict(zip(HEADERS, HEADERS, strict=True)), *ROWS]
    ).encode()


def packed(members: Mapping[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def zstd(content: bytes) -> bytes:
    stream = pa.BufferOutputStream()
    with pa.CompressedOutputStream(stream, "zstd") as packing:
        packing.write(content)
    result: bytes = stream.getvalue().to_pybytes()
    return result


# The same customers in an Excel 97 workbook, which nothing that is still kept writes: zlib, then base64.
_XLS = (
    "eNrtmE1sVFUUx8998/nmu6VFWrQOVQqUat7r9GNqgoMkSiKhIBq/QoJT+qwN05aMkAAbPrsiJCauNG5I2LhB3fgRXejChAUJRhYmEpNWlq5M"
    "NHFROp5z3plrL+8tmESJkDnNO++ec//3927n3Pfum/nhRsfS5c96l+EuexYisNqwIb4mp/Cwm0EBsL/RoGbznMSj0bYHyuwkFjIeg6+z1xNU"
    "Q6r3MljwafQ79AC/4nEQjsLkwrxXvI+2i+dQVTSHHegVfISZHPTwrDrZH2a/jv0nrPyG/U7OXGK/A7VL6k24UZkcLMsqft3q574cEPcLHvMz"
    "Z1zohmu0ik+/p3xtDJ6rz1Zr/8+OvmgGrgDWbbc379WrtSXowgJegT8bRYA/mnfqt8V2/v7mFWD+LzOfCMm/b0UBzkDjLV7gi7ggv4/5N+HL"
    "73jeMXcFitYwxk/hgctzdhplN9/IvoKnPVPPzOC96hXnqrM1pLiO42C6eMieTGNUKjuOW8KckwM47uz0TlTnjta8pw8vzPliF/N7V2o1rz5U"
    "fHGlPuPNG8Oo+7gbHDaMi21f/6767F36YdIPB/UlnNPkzK1XDXGJxKWgeMRQjZBqJKgajYC6+G7+YO5tQz5K8tGgfMxQjZFqLKgaN1TjpBoP"
    "qsqGqkyqclA1YagmSDURULnOWpXr5OnzDtbJdQ2ZyzKjLinalPkhXjAe4ll+uGXQT0Oe2x38iCvgNr3y8e8/7p3aXznEmTO8cfvb+2ZakdCA"
    "szQCB+e4J8ueegZ5xHb255i6kdu97LvwwYTngf3d0njhPGsucO8AXqfEdrOyZU17K7YXf3vpy77F25Vt2L66e/lU19WfKpehH183pnE8/Z2H"
    "ITWkPvyA7KtK86xkK/iFfU9gW0haBZl7Q95h8nAHUtzsYO9H9OkoHVnyWflRBKOIsFQISzErKnrFrJiOiBXXEbESwrJCWBazkqL3q2briFgp"
    "HRErLaxICCvCrIzoI8zK6ohYOR0RKy+saAgryqyC6KPM6tARsTp1RKx1woqFsGLM6qKEFceIWH6eON3CiTFnvXDiIZw4cx4RfZw5G3RErB4d"
    "EatXWIkQVoJZG0WfMGqYYNajOiLWY8JKhrCSzOoTfdKoYZJZj+uIWEVh2SEsm1mbRG8bNbSZ1a8jYj0hrFQIK8WsJ0WfMmqYYtZmHRFrQFjp"
    "EFaaWVukhmldwzRztgonzZxtwsmEcDLMGRR9xqhhhlnbdUSsIfpqYnXC53Sj4IveP5aCtrWtbW1rWwum/K8W8gIBvOnRxpqQ33Xu4LHa/pnk"
    "obUDsIB/x/Al5HmYx3MdTra0ftZDTDVZ6h7HNH8vJHsNr16HIzDF8zjS8vrF13+19v+554GFf+8WavX6q63M8z++/t8OXXjX"
)


@cache
def valid() -> Mapping[str, bytes]:
    """File name -> content; each holds the same twelve customers."""
    objects = [json.dumps(row, ensure_ascii=False) for row in ROWS]
    return {
        "a.csv": _csv(), "gbk.csv": _csv("gb18030", end="\r\n"), "a.tsv": _csv(delimiter="\t"),
        "wide.csv": b"\xff\xfe" + _csv("utf-16-le", "\t", "\r\n"), "a.json": f"[{', '.join(objects)}]".encode(),
        "a.ndjson": "\n".join(objects).encode(), "a.parquet": _parquet(), "a.arrow": _arrow(pa.ipc.new_file),
        "lz4.arrow": _arrow(pa.ipc.new_file, options=pa.ipc.IpcWriteOptions(compression="lz4")),
        "a.arrows": _arrow(pa.ipc.new_stream), "a.vcf": vcards(), "old.vcf": vcards("2.1"), "a.sqlite": _sqlite(),
        "a.duckdb": _duckdb(), "html.xls": _html(), "xml.xls": _xml(), "a.fwf": _fixed(), "a.xlsx": _xlsx(),
        "a.ods": _ods(),
        "old.xls": zlib.decompress(base64.b64decode(_XLS)), "a.csv.gz": gzip.compress(_csv(), mtime=0), "a.csv.zst": zstd(_csv()),
        "a.zip": packed({"a.csv": _csv(), "in/b.json": f"[{', '.join(objects)}]".encode()}),
        "nested.zip": packed({"in.zip": packed({"a.csv": _csv(), "b.vcf": vcards()})}),
    }  # fmt: skip


def damaged(content: bytes, chance: random.Random) -> bytes:
    """The content with one or two things wrong with it."""
    for _ in range(chance.choice((1, 1, 2))):
        content = chance.choice(_DAMAGES)(bytearray(content), chance)
    return content


def _truncated(content: bytearray, chance: random.Random) -> bytes:
    return bytes(content[: chance.randrange(len(content) + 1)])


def _flipped(content: bytearray, chance: random.Random) -> bytes:
    for _ in range(chance.choice((1, 3, 20))):
        if content:
            content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    return bytes(content)


def _zeroed(content: bytearray, chance: random.Random) -> bytes:
    start = chance.randrange(len(content) + 1)
    content[start : start + chance.randrange(200)] = bytes(chance.randrange(200))
    return bytes(content)


def _cut_out(content: bytearray, chance: random.Random) -> bytes:
    start = chance.randrange(len(content) + 1)
    del content[start : start + chance.randrange(1, 400)]
    return bytes(content)


def _doubled(content: bytearray, chance: random.Random) -> bytes:
    start = chance.randrange(len(content) + 1)
    return bytes(content[:start] + content[max(0, start - chance.randrange(500)) :])


def _filled(content: bytearray, chance: random.Random) -> bytes:
    start = chance.randrange(len(content) + 1)
    filler = chance.choice((b"A", b'"', b"<", b"\xff", b"\n", b",", b"{", b"[", b"\\", b"=", b"\xe5\xbc\xa0"))
    content[start:start] = filler * chance.choice((1, 50, 5_000, 300_000))
    return bytes(content)


def _noise(content: bytearray, chance: random.Random) -> bytes:
    start = chance.randrange(len(content) + 1)
    content[start : start + 64] = chance.randbytes(64)
    return bytes(content)


def _huge_number(content: bytearray, chance: random.Random) -> bytes:
    start = chance.randrange(len(content) + 1)
    content[start : start + 4] = chance.choice((b"\xff\xff\xff\x7f", b"\xff\xff\xff\xff", b"\0\0\0\x80", b"9999"))
    return bytes(content)


_DAMAGES = (_truncated, _flipped, _flipped, _zeroed, _cut_out, _doubled, _filled, _noise, _huge_number)
