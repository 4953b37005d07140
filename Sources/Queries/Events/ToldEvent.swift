import EPCIS
package import MerkleTrees

/// An event as answers tell it: as it was signed, and what the node adds to it (SPEC §17.2).
package struct ToldEvent: Hashable, Sendable {
    /// The names of what is added; members of these names that were signed are left out.
    package static let addedNames = ["recordTime", "cairn:part", "cairn:issuer"]

    /// The event's JSON.
    package let bytes: [UInt8]

    /// Adds to an event when it was registered, the digest of the part that proves it, and who
    /// signed it.
    package init(_ event: QueryableEvent, signed bytes: [UInt8], part: Hash256, issuer: String) {
        var signed = bytes
        if case .object(let members) = event.json,
            members.contains(where: { Self.addedNames.contains($0.name) })
        {
            signed =
                JSONValue.object(members.filter { !Self.addedNames.contains($0.name) }).serialized()
        }
        let recorded = Timestamp.text(milliseconds: event.recordTimeMilliseconds)
        let values = [recorded, part.hex, issuer].map { JSONValue.string($0).serialized() }
        let brace = signed.firstIndex(of: UInt8(ascii: "{")) ?? signed.startIndex
        var told = Array(signed[...brace])
        for (name, value) in zip(Self.addedNames, values) {
            told += Array("\"\(name)\":".utf8) + value + [UInt8(ascii: ",")]
        }
        // Every event has members of its own: a type at least.
        self.bytes = told + signed[(brace + 1)...]
    }
}
