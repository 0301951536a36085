"""Recall: how often an edited copy of an enrolled photo is still found, edit by edit."""
