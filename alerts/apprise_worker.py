"""One message through apprise, in a process that dials public addresses only: `python -m alerts.apprise_worker`.

Reads {"url", "title", "body", "loopback"} as JSON from standard input and prints one word. Every connection is judged
at the moment it is made, on the numeric address, by a hook of the interpreter that no library can get around.
"""

import json
import os
import sys
from typing import Any

from egress.addresses import refusal

IPV4_OR_6 = (2, 4)  # an address is (host, port), or (host, port, flow, scope)
TIMEOUT_S = 20.0
REFUSED: list[str] = []  # why connections of this process were refused


class NotPublic(OSError):
    """This address must not be dialled."""


def main() -> int:
    """Send one message and say how it went."""
    job = json.loads(sys.stdin.buffer.read())
    sys.addaudithook(lambda event, values: _judge(event, values, allow_loopback=bool(job["loopback"])))
    word = send(job["url"], job["title"], job["body"])
    if word == "not-taken" and REFUSED:
        word = "address-refused"
    with os.fdopen(1, "w") as out:
        out.write(word)
    return 0


def send(url: str, title: str, body: str) -> str:
    """Return "taken", "not-taken", or why this address can never work."""
    import apprise

    asset = apprise.AppriseAsset(
        app_id="Updates",
        app_desc="",
        app_url="",
        image_url_mask="",
        image_url_logo="",
        async_mode=False,
        plugin_paths=[],
        http_redirects=False,
        storage_mode=apprise.PersistentStoreMode.MEMORY,
    )
    service = apprise.Apprise.instantiate(url, asset=asset, suppress_exceptions=True)
    if service is None:
        return "not-an-apprise-address"
    if not service.verify_certificate or service.redirects:
        return "settings-refused"
    service.socket_connect_timeout = service.socket_read_timeout = TIMEOUT_S
    taken = service.notify(title=title, body=body, body_format=apprise.NotifyFormat.TEXT)
    return "taken" if taken else "not-taken"


def _judge(event: str, values: tuple[Any, ...], *, allow_loopback: bool) -> None:
    """Refuse to connect or send to anything but a public address, and to start programs."""
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address = values[1]
        if not isinstance(address, tuple) or len(address) not in IPV4_OR_6:
            if address is None:
                return  # sendmsg on a connected socket: its connection was judged
            raise NotPublic("will not connect: not-an-address")
        reason = refusal(str(address[0]), allow_loopback=allow_loopback)
        if reason is not None:
            REFUSED.append(reason)
            raise NotPublic(f"will not connect: {reason}")
    elif event in ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn"):
        raise NotPublic("will not start programs")


if __name__ == "__main__":
    sys.exit(main())
