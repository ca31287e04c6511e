"""A Tesla account that behaves: cars that sleep, batteries that fill, tokens that rotate, bills that grow.

Written from fleet-api.md alone; it imports nothing of the bridge, so that one misreading cannot hide in both.
"""
