"""The ten invariants (reliability.md 4.2), looked for in one history. Each is a function: history -> what is wrong.

They know nothing of how the bridge is built. Each case ends with all of them.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from time import perf_counter
from typing import Any

from history import Command, History
from subject import examined

from bridge.fleet.transport import CONNECTIONS
from bridge.simulator.tokens import _accepts

TIME_TO_LIVE = 100.0
"""Real seconds: the longest that a command may wait by the settings of the kit, and a little."""

HEARD_LATE = 3.0
"""Real seconds: so much later than the bridge a spy may hear of a command, on a busy machine."""

CALLS: Mapping[str, str] = {
    "charge_limit": "set_charge_limit",
    "charge_current": "set_charging_amps",
    "sentry_mode": "set_sentry_mode",
    "honk_horn": "honk_horn",
    "flash_lights": "flash_lights",
    "backup_reserve": "backup",
    "operation_mode": "operation",
}
"""What Tesla calls what is asked for. Other names may be any of its calls."""

AT_THE_DOOR = {"starting", "busy"}
"""Reasons why a command was not taken on; who sends it again may have another answer (docs/mqtt.md)."""

EXIT_CODES = (0, 2, 70, 75)
"""Stopped; a wrong setting; stalled; asked to start again (docs/troubleshooting.md)."""

Wrong = Iterator[str]


def nothing_is_done_twice(history: History) -> Wrong:
    """I1. A site's write may be repeated once when the site does not show it (C2)."""
    for device, done in _by_device(history).items():
        for name, times in Counter(name for _, name in done).items():
            asked = {each.identity for each in history.commands if each.device == device and _may_be(each, name)}
            allowed = len(asked) * (2 if device.startswith("energy_site") else 1)
            if times > allowed and not _has_intents(history, device):
                yield f"{device} was told {name} {times} times, and {len(asked)} asked for it"


def nothing_is_done_unasked(history: History) -> Wrong:
    """I2. Each write has a live message that asked for it, not older than its time to live."""
    for device, done in _by_device(history).items():
        for at, name in done:
            if not _has_intents(history, device) and not _is_asked(history, device, name, at):
                yield f"{device} was told {name}, and nobody had asked for it, live and in time"


def the_sign_in_is_safe(history: History) -> Wrong:
    """I3. What is on the disk is what Tesla would still take."""
    lineages, now = history.cloud.tokens._lineages, history.cloud.clock.now()
    if not history.data.exists() or all(each.revoked for each in lineages):
        return
    try:
        kept = examined().kept_tokens(history.data)
    except (OSError, ValueError, KeyError) as error:
        yield f"the tokens on the disk cannot be read: {error!r}"
        return
    if kept and not any(_accepts(each, token, now) for each in lineages for token in kept):
        yield "no refresh token on the disk is one that Tesla takes"


def every_command_has_one_result(history: History) -> Wrong:
    """I4. At most one, however often it is told; and one, when its time is over and the bridge was there."""
    told: dict[tuple[str, str, object], set[tuple[Any, Any]]] = defaultdict(set)
    for device, name, correlation, body in history.results:
        is_taken_on = body.get("reason") not in AT_THE_DOOR
        for identity in filter(None, (body.get("transaction"), correlation)):
            told[device, name, identity] |= {(body.get("outcome"), body.get("finished_at"))} if is_taken_on else set()
    for (device, name, identity), results in told.items():
        if len(results) > 1 and not _is_reused(history, identity):
            yield f"{device} {name} {identity!r} has {len(results)} results: {sorted(map(str, results))}"
    for each in history.commands:
        wants = each.transaction or each.correlation
        if wants and _is_overdue(history, each) and (each.device, each.name, wants) not in told:
            yield f"{each.device} {each.name} {wants!r} has no result"


def the_budget_is_kept(history: History) -> Wrong:
    """I5."""
    budget = float(history.environment.get("FLEET2MQTT_TESLA_BUDGET", "10"))
    used = history.cloud.ledger.usage_usd(history.cloud.clock.now())
    if used > budget + 0.05:  # two calls of each class may be under way
        yield f"Tesla's bill is ${used:.2f}, and the budget ${budget:.2f}"


def no_secret_is_shown(history: History) -> Wrong:
    """I6. Tokens anywhere, VINs and places in the log."""
    tokens = history.cloud.tokens
    secrets = {
        *tokens._grants,
        *(each.newest for each in tokens._lineages),
        *(each.used or "" for each in tokens._lineages),
    }
    shown = history.log + "".join(each.payload.decode(errors="replace") for each in history.messages())
    for secret in filter(None, secrets):
        if secret in shown:
            yield f"a token is shown: {secret[:12]}..."
    for car in history.cloud.account.cars:
        if car.vin in history.log:
            yield f"a VIN is in the log: ...{car.vin[-6:]}"


def no_value_is_made_up(history: History) -> Wrong:
    """I7. The first value of a device comes after the first answer about it; nothing is `nan`."""
    first_answer = min((at for at, entry in history.entries if entry.status == 200), default=None)
    for each in history.messages():
        is_value = re.fullmatch(
            rf"{history.base}/(vehicle|energy_site|wall_connector)/[^/]+/(?!set|get|result)\w+/\w+", each.topic
        )
        if not is_value or not each.payload:
            continue
        if each.payload.lower() in {b"nan", b"inf", b"-inf", b"null", b"undefined"}:
            yield f"{each.topic} is {each.payload!r}"
        if (first_answer is None or each.at < first_answer) and each.payload != b"None" and not _has_a_past(history):
            yield f"{each.topic} is {each.payload!r} before Tesla has said anything"


def nothing_grows(history: History) -> Wrong:
    """I8. Descriptors and threads are what they were when it was ready, but for connections in use."""
    life = history.lives[-1] if history.lives else None
    if not life or life.ended is not None or life.descriptors is None or life.threads is None:
        return
    process = Path("/proc") / str(life.pid)
    if (now := len(list((process / "fd").iterdir()))) > life.descriptors + CONNECTIONS:
        yield f"{now} open descriptors, {life.descriptors} at the start"
    if (now := len(list((process / "task").iterdir()))) > life.threads + 8:
        yield f"{now} threads, {life.threads} at the start"


def it_lives_or_says_why(history: History) -> Wrong:
    """I9."""
    for life in history.lives:
        if life.ended is not None and not life.is_our_doing and life.code not in EXIT_CODES:
            yield f"it ended by itself with {life.code}"
    if "Traceback" in history.log:
        yield f"a traceback: {history.log[history.log.index('Traceback') :][-600:]}"


def the_log_is_quiet(history: History) -> Wrong:
    """I10. The same line is not told again and again."""
    if history.environment.get("FLEET2MQTT_LOG_LEVEL") == "debug":
        return
    lines = [re.sub(r"^\S+(?: \[)?", "", line) for line in history.log.splitlines()]
    allowed = 3 * max(1, len(history.lives)) + 7
    for line, times in Counter(lines).items():
        if times > allowed and re.match(r"(warning|error)", line):
            yield f"{times} times in the log: {line.strip()[:160]}"


INVARIANTS: Mapping[str, Callable[[History], Wrong]] = {
    "I1": nothing_is_done_twice,
    "I2": nothing_is_done_unasked,
    "I3": the_sign_in_is_safe,
    "I4": every_command_has_one_result,
    "I5": the_budget_is_kept,
    "I6": no_secret_is_shown,
    "I7": no_value_is_made_up,
    "I8": nothing_grows,
    "I9": it_lives_or_says_why,
    "I10": the_log_is_quiet,
}


def broken(history: History, but: frozenset[str] = frozenset()) -> list[str]:
    """What is wrong, by invariant. `but`: those that a case breaks on purpose."""
    return [f"{name}: {wrong}" for name, rule in INVARIANTS.items() if name not in but for wrong in rule(history)]


def _by_device(history: History) -> dict[str, list[tuple[float, str]]]:
    """`vehicle/<VIN>` -> when, and what it was told; wakes are no command."""
    done = defaultdict(list)
    for at, each in history.executions:
        kind = "energy_site" if each.device.isdigit() else "vehicle"
        done[f"{kind}/{each.device}"].append((at, each.name.rpartition("/")[2]))
    return done


def _may_be(command: Command, call: str) -> bool:
    return not command.retain and CALLS.get(command.name, call) == call


def _is_asked(history: History, device: str, call: str, at: float) -> bool:
    return any(
        each.device == device and _may_be(each, call) and each.at <= at + HEARD_LATE and at <= each.at + TIME_TO_LIVE
        for each in history.commands
    )


def _has_intents(history: History, device: str) -> bool:
    """Powerwall intents write several settings, and put them back later."""
    return any(each.device == device and "intent" in each.name for each in history.commands)


def _is_reused(history: History, identity: object) -> bool:
    """Was the same identity given to another wish, on purpose?"""
    asked = [each for each in history.commands if identity in (each.transaction, each.correlation)]
    return len({(each.device, each.name, str(each.value)) for each in asked}) > 1


def _is_overdue(history: History, command: Command) -> bool:
    if command.retain or perf_counter() < command.at + TIME_TO_LIVE or not history.was_online(command.at):
        return False
    return any(life.lasted_from(command.at) and life.ended is None for life in history.lives)


def _has_a_past(history: History) -> bool:
    """Values of an earlier life are shown again at a start."""
    return len(history.lives) > 1
