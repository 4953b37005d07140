import Foundation
import Logging
import MerkleTrees
import Records
import Sequencing
import Storage
import Synchronization

/// The one writer of a node's log: a thread of its own that owns the sequencer.
///
/// Group commit: whatever was handed over while a group was being committed is the next group, so
/// that an idle node seals at once and a busy one shares each sync among many. After a group of
/// several statements the next may gather for 3 ms: a seal costs as much as ten statements.
///
/// A caller is answered when its group is durable. The first failure of a commit is the end:
/// nothing of the group is acknowledged, ``ending`` says why, and the process is meant to stop.
/// Only a full disk is not: the group is refused, and the log is taken up again where it ends, once
/// a pause is over and something is handed over.
final class LogWriter: Sendable {
    /// What became of a statement.
    enum Outcome: Sendable {
        /// It stands in the log, durably.
        case registered(leafIndex: UInt64, isNew: Bool)
        /// Governance or delegations have changed since it was admitted.
        case admitAgain
        /// It may not stand in the log, or the node cannot take it.
        case refused(Refusal)

        /// The leaf of what stands in the log.
        var leafIndex: UInt64? {
            guard case .registered(let leafIndex, _) = self else { return nil }
            return leafIndex
        }
    }

    private enum Work: Sendable {
        case statement(AdmittedStatement, admittedUnder: UInt64)
        /// Amendments that follow each other, for a group of their own.
        case amendments([AdmittedStatement])
    }

    private struct Order: Sendable {
        var work: Work
        var continuation: CheckedContinuation<Outcome, Never>
    }

    private struct Line {
        var orders: [Order] = []
        var isClosed = false
        /// Whether the ledger has grown by another hand.
        var isStale = false
        var refusal: Refusal?
    }

    /// How the writer ended: in good order, or with what failed.
    let ending = Ending()
    /// How long statements gather while more than one comes at a time.
    private static let gatheringSeconds = 0.003
    /// How long nothing is tried after the disk was full.
    static let fullPause = Duration.milliseconds(500)
    private let ledger: Ledger
    private let published: PublishedLog
    private let onSealed: @Sendable (UInt64) -> Void
    private let peerHeads: @Sendable () -> [PeerHead]
    private let nowMilliseconds: @Sendable () -> UInt64
    private let metrics: NodeMetrics
    private let logger: Logger
    private let line = Mutex(Line())
    private let bell = DispatchSemaphore(value: 0)

    /// A writer that does not run yet; `onSealed` is told the size of the log after each group, on
    /// the writer's thread, and `peerHeads` asked for what each seal is to hold.
    init(
        ledger: Ledger, published: PublishedLog, nowMilliseconds: @escaping @Sendable () -> UInt64,
        metrics: NodeMetrics, logger: Logger, peerHeads: @escaping @Sendable () -> [PeerHead],
        onSealed: @escaping @Sendable (UInt64) -> Void
    ) {
        self.ledger = ledger
        self.published = published
        self.nowMilliseconds = nowMilliseconds
        self.metrics = metrics
        self.logger = logger
        self.onSealed = onSealed
        self.peerHeads = peerHeads
    }

    /// Starts the thread; `resume` takes up the log again from the ledger.
    func start(
        _ sequencer: Sequencer, resume: @escaping @Sendable (LedgerStore) throws -> Sequencer
    ) {
        let thread = Thread { [self] in run(sequencer, resume: resume) }
        thread.name = "cairn.writer"
        thread.stackSize = 8 << 20
        thread.start()
    }

    /// Hands over a statement; returns when it is durable, or decided otherwise.
    func register(_ admitted: AdmittedStatement, admittedUnder version: UInt64) async -> Outcome {
        await register(.statement(admitted, admittedUnder: version))
    }

    /// Hands over amendments, in the order of their numbers; all of them are registered, or none.
    func register(amendments: [AdmittedStatement]) async -> Outcome {
        await register(.amendments(amendments))
    }

    private func register(_ work: Work) async -> Outcome {
        await withCheckedContinuation { continuation in
            let order = Order(work: work, continuation: continuation)
            let refusal: Refusal? = line.withLock { line in
                if let refusal = line.refusal { return refusal }
                if line.isClosed { return .stopping }
                line.orders.append(order)
                return nil
            }
            if let refusal {
                continuation.resume(returning: .refused(refusal))
            } else {
                bell.signal()
            }
        }
    }

    /// Takes up the log again where its ledger ends now: lost entries have come back.
    func takeUpAgain() {
        line.withLock { $0.isStale = true }
        bell.signal()
    }

    /// Takes no more statements, commits those handed over, and ends.
    func close() {
        line.withLock { $0.isClosed = true }
        bell.signal()
    }

    // MARK: The thread

    private func run(
        _ first: Sequencer, resume: @Sendable (LedgerStore) throws -> Sequencer
    ) {
        var sequencer: Sequencer? = first
        var pauseEnd = ContinuousClock.now
        var isBusy = false
        while true {
            bell.wait()
            // The bell may have rung for orders that were taken already.
            if isBusy, line.withLock({ !$0.orders.isEmpty && !$0.isClosed }) {
                Thread.sleep(forTimeInterval: Self.gatheringSeconds)
            }
            let (orders, isClosed, isStale) = line.withLock { line in
                defer { (line.orders, line.isStale) = ([], false) }
                return (line.orders, line.isClosed, line.isStale)
            }
            if !orders.isEmpty { isBusy = orders.count > 1 }
            var rest = orders[...]
            if isStale {
                do {
                    sequencer = try takeUp(resume)
                } catch {
                    return fail(NodeError(error), waiting: rest)
                }
            }
            while !rest.isEmpty {
                if sequencer == nil, ContinuousClock.now < pauseEnd {
                    refuse(rest, with: .full)
                    break
                }
                do {
                    var writing = try sequencer ?? takeUp(resume)
                    sequencer = nil
                    rest = rest.dropFirst(try commitGroup(rest, &writing))
                    sequencer = writing
                } catch let error as StorageError where error.code == "storage.full" {
                    logger.error(
                        "the disk is full",
                        metadata: ["code": "storage.full", "reason": "\(error.reason)"])
                    pauseEnd = ContinuousClock.now + Self.fullPause
                } catch {
                    return fail(NodeError(error), waiting: rest)
                }
            }
            if isClosed { return ending.settle(.success(())) }
        }
    }

    /// Reads the log from the ledger, and publishes it.
    private func takeUp(_ resume: (LedgerStore) throws -> Sequencer) throws -> Sequencer {
        try ledger.write { store in
            let sequencer = try resume(store)
            let size = sequencer.state.size
            guard size > 0, let checkpoint = try store.checkpoint(ofSeal: size - 1) else {
                return sequencer
            }
            published.prepare(sequencer.state.index, size: size)
            published.publish(
                PublishedLog.Snapshot(size: size, checkpoint: checkpoint, basis: sequencer.basis))
            onSealed(size)
            return sequencer
        }
    }

    private func refuse(_ orders: some Sequence<Order>, with refusal: Refusal) {
        for order in orders { order.continuation.resume(returning: .refused(refusal)) }
    }

    /// Stages as many of the orders as one group takes, commits them, answers their callers.
    ///
    /// - Returns: how many were answered: at least one. None is if this throws.
    private func commitGroup(
        _ orders: ArraySlice<Order>, _ sequencer: inout Sequencer
    ) throws -> Int {
        var outcomes: [Outcome] = []
        try ledger.write { store in
            for order in orders {
                guard let outcome = try stage(order, &sequencer, store) else { break }
                outcomes.append(outcome)
            }
            guard sequencer.stagedCount > 0 else { return }
            let group = try sequencer.seal(
                nowMilliseconds: nowMilliseconds(), in: store, peerHeads: peerHeads())
            published.prepare(sequencer.state.index, size: group.size)
            let start = ContinuousClock.now
            try store.commit(group)
            metrics.observe(.groupCommit, ContinuousClock.now - start)
            sequencer.committed()
            published.publish(
                PublishedLog.Snapshot(
                    size: group.size, checkpoint: group.checkpoint, basis: sequencer.basis))
            onSealed(group.size)
            logger.debug(
                "sealed",
                metadata: [
                    "code": "log.sealed", "size": .stringConvertible(group.size),
                    "statements": .stringConvertible(group.statements.count),
                ])
        }
        for (order, outcome) in zip(orders, outcomes) {
            order.continuation.resume(returning: outcome)
        }
        return outcomes.count
    }

    /// What became of an order; nil if it belongs to the next group.
    private func stage(
        _ order: Order, _ sequencer: inout Sequencer, _ store: LedgerStore
    ) throws -> Outcome? {
        do {
            let now = nowMilliseconds()
            let outcome: StagingOutcome
            switch order.work {
            case .statement(let admitted, let version):
                outcome = try sequencer.stage(
                    admitted, admittedUnder: version, nowMilliseconds: now, in: store)
            case .amendments(let amendments):
                guard sequencer.stagedCount == 0 else { return nil }
                let first = sequencer.state.size
                outcome =
                    try sequencer.stage(amendments: amendments, nowMilliseconds: now, in: store)
                    ? .staged(leafIndex: first) : .admitAgain
            }
            switch outcome {
            case .staged(let index): return .registered(leafIndex: index, isNew: true)
            case .alreadyStaged(let index), .alreadyRegistered(let index):
                return .registered(leafIndex: index, isNew: false)
            case .admitAgain: return .admitAgain
            case .sealFirst: return nil
            }
        } catch let refusal as Refusal {
            return .refused(refusal)
        }
    }

    private func fail(_ error: NodeError, waiting orders: ArraySlice<Order>) {
        logger.critical(
            "the ledger cannot be written; the node stops",
            metadata: ["code": "\(error.code)", "reason": "\(error.reason)"])
        let late = line.withLock { line in
            line.refusal = .failed
            defer { line.orders = [] }
            return line.orders
        }
        refuse(orders + late, with: .failed)
        ending.settle(.failure(error))
    }
}
