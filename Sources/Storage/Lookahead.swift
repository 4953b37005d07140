import Foundation
import Synchronization

/// Items that are being made ready on all cores while the caller does something else.
///
/// For long checks: reading and comparing go row by row on one thread, hashing and signatures do
/// not need to.
final class Lookahead<Raw: Sendable, Ready: Sendable>: Sendable {
    /// How many items one task makes ready.
    private static var share: Int { 32 }

    private let group = DispatchGroup()
    private let shares: Mutex<[Int: [Ready]]>
    private let count: Int

    /// Begins to make items ready.
    init(_ items: [Raw], _ prepare: @escaping @Sendable (Raw) -> Ready) {
        shares = Mutex([:])
        count = items.count
        for start in stride(from: 0, to: items.count, by: Self.share) {
            let share = items[start..<min(start + Self.share, items.count)]
            DispatchQueue.global().async(group: group) { [self] in
                let ready = share.map(prepare)
                shares.withLock { $0[start] = ready }
            }
        }
    }

    /// Waits until all are ready; gives them in order.
    func wait() -> [Ready] {
        group.wait()
        return shares.withLock { shares in
            stride(from: 0, to: count, by: Self.share).flatMap { shares[$0] ?? [] }
        }
    }

    /// Reads batches, each made ready while the one before it is taken; ends with an empty batch,
    /// or when `take` answers false.
    ///
    /// - Parameters:
    ///   - read: the next batch.
    ///   - preparing: how to make its items ready, asked once for each batch.
    ///   - take: what to do with a batch that is ready.
    /// - Throws: what `read` and `take` throw.
    static func run(
        read: () throws -> [Raw], preparing: () -> @Sendable (Raw) -> Ready,
        take: ([Ready]) throws -> Bool
    ) throws {
        var ahead = Lookahead(try read(), preparing())
        while true {
            let next = try read()
            let ready = ahead.wait()
            guard !ready.isEmpty else { return }
            ahead = Lookahead(next, preparing())
            guard try take(ready) else { return }
        }
    }
}
