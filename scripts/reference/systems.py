"""The part of `docs/reference/presets.md` about other systems: the headers they write and what they take."""

from __future__ import annotations

from collections.abc import Iterator

from crmctl.schema import Preset, PresetColumn, PresetTable, Target, load_preset, preset_names
from reference.markdown import code, named, table

_INTRODUCTION = """\
`crmctl import FILE --from PRESET` reads a system's export, `crmctl export … --for PRESET` writes what its import takes.
Without a preset most of these headers are understood all the same; `--map` goes before a preset. A preset of your own
is a YAML file of the same form as those in `src/crmctl/vocabulary/presets/`; name its path. Headers count whatever
their case, blanks, hyphens, stars and remarks such as （必填）."""


def systems() -> list[str]:
    """The sections of all systems."""
    presets = [load_preset(name) for name in preset_names()]
    overview = table(
        ["Preset", "System", "Import", "Export", "What to know"],
        [(f"[{p.name}](#{p.name})", named(*dict.fromkeys((p.labels.get("en"), p.labels.get("zh")))), _read(p),
          _written(p), p.description) for p in presets],
    )  # fmt: skip
    return ["## Other systems", _INTRODUCTION, overview, *(text for preset in presets for text in _system(preset))]


def _read(preset: Preset) -> str:
    kinds = dict.fromkeys(table.kind for table in preset.tables.values() if table.fields)
    return (" + " if preset.flat else ", ").join(f"[{kind}](schemas.md#{kind})" for kind in kinds)


def _written(preset: Preset) -> str:
    if preset.target is None:
        return ""
    return ", ".join(name for name, each in preset.tables.items() if each.columns) or "any table"


def _system(preset: Preset) -> Iterator[str]:
    yield f"### {preset.name}"
    if preset.aliases:
        yield "Also " + ", ".join(map(code, preset.aliases)) + "."
    if preset.flat:
        yield "One file becomes customers, orders and order items. Cells that no field takes stay with the items."
    if preset.target:
        yield _file(preset.target)
    for name, each in preset.tables.items():
        yield f"**{name}** ({each.kind})"
        if each.fields:
            yield table(["Field", "Headers read"], _headers(each))
        if each.columns and preset.target:
            yield table(["Header written", "Field", "Rules"], [_column(column) for column in each.columns])
        if each.unique and preset.target:
            yield (
                "No two rows may agree on " + ", or on ".join(" and ".join(map(code, key)) for key in each.unique) + "."
            )


def _headers(each: PresetTable) -> list[tuple[str, str]]:
    fields: dict[str, list[str]] = {}
    for header, field in each.fields.items():
        fields.setdefault(field, []).append(header)
    own = fields.pop("", [])
    rows = [(code(field), ", ".join(headers)) for field, headers in fields.items()]
    return [*rows, ("own name", ", ".join(own))] if own else rows


def _column(column: PresetColumn) -> tuple[str, str, str]:
    filled = " + ".join(map(code, column.join)) or ", else ".join(
        code(name) for name in (column.field, *column.fallback) if name
    )
    rules = [
        "required" if column.required else "",
        f"at most {column.max_length} characters" if column.max_length else "",
        f"at most {column.max_bytes} bytes" if column.max_bytes else "",
        "ASCII before @" if column.ascii_local_part else "",
        f"one of {', '.join(column.allowed)}" if column.allowed else "",
        f"as {code(column.date_format)}" if column.date_format else "",
        f"otherwise {code(column.value)}" if column.value else "",
        "as SHA-256" if column.hashed else "",
    ]
    return column.header, filled, "; ".join(rule for rule in rules if rule)


def _file(target: Target) -> str:
    facts = [
        target.format,
        target.encoding.upper() + (" with BOM" if target.bom else "") if target.format == "csv" else "",
        f"at most {target.max_rows:,} rows a file" if target.max_rows else "",
        f"at most {target.max_bytes:,} bytes a file" if target.max_bytes else "",
        f"at most {target.max_columns} columns" if target.max_columns else "",
        f"dates as {code(target.date_format)}",
        f"{' and '.join(map(code, target.booleans))} for true and false",
        "with the mapping file of Data Loader (.sdl)" if target.mapping_file == "sdl" else "",
    ]
    return "The file: " + ", ".join(fact for fact in facts if fact) + "."
