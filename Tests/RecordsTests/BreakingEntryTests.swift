import Foundation
import MerkleTrees
import Records
import Support
import Testing

/// Entries that may stand in no log convict whoever keeps it; entries that may convict nobody.
@Suite struct BreakingEntryTests {
    let demo: DemoNetwork

    init() throws { demo = try DemoNetwork() }

    /// A log with seals after the entries 0, 3, 6 and 8, and the amendment that entry 5 is.
    private func log() throws -> (log: TestLog, amendment: [UInt8]) {
        var log = try TestLog.sample(demo)
        try log.append(demo.attachment("4", mentioning: ["urn:x:4"], by: demo.supplier))
        try log.seal()
        let part = try #require(log.entries[5].governancePart)
        return (log, try Part.decode(part).content)
    }

    /// What shows an entry of a log, with two seals or none.
    private func alarm(
        _ log: TestLog, _ place: Int, seals: [Int] = [], after amendments: [[UInt8]] = []
    ) throws -> Alarm {
        let hashes = log.entries.map { TreeHash.leaf($0.entry) }
        let tree = LevelledTree(leaves: hashes)
        let (size, root) = (UInt64(hashes.count), SmallTree.root(of: hashes))
        func proven(_ index: Int) -> ProvenEntry {
            ProvenEntry(
                index: UInt64(index), bytes: log.entries[index].entry,
                path: tree.inclusionProof(of: index))
        }
        let side = SplitView.Side(
            note: try log.checkpoint(size: size, root: root), root: root, proof: [])
        return Alarm(
            network: demo.state.network, amendments: amendments,
            kind: .entry(
                BreakingEntry(
                    origin: DemoNetwork.origin, size: size, side, proven(place),
                    seals: seals.map(proven))))
    }

    /// A log with the last byte of an entry changed: that of a statement's signature.
    private func broken(_ log: TestLog, at place: Int) -> TestLog {
        var log = log
        log.entries[place].entry[log.entries[place].entry.count - 1] ^= 1
        return log
    }

    private struct Case {
        var name: String
        var alarm: Alarm
        /// The code of what refuses it; none if it convicts the log.
        var code: String?
    }

    private func cases() throws -> [Case] {
        let (log, amendment) = try log()
        var unread = log
        unread.entries[3].entry = [1, 2, 3]
        var cut = log
        guard case .statement(let time, let bytes) = try LogEntry.decode(log.entries[3].entry)
        else { return [] }
        cut.entries[3].entry =
            LogEntry.statement(registeredAtMilliseconds: time, bytes: Array(bytes.dropLast()))
            .encoded()
        let (early, late) = (broken(log, at: 3), broken(log, at: 8))
        return [
            Case(name: "no entry", alarm: try alarm(unread, 3)),
            Case(name: "an entry without a statement", alarm: try alarm(cut, 3)),
            Case(
                name: "a statement that nobody signed", alarm: try alarm(early, 3, seals: [1, 4])),
            Case(
                name: "one after an amendment",
                alarm: try alarm(late, 8, seals: [7, 9], after: [amendment])),
            Case(
                name: "without the amendment", alarm: try alarm(late, 8, seals: [7, 9]),
                code: "alarm.unproven"),
            Case(
                name: "with an amendment too many",
                alarm: try alarm(early, 3, seals: [1, 4], after: [amendment]),
                code: "alarm.unproven"),
            Case(
                name: "a seal between them", alarm: try alarm(early, 3, seals: [1, 7]),
                code: "alarm.unproven"),
            Case(
                name: "seals before the entry", alarm: try alarm(late, 8, seals: [1, 4]),
                code: "alarm.unproven"),
            Case(
                name: "statements for seals", alarm: try alarm(early, 3, seals: [2, 5]),
                code: "alarm.unproven"),
            Case(name: "no seals", alarm: try alarm(early, 3), code: "alarm.unproven"),
            Case(name: "one seal", alarm: try alarm(early, 3, seals: [4]), code: "alarm.format"),
            Case(
                name: "a statement that holds", alarm: try alarm(log, 3, seals: [1, 4]),
                code: "alarm.unproven"),
            Case(name: "a seal", alarm: try alarm(log, 4), code: "alarm.unproven"),
        ]
    }

    /// The code of what refuses an alarm's bytes; nil if they convict the log.
    private func refusal(_ bytes: [UInt8], under genesis: GovernanceState) -> String? {
        do throws(Refusal) {
            let accused = try Alarm.decode(bytes).accused(under: genesis)
            return accused == .log(DemoNetwork.origin) ? nil : "\(accused)"
        } catch {
            return error.code
        }
    }

    @Test func `what may stand in no log convicts who keeps it, and nothing else does`() throws {
        for each in try cases() {
            #expect(refusal(each.alarm.encoded(), under: demo.state) == each.code, "\(each.name)")
        }
    }

    @Test func `a proof of another entry or of another tree proves nothing`() throws {
        let log = broken(try log().log, at: 3)
        guard case .entry(let shown) = try alarm(log, 3, seals: [1, 4]).kind else { return }
        func code(_ entry: ProvenEntry, _ seals: [ProvenEntry]) -> String? {
            let kind = BreakingEntry(
                origin: shown.origin, size: shown.size, shown.side, entry, seals: seals)
            let alarm = Alarm(network: demo.state.network, amendments: [], kind: .entry(kind))
            return refusal(alarm.encoded(), under: demo.state)
        }
        #expect(code(shown.entry, shown.seals) == nil)
        var wrong = shown.entry.bytes
        wrong[wrong.count - 1] ^= 2
        let path = shown.entry.path
        for entry in [
            ProvenEntry(index: 3, bytes: wrong, path: path),
            ProvenEntry(index: 2, bytes: shown.entry.bytes, path: path),
            ProvenEntry(index: 3, bytes: shown.entry.bytes, path: Array(path.dropLast())),
        ] {
            #expect(code(entry, shown.seals) == "alarm.unproven")
        }
        let seal = shown.seals[0]
        let moved = ProvenEntry(index: 2, bytes: seal.bytes, path: seal.path)
        #expect(code(shown.entry, [moved, shown.seals[1]]) == "alarm.unproven")
    }

    // MARK: The kept ones, which tools/verify.py judges too

    private struct Kept: Codable {
        struct Each: Codable {
            var name: String
            var alarm: Data
            var code: String?
        }
        var genesis: Data
        var cases: [Each]
    }

    @Test func `the kept ones are judged as they were`() throws {
        let kept = try JSONDecoder()
            .decode(Kept.self, from: Data(Vectors.bytes("alarms/entry.json")))
        let genesis = try GenesisFile.decode([UInt8](kept.genesis)).verified()
        #expect(kept.cases.count == (try cases().count))
        for each in kept.cases {
            #expect(refusal([UInt8](each.alarm), under: genesis) == each.code, "\(each.name)")
        }
    }

    @Test(.enabled(if: ProcessInfo.processInfo.environment["CAIRN_WRITE_ALARMS"] != nil))
    func `the kept ones are written`() throws {
        let kept = Kept(
            genesis: Data(demo.file.encoded()),
            cases: try cases().map {
                .init(name: $0.name, alarm: Data($0.alarm.encoded()), code: $0.code)
            })
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let path = Vectors.root.appending(path: "alarms/entry.json")
        try (try encoder.encode(kept) + Data("\n".utf8)).write(to: path)
    }
}
