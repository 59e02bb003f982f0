"""How a report of checks is written down, one file for each format."""

from crmctl.checks.formats.github import to_github
from crmctl.checks.formats.junit import to_junit
from crmctl.checks.formats.markdown import to_markdown

__all__ = ["to_github", "to_junit", "to_markdown"]
