"""The Fleet API: the only package that imports httpcore2."""

from importlib.metadata import version

VERSION = version("fleet2mqtt")
"""Of the installed distribution."""
