from __future__ import annotations

import gzip
import io
import stat
import sys
import zipfile
import zlib
from typing import Any

import pytest
from tests.formats.samples import packed, zstd

from crmctl.errors import FileError, PasswordNeeded, UsageError
from crmctl.formats import ReadOptions, parts, read
from crmctl.sql import ident

CSV = "姓名,手机\n张三,13800138000\n李四,13900139000\n".encode()
CELLS = [("张三", "13800138000"), ("李四", "13900139000")]


def names(bench: Any, content: bytes, name: str = "a.zip", **options: Any) -> list[str]:
    found = parts(bench.file(content, name), ReadOptions(**options), bench.workdir)
    return [part.name for part in found]


@pytest.mark.parametrize("name", ["客户.csv.gz", "客户.CSV.GZ", "stdin.input", "dump.gz", "lies.csv"])
def test_a_gzipped_file_is_read_as_what_is_in_it(bench: Any, name: str) -> None:
    found = bench.read(gzip.compress(CSV), name)
    assert (found.reading.format, found.cells) == ("csv", CELLS)
    assert found.reading.size == len(gzip.compress(CSV)), "the account is the archive's"
    assert found.reading.path.name == name


def test_what_gzip_says_of_the_name_tells_the_format(bench: Any) -> None:
    stream = io.BytesIO()
    with gzip.GzipFile("a/cards.vcf", "wb", fileobj=stream) as file:
        file.write(b"BEGIN:VCARD\nFN:x\nEND:VCARD\n")
    assert bench.read(stream.getvalue(), "stdin.input").reading.format == "vcard"


def test_several_gzip_members_are_one_file(bench: Any) -> None:
    assert bench.read(gzip.compress(CSV[:30]) + gzip.compress(CSV[30:]), "a.csv.gz").cells == CELLS


@pytest.mark.parametrize("name", ["a.csv.zst", "stdin.input"])
def test_a_file_in_zstandard_is_read(bench: Any, name: str) -> None:
    assert bench.read(zstd(CSV), name).cells == CELLS


def test_a_zip_with_one_table_is_read_like_the_table(bench: Any) -> None:
    litter = {"__MACOSX/._客户.csv": b"x", ".DS_Store": b"y", "d/": b"", "Thumbs.db": b"z", "~$a.xlsx": b"lock"}
    found = bench.read(packed({"d/客户.csv": CSV, **litter}), "a.zip")
    assert found.cells == CELLS


def test_every_table_of_a_zip_is_a_part_and_what_is_none_is_told(bench: Any) -> None:
    content = packed(
        {"客户.csv": CSV, "b/orders.json": b'[{"a": 1}]', "logo.png": b"\x89PNG\r\n", "notes": b"%PDF-1.7"}
    )
    found = parts(bench.file(content, "a.zip"), ReadOptions(), bench.workdir)
    assert [part.name for part in found] == ["客户.csv", "b/orders.json"]
    assert found[0].left_out == "logo.png, notes"
    with pytest.raises(FileError, match=r"holds several tables: 客户.csv, b/orders.json; name one with --sheet"):
        read(bench.con, bench.folder / "a.zip", ident("t"), rejects=ident("r"), source="s", first_id=1,
             workdir=bench.workdir)  # fmt: skip


@pytest.mark.parametrize("asked", ["b/orders.json", "orders.json", "ORDERS"])
def test_a_member_is_named_with_or_without_its_folder_and_suffix(bench: Any, asked: str) -> None:
    for part in parts(bench.file(packed({"客户.csv": CSV, "b/orders.json": b'[{"a": 1}]'}), "a.zip"),
                      ReadOptions(sheet=asked), bench.workdir):  # fmt: skip
        assert (part.name, part.path.read_bytes()) == ("b/orders.json", b'[{"a": 1}]')


def test_a_member_that_is_not_there_is_told_with_those_that_are(bench: Any) -> None:
    with pytest.raises(UsageError, match=r"no member called 'x'; it has a\.csv, b\.csv"):
        names(bench, packed({"a.csv": CSV, "b.csv": CSV}), sheet="x")


def test_names_in_gbk_are_read_right(bench: Any) -> None:
    raw = packed({"CUSTOMER.csv": CSV, "b.csv": CSV}).replace(b"CUSTOMER.csv", "客户表1".encode("gbk") + b"9.csv")
    assert names(bench, raw) == ["客户表19.csv", "b.csv"]


def test_archives_within_archives_are_read_to_a_depth_of_two(bench: Any) -> None:
    inner = packed({"a.csv": CSV})
    assert bench.read(packed({"in.zip": inner}), "a.zip").cells == CELLS
    with pytest.raises(FileError, match="archives within archives"):
        bench.read(packed({"in.zip": packed({"in.zip": inner})}), "a.zip")


def test_a_bomb_is_refused_by_what_it_declares(bench: Any) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("a.csv", "w") as member:
        for _ in range(72):
            member.write(bytes(1 << 20))
    with pytest.raises(FileError, match=r"would unpack to \d+ MB"):
        bench.read(stream.getvalue(), "a.zip")


@pytest.mark.parametrize("kind", ["gz", "zst", "zip"])
def test_a_bomb_is_refused_while_it_unpacks_whatever_it_declares(bench: Any, kind: str) -> None:
    size = 72 << 20
    zeros = bytes(size)
    match kind:
        case "gz":
            content = gzip.compress(zeros, 1)
        case "zst":
            content = zstd(zeros)
        case _:
            content = packed({"a.csv": zeros}).replace(size.to_bytes(4, "little"), (1000).to_bytes(4, "little"))
    del zeros
    with pytest.raises(FileError, match=r"would unpack to \d+ MB|cannot be unpacked"):
        bench.read(content, f"a.csv.{kind}")
    assert list(bench.workdir.iterdir()) == []


@pytest.mark.parametrize(("content", "name"), [
    (gzip.compress(CSV)[:-12], "a.csv.gz"), (zstd(CSV)[:-4], "a.csv.zst"), (packed({"a.csv": CSV})[:-30], "a.zip"),
], ids=["gz", "zst", "zip"])  # fmt: skip
def test_an_archive_that_is_cut_off_is_an_error(bench: Any, content: bytes, name: str) -> None:
    with pytest.raises(FileError, match=r"cut off|cannot be unpacked"):
        bench.read(content, name)


def test_a_wrong_checksum_is_an_error(bench: Any) -> None:
    content = packed({"a.csv": CSV})
    checksum = zlib.crc32(CSV).to_bytes(4, "little")
    with pytest.raises(FileError, match="cannot be unpacked: Bad CRC"):
        bench.read(content.replace(checksum, b"\1\2\3\4"), "a.zip")


def _protected(password: bytes) -> bytes:
    import pyzipper

    stream = io.BytesIO()
    with pyzipper.AESZipFile(stream, "w", compression=pyzipper.ZIP_DEFLATED, encryption=pyzipper.WZ_AES) as archive:
        archive.setpassword(password)
        archive.writestr("a.csv", CSV)
    return stream.getvalue()


@pytest.mark.parametrize("codec", ["utf-8", "gb18030"])
def test_a_protected_zip_opens_with_its_password(bench: Any, codec: str) -> None:
    assert bench.read(_protected("秘密1".encode(codec)), "a.zip", password="秘密1").cells == CELLS  # noqa: S106 - a test's


def test_a_protected_zip_asks_for_its_password(bench: Any) -> None:
    with pytest.raises(PasswordNeeded, match="is protected by a password; give it with --password-file"):
        bench.read(_protected(b"x"), "a.zip")
    with pytest.raises(UsageError, match="the password does not open"):
        bench.read(_protected(b"x"), "a.zip", password="y")  # noqa: S106 - a test's


def test_errors_call_private_copies_what_the_archive_calls_them(bench: Any) -> None:
    with pytest.raises(FileError, match=r"a\.zip \(b\.json\):\d.*not valid JSON"):
        bench.read(packed({"b.json": b'[{"a": 1}, {"'}), "a.zip")


def test_unpacked_files_are_private(bench: Any) -> None:
    found = parts(bench.file(packed({"a.csv": CSV}), "a.zip"), ReadOptions(), bench.workdir)
    assert found[0].path.is_relative_to(bench.workdir)
    if sys.platform != "win32":
        assert stat.S_IMODE(found[0].path.stat().st_mode) == 0o600


@pytest.mark.parametrize("name", ["../../evil.csv", "/etc/evil.csv", "C:\\evil.csv", "a\0b.csv"])
def test_a_member_cannot_leave_the_private_folder(bench: Any, name: str) -> None:
    found = parts(bench.file(packed({name: CSV}), "a.zip"), ReadOptions(), bench.workdir)
    assert found[0].path.resolve().is_relative_to(bench.workdir.resolve())


def test_an_archive_of_nothing_is_an_error(bench: Any) -> None:
    with pytest.raises(FileError, match="there is nothing in"):
        bench.read(packed({"__MACOSX/._a": b"x"}), "a.zip")


@pytest.mark.parametrize(("content", "what"), [
    (b"%PDF-1.7\n", "a PDF document"), (b"\x89PNG\r\n\x1a\n\0", "a picture"), (b"Rar!\x1a\x07\1\0", "a RAR archive"),
    (b"7z\xbc\xaf\x27\x1c\0", "a 7-Zip archive"), (packed({"[Content_Types].xml": b"x", "word/d.xml": b""}), "a Word"),
])  # fmt: skip
@pytest.mark.parametrize("name", ["a.csv", "stdin.input"])
def test_what_is_no_table_is_refused_by_name(bench: Any, content: bytes, what: str, name: str) -> None:
    with pytest.raises(FileError, match=f"is {what}.* not a table"):
        bench.read(content, name)


@pytest.mark.parametrize("suffix", ["csv.gz", "ndjson.zst", "json.gz", "tsv.zst", "vcf.gz"])
def test_text_is_packed_as_the_name_says_and_reads_back(bench: Any, suffix: str) -> None:
    loaded = bench.read(CSV, "a.csv")
    form = {"vcf": "vcard"}.get(suffix.split(".", maxsplit=1)[0], suffix.split(".", maxsplit=1)[0])
    target = bench.write(loaded, f"out.{suffix}", format=form, dialect=None)
    first = target.read_bytes()
    assert bench.read(target).cells == CELLS
    bench.read(CSV, "a.csv")
    assert bench.write(loaded, f"again.{suffix}", format=form, dialect=None).read_bytes() == first


def test_a_zip_is_not_written(bench: Any) -> None:
    loaded = bench.read(CSV, "a.csv")
    with pytest.raises(UsageError, match=r"csv is not written into \.zip; name the output .*out\.csv"):
        bench.write(loaded, "out.csv.zip")
