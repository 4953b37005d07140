import NIOCore

/// A deadline of a connection that is moved with every request, mostly to later.
///
/// One task of the event loop follows it: when the task's time has come and the deadline has moved
/// on, it is set again. A task for each move would be taken out of the loop's queue again and
/// again, which costs a search through the tasks of all its connections. Used on the loop only.
final class MovingDeadline {
    private let loop: any EventLoop
    private let reached: () -> Void
    private var at: NIODeadline?
    private var task: (at: NIODeadline, scheduled: Scheduled<Void>)?

    /// None is set; `reached` is called when one has passed.
    init(on loop: any EventLoop, reached: @escaping () -> Void) {
        self.loop = loop
        self.reached = reached
    }

    /// Sets it to so many seconds from now.
    func set(seconds: Int64) {
        let deadline = loop.now + .seconds(seconds)
        at = deadline
        if let task {
            guard deadline < task.at else { return }
            task.scheduled.cancel()
        }
        schedule(deadline)
    }

    /// Takes it away; the task stays, and finds nothing to do.
    func clear() { at = nil }

    /// Ends it for good.
    func end() {
        at = nil
        task?.scheduled.cancel()
        task = nil
    }

    private func schedule(_ deadline: NIODeadline) {
        let bound = NIOLoopBound(self, eventLoop: loop)
        task = (deadline, loop.scheduleTask(deadline: deadline) { bound.value.timePassed() })
    }

    private func timePassed() {
        task = nil
        guard let at else { return }
        guard at <= loop.now else { return schedule(at) }
        self.at = nil
        reached()
    }
}
