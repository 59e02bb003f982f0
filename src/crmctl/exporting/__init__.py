"""Exporting: our rows in another system's shape, checked before they are written, and split over files."""
