"""The ground under the tests is itself tested."""

import socket

import pytest
import sqlalchemy


def test_a_test_cannot_leave_the_machine():
    with pytest.raises(AssertionError, match="leave the machine"):
        socket.create_connection(("192.0.2.1", 80), timeout=1)


def test_a_store_address_opens_a_real_database(store_url):
    with sqlalchemy.create_engine(store_url).connect() as connection:
        assert connection.scalar(sqlalchemy.text("select 1")) == 1
