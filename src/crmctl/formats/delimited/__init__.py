"""Delimited text: what a file's structure is, its records counted, mended and loaded, and written again."""
