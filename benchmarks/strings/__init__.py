"""Hostile strings in every place that shows one."""
