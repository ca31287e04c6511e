"""Speed and memory of the bridge, each beside a bare baseline in the same run: `python -m benchmarks [NAME ...]`."""
