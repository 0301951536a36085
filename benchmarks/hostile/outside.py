"""The hostile side: a server with every hostile answer, and a canary that counts whoever reaches the inside."""

import contextlib
import socket
import threading

from benchmarks.hostile.answers import HOSTILE_ROBOTS, answers, head, hostile_robots


class HostileServer:
    """Listens on every address of 127.0.0.0/8; /robots.txt is 404, /good a page, any other path a hostile answer."""

    def __init__(self) -> None:
        self.answers = {name.replace(" ", "_").replace("%", ""): answer for name, answer in answers().items()}
        self.listener = socket.create_server(("", 0), backlog=256)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            wire, _ = self.listener.accept()
            threading.Thread(target=self._one, args=(wire,), daemon=True).start()

    def _one(self, wire: socket.socket) -> None:
        from urllib.parse import unquote

        with contextlib.suppress(OSError, IndexError), wire:
            wire.settimeout(90)
            asked = b""
            while b"\r\n\r\n" not in asked and (part := wire.recv(65_536)):
                asked += part
            path = unquote(asked.split(b" ")[1].decode("latin-1")).lstrip("/").partition("?")[0]
            answer = self.answers.get(path)
            if answer is not None:
                answer(wire)
            elif path == "good":
                wire.sendall(head("text/html", 4) + b"good")
            elif path == "robots.txt" and (here := wire.getsockname()[0]).startswith(HOSTILE_ROBOTS):
                files = hostile_robots()
                body = files[int(here.rpartition(".")[2]) % len(files)]
                wire.sendall(head("text/plain", len(body)) + body)
            else:
                wire.sendall(b"HTTP/1.1 404 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


class Canary:
    """Counts connections to one port of every address of this network namespace."""

    def __init__(self) -> None:
        self.hits: list[str] = []
        self.listener = socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True, backlog=256)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            wire, _ = self.listener.accept()
            self.hits.append(str(wire.getsockname()[0]))
            with contextlib.suppress(OSError):
                wire.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi")
                wire.close()

    def sings(self, address: str) -> bool:
        """Whether a connection made past our guard reaches it: else its silence would prove nothing."""
        before = len(self.hits)
        with contextlib.suppress(OSError), socket.create_connection((address, self.port), 2) as wire:
            wire.recv(10)
        return len(self.hits) > before
