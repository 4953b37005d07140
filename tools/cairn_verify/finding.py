"""A finding of a verdict, SPEC §24.6."""

from dataclasses import dataclass, field

ORDER = ("invalid", "contradicted", "revoked", "suspended", "expired", "incomplete", "withheld",
         "stale", "declared")
# Of what lowers to these nobody alone can tell more: all whom a finding names are asked.
DISPUTED = ("contradicted", "revoked", "suspended", "expired")
NAMED = ("by", "party", "receiver", "sender")


@dataclass
class Finding:
    """What was found of a lot, what it lowers the outcome to, whom to ask, what it rests on."""

    code: str
    lowers_to: str | None
    subject: str
    day: str | None = None
    parameters: dict = field(default_factory=dict)
    ask: str | None = None
    evidence: set[bytes] = field(default_factory=set)
    path: list[str] | None = None

    def sorting(self) -> tuple:
        """Worst first; then code, subject, day, evidence and parameters, bytewise."""
        rank = ORDER.index(self.lowers_to) if self.lowers_to else len(ORDER)
        return (rank, self.code.encode(), self.subject.encode(), (self.day or "").encode(),
                sorted(self.evidence), sorted((k.encode(), v.encode())
                                              for k, v in self._said().items()))

    def asked(self) -> set[str]:
        """Whom to ask next."""
        named = {self.ask}
        if self.lowers_to in DISPUTED:
            named |= {self.parameters.get(name) for name in NAMED}
        return {each for each in named if each} if self.lowers_to else set()

    def _said(self) -> dict[str, str]:
        return {name: value for name, value in sorted(self.parameters.items()) if value is not None}

    def json(self) -> dict:
        """As SPEC §24.6 writes it; what there is none of is left out."""
        members = {
            "code": self.code, "lowersTo": self.lowers_to, "subject": self.subject,
            "path": self.path, "day": self.day, "parameters": self._said(), "ask": self.ask,
            "evidence": sorted(each.hex() for each in self.evidence)}
        return {name: value for name, value in members.items() if value is not None}
