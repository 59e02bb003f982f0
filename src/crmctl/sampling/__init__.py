"""The seeded generator of messy bilingual customer data with its truth."""

from crmctl.sampling.files import SampleFile
from crmctl.sampling.sample import generate

__all__ = ["SampleFile", "generate"]
