"""The fingerprint of a step: a digest of all that decides its result, known before the step is called."""

from __future__ import annotations

import hashlib
import inspect
import json
import secrets
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from crmctl import resources
from crmctl.formats.databases.remote import is_url
from crmctl.formats.reading import fingerprint as of_file
from crmctl.run.importing.files import expand
from crmctl.step import Dataset, StepSpec

_FOLDERS = {"schema": "schemas", "rules": "schemas/rules", "segments": "schemas/segments"}


def fingerprint(
    spec: StepSpec,
    plain: Mapping[str, Any],
    inputs: Sequence[Dataset],
    visible: Sequence[Dataset],
    *,
    into: str | None,
    as_of: datetime | None,
) -> str:
    """A digest of the step, its version, parameters, moment and inputs: equal digests, equal results.

    A step may also read datasets that no parameter names (a query, an import that meets what is there): each that it
    could read counts.

    Args:
        spec: The step.
        plain: Its validated parameters.
        inputs: The datasets that its parameters name, in order.
        visible: All datasets of the run.
        into: The dataset that its result becomes, where one was named.
        as_of: The run's moment, where it was given.
    """
    from crmctl import __version__

    schemas = (resources.find("schemas", each.schema) for each in inputs if each.schema)
    parts = [
        __version__, spec.name, into, as_of, dict(plain),
        [dataset.fingerprint for dataset in inputs],
        sorted((dataset.name, dataset.fingerprint) for dataset in visible),
        [*_files(spec, plain)], [of_file(path)[0] for path in schemas if path is not None], _plugin(spec),
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


def _files(spec: StepSpec, plain: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What the files say that the parameters name; a shipped name stands for its file."""
    for parameter in spec.parameters:
        value = plain.get(parameter.key)
        if value is None or parameter.kind not in ("input", *_FOLDERS):
            continue
        for text in value if parameter.multiple else [value]:
            folder = _FOLDERS.get(parameter.kind)
            if text == "-" or is_url(str(text)):  # a stream cannot be had again
                yield parameter.key, secrets.token_hex(16)
                continue
            if spec.kind == "import" and parameter.kind == "input":
                yield from ((parameter.key, state) for state in _states(text))
                continue
            path = resources.find(folder, str(text)) if folder else Path(text)
            if path is not None and path.is_file():
                yield parameter.key, of_file(path)[0]


def _states(text: str) -> Iterator[str]:
    """What tells whether the files are still the same without reading them: an import hashes them itself."""
    path = Path(text)
    for each in sorted(path.iterdir()) if path.is_dir() else map(Path, expand([text])):
        found = each.stat()
        yield f"{each.resolve()} {found.st_size} {found.st_mtime_ns}"


def _plugin(spec: StepSpec) -> str | None:
    """What the file of a step says that is not crmctl's own."""
    module = spec.function.__module__
    if module.startswith("crmctl."):
        return None
    file = inspect.getsourcefile(sys.modules[module]) if module in sys.modules else None
    return of_file(Path(file))[0] if file and Path(file).is_file() else None
