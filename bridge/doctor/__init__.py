"""What is wrong with an account, and the exact thing to do: one list of checks, for the verb and over MQTT."""

from bridge.doctor.case import Case
from bridge.doctor.daily import Daily
from bridge.doctor.findings import Finding, Mark, passed
from bridge.doctor.round import Doctor, examine

__all__ = ["Case", "Daily", "Doctor", "Finding", "Mark", "examine", "passed"]
