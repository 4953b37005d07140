/// The answers of a stream of submissions, handed on in the order of the questions.
///
/// One reader reserves room, many tasks complete, one writer takes what is next in order. The
/// room bounds what is read and not yet answered, in number and in bytes; a reader that finds
/// none is suspended, and through it the caller's connection.
actor OrderedResults {
    private let countLimit: Int
    private let bytesLimit: Int
    private var bytesReserved = 0
    private var reserved: [UInt64: Int] = [:]
    private var completed: [UInt64: [UInt8]] = [:]
    private var nextOrdinal: UInt64 = 0
    private var nextToTake: UInt64 = 0
    private var isFinished = false
    private var isAbandoned = false
    private var malformedLeft: Int
    private var reader: CheckedContinuation<Void, Never>?
    private var writer: CheckedContinuation<Void, Never>?

    /// An empty row of answers with room for this much, that bears so many malformed questions.
    init(countLimit: Int, bytesLimit: Int, malformedLimit: Int) {
        self.countLimit = countLimit
        self.bytesLimit = bytesLimit
        malformedLeft = malformedLimit
    }

    /// Whether as many questions were malformed as are borne.
    var hasEnough: Bool { malformedLeft <= 0 }

    /// Takes the next place, when there is room for it; nil once the writer has gone.
    ///
    /// A single item larger than the limit finds room when nothing else is held.
    func reserve(bytes: Int) async -> UInt64? {
        while !isAbandoned, !reserved.isEmpty,
            reserved.count >= countLimit || bytesReserved + bytes > bytesLimit
        {
            await withCheckedContinuation { reader = $0 }
        }
        guard !isAbandoned else { return nil }
        let ordinal = nextOrdinal
        nextOrdinal += 1
        reserved[ordinal] = bytes
        bytesReserved += bytes
        return ordinal
    }

    /// Puts the answer into its place; one to a malformed question counts against the limit.
    func complete(_ ordinal: UInt64, with answer: [UInt8], isMalformed: Bool = false) {
        completed[ordinal] = answer
        if isMalformed { malformedLeft -= 1 }
        if ordinal == nextToTake { wakeWriter() }
    }

    /// Says that no further place will be taken.
    func finish() {
        isFinished = true
        wakeWriter()
    }

    /// Says that no further answer will be taken: the caller has gone.
    func abandon() {
        isAbandoned = true
        wakeReader()
    }

    /// All answers that are next in order, joined; nil after the last.
    func take() async -> [UInt8]? {
        while completed[nextToTake] == nil {
            if isFinished, nextToTake == nextOrdinal { return nil }
            await withCheckedContinuation { writer = $0 }
        }
        var joined: [UInt8] = []
        while joined.count < 64 << 10, let answer = completed.removeValue(forKey: nextToTake) {
            joined += answer
            bytesReserved -= reserved.removeValue(forKey: nextToTake) ?? 0
            nextToTake += 1
        }
        wakeReader()
        return joined
    }

    private func wakeReader() {
        reader?.resume()
        reader = nil
    }

    private func wakeWriter() {
        writer?.resume()
        writer = nil
    }
}
