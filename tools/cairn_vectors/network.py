"""The small network of the vectors: members, keys, genesis."""

from dataclasses import dataclass

from cairn_verify import cbor, gs1
from cairn_verify.governance import network_id
from cairn_verify.records import GOVERNANCE_TYPE

from .signing import (Key, governance_content, governance_rows, make_part, make_statement,
                      manifest_bytes)

T0 = 1_767_225_600_000  # 2026-01-01T00:00:00Z
MINUTE, DAY = 60_000, 86_400_000
ALPHA, BETA = "log.example/alpha", "log.example/beta"


def gln(prefix: str, reference: str) -> str:
    """A GLN from prefix and reference."""
    body = prefix + reference
    return body + gs1.check_digit(body)


@dataclass(frozen=True)
class Member:
    """An organisation of the vectors."""

    name: str
    prefix: str
    roles: tuple[str, ...]
    kind: str = "ed25519"

    @property
    def uri(self) -> str:
        """Its organisation URI."""
        return f"https://id.gs1.org/417/{gln(self.prefix, '00000')}"

    @property
    def site(self) -> str:
        """Its one site that governance lists."""
        return f"https://id.gs1.org/414/{gln(self.prefix, '00001')}"

    @property
    def key(self) -> Key:
        """Its issuer key."""
        return Key(f"{self.name} issuer", self.kind)

    def item(self) -> dict:
        """The organisation as governance lists it."""
        return {0: self.uri, 1: self.name, 2: sorted(self.roles), 3: [self.prefix],
                4: [self.site], 5: [["issuer", self.key.cose, T0 - DAY]]}

    def sgtin(self, reference: str, serial: str) -> str:
        """A URN of an item of this member; the reference has six digits."""
        return f"urn:epc:id:sgtin:{self.prefix}.{reference[:6]}.{serial}"

    def lgtin(self, reference: str, lot: str) -> str:
        """A URN of a batch of this member."""
        return f"urn:epc:class:lgtin:{self.prefix}.{reference[:6]}.{lot}"


FARM = Member("Sunny Farm", "9521001", ("supplier",))
PRESS = Member("Valley Press", "9521002", ("supplier",), "p256")
CARRIER = Member("Quick Carrier", "9521003", ("carrier",))
SHOP = Member("Corner Shop", "9521004", ("retailer",))
CERTIFIER = Member("Fair Certifier", "9521005", ("certifier",))
REGISTRAR = Member("Registrar", "9521006", ("registrar",))
LATECOMER = Member("Late Comer", "9521007", ("wholesaler",))
MEMBERS = (FARM, PRESS, CARRIER, SHOP, CERTIFIER, REGISTRAR)
GOVERNORS = {m.uri: Key(f"{m.name} governor") for m in (FARM, SHOP, REGISTRAR)}
GOVERNOR_KEYS = list(GOVERNORS.values())
LOG_KEYS = {ALPHA: Key("alpha log"), BETA: Key("beta log")}
COSIGNERS = {ALPHA: Key("alpha cosigner"), BETA: Key("beta cosigner")}


def node(origin: str, owner: Member) -> dict:
    """A node as governance lists it."""
    return {0: origin, 1: owner.uri, 2: LOG_KEYS[origin].cose, 3: COSIGNERS[origin].cose,
            4: None, 5: None}


def genesis_document(**changes) -> dict:
    """The genesis document as a map; `changes` name members like `m5`."""
    document = {
        0: "cairn-genesis-1", 1: "vector network", 2: T0, 3: 1,
        4: sorted(([uri, key.cose] for uri, key in GOVERNORS.items()), key=cbor.encode), 5: 2,
        6: sorted((m.item() for m in MEMBERS), key=lambda o: o[0].encode()),
        7: [node(ALPHA, REGISTRAR), node(BETA, SHOP)],
        8: [], 9: [["urn:example:scheme:organic", {0: "organic"}]],
        10: [REGISTRAR.uri], 11: {0: 0, 1: 0, 2: 300}}
    for name, value in changes.items():
        document[int(name[1:])] = value
    return document


class Genesis:
    """A genesis document with the statement that registers it."""

    def __init__(self, document: dict, governors: list[Key] | None = None,
                 issuer: Member = REGISTRAR):
        self.document = cbor.encode(document)
        self.network = network_id(self.document)
        signers = GOVERNOR_KEYS if governors is None else governors
        content = governance_content(self.network, self.document, signers)
        self.part = make_part(issuer.key, self.network, GOVERNANCE_TYPE, 0, content)
        self.rows = governance_rows(self.network, self.part)
        self.statement = make_statement(issuer.key, issuer.uri, self.network, self.rows,
                                        T0 // 1000)

    @property
    def file(self) -> bytes:
        """The genesis file."""
        return cbor.encode(["cairn-genesis-1", self.statement, manifest_bytes(self.rows),
                            self.part])


def amendment(network: bytes, seq: int, previous: bytes, changes: list) -> bytes:
    """An amendment body."""
    return cbor.encode([network, seq, previous, changes])
