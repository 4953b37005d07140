"""The steps of SPEC §15.3 after `format`, one function each, in order."""

from dataclasses import dataclass, field

from . import alarms, index, notes
from . import evidence as files
from . import records, statements
from .amendments import amend
from .closure import LIMIT, Closure
from .genesis import Genesis, check_signer, governance_body, read_genesis
from .governance import State
from .hashes import ZERO, chain_head, leaf_hash, root_from_path, row_hash, subject_key
from .refusal import Refused, Rejected, need


@dataclass
class VerifiedLog:
    """One log of the evidence as the steps fill it in."""

    file: files.Log
    states: list[State]
    amended_at: list[int]
    checkpoint: notes.Checkpoint | None = None
    cosignatures: int = 0
    seal: statements.Seal | None = None
    seals: list[tuple[int, statements.Seal]] = field(default_factory=list)
    changes: list[tuple[int, int]] = field(default_factory=list)
    entries: dict[int, statements.Entry] = field(default_factory=dict)
    present: dict[bytes, tuple[int, bytes]] = field(default_factory=dict)

    def state_at(self, leaf: int) -> State:
        """The governance of the last seal before this leaf."""
        seq = 0
        for sealed, after in self.changes:
            if sealed < leaf:
                seq = after
        return self.states[seq]


def fallen(newest: State, entry: statements.Entry) -> list[tuple[str, str]]:
    """The findings about an entry's key and issuer under the newest governance."""
    issuer = newest.organisations[entry.statement.issuer]
    found = []
    if issuer.suspended(entry.registered_at):
        found.append(("issuer.suspended", issuer.uri))
    if issuer.keys[entry.statement.kid].fallen(entry.registered_at):
        found.append(("key.revoked", entry.statement.kid.hex()))
    return found


class Verification:
    """Evidence on its way through the steps; raises Rejected."""

    def __init__(self, raw: bytes, genesis: bytes):
        self.raw, self.genesis_raw = raw, genesis
        self.logs: list[VerifiedLog] = []
        self.contents: dict[bytes, records.Content] = {}

    def run(self) -> "Verification":
        """Every step in order."""
        for name in ("format", "genesis", "governance", "checkpoint", "seal", "transition",
                     "entry", "index", "chain", "row", "part", "closure", "alarm"):
            try:
                getattr(self, "step_" + name)()
            except Refused as refusal:
                raise Rejected(name, str(refusal)) from None
        return self

    @property
    def states(self) -> list[State]:
        """All states of the log whose governance is longest."""
        return max((log.states for log in self.logs), key=len)

    @property
    def newest(self) -> State:
        """The newest governance any log of the evidence holds."""
        return self.states[-1]

    def fallen(self, entry: statements.Entry) -> list[tuple[str, str]]:
        """What the newest governance took back of an entry."""
        return fallen(self.newest, entry)

    def step_format(self) -> None:
        """Strict decoding; sorted, unique, nothing unused."""
        self.evidence = files.read(self.raw)
        self.keys = [subject_key(self.evidence.network, f, u) for f, u in self.evidence.asked]

    def step_genesis(self) -> None:
        """The genesis file stands and is this network's."""
        self.genesis: Genesis = read_genesis(self.genesis_raw)
        same = self.genesis.state.network == self.evidence.network
        need(same, "statement.network", "evidence of another network")

    def step_governance(self) -> None:
        """Each log's chain of the network opens to genesis and amendments in order."""
        number = files.network_number(self.evidence)
        need(number is not None, "governance.format", "the network is not asked")
        for log in self.evidence.logs:
            need(number in log.chains, "governance.format", f"{log.origin}: no governance")
            self.logs.append(self._governed(log, log.chains[number]))
        heads = [[s.head for s in log.states] for log in self.logs]
        longest = max(heads, key=len)
        agree = all(longest[:len(h)] == h for h in heads)
        need(agree, "governance.previous", "two logs hold different amendments of one seq")

    def _governed(self, log: files.Log, links: list[files.Link]) -> VerifiedLog:
        states = [self.genesis.state]
        for link in links:
            raw = self.evidence.parts.get(link.digest)
            need(raw is not None, "governance.format", "a governance part is not opened")
            body, signatures = governance_body(records.read_part(raw))
            if link is links[0]:
                self._is_genesis(log, link)
            else:
                states.append(amend(states[-1], body, signatures))
        return VerifiedLog(log, states, [link.leaf for link in links[1:]])

    def _is_genesis(self, log: files.Log, link: files.Link) -> None:
        same = link.leaf == 0 and link.digest == self.genesis.part.digest
        need(same and 0 in log.entries, "governance.format", "index 0 is not genesis")
        statement = statements.read_entry(log.entries[0].raw).statement
        same = statement.raw == self.genesis.statement.raw
        need(same, "governance.format", "index 0 is not the genesis statement")

    def step_checkpoint(self) -> None:
        """The log's signature and known cosignatures, and nothing else."""
        for log in self.logs:
            read = notes.read_checkpoint(log.file.note)
            need(read.origin == log.file.origin, "note.format", "origin of the checkpoint")
            node = self.newest.nodes.get(read.origin)
            need(node is not None, "note.format", f"{read.origin} is no log of this network")
            log.checkpoint = read
            log.cosignatures = self._check_lines(read, node.key_at(read.size)[-2])

    def _check_lines(self, read: notes.Checkpoint, log_key: bytes) -> int:
        known = {(read.origin, notes.key_id(read.origin, notes.LOG_TYPE, log_key)):
                 (notes.log_signature_holds, log_key)}
        own = next(iter(known))
        for node in self.newest.nodes.values():
            if node.cosigner_key is not None:
                public = node.cosigner_key[-2]
                mark = notes.key_id(node.origin, notes.COSIGNATURE_TYPE, public)
                known[node.origin, mark] = (notes.cosignature_holds, public)
        seen = set()
        for name, mark, signature in read.lines:
            check = known.get((name, mark))
            need(check is not None, "note.signature", f"signature of unknown key of {name}")
            need((name, mark) not in seen, "note.signature", f"{name} signs twice")
            seen.add((name, mark))
            holds, public = check
            need(holds(read, public, signature), "note.signature", f"signature of {name}")
        need(own in seen, "note.signature", "the log key did not sign")
        return len(seen) - 1

    def _included(self, log: VerifiedLog, place: files.Placed) -> None:
        size, root = log.checkpoint.size, log.checkpoint.root
        leads = root_from_path(leaf_hash(place.raw), place.index, size, place.path)
        need(leads == root, "evidence.inclusion", f"leaf {place.index} is not in the checkpoint")

    def step_seal(self) -> None:
        """The last leaf of the checkpoint is the seal, under the log's last governance."""
        for log in self.logs:
            last = log.checkpoint.size - 1
            need(last >= 1, "seal.format", "a checkpoint ends on a seal after genesis")
            self._included(log, files.Placed(last, log.file.seal, log.file.seal_path))
            log.seal = statements.read_seal(log.file.seal)
            need(log.seal.governance_head == log.states[-1].head, "seal.format",
                 "governance head is not the log's last body")
            log.seals.append((last, log.seal))

    def step_transition(self) -> None:
        """One for each seal that changed the governance head."""
        for log in self.logs:
            heads = [s.head for s in log.states]
            seq, floor = 0, 0
            for before, after in log.file.transitions:
                seq = self._transition(log, heads, seq, floor, before, after)
                floor = after.index
            need(seq == len(heads) - 1, "evidence.transition", "a change of the head is missing")

    def _transition(self, log: VerifiedLog, heads: list[bytes], seq: int, floor: int,
                    before: files.Placed, after: files.Placed) -> int:
        """Checks one transition; the seq after it."""
        code = "evidence.transition"
        self._included(log, before)
        self._included(log, after)
        first, second = statements.read_seal(before.raw), statements.read_seal(after.raw)
        need(floor <= before.index < after.index, code, "transitions are not in order")
        need(second.previous == leaf_hash(before.raw), code, "the seals do not follow each other")
        need(first.governance_head == heads[seq], code, "head before")
        need(second.governance_head in heads[seq + 1:], code, "head after")
        reached = heads.index(second.governance_head)
        between = log.amended_at[seq:reached]
        need(all(before.index < leaf < after.index for leaf in between), code,
             "an amendment does not lie between the seals")
        log.seals += [(before.index, first), (after.index, second)]
        log.changes.append((after.index, reached))
        return reached

    def step_entry(self) -> None:
        """Entries are included, signed as governance of their place wants, and in order."""
        for log in self.logs:
            named = {link.leaf for chain in log.file.chains.values() for link in chain}
            missing = named - set(log.file.entries)
            need(not missing, "evidence.entry", f"entries {sorted(missing)[:3]} are missing")
            for leaf, place in log.file.entries.items():
                self._included(log, place)
                entry = statements.read_entry(place.raw)
                check_signer(log.state_at(leaf), entry)
                log.entries[leaf] = entry
            idents = {e.statement.ident for e in log.entries.values()}
            need(len(idents) == len(log.entries), "evidence.entry", "a statement stands twice")
            times = {i: e.registered_at for i, e in log.entries.items()}
            times |= {i: seal.sealed_at for i, seal in log.seals}
            moments = [times[i] for i in sorted(times)]
            rises = all(a <= b for a, b in zip(moments, moments[1:]))
            need(rises, "evidence.entry", "times decrease")

    def step_index(self) -> None:
        """The index proof holds for everything asked."""
        for log in self.logs:
            log.present = index.verify(log.file.proof, log.seal.index_root, self.keys)

    def step_chain(self) -> None:
        """Chains are there exactly where the index has them, whole."""
        code = "evidence.chain"
        for log in self.logs:
            hashes = {i: leaf_hash(p.raw) for i, p in log.file.entries.items()}
            for number, key in enumerate(self.keys):
                links = log.file.chains.get(number)
                need((links is not None) == (key in log.present), code,
                     f"{self.evidence.asked[number]} in {log.file.origin}")
                if links is None:
                    continue
                places = [(link.leaf, link.number) for link in links]
                rises = all(a < b for a, b in zip(places, places[1:]))
                need(rises, code, "links are not in order")
                head = ZERO
                for link in links:
                    row = row_hash(statements.row_bytes(link.digest, key, link.role))
                    head = chain_head(head, link.leaf, hashes[link.leaf], link.number, row)
                same = log.present[key] == (len(links), head)
                need(same, code, f"{self.evidence.asked[number]} is not whole")

    def step_row(self) -> None:
        """Each link's row is in its statement's manifest."""
        for log in self.logs:
            for number, links in log.file.chains.items():
                for link in links:
                    row = row_hash(statements.row_bytes(link.digest, self.keys[number], link.role))
                    statement = log.entries[link.leaf].statement
                    leads = root_from_path(row, link.number, statement.row_count, link.path)
                    need(leads == statement.root, "evidence.row", f"row of leaf {link.leaf}")
        self._governance_stands_alone()

    def _governance_stands_alone(self) -> None:
        number = files.network_number(self.evidence)
        for log in self.logs:
            for link in log.file.chains[number]:
                statement = log.entries[link.leaf].statement
                alone = statement.row_count == 1 and statement.part_count == 1 and link.role == 4
                need(alone, "rows.unexpected", "a governance statement holds one row")

    def step_part(self) -> None:
        """Parts decode; parts and stubs are exactly the digests named."""
        parts, stubs = self.evidence.parts, self.evidence.stubs
        named = {link.digest for log in self.evidence.logs
                 for chain in log.chains.values() for link in chain}
        need(not parts.keys() & stubs, "evidence.part", "a digest is both part and stub")
        need(parts.keys() | stubs == named, "evidence.part", "a part or stub is missing")
        for digest, raw in parts.items():
            part = records.read_part(raw)
            self.contents[digest] = records.Content(part, self.evidence.network)

    def step_closure(self) -> None:
        """What is asked is exactly what SPEC §15.2 asks."""
        self.closure = Closure(self)
        need(len(self.closure.asked) <= LIMIT, "evidence.too-large", "too many subjects")
        difference = self.closure.asked ^ set(self.evidence.asked)
        need(not difference, "evidence.closure",
             f"asked beyond or short of the closure: {sorted(difference)[:3]}")

    def step_alarm(self) -> None:
        """Each alarm proves what it says."""
        self.alarms = [alarms.read(each, self.genesis.state, self.newest) for each in self.evidence.alarms]
        held = {log.file.origin for log in self.logs}
        self.accusing = [each for each in self.alarms
                         if each.origin is None or each.origin in held]
