import Foundation
import Records
package import Signatures

/// What a client shows to a node to be more than a stranger (SPEC §17.1).
package enum NodeCredential: Sendable, CustomStringConvertible, CustomReflectable {
    /// A bearer secret of `cairn token new`.
    case secret(String)
    /// A reader key of a member: each request gets a token of its own.
    ///
    /// The origin of the node's log is for the caller to say, and never asked of the node: else one
    /// node could have tokens made for another.
    case readerKey(SigningKey, organisation: String, origin: String)

    /// What kind it is, never what it holds.
    package var description: String {
        switch self {
        case .secret: "bearer secret"
        case .readerKey(_, let organisation, _): "reader key of \(organisation)"
        }
    }

    /// A mirror without the secret.
    package var customMirror: Mirror { Mirror(self, children: []) }

    /// The `Authorization` field for a request.
    func field(method: String, path: String) throws(ClientError) -> String {
        switch self {
        case .secret(let secret): return "Bearer \(secret)"
        case .readerKey(let key, let organisation, let origin):
            let plain = String(path.prefix { $0 != "?" })
            let seconds = UInt64(max(0, Date().timeIntervalSince1970))
            do {
                let token = try ReaderToken.sign(
                    .init(audience: origin, method: method, path: plain),
                    organisation: organisation, key: key, issuedAtSeconds: seconds)
                return "Bearer \(Base64.url.encode(token))"
            } catch {
                throw .address(reason: "no reader token can be made: \(error.reason)")
            }
        }
    }
}

/// How a client makes itself known and whom it believes.
package struct ClientIdentity: Sendable {
    /// What it shows; nil: nothing.
    package var credential: NodeCredential?
    /// A PEM file of certificate authorities that it believes instead of the system's.
    package var authorityFile: String?

    /// A stranger that believes the system's authorities.
    package init(credential: NodeCredential? = nil, authorityFile: String? = nil) {
        self.credential = credential
        self.authorityFile = authorityFile
    }
}
