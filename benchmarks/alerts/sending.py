"""The process that is killed: it hands over what is due at the moment it is told, as `watchlight run` does."""

import os
import sys
from datetime import datetime

from alerts.channels import configured
from alerts.outbox import drain
from registry.database import Registry

if __name__ == "__main__":
    with Registry.open(sys.argv[1], bytes(range(32)), wait_s=30) as opened:
        drain(opened, configured(os.environ), datetime.fromisoformat(sys.argv[2]), limit=10_000, at_most_s=600)
