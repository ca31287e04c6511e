"""Makes the image from this tree and unpacks it, for `pytest --subject image`. Needs a container engine."""

from __future__ import annotations

import shutil
import sys
import tarfile
import tempfile

import docker
from composed import IMAGE, build
from subject import FILES


def main() -> int:
    sys.stderr.write("Making the image (a few minutes, the first time) ...\n")
    build()
    container = docker.from_env().containers.create(IMAGE)
    try:
        with tempfile.TemporaryFile() as packed:
            for part in container.export():
                packed.write(part)
            packed.seek(0)
            shutil.rmtree(FILES, ignore_errors=True)
            with tarfile.open(fileobj=packed) as files:
                files.extractall(FILES, filter="tar")
    finally:
        container.remove()
    return 0


if __name__ == "__main__":
    sys.exit(main())
