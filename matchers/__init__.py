"""COMPARES. Pixels to fingerprints to matches; no network, no person."""
