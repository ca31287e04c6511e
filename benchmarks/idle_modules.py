"""`python -m benchmarks.idle_modules FILE VERB ...`: fleet2mqtt, which at its end writes down what it has imported."""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path

from bridge.cli import main

SITE_PACKAGES = tuple({sysconfig.get_path("purelib"), sysconfig.get_path("platlib")})


def third_party() -> list[str]:
    """Names of the modules that came from site-packages, in the order they were imported."""
    origins = {name: getattr(module, "__file__", None) or "" for name, module in sys.modules.items()}
    return [name for name, origin in origins.items() if origin.startswith(SITE_PACKAGES)]


if __name__ == "__main__":
    file = Path(sys.argv.pop(1))
    try:
        main()
    finally:
        file.write_text("\n".join(third_party()), encoding="utf-8")
