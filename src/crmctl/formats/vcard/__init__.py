"""vCard files: one row to a card, both ways."""
