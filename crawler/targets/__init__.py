"""Targets: the public places we may look at, and where they are kept."""
