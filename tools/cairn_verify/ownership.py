"""Who has owned what, and who has let whom speak for it, SPEC §13.2."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Iterable

from . import gs1
from .claims import Scheme
from .governance import State
from .refusal import Refused


def _checkers(terms: dict) -> set[str]:
    """Whose transcribed certificates a scheme accepts; nobody's where it cannot be read."""
    try:
        return Scheme(terms).checkers
    except Refused:
        return set()


def _read(uri: str) -> gs1.Identifier | None:
    try:
        return gs1.read(uri)
    except Refused:
        return None


@dataclass(frozen=True)
class Gift:
    """A delegation as it was ever given: of governance, or a record with a URI."""

    by: str
    to: str
    prefixes: tuple[str, ...]
    has_sites: bool

    @staticmethod
    def recorded(record: dict, issuer: str, to: str) -> "Gift":
        """The delegation a record gives to one organisation."""
        scope = record[15]
        prefixes = tuple(value for name, value in scope if name == "prefix")
        has_sites = any(name == "site" for name, _ in scope)
        return Gift(issuer, to, prefixes, has_sites)

    def concerns(self, uri: str) -> bool:
        """Whether it may let somebody speak about this."""
        if self.has_sites:
            return True
        thing = _read(uri)
        return thing is not None and any(thing.covered_by(p) for p in self.prefixes)


class Ownership:
    """The union of all states that governance has had."""

    def __init__(self, states: Iterable[State]):
        self._members: set[str] = set()
        self._sites: dict[str, set[str]] = defaultdict(set)
        self._prefixes: set[tuple[str, str]] = set()
        self._gifts: dict[str, set[Gift]] = defaultdict(set)
        self.certifying: set[str] = set()
        self.anchors: set[str] = set()
        self.named: set[str] = set()
        for state in states:
            self._add(state)

    def _add(self, state: State) -> None:
        for member in state.organisations.values():
            self._members.add(member.uri)
            for site in member.sites:
                self._sites[site].add(member.uri)
            self._prefixes |= {(prefix, member.uri) for prefix in member.prefixes}
            if "certifier" in member.roles or "accreditor" in member.roles:
                self.certifying.add(member.uri)
        self.anchors |= set(state.anchors)
        self.named |= self.anchors.union(*(_checkers(terms) for terms in state.schemes.values()))
        for each in state.delegations.values():
            self._gifts[each.by].add(
                Gift(each.by, each.to, tuple(each.prefixes), bool(each.sites)))

    def owners(self, uri: str) -> set[str]:
        """The members that have owned this."""
        if uri in self._members:
            return {uri}
        owners = set(self._sites.get(uri, ()))
        thing = _read(uri)
        if thing is not None:
            owners |= {owner for prefix, owner in self._prefixes if thing.covered_by(prefix)}
        return owners

    def gifts(self, organisation: str) -> set[Gift]:
        """The delegations of governance that a member has given."""
        return self._gifts.get(organisation, set())
