import Dispatch
import Foundation

/// What a command still does when it is told to end: by Ctrl-C, or by SIGTERM.
final class Interruption {
    private let sources: [any DispatchSourceSignal]

    /// Does something on the first such signal, on a thread of its own, and ends the program with
    /// 128 and the signal's number, as the signal itself would have.
    init(_ lastWords: @escaping @Sendable () -> Void) {
        sources = [SIGINT, SIGTERM].map { number in
            _ = signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(
                signal: number, queue: .global(qos: .userInitiated))
            source.setEventHandler {
                lastWords()
                // Without what the program does at its end: it is still at work elsewhere.
                _exit(128 + number)
            }
            source.resume()
            return source
        }
    }

    /// Lets signals end the program at once again.
    func end() {
        for source in sources { source.cancel() }
        for number in [SIGINT, SIGTERM] { _ = signal(number, SIG_DFL) }
    }
}
