"""One file per verb: its parameters and a few calls into the rooms below. The index beside it is generated."""
