"""An import: files read, understood, sorted into datasets, and met with the rows that are there."""
