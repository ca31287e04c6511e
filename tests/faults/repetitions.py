"""How often what is done many times is done: once where it must be quick, more in the long run."""

from __future__ import annotations

import os

MANY = int(os.environ.get("FAULTS_MANY", "1"))
