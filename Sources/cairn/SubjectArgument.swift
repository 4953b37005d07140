import GS1

/// The thing that a command asks about, read before any node is asked.
struct SubjectArgument {
    /// The canonical spelling.
    let identifier: CanonicalIdentifier

    /// Reads any spelling.
    init(_ text: String) throws {
        do {
            identifier = try CanonicalIdentifier(text)
        } catch {
            throw CommandFailure(.badInput, "\(text): \(error.reason) (\(error.code))")
        }
    }

    /// What to ask instead, where a product was named and batches are spoken of.
    var hint: String? {
        let hasLots = ["01", "8006"].contains {
            identifier.uri.hasPrefix("https://id.gs1.org/\($0)/")
        }
        guard identifier.kind == .product, hasLots else { return nil }
        return "this is a product; name a batch: \(identifier.uri)/10/LOT"
    }

    /// Says the hint, if there is one.
    func noteHint() {
        if let hint { Console.note("note: \(hint)") }
    }

    /// Ends a command whose answer is that nobody spoke of the thing.
    ///
    /// - Parameters:
    ///   - limit: of which records that holds; nothing for all.
    ///   - words: what else there is to say.
    /// - Returns: the failure to throw.
    func noRecord(that limit: String = "", _ words: String) -> CommandFailure {
        let hint = hint.map { "; \($0)" } ?? ""
        return CommandFailure(.otherAnswer, "\(identifier.uri): no record\(limit); \(words)\(hint)")
    }
}
