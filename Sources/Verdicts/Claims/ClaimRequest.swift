import EPCIS
import GS1
package import Records

/// A claim and its times as people and programs write them (SPEC §24.3).
package struct ClaimRequest: Hashable, Sendable {
    /// The claim.
    package var claim: Claim
    /// When the claim is to hold; nil for the time of asking.
    package var validAtMilliseconds: UInt64?
    /// What was registered later does not count; nil for the time of asking.
    package var knownAtMilliseconds: UInt64?

    /// Reads the texts of a request.
    ///
    /// - Parameters:
    ///   - scheme: the scheme's id, in any spelling.
    ///   - share: a decimal.
    ///   - model: a model's name, such as `mass-balance`.
    ///   - validAt: an RFC 3339 time, or a day, which ends with its last millisecond in UTC.
    ///   - knownAt: likewise.
    /// - Throws: `claim.scheme`, `claim.share`, `claim.model`, `claim.time`.
    package init(
        scheme: String, share: String? = nil, model: String? = nil, validAt: String? = nil,
        knownAt: String? = nil
    ) throws(Refusal) {
        guard !scheme.isEmpty else {
            throw Refusal(code: "claim.scheme", field: "claim", reason: "name a claim scheme")
        }
        guard scheme.utf8.count <= CanonicalIdentifier.byteLimit else {
            throw Refusal(
                code: "claim.scheme", field: "claim",
                reason: "a scheme's id has at most \(CanonicalIdentifier.byteLimit) bytes")
        }
        // What is no identifier the network does not know either; then its schemes are told.
        claim = Claim(scheme: (try? CanonicalIdentifier(scheme).uri) ?? scheme)
        if let share {
            guard let decimal = ExactDecimal(share), !decimal.isNegative else {
                throw Refusal(
                    code: "claim.share", field: "share",
                    reason: "'\(share)' is no decimal such as 0.4")
            }
            claim.share = decimal
        }
        if let model {
            guard let known = CustodyModel(name: model) else {
                let names = CustodyModel.allCases.map(\.name).joined(separator: ", ")
                throw Refusal(
                    code: "claim.model", field: "model", reason: "'\(model)' is none of \(names)")
            }
            claim.model = known
        }
        validAtMilliseconds = try Self.time(validAt, "validAt")
        knownAtMilliseconds = try Self.time(knownAt, "knownAt")
    }

    /// The times to judge at.
    ///
    /// - Parameter now: the time for those that were not said, milliseconds.
    /// - Returns: both times.
    package func times(nowMilliseconds now: UInt64) -> ClaimTimes {
        ClaimTimes(
            validAtMilliseconds: validAtMilliseconds ?? now,
            knownAtMilliseconds: knownAtMilliseconds ?? now)
    }

    /// How far ahead of one clock another may be, milliseconds.
    package static let clockSkewMilliseconds: UInt64 = 300_000

    /// Refuses to judge by what was known at a time that has not come: what is registered until
    /// then nobody knows.
    ///
    /// - Parameter now: the present, milliseconds.
    /// - Throws: `claim.time`.
    package func requireKnowable(nowMilliseconds now: UInt64) throws(Refusal) {
        guard let known = knownAtMilliseconds, known > now,
            known - now > Self.clockSkewMilliseconds
        else { return }
        throw Refusal(
            code: "claim.time", field: "knownAt",
            reason: "this time has not come, so that nobody knows what is registered until then "
                + "(a day stands for its end): name one that is past, or none for the present")
    }

    private static func time(_ text: String?, _ field: String) throws(Refusal) -> UInt64? {
        guard let text else { return nil }
        for whole in [text, text + "T23:59:59.999Z"] {
            if let time = try? ZonedTime(whole), let found = UInt64(exactly: time.milliseconds) {
                return found
            }
        }
        throw Refusal(
            code: "claim.time", field: field,
            reason: "'\(text)' is neither a day like 2026-03-01 nor a time like "
                + "2026-03-01T08:30:00+01:00")
    }
}
