"""The manifest beside an export: what was written, so that whoever receives it can check that it is whole."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crmctl.atomic import finished, replacing

ENDING = ".manifest.json"


@dataclass(frozen=True)
class Written:
    """A file of an export: its path, its rows, and what they have in common where it is one of several."""

    path: Path
    rows: int
    value: str | None = None


def write_manifest(target: Path, files: Sequence[Written], facts: Mapping[str, Any]) -> None:
    """Write the manifest: the facts in their order, then each file with rows, bytes and SHA-256; the same each time.

    Raises:
        FileError: It cannot be written.
    """
    entries = [_entry(file) for file in files]
    whole = {name: entries[0][name] for name in ("bytes", "sha256")} if len(entries) == 1 else {}
    content = {**facts, "rows": sum(file.rows for file in files), **whole, "files": entries}
    with replacing(target) as stream:
        stream.write((json.dumps(content, ensure_ascii=False, indent=2) + "\n").encode())


def _entry(file: Written) -> dict[str, Any]:
    place = finished(file.path)
    with place.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    value = {"value": file.value} if file.value is not None else {}
    return {"file": file.path.name, **value, "rows": file.rows, "bytes": place.stat().st_size, "sha256": digest}
