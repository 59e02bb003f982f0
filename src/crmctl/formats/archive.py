"""Files inside .gz, .zst and .zip: unpacked into a private folder, in bounded disk. Reading them is apart."""

from __future__ import annotations

import gzip
import os
import re
import shutil
import struct
import tempfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, Any

from crmctl.errors import CrmctlError, FileError, PasswordNeeded, UsageError
from crmctl.formats.detect import CONTAINERS, container_of, detect_format, format_of_name

if TYPE_CHECKING:
    import zipfile

_CHUNK = 1 << 20
_MOST, _SUSPICIOUS, _RATIO = 16 << 30, 64 << 20, 200
_STEP, _SPARE_DISK, _MOST_MEMBERS, _DEEPEST = 4 << 20, 256 << 20, 1_000, 2
_AS_IT_IS = getattr(os, "O_BINARY", 0)
_LITTER = frozenset({".ds_store", "thumbs.db", "desktop.ini"})
_UNSAFE = re.compile(r'[\x00-\x1f<>:"/\\|?*]')


@dataclass(frozen=True, slots=True)
class Member:
    """A file that was unpacked: its name in the archive (empty where it has none) and where it lies."""

    name: str
    path: Path


def unpack(path: Path, workdir: Path, password: str | None, depth: int) -> tuple[list[Member], list[str]]:
    """Unpack a file that `container_of` recognises.

    Args:
        path: The file.
        workdir: A private folder; a new folder in it takes the members.
        password: Of an encrypted archive.
        depth: In how many archives this one lies.

    Returns:
        The members that may hold tables, and the names of those left out.

    Raises:
        FileError: It is damaged, holds nothing, would unpack to too much, or archives too deep in one another.
        UsageError: The password is missing or wrong.
    """
    if depth >= _DEEPEST:
        raise FileError("{path} holds archives within archives within archives", cure="unpack it first", path=path.name)
    folder = Path(tempfile.mkdtemp(dir=workdir, prefix="unpacked-"))
    budget = _Budget(path, folder)
    match container_of(path):
        case "zip":
            return _from_zip(path, folder, budget, password)
        case "gz":
            name, opened = _gz_name(path), _gz
        case _:
            name, opened = _bare_name(path), _zst
    target = folder / _file_name(name, 0)
    with opened(path) as stream:
        _copy(stream, target, budget)
    return [Member(name, target)], []


class _Budget:
    """How much may still be unpacked."""

    def __init__(self, path: Path, folder: Path) -> None:
        self._path, self._folder, self._packed, self._unpacked = path, folder, path.stat().st_size, 0

    def declare(self, size: int) -> None:
        """Refuse what is announced to be too much."""
        if size > _MOST or (size > _SUSPICIOUS and size > _RATIO * self._packed):
            raise FileError(
                "{path} would unpack to {size} MB", cure="if it is what it should be, unpack it first",
                path=self._path, size=size // 1_000_000,
            )  # fmt: skip
        if size + _SPARE_DISK > shutil.disk_usage(self._folder).free + self._unpacked:
            raise FileError(
                "no room to unpack {path}: it needs {size} MB", cure="make room on the disk of the temporary folder",
                path=self._path, size=size // 1_000_000,
            )  # fmt: skip

    def spend(self, size: int) -> None:
        """Count what was unpacked, whatever was announced."""
        before, self._unpacked = self._unpacked, self._unpacked + size
        if before // _STEP != self._unpacked // _STEP:
            self.declare(self._unpacked)


def _copy(stream: IO[bytes] | Any, target: Path, budget: _Budget) -> None:
    """Unpack one stream into a private file.

    Raises:
        FileError: It is damaged or cut off.
    """
    source = budget._path
    try:
        with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _AS_IT_IS, 0o600), "wb") as file:
            while chunk := stream.read(_CHUNK):
                budget.spend(len(chunk))
                file.write(chunk)
    except CrmctlError:
        raise
    except EOFError:
        raise FileError("{path} is cut off", cure="get the whole file", path=source) from None
    except Exception as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise _broken(source, error) from None


def _broken(path: Path, error: Exception) -> FileError:
    problem = (str(error).splitlines() or [type(error).__name__])[0]
    return FileError("{path} cannot be unpacked: {problem}", cure="get it again", path=path, problem=problem[:300])


def _gz(path: Path) -> Any:
    return gzip.open(path, "rb")


def _zst(path: Path) -> Any:
    import pyarrow as pa

    return pa.CompressedInputStream(pa.OSFile(str(path)), "zstd")


def _bare_name(path: Path) -> str:
    """The name without its last suffix; empty for a private copy of standard input, which has none to tell."""
    return path.stem if path.suffix.lower() in CONTAINERS else ""


def _gz_name(path: Path) -> str:
    """What the packed file is called: by the archive's own name, else by what its head says (RFC 1952)."""
    bare = _bare_name(path)
    if bare and format_of_name(bare)[0]:
        return bare
    with path.open("rb") as file:
        head = file.read(1024)
    flags = head[3] if len(head) > 10 else 0
    start = 10
    if flags & 4:
        start += 2 + struct.unpack_from("<H", head, 10)[0]
    if not flags & 8 or start >= len(head) or b"\0" not in head[start:]:
        return bare
    inner = _decoded(head[start : head.index(b"\0", start)])
    return PurePosixPath(inner).name if format_of_name(inner)[0] else bare


def _from_zip(path: Path, folder: Path, budget: _Budget, password: str | None) -> tuple[list[Member], list[str]]:
    from pyzipper import AESZipFile

    try:
        archive = AESZipFile(path)
    except Exception as error:  # the library raises whatever a damaged archive leads it to
        raise _broken(path, error) from None
    with archive:
        infos = [(info, _member_name(info)) for info in archive.infolist() if info.filename[-1:] != "/"]
        files = [(info, name) for info, name in infos if not _is_litter(name)]
        if not files:
            raise FileError("there is nothing in {path}", cure="check that the export was complete", path=path)
        if len(files) > _MOST_MEMBERS:
            raise FileError(
                "{path} holds {count} files", cure="unpack it and name the folder", path=path, count=len(files)
            )
        chosen = [(info, name) for info, name in files if _may_hold_tables(name)] or files
        left = [name for info, name in files if (info, name) not in chosen]
        budget.declare(sum(info.file_size for info, _ in chosen))
        members = []
        for number, (info, name) in enumerate(chosen):
            target = folder / _file_name(PurePosixPath(name).name, number)
            with _open_member(archive, info, path, password) as stream:
                _copy(stream, target, budget)
            members.append(Member(name, target))
    return _readable(members, left, alone=len(members) == 1)


def _open_member(archive: Any, info: zipfile.ZipInfo, path: Path, password: str | None) -> Any:
    """A member as a stream; each spelling of the password is tried.

    Raises:
        UsageError: The password is missing or wrong.
        FileError: The member is damaged, or packed in a way that is not known.
    """
    secret = info.flag_bits & 0x1
    if secret and password is None:
        raise PasswordNeeded(
            "{path} is protected by a password", cure="give it with --password-file, or in CRMCTL_PASSWORD", path=path
        )
    spellings = dict.fromkeys(_encoded(password or "", codec) for codec in ("utf-8", "gb18030")) if secret else [None]
    for spelling in spellings:
        try:
            if spelling is not None and not _opens(archive, info, spelling):
                continue
            return archive.open(info, pwd=spelling)
        except RuntimeError as error:
            if "assword" not in str(error):
                raise _broken(path, error) from None
        except Exception as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise
            raise _broken(path, error) from None
    raise UsageError(
        "the password does not open {path}", cure="check it in --password-file or CRMCTL_PASSWORD", path=path
    )


def _opens(archive: Any, info: zipfile.ZipInfo, password: bytes) -> bool:
    """Whether the start can be read: of ZipCrypto's wrong passwords, one in 256 is told by what it unpacks to."""
    try:
        with archive.open(info, pwd=password) as stream:
            stream.read(_CHUNK)
    except (RuntimeError, zlib.error, EOFError, OSError, ValueError):
        return False
    except Exception as error:
        if type(error).__name__ == "BadZipFile":
            return False
        raise
    return True


def _encoded(password: str, codec: str) -> bytes:
    return password.encode(codec, "replace")


def _member_name(info: zipfile.ZipInfo) -> str:
    """The member's name: marked as UTF-8, in the Unicode extra field, else in the code page that Windows had."""
    name = info.orig_filename
    if not info.flag_bits & 0x800:
        extra = _unicode_extra(info.extra)
        try:
            name = extra or _decoded(name.encode("cp437"))
        except UnicodeError:
            name = extra or name
    return name.split("\0")[0].replace("\\", "/")


def _unicode_extra(extra: bytes) -> str:
    """The UTF-8 name that Info-ZIP puts beside one in another code page (0x7075); empty where there is none."""
    while len(extra) >= 4:
        kind, size = struct.unpack_from("<HH", extra)
        if kind == 0x7075 and size > 5:
            return extra[9 : 4 + size].decode("utf-8", "ignore")
        extra = extra[4 + size :]
    return ""


def _decoded(name: bytes) -> str:
    for codec in ("utf-8", "gb18030", "big5", "cp932"):
        try:
            return name.decode(codec)
        except UnicodeDecodeError:
            continue
    return name.decode("cp437")


def _is_litter(name: str) -> bool:
    parts = PurePosixPath(name).parts
    last = parts[-1].lower() if parts else ""
    return not last or "__MACOSX" in parts or last in _LITTER or last.startswith((".", "~$"))


def _may_hold_tables(name: str) -> bool:
    kind, container = format_of_name(name)
    return kind is not None or container is not None or not PurePosixPath(name).suffix


def _readable(members: list[Member], left: list[str], *, alone: bool) -> tuple[list[Member], list[str]]:
    """The members that hold no document of another kind; the only one of an archive has to be readable."""
    kept = []
    for member in members:
        try:
            if not alone and not container_of(member.path):
                detect_format(member.path)
        except FileError:
            member.path.unlink()
            left.append(member.name)
        else:
            kept.append(member)
    return kept, left


def _file_name(name: str, number: int) -> str:
    """A name for the private copy that is safe on every system, and ends as the member's does."""
    plain = _UNSAFE.sub("_", name).strip(". ") or "data"
    stem, dot, suffix = plain.rpartition(".")
    stem, suffix = (stem, dot + suffix) if dot and len(suffix) <= 10 else (plain, "")
    short = stem.encode()[:100].decode("utf-8", "ignore")
    return f"{number}-{short}{suffix}" if number else f"{short}{suffix}"
