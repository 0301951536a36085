"""Takedown notices: one file per template, filled from the facts; a person sends, the software only fills."""
