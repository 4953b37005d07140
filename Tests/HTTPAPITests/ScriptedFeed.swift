import HTTPAPI
import Synchronization

/// A feed that tells by rule; what it was asked is counted.
final class ScriptedFeed: EventFeed {
    /// What it has, by the number of documents before.
    typealias Rule = @Sendable (Int) throws(FeedEnd) -> [UInt8]?

    private let rule: Rule
    private let asked = Mutex(0)
    private let over = Mutex(false)

    init(_ rule: @escaping Rule) { self.rule = rule }

    /// Documents `0`, `1` and so on, so many, and then none for ever.
    static func counting(_ count: Int) -> ScriptedFeed {
        ScriptedFeed { number in number < count ? Array(String(number).utf8) : nil }
    }

    /// Documents that it was asked for.
    var askedCount: Int { asked.withLock { $0 } }
    /// Whether whoever waited was told that it is over.
    var isOver: Bool { over.withLock { $0 } }

    func next() async throws(FeedEnd) -> [UInt8] {
        let number = asked.withLock { asked in
            defer { asked += 1 }
            return asked
        }
        if let document = try rule(number) { return document }
        while !Task.isCancelled { try? await Task.sleep(for: .milliseconds(20)) }
        over.withLock { $0 = true }
        throw .stopped
    }
}
