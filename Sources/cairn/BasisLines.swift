import Queries
import Verdicts

extension MessageCatalog {
    /// What an answer says of a log that it rests on.
    func line(_ basis: Basis) -> String {
        let witnesses =
            basis.isUnwitnessed
            ? text(.labels, "unwitnessed")
            : text(.labels, "cosigned", ["count": "\(basis.cosignatures)"])
        return text(
            .labels, "log",
            [
                "origin": basis.origin, "size": "\(basis.size)",
                "sealed": Self.time(basis.sealedAtMilliseconds), "witnesses": witnesses,
            ])
    }

    /// The two times of a verdict.
    func line(_ times: ClaimTimes) -> String {
        text(
            .labels, "times",
            [
                "valid": Self.time(times.validAtMilliseconds),
                "known": Self.time(times.knownAtMilliseconds),
            ])
    }

    private static func time(_ milliseconds: UInt64) -> String {
        Timestamp.text(milliseconds: Int64(clamping: milliseconds))
    }
}
