"""Signed commands: the only package that imports tesla_protocol and google.protobuf (fleet-api.md 7)."""
