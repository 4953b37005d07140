import Synchronization

/// What makes a node capture: its signer, the bell that wakes the one worker, and the lane in which
/// whoever registers captured events goes one after the other.
///
/// In the lane it is first asked what the log holds already and then registered what is missing, so
/// that one event handed in twice at a time is recorded once.
final class CaptureWork: Sendable {
    /// Signs; nil where the operator gave no key.
    let signer: CaptureSigner?
    let lane = CaptureLane()
    private let bell: AsyncStream<Void>
    private let ringing: AsyncStream<Void>.Continuation
    private let worker = Mutex<Task<Void, Never>?>(nil)

    init(signer: CaptureSigner?) {
        self.signer = signer
        (bell, ringing) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Says that there is something to do.
    func ring() { ringing.yield() }

    /// Starts the worker: `body` is run at once, and each time the bell rang.
    func start(_ body: @escaping @Sendable () async -> Void) {
        let bell = bell
        let task = Task {
            await body()
            for await _ in bell where !Task.isCancelled { await body() }
        }
        worker.withLock { $0 = task }
    }

    /// Ends the worker; returns when what it had handed over is decided.
    func stop() async {
        ringing.finish()
        let task = worker.withLock { $0 }
        task?.cancel()
        await task?.value
    }
}

/// Lets one after the other in, in the order they came.
actor CaptureLane {
    /// How many may wait.
    static let waitingLimit = 256
    private var isTaken = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    /// Waits for its turn; false if too many wait already.
    func enter() async -> Bool {
        guard isTaken else {
            isTaken = true
            return true
        }
        guard waiting.count < Self.waitingLimit else { return false }
        await withCheckedContinuation { waiting.append($0) }
        return true
    }

    /// Lets the next one in.
    func leave() {
        guard !waiting.isEmpty else {
            isTaken = false
            return
        }
        waiting.removeFirst().resume()
    }
}
