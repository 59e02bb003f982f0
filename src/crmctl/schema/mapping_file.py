"""Mapping files: which header fills which field, kept so that the next file is read the same way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field

from crmctl import yamlfile
from crmctl.atomic import replacing
from crmctl.schema.headers import normalise_header
from crmctl.schema.mapping import Mapping

_HEADING = "# Header: field. An empty field leaves a column under its own name.\n"


class SavedMapping(BaseModel):
    """What a mapping file says."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    schema_name: str | None = Field(default=None, alias="schema")
    """The schema's name or file; None where the headers follow none."""
    preset: str | None = None
    """The preset whose headers they are."""
    fields: dict[str, str] = Field(default={}, alias="map")
    """Header -> field; an empty field leaves the header under its own name."""

    def given(self, headers: Sequence[str], names: Sequence[str]) -> tuple[dict[str, str], list[str]]:
        """What of it concerns a table, ready for `map_headers`, and the headers that the table does not have.

        Args:
            headers: The table's headers.
            names: Their SQL names, by which headers that are blank or not alone are kept.
        """
        folded = {normalise_header(header) for header in headers}
        here = {
            text for text in self.fields
            if text in headers or text in names or (normalise_header(text) and normalise_header(text) in folded)
        }  # fmt: skip
        return {text: self.fields[text] for text in self.fields if text in here}, [
            text for text, field in self.fields.items() if text not in here and field
        ]


def save_mapping(
    path: Path | str,
    mapping: Mapping,
    names: Sequence[str],
    *,
    schema: str | None = None,
    preset: str | None = None,
) -> None:
    """Write down how a table's headers were understood, for `load_mapping`.

    Args:
        path: The file to write.
        mapping: What became of the headers.
        names: The SQL name of each header as the file was read.
        schema: The schema's name or file.
        preset: The preset's name or file.

    Raises:
        FileError: The file cannot be written.
    """
    headers = [match.header for match in mapping.matches]
    times = Counter(map(normalise_header, headers))
    chosen = {
        header if times[normalise_header(header)] == 1 and normalise_header(header) else name: match.field or ""
        for header, name, match in zip(headers, names, mapping.matches, strict=True)
    }
    data = {key: value for key, value in (("schema", schema), ("preset", preset)) if value} | {"map": chosen}
    text = yaml.safe_dump(data, allow_unicode=True, sort_keys=False, width=10_000)
    with replacing(Path(path)) as stream:
        stream.write((_HEADING + text).encode("utf-8"))


def load_mapping(path: Path | str) -> SavedMapping:
    """What a mapping file says.

    Raises:
        FileError: The file cannot be read.
        UsageError: It is no mapping file; each mistake with its place.
    """
    document = yamlfile.load(path)
    return document.validate(SavedMapping, data=document.data or {})
