import Foundation
import Logging
import ServiceLifecycle
import UnixSignals

extension NodeRuntime {
    /// Serves until SIGTERM or SIGINT, until the task is cancelled, or until the ledger fails.
    ///
    /// SIGHUP makes it read its TLS certificate again.
    ///
    /// Starts the node if that has not been done; returns when everything has ended. `serving` is
    /// called once the node answers and signals are heard, so that whoever is told may stop it.
    ///
    /// - Throws: what ``start()`` throws; what the ledger failed with, after which the process is
    ///   to exit and start again.
    package func run(
        serving: @escaping @Sendable () -> Void = {}
    ) async throws(NodeError) {
        let serving = ServingNode(runtime: self, serving: serving)
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [
                    .init(
                        service: serving, successTerminationBehavior: .gracefullyShutdownGroup,
                        failureTerminationBehavior: .cancelGroup)
                ],
                gracefulShutdownSignals: [.sigterm, .sigint], logger: settings.logger))
        do {
            try await group.run()
        } catch is CancellationError {
            return
        } catch {
            throw NodeError(error)
        }
    }
}

/// A node as a service of a process.
private struct ServingNode: Service {
    let runtime: NodeRuntime
    let serving: @Sendable () -> Void

    func run() async throws {
        ProcessFigures.raiseDescriptorLimit()
        if runtime.running == nil { try await runtime.start() }
        guard let node = runtime.running else { return }
        let notifier = ServiceNotifier()
        node.watch.notify(notifier, of: node)
        let hangUps = await UnixSignalsSequence(trapping: .sighup)
        let renewing = Task { [runtime] in
            for await _ in hangUps { runtime.renewCertificate() }
        }
        defer { renewing.cancel() }
        serving()
        let wake = Ending()
        let watching = Task { wake.settle(await node.writer.ending.value()) }
        await withTaskCancellationHandler {
            await withGracefulShutdownHandler {
                _ = await wake.value()
            } onGracefulShutdown: {
                wake.settle(.success(()))
            }
        } onCancel: {
            wake.settle(.success(()))
        }
        notifier.send("STOPPING=1")
        let impatience = Task { await Self.endAtOnce(runtime.settings.logger) }
        defer { impatience.cancel() }
        try await runtime.stop()
        await watching.value
    }

    /// Ends the process at the next signal: whoever sends a second one does not want to wait.
    ///
    /// What was acknowledged is durable at any moment; what is in hand is lost without an answer.
    private static func endAtOnce(_ logger: Logger) async {
        for await signal in await UnixSignalsSequence(trapping: .sigterm, .sigint) {
            logger.warning(
                "a second signal; ending at once", metadata: ["code": "node.ended-at-once"])
            _exit(128 + signal.rawValue)
        }
    }
}
