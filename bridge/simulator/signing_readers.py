"""How protobuf messages are read: fields, members of a oneof and enum words (fleet-api.md 3.3)."""

from collections.abc import Callable
from typing import Any

from google.protobuf.message import Message

from bridge.simulator.signing_part import Fault, Faulty

Command = tuple[str, dict[str, Any]]
Reader = Callable[[Any], Command]


def only(name: str) -> Reader:
    return lambda _: (name, {})


def members(name: str, **fields: str) -> Reader:
    """Parameter -> field. A text that is empty was not given."""

    def read(said: Message) -> Command:
        values = {parameter: plain(getattr(said, field)) for parameter, field in fields.items()}
        return name, {parameter: value for parameter, value in values.items() if value not in {None, ""}}

    return read


def plain(value: Any) -> Any:
    """A 32-bit float shows digits that nobody sent."""
    return round(value, 5) if isinstance(value, float) else value


def either(on: str, off: str, field: str, **fields: str) -> Reader:
    def read(said: Message) -> Command:
        return members(on if getattr(said, field) else off, **fields)(said)

    return read


def oneof(group: str, names: dict[str, str]) -> Reader:
    def read(said: Message) -> Command:
        return names[chosen(said, group, names)], {}

    return read


def word(name: str, parameter: str, group: str, *words: str) -> Reader:
    """The name of the member that is set is the value."""
    return lambda said: (name, {parameter: chosen(said, group, words)})


def chosen(said: Message, group: str, known: Any) -> str:
    word = said.WhichOneof(group)
    if word not in known:
        raise Faulty(Fault.BAD_PARAMETER)
    return str(word)


def spelled(name: str, parameter: str, field: str, start: str) -> Reader:
    """An enum whose words begin alike: UNIT_CELSIUS is `celsius`. One that has no such word is refused."""

    def read(said: Message) -> Command:
        kind: Any = said.DESCRIPTOR.fields_by_name[field].enum_type
        value = kind.values_by_number.get(getattr(said, field))
        if value is None or value.name == f"{start}_INVALID":
            raise Faulty(Fault.BAD_PARAMETER)
        return name, {parameter: value.name.removeprefix(f"{start}_").lower()}

    return read


def enabled(name: str, field: str) -> Reader:
    """An enum of off, 0, and on, 1."""
    return lambda said: (name, {"on": bool(getattr(said, field))})
