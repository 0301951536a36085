"""Takedown notices: assembled from the facts' structures and our own words; a person sends, the software only fills."""

from alerts.notices.drafting import Notice, draft
from alerts.notices.filling import has_open_places
from alerts.notices.offered import NoticeType, cards, types
from alerts.notices.records import Past, Sent

__all__ = ["Notice", "NoticeType", "Past", "Sent", "cards", "draft", "has_open_places", "types"]
