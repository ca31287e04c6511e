"""What every process of a benchmark knows. Imports nothing, so that it weighs nothing in a bare process."""

HOST = "127.0.0.1"

VIN = "LRW3F7EK4NC700001"

TOKEN = "x" * 900
"""As long as a real access token."""

LEVEL = f"vehicle/{VIN}/charge/battery_level"
"""The value that shows that a car has been read."""
