import Foundation
import Logging
import MerkleTrees
import Notes
import PeerTransport
import Records
import Replication
import Sequencing
import Signatures
import Storage
import Synchronization

/// Connects a node with its peers: listens, calls, and carries frames to and from the replicator
/// (SPEC §25).
///
/// Whom it lets in follows from the newest governance that any log here shows. A node is called as
/// long as no connection with it stands, after a pause that doubles from 200 ms to 30 s, with
/// jitter, and begins anew after a connection that lasted.
final class PeerWork: Sendable {
    private static let shortestPauseMilliseconds = 200
    private static let longestPauseMilliseconds = 30_000

    /// What the node does when its peers have brought something.
    struct Reactions: Sendable {
        /// Lost entries of the own log are in its ledger again.
        var recovered: @Sendable () -> Void
        /// Other logs hold amendments that the own log does not.
        var amended: @Sendable () async -> Void
    }

    let state: PeersState
    let replicas: Replicas
    private let published: PublishedLog
    private let thread: PeerThread
    private static let indexDepth = 18
    private let settings: PeerSettings
    private let origin: String
    let logger: Logger
    private let nowMilliseconds: @Sendable () -> UInt64
    private let metrics: NodeMetrics
    private let dialer: PeerDialer
    private let identity: PeerIdentity
    private let genesis: GovernanceState
    private let governances = Mutex<[String: KnownGovernance]>([:])
    private let links = Mutex<[PeerID: PeerLink]>([:])
    private let numbers = Atomic<UInt64>(0)
    private let tasks = Mutex<[Task<Void, Never>]>([])
    /// Behind which amendment, and when, others could not be registered.
    private let adoptionFailed = Mutex<(seq: UInt64, atMilliseconds: UInt64)?>(nil)
    private let listening = Mutex<PeerListener?>(nil)

    init(
        _ settings: PeerSettings, replicas: Replicas, genesis: GovernanceState, origin: String,
        published: PublishedLog, metrics: NodeMetrics, settings node: NodeRuntime.Settings
    ) throws(NodeError) {
        self.metrics = metrics
        self.settings = settings
        self.origin = origin
        self.replicas = replicas
        self.published = published
        self.genesis = genesis
        logger = node.logger
        nowMilliseconds = node.nowMilliseconds
        let governance = published.newest.basis.governance
        let (lost, alarms) = try NodeError.mapping {
            (try replicas.losses().last?.size, try replicas.alarms())
        }
        // Until the replicator says that governance has given the log another key.
        state = PeersState(
            PeersState.Snapshot(
                alarms: alarms.filter { !governance.hasRemoved(log: $0.origin ?? "") },
                governance: governance, lost: lost))
        thread = PeerThread(
            Replicator<Replicas>.Identity(
                origin: origin, genesis: genesis, governance: governance,
                cosigner: settings.cosignerKey.map { Cosigner(name: origin, key: $0) },
                indexDepth: Self.indexDepth),
            replicas: replicas, state: state, nowMilliseconds: node.nowMilliseconds,
            logger: node.logger)
        do {
            identity = try PeerIdentity(settings.tlsKey)
            dialer = try PeerDialer(identity: identity)
        } catch let error as PeerClosure {
            throw .input(error.code.rawValue, "peerKey: \(error.reason)")
        } catch {
            throw NodeError(error)
        }
    }

    /// Where it listens for peers, once it does.
    var address: PeerAddress? { listening.withLock { $0?.address } }

    /// Whether mirrors stand still until the next start.
    var hasFailed: Bool {
        if case .failure = thread.ending.result { true } else { false }
    }

    // MARK: Life

    /// Starts the thread, the listener and the calls.
    ///
    /// - Throws: `node.listen`, `node.configuration`.
    func start(_ reactions: Reactions) async throws(NodeError) {
        warnOfKeys()
        thread.start { [self] effect in
            perform(effect)
            if case .recovered = effect { reactions.recovered() }
        } hangUp: { [self] in
            hangUp("this node takes nothing at present")
        }
        if let listen = settings.listen { try await startListening(listen) }
        let calling = Task { await keepCalling(reactions) }
        tasks.withLock { $0.append(calling) }
    }

    /// A key of this node that is not the one that governance lists for it.
    struct UnlistedKey: Sendable {
        /// Its setting.
        var setting: String
        /// What it is for: `tls` or `cosigner`.
        var purpose: String
        /// Whether governance lists another one.
        var isOther: Bool
    }

    /// The keys that governance does not list for this node, so that its peers refuse them.
    func unlistedKeys(under governance: GovernanceState) -> [UnlistedKey] {
        let node = governance.nodes[origin]
        var keys = [("peerKey", "tls", node?.tlsKey, settings.tlsKey.publicKey)]
        if let cosigner = settings.cosignerKey {
            keys.append(("cosignerKey", "cosigner", node?.cosignerKey, cosigner.publicKey))
        }
        return keys.filter { $0.2 != $0.3 }.map {
            UnlistedKey(setting: $0.0, purpose: $0.1, isOther: $0.2 != nil)
        }
    }

    /// Tells of keys that governance does not list for this node, also of a cosigner's that it
    /// lists and the node was not given.
    private func warnOfKeys() {
        let governance = published.newest.basis.governance
        var unlisted = unlistedKeys(under: governance)
        if settings.cosignerKey == nil, governance.nodes[origin]?.cosignerKey != nil {
            unlisted.append(
                UnlistedKey(setting: "cosignerKey", purpose: "cosigner", isOther: true))
        }
        for key in unlisted {
            logger.error(
                "a key is not the one that governance lists for this node",
                metadata: [
                    "code": "node.key", "setting": "\(key.setting)", "purpose": "\(key.purpose)",
                ])
        }
    }

    private func startListening(_ text: String) async throws(NodeError) {
        let listener: PeerListener
        do throws(PeerClosure) {
            let address = try PeerAddress(text)
            listener = try await PeerListener.bind(
                address, identity: identity,
                isPinned: { [self] key in node(withKey: key) != nil }, logger: logger)
        } catch {
            let reason = "peerListen: \(error.reason)"
            // What is no address can be mended where it was given; what is taken, cannot.
            throw (try? PeerAddress(text)) == nil
                ? .input("node.listen", reason) : .failure("node.listen", reason)
        }
        listening.withLock { $0 = listener }
        let serving = Task { [self] in
            await listener.run { [self] connection in
                guard let peer = node(withKey: connection.remoteKey) else {
                    return connection.close(.notPinned, reason: "governance names no such node")
                }
                await serve(connection, of: peer.origin)
            }
        }
        tasks.withLock { $0.append(serving) }
    }

    /// The other node whose TLS key this is.
    private func node(withKey key: VerificationKey) -> LogNode? {
        state.newest.governance?.nodes.values.first { $0.tlsKey == key && $0.origin != origin }
    }

    /// Ends all connections, and the thread.
    func stop() async {
        listening.withLock { $0?.stop() }
        let running = tasks.withLock { tasks in
            defer { tasks = [] }
            return tasks
        }
        for task in running { task.cancel() }
        hangUp("this node stops")
        for task in running { await task.value }
        thread.close()
        _ = await thread.ending.value()
        try? replicas.close()
    }

    /// Whether to try again to register what follows an amendment.
    func mayAdopt(after seq: UInt64, nowMilliseconds now: UInt64) -> Bool {
        adoptionFailed.withLock { failed in
            failed.map { $0.seq != seq || now >= $0.atMilliseconds + 60_000 } ?? true
        }
    }

    func failedToAdopt(after seq: UInt64, nowMilliseconds now: UInt64) {
        adoptionFailed.withLock { $0 = (seq, now) }
    }

    private func hangUp(_ reason: String) {
        for link in links.withLock({ Array($0.values) }) {
            link.connection.close(.ended, reason: reason)
        }
    }

    /// Tells the replicator that the own log has grown.
    func sealed() { thread.tell(.sealed(published.newest.basis.governance)) }

    /// Why the own log may not grow at present.
    ///
    /// - Parameter isAlone: whether the operator said that nobody need be asked.
    /// - Returns: nil if it may.
    func refusal(isAlone: Bool) -> Refusal? {
        let newest = state.newest
        if newest.alarms.contains(where: { $0.origin == origin }) {
            return Refusal(
                code: "node.convicted", field: "",
                reason: "an alarm proves that this log broke its promise: its peers mirror and "
                    + "cosign it no more; register with another node")
        }
        if let lost = newest.lost { return behind(lost) }
        return newest.mayGoOn || isAlone ? nil : .unconfirmed
    }

    /// Why a node signs nothing that has lost entries of its log, and what is to be done.
    private func behind(_ lost: UInt64) -> Refusal {
        let size = published.newest.size
        var reason =
            "this node has signed its log up to \(lost) entries or beyond, and has lost some; "
        if size < lost {
            reason +=
                "it has \(size) of them, and takes the others from its peers; if nobody has them, "
                + "or they are not its own, cairn rekey --give-up-lost makes them void"
        } else {
            let root = (try? SignedNote.parse(published.newest.checkpoint))
                .flatMap { try? Checkpoint(parsing: $0.text) }?.root.hex
            reason +=
                "its peers have given them back. Receipts of later entries are lost. The governors "
                + "must give the log a new key: rotate-log-key with size \(size) and root "
                + "\(root ?? "of its checkpoint"), registered with another node; then stop this "
                + "node, give it the key with cairn rekey, and start it"
        }
        return Refusal(code: "node.behind", field: "", reason: reason)
    }

    /// The governance history of a mirror, read again only when a body has come.
    func governance(of origin: String) -> KnownGovernance {
        governances.withLock { governances in
            if let known = governances[origin] { return known }
            let known = KnownGovernance(genesis: genesis)
            governances[origin] = known
            return known
        }
    }

    // MARK: Calls

    /// Calls every node that has an address and is not connected.
    private func keepCalling(_ reactions: Reactions) async {
        var calls: [String: Task<Void, Never>] = [:]
        while !Task.isCancelled {
            let snapshot = state.newest
            for (peer, node) in snapshot.governance?.nodes ?? [:] where peer != origin {
                guard calls[peer] == nil, let key = node.tlsKey,
                    (settings.addresses[peer] ?? node.address) != nil
                else { continue }
                calls[peer] = Task { await call(peer, key) }
            }
            listening.withLock { $0?.closeUnpinned() }
            let known = published.newest.basis.governance.seq
            if let newest = snapshot.governance, newest.seq > known { await reactions.amended() }
            try? await Task.sleep(for: .seconds(1))
        }
        for call in calls.values { call.cancel() }
        for call in calls.values { await call.value }
    }

    private func call(_ peer: String, _ key: VerificationKey) async {
        var pause = Self.shortestPauseMilliseconds
        while !Task.isCancelled {
            let node = state.newest.governance?.nodes[peer]
            let address = settings.addresses[peer] ?? node?.address
            if let address, !isConnected(peer), let expected = node?.tlsKey {
                let start = ContinuousClock.now
                do throws(PeerClosure) {
                    let connection = try await dialer.connect(
                        to: try PeerAddress(address), expected: expected)
                    await serve(connection, of: peer)
                } catch {
                    logger.debug(
                        "a peer cannot be reached",
                        metadata: [
                            "code": "\(error.code.rawValue)", "peer": "\(peer)",
                            "reason": "\(error.reason)",
                        ])
                }
                let lasted = ContinuousClock.now - start > .seconds(10)
                pause =
                    lasted
                    ? Self.shortestPauseMilliseconds
                    : min(pause * 2, Self.longestPauseMilliseconds)
            }
            let jitter = Int.random(in: pause / 2...pause)
            try? await Task.sleep(for: .milliseconds(jitter))
        }
    }

    private func isConnected(_ peer: String) -> Bool {
        links.withLock { $0.values.contains { $0.origin == peer } }
    }

    // MARK: Connections

    /// Carries frames until the connection is over.
    private func serve(_ connection: PeerConnection, of peer: String) async {
        let number = numbers.wrappingAdd(1, ordering: .relaxed).newValue
        let link = PeerLink(PeerID(number), peer, connection) { [metrics] bytes in
            metrics.count(.peerSentFrames, peer)
            metrics.count(.peerSentBytes, peer, by: UInt64(bytes))
        }
        links.withLock { $0[link.id] = link }
        await thread.handle(.connected(link.id, origin: peer))
        let sending = Task { await link.sending() }
        do {
            for try await frame in connection.frames {
                while link.isFull, !Task.isCancelled {
                    try await Task.sleep(for: .milliseconds(10))
                }
                if let failure = link.failure, failure.code != .closed { throw failure }
                metrics.count(.peerReceivedFrames, peer)
                metrics.count(.peerReceivedBytes, peer, by: UInt64(frame.count))
                await thread.handle(.received(link.id, frame))
            }
        } catch {
            // Of a peer that was cut off, that is the reason, and not how it took it.
            if let closure = error as? PeerClosure, !link.isClosing, closure.code != .ended {
                note(closure.code.rawValue, closure.reason, of: peer)
            }
            logger.debug(
                "a connection with a peer ended",
                metadata: ["code": "peer.ended", "peer": "\(peer)", "reason": "\(error)"])
        }
        connection.close()
        link.end()
        sending.cancel()
        await sending.value
        links.withLock { $0[link.id] = nil }
        await thread.handle(.disconnected(link.id))
    }

    /// Remembers why a connection ended, for whoever asks about peers.
    private func note(_ code: String, _ reason: String, of peer: String) {
        let now = nowMilliseconds()
        state.change { snapshot in
            let count = snapshot.ends[peer]?.count ?? 0
            snapshot.ends[peer] = PeerEnd(
                code: code, reason: reason, atMilliseconds: now, count: count + 1)
        }
    }

    /// Does what the replicator asks for; on its thread.
    private func perform(_ effect: PeerEffect) {
        switch effect {
        case .send(let peer, let frame): links.withLock { $0[peer] }?.send(frame)
        case .disconnect(let peer, let violation):
            guard let link = links.withLock({ $0[peer] }) else { return }
            // One that comes again at once is not to fill the log; each time is counted.
            let last = state.newest.ends[link.origin]
            let isNew = last.map { nowMilliseconds() >= $0.atMilliseconds + 10_000 } ?? true
            logger.log(
                level: isNew || last?.code != violation.code ? .warning : .debug,
                "a peer is cut off",
                metadata: [
                    "code": "\(violation.code)", "peer": "\(link.origin)",
                    "reason": "\(violation.reason)",
                ])
            note(violation.code, violation.reason, of: link.origin)
            link.close()
        case .quorum(let size, _):
            logger.debug(
                "a quorum has cosigned this log",
                metadata: ["code": "log.quorum", "size": .stringConvertible(size)])
        case .alarmed(let alarm):
            logger.critical(
                "an alarm: a log or governance is proven to have broken its promise",
                metadata: [
                    "code": "log.alarm", "kind": "\(alarm.kindName)",
                    "log": "\(alarm.origin ?? "governance")", "alarm": "\(alarm.digest.hex)",
                ])
        case .mirrored(let origin, let size):
            logger.debug(
                "mirrored",
                metadata: [
                    "code": "log.mirrored", "log": "\(origin)", "size": .stringConvertible(size),
                ])
        case .stopped(let origin, let reason):
            logger.error(
                "a log is mirrored no further",
                metadata: [
                    "code": "log.breach", "log": "\(origin)", "reason": "\(reason)",
                ])
        case .mayGoOn:
            logger.notice(
                "peers confirm where this log ends", metadata: ["code": "log.confirmed"])
        case .behind(let size):
            logger.critical(
                "a peer has a checkpoint of this log that this node has lost; nothing is signed",
                metadata: ["code": "log.behind", "size": .stringConvertible(size)])
        case .recovered(let size):
            logger.notice(
                "entries of this log that were lost have come back",
                metadata: ["code": "log.recovered", "size": .stringConvertible(size)])
        }
    }
}
