/// The metrics of a node, in the order in which they are served (SPEC §18).
///
/// Names follow Prometheus: base units in the name, `_total` for what only grows.
package enum Metric: String, CaseIterable, Hashable, Sendable {
    case statementsRegistered = "cairn_statements_registered_total"
    case statementsKnown = "cairn_statements_known_total"
    case statementsRefused = "cairn_statements_refused_total"
    case groupCommit = "cairn_group_commit_seconds"
    case submissionsInHand = "cairn_submissions_in_hand"
    case submissionBytesInHand = "cairn_submission_bytes_in_hand"
    case logEntries = "cairn_log_entries"
    case checkpointAge = "cairn_checkpoint_age_seconds"
    case viewsLag = "cairn_views_lag_entries"
    case ready = "cairn_ready"
    case ledgerBytes = "cairn_ledger_bytes"
    case bytesPerEntry = "cairn_ledger_bytes_per_entry"
    case diskFree = "cairn_disk_free_bytes"
    case diskReserve = "cairn_disk_reserve_bytes"
    case diskGrowth = "cairn_disk_growth_bytes_per_day"
    case diskDaysLeft = "cairn_disk_days_left"
    case deliveries = "cairn_deliveries_total"
    case deliveryFailures = "cairn_delivery_failures_total"
    case deadLetters = "cairn_dead_letters_total"
    case subscriptions = "cairn_subscriptions"
    case deliveryLag = "cairn_delivery_lag_entries"
    case peerConnected = "cairn_peer_connected"
    case peerLagEntries = "cairn_peer_lag_entries"
    case peerLagSeconds = "cairn_peer_lag_seconds"
    case peerStopped = "cairn_peer_mirror_stopped"
    case peerReceivedBytes = "cairn_peer_received_bytes_total"
    case peerReceivedFrames = "cairn_peer_received_frames_total"
    case peerSentBytes = "cairn_peer_sent_bytes_total"
    case peerSentFrames = "cairn_peer_sent_frames_total"
    case cosignatures = "cairn_checkpoint_cosignatures"
    case quorum = "cairn_quorum"
    case cosignedEntries = "cairn_cosigned_entries"
    case alarms = "cairn_alarms"
    case residentBytes = "process_resident_memory_bytes"
    case openDescriptors = "process_open_fds"

    /// How its values behave.
    enum Kind: String { case counter, gauge, histogram }

    var kind: Kind {
        switch self {
        case .statementsRegistered, .statementsKnown, .statementsRefused, .deliveries,
            .deliveryFailures, .deadLetters, .peerReceivedBytes, .peerReceivedFrames,
            .peerSentBytes, .peerSentFrames:
            .counter
        case .groupCommit: .histogram
        default: .gauge
        }
    }

    /// The names of its labels.
    var labels: [String] {
        switch self {
        case .statementsRefused: ["code"]
        case .deliveryFailures: ["kind"]
        case .peerConnected, .peerLagEntries, .peerLagSeconds, .peerStopped, .peerReceivedBytes,
            .peerReceivedFrames, .peerSentBytes, .peerSentFrames:
            ["peer"]
        default: []
        }
    }

    /// What it says, in one sentence.
    var help: String {
        switch self {
        case .statementsRegistered: "Statements that were new and are durable."
        case .statementsKnown: "Submissions of statements that the log had already."
        case .statementsRefused: "Submissions that were refused, by error code."
        case .groupCommit: "How long it took to make a group durable."
        case .submissionsInHand: "Submissions between their arrival and their answer."
        case .submissionBytesInHand: "Bytes of the submissions in hand."
        case .logEntries: "Entries under the newest checkpoint."
        case .checkpointAge: "Time since the node's last seal, or since it started."
        case .viewsLag: "Entries that the views are behind the log."
        case .ready: "1 while /readyz answers 200."
        case .ledgerBytes: "Bytes of the ledger, the views and their logs."
        case .bytesPerEntry: "Bytes of those files for each entry of the log."
        case .diskFree: "Bytes free for the node on the file system of its directory."
        case .diskReserve: "Free bytes under which no new statement is taken."
        case .diskGrowth: "Bytes by which the files grew a day, over the last day."
        case .diskDaysLeft: "Days until the reserve is reached at that growth."
        case .deliveries: "Deliveries to subscribers that were taken."
        case .deliveryFailures: "Attempts to deliver that failed, by kind."
        case .deadLetters: "Deliveries that were given up."
        case .subscriptions: "Subscriptions of named queries."
        case .deliveryLag: "Entries that the streamed subscription farthest behind lacks."
        case .peerConnected: "1 while a connection with that node stands."
        case .peerLagEntries: "Entries that a peer has told of that node's log and are not here."
        case .peerLagSeconds: "For how long there have been such."
        case .peerStopped: "1 where that node's log is mirrored no further."
        case .peerReceivedBytes: "Bytes of frames from that node."
        case .peerReceivedFrames: "Frames from that node."
        case .peerSentBytes: "Bytes of frames to that node."
        case .peerSentFrames: "Frames to that node."
        case .cosignatures: "Cosignatures of the node's newest checkpoint that it holds."
        case .quorum: "Cosignatures that make a checkpoint final."
        case .cosignedEntries: "Entries under the newest checkpoint with so many."
        case .alarms: "Alarms that the node knows of."
        case .residentBytes: "Memory of the process that is in use."
        case .openDescriptors: "Open file descriptors of the process."
        }
    }
}
