"""The tables of the registry, one file per group. What names or locates somebody is sealed bytes."""

from registry.models.base import Base, Utc
from registry.models.cases import (
    CursorRow,
    ExposureRow,
    NoticeRow,
    RangeRow,
    ReminderRow,
    ReplyRow,
    StoryRow,
    VerdictRow,
)
from registry.models.centres import AssignmentRow, CaseNoteRow, CentreRow, ClientConsentRow, ClientRow, StaffRow
from registry.models.consents import ConsentRow
from registry.models.decisions import DecisionRow
from registry.models.dismissals import DismissalRow
from registry.models.doors import AuditRow, HouseRow, SessionRow, SignInLinkRow
from registry.models.enrolments import EnrolmentChangeRow, EnrolmentRow
from registry.models.evidence import EvidenceKeyRow, EvidenceRecordRow, EvidenceRow, EvidenceStampRow
from registry.models.floods import FloodExposureRow, FloodRow
from registry.models.lists import HashListRow, ListEntryRow
from registry.models.lookups import ContactLookupRow
from registry.models.outbox import AlertExposureRow, AlertRow, DeliveryRow
from registry.models.passkeys import PasskeyRow, RecoveryCodeRow
from registry.models.people import PersonRow, RoleRow
from registry.models.reviews import ReviewSideRow, VerificationRow
from registry.models.tokens import ApiAnswerRow, ApiTokenRow
from registry.models.webhooks import WebhookDeliveryRow, WebhookRow

__all__ = [
    "AlertExposureRow",
    "AlertRow",
    "ApiAnswerRow",
    "ApiTokenRow",
    "AssignmentRow",
    "AuditRow",
    "Base",
    "CaseNoteRow",
    "CentreRow",
    "ClientConsentRow",
    "ClientRow",
    "ConsentRow",
    "ContactLookupRow",
    "CursorRow",
    "DecisionRow",
    "DeliveryRow",
    "DismissalRow",
    "EnrolmentChangeRow",
    "EnrolmentRow",
    "EvidenceKeyRow",
    "EvidenceRecordRow",
    "EvidenceRow",
    "EvidenceStampRow",
    "ExposureRow",
    "FloodExposureRow",
    "FloodRow",
    "HashListRow",
    "HouseRow",
    "ListEntryRow",
    "NoticeRow",
    "PasskeyRow",
    "PersonRow",
    "RangeRow",
    "RecoveryCodeRow",
    "ReminderRow",
    "ReplyRow",
    "ReviewSideRow",
    "RoleRow",
    "SessionRow",
    "SignInLinkRow",
    "StaffRow",
    "StoryRow",
    "Utc",
    "VerdictRow",
    "VerificationRow",
    "WebhookDeliveryRow",
    "WebhookRow",
]
