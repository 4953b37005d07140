import Client
import HTTPAPI
import Logging
import MerkleTrees
import Notes
import Records
import Sequencing
import Signatures
import Storage
import Verdicts

extension NodeRuntime {
    /// What a node's directory holds, checked against each other.
    private struct Opened: Sendable {
        var ledger: Ledger
        var views: Views
        var service: ServiceState
        var subscriptions: [KeptSubscription]
        var genesis: GovernanceState
        var verifier: EvidenceVerifier
        var sequencer: Sequencer
        var checkpoint: [UInt8]
        var logKey: SigningKey
        var organisation: String
        var signer: CaptureSigner?
        var witness: Witness?

        /// The log as it is taken up.
        var published: PublishedLog {
            let state = sequencer.state
            return PublishedLog(
                PublishedLog.Snapshot(
                    size: state.size, checkpoint: checkpoint, basis: sequencer.basis),
                index: state.index)
        }
    }

    /// Opens a directory and starts everything but the HTTP interface.
    static func open(
        _ directory: NodeDirectory, _ passphrase: [UInt8]?, _ settings: Settings
    ) async throws(NodeError) -> RunningNode {
        let opened: Opened
        do {
            opened = try await ReadingThreads(count: 1).run {
                try load(directory, passphrase, settings)
            }
        } catch {
            throw NodeError(error)
        }
        let (state, published) = (opened.sequencer.state, opened.published)
        let governance = KnownGovernance(genesis: opened.genesis)
        let filling = ViewsFilling(
            ledger: opened.ledger, views: opened.views, governance: governance)
        let watch = NodeWatch(directory: directory.path, settings: settings)
        let deliveries = deliveries(
            opened, published, governance, watch.metrics, settings)
        let remains = remains(opened, directory, settings)
        let views = ViewsFollower(
            logger: settings.logger, onReached: { deliveries.reached($0) }, sweep: remains.sweep,
            catchUp: { size in
                try filling.step(to: size, delegations: published.newest.basis.delegations)
            })
        let peers = try peers(opened, published, directory, watch, settings)
        let writer = LogWriter(
            ledger: opened.ledger, published: published,
            nowMilliseconds: settings.nowMilliseconds, metrics: watch.metrics,
            logger: settings.logger, peerHeads: { peers?.state.takePeerHeads() ?? [] },
            onSealed: { size in
                views.sealed(size: size)
                watch.sealed()
                peers?.sealed()
            })
        let limits = WaitingRoom.Limits(
            submissions: settings.waitingSubmissions, bytes: settings.waitingBytes)
        let receipts = Receipts(
            origin: state.origin, network: state.governance.network, logKey: opened.logKey,
            quorum: { published.newest.basis.governance.policy.quorum })
        views.start()
        views.sealed(size: state.size)
        let (genesis, logKey, depth) = (
            opened.genesis, opened.logKey, opened.ledger.identity.indexDepth
        )
        writer.start(opened.sequencer) { store in
            try Sequencer(
                resuming: store, genesis: genesis, origin: state.origin, indexDepth: depth,
                logKey: logKey)
        }
        let node = RunningNode(
            organisation: opened.organisation, ledger: opened.ledger, published: published,
            writer: writer, room: WaitingRoom(limits: limits), views: views,
            viewed: opened.views, service: opened.service,
            captureWork: CaptureWork(signer: opened.signer), deliveries: deliveries,
            receipts: receipts, governance: governance, watch: watch,
            verifier: opened.verifier, peers: peers, witness: opened.witness,
            settings: settings)
        node.captureWork.start { await node.captureWaiting() }
        return node
    }

    /// What takes part among peers; nil for a node that was not told how.
    private static func peers(
        _ opened: Opened, _ published: PublishedLog, _ directory: NodeDirectory,
        _ watch: NodeWatch, _ settings: Settings
    ) throws(NodeError) -> PeerWork? {
        guard let told = settings.peers else { return nil }
        return try NodeError.mapping {
            try PeerWork(
                told,
                replicas: try Replicas(
                    directory: directory.path, own: opened.ledger,
                    lackOfRoom: { watch.disk.refusal()?.reason }),
                genesis: opened.genesis, origin: opened.sequencer.state.origin,
                published: published, metrics: watch.metrics, settings: settings)
        }
    }

    private static func remains(
        _ opened: Opened, _ directory: NodeDirectory, _ settings: Settings
    ) -> ErasedRemains {
        ErasedRemains(
            directory: directory, ledger: opened.ledger, views: opened.views,
            service: opened.service, logger: settings.logger)
    }

    /// The deliveries of the subscriptions that are kept.
    private static func deliveries(
        _ opened: Opened, _ published: PublishedLog, _ governance: KnownGovernance,
        _ metrics: NodeMetrics, _ settings: Settings
    ) -> Deliveries {
        let now = settings.nowMilliseconds
        let basis = governance.readingBasis(published, now: now)
        let surroundings = Deliveries.Surroundings(
            service: opened.service,
            telling: EventTelling(
                events: StandingEvents(views: opened.views, ledger: opened.ledger, basis: basis),
                notices: StandingNotices(
                    views: opened.views, ledger: opened.ledger, basis: basis),
                nowMilliseconds: now),
            sender: WebhookSender(
                policy: settings.webhooks, timeLimit: settings.webhookTimeLimit), metrics: metrics,
            logger: settings.logger, nowMilliseconds: now,
            hasStanding: { organisation in
                let governance = published.newest.basis.governance
                do throws(Refusal) {
                    try governance.requireStanding(of: organisation, nowMilliseconds: now())
                    return true
                } catch {
                    return false
                }
            })
        return Deliveries(opened.subscriptions, surroundings)
    }

    private static func load(
        _ directory: NodeDirectory, _ passphrase: [UInt8]?, _ settings: Settings
    ) throws -> Opened {
        let configuration = try directory.configuration()
        let genesis = try directory.genesis()
        let key = try directory.logKey(configuration, passphrase: passphrase)
        let ledger = try Ledger.open(directory: directory.path)
        do {
            return try take(
                ledger, configuration, genesis, key, settings, path: directory.path)
        } catch {
            try? ledger.close()
            throw error
        }
    }

    private static func take(
        _ ledger: Ledger, _ configuration: NodeConfiguration,
        _ founding: (file: GenesisFile, state: GovernanceState),
        _ key: SigningKey, _ settings: Settings, path: String
    ) throws -> Opened {
        let genesis = founding.state
        guard ledger.identity.network == genesis.network,
            ledger.identity.origin == configuration.origin
        else {
            throw NodeError.input(
                "node.genesis",
                "\(path): the ledger is of log \(ledger.identity.origin) in network "
                    + "\(ledger.identity.network.hex), the genesis file is of "
                    + "\(genesis.network.hex), node.json of \(configuration.origin)")
        }
        return try ledger.write { store in
            let sequencer = try Sequencer(
                resuming: store, genesis: genesis, origin: configuration.origin,
                indexDepth: ledger.identity.indexDepth, logKey: key)
            let state = sequencer.state
            guard let node = state.governance.nodes[configuration.origin] else {
                throw NodeError.input(
                    "node.origin", "the network has no node \(configuration.origin)")
            }
            let signer = try settings.capture.map {
                try CaptureSigner(
                    $0, organisation: node.organisation, governance: state.governance)
            }
            // Parts came back after their entries had been looked at.
            if !sequencer.isKeyInForce, try store.lostSize() > 0 {
                try Views.delete(directory: path)
            }
            let service = try ServiceState(directory: path, identity: ledger.identity)
            return Opened(
                ledger: ledger,
                views: try views(path, identity: ledger.identity),
                service: service, subscriptions: try service.subscriptions(),
                genesis: genesis,
                // What it verifies passed the same rule at admission; auditors ask both libraries.
                verifier: try EvidenceVerifier(genesis: founding.file, library: .swiftCrypto),
                sequencer: sequencer,
                checkpoint: try checkpoint(in: store, of: state, key: key), logKey: key,
                organisation: node.organisation, signer: signer,
                witness: try witness(settings, node, state.governance, key, service))
        }
    }

    /// What cosigns logs outside the network; nil for a node that was not told how.
    private static func witness(
        _ settings: Settings, _ node: LogNode, _ governance: GovernanceState, _ logKey: SigningKey,
        _ service: ServiceState
    ) throws -> Witness? {
        guard let told = settings.witness else { return nil }
        let key = told.key.publicKey
        let isTaken =
            [logKey.publicKey, node.cosignerKey, node.tlsKey].contains(key)
            || governance.key(key.thumbprint) != nil
            || governance.nodes.values.contains {
                [$0.logKey, $0.cosignerKey, $0.tlsKey].contains(key)
            }
        guard !isTaken else {
            throw NodeError.input(
                "node.witness-key", "witnessKey: the key has another purpose in the network")
        }
        let witness = try Witness(
            told, origin: node.origin, service: service,
            nowMilliseconds: settings.nowMilliseconds, logger: settings.logger)
        settings.logger.info(
            "cosigning as a witness",
            metadata: [
                "code": "witness.serving", "vkey": "\(witness.verifier.vkey)",
                "logs": .stringConvertible(witness.logs.count),
            ])
        return witness
    }

    /// The views, made anew if their file is damaged: nothing in them is lost.
    private static func views(_ directory: String, identity: LogIdentity) throws -> Views {
        do {
            return try Views(directory: directory, identity: identity)
        } catch let error where error.code == "storage.corrupt" {
            try Views.delete(directory: directory)
            return try Views(directory: directory, identity: identity)
        }
    }

    /// The checkpoint of entries that came back before a checkpoint of the peers was reached.
    ///
    /// The node has signed it before: it is a seal of the log as the peers prove it.
    private static func checkpoint(
        signedBefore state: LogState, in store: LedgerStore, _ key: SigningKey
    ) throws -> [UInt8] {
        let verifier = state.governance.logVerifier(origin: state.origin, size: state.size)
        guard try store.lostSize() >= state.size, verifier?.key == key.publicKey else {
            throw NodeError.failure(
                "log.damaged",
                "the newest seal has no checkpoint; if this log was being recovered, start the "
                    + "node with the key it had, else run cairn check")
        }
        let checkpoint = try Checkpoint(
            origin: state.origin, size: state.size, root: state.frontier.root)
        let bytes = try SignedNote.sign(text: checkpoint.text, name: state.origin, key: key)
            .serialized()
        try store.keep(checkpoint: bytes, ofSeal: state.size - 1)
        return bytes
    }

    /// The newest checkpoint, which must be the log's own over what the ledger holds.
    private static func checkpoint(
        in store: LedgerStore, of state: LogState, key: SigningKey
    ) throws -> [UInt8] {
        guard state.size > 0 else {
            throw NodeError.failure("log.damaged", "the log is empty; run cairn check")
        }
        guard let bytes = try store.checkpoint(ofSeal: state.size - 1) else {
            return try checkpoint(signedBefore: state, in: store, key)
        }
        let note = try SignedNote.parse(bytes)
        let checkpoint = try Checkpoint(parsing: note.text)
        let verifier = state.governance.logVerifier(origin: state.origin, size: state.size)
        _ = try note.verify(known: verifier.map { [$0] } ?? [])
        guard checkpoint.size == state.size, checkpoint.root == state.frontier.root else {
            throw NodeError.failure(
                "log.damaged", "the newest checkpoint is not of this tree; run cairn check")
        }
        return bytes
    }
}

extension RunningNode {
    /// Commits what was handed over, fills no more views, closes the ledger.
    func end() async -> Result<Void, NodeError> {
        watch.stop()
        await captureWork.stop()
        await deliveries.stop()
        writer.close()
        let written = await writer.ending.value()
        views.close()
        _ = await views.ending.value()
        await peers?.stop()
        do {
            try viewed.close()
            try service.close()
            try ledger.close()
        } catch {
            if case .success = written { return .failure(NodeError(error)) }
        }
        return written
    }
}
