"""What a simulated car or site can object to; the server turns each into Tesla's answer."""


class BadParameter(Exception):
    """A parameter is missing or invalid: HTTP 400."""


class UnknownCommand(Exception):
    """No command has this name: HTTP 400 `invalid_command`."""


class GatewayDead(Exception):
    """The site's gateway does not answer: HTTP 500 `upstream internal error`."""
