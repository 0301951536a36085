"""SQLite's write-ahead log, also where many processes open a new database in the same moment."""

import sqlite3
import time


def keep_write_ahead_log(connection: sqlite3.Connection, wait_s: float) -> None:
    """Put the database on the write-ahead log; raises OperationalError when it is locked for longer than `wait_s`.

    SQLite's own patience does not cover this: while another connection makes the change it refuses at once.
    """
    until = time.monotonic() + wait_s
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.05)
        else:
            return
