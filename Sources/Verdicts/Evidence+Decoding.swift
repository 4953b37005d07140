import DeterministicCBOR
import MerkleTrees
import Records

extension Evidence {
    /// Reads an evidence file strictly: deterministic CBOR, every list sorted and unique.
    ///
    /// - Throws: step `format`.
    package static func decode(_ bytes: [UInt8]) throws(EvidenceRejection) -> Evidence {
        guard bytes.count <= EvidenceLimits.fileBytes else {
            throw EvidenceRejection(
                .format, "the file is larger than \(EvidenceLimits.fileBytes) bytes")
        }
        do {
            let value = try CBORValue.decode(bytes, limits: EvidenceLimits.cbor)
            return try evidence(value)
        } catch let error as CBORError {
            throw EvidenceRejection(.format, "\(error.reason) (byte \(error.offset))")
        } catch let error as CBORFieldError {
            throw EvidenceRejection(.format, "\(error.field): \(error.reason)")
        } catch let error as EvidenceRejection {
            throw error
        } catch {
            throw EvidenceRejection(.format, "\(error)")
        }
    }

    private static func evidence(_ value: CBORValue) throws -> Evidence {
        let hasAlarms = value.asArray?.count == 8
        var fields = try CBORFields(array: value, count: hasAlarms ? 8 : 7, path: "evidence")
        let version = try fields.text("version", limit: 64)
        guard version == Self.version else {
            throw EvidenceRejection(.format, "version \(version) is not \(Self.version)")
        }
        let network = try hash256(fields.bytes("network", count: 32))
        var asking = try fields.fields("question", count: 2...2)
        let uri = try asking.text("subject", limit: 2_048)
        guard let scope = EvidenceScope(rawValue: try asking.unsigned("scope")) else {
            throw EvidenceRejection(.format, "the question's scope is unknown")
        }
        try asking.finish()
        let asked = try fields.array("asked", limit: EvidenceLimits.asked).map(subject)
        try ascend(asked, "asked")
        let logs = try fields.array("logs", limit: 64).map(EvidenceLog.init(reading:))
        guard
            zip(logs, logs.dropFirst()).allSatisfy({
                $0.origin.utf8.lexicographicallyPrecedes($1.origin.utf8)
            })
        else {
            throw EvidenceRejection(.format, "logs are not sorted by origin, each once")
        }
        let parts = try fields.array("parts", limit: EvidenceLimits.parts).map { item in
            guard let bytes = item.asBytes else {
                throw EvidenceRejection(.format, "a part is not a byte string")
            }
            return bytes
        }
        let stubs = try hashes(fields.array("stubs", limit: EvidenceLimits.parts))
        try ascend(stubs, "stubs")
        let alarms = hasAlarms ? try alarms(&fields) : []
        try fields.finish()
        return Evidence(
            network: network, question: EvidenceQuestion(uri: uri, scope: scope), asked: asked,
            logs: logs, parts: parts, stubs: stubs, alarms: alarms)
    }

    private static func alarms(_ fields: inout CBORFields) throws -> [[UInt8]] {
        let alarms = try fields.array("alarms", limit: EvidenceLimits.alarms).map { item in
            guard let bytes = item.asBytes else {
                throw EvidenceRejection(.format, "an alarm is not a byte string")
            }
            return bytes
        }
        guard !alarms.isEmpty else {
            throw EvidenceRejection(.format, "a list of no alarms is left out")
        }
        try ascend(alarms.map { Alarm.digest(of: $0) }, "alarms")
        return alarms
    }

    private static func subject(_ value: CBORValue) throws -> Subject {
        var fields = try CBORFields(array: value, count: 2, path: "evidence.asked")
        let raw: UInt8 = try fields.unsigned("facet", as: UInt8.self)
        let uri = try fields.text("uri", limit: 8_192)
        try fields.finish()
        guard let facet = Facet(rawValue: raw) else {
            throw EvidenceRejection(.format, "facet \(raw) is unknown")
        }
        return Subject(facet: facet, uri: uri)
    }

    private static func ascend<T: Comparable>(_ items: [T], _ name: String) throws {
        guard zip(items, items.dropFirst()).allSatisfy(<) else {
            throw EvidenceRejection(.format, "\(name) is not sorted, each once")
        }
    }
}

private func hash256(_ bytes: [UInt8]) throws -> Hash256 {
    guard let hash = Hash256(bytes) else {
        throw EvidenceRejection(.format, "a hash does not have 32 bytes")
    }
    return hash
}

private func hashes(_ items: [CBORValue]) throws -> [Hash256] {
    try items.map { item in
        guard let bytes = item.asBytes else {
            throw EvidenceRejection(.format, "a hash is not a byte string")
        }
        return try hash256(bytes)
    }
}

extension EvidenceLog {
    fileprivate init(reading value: CBORValue) throws {
        var fields = try CBORFields(array: value, count: 7, path: "evidence.logs")
        origin = try fields.text("origin", limit: 255)
        checkpoint = try fields.text("checkpoint", limit: 1 << 20)
        var sealed = try fields.fields("seal", count: 2...2)
        seal = try sealed.bytes("seal")
        sealPath = try hashes(sealed.array("path", limit: 64))
        try sealed.finish()
        index = IndexProof(
            items: try fields.array("index proof", limit: EvidenceLimits.proofItems)
                .map(IndexProof.Item.init(reading:)))
        transitions = try fields.array("transitions", limit: EvidenceLimits.transitions)
            .map(EvidenceTransition.init(reading:))
        entries = try fields.array("entries", limit: EvidenceLimits.entries)
            .map(IncludedEntry.init(reading:))
        chains = try fields.array("chains", limit: EvidenceLimits.asked)
            .map(EvidenceChain.init(reading:))
        try fields.finish()
        guard zip(entries, entries.dropFirst()).allSatisfy({ $0.index < $1.index }) else {
            throw EvidenceRejection(.format, "entries are not sorted by index, each once")
        }
        guard zip(chains, chains.dropFirst()).allSatisfy({ $0.asked < $1.asked }) else {
            throw EvidenceRejection(.format, "chains are not sorted, each once")
        }
    }
}

extension EvidenceTransition {
    fileprivate init(reading value: CBORValue) throws {
        var fields = try CBORFields(array: value, count: 2, path: "evidence.logs.transitions")
        before = try IncludedEntry(reading: fields.value("before"))
        after = try IncludedEntry(reading: fields.value("after"))
        try fields.finish()
    }
}

extension IncludedEntry {
    fileprivate init(reading value: CBORValue) throws {
        var fields = try CBORFields(array: value, count: 3, path: "evidence.logs.entries")
        index = try fields.unsigned("index")
        bytes = try fields.bytes("entry")
        path = try hashes(fields.array("path", limit: 64))
        try fields.finish()
    }
}

extension EvidenceChain {
    fileprivate init(reading value: CBORValue) throws {
        var fields = try CBORFields(array: value, count: 2, path: "evidence.logs.chains")
        asked = try fields.unsigned("asked", as: Int.self)
        links = try fields.array("links", limit: EvidenceLimits.entries)
            .map(EvidenceLink.init(reading:))
        try fields.finish()
    }
}

extension EvidenceLink {
    fileprivate init(reading value: CBORValue) throws {
        var fields = try CBORFields(array: value, count: 5, path: "evidence.logs.chains.links")
        leafIndex = try fields.unsigned("leaf index")
        row = try fields.unsigned("row", as: UInt32.self)
        part = try hash256(fields.bytes("part", count: 32))
        let raw = try fields.unsigned("role", as: UInt8.self)
        guard let role = Role(rawValue: raw) else {
            throw EvidenceRejection(.format, "role \(raw) is unknown")
        }
        self.role = role
        path = try hashes(fields.array("path", limit: 32))
        try fields.finish()
    }
}

extension IndexProof.Item {
    fileprivate init(reading value: CBORValue) throws {
        if let bit = value.asUnsigned, bit < 256 {
            self = .branch(bit: UInt16(bit))
            return
        }
        if let bytes = value.asBytes {
            self = .opaque(try hash256(bytes))
            return
        }
        var fields = try CBORFields(array: value, count: 3, path: "evidence.logs.index proof")
        let key = try hash256(fields.bytes("key", count: 32))
        let count = try fields.unsigned("count")
        let head = try hash256(fields.bytes("head", count: 32))
        try fields.finish()
        self = .leaf(key: key, ChainHead(count: count, hash: head))
    }
}
