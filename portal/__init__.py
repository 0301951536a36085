"""OPENS DOORS. Command line, web portal and demo."""
