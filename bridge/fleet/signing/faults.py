"""What each fault of the protocol means and what is done about it: one table (fleet-api.md 7.5)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto
from typing import NamedTuple

from tesla_protocol.command.universal_message_pb2 import MessageFault_E

from bridge.errors import AccessDenied, BridgeError, CallWrong, ServerFailed, SigningRequired, TryLater


class Then(Enum):
    """What is done."""

    RESYNC = auto()
    """The session was out of step. Take it from the reply, or open it anew: it shows whether the message was executed.

    If it was not, sign and send again.
    """
    WAIT = auto()
    """Not executed: the car is busy. Wait and send again."""
    WAIT_IF_REPEATABLE = auto()
    """It may have been executed. Send again what may be done twice; else it is not known what became of it."""
    UNKNOWN = auto()
    """It was received, and probably executed. Never send it again."""
    STOP = auto()
    """Sending it again cannot help."""


class Fault(NamedTuple):
    """One row. `error` is raised when nothing more is tried, with `reason` for machines and `text` for people."""

    then: Then
    reason: str
    text: str
    error: type[BridgeError]

    def raised(self) -> BridgeError:
        error = self.error(self.text)
        error.reason = self.reason
        return error


def _resync(reason: str, what: str) -> Fault:
    text = f"the car did not take the signature: {what}, again and again; nothing was done"
    return Fault(Then.RESYNC, reason, text, TryLater)


def _wrong(reason: str, text: str) -> Fault:
    return Fault(Then.STOP, reason, text, CallWrong)


def _denied(reason: str, text: str) -> Fault:
    return Fault(Then.STOP, reason, text, AccessDenied)


KEY_NOT_PAIRED = Fault(
    Then.STOP,
    "key_not_paired",
    "the app's key is not in the car: run `fleet2mqtt pair` and follow it on the owner's phone",
    SigningRequired,
)

CAR_KEY_CHANGED = Fault(
    Then.STOP,
    "car_key_changed",
    "the car answers with another key than before, so nothing is signed for it: somebody may stand between. "
    "If its computer was replaced, restart the bridge, which then trusts the new one",
    SigningRequired,
)

_F = MessageFault_E

FAULTS: Mapping[int, Fault] = {
    _F.MESSAGEFAULT_ERROR_BUSY: Fault(Then.WAIT, "busy", "the car was busy; nothing was done", TryLater),
    _F.MESSAGEFAULT_ERROR_TIMEOUT: Fault(
        Then.WAIT_IF_REPEATABLE, "car_timeout", "a part of the car did not answer in time", ServerFailed
    ),
    _F.MESSAGEFAULT_ERROR_UNKNOWN_KEY_ID: KEY_NOT_PAIRED,
    _F.MESSAGEFAULT_ERROR_INACTIVE_KEY: KEY_NOT_PAIRED._replace(
        reason="key_disabled", text="the app's key is disabled in the car: enable it in the car under Locks, or pair it"
    ),
    _F.MESSAGEFAULT_ERROR_INVALID_SIGNATURE: _resync("bad_signature", "wrong signature"),
    _F.MESSAGEFAULT_ERROR_INVALID_TOKEN_OR_COUNTER: _resync("bad_counter", "counter already used"),
    _F.MESSAGEFAULT_ERROR_INSUFFICIENT_PRIVILEGES: _denied(
        "insufficient_privileges", "the car does not allow this to the app's key, or not in its present state"
    ),
    _F.MESSAGEFAULT_ERROR_INVALID_DOMAINS: _wrong("invalid_domain", "the car has no such part"),
    _F.MESSAGEFAULT_ERROR_INVALID_COMMAND: _wrong("invalid_command", "the car does not know this command"),
    _F.MESSAGEFAULT_ERROR_DECODING: _wrong("decoding", "the car cannot read this command; its software may be too old"),
    _F.MESSAGEFAULT_ERROR_INTERNAL: Fault(
        Then.WAIT_IF_REPEATABLE, "car_internal", "something in the car went wrong", ServerFailed
    ),
    _F.MESSAGEFAULT_ERROR_WRONG_PERSONALIZATION: _wrong("wrong_vin", "the car says that it has another VIN"),
    _F.MESSAGEFAULT_ERROR_BAD_PARAMETER: _wrong("bad_parameter", "the car does not take a parameter of this command"),
    _F.MESSAGEFAULT_ERROR_KEYCHAIN_IS_FULL: _denied(
        "keychain_full", "the car has as many keys as it can hold: remove one in the car under Locks"
    ),
    _F.MESSAGEFAULT_ERROR_INCORRECT_EPOCH: _resync("bad_epoch", "the car was restarted"),
    _F.MESSAGEFAULT_ERROR_IV_INCORRECT_LENGTH: _wrong("bad_nonce", "the car does not take the message's form"),
    _F.MESSAGEFAULT_ERROR_TIME_EXPIRED: _resync("time_expired", "it came too late"),
    _F.MESSAGEFAULT_ERROR_NOT_PROVISIONED_WITH_IDENTITY: _wrong(
        "not_provisioned", "the car has no identity of its own: a matter for Tesla's service"
    ),
    _F.MESSAGEFAULT_ERROR_COULD_NOT_HASH_METADATA: _wrong("not_hashed", "the car could not check the signature"),
    _F.MESSAGEFAULT_ERROR_TIME_TO_LIVE_TOO_LONG: _resync("bad_lifetime", "its time to live is too long"),
    _F.MESSAGEFAULT_ERROR_REMOTE_ACCESS_DISABLED: _denied(
        "mobile_access_off", "mobile access is off: allow it in the car under Safety"
    ),
    _F.MESSAGEFAULT_ERROR_REMOTE_SERVICE_ACCESS_DISABLED: _denied(
        "service_access_off", "the car does not let Tesla's service in"
    ),
    _F.MESSAGEFAULT_ERROR_COMMAND_REQUIRES_ACCOUNT_CREDENTIALS: _denied(
        "needs_account", "the car takes this command only from the owner's own sign-in"
    ),
    _F.MESSAGEFAULT_ERROR_REQUEST_MTU_EXCEEDED: _wrong("too_long", "the command is longer than the car takes"),
    _F.MESSAGEFAULT_ERROR_RESPONSE_MTU_EXCEEDED: Fault(
        Then.UNKNOWN,
        "answer_too_long",
        "the car took the command, but its answer was too long to be sent",
        ServerFailed,
    ),
    _F.MESSAGEFAULT_ERROR_REPEATED_COUNTER: _resync("repeated_counter", "counter already used"),
    _F.MESSAGEFAULT_ERROR_INVALID_KEY_HANDLE: _resync("bad_handle", "the session is not known"),
    _F.MESSAGEFAULT_ERROR_REQUIRES_RESPONSE_ENCRYPTION: _wrong(
        "needs_encryption", "the car wants to encrypt its answer, and was not asked to"
    ),
    _F.MESSAGEFAULT_ERROR_COMMAND_REQUIRES_PHYSICAL_PROXIMITY: _denied(
        "needs_proximity", "the car takes this command only from somebody near it"
    ),
}


def of(number: int) -> Fault:
    """The row of this fault. One that is not known yet may have come after the deed."""
    text = f"the car answered with the fault {number}, which is not known here"
    return FAULTS.get(number) or Fault(Then.UNKNOWN, f"fault_{number}", text, ServerFailed)
