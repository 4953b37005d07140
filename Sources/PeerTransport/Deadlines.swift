import NIOCore

/// The deadlines of one connection, moved often and mostly to later.
///
/// One task of the event loop follows all of them: when its time has come it looks at what has
/// passed, and is set again for the earliest of the rest. Used on the loop only.
final class Deadlines {
    /// What a connection waits for.
    enum Kind: Int, CaseIterable {
        case handshake
        case idle
        case frame
        case write
    }

    private let loop: any EventLoop
    private let reached: (Kind) -> Void
    private var times: [Kind: NIODeadline] = [:]
    private var task: (at: NIODeadline, scheduled: Scheduled<Void>)?

    /// None is set; `reached` is called when one has passed.
    init(on loop: any EventLoop, reached: @escaping (Kind) -> Void) {
        self.loop = loop
        self.reached = reached
    }

    /// Sets one to so many milliseconds from now.
    func set(_ kind: Kind, milliseconds: Int64) {
        let time = loop.now + .milliseconds(milliseconds)
        times[kind] = time
        follow(time)
    }

    /// Whether one is set.
    func isSet(_ kind: Kind) -> Bool { times[kind] != nil }

    /// Takes one away; the task stays, and finds nothing to do.
    func clear(_ kind: Kind) { times[kind] = nil }

    /// Ends all for good.
    func end() {
        times = [:]
        task?.scheduled.cancel()
        task = nil
    }

    private func follow(_ time: NIODeadline) {
        if let task {
            guard time < task.at else { return }
            task.scheduled.cancel()
        }
        let bound = NIOLoopBound(self, eventLoop: loop)
        task = (time, loop.scheduleTask(deadline: time) { bound.value.timePassed() })
    }

    private func timePassed() {
        task = nil
        let now = loop.now
        for kind in Kind.allCases {
            guard let time = times[kind], time <= now else { continue }
            times[kind] = nil
            reached(kind)
        }
        if task == nil, let next = times.values.min() { follow(next) }
    }
}
