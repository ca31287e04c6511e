"""Authorization codes: single use, short-lived, bound to what they were asked for with (fleet-api.md 1.4)."""

from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from hmac import compare_digest

# "Minutes" is all that is known.
CODE_LIFE = timedelta(minutes=5)


@dataclass(frozen=True)
class Code:
    """What the authorize step has agreed on; the token step must repeat it."""

    client_id: str
    redirect_uri: str
    scopes: frozenset[str]
    challenge: str | None
    nonce: str | None
    issued_at: datetime

    def good(self, now: datetime) -> bool:
        return now - self.issued_at < CODE_LIFE

    def proven_by(self, verifier: str | None) -> bool:
        """PKCE (RFC 7636, S256): a code with a challenge needs its verifier."""
        if self.challenge is None:
            return True
        return compare_digest(s256(verifier or ""), self.challenge)


def s256(verifier: str) -> str:
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
