"""`python -m benchmarks.policy`: the same as `fleet2mqtt simulate-policy`."""

from __future__ import annotations

import argparse

from benchmarks.policy import command


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.policy", description=__doc__)
    command.arguments(parser)
    command.run(parser.parse_args())


if __name__ == "__main__":
    main()
