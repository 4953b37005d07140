import HTTPAPI
import Notes
import Records
import Sequencing

extension RunningNode {
    package func health() async -> NodeHealth {
        let size = published.newest.size
        let status = status
        return NodeHealth(
            isReady: status == "ok", status: status, origin: origin, size: size,
            alarms: peers?.state.newest.alarms.count ?? 0, witness: witness?.verifier.vkey)
    }

    private var status: String {
        if case .failure = writer.ending.result { return "failed" }
        if isStopping { return "stopping" }
        if let refusal = signingRefusal {
            return String(refusal.code.dropFirst("node.".count))
        }
        if isKeyPending { return "key-pending" }
        if peers?.hasFailed ?? false { return "peers-failed" }
        if watch.disk.refusal() != nil { return "disk-low" }
        if case .failure = views.ending.result { return "views-failed" }
        return viewsLag > readyLagEntries ? "views-behind" : "ok"
    }

    /// Whether no amendment in the log lists the log key that the node has (SPEC §25.6).
    var isKeyPending: Bool {
        !mayBearKey(under: published.newest.basis.governance)
    }

    /// How many entries the views are behind the log.
    private var viewsLag: UInt64 {
        let (size, reached) = (published.newest.size, views.reachedSize)
        return size > reached ? size - reached : 0
    }

    package func metrics() async throws(Refusal) -> [UInt8] {
        let report = watch.disk.look()
        let size = published.newest.size
        let hand = room.inHand
        var gauges: [Metric: Double] = [
            .submissionsInHand: Double(hand.submissions),
            .submissionBytesInHand: Double(hand.bytes), .logEntries: Double(size),
            .checkpointAge: watch.checkpointAgeSeconds, .viewsLag: Double(viewsLag),
            .ready: await health().isReady ? 1 : 0, .ledgerBytes: Double(report.ledgerBytes),
            .bytesPerEntry: size > 0 ? Double(report.ledgerBytes) / Double(size) : 0,
            .diskReserve: Double(report.reserveBytes),
        ]
        let figures = deliveries.currentFigures
        gauges[.subscriptions] = Double(figures.subscriptions)
        gauges[.deliveryLag] = Double(figures.lagEntries)
        gauges[.diskFree] = report.space.map { Double($0.freeBytes) }
        gauges[.diskGrowth] = report.bytesPerDay
        gauges[.diskDaysLeft] = report.daysLeft
        gauges[.residentBytes] = ProcessFigures.residentBytes
        gauges[.openDescriptors] = ProcessFigures.openDescriptors
        var labelled: [Metric: [String: Double]] = [:]
        measurePeers(&gauges, &labelled)
        return watch.metrics.text(gauges: gauges, labelled: labelled)
    }
}
