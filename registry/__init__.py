"""REMEMBERS. The only owner of personal data."""
