"""A real PostgreSQL on this machine that can be away for a time."""

import time

from tests.servers import OwnPostgres


class Postgres(OwnPostgres):
    """A server of its own in a folder."""

    def away(self, seconds: float) -> None:
        """Stop the server, and start it again after so long."""
        self.stop()
        time.sleep(seconds)
        self.start()
