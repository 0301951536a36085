"""REMEMBERS. The only owner of personal data.

from registry import Registry, people, consents, enrolments, cases
"""

from registry.database import Registry

__all__ = ["Registry"]
