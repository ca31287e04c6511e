"""Every error of the bridge, in one tree, named by who must act.

BridgeError
├── OwnerMustAct                 nothing will change until a person does something
│   ├── SettingWrong             a setting is missing or wrong: exit code 2
│   ├── SignInRequired           the refresh token is dead: sign in again
│   ├── ScopeMissing             the token does not hold a scope: consent again
│   ├── AccountLimited           Tesla switched the app off: billing limit or missing payment
│   ├── NotRegistered            the app is not registered in this region
│   ├── SigningRequired          the car takes only signed commands, or the key is not paired
│   ├── AccessDenied             mobile access off, account locked, or another 401 or 403
│   ├── BrokerRefused            the broker refused the login, a topic or a subscription
│   │   └── IdTaken              another client has connected with our client id
│   └── TopicsOverwritten        another client writes the topics that are ours
├── TryLater                     it heals by itself
│   ├── VehicleUnavailable       the car is asleep or offline (408): normal
│   ├── RateLimited              429, with the seconds to wait
│   ├── StartedOften             a crash loop: Tesla is not asked for a while
│   ├── BudgetSpent              our own ledger said no: the call was not made
│   ├── WakesSpent               the car was woken often enough today: it was not woken
│   ├── NotKept                  it could not be written to the disk, so it was not done
│   ├── NotSent                  no connection: provably nothing left this machine
│   ├── ServerFailed             5xx, or no answer in time: the outcome of a write is unknown
│   ├── AnswerInvalid            an answer that is not the JSON we asked for
│   └── BrokerLost               the MQTT connection is gone
├── NotOffered                   the bridge does not do this, or not here
└── CallWrong                    Tesla says the call itself is wrong (400, 404, 405, 406, 422): do not repeat
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Self

from bridge.redaction import redacted


class BridgeError(Exception):
    """The root. `reason` is the machine-readable word that reaches the result topic.

    `account` is the name of the account that it is about, where that is not the first: its settings are called
    otherwise, and it is signed in otherwise.
    """

    reason = "internal"
    account = ""
    bug: Exception | None = None
    """A fault of ours that it stands for: the log shows where."""

    @classmethod
    def of_bug(cls, what: str, bug: Exception) -> Self:
        error = cls(f"{what}: {type(bug).__name__}")
        error.bug = bug
        return error

    def __str__(self) -> str:
        """Fit for a log and for a topic: it may quote what Tesla or a library said, and that may quote a secret."""
        said = redacted(super().__str__())
        if not self.account:
            return said
        said = _FIRST_ACCOUNTS.sub(f"FLEET2MQTT_ACCOUNT_{self.account.upper()}_", said)
        return _VERBS.sub(rf"\1 --account {self.account}", said)


_FIRST_ACCOUNTS = re.compile(r"FLEET2MQTT_TESLA_(?!BUDGET)")
_VERBS = re.compile(r"(fleet2mqtt (?:login|logout|import))\b(?! --account)")


class OwnerMustAct(BridgeError):
    """Nothing will change until a person does something; the text says what."""

    reason = "owner_must_act"


class SettingWrong(OwnerMustAct):
    """A setting is missing or wrong. The text names the setting."""

    reason = "setting"


class SignInRequired(OwnerMustAct):
    """The refresh token was used, has expired or was revoked (401 login_required)."""

    reason = "signed_out"


class ScopeMissing(OwnerMustAct):
    """The token lacks a scope (403 `Unauthorized missing scopes`)."""

    reason = "scope"

    @classmethod
    def lacking(cls, scopes: Iterable[str], advice: str) -> Self:
        """`scopes`: any of them would do. `advice`: how to grant it."""
        names = " or ".join(scopes)
        lack = f"the Tesla sign-in lacks the scope {names}" if names else "the Tesla sign-in lacks a scope"
        return cls(f"{lack}: {advice or 'sign in again and grant it'}")


class AccountLimited(OwnerMustAct):
    """Tesla switched the app off (403 `EXCEEDED_LIMIT`, or 402)."""

    reason = "billing"


class NotRegistered(OwnerMustAct):
    """The app is not registered in this region (412)."""

    reason = "not_registered"


class SigningRequired(OwnerMustAct):
    """The car takes only signed commands (403 `Tesla Vehicle Command Protocol required`)."""

    reason = "signing_required"


class AccessDenied(OwnerMustAct):
    """Mobile access is off, the account is locked, or Tesla denies it for another reason."""

    reason = "denied"


class BrokerRefused(OwnerMustAct):
    """The MQTT broker refused the login, a publish or a subscription."""

    reason = "broker_refused"


class IdTaken(BrokerRefused):
    """Another client has connected with our client id, and the broker has thrown us out (MQTT 5, reason 142)."""


class TopicsOverwritten(OwnerMustAct):
    """Another client of the broker writes topics that are the bridge's alone."""

    reason = "overwritten"


class TryLater(BridgeError):
    """It heals by itself."""

    reason = "try_later"
    wait: float | None = None
    """Seconds after which to ask again; None: that is the asker's to say."""


class VehicleUnavailable(TryLater):
    """The car is asleep or offline (408). Not a fault."""

    reason = "asleep"


class RateLimited(TryLater):
    """Too many calls (429). `wait` is in seconds."""

    reason = "rate_limited"
    wait: float

    def __init__(self, text: str, wait: float) -> None:
        super().__init__(text)
        self.wait = wait


class StartedOften(TryLater):
    """The program was started again and again, without having been stopped."""

    reason = "crash_loop"


class BudgetSpent(TryLater):
    """The month's budget does not allow this call; it was not made."""

    reason = "budget"


class WakesSpent(TryLater):
    """The day's wakes of this car are used up; it was not woken."""

    reason = "wake_cap"


class NotKept(TryLater):
    """It could not be written to the disk, so it was not done."""

    reason = "disk"


class NotSent(TryLater):
    """No connection could be made: nothing reached Tesla."""

    reason = "not_sent"


class ServerFailed(TryLater):
    """A 5xx answer, or no answer after the request left. Whether a write was done is unknown."""

    reason = "no_answer"


class AnswerInvalid(TryLater):
    """The answer is not the JSON that was asked for. Whether a write was done is unknown."""

    reason = "bad_answer"


class BrokerLost(TryLater):
    """The connection to the MQTT broker is gone."""

    reason = "broker_lost"


class NotOffered(BridgeError):
    """The bridge does not do this, or not here; the text says where."""

    reason = "not_offered"


class CallWrong(BridgeError):
    """Tesla says that the call itself is wrong; repeating it cannot help."""

    reason = "call_wrong"
