"""What a caller may choose about matching, with its defaults; how a choice is carried out is said elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

from crmctl.errors import UsageError


@dataclass(frozen=True, slots=True)
class MatchSettings:
    """How sure is sure enough. The defaults are meant for every file.

    Args:
        merge_at: Records that are one customer with at least this probability are merged.
        review_at: Pairs from here up to `merge_at` are for a person to decide.
        ignore: Columns (name or header) that matching leaves out.
        shared_by: An e-mail or phone under more different names than this is no one's own, and counts as missing.
    """

    merge_at: float = 0.95
    review_at: float = 0.6
    ignore: frozenset[str] = frozenset()
    shared_by: int = 8

    def check(self) -> None:
        """Refuse cuts that make no sense.

        Raises:
            UsageError: Not 0 < review_at ≤ merge_at < 1, or `shared_by` below 1.
        """
        if not 0 < self.review_at <= self.merge_at < 1:
            raise UsageError(
                "the cuts are {review_at} for review and {merge_at} for merging",
                cure="choose 0 < review ≤ merge < 1, for example 0.6 and 0.95",
                review_at=self.review_at,
                merge_at=self.merge_at,
            )
        if self.shared_by < 1:
            raise UsageError(
                "{shared_by} different names is too few", cure="choose 1 or more", shared_by=self.shared_by
            )
