/// The context that a document gives its events, read and written once for all of them.
struct DocumentContext {
    /// Nothing outside a document.
    let value: JSONValue?
    /// Its entries.
    let entries: ContextEntries
    /// It alone, as events without a context of their own get it; nil outside a document.
    let written: Result<[UInt8]?, EPCISError>

    init(_ value: JSONValue?) {
        self.value = value
        let entries = ContextEntries(value)
        self.entries = entries
        written = Result { () throws(EPCISError) in
            value == nil ? nil : try entries.merged(with: nil)
        }
    }

    /// One event with the contexts merged, as a part (SPEC §5).
    func part(_ event: JSONValue) throws(EPCISError) -> [UInt8] {
        guard let members = event.asObject else { throw .format("an event object", event) }
        var bytes = Array(#"{"@context":"#.utf8)
        if let own = event["@context"] {
            bytes += try merged(own)
        } else if let written = try written.get() {
            bytes += written
        } else {
            throw EPCISError(
                "epcis.missing", field: "@context", "an event outside a document needs a context")
        }
        for member in members where member.name != "@context" {
            bytes.append(UInt8(ascii: ","))
            member.write(to: &bytes)
        }
        bytes.append(UInt8(ascii: "}"))
        guard bytes.count <= EPCISLimits.eventByteCount else {
            throw EPCISError(
                "epcis.too-large",
                "the event is longer than \(EPCISLimits.eventByteCount) bytes")
        }
        return bytes
    }

    /// The text with an event's own context; an error's field begins with its name.
    private func merged(_ own: JSONValue) throws(EPCISError) -> [UInt8] {
        do throws(EPCISError) {
            try EventContext.check(own)
            return try entries.merged(with: own)
        } catch {
            throw error.inside("@context")
        }
    }
}
