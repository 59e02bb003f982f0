"""Finds every message that crmctl shows, and compares them with the Chinese catalogue.

`python scripts/messages.py --missing` lists what has no Chinese yet, `--stale` what is no longer said, and `--opaque`
the call sites whose message is no literal and so cannot be found; without an option, how many there are of each.
"""

from __future__ import annotations

import argparse
import ast
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "crmctl"
CATALOGUE = SOURCE / "vocabulary" / "messages.zh.json"

# Words that reach `crmctl.messages.term` as a value. Reasons, and names of keys and rules, are found in the sources.
WORDS = (
    *("passed", "warned", "failed", "skipped"),  # the outcome of a check
    *("fixed", "invalid", "ambiguous", "damaged", "placeholder", "refused"),  # the status of a finding
    *("(blank)", "reason"),  # the name of a file of rows without a value, and a column's header
    *(
        "superseded",
        "a later line has the same key",
        "the merged record says otherwise",
        "does not fit its type",
        "an error in the spreadsheet",
        "Excel keeps 15 digits of a number",
    ),  # what an import finds
    *("tab", "comma", "semicolon", "pipe", "space"),  # the delimiters of a text file
    *("given", "preset", "name", "label", "alias", "content"),  # why a header means a field
    *(
        "a PDF document",
        "a picture",
        "a RAR archive",
        "a 7-Zip archive",
        "a bzip2 archive",
        "an xz archive",
        "a file of Feather version 1",
        "a program",
        "an Avro file",
        "an ORC file",
        "a Numbers document",
        "a Word document",
        "a PowerPoint document",
    ),  # what is no table
    "today",  # where the run's moment comes from
    *("emails", "phones"),  # what matching leaves out where too many names share it
)
REASONS = ("cleaning/reasons.py", "exporting/reasons.py")
DEFINITIONS = SOURCE / "vocabulary" / "derived_columns.yaml"
ROLES = SOURCE / "vocabulary" / "matching_roles.yaml"

# Parameters of this type are templates, but for these functions' own.
_LITERAL, _OTHERS = "LiteralString", {"sql", "join", "idents"}


@dataclass(frozen=True)
class Sink:
    """A call that takes messages: which positional arguments and which keywords are templates."""

    positions: frozenset[int]
    keywords: frozenset[str]


@dataclass
class Found:
    """Every template with the places that say it, and the places whose template is no literal."""

    templates: dict[str, list[str]] = field(default_factory=dict)
    opaque: list[str] = field(default_factory=list)


def catalogue() -> dict[str, str]:
    """English template to Chinese template."""
    data: dict[str, str] = json.loads(CATALOGUE.read_text(encoding="utf-8"))
    return data


def templates() -> dict[str, list[str]]:
    """Every template that is shown, with the places where it is said."""
    return found().templates


@cache
def found() -> Found:
    """What the sources say, by walking their syntax trees."""
    trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in sorted(SOURCE.rglob("*.py"))}
    sinks = {name: sink for tree in trees.values() for name, sink in _declared(tree)}
    sinks = {name: sink for name, sink in sinks.items() if name not in _OTHERS}
    sinks |= dict.fromkeys(("Key", "ExactRule"), Sink(frozenset({0}), frozenset()))  # the notes of matching name them
    _inherit(sinks, trees.values())
    result = Found({word: [place] for place, words in _words(trees) for word in words})
    for path, tree in trees.items():
        _Reader(path.relative_to(ROOT).as_posix(), tree, sinks, result).visit(tree)
    return result


def _words(trees: Mapping[Path, ast.Module]) -> Iterator[tuple[str, Iterable[str]]]:
    """The words that are values, by the file where they stand."""
    yield "scripts/messages.py", WORDS
    for name in REASONS:
        constants = _assignments(trees[SOURCE / name])
        yield name, [n.value for _, n in constants if isinstance(n, ast.Constant) and isinstance(n.value, str)]
    columns = yaml.safe_load(DEFINITIONS.read_text(encoding="utf-8"))
    yield DEFINITIONS.name, [column["definition"] for column in columns.values()]
    yield ROLES.name, yaml.safe_load(ROLES.read_text(encoding="utf-8"))["roles"]


def _declared(tree: ast.AST) -> Iterator[tuple[str, Sink]]:
    """The functions and classes of a module that take literal templates."""
    for node in ast.walk(tree):
        for inner in ast.iter_child_nodes(node):
            if isinstance(inner, ast.FunctionDef):
                bound = isinstance(node, ast.ClassDef)
                name = node.name if isinstance(node, ast.ClassDef) and inner.name == "__init__" else inner.name
                sink = _sink(inner, bound=bound)
                if sink is not None:
                    yield name, sink


def _sink(function: ast.FunctionDef, *, bound: bool) -> Sink | None:
    arguments = [*function.args.posonlyargs, *function.args.args][bound:]
    positions = [number for number, argument in enumerate(arguments) if _is_literal(argument)]
    named = [*function.args.args, *function.args.kwonlyargs]
    names = [argument.arg for argument in named if _is_literal(argument)]
    return Sink(frozenset(positions), frozenset(names)) if positions or names else None


def _is_literal(argument: ast.arg) -> bool:
    return isinstance(argument.annotation, ast.Name) and argument.annotation.id == _LITERAL


def _inherit(sinks: dict[str, Sink], trees: Iterable[ast.AST]) -> None:
    """Give every subclass of an error that takes templates the templates of its base, unless it has its own."""
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and node.name not in sinks:
                own = any(isinstance(item, ast.FunctionDef) and item.name == "__init__" for item in node.body)
                bases = [base.id for base in node.bases if isinstance(base, ast.Name) and base.id in sinks]
                if bases and not own:
                    sinks[node.name] = sinks[bases[0]]


class _Reader(ast.NodeVisitor):
    """Walks one module and takes down every template that is handed to a sink."""

    def __init__(self, path: str, tree: ast.Module, sinks: dict[str, Sink], found: Found) -> None:
        self.path, self.sinks, self.found = path, sinks, found
        self.scopes: list[ast.AST] = [tree]
        self.bases: list[list[str]] = []
        self.translators = {
            item.asname or item.name
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.module == "crmctl.messages"
            for item in node.names
            if item.name == "translate"
        }

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.bases.append([base.id for base in node.bases if isinstance(base, ast.Name)])
        self.generic_visit(node)
        self.bases.pop()

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self.scopes.append(node)
        self.generic_visit(node)
        self.scopes.pop()

    def visit_Call(self, node: ast.Call) -> None:
        self.generic_visit(node)
        sink = self._sink_of(node.func)
        if sink is None:
            return
        said = [value for number, value in enumerate(node.args) if number in sink.positions]
        said += [keyword.value for keyword in node.keywords if keyword.arg in sink.keywords]
        for value in said:
            self._take(value)

    def _sink_of(self, function: ast.expr) -> Sink | None:
        translate = Sink(frozenset({0}), frozenset())
        if isinstance(function, ast.Name):
            return translate if function.id in self.translators else self.sinks.get(function.id)
        if isinstance(function, ast.Attribute):
            owner = function.value.id if isinstance(function.value, ast.Name) else ""
            if (owner, function.attr) == ("messages", "translate"):
                return translate
            if function.attr == "__init__" and self.bases:  # super().__init__(…) of an error
                return next((self.sinks[base] for base in self.bases[-1] if base in self.sinks), None)
            return self.sinks.get(function.attr)
        return None

    def _take(self, value: ast.expr) -> None:
        place = f"{self.path}:{value.lineno}"
        literals = self._literals(value, set())
        if literals is None:
            self.found.opaque.append(f"{place}: {ast.unparse(value)}")
        for text in literals or []:
            if text:
                self.found.templates.setdefault(text, []).append(place)

    def _literals(self, value: ast.expr, seen: set[str]) -> list[str] | None:
        """Every text that the expression can be; None where that cannot be told."""
        match value:
            case ast.Constant(value=str(text)):
                return [text]
            case ast.IfExp(body=body, orelse=other):
                return self._all([body, other], seen)
            case ast.Subscript(value=ast.Name() as name):
                return self._literals(name, seen)
            case ast.Dict(values=values):
                return self._all(values, seen)
            case ast.Tuple(elts=items) | ast.List(elts=items):
                return self._all(items, seen)
            case ast.Attribute(attr="cause_template" | "cure_template"):
                return []  # another error's template, found where that error is made
            case ast.Name(id=name) if name not in seen:
                return self._named(name, seen | {name})
        return None

    def _all(self, values: Iterable[ast.expr], seen: set[str]) -> list[str] | None:
        parts = [self._literals(value, seen) for value in values]
        return None if None in parts else [text for part in parts for text in part or []]

    def _named(self, name: str, seen: set[str]) -> list[str] | None:
        """What a variable of this scope can be: a literal parameter is told of by the callers."""
        for scope in reversed(self.scopes):
            if isinstance(scope, ast.FunctionDef):
                arguments = [*scope.args.posonlyargs, *scope.args.args, *scope.args.kwonlyargs]
                if any(argument.arg == name and _is_literal(argument) for argument in arguments):
                    return []
            values = [value for target, value in _assignments(scope) if target == name]
            if values:
                return self._all(values, seen)
        return None


def _assignments(scope: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """The variables that a function or module sets, also several at once."""
    for node in ast.walk(scope):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                yield from _pairs(target, node.value)
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            yield from _pairs(node.target, node.value)


def _pairs(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(target, ast.Name):
        yield target.id, value
    elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        for name, item in zip(target.elts, value.elts, strict=False):
            yield from _pairs(name, item)


def main() -> int:
    """List what was asked for; exit code 1 where there is any."""
    parser = argparse.ArgumentParser(description=__doc__)
    chosen = parser.add_mutually_exclusive_group()
    for name in ("missing", "stale", "opaque"):
        chosen.add_argument(f"--{name}", dest="wanted", action="store_const", const=name)
    wanted = parser.parse_args().wanted
    said, known = templates(), catalogue() if CATALOGUE.exists() else {}
    lists = {
        "missing": [text for text in sorted(said) if text not in known],
        "stale": [text for text in sorted(known) if text not in said],
        "opaque": found().opaque,
    }
    if wanted is None:
        counts = ", ".join(f"{len(items)} {name}" for name, items in lists.items())
        sys.stdout.write(f"{len(said)} templates, {counts}\n")
        return 0
    for item in lists[wanted]:
        sys.stdout.write(json.dumps(item, ensure_ascii=False) + "\n")
    return 1 if lists[wanted] else 0


if __name__ == "__main__":
    raise SystemExit(main())
