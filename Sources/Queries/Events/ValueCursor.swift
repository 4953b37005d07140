import MerkleTrees
import Signatures

/// Where the next page of a list of values begins, and in which state of the log (SPEC §17.2).
package struct ValueCursor: Hashable, Sendable {
    /// The last value that was looked at for the page before.
    package let last: String
    /// The size of the log at the first page; events of later leaves add no value.
    package let treeSize: UInt64

    /// Makes a cursor.
    package init(last: String, treeSize: UInt64) {
        self.last = last
        self.treeSize = treeSize
    }

    /// Reads a token of a list; any other text is refused (`query.token`).
    package init(token: String, of list: String) throws(QueryRefusal) {
        guard token.utf8.count <= Self.tokenByteLimit, let bytes = Base64.url.decode(token),
            bytes.count > 9 + Self.checkByteCount, bytes[0] == Self.version
        else { throw Self.refusal }
        let body = Array(bytes.dropLast(Self.checkByteCount))
        guard bytes.suffix(Self.checkByteCount).elementsEqual(Self.check(body, list)),
            let last = String(validating: body.dropFirst(9), as: UTF8.self)
        else { throw Self.refusal }
        self.last = last
        treeSize = body[1..<9].reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// The token of this cursor in a list.
    package func token(of list: String) -> String {
        var body = [Self.version]
        for shift in stride(from: 56, through: 0, by: -8) {
            body.append(UInt8(truncatingIfNeeded: treeSize >> UInt64(shift)))
        }
        body += Array(last.utf8)
        return Base64.url.encode(body + Self.check(body, list))
    }

    private static let version: UInt8 = 2
    private static let checkByteCount = 16
    private static let tokenByteLimit = 4_096

    private static func check(_ body: [UInt8], _ list: String) -> [UInt8] {
        var builder = HashBuilder()
        builder.update(domain: "cairn/value-token/v1")
        builder.update(UInt32(clamping: list.utf8.count))
        builder.update(Array(list.utf8))
        builder.update(body)
        return Array(builder.finish().bytes.prefix(checkByteCount))
    }

    private static let refusal = QueryRefusal(
        code: "query.token", "nextPageToken",
        "this is no page token of this list: take it from the Link header as it is")
}
