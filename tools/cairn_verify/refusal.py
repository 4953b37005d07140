"""How this package says no: one exception with a stable code and a reason."""


class Refused(Exception):
    """Bytes or content that SPEC.md does not allow; `code` is of SPEC §20."""

    def __init__(self, code: str, reason: str):
        super().__init__(f"{code}: {reason}")
        self.code = code
        self.reason = reason


class Rejected(Exception):
    """Evidence that fails a step of SPEC §15.3."""

    def __init__(self, step: str, reason: str):
        super().__init__(f"{step}: {reason}")
        self.step = step
        self.reason = reason


def need(condition: bool, code: str, reason: str) -> None:
    """Refuses with `code` unless the condition holds."""
    if not condition:
        raise Refused(code, reason)
