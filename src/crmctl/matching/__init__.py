"""Which rows are one customer, and the record that stands for them. Review, decisions and steps live elsewhere."""

from crmctl.matching.evaluation import Evaluation, evaluate
from crmctl.matching.golden import merge
from crmctl.matching.matches import Matches, find_duplicates
from crmctl.matching.settings import MatchSettings
from crmctl.matching.survivorship import Survivorship

__all__ = ["Evaluation", "MatchSettings", "Matches", "Survivorship", "evaluate", "find_duplicates", "merge"]
