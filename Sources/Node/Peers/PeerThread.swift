import Foundation
import Logging
import MerkleTrees
import Records
import Replication
import Sequencing
import Storage
import Synchronization

/// The thread that owns the replicator, as the writer's owns the sequencer.
///
/// Events come from connections and from the writer; effects go to the links. Whatever its store
/// throws ends it: mirrors stand still, the node's own log goes on. Only a full disk does not: all
/// connections are ended, and after a while the mirrors are taken up where they end.
final class PeerThread: Sendable {
    private struct Order: Sendable {
        var event: PeerEvent
        var continuation: CheckedContinuation<Void, Never>?
    }

    private struct Line {
        var orders: [Order] = []
        var isClosed = false
    }

    /// How it ended.
    let ending = Ending()
    private let replicas: Replicas
    private let identity: Replicator<Replicas>.Identity
    private let state: PeersState
    private let logger: Logger
    private let nowMilliseconds: @Sendable () -> UInt64
    private let line = Mutex(Line())
    private let bell = DispatchSemaphore(value: 0)
    private static let tickMilliseconds = 50
    /// How long nothing is tried after the disk was full: doubled each time, since taking up large
    /// mirrors is work, and short again once it has gone well for longer.
    private static let fullPauseSeconds = (shortest: 2.0, longest: 60.0)

    init(
        _ identity: Replicator<Replicas>.Identity, replicas: Replicas, state: PeersState,
        nowMilliseconds: @escaping @Sendable () -> UInt64, logger: Logger
    ) {
        self.identity = identity
        self.replicas = replicas
        self.state = state
        self.nowMilliseconds = nowMilliseconds
        self.logger = logger
    }

    /// Starts the thread.
    ///
    /// - Parameters:
    ///   - perform: called on it with what the replicator asks for.
    ///   - hangUp: called on it when no connection is known any more; all are to be ended.
    func start(
        _ perform: @escaping @Sendable (PeerEffect) -> Void,
        hangUp: @escaping @Sendable () -> Void
    ) {
        let thread = Thread { [self] in
            do {
                try run(perform, hangUp: hangUp)
                ending.settle(.success(()))
            } catch {
                logger.critical(
                    "peers can no longer be served; mirrors stand still",
                    metadata: ["code": "peers.failed", "reason": "\(NodeError(error).reason)"])
                ending.settle(.failure(NodeError(error)))
            }
            let late = line.withLock { line in
                line.isClosed = true
                defer { line.orders = [] }
                return line.orders
            }
            for order in late { order.continuation?.resume() }
        }
        thread.name = "cairn.peers"
        thread.stackSize = 8 << 20
        thread.start()
    }

    /// Tells of an event, and does not wait.
    func tell(_ event: PeerEvent) { add(Order(event: event, continuation: nil)) }

    /// Tells of an event, and returns when it was dealt with.
    func handle(_ event: PeerEvent) async {
        await withCheckedContinuation { continuation in
            add(Order(event: event, continuation: continuation))
        }
    }

    private func add(_ order: Order) {
        let isClosed = line.withLock { line in
            if !line.isClosed { line.orders.append(order) }
            return line.isClosed
        }
        if isClosed {
            order.continuation?.resume()
        } else {
            bell.signal()
        }
    }

    func close() {
        line.withLock { $0.isClosed = true }
        bell.signal()
    }

    private func run(_ perform: (PeerEffect) -> Void, hangUp: () -> Void) throws {
        var pause = Self.fullPauseSeconds.shortest
        while true {
            let start = ContinuousClock.now
            do {
                return try replicate(perform)
            } catch let error as StorageError where error.code == "storage.full" {
                if ContinuousClock.now - start > .seconds(Self.fullPauseSeconds.longest) {
                    pause = Self.fullPauseSeconds.shortest
                }
                logger.error(
                    "the disk is full; mirrors are tried again",
                    metadata: [
                        "code": "storage.full", "reason": "\(error.place): \(error.reason)",
                        "seconds": "\(Int(pause))",
                    ])
                hangUp()
                guard rests(seconds: pause) else { return }
                // Who has called meanwhile was not listened to.
                hangUp()
                pause = min(pause * 2, Self.fullPauseSeconds.longest)
            }
        }
    }

    /// Deals with nothing for a while.
    ///
    /// - Returns: whether to go on then.
    private func rests(seconds: Double) -> Bool {
        let end = ContinuousClock.now + .seconds(seconds)
        while ContinuousClock.now < end {
            let (orders, isClosed) = takeOrders()
            for order in orders { order.continuation?.resume() }
            if isClosed { return false }
        }
        return true
    }

    /// What has come, at the latest after a tick; whether the thread is to end.
    private func takeOrders() -> (orders: [Order], isClosed: Bool) {
        _ = bell.wait(timeout: .now() + .milliseconds(Self.tickMilliseconds))
        return line.withLock { line in
            defer { line.orders = [] }
            return (line.orders, line.isClosed)
        }
    }

    private func replicate(_ perform: (PeerEffect) -> Void) throws {
        var replicator = try Replicator(
            identity, store: replicas, prepare: Self.prepareOnAllCores)
        state.update(from: replicator)
        while true {
            let (orders, isClosed) = takeOrders()
            var waiting = orders.compactMap(\.continuation)[...]
            defer { for continuation in waiting { continuation.resume() } }
            let events = orders.map(\.event) + (isClosed ? [] : [.tick])
            let newest = events.lastIndex(where: Self.isSealed)
            for (number, event) in events.enumerated() {
                // Of several seals only the newest is told.
                if Self.isSealed(event), number != newest { continue }
                for effect in try replicator.handle(event, nowMilliseconds: nowMilliseconds()) {
                    perform(effect)
                }
                guard number < orders.count, let done = orders[number].continuation else {
                    continue
                }
                waiting = waiting.dropFirst()
                done.resume()
            }
            state.update(from: replicator)
            if isClosed { return }
        }
    }

    private static func isSealed(_ event: PeerEvent) -> Bool {
        if case .sealed = event { true } else { false }
    }

    /// Checks signatures on all cores, beside what the thread does meanwhile.
    private static let prepareOnAllCores: PrepareEntries = { items, governance in
        let preparing = PreparingEntries(items, governance)
        DispatchQueue.global().async { preparing.run() }
        return { preparing.wait() }
    }
}

/// Entries that are being read, a few at a time on each core.
private final class PreparingEntries: Sendable {
    private let items: [EntryPackage.Item]
    private let governance: GovernanceState
    private let prepared: Mutex<[PreparedEntry?]>
    private let done = DispatchSemaphore(value: 0)
    private static let slice = 16

    init(_ items: [EntryPackage.Item], _ governance: GovernanceState) {
        self.items = items
        self.governance = governance
        prepared = Mutex(Array(repeating: nil, count: items.count))
    }

    func run() {
        let slices = (items.count + Self.slice - 1) / Self.slice
        DispatchQueue.concurrentPerform(iterations: slices) { number in
            let first = number * Self.slice
            let range = first..<min(first + Self.slice, items.count)
            let own = range.map { prepare($0) }
            prepared.withLock { prepared in
                for (number, entry) in zip(range, own) { prepared[number] = entry }
            }
        }
        done.signal()
    }

    /// The entries in their order, once all are read; for one caller.
    func wait() -> [PreparedEntry] {
        done.wait()
        let all = prepared.withLock { prepared in
            defer { prepared = [] }
            return prepared
        }
        return items.indices.map { number in
            (all.indices.contains(number) ? all[number] : nil) ?? prepare(number)
        }
    }

    private func prepare(_ number: Int) -> PreparedEntry {
        PreparedEntry(
            items[number].entry, manifest: items[number].manifest, under: governance)
    }
}
