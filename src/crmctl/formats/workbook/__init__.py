"""Workbooks (.xlsx, .xlsm, .xls, .ods) as tables of text; reading only."""

from crmctl.formats.workbook.reading import read_workbook, workbook_parts

__all__ = ["read_workbook", "workbook_parts"]
