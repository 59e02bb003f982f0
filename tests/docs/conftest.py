"""Reading a Markdown page's blocks, and running its commands in a terminal as a reader would."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COLUMNS = 100
_FENCE = re.compile(r'^```([\w-]+)(?: title="([^"]+)")?$')
_EXIT = re.compile(r"#.*?(?:exit code|退出码) (\d+)\s*$")
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@dataclass(frozen=True)
class Block:
    """A fenced block of a page.

    Args:
        page: The page.
        line: Where it begins, 1-based.
        language: What the fence says it is.
        title: The file that the reader is told to save it as.
        text: What is in it.
    """

    page: Path
    line: int
    language: str
    title: str | None
    text: str

    def __str__(self) -> str:
        return f"{self.page.name}:{self.line}"


@dataclass(frozen=True)
class Command:
    """A command of a console block: what is typed, the exit code, and what is shown of its output."""

    typed: str
    code: int
    shown: str


def blocks(page: Path) -> list[Block]:
    """The fenced blocks of a page, in order."""
    found: list[Block] = []
    fence, start, lines = None, 0, []
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        if fence is None:
            fence, start, lines = _FENCE.match(line.strip()), number, []
        elif line.strip() == "```":
            found.append(Block(page, start, fence[1], fence[2], "\n".join(lines) + "\n"))
            fence = None
        else:
            lines.append(line)
    assert fence is None, f"{page.name}:{start}: the block is never closed"
    return found


def commands(block: Block) -> list[Command]:
    """The commands of a console block, each with what follows it up to the next prompt."""
    found: list[tuple[str, list[str]]] = []
    for line in block.text.replace("\\\n", "").splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        else:
            assert found, f"{block}: output before any command"
            found[-1][1].append(line)
    result = []
    for typed, shown in found:
        code = _EXIT.search(typed)
        result.append(Command(typed, int(code[1]) if code else 0, "\n".join(shown).strip("\n")))
    return result


class Reader:
    """Someone who follows a page in an empty folder, with `crmctl` and `python` at hand."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "work"
        binaries = folder / "bin"
        for each in (self.folder, binaries, folder / "home"):
            each.mkdir()
        for name, arguments in (("crmctl", "-m crmctl"), ("python", "")):
            script = binaries / name
            script.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {arguments} "$@"\n', encoding="utf-8")
            script.chmod(0o755)
        ours = ("CRMCTL_", "PYTEST", "COLUMNS", "LINES")
        self.environment = {key: value for key, value in os.environ.items() if not key.startswith(ours)}
        self.environment |= {
            "PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}", "HOME": str(folder / "home"), "TERM": "dumb",
            "PYTHONPATH": str(ROOT / "src"), "PYTHONIOENCODING": "utf-8", "LANG": "C.UTF-8",
        }  # fmt: skip

    def save(self, block: Block) -> None:
        """Save a block under its title."""
        assert block.title is not None
        path = self.folder / block.title
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.text, encoding="utf-8", newline="")

    def type(self, command: str) -> tuple[int, str]:
        """Type a command in a terminal of 100 columns; the exit code, and all that is seen."""
        import fcntl
        import pty
        import struct
        import termios

        exported = re.fullmatch(r"export (\w+)=(\S+)", command)
        if exported:
            self.environment[exported[1]] = exported[2]
            return 0, ""
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, COLUMNS, 0, 0))
        process = subprocess.Popen(
            ["sh", "-c", command], cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL, stdout=theirs,
            stderr=theirs,
        )  # fmt: skip
        os.close(theirs)
        seen = b""
        while chunk := _read(ours):
            seen += chunk
        os.close(ours)
        code = process.wait(timeout=120)
        text = _ESCAPES.sub("", seen.decode("utf-8", "replace")).replace("\r\n", "\n")
        return code, "\n".join(line.rsplit("\r", 1)[-1].rstrip() for line in text.splitlines()).strip("\n")

    def python(self, script: str) -> None:
        """Run a Python block."""
        done = subprocess.run(
            [sys.executable, "-"], input=script, cwd=self.folder, env=self.environment, capture_output=True, text=True,
            encoding="utf-8", check=False, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except OSError:  # what Linux says when the other end of a terminal has gone
        return b""


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    """A reader with an empty folder."""
    if os.name == "nt":
        pytest.skip("the pages are written for a POSIX shell")
    return Reader(tmp_path)


@pytest.fixture
def blocks_of() -> Callable[[Path], list[Block]]:
    """Reads a page's blocks."""
    return blocks


@pytest.fixture
def commands_of() -> Callable[[Block], list[Command]]:
    """Reads a console block's commands."""
    return commands
