"""How an alert reaches a person: one file per channel, found by walking the folder.

A channel file has a function `channel(environ)` that returns the channel, or None when it is not set up here.
"""

import importlib
import pkgutil
from collections.abc import Mapping
from typing import Protocol

from alerts.message import Outgoing


class Channel(Protocol):
    """One way to a person."""

    @property
    def name(self) -> str:
        """The word that a person's list of channels uses for it."""

    def send(self, outgoing: Outgoing) -> None:
        """Hand the alert over; return when the other side has taken it, else raise DeliveryFailed."""


def configured(environ: Mapping[str, str]) -> dict[str, Channel]:
    """Return the channels that are set up here, by name."""
    found: dict[str, Channel] = {}
    for module in pkgutil.iter_modules(__path__):
        channel = importlib.import_module(f"{__name__}.{module.name}").channel(environ)
        if channel is not None:
            found[channel.name] = channel
    return found
