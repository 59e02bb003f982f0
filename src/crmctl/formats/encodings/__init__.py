"""Text encodings: their names, and which one a file has."""
