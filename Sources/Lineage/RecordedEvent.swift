package import EPCIS
package import MerkleTrees
package import Records

/// An EPCIS event as it stands in a ledger: what was said, by whom, and how far it was theirs to
/// say.
package struct RecordedEvent: Sendable {
    /// The digest of the part that carries it.
    package var digest: Hash256
    /// The organisation that signed it.
    package var issuer: String
    /// How far it was the issuer's to say.
    package var standing: Standing
    /// When it first entered the log, milliseconds.
    package var registeredAtMilliseconds: UInt64
    /// The event.
    package var event: EPCISEvent

    /// Makes a recorded event.
    package init(
        digest: Hash256, issuer: String, standing: Standing, registeredAtMilliseconds: UInt64,
        event: EPCISEvent
    ) {
        self.digest = digest
        self.issuer = issuer
        self.standing = standing
        self.registeredAtMilliseconds = registeredAtMilliseconds
        self.event = event
    }
}

/// Where a walk finds events: a node's views, an evidence file, a test's list.
package protocol EventSource {
    /// What reading can fail with.
    associatedtype Failure: Error
    /// The events that have a flow of the thing with this canonical URI, or are part of the
    /// process with this `transformationID`; by event time, at most `limit`.
    func events(about uri: String, limit: Int) throws(Failure) -> [RecordedEvent]
}
