import Crypto
import EPCIS
import HTTPTypes
import HummingbirdCore
import Records
import Signatures

/// The opening handshake of a WebSocket, the server's side (RFC 6455 §4.2).
enum SocketHandshake {
    /// The one version of the protocol that is spoken here.
    static let version = "13"

    /// Whether a request offers to go on as a WebSocket; other protocols are passed by.
    static func isOffered(_ fields: HTTPFields) -> Bool {
        words(fields[values: .upgrade]).contains("websocket")
    }

    /// The fields of the answer that takes the offer.
    ///
    /// - Throws: `request.upgrade`, `request.upgrade-version`.
    static func answer(to request: Request) throws(Refusal) -> HTTPFields {
        let fields = request.headers
        guard request.method == .get else {
            throw refusal("upgrade", "a WebSocket is opened with GET")
        }
        guard words(fields[values: .connection]).contains("upgrade") else {
            throw refusal("connection", "a WebSocket is opened with Connection: Upgrade")
        }
        guard fields[values: .secWebSocketVersion] == [version] else {
            throw Refusal(
                code: "request.upgrade-version", field: "sec-websocket-version",
                reason: "Sec-WebSocket-Version: \(version) is spoken here")
        }
        let keys = fields[values: .secWebSocketKey]
        guard keys.count == 1, let key = keys.first, Base64.standard.decode(key)?.count == 16
        else {
            throw refusal("sec-websocket-key", "one Sec-WebSocket-Key, 16 bytes in base64")
        }
        guard (fields[.contentLength] ?? "0") == "0", fields[.transferEncoding] == nil else {
            throw refusal("content-length", "a request for a WebSocket has no body")
        }
        return [
            .upgrade: "websocket", .connection: "Upgrade", .secWebSocketAccept: accept(key),
        ]
    }

    /// The proof that the key was read.
    ///
    /// SHA-1 is RFC 6455's; nothing is safe because of it.
    static func accept(_ key: String) -> String {
        let text = key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        return Base64.standard.encode(Array(Insecure.SHA1.hash(data: Array(text.utf8))))
    }

    private static func words(_ lines: [String]) -> [String] {
        lines.flatMap { $0.split(separator: ",") }
            .map { $0.filter { $0 != " " && $0 != "\t" }.lowercased() }
    }

    private static func refusal(_ field: String, _ reason: String) -> Refusal {
        Refusal(code: "request.upgrade", field: field, reason: reason)
    }
}
