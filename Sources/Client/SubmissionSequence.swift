/// Encoded submissions as the sequence that a streaming call asks for one by one.
struct SubmissionSequence: AsyncSequence, Sendable {
    /// Hands out the items that are left.
    struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate var rest: ArraySlice<[UInt8]>

        mutating func next() async -> [UInt8]? { rest.popFirst() }
    }

    /// The submissions.
    let items: [[UInt8]]

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(rest: items[...]) }
}
