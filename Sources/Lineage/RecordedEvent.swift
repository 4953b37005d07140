import EPCIS
package import MerkleTrees
package import Records

/// An EPCIS event as it stands in a ledger: what was said, by whom, and how far it was theirs to
/// say.
///
/// A reference, as a walk hands one event on from each of its things: copies of the value would
/// count a dozen references each.
package final class RecordedEvent: Sendable {
    /// The digest of the part that carries it.
    package let digest: Hash256
    /// The organisation that signed it.
    package let issuer: String
    /// How far it was the issuer's to say.
    package let standing: Standing
    /// What it says.
    package let story: EventStory

    /// Makes a recorded event.
    package init(digest: Hash256, issuer: String, standing: Standing, story: EventStory) {
        self.digest = digest
        self.issuer = issuer
        self.standing = standing
        self.story = story
    }
}

/// Where a walk finds events: a node's views, a test's list.
///
/// It gives only what the asker may see.
package protocol EventSource {
    /// What reading can fail with.
    associatedtype Failure: Error
    /// The events that have a flow of the thing with this canonical URI, or are part of the
    /// process with this `transformationID`; by event time, at most `limit`.
    func events(about uri: String, limit: Int) throws(Failure) -> [RecordedEvent]
    /// The events at a place, its end of a transfer too, or under a business transaction, with an
    /// event time in a range; by event time, at most `limit`.
    func events(
        through uri: String, times: Range<Int64>, limit: Int
    ) throws(Failure) -> [RecordedEvent]
    /// Declarations that concern one of these event IDs: of an error in it, or that it corrects
    /// one. In the order of the ledger, each once.
    func declarations(concerning eventIDs: [String]) throws(Failure) -> [RecordedEvent]
    /// The events of one of these IDs, byte for byte, declarations aside; in the order of the
    /// ledger, each once, as many as are read at all.
    func events(named eventIDs: [String]) throws(Failure) -> [RecordedEvent]
    /// The event hash (SPEC §8.6) of an event; nil if it has none.
    func eventHash(of digest: Hash256) throws(Failure) -> String?
}
