"""Checks of data quality: kinds, the one-pass compiler, result formats. Which data are checked is said elsewhere."""

from crmctl.checks.failures import FailingRow
from crmctl.checks.formats import to_github, to_junit, to_markdown
from crmctl.checks.from_schema import schema_checks
from crmctl.checks.kinds import KINDS
from crmctl.checks.loading import load_checks, parse_check
from crmctl.checks.mask import mask
from crmctl.checks.model import Check
from crmctl.checks.result import CheckReport, CheckResult
from crmctl.checks.running import run_checks
from crmctl.checks.threshold import Threshold, parse_threshold

__all__ = [
    "KINDS",
    "Check",
    "CheckReport",
    "CheckResult",
    "FailingRow",
    "Threshold",
    "load_checks",
    "mask",
    "parse_check",
    "parse_threshold",
    "run_checks",
    "schema_checks",
    "to_github",
    "to_junit",
    "to_markdown",
]
