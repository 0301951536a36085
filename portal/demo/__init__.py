"""The demo: a little web of real pages on loopback, and the whole road walked through it."""
