"""Messengers through apprise: a service from the list, public addresses only, and no word that holds its keys."""

import dataclasses
import json
import logging

import pytest

from alerts.channels.apprise import AppriseChannel
from alerts.errors import DeliveryFailed
from tests.alerts.conftest import free_port, outgoing

OPEN = AppriseChannel(allow_loopback=True)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


def refused(url: str, channel: AppriseChannel = OPEN) -> tuple[str, bool]:
    with pytest.raises(DeliveryFailed) as failed:
        channel.send(outgoing(apprise_url=url))
    return failed.value.slug, failed.value.final


def test_a_message_arrives_with_the_words_of_a_mail_and_nothing_of_this_service(hook_server, caplog):
    hook_server.answer = OK
    with caplog.at_level(logging.DEBUG):
        OPEN.send(outgoing(apprise_url=f"ntfy://127.0.0.1:{hook_server.port}/secret-topic"))
    head, _, body = hook_server.requests[0].partition(b"\r\n\r\n")
    sent = json.loads(body)
    assert sent["title"] == "You have an update"
    assert "blue lantern" in sent["message"]
    assert "http" not in sent["message"]
    assert b"watchlight" not in (head + body).lower()
    assert b"apprise" not in head.lower()
    assert "secret-topic" not in caplog.text


def test_a_service_that_answers_500_or_is_not_there_is_tried_again(hook_server):
    hook_server.answer = b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"
    assert refused(f"ntfy://127.0.0.1:{hook_server.port}/x") == ("apprise-not-taken", False)
    assert refused(f"ntfy://127.0.0.1:{free_port()}/x") == ("apprise-not-taken", False)


def test_a_redirect_is_not_followed(hook_server):
    hook_server.answer = b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"
    assert refused(f"ntfy://127.0.0.1:{hook_server.port}/x")[0] == "apprise-not-taken"
    assert len(hook_server.requests) == 1


def test_addresses_of_our_own_networks_are_never_dialled():
    closed = AppriseChannel()
    for host in (f"127.0.0.1:{free_port()}", "[::1]", "10.0.0.1", "169.254.169.254"):
        assert refused(f"ntfys://{host}/x", closed) == ("apprise-address-refused", True), host


@pytest.mark.parametrize(
    "url", ["json://127.0.0.1/", "mailto://a:b@c.example", "syslog://", "file:///etc/passwd", "x", ""]
)
def test_services_off_the_list_are_refused_before_anything_is_started(url):
    assert refused(url) == ("apprise-service-not-allowed", True)


def test_an_address_cannot_switch_off_what_protects_it(hook_server):
    for setting in ("verify=no", "redirect=yes"):
        assert refused(f"ntfy://127.0.0.1:{hook_server.port}/x?{setting}") == ("apprise-settings-refused", True)
    assert hook_server.requests == []


def test_a_slow_service_is_cut_off(hook_server):
    hook_server.byte_pause_s = 0.5
    assert (
        refused(f"ntfy://127.0.0.1:{hook_server.port}/x", dataclasses.replace(OPEN, whole_s=3.0))[0] == "apprise-slow"
    )
