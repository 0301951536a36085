"""The JSON that goes in and out of /api/v1, as OpenAPI describes it."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

Scope = Literal["watch", "addresses", "letters"]
Giver = Literal["self", "guardian", "centre"]
Event = Literal["exposure.created", "verdict.changed", "notice.due"]


class Strict(BaseModel):
    """No field but those that are named: there is no place that a picture could be in."""

    model_config = ConfigDict(extra="forbid")


class NewClient(Strict):
    """Somebody who came to the centre, and what they allow."""

    pseudonym: Annotated[str, Field(min_length=1, max_length=200)]
    given_by: Giver
    consent: Annotated[str, Field(min_length=1, max_length=500, description="How it was given.")]
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=3)]
    days: Annotated[int, Field(ge=1, le=365)]
    language: Literal["ko", "en"] = "ko"
    birth_year: Annotated[int | None, Field(ge=1900, le=2100)] = None


class Client(BaseModel):
    """A client whose consent is open."""

    id: UUID
    pseudonym: str
    minor: bool
    scopes: list[Scope]
    until: datetime
    created_at: datetime


class NewEnrolment(Strict):
    """A photo, as the fingerprint that `watchlight fingerprint --json` or the portal's page makes of it."""

    agreed: Literal[True]
    fingerprint: dict[str, Any]
    label: Annotated[str | None, Field(max_length=80)] = None


class Enrolment(BaseModel):
    """A photo that is looked for, or was."""

    id: UUID
    label: str | None
    created_at: datetime
    withdrawn_at: datetime | None


class Exposure(BaseModel):
    """What was found. `page_url` and `picture_url` only where the client allows addresses."""

    id: UUID
    client: UUID
    state: str
    kind: str
    confidence: float
    first_seen: datetime
    last_seen: datetime
    created_at: datetime
    next: str
    page_url: str | None
    picture_url: str | None


class Verdict(BaseModel):
    """What one look again found: such as still-there, gone, re-appeared, unknown."""

    verdict: str
    at: datetime


class NewNotice(Strict):
    """A letter to be drafted: it is kept for a person to read and send."""

    type: Annotated[str, Field(max_length=64)]
    language: Annotated[str, Field(max_length=8)]
    values: Annotated[dict[str, Annotated[str, Field(max_length=4000)]], Field(max_length=60)] = {}


class Notice(BaseModel):
    """A letter. `sent_at` is set by a person in the portal."""

    id: UUID
    exposure: UUID
    type: str
    language: str
    subject: str | None
    text: str
    created_at: datetime
    sent_at: datetime | None


class Problem(BaseModel):
    """What went wrong (RFC 9457)."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str


class Clients(BaseModel):
    """A page of clients; `next` is the cursor of the page after it."""

    items: list[Client]
    next: str | None


class Exposures(BaseModel):
    """A page of exposures, newest first."""

    items: list[Exposure]
    next: str | None


class NewWebhook(Strict):
    """Where a program wants to hear of which events: an https address on the public net."""

    url: Annotated[str, Field(min_length=1, max_length=2000)]
    events: Annotated[list[Event], Field(min_length=1, max_length=3)]


class Webhook(BaseModel):
    """A webhook. `stopped_because` says what ended its last try; then nothing is told until it is resumed."""

    id: UUID
    url: str
    events: list[Event]
    created_at: datetime
    stopped_at: datetime | None
    stopped_because: str | None


class NewSecret(Webhook):
    """A webhook with its secret, as Standard Webhooks writes one. It is shown this once."""

    secret: str


class Delivery(BaseModel):
    """One event on its way. `id` is the message's Webhook-Id, which never changes."""

    id: UUID
    event: str
    state: Literal["waiting", "leased", "done", "given-up", "withheld"]
    tries: int
    last_error: str | None
    created_at: datetime
    next_at: datetime | None
    done_at: datetime | None


class Deliveries(BaseModel):
    """A page of the log, newest first. It reaches back 30 days."""

    items: list[Delivery]
    next: str | None


class Waiting(BaseModel):
    """How many events wait to be told."""

    waiting: int


class Pinged(BaseModel):
    """The id of a test event that is on its way: look for it in the log."""

    delivery: UUID


class NewList(Strict):
    """A list of hashes of an exchange: what it is called, why it is compared, where it is from, and for how long."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    purpose: Annotated[str, Field(min_length=1, max_length=400)]
    source: Annotated[str, Field(min_length=1, max_length=400)]
    days: Annotated[int, Field(ge=1, le=365)] = 365
    minors: bool = False


class HashList(BaseModel):
    """A list, with how many entries are compared and how many were withdrawn."""

    id: UUID
    name: str
    purpose: str
    source: str
    minors: bool
    entries: int
    withdrawn: int
    created_at: datetime


class NewRecords(Strict):
    """Records as ThreatExchange or HMA writes them, at most 200 at once; each is read as in a file."""

    records: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=200)]


class BadRecord(BaseModel):
    """A record that is no good: its number, from 1 on, and what to mend."""

    number: int
    why: str


class TakenIn(BaseModel):
    """What became of records. `refused`: withdrawn before, so not taken again. `other`: other kinds of hashes."""

    added: int
    known: int
    withdrawn: int
    refused: int
    other: int
    bad: list[BadRecord]


class ListEntry(BaseModel):
    """One entry. `hash` is null once it was withdrawn."""

    id: UUID
    hash: str | None
    quality: int
    external_id: str | None
    tags: list[str]
    imported_at: datetime
    withdrawn_at: datetime | None


class ListEntries(BaseModel):
    """A page of entries; `next` is the cursor of the page after it."""

    items: list[ListEntry]
    next: str | None
