import HTTPTypes
import HummingbirdCore
import NIOCore
import Records

/// An HTTP answer before it is written.
struct Answer: Sendable {
    /// The HTTP status.
    var status: Int
    /// The header fields.
    var fields: HTTPFields
    /// The body.
    var body: ResponseBody
    /// What the connection goes on with after an answer of 101; nil for all others.
    var socket: SocketSession?

    /// An answer of bytes.
    init(_ status: Int = 200, type: String, _ bytes: [UInt8]) {
        self.status = status
        self.fields = [.contentType: type]
        self.body = ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
    }

    /// An answer without a body.
    init(_ status: Int) {
        self.status = status
        self.fields = [:]
        self.body = ResponseBody()
    }

    /// An answer that is written as it comes about.
    init(
        type: String,
        write: @escaping @Sendable (inout any ResponseBodyWriter) async throws -> Void
    ) {
        self.status = 200
        self.fields = [.contentType: type]
        self.body = ResponseBody(write)
    }

    /// The answer to a refused request.
    init(_ problem: Problem, asCBOR: Bool = false) {
        self.init(
            problem.status, type: asCBOR ? Problem.cborType : Problem.jsonType,
            asCBOR ? problem.cbor : problem.json)
        if let seconds = problem.retryAfterSeconds { fields[.retryAfter] = String(seconds) }
        if problem.status == 401 { fields[.wwwAuthenticate] = "Bearer realm=\"cairn\"" }
        if problem.status == 426 {
            fields[.upgrade] = "websocket"
            fields[.secWebSocketVersion] = SocketHandshake.version
        }
        if problem.status == 405 { fields[.allow] = problem.refusal.field }
    }

    /// The same answer with another body.
    func replacing(_ bytes: [UInt8], type: String) -> Answer {
        var answer = self
        answer.fields[.contentType] = type
        answer.body = ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
        return answer
    }

    /// The same answer with leave to keep it: for what never changes.
    var kept: Answer {
        var answer = self
        answer.fields[.cacheControl] = "public, max-age=31536000, immutable"
        return answer
    }

    /// The same answer with leave to keep it for the caller alone: for what not everybody may see.
    var keptByCaller: Answer {
        var answer = self
        answer.fields[.cacheControl] = "private, max-age=31536000, immutable"
        return answer
    }

    /// The same answer, never to be kept: for what changes with the log or the caller.
    var fresh: Answer {
        var answer = self
        answer.fields[.cacheControl] = "no-store"
        return answer
    }
}
