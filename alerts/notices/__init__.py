"""Takedown notices: one file per template, filled from the facts; a person sends, the software only fills."""

from alerts.notices.drafting import Notice, draft
from alerts.notices.filling import has_open_places
from alerts.notices.offered import NoticeType, types

__all__ = ["Notice", "NoticeType", "draft", "has_open_places", "types"]
