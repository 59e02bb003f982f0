"""JSON values read one by one from a file of any size. What they mean is said elsewhere."""

from __future__ import annotations

import codecs
import json
import re
from pathlib import Path
from typing import Any

_CHUNK, _LONGEST = 1 << 20, 64 << 20
_BLANKS = re.compile(r"[ \t\r\n]*")


class JsonStream:
    """A cursor over a UTF-8 file.

    Args:
        path: The file.
        start: The byte at which its text begins.
        decoder: What makes values of text.
    """

    def __init__(self, path: Path, start: int, decoder: json.JSONDecoder) -> None:
        self._file = path.open("rb")
        self._file.seek(start)
        self._decode = codecs.getincrementaldecoder("utf-8")("strict").decode
        self._raw_decode = decoder.raw_decode
        self._buffer, self._position, self._more = "", 0, True
        self.line = 1

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    @property
    def at_end(self) -> bool:
        """Nothing is left but blanks."""
        return not self._more and not self._buffer[self._position :].strip()

    def peek(self) -> str:
        """The next character that is not blank; empty at the end."""
        while True:
            found = _BLANKS.match(self._buffer, self._position)
            self._advance(found.end() if found else self._position)
            if self._position < len(self._buffer) or not self._more:
                return self._buffer[self._position : self._position + 1]
            self._read(_CHUNK)

    def take(self, character: str) -> bool:
        """Pass over the next character if it is this one."""
        if self.peek() != character:
            return False
        self._position += 1
        return True

    def value(self) -> tuple[int, str, Any]:
        """The next value: the line at which it begins, its text, and itself.

        Raises:
            ValueError: There is none.
        """
        self.peek()
        while True:
            held = len(self._buffer) - self._position
            try:
                value, end = self._raw_decode(self._buffer, self._position)
            except json.JSONDecodeError as error:
                if not self._more or held > _LONGEST:
                    self._advance(min(error.pos, len(self._buffer)))
                    raise
            else:
                # A number at the end of the buffer may go on in the file.
                if end < len(self._buffer) or not self._more:
                    line, text = self.line, self._buffer[self._position : end]
                    self._advance(end)
                    return line, text, value
            self._read(max(_CHUNK, held))

    def _advance(self, position: int) -> None:
        self.line += self._buffer.count("\n", self._position, position)
        self._position = position

    def _read(self, size: int) -> None:
        chunk = self._file.read(size)
        self._more = bool(chunk)
        self._buffer = self._buffer[self._position :] + self._decode(chunk, not chunk)
        self._position = 0
