"""The whole bridge on a simulated account for a month, with faults: bill, sleep, calls."""
