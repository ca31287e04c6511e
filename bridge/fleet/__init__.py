"""The Fleet API: the only package that imports httpx2 and tenacity."""

from importlib.metadata import version

VERSION = version("fleet2mqtt")
"""Of the installed distribution."""
