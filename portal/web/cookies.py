"""The portal's three cookies: the session, the visit that forms are tied to, and the chosen language."""

from dataclasses import dataclass

from fastapi import Response


@dataclass(frozen=True)
class Cookies:
    """Cookie names and flags; over HTTPS the names carry __Host-, which browsers hold to this host alone."""

    https: bool

    @property
    def session(self) -> str:
        """Return the name of the cookie that says who is signed in."""
        return self._named("session")

    @property
    def visit(self) -> str:
        """Return the name of the cookie that form tokens are made from."""
        return self._named("visit")

    @property
    def language(self) -> str:
        """Return the name of the cookie that keeps the chosen language."""
        return self._named("language")

    def set(self, response: Response, name: str, value: str, seconds: int | None = None) -> None:
        """Set a cookie no script can read and no other site can make a browser send; None: until it closes."""
        response.set_cookie(name, value, max_age=seconds, path="/", httponly=True, samesite="strict", secure=self.https)

    def forget(self, response: Response, name: str) -> None:
        """Take a cookie away again."""
        response.delete_cookie(name, path="/", httponly=True, samesite="strict", secure=self.https)

    def _named(self, name: str) -> str:
        return f"__Host-{name}" if self.https else name
