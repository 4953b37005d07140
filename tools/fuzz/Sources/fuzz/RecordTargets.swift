import DeterministicCBOR
import EPCIS
import GS1
import MerkleTrees
import Records
import Signatures

extension FuzzTarget {
    private static let now: UInt64 = 1_800_000_000_000

    /// A target whose reader either refuses with a code or gives back the bytes.
    private static func identity(
        _ name: String, byteLimit: Int = 4_096, seeds: @escaping @Sendable () -> [[UInt8]] = { [] },
        _ encodedAgain: @escaping @Sendable ([UInt8]) throws(Refusal) -> [UInt8]
    ) -> FuzzTarget {
        FuzzTarget(name, byteLimit: byteLimit, pools: [.bytes], seeds: seeds) { bytes in
            do throws(Refusal) {
                let again = try encodedAgain(bytes)
                expect(again == bytes, "what is decoded encodes to the same bytes")
                expect(
                    (try? CBORValue.decode(bytes)) != nil, "what is decoded is deterministic CBOR")
            } catch {
                expectCoded(error.code, error.reason)
            }
        }
    }

    /// Signed statements.
    static let statement = identity("statement", byteLimit: 4_200) { (bytes) throws(Refusal) in
        let statement = try UnverifiedStatement.decode(bytes)
        expect(statement.bytes == bytes, "a statement is kept as it is")
        do throws(Refusal) {
            _ = try Material.governance.verify(statement, registeredAtMilliseconds: now)
            _ = try Material.governance.verify(
                statement, registeredAtMilliseconds: now, library: .both)
        } catch {
            expectCoded(error.code, error.reason)
        }
        return statement.cose.encoded()
    }

    /// Leaves of a log: entries and seals.
    static let entry = identity("entry") { (bytes) throws(Refusal) in
        let entry = try LogEntry.decode(bytes)
        expect(entry.leafHash == TreeHash.leaf(bytes), "a leaf hash is over the entry's bytes")
        return entry.encoded()
    }

    /// Alarms of every kind; nothing that a fuzzer makes convicts anybody.
    static let alarm = identity(
        "alarm",
        seeds: {
            let side = SplitView.Side(note: [1, 2, 3], root: .zero, proof: [.zero])
            let other = SplitView.Side(
                note: [4], root: Hash256.sha256([1]), proof: [.zero, .zero])
            let entries: [ProvenEntry] = (0..<3 as Range<UInt64>).map {
                ProvenEntry(index: $0, bytes: [0x83, 0, 1, 0x40], path: [.zero])
            }
            let kinds: [Alarm.Kind] = [
                .fork(SplitView(origin: "a.example/log", size: 2, side, other)),
                .amendments([1], [2]),
                .entries(
                    ContradictingEntries(
                        origin: "a.example/log", size: 3, side, entries[0], entries[1])),
                .entry(
                    BreakingEntry(
                        origin: "a.example/log", size: 3, side, entries[1],
                        seals: [entries[0], entries[2]])),
            ]
            return kinds.map {
                Alarm(network: Material.governance.network, amendments: [], kind: $0).encoded()
            }
        },
        { (bytes) throws(Refusal) in
            let alarm = try Alarm.decode(bytes)
            do throws(Refusal) {
                _ = try alarm.accused(under: Material.governance)
                expect(false, "nobody is convicted by what nobody signed")
            } catch {
                expectCoded(error.code, error.reason)
            }
            return alarm.encoded()
        })

    /// Manifests.
    static let manifest = identity("manifest") { (bytes) throws(Refusal) in
        let manifest = try Manifest.decode(bytes)
        expect(
            (try? Manifest(rows: manifest.rows.reversed())) == manifest,
            "a manifest is its set of rows")
        expect(manifest.partDigests.count == manifest.partCount, "parts are counted")
        return manifest.encoded()
    }

    /// Parts with whatever content their type announces.
    static let part = identity("part", byteLimit: 8_192) { (bytes) throws(Refusal) in
        let part = try Part.decode(bytes)
        for strictness in [EventStrictness.rules, .schema] {
            do throws(Refusal) {
                let content = try Content.read(part, events: strictness)
                _ = RowRules.rows(of: content, in: Material.governance.network)
            } catch {
                expectCoded(error.code, error.reason)
            }
        }
        return part.encoded
    }

    /// Submissions, framed and admitted.
    static let submission = identity("submission", byteLimit: 8_192) { (bytes) throws(Refusal) in
        let submission = try Submission.decode(bytes)
        let admission = Admission(governance: Material.governance, facts: NoFacts())
        do throws(Refusal) {
            let admitted = try admission.admit(submission, nowMilliseconds: now)
            try submission.checkWholeness(of: admitted.verified.statement)
        } catch {
            expectCoded(error.code, error.reason)
        }
        return submission.encoded()
    }

    /// Records.
    static let record = identity("record") { (bytes) throws(Refusal) in
        let record = try Record.read(bytes)
        _ = RowRules.rows(of: .record(record), in: Material.governance.network)
        return record.encoded()
    }

    /// Genesis documents and amendments, bare and with their governors' signatures.
    static let governance = identity("governance", byteLimit: 8_192) { (bytes) throws(Refusal) in
        if let document = try? GenesisDocument.decode(bytes) {
            expect(document.encoded() == bytes, "a genesis document is its bytes")
        }
        let body = try GovernanceBody.decode(bytes)
        if case .amendment(let amendment) = body.kind {
            expect(amendment.encoded() == body.body, "an amendment is its bytes")
        }
        do throws(Refusal) {
            _ = try Material.governance.applying(body)
        } catch {
            expectCoded(error.code, error.reason)
        }
        return body.encoded()
    }

    /// Genesis files.
    static let genesisFile = identity("genesis-file", byteLimit: 8_192) { (bytes) throws(Refusal) in
        let file = try GenesisFile.decode(bytes)
        do throws(Refusal) {
            let state = try file.verified()
            expect(state.seq == 0, "a genesis file founds a network")
        } catch {
            expectCoded(error.code, error.reason)
        }
        return file.encoded()
    }

    private static let binding = ReaderToken.Binding(
        audience: "log.example/fuzz", method: "GET", path: "/trace")

    private static let goodToken: [UInt8] = {
        let token = try? ReaderToken.sign(
            binding, organisation: OwnNetwork.organisation, key: OwnNetwork.reader,
            issuedAtSeconds: now / 1_000)
        guard let token else { violated("a token of our own") }
        return token
    }()

    /// Reader tokens.
    static let token = FuzzTarget("token", byteLimit: 3_200, seeds: { [goodToken] }) { bytes in
        do throws(Refusal) {
            let token = try ReaderToken(bytes)
            let reader = try token.verified(
                for: binding, under: OwnNetwork.governance, nowMilliseconds: now)
            expect(
                reader == OwnNetwork.organisation && bytes == goodToken,
                "only the token that was signed counts")
        } catch {
            expect(bytes != goodToken, "the token that was signed counts")
            expectCoded(error.code, error.reason)
        }
    }
}

// MARK: - Events

extension FuzzTarget {
    /// Bare events, by SPEC's rules and by GS1's schema.
    static let event = FuzzTarget("event", byteLimit: 4_096, pools: [.json]) { bytes in
        do throws(EPCISError) {
            let event = try EPCISEvent.read(bytes, by: .rules)
            expect(event.dateUTC.utf8.count >= 10, "an event has a day")
            expect(event.monthUTC.utf8.count == 7, "an event has a month")
            let rows = RowRules.rows(of: .event(event), in: Material.governance.network) ?? []
            for subject in rows.compactMap(\.subject) where subject.facet == .events {
                expect(
                    (try? CanonicalIdentifier(subject.uri))?.uri == subject.uri,
                    "the subjects of an event are canonical")
            }
            do throws(EPCISError) {
                let strict = try EPCISEvent.read(bytes, by: .schema)
                expect(strict == event, "the schema changes nothing")
            } catch {
                expectCoded(error.code, error.reason)
            }
        } catch {
            expectCoded(error.code, error.reason)
            expect(
                (try? EPCISEvent.read(bytes, by: .schema)) == nil, "the schema only refuses more")
        }
    }

    /// Documents of every form that capture takes.
    static let document = FuzzTarget("document", byteLimit: 8_192, pools: [.json]) { bytes in
        do throws(EPCISError) {
            // Each is as long as its document's context: some are enough.
            for part in try EPCISDocument.split(bytes).prefix(8) {
                expect(part.bytes.count <= EPCISLimits.eventByteCount, "an event is bounded")
                let again = try EPCISDocument.split(part.bytes)
                expect(again.map(\.bytes) == [part.bytes], "splitting a part gives that part")
            }
        } catch {
            expectCoded(error.code, error.reason)
        }
    }
}
