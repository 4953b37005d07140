import Client
import Foundation
package import HTTPAPI
package import Logging
import MerkleTrees
import Notes
package import Queries
import Records
import Sequencing
import Signatures
import Storage
import Synchronization

/// One node: its directory, its log, its HTTP interface.
///
/// ``start()`` takes the directory's lock and listens; ``run()`` serves until the process is told
/// to stop; ``stop()`` finishes what was accepted. A value serves once: to serve again make another
/// one. Several, each with its own directory, can run in one process.
package final class NodeRuntime: Sendable {
    /// What a node can be made to differ in, for tests and benchmarks.
    package struct Settings: Sendable {
        /// The node's clock, milliseconds since the epoch.
        package var nowMilliseconds: @Sendable () -> UInt64 = SystemClock.nowMilliseconds
        /// The most submissions in hand (SPEC §19).
        package var waitingSubmissions = 4_096
        /// The most bytes of them.
        package var waitingBytes = 64 << 20
        /// The most links a day of one issuer to the chain of another's thing.
        package var foreignLinksPerDay: UInt32 = 1_000
        /// How long a question about lineage waits for the views to reach the newest seal.
        package var viewsPatience = Duration.seconds(2)
        /// How long one answer's evidence may take to gather, waiting included: what strangers add
        /// to a chain must not hold a node for ever.
        package var evidencePatience = Duration.seconds(20)
        /// How long one EPCIS query is worked on.
        package var queryPatience = Duration.seconds(10)
        /// The HTTP interface's limits.
        package var http = HTTPLimits()
        /// How many entries the views may be behind while the node says that it is ready.
        package var readyLagEntries: UInt64 = 100_000
        /// Free bytes of the disk under which no statement is taken; nil for the usual.
        package var diskReserveBytes: UInt64?
        /// Under how many days of room the log warns.
        package var diskWarningDays = 30
        /// Asks how much room the file system of a path has.
        package var diskSpace: @Sendable (String) -> DiskSpace? = DiskSpace.of
        /// Where subscribers may have events sent.
        package var webhooks = WebhookPolicy.publicOnly
        /// How long one delivery may take.
        package var webhookTimeLimit = Duration.seconds(WebhookSender.timeLimitSeconds)
        /// How long requests may take to finish when the node stops, in seconds.
        package var drainSeconds: Int64 = 10
        /// With what it takes part among its peers; nil: it has none.
        package var peers: PeerSettings?
        /// With what it cosigns logs outside the network; nil: it is no witness.
        package var witness: WitnessSettings?
        /// Whether it goes on with its log though its peers did not say how far they know it.
        package var goesOnAlone = false
        /// With what it signs what is captured (SPEC §17.3); nil: it captures nothing.
        package var capture: CaptureKey?
        /// Where the node logs; no key, passphrase or content is logged.
        package var logger = Logger(label: "cairn.node")

        /// What SPEC says.
        package init() {}
    }

    /// How callers reach a node (SPEC §17.1).
    package enum Exposure: Sendable {
        /// Plain HTTP on loopback: callers of this machine are the node's operator.
        case machine
        /// TLS with the node's own certificate; beyond loopback callers are strangers unless they
        /// show a token.
        case tls(ServerTLS)
        /// Plain HTTP behind a proxy that ends TLS: callers are strangers unless they show a token.
        case proxied
    }

    private enum Phase {
        case new
        case starting
        case serving(RunningNode, HTTPListener)
        case stopped
    }

    /// The origin of the node's log.
    package let origin: String
    private let directory: NodeDirectory
    private let listenAddress: ListenAddress
    private let passphrase: [UInt8]?
    private let exposure: Exposure
    /// Reads the TLS certificate again from where it came; nil for a node without files for it.
    private let certificate: (@Sendable () throws(NodeError) -> ServerTLS)?
    let settings: Settings
    private let phase = Mutex(Phase.new)

    /// The node of a directory; nothing is opened yet.
    ///
    /// It will listen at `http`, an address and port, port 0 for a free one; beyond loopback only
    /// with TLS or behind a proxy. The passphrase is that of the log key, if it is encrypted;
    /// `certificate` reads what ``renewCertificate()`` is to show.
    ///
    /// - Throws: `node.missing-file`, `node.configuration`, `node.listen`.
    package init(
        directory: String, http: String = "127.0.0.1:0", passphrase: [UInt8]? = nil,
        exposure: Exposure = .machine,
        certificate: (@Sendable () throws(NodeError) -> ServerTLS)? = nil,
        settings: Settings = Settings()
    ) throws(NodeError) {
        self.directory = NodeDirectory(path: directory)
        self.origin = try self.directory.configuration().origin
        do {
            self.listenAddress = try ListenAddress(http, beyondLoopback: exposure.isProtected)
        } catch {
            throw .input("node.listen", error.reason)
        }
        self.passphrase = passphrase
        self.exposure = exposure
        self.certificate = certificate
        self.settings = settings
    }

    /// Where the node listens, with the port that the system chose.
    package var address: ListenAddress {
        phase.withLock { phase in
            if case .serving(_, let listener) = phase { listener.address } else { listenAddress }
        }
    }

    /// The node behind the HTTP interface, while it serves.
    package var service: (any NodeService)? { running }

    /// The node's URL.
    package var url: String {
        if case .tls = exposure { "https://\(address)" } else { "http://\(address)" }
    }

    var running: RunningNode? {
        phase.withLock { phase in
            if case .serving(let node, _) = phase { node } else { nil }
        }
    }

    // MARK: Life

    /// Takes the directory's lock, takes up the log at its last seal, and listens.
    ///
    /// - Throws: `storage.locked` if another process has the directory, `node.genesis`, `log.key`,
    ///   `log.damaged`, `storage.*`, `key.*`, `node.listen`.
    package func start() async throws(NodeError) {
        let isFirst = phase.withLock { phase in
            guard case .new = phase else { return false }
            phase = .starting
            return true
        }
        guard isFirst else { throw .failure("node.started", "the node was started before") }
        do {
            let opened = try await Self.open(directory, passphrase, settings)
            try await startPeers(of: opened)
            let listener = try await listen(opened)
            phase.withLock { $0 = .serving(opened, listener) }
            opened.watch.start()
            await opened.deliveries.start()
            settings.logger.info(
                "serving",
                metadata: [
                    "code": "node.serving", "origin": "\(origin)", "address": "\(listener.address)",
                    "size": .stringConvertible(opened.published.newest.size),
                ])
        } catch {
            phase.withLock { $0 = .stopped }
            throw error
        }
    }

    private func startPeers(of node: RunningNode) async throws(NodeError) {
        do throws(NodeError) {
            try await node.peers?.start(
                PeerWork.Reactions(
                    recovered: { node.writer.takeUpAgain() },
                    amended: { await node.adoptAmendments() }))
        } catch {
            _ = await node.end()
            throw error
        }
    }

    private func listen(_ node: RunningNode) async throws(NodeError) -> HTTPListener {
        do throws(ListenError) {
            return try await HTTPListener.start(
                service: node, epcis: node, capturing: node, address: listenAddress,
                callers: callers(of: node),
                tls: exposure.tls, limits: settings.http, logger: settings.logger)
        } catch {
            _ = await node.end()
            throw .failure("node.listen", error.reason)
        }
    }

    private func callers(of node: RunningNode) -> CallerPolicy {
        let access = NodeAccess(
            origin: origin, organisation: node.organisation, published: node.published,
            file: TokenFile(directory), settings: settings)
        if case .proxied = exposure { return .anywhere(access: access) }
        guard listenAddress.isLoopback else { return .anywhere(access: access) }
        let own = Caller(
            role: .nodeOperator, reader: .member(organisation: node.organisation))
        return .loopback(as: own, access: access)
    }

    /// Reads the TLS certificate again and shows it from the next handshake on; one that cannot be
    /// used leaves the present one, and the log says why.
    package func renewCertificate() {
        guard let certificate, let tls = exposure.tls else { return }
        do throws(NodeError) {
            tls.show(try certificate())
            settings.logger.info("a new certificate", metadata: ["code": "tls.renewed"])
        } catch {
            settings.logger.error(
                "the certificate stays as it was",
                metadata: ["code": "tls.not-renewed", "reason": "\(error.reason)"])
        }
    }

    /// Stops in order, if the node serves.
    ///
    /// It takes no more submissions, finishes requests and queued submissions, and closes the
    /// ledger.
    ///
    /// - Throws: what failed while it served, or while it ended.
    package func stop() async throws(NodeError) {
        let serving: (RunningNode, HTTPListener)? = phase.withLock { phase in
            guard case .serving(let node, let listener) = phase else { return nil }
            phase = .stopped
            return (node, listener)
        }
        guard let (node, listener) = serving else { return }
        node.beginStopping()
        await listener.stop(drainSeconds: settings.drainSeconds)
        let result = await node.end()
        settings.logger.info(
            "stopped", metadata: ["code": "node.stopped", "origin": "\(origin)"])
        try result.get()
    }
}

extension NodeRuntime.Exposure {
    /// Whether what is sent is safe from others on the way, by this node's word or its operator's.
    var isProtected: Bool {
        if case .machine = self { false } else { true }
    }

    var tls: ServerTLS? {
        if case .tls(let tls) = self { tls } else { nil }
    }
}
