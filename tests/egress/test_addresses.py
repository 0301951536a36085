"""No address inside the house, however it is written, passes for a public one."""

import socket

import pytest

from egress.addresses import BadAddress, host_of, loopback_allowed, normal, port_of, refusal

INSIDE = [
    ("127.0.0.1", "loopback"),
    ("127.8.9.1", "loopback"),
    ("::1", "loopback"),
    ("::ffff:127.0.0.1", "loopback"),
    ("::127.0.0.1", "loopback"),
    ("64:ff9b::7f00:1", "loopback"),
    ("2002:7f00:1::", "loopback"),
    ("0.0.0.0", "unspecified"),
    ("0.1.2.3", "unspecified"),
    ("::", "reserved"),
    ("10.1.2.3", "private"),
    ("172.31.255.255", "private"),
    ("192.168.0.1", "private"),
    ("::ffff:10.0.0.1", "private"),
    ("2002:0a00:0001::1", "private"),
    ("64:ff9b::a00:1", "private"),
    ("64:ff9b:1::1", "reserved"),
    ("2001:0:4136:e378:8000:63bf:f5ff:fffe", "private"),
    ("fd00:ec2::254", "private"),
    ("fc00::1", "private"),
    ("fec0::1", "private"),
    ("169.254.169.254", "link-local"),
    ("::ffff:169.254.169.254", "link-local"),
    ("fe80::1", "link-local"),
    ("fe80::1%eth0", "link-local"),
    ("100.64.0.1", "carrier-nat"),
    ("100.100.100.200", "carrier-nat"),
    ("192.0.0.192", "reserved"),
    ("192.0.2.1", "documentation"),
    ("198.18.0.1", "benchmark"),
    ("198.51.100.7", "documentation"),
    ("203.0.113.9", "documentation"),
    ("224.0.0.1", "multicast"),
    ("ff02::1", "multicast"),
    ("240.0.0.1", "reserved"),
    ("255.255.255.255", "reserved"),
    ("192.88.99.1", "reserved"),
    ("168.63.129.16", "metadata"),
    ("2001:db8::1", "documentation"),
    ("3fff::1", "documentation"),
    ("100::1", "reserved"),
    ("5f00::1", "reserved"),
    ("4000::1", "reserved"),
    ("not an address", "not-an-address"),
    ("", "not-an-address"),
]


@pytest.mark.parametrize(("address", "reason"), INSIDE)
def test_an_address_inside_is_refused_by_name(address, reason):
    assert refusal(address) == reason


@pytest.mark.parametrize(
    "address",
    ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2a00:1450::1"],
)
def test_a_public_address_passes(address):
    assert refusal(address) is None


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "::ffff:127.0.0.1", "127.5.5.5"])
def test_opening_loopback_opens_loopback(address):
    assert refusal(address, allow_loopback=True) is None


@pytest.mark.parametrize(("address", "reason"), [case for case in INSIDE if case[1] != "loopback"])
def test_opening_loopback_opens_nothing_else(address, reason):
    assert refusal(address, allow_loopback=True) == reason


def test_loopback_is_opened_by_exactly_one_value():
    assert loopback_allowed({"WATCHLIGHT_ALLOW_LOOPBACK": "1"})
    assert not loopback_allowed({"WATCHLIGHT_ALLOW_LOOPBACK": "true"})
    assert not loopback_allowed({})


@pytest.mark.parametrize(
    "spelling",
    [
        "http://2130706433/",
        "http://0x7f.1/",
        "http://0177.0.0.1/",
        "http://127.1/",
        "http://１２７.0.0.1/",
        "http://127.0.0.1./",
    ],
)
def test_every_spelling_of_loopback_has_the_host_a_browser_sees(spelling):
    assert refusal(host_of(spelling)) == "loopback"


def test_an_address_is_written_as_a_browser_writes_it():
    assert normal("HTTP://Example.COM:80/a/../b?q=1#part") == "http://example.com/b?q=1"
    assert normal("https://예시.kr/가") == "https://xn--vv4b11d.kr/%EA%B0%80"
    assert host_of("http://[::FFFF:127.0.0.1]:8080/") == "::ffff:7f00:1"
    assert (port_of("http://a.example/"), port_of("https://a.example/"), port_of("http://a.example:81/")) == (
        80,
        443,
        81,
    )


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://example.com/",
        "javascript:alert(1)",
        "//example.com/",
        "http://",
        "http://exa mple.com/",
        "https://name:word@example.com/",
        "https://example.com@evil.example/",
        "http://a.example/" + "x" * 5000,
        "",
    ],
)
def test_what_a_browser_would_not_open_publicly_is_no_address(url):
    with pytest.raises(BadAddress):
        normal(url)


def test_names_do_not_leave_through_the_resolver_of_the_tests():
    assert socket.gethostbyname("localhost").startswith("127.")
