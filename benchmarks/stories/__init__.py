"""The three doors as people walk through them, on a slow phone."""
