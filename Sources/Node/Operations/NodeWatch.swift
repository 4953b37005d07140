import HTTPAPI
import Synchronization

/// What an operator sees of a running node: counts, the disk, how it stands; and what systemd is
/// told of it.
final class NodeWatch: Sendable {
    /// How often the disk is looked at for the forecast and the log.
    static let interval = Duration.seconds(10)

    let metrics = NodeMetrics()
    let disk: DiskWatch
    private let nowMilliseconds: @Sendable () -> UInt64
    private let sealedAtMilliseconds: Mutex<UInt64>
    private let tasks = Mutex<[Task<Void, Never>]>([])

    init(directory: String, settings: NodeRuntime.Settings) {
        disk = DiskWatch(directory: directory, settings: settings)
        nowMilliseconds = settings.nowMilliseconds
        sealedAtMilliseconds = Mutex(settings.nowMilliseconds())
    }

    /// A group was sealed.
    func sealed() {
        let now = nowMilliseconds()
        sealedAtMilliseconds.withLock { $0 = now }
    }

    /// Seconds since the last seal, or since the start.
    var checkpointAgeSeconds: Double {
        let now = nowMilliseconds()
        let then = sealedAtMilliseconds.withLock { $0 }
        return now > then ? Double(now - then) / 1_000 : 0
    }

    /// Begins to look at the disk now and then, until ``stop()``.
    func start() {
        let disk = disk
        let looking = Task {
            while !Task.isCancelled {
                _ = disk.look()
                try? await Task.sleep(for: Self.interval)
            }
        }
        tasks.withLock { $0.append(looking) }
    }

    /// Tells systemd that the node is ready and, as often as it asks, that it lives.
    func notify(_ notifier: ServiceNotifier, of node: RunningNode) {
        notifier.send("READY=1")
        guard let interval = notifier.watchdogInterval else { return }
        let barking = Task { [weak node] in
            while !Task.isCancelled, let node {
                if await node.health().status != "failed" { notifier.send("WATCHDOG=1") }
                try? await Task.sleep(for: interval)
            }
        }
        tasks.withLock { $0.append(barking) }
    }

    /// Ends what was begun.
    func stop() {
        let tasks = tasks.withLock { tasks in
            defer { tasks = [] }
            return tasks
        }
        for task in tasks { task.cancel() }
    }
}
