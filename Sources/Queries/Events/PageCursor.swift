import EPCIS
package import MerkleTrees
import Records
import Signatures

/// Where the next page of an answer begins, and in which state of the log.
///
/// As text it is a page token: base64url of a version, the numbers below in big-endian and the
/// first 16 bytes of a hash over them and the query's digest. The hash is no signature, for
/// whoever asks may ask for any page: it tells tokens of other queries and damaged ones, and who
/// makes one can write any numbers. Those that no log has are refused.
package struct PageCursor: Hashable, Sendable {
    /// The last event of the page before.
    package let last: EventPlace
    /// The size of the log at the first page; events of later leaves are in no further page.
    package let treeSize: UInt64
    /// How many events the pages before held together.
    package let countBefore: UInt64

    /// Makes a cursor.
    package init(last: EventPlace, treeSize: UInt64, countBefore: UInt64) {
        self.last = last
        self.treeSize = treeSize
        self.countBefore = countBefore
    }

    /// Reads a token of a query; any other text is refused (`query.token`).
    package init(token: String, of query: Hash256) throws(QueryRefusal) {
        guard token.utf8.count <= Self.tokenByteLimit, let bytes = Base64.url.decode(token),
            bytes.count == Self.bodyByteCount + Self.checkByteCount
        else {
            throw QueryRefusal(
                code: "query.token", "nextPageToken",
                "this is no page token: take it from the Link header as it is")
        }
        let body = Array(bytes.prefix(Self.bodyByteCount))
        guard body[0] == Self.version,
            bytes.dropFirst(body.count).elementsEqual(Self.check(body, query))
        else {
            throw QueryRefusal(
                code: "query.token", "nextPageToken",
                "the token is of another query: ask with the same parameters, or without token")
        }
        var rest = body.dropFirst()
        last = EventPlace(
            Int64(bitPattern: Self.number(&rest)),
            EventPosition(
                leafIndex: Self.number(&rest), part: UInt32(truncatingIfNeeded: Self.number(&rest)))
        )
        treeSize = Self.number(&rest)
        countBefore = Self.number(&rest)
        let part = UInt64(Limits.statementParts)
        guard treeSize <= Self.treeSizeLimit, last.position.leafIndex < treeSize,
            last.position.part < part, countBefore <= treeSize * part,
            (0...ZonedTime.latestMilliseconds).contains(last.milliseconds)
        else {
            throw QueryRefusal(
                code: "query.token", "nextPageToken",
                "no page of this log ends there: take the token from the Link header as it is")
        }
    }

    /// The token of this cursor in the answer to a query.
    package func token(of query: Hash256) -> String {
        var body = [Self.version]
        let numbers = [
            UInt64(bitPattern: last.milliseconds), last.position.leafIndex,
            UInt64(last.position.part), treeSize, countBefore,
        ]
        for number in numbers {
            for shift in stride(from: 56, through: 0, by: -8) {
                body.append(UInt8(truncatingIfNeeded: number >> UInt64(shift)))
            }
        }
        return Base64.url.encode(body + Self.check(body, query))
    }

    private static let version: UInt8 = 1
    private static let bodyByteCount = 1 + 5 * 8
    private static let checkByteCount = 16
    /// More entries than a log has: numbers of events are made of leaf and part.
    private static let treeSizeLimit: UInt64 = 1 << 50
    private static let tokenByteLimit = 128

    private static func check(_ body: [UInt8], _ query: Hash256) -> [UInt8] {
        var builder = HashBuilder()
        builder.update(domain: "cairn/page-token/v1")
        builder.update(query)
        builder.update(body)
        return Array(builder.finish().bytes.prefix(checkByteCount))
    }

    private static func number(_ rest: inout ArraySlice<UInt8>) -> UInt64 {
        let number = rest.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        rest = rest.dropFirst(8)
        return number
    }
}
