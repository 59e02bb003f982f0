"""vCard text, versions 2.1 to 4.0, as cards of properties: unfolded, decoded, unescaped. Columns are made elsewhere."""

from __future__ import annotations

import binascii
import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from crmctl.formats.lines import physical_lines
from crmctl.messages import translate

_NAME = re.compile(r"(?:([A-Za-z0-9-]+)\.)?([A-Za-z0-9-]+)")
_PARAMETER = re.compile(r';\s*([^=;:"]+)(?:=((?:"[^"]*"|[^;:"])*))?')
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_CARET = re.compile(r"\^(['n^])")
_BINARY = frozenset({"PHOTO", "LOGO", "SOUND", "KEY"})
_ENCODINGS = frozenset({"QUOTED-PRINTABLE", "BASE64", "B", "8BIT", "7BIT"})
_LONGEST_CARD = 32 << 20


@dataclass(frozen=True, slots=True)
class Property:
    """One property of a card: its name in capitals, its types in small letters, its other parameters, its value."""

    group: str
    name: str
    types: frozenset[str]
    parameters: dict[str, str]
    value: str
    version: str

    def components(self) -> list[str]:
        """The values between semicolons, unescaped."""
        return [self._plain(piece) for piece in _split(self.value)]

    def text(self) -> str:
        """The whole value, unescaped."""
        return self._plain(self.value)

    def _plain(self, text: str) -> str:
        if "\\" not in text:
            return text
        line_break = self.version != "2.1"
        return _ESCAPE.sub(lambda found: _escaped(found[1], line_break), text)


def _split(value: str) -> list[str]:
    pieces, start, position = [], 0, 0
    while position < len(value):
        if value[position] == "\\":
            position += 1
        elif value[position] == ";":
            pieces.append(value[start:position])
            start = position + 1
        position += 1
    return [*pieces, value[start:]]


def _escaped(character: str, line_break: bool) -> str:
    if character in "nN":
        return "\n" if line_break else "\\" + character
    return character if character in "\\,;:" else "\\" + character


@dataclass(slots=True)
class Card:
    """What stands between BEGIN and END; or what stands elsewhere or cannot be read, and why."""

    line: int
    raw: bytearray = field(default_factory=bytearray)
    properties: list[Property] = field(default_factory=list)
    reason: str = ""
    pictures: int = 0
    nested: int = 0


def cards(path: Path, start: int, named: Path, codec: str) -> Iterator[Card]:
    """Every card of a file, and every run of text outside of cards.

    Args:
        path: The file.
        start: The byte at which it begins.
        named: What to call it.
        codec: What the bytes are, where a property does not say otherwise.
    """
    splitter = _Splitter(codec)
    for number, line in physical_lines(path, start, named):
        yield from splitter.take(number, line)
    yield from splitter.close()


class _Splitter:
    """Puts lines together to cards."""

    def __init__(self, codec: str) -> None:
        self._codec = codec
        self._card: Card | None = None
        self._stray: Card | None = None
        self._lines: list[bytes] = []
        self._depth = 0

    def take(self, number: int, line: bytes) -> Iterator[Card]:
        """Take in a line; what it ends is given back."""
        word = line[:20].lstrip(codecs.BOM_UTF8).strip().upper()
        if word.startswith(b"BEGIN:VCARD"):
            yield from self._begin(number)
        elif self._card is None:
            if line.strip():
                self._stray = self._stray or Card(number, reason=translate("text outside of a card"))
                _keep(self._stray, line)
            return
        elif word.startswith(b"END:VCARD") and not self._depth:
            _keep(self._card, line)
            yield _parsed(self._card, self._lines, self._codec)
            self._card = None
            return
        elif word.startswith(b"END:VCARD"):
            self._depth -= 1
        elif not self._depth and len(self._card.raw) < _LONGEST_CARD:
            self._lines.append(line.rstrip(b"\r\n"))
        if self._card is not None:
            _keep(self._card, line)

    def _begin(self, number: int) -> Iterator[Card]:
        if self._stray is not None:
            yield self._stray
            self._stray = None
        if self._card is not None and _is_agent(self._lines):
            self._depth += 1
            self._card.nested += 1
            return
        if self._card is not None:
            yield _unended(self._card)
        self._card, self._lines, self._depth = Card(number), [], 0

    def close(self) -> Iterator[Card]:
        """What the end of the file ends."""
        if self._card is not None:
            yield _unended(self._card)
        elif self._stray is not None:
            yield self._stray


def _is_agent(lines: list[bytes]) -> bool:
    """The card of somebody's agent stands inside the card (2.1 and 3.0)."""
    return bool(lines) and lines[-1].upper().startswith(b"AGENT") and lines[-1].rstrip().endswith(b":")


def _keep(card: Card, line: bytes) -> None:
    if len(card.raw) < _LONGEST_CARD:
        card.raw += line


def _unended(card: Card) -> Card:
    card.reason = translate("the card is cut off: END:VCARD is missing")
    return card


def _parsed(card: Card, lines: list[bytes], codec: str) -> Card:
    if len(card.raw) >= _LONGEST_CARD:
        card.reason = translate("the card is too long")
        return card
    version = next((line[8:].strip().decode("ascii", "replace") for line in lines if line[:8].upper() == b"VERSION:"),
                   "3.0")  # fmt: skip
    try:
        for logical in _unfolded(lines, version):
            found = _property(logical, version, codec)
            if found is None:
                card.pictures += 1
            elif found.name not in {"VERSION", "PRODID", "AGENT"}:
                card.properties.append(found)
    except UnicodeDecodeError:
        card.reason = translate("bytes that are not {encoding}", encoding=codec)
    except ValueError:
        card.reason = translate("a line that is no property")
    return card


def _unfolded(lines: list[bytes], version: str) -> Iterator[bytes]:
    """Logical lines: continuation lines begin with a blank; quoted-printable ones follow a = at a line's end."""
    held: bytearray | None = None
    quoted = False
    for line in lines:
        soft = quoted and held is not None and held.endswith(b"=")
        if held is not None and soft:
            held = held[:-1] + (line[1:] if line[:1] in b" \t" and version != "2.1" else line)
            continue
        if held is not None and line[:1] in (b" ", b"\t"):
            # Version 2.1 folds where a blank stands and keeps it.
            held += line if version == "2.1" and not _is_base64(held) else line[1:]
            continue
        if held is not None and line and b":" not in line and (_is_base64(held) or line.startswith(b"=")):
            held += line
            continue
        if held:
            yield bytes(held)
        held = bytearray(line)
        quoted = b"QUOTED-PRINTABLE" in line.partition(b":")[0].upper()
    if held:
        yield bytes(held)


def _is_base64(line: bytearray) -> bool:
    head = bytes(line[:300]).partition(b":")[0].upper()
    return b"BASE64" in head or b"ENCODING=B" in head


def _property(line: bytes, version: str, codec: str) -> Property | None:
    """One logical line; None where it holds a picture or the like.

    Raises:
        ValueError: It is no property.
        UnicodeDecodeError: It is no text.
    """
    text = line.decode(codec, "surrogateescape")
    named = _NAME.match(text)
    if not named:
        raise ValueError
    types: set[str] = set()
    parameters: dict[str, str] = {}
    position = named.end()
    while found := _PARAMETER.match(text, position):
        position = found.end()
        _note(found[1].strip(), found[2], types, parameters)
    if text[position : position + 1] != ":":
        raise ValueError
    value = text[position + 1 :]
    name, encoding = named[2].upper(), parameters.get("ENCODING", "").upper()
    if name in _BINARY or encoding in {"B", "BASE64"} or value[:5].lower() == "data:":
        return None
    if encoding == "QUOTED-PRINTABLE":
        value = _quoted_printable(value, parameters.get("CHARSET", ""), codec)
    else:
        value = _charset(value, parameters.get("CHARSET", ""), codec)
    return Property(named[1] or "", name, frozenset(types), parameters, value, version)


def _note(name: str, value: str | None, types: set[str], parameters: dict[str, str]) -> None:
    """Take in a parameter: in 2.1 a type or an encoding may stand there bare."""
    if value is None:
        bare = name.upper()
        if bare in _ENCODINGS:
            parameters["ENCODING"] = bare
        else:
            types.add(name.lower())
        return
    key, plain = name.upper(), value.replace('"', "")
    if key == "TYPE":
        types.update(word.strip().lower() for word in plain.split(",") if word.strip())
    else:
        parameters[key] = _CARET.sub(lambda found: {"'": '"', "n": "\n", "^": "^"}[found[1]], plain)


def _quoted_printable(value: str, charset: str, codec: str) -> str:
    decoded = binascii.a2b_qp(value.encode(codec, "surrogateescape"))
    for candidate in (charset or codec, codec, "utf-8", "gb18030"):
        try:
            return decoded.decode(_known(candidate)).replace("\r\n", "\n").replace("\r", "\n")
        except UnicodeDecodeError:
            continue
    return decoded.decode("utf-8")


def _charset(value: str, charset: str, codec: str) -> str:
    """A value whose own CHARSET differs from the file's; most files that say so are in one encoding all the same."""
    broken = any("\udc80" <= character <= "\udcff" for character in value)
    if not broken:
        return value
    return value.encode(codec, "surrogateescape").decode(_known(charset or "gb18030"))


def _known(charset: str) -> str:
    try:
        name = codecs.lookup(charset).name
    except LookupError:
        return "utf-8"
    return "gb18030" if name in {"gbk", "gb2312"} else name
