"""Files in and out, one file per format: text columns in a DuckDB table on one side, bytes on the other."""

from crmctl.formats.detect import CONTAINERS, FORMATS, SUFFIXES, WRITABLE, container_of, detect_format, format_of_name
from crmctl.formats.model import Dialect, Part, Reading, ReadOptions
from crmctl.formats.parts import parts
from crmctl.formats.reading import read, spool
from crmctl.formats.writing import write

__all__ = [
    "CONTAINERS", "FORMATS", "SUFFIXES", "WRITABLE", "Dialect", "Part", "ReadOptions", "Reading", "container_of",
    "detect_format", "format_of_name", "parts", "read", "spool",
    "write",
]  # fmt: skip
