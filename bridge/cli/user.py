"""PUID and PGID, as home servers know them: a container that was started as root goes on as this user.

Python does it, so that the image needs neither a shell nor an init system.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from bridge.errors import SettingWrong


def become(environment: Mapping[str, str]) -> None:
    """Does nothing unless root starts us and PUID is set. Raises SettingWrong."""
    if os.geteuid() != 0 or not environment.get("PUID"):
        return
    user = _number(environment, "PUID")
    group = _number(environment, "PGID") if environment.get("PGID") else user
    try:
        _give(Path(environment.get("FLEET2MQTT_DATA_DIR", "data")), user, group)
        os.setgroups([])
        os.setgid(group)
        os.setuid(user)
    except OSError as error:
        raise SettingWrong(
            f"PUID: cannot become user {user}: {error}. The container needs the capabilities CHOWN, SETUID and SETGID "
            "for that; or leave PUID out and start it with --user"
        ) from None


def _number(environment: Mapping[str, str], name: str) -> int:
    given = environment[name]
    if not given.isascii() or not given.isdigit() or not 0 < int(given) < 2**31:
        raise SettingWrong(f"{name}: must be the number of a user, and not root's")
    return int(given)


def _give(directory: Path, user: int, group: int) -> None:
    """The data directory and the files in it; there is nothing deeper."""
    if directory.is_dir():
        # The directory last: root may have no right to look into one that is the user's alone.
        for path in (*_inside(directory), directory):
            if path.lstat().st_uid != user:
                os.chown(path, user, group, follow_symlinks=False)


def _inside(directory: Path) -> list[Path]:
    try:
        return list(directory.iterdir())
    except PermissionError:  # it was given away before, and is closed to root without capabilities
        return []
