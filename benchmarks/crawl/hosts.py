"""The hosts of the site: eight loopback addresses, each a site of its own for pace and connections."""

HOSTS = tuple(f"127.0.0.{number}" for number in range(1, 9))
