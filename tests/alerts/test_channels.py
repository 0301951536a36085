"""Channels on real servers: verified, bounded, signed, and bare of everything a stranger should not read."""

import base64
import email
import hashlib
import hmac
import json
import socket
import time
from email import policy
from email.message import EmailMessage

import pytest

from alerts.channels import configured
from alerts.channels.smtp import BadMailSettings, channel
from alerts.channels.webhook import WebhookChannel
from alerts.errors import DeliveryFailed
from alerts.message import SUBJECTS, body
from alerts.notices.facts import facts
from tests.alerts.conftest import NOW, free_port, outgoing
from tests.alerts.hostile import STRINGS

HOOKS = WebhookChannel(allow_loopback=True, whole_s=3.0)


def received(server) -> EmailMessage:
    return email.message_from_bytes(
        server.taken[-1].original_content or server.taken[-1].content, policy=policy.default
    )


def outcome(send, *what) -> DeliveryFailed | None:
    """Return why a delivery failed, or None when it was taken."""
    try:
        send(*what)
    except DeliveryFailed as refused:
        return refused
    return None


def failure(send, *what) -> DeliveryFailed:
    with pytest.raises(DeliveryFailed) as refused:
        send(*what)
    return refused.value


def test_a_mail_carries_the_phrase_the_count_and_the_helplines_and_nothing_else_to_act_on(mail_server):
    alert = outgoing(language="ko")
    mail_server.channel().send(alert)

    mail = received(mail_server)
    text = mail.get_content()
    assert mail["Subject"] == "새 알림이 있습니다"
    assert "blue lantern" in text
    assert "2건" in text
    assert "1366" in text
    assert "http" not in text
    assert "watchlight" not in mail.as_string().lower()
    assert not mail.is_multipart()
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail_server.taken[-1].rcpt_tos == ["seoyeon@example.org"]


def test_the_same_delivery_has_the_same_message_id_however_often_it_is_sent(mail_server):
    alert = outgoing()
    for _ in range(2):
        mail_server.channel().send(alert)
    ids = {email.message_from_bytes(each.content)["Message-ID"] for each in mail_server.taken}
    assert ids == {f"<{alert.delivery}@alerts.example>"}


@pytest.mark.parametrize("country", ["KR", "US", "GB", "BR"])
@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_country_gets_a_place_to_turn_to_in_both_languages(language, country):
    text = body(outgoing(country=country, language=language), facts(NOW.date()))
    after = text.split({"ko": "누군가와 이야기", "en": "talk to someone"}[language])[1]
    assert "\n- " in after


def test_hostile_phrases_never_alter_the_words_of_a_mail():
    known = facts(NOW.date())
    plain = body(outgoing(phrase="x"), known).splitlines()
    for untrusted in STRINGS:
        lines = body(outgoing(phrase=untrusted or "x"), known).splitlines()
        assert [n for n, line in enumerate(lines) if line != plain[n]] in ([], [5]), untrusted
        assert len(lines) == len(plain), untrusted


def test_a_hostile_mail_address_is_refused_or_is_the_only_one_that_gets_the_mail(mail_server):
    for untrusted in STRINGS:
        address, before = f"a{untrusted}@b.test", len(mail_server.taken)
        refused = outcome(mail_server.channel().send, outgoing(email=address))
        if refused is not None:
            assert (refused.slug, refused.final) == ("mail-address-unusable", True), untrusted
            assert len(mail_server.taken) == before
        else:
            assert address.isascii()
            assert address.isprintable()
            assert mail_server.taken[-1].rcpt_tos == [address]
            assert received(mail_server)["To"] == address
    assert len(mail_server.taken) < 10


def test_a_sent_mail_has_only_the_headers_we_wrote(mail_server):
    for untrusted in STRINGS[:60]:
        mail_server.channel().send(outgoing(phrase=untrusted or "x"))
    for each in mail_server.taken:
        mail = email.message_from_bytes(each.content, policy=policy.default)
        names = {name.lower() for name in mail} - {"x-peer", "x-mailfrom", "x-rcptto"}
        assert names == {
            "from", "to", "subject", "date", "message-id", "auto-submitted", "content-language",
            "content-type", "content-transfer-encoding", "mime-version",
        }  # fmt: skip
        assert mail["Subject"] in SUBJECTS.values()
        assert each.rcpt_tos == ["seoyeon@example.org"]


@pytest.mark.parametrize(
    ("answers", "slug", "final"),
    [
        ({"answer": "451 busy"}, "smtp-451", False),
        ({"answer": "554 no"}, "smtp-554", True),
        ({"recipient_answer": "450 later"}, "smtp-recipient-450", False),
        ({"recipient_answer": "550 nobody seoyeon@example.org"}, "smtp-recipient-550", True),
        ({"drop": "before"}, "smtp-connection", False),
    ],
)
def test_a_mail_that_is_not_taken_fails_with_a_slug_without_personal_data(mail_server, answers, slug, final):
    for name, value in answers.items():
        setattr(mail_server, name, value)
    refused = failure(mail_server.channel().send, outgoing())
    assert (refused.slug, refused.final) == (slug, final)
    assert mail_server.taken == []


def test_a_server_that_is_down_costs_a_try_and_no_more():
    dead = channel({"WATCHLIGHT_SMTP_URL": f"smtp://127.0.0.1:{free_port()}", "WATCHLIGHT_MAIL_FROM": "a@b.example"})
    refused = failure(dead.send, outgoing())
    assert refused.slug == "smtp-connection"
    assert not refused.final


def test_a_slow_server_is_cut_off(mail_server):
    mail_server.slow_s = 5.0
    began = time.monotonic()
    refused = failure(mail_server.channel(whole_s=0.5).send, outgoing())
    assert time.monotonic() - began < 4.9
    assert not refused.final


def test_a_drop_after_the_mail_was_taken_does_not_make_it_undelivered(mail_server):
    """With the answer lost we must try again; the fixed Message-ID lets the reader see one mail."""
    mail_server.drop = "after"
    alert = outgoing()
    refused = outcome(mail_server.channel().send, alert)
    assert refused is None or not refused.final
    assert len(mail_server.taken) == 1


def test_mail_over_an_unverified_or_missing_tls_is_refused(mail_server):
    for scheme in ("smtps", "smtp+starttls"):
        url = mail_server.url.replace("smtp:", f"{scheme}:")
        made = channel({"WATCHLIGHT_SMTP_URL": url, "WATCHLIGHT_MAIL_FROM": "a@b.example"})
        assert not failure(made.send, outgoing()).final
    assert mail_server.taken == []


@pytest.mark.parametrize(
    ("url", "sender"),
    [
        ("smtp://user:pass@mail.example", "a@b.example"),
        ("http://mail.example", "a@b.example"),
        ("smtp://", "a@b.example"),
        ("smtp://host:99999", "a@b.example"),
        ("smtp://mail.example", "Us <a@b.example>"),
        ("smtp://mail.example", "=?utf-8?q?x?=@b.example"),
        ("smtp://mail.example", ""),
    ],
)
def test_mail_settings_that_cannot_be_right_are_named(url, sender):
    with pytest.raises(BadMailSettings, match="WATCHLIGHT_"):
        channel({"WATCHLIGHT_SMTP_URL": url, "WATCHLIGHT_MAIL_FROM": sender})


def test_channels_are_found_by_walking_the_folder():
    assert set(configured({})) == {"webhook", "apprise"}
    both = configured({"WATCHLIGHT_SMTP_URL": "smtps://mail.example", "WATCHLIGHT_MAIL_FROM": "a@b.example"})
    assert set(both) == {"smtp", "supporter", "webhook", "apprise"}


def test_a_webhook_is_signed_and_holds_ids_and_a_count_only(hook_server):
    alert = outgoing(webhook_url=hook_server.url, webhook_secret="s3cret")
    HOOKS.send(alert)

    head, _, sent = hook_server.requests[0].partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
    assert json.loads(sent) == {
        "type": "update",
        "id": str(alert.delivery),
        "alert": str(alert.alert),
        "timestamp": NOW.isoformat(),
        "count": 2,
    }
    signed = f"{headers['Webhook-Id']}.{headers['Webhook-Timestamp']}.".encode() + sent
    expected = base64.b64encode(hmac.new(b"s3cret", signed, hashlib.sha256).digest()).decode()
    assert headers["Webhook-Signature"] == f"v1,{expected}"
    assert abs(int(headers["Webhook-Timestamp"]) - time.time()) < 60
    assert head.startswith(b"POST /hook?a=1 HTTP/1.1\r\n")
    for private in (b"seoyeon", b"lantern", b"s3cret", b"watchlight"):
        assert private not in hook_server.requests[0].lower()


@pytest.mark.parametrize(
    ("answer", "slug", "final", "wait_s"),
    [
        (b"HTTP/1.1 429 Slow\r\nRetry-After: 120\r\n\r\n", "webhook-429", False, 120.0),
        (b"HTTP/1.1 500 Oh\r\n\r\n", "webhook-500", False, 0.0),
        (b"HTTP/1.1 404 No\r\nRetry-After: -1\r\n\r\n", "webhook-404", False, 0.0),
        (b"HTTP/1.1 302 Go\r\nLocation: http://127.0.0.1:1/\r\n\r\n", "webhook-302", True, 0.0),
        (b"HTTP/1.1 410 Gone\r\n\r\n", "webhook-410", True, 0.0),
        (b"nonsense\r\n\r\n", "webhook-connection", False, 0.0),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 5000 + b"\r\n", "webhook-connection", False, 0.0),
        (b"", "webhook-connection", False, 0.0),
    ],
)
def test_a_webhook_that_is_not_taken_fails_without_following_anything(hook_server, answer, slug, final, wait_s):
    hook_server.answer = answer
    refused = failure(HOOKS.send, outgoing(webhook_url=hook_server.url, webhook_secret="x"))
    assert (refused.slug, refused.final, refused.wait_s) == (slug, final, wait_s)
    assert len(hook_server.requests) == 1


def test_a_webhook_that_answers_byte_by_byte_is_cut_off(hook_server):
    hook_server.answer = b"HTTP/1.1 200 OK\r\n" + b"X" * 1000
    hook_server.byte_pause_s = 0.05
    began = time.monotonic()
    slow = WebhookChannel(allow_loopback=True, whole_s=0.5)
    assert failure(slow.send, outgoing(webhook_url=hook_server.url, webhook_secret="x")).slug == "webhook-connection"
    assert time.monotonic() - began < 30


def test_a_peer_that_is_silent_in_the_middle_of_tls_is_cut_off():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        silent = f"https://127.0.0.1:{listener.getsockname()[1]}/"
        began = time.monotonic()
        slow = WebhookChannel(allow_loopback=True, whole_s=0.5)
        assert not failure(slow.send, outgoing(webhook_url=silent, webhook_secret="x")).final
        assert time.monotonic() - began < 30


def test_an_endless_answer_is_not_read(hook_server):
    hook_server.answer = b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 20_000_000
    HOOKS.send(outgoing(webhook_url=hook_server.url, webhook_secret="x"))


@pytest.mark.parametrize(
    ("url", "slug"),
    [
        ("http://127.0.0.1:1/", "webhook-loopback"),
        ("https://10.0.0.1/", "webhook-private"),
        ("https://[::ffff:127.0.0.1]/", "webhook-loopback"),
        ("https://2130706433/", "webhook-loopback"),
        ("http://1.1.1.1/", "webhook-not-https"),
        ("https://user:pw@hooks.example/", "webhook-address-unusable"),
        ("file:///etc/passwd", "webhook-address-unusable"),
        ("", "webhook-address-unusable"),
        (None, "webhook-address-unusable"),
    ],
)
def test_a_webhook_into_the_house_or_in_the_clear_is_refused_for_good(url, slug):
    refused = failure(WebhookChannel().send, outgoing(webhook_url=url, webhook_secret="x"))
    assert (refused.slug, refused.final) == (slug, True)


@pytest.mark.parametrize("secret", [None, "", "whsec_***"])
def test_an_unsigned_webhook_is_never_sent(hook_server, secret):
    assert failure(HOOKS.send, outgoing(webhook_url=hook_server.url, webhook_secret=secret)).final
    assert hook_server.requests == []


def test_hostile_webhook_addresses_reach_no_server_and_alter_no_request(hook_server):
    """A string in a query is percent-encoded; everywhere else it makes the address unusable or another host."""
    for untrusted in STRINGS[::7]:
        refused = outcome(HOOKS.send, outgoing(webhook_url=f"{hook_server.url}&q={untrusted}", webhook_secret="x"))
        assert refused is None or refused.slug == "webhook-address-unusable"
    assert hook_server.requests
    for request in hook_server.requests:
        head = request.partition(b"\r\n\r\n")[0].decode("ascii").split("\r\n")
        assert len(head) == 10
        assert head[0].startswith("POST /hook?a=1&q=")
