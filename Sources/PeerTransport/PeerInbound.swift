import Synchronization

/// What has come from the other side and was not taken, between the event loop and one reader.
final class PeerInbound: Sendable {
    /// What the event loop has to know after bytes arrived.
    struct Progress {
        /// Whether more may be read.
        var wantsMore: Bool
        /// Frames that were complete when the one in hand was begun; nil between frames.
        var insideFrameAfter: UInt64?
        /// Whether a frame was refused.
        var isRefused: Bool
    }

    private struct State {
        var decoder: FrameDecoder
        var ending: PeerClosure?
        /// Whether the event loop was told to read no more.
        var isPaused = false
        var reader: CheckedContinuation<Void, Never>?
    }

    private enum Taken {
        case frame([UInt8], resumes: Bool)
        case ended(PeerClosure?)
        case nothing
    }

    private let state: Mutex<State>
    private let bytesLimit: Int
    /// Tells the event loop to read again.
    private let resume: @Sendable () -> Void

    init(_ limits: PeerLimits, resume: @escaping @Sendable () -> Void) {
        state = Mutex(State(decoder: FrameDecoder(frameBytesLimit: limits.frameBytes)))
        bytesLimit = limits.inboundBytes
        self.resume = resume
    }

    /// Takes what has arrived.
    func append(_ bytes: some Collection<UInt8>) -> Progress {
        let (progress, reader) = state.withLock { state in
            state.decoder.append(bytes)
            let decoder = state.decoder
            state.isPaused = decoder.waiting > 0 && decoder.heldBytes >= bytesLimit
            let progress = Progress(
                wantsMore: !state.isPaused,
                insideFrameAfter: decoder.isInsideFrame ? decoder.completed : nil,
                isRefused: decoder.isRefused)
            return (progress, decoder.waiting > 0 ? state.reader.take() : nil)
        }
        reader?.resume()
        return progress
    }

    /// Whether the stream stands inside a frame.
    var isInsideFrame: Bool { state.withLock { $0.decoder.isInsideFrame } }

    /// Whether no frame has ever come.
    var isUntouched: Bool { state.withLock { $0.decoder.completed == 0 } }

    /// Bytes that have arrived and were not taken.
    var heldBytes: Int { state.withLock { $0.decoder.heldBytes } }

    /// How the connection ended, once it has.
    var ending: PeerClosure? { state.withLock(\.ending) }

    /// Ends the stream: after what has come, unless that is to be dropped.
    func end(_ closure: PeerClosure, dropping: Bool) {
        let reader = state.withLock { state in
            if state.ending == nil { state.ending = closure }
            if dropping { state.decoder.discardAll() }
            return state.reader.take()
        }
        reader?.resume()
    }

    /// The next frame; nil when the connection was ended in order, by either side.
    ///
    /// - Throws: how else it ended; `peer.cancelled`.
    func next() async throws(PeerClosure) -> [UInt8]? {
        while true {
            switch take() {
            case .frame(let frame, let resumes):
                if resumes { resume() }
                return frame
            case .ended(let closure?) where closure.code != .closed && closure.code != .ended:
                throw closure
            case .ended: return nil
            case .nothing: break
            }
            guard !Task.isCancelled else {
                throw PeerClosure(.cancelled, "the reader of the connection was cancelled")
            }
            await wait()
        }
    }

    private func take() -> Taken {
        state.withLock { state in
            do throws(PeerClosure) {
                guard let frame = try state.decoder.next() else {
                    return state.ending.map { .ended($0) } ?? .nothing
                }
                // Read on once half is free, not for every frame.
                let isLow =
                    state.decoder.waiting == 0 || state.decoder.heldBytes < bytesLimit / 2
                let resumes = state.isPaused && isLow
                if resumes { state.isPaused = false }
                return .frame(frame, resumes: resumes)
            } catch {
                return .ended(state.ending ?? error)
            }
        }
    }

    private func wait() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isReady = state.withLock { state in
                    precondition(state.reader == nil, "the frames of a connection have one reader")
                    // The task may have been cancelled before there was anything to wake.
                    if state.decoder.waiting > 0 || state.ending != nil || Task.isCancelled {
                        return true
                    }
                    state.reader = continuation
                    return false
                }
                if isReady { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.reader.take() }?.resume()
        }
    }
}
