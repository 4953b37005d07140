import Foundation
import HTTPAPI
import Logging
import MerkleTrees
import Queries
import Records
import Sequencing
import Signatures
import Synchronization

/// Tells a node's callers by their tokens: reader tokens by governance, bearer secrets by the
/// node's own list (SPEC §17.1).
///
/// Keeps no secret and logs none. The list is read again when its file has changed, so that a new
/// or revoked secret counts from the next request on.
final class NodeAccess: AccessControl {
    /// What tells one version of a file from the next.
    private struct Stamp: Hashable {
        var file: UInt64 = 0
        var bytes: Int64 = 0
        var seconds = 0
        var nanoseconds = 0
    }

    private struct Listed {
        var stamp: Stamp?
        var tokens: [(hash: [UInt8], token: AccessToken)] = []
        var uses: [String: String] = [:]
    }

    private let origin: String
    private let organisation: String
    private let published: PublishedLog
    private let file: TokenFile
    private let nowMilliseconds: @Sendable () -> UInt64
    private let logger: Logger
    private let listed: Mutex<Listed>

    /// Access to one node; the list of secrets is read at the first that is shown.
    init(
        origin: String, organisation: String, published: PublishedLog, file: TokenFile,
        settings: NodeRuntime.Settings
    ) {
        self.origin = origin
        self.organisation = organisation
        self.published = published
        self.file = file
        nowMilliseconds = settings.nowMilliseconds
        logger = settings.logger
        listed = Mutex(Listed(uses: (try? file.uses()) ?? [:]))
    }

    func caller(
        bearing credential: String, method: String, path: String, age: Duration
    ) async throws(Refusal) -> Caller {
        if credential.hasPrefix(TokenFile.prefix) {
            return try caller(secret: credential.dropFirst(TokenFile.prefix.count))
        }
        guard let bytes = Base64.url.decode(credential) else {
            throw Refusal(
                code: "access.token", field: "authorization",
                reason: "a token is a secret of cairn token new, or a reader token in base64url")
        }
        let binding = ReaderToken.Binding(audience: origin, method: method, path: path)
        let now = nowMilliseconds()
        let ago = UInt64(clamping: age.components.seconds) * 1_000
        let organisation = try ReaderToken(bytes).verified(
            for: binding, under: published.newest.basis.governance, nowMilliseconds: now,
            shownMilliseconds: now - min(now, ago))
        return Caller(role: .reader, reader: .member(organisation: organisation))
    }

    // MARK: Secrets

    private func caller(secret text: Substring) throws(Refusal) -> Caller {
        let now = nowMilliseconds()
        guard let secret = Base64.url.decode(text), secret.count == 32,
            let token = token(ofHash: Hash256.sha256(secret).bytes),
            let role = AccessRole(rawValue: token.role), role > .open
        else {
            throw Refusal(
                code: "access.token", field: "authorization",
                reason: "this node does not know the token, or it was revoked")
        }
        guard !token.isExpired(atMilliseconds: now) else {
            throw Refusal(
                code: "access.expired", field: "authorization",
                reason: "the token \(token.name) has expired; ask the node's operator for another")
        }
        guard role != .nodeOperator || token.organisation == organisation else {
            throw Refusal(
                code: "access.organisation", field: "authorization",
                reason: "\(token.organisation) does not run this node")
        }
        try published.newest.basis.governance.requireStanding(
            of: token.organisation, nowMilliseconds: now)
        note(token, at: now)
        return Caller(role: role, reader: .member(organisation: token.organisation))
    }

    /// The listed secret with a hash, compared with each in the same time whether it agrees or not.
    private func token(ofHash hash: [UInt8]) -> AccessToken? {
        listed.withLock { listed in
            refresh(&listed)
            var found: AccessToken?
            for (known, token) in listed.tokens where Self.isEqual(known, hash) { found = token }
            return found
        }
    }

    /// Whether two hashes are equal, without stopping where they differ.
    static func isEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        var difference: UInt8 = left.count == right.count ? 0 : 1
        for (one, other) in zip(left, right) { difference |= one ^ other }
        return difference == 0
    }

    private func refresh(_ listed: inout Listed) {
        let stamp = Self.stamp(of: file.path)
        guard stamp != listed.stamp else { return }
        listed.tokens = []
        do {
            listed.tokens = try file.load().compactMap { token in
                Hash256(hex: token.sha256).map { ($0.bytes, token) }
            }
            listed.stamp = stamp
        } catch {
            // Nobody's secret counts until the file can be read; it is tried again each time.
            listed.stamp = nil
            logger.error("tokens cannot be read", metadata: ["reason": "\(error.reason)"])
        }
    }

    private static func stamp(of path: String) -> Stamp {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return Stamp() }
        return Stamp(
            file: UInt64(status.st_ino), bytes: Int64(status.st_size),
            seconds: status.st_mtim.tv_sec, nanoseconds: status.st_mtim.tv_nsec)
    }

    /// Keeps the day of a secret's use, once a day.
    private func note(_ token: AccessToken, at now: UInt64) {
        let day = String(Timestamp.text(milliseconds: Int64(clamping: now)).prefix(10))
        let uses: [String: String]? = listed.withLock { listed in
            guard listed.uses[token.sha256] != day else { return nil }
            let known = Set(listed.tokens.map(\.token.sha256))
            listed.uses = listed.uses.filter { known.contains($0.key) }
            listed.uses[token.sha256] = day
            return listed.uses
        }
        guard let uses else { return }
        do {
            try file.write(uses: uses)
        } catch {
            logger.warning(
                "the day of a token's use cannot be kept", metadata: ["reason": "\(error.reason)"])
        }
    }
}
