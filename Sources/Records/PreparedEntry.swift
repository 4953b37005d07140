/// An entry that was read, and its signature checked, ahead of its turn in a ``LogReplay``.
///
/// Making one is most of the work of a replay, needs nothing but the entry, and can be done on any
/// thread. What is decided here holds for the key that signed; whether that key might sign is asked
/// again in turn. What is refused here is looked at again in turn, under the governance then.
package struct PreparedEntry: Sendable {
    /// The manifest of a statement, if it was given and can be read.
    package var manifest: Manifest? { try? read?.get() }
    /// The statement of an entry that holds one, if it can be read; its signature may be wrong.
    package let statement: UnverifiedStatement?

    let decoded: Result<LogEntry, Refusal>
    let verified: VerifiedStatement?
    let read: Result<Manifest, Refusal>?

    /// Reads an entry and checks its signature.
    ///
    /// - Parameters:
    ///   - entry: the leaf's data.
    ///   - manifest: the manifest of a statement.
    ///   - governance: the newest governance at hand.
    ///   - library: which library checks the signature.
    package init(
        _ entry: [UInt8], manifest: [UInt8]?, under governance: GovernanceState,
        library: SignatureLibrary = .swiftCrypto
    ) {
        decoded = Result { () throws(Refusal) in try LogEntry.decode(entry) }
        read = manifest.map { bytes in
            Result { () throws(Refusal) in try Manifest.decode(bytes) }
        }
        guard case .success(.statement(let time, let bytes)) = decoded,
            let statement = try? UnverifiedStatement.decode(bytes)
        else {
            (statement, verified) = (nil, nil)
            return
        }
        self.statement = statement
        verified = try? governance.verify(
            statement, registeredAtMilliseconds: time, library: library)
    }
}
