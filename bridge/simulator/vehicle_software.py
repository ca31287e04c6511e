"""Software updates: published, downloaded at home, scheduled, installed."""

from dataclasses import dataclass
from datetime import datetime, timedelta

VERSIONS = (
    ("2026.26.3", "8d1f03c2a94e"),
    ("2026.32.5", "5b7e9d104c36"),
    ("2026.38.8", "e02c6af7713b"),
    ("2026.44.2", "91d40be5f8a7"),
)
BETWEEN_RELEASES = timedelta(days=24)
DOWNLOAD = timedelta(minutes=12)
INSTALLATION = timedelta(minutes=25)
REBOOT = timedelta(minutes=3)  # the end of an installation, when nobody reaches the car
NOTHING = " "  # recorded: the version field when there is no update
IN_PROGRESS = {"downloading", "installing"}


@dataclass
class Software:
    """`status` holds Tesla's words; `since` is when it began."""

    published_at: datetime
    since: datetime
    installed: int = 0
    status: str = ""
    scheduled_at: datetime | None = None

    @property
    def version(self) -> str:
        """What runs."""
        return VERSIONS[self.installed][0]

    @property
    def car_version(self) -> str:
        """`car_version`, with the build's hash."""
        return " ".join(VERSIONS[self.installed])

    @property
    def offered(self) -> str:
        """The version of the update, if there is one."""
        return VERSIONS[self.installed + 1][0] if self.status else NOTHING

    @property
    def next_at(self) -> datetime | None:
        """When the state changes by itself."""
        if self.status == "scheduled":
            return self.scheduled_at
        if self.status in IN_PROGRESS:
            return self.since + (DOWNLOAD if self.status == "downloading" else INSTALLATION)
        return None

    @property
    def installing(self) -> bool:
        """The car cannot be driven."""
        return self.status == "installing"

    def rebooting(self, now: datetime) -> bool:
        """The car cannot be reached."""
        return self.installing and now >= self.since + INSTALLATION - REBOOT

    def download_percent(self, now: datetime) -> int:
        """0 without an update, 100 once it is there."""
        if self.status in {"", "downloading_wifi_wait"}:
            return 0
        return self._progress(now, DOWNLOAD) if self.status == "downloading" else 100

    def install_percent(self, now: datetime) -> int:
        """1 while nothing is being installed, as recorded."""
        return max(1, self._progress(now, INSTALLATION)) if self.installing else 1

    def schedule(self, at: datetime) -> None:
        """Will be installed then."""
        self.status, self.scheduled_at = "scheduled", at

    def cancel(self) -> None:
        """Back to waiting for an answer."""
        self.status, self.scheduled_at = "available", None

    def settle(self, now: datetime, *, has_wifi: bool, can_install: bool) -> None:
        """Goes on to the next stage when its time has come."""
        if not self.status and now >= self.published_at and self.installed + 1 < len(VERSIONS):
            self._enter("downloading_wifi_wait", now)
        if self.status == "downloading_wifi_wait" and has_wifi:
            self._enter("downloading", now)
        elif self.status == "scheduled" and can_install and self._due(now):
            self._enter("installing", now)
        elif self.status == "downloading" and self._due(now):
            self._enter("available", now)
        elif self.status == "installing" and self._due(now):
            self._finish(now)

    def _finish(self, now: datetime) -> None:
        self.installed += 1
        self.scheduled_at = None
        self.published_at = now + BETWEEN_RELEASES
        self._enter("", now)

    def _enter(self, status: str, now: datetime) -> None:
        self.status, self.since = status, now

    def _due(self, now: datetime) -> bool:
        return self.next_at is not None and now >= self.next_at

    def _progress(self, now: datetime, whole: timedelta) -> int:
        return max(0, min(99, int((now - self.since) / whole * 100)))
