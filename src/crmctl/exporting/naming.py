"""Names of files made from values: safe on every system, no two alike. The files themselves are written elsewhere."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from crmctl.errors import UsageError
from crmctl.messages import term

_PLACEHOLDER = re.compile(r"\{([^{}]+)\}")
_UNSAFE = re.compile(r'[<>:"/\\|?*]')
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])(?=\.|$)")
_PACKED = frozenset({".gz", ".zst", ".zip"})
_LONGEST = 180
"""The most bytes of a name: systems allow 255, and a temporary name is longer than the final one."""


def placeholder(output: str) -> str | None:
    """The field that an output such as ``out/{owner}.csv`` names; None where it names none.

    Raises:
        UsageError: It names several, or one in the folder's name.
    """
    found = sorted(set(_PLACEHOLDER.findall(output)))
    if len(found) > 1:
        raise UsageError("{output!r} names several fields", cure="split by one field", output=output)
    if found and _PLACEHOLDER.search(str(Path(output).parent)):
        raise UsageError(
            "{output!r} has the field in its folder", cure="put {{{field}}} into the file's name", output=output,
            field=found[0],
        )  # fmt: skip
    return found[0] if found else None


def split_paths(output: str, values: Sequence[str | None]) -> Mapping[str | None, Path]:
    """A path for each value; a missing one is called (blank).

    >>> [path.name for path in split_paths("{x}.csv", ["Ann/Bob", "ann/bob", "CON", None]).values()]
    ['Ann_Bob.csv', 'ann_bob (2).csv', 'CON_.csv', '(blank).csv']
    """
    folder, name = Path(output).parent, Path(output).name
    taken: set[str] = set()

    def path_of(value: str | None) -> Path:
        text = term("(blank)") if value is None else value
        return folder / _free(lambda suffix: _name(name, text, suffix), taken)

    return {value: path_of(value) for value in values}


def numbered_paths(path: Path, count: int) -> list[Path]:
    """``out-1.csv``, ``out-2.csv`` …; the path itself for a single file."""
    if count == 1:
        return [path]
    width = len(str(count))
    stem, ending = _divided(path.name)
    return [path.with_name(f"{stem}-{number:0{width}}{ending}") for number in range(1, count + 1)]


def named_after(output: str) -> Path:
    """An output as the name of further files about it: ``out/{owner}.csv`` is ``out/owner.csv``."""
    path = Path(_PLACEHOLDER.sub(lambda found: found[1], output))
    return path.with_name(safe_part(path.name))


def beside(output: str, ending: str) -> Path:
    """A further file about an output, under another ending: ``out/a.csv`` and ``.sdl`` make ``out/a.sdl``."""
    path = named_after(output)
    return path.with_name(_divided(path.name)[0] + ending)


def _divided(name: str) -> tuple[str, str]:
    """A file's name without its ending, and the ending: that of a packed file has two parts."""
    path = Path(name)
    packed = path.suffix if path.suffix.lower() in _PACKED else ""
    path = Path(name.removesuffix(packed))
    return path.stem, path.suffix + packed


def _free(make: Callable[[str], str], taken: set[str]) -> str:
    """The first name that is not taken, whatever the case and the way accents are written."""
    number, name = 1, make("")
    while _same(name) in taken:
        number += 1
        name = make(f" ({number})")
    taken.add(_same(name))
    return name


def _same(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def _name(template: str, value: str, suffix: str) -> str:
    """The template's name with the value in it, cut where it would be too long."""
    room = _LONGEST - len(_PLACEHOLDER.sub("", template).encode()) - len(suffix)
    part = safe_part(value, room) + suffix
    name = _PLACEHOLDER.sub(lambda _: part, template)
    return _RESERVED.sub(lambda found: found[0] + "_", name) if _RESERVED.match(name) else name


def safe_part(value: str, room: int = _LONGEST) -> str:
    """A value as part of a file's name: no separators, control characters, outer dots or blanks."""
    text = unicodedata.normalize("NFC", value)
    text = "".join("_" if unicodedata.category(char) in _INVISIBLE else char for char in text)
    text = _UNSAFE.sub("_", text).strip()
    text = text.encode()[: max(room, 1)].decode(errors="ignore").rstrip(" .")
    return re.sub(r"^\.+", "_", text) or "_"
