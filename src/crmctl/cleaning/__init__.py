"""Cleaning: one normaliser per semantic type, and running them over a relation."""

from crmctl.cleaning.email_domains import address_kinds, proposed_addresses
from crmctl.cleaning.normaliser import Context, Normaliser
from crmctl.cleaning.placeholders import missing_words
from crmctl.cleaning.reasons import LEVELS, Level, Status
from crmctl.cleaning.registry import NORMALISERS, suspect_values
from crmctl.cleaning.stream import clean
from crmctl.cleaning.values import normalise

__all__ = [
    "LEVELS", "NORMALISERS", "Context", "Level", "Normaliser", "Status", "address_kinds",
    "clean", "missing_words", "normalise", "proposed_addresses", "suspect_values",
]  # fmt: skip
