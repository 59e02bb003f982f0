"""A result's way out: in its own shape, in a target's, in one file or several."""
