"""Polling policies against simulated cars: the API bill, the hours asleep, and how stale what is published is."""
