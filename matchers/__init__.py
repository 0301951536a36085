"""COMPARES. Pixels to fingerprints to matches; no network, no person.

from matchers import fingerprint, Index
"""

from matchers.errors import MatchersError, Unhashable
from matchers.fast_index import Index
from matchers.fingerprint import Fingerprint, fingerprint
from matchers.hashes import ImageHash
from matchers.index import Candidate

__all__ = ["Candidate", "Fingerprint", "ImageHash", "Index", "MatchersError", "Unhashable", "fingerprint"]
