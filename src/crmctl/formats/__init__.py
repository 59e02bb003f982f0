"""Files in and out, one file per format: text columns in a DuckDB table on one side, bytes on the other."""

from crmctl.formats.detect import FORMATS, SUFFIXES, detect_format
from crmctl.formats.model import Dialect, Part, Reading, ReadOptions
from crmctl.formats.parts import parts
from crmctl.formats.reading import read, spool
from crmctl.formats.writing import write

__all__ = [
    "FORMATS", "SUFFIXES", "Dialect", "Part", "ReadOptions", "Reading", "detect_format", "parts", "read", "spool",
    "write",
]  # fmt: skip
