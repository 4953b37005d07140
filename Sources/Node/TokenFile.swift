import Foundation
package import HTTPAPI
import MerkleTrees
import Queries
import Records
import Sequencing
import Signatures
import Storage

/// A bearer secret as a node keeps it: everything but the secret (SPEC §17.1).
package struct AccessToken: Codable, Hashable, Sendable {
    /// Its name for people, by which it is revoked.
    package var name: String
    /// `reader`, `submitter` or `operator`.
    package var role: String
    /// The organisation it stands for.
    package var organisation: String
    /// When it was made, milliseconds since the epoch.
    package var createdMilliseconds: UInt64
    /// From when it counts no more, milliseconds since the epoch.
    package var expiresMilliseconds: UInt64
    /// The SHA-256 of the secret's 32 bytes, hex.
    package var sha256: String
    /// The day of its last use (UTC), `YYYY-MM-DD`; kept in another file.
    package var lastUsed: String?

    /// Whether it counts no more.
    package func isExpired(atMilliseconds now: UInt64) -> Bool { now >= expiresMilliseconds }

    private enum CodingKeys: String, CodingKey {
        case name, role, organisation, createdMilliseconds, expiresMilliseconds, sha256
    }
}

/// The bearer secrets of one node's directory: `tokens.json`, which the command line writes, and
/// `token-use.json`, which the running node writes (SPEC §18).
///
/// Who reads them learns names and roles, and no secret: a hash of 256 random bits cannot be
/// turned back. Who writes them gives themselves any role at this node.
package struct TokenFile: Sendable {
    /// The most secrets a node keeps.
    package static let tokensLimit = 1_024
    /// The longest time a secret counts: a year and a day.
    package static let longestMilliseconds: UInt64 = 366 * 86_400_000
    /// What every secret begins with, so that one that got lost is found.
    package static let prefix = "cairn_"

    static let name = "tokens.json"
    static let useName = "token-use.json"
    static let lockName = "tokens.lock"
    private static let bytesLimit = 4 << 20

    private let directory: NodeDirectory

    /// The secrets of a directory.
    package init(directory: String) {
        self.directory = NodeDirectory(path: directory)
    }

    init(_ directory: NodeDirectory) {
        self.directory = directory
    }

    /// The path of the file that changes with every secret made or revoked.
    var path: String { directory.file(Self.name) }

    /// Refuses a directory that is no node's.
    ///
    /// - Throws: `node.missing-file`, `node.configuration`, `node.io`.
    package func requireNode() throws(NodeError) { _ = try directory.configuration() }

    /// Refuses an organisation that is no member: a secret of its would never count (SPEC §17.1).
    ///
    /// Members are those that the node's log knows by now, also while the node runs.
    ///
    /// - Throws: `node.tokens`; what the directory or its ledger cannot be read for.
    package func requireMember(_ organisation: String) throws(NodeError) {
        let genesis = try directory.genesis().state
        let members = try NodeError.mapping {
            let ledger = try Ledger.inspect(directory: directory.path)
            defer { try? ledger.close() }
            return try ledger.read { store in
                try GovernanceHistory(of: store, genesis: genesis).newest.organisations
            }
        }
        guard members[organisation] != nil else {
            throw .input(
                "node.tokens",
                "\(organisation) is no member of the network, so the token would never count; "
                    + "cairn network organisations --node URL lists the members")
        }
    }

    // MARK: Reading

    /// Every secret, by name, with the day of its last use.
    ///
    /// - Throws: `node.tokens` for a file that cannot be read.
    package func tokens() throws(NodeError) -> [AccessToken] {
        let days = (try? uses()) ?? [:]
        return try load().map { token in
            var token = token
            token.lastUsed = days[token.sha256]
            return token
        }.sorted { $0.name < $1.name }
    }

    func load() throws(NodeError) -> [AccessToken] {
        guard let bytes = try contents(of: Self.name) else { return [] }
        guard let tokens = try? JSONDecoder().decode([AccessToken].self, from: Data(bytes)),
            tokens.count <= Self.tokensLimit,
            tokens.allSatisfy({ Hash256(hex: $0.sha256) != nil })
        else {
            throw .input("node.tokens", "\(path) cannot be read; no secret counts")
        }
        return tokens
    }

    /// The days of last use, by hash.
    func uses() throws(NodeError) -> [String: String] {
        guard let bytes = try contents(of: Self.useName) else { return [:] }
        return (try? JSONDecoder().decode([String: String].self, from: Data(bytes))) ?? [:]
    }

    private func contents(of name: String) throws(NodeError) -> [UInt8]? {
        let path = directory.file(name)
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        let data: Data
        do {
            data = try Data(contentsOf: URL(filePath: path))
        } catch {
            throw .failure(
                "node.tokens", "\(path) cannot be read: \(SystemWords.reason(error))")
        }
        guard data.count <= Self.bytesLimit else {
            throw .failure("node.tokens", "\(path) is longer than \(Self.bytesLimit) bytes")
        }
        return [UInt8](data)
    }

    // MARK: Writing

    /// Makes a secret, which is nowhere kept, and lists its hash.
    ///
    /// - Parameters:
    ///   - name: for people; none listed may have it.
    ///   - role: any but ``AccessRole/open``.
    ///   - organisation: a member of the genesis file or of an amendment; for an operator the one
    ///     that runs the node.
    ///   - expiresMilliseconds: at most ``longestMilliseconds`` after now.
    ///   - nowMilliseconds: now.
    /// - Returns: the secret.
    /// - Throws: `node.tokens`, `node.io`.
    package func add(
        name: String, role: AccessRole, organisation: String, expiresMilliseconds: UInt64,
        nowMilliseconds: UInt64
    ) throws(NodeError) -> String {
        try check(name: name, role: role, organisation: organisation)
        guard expiresMilliseconds > nowMilliseconds,
            expiresMilliseconds - nowMilliseconds <= Self.longestMilliseconds
        else {
            throw .input("node.tokens", "a token expires within 366 days from now")
        }
        var randomness = SystemRandomNumberGenerator()
        let secret = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &randomness) }
        let token = AccessToken(
            name: name, role: role.rawValue, organisation: organisation,
            createdMilliseconds: nowMilliseconds, expiresMilliseconds: expiresMilliseconds,
            sha256: Hash256.sha256(secret).hex)
        try change { tokens throws(NodeError) in
            guard !tokens.contains(where: { $0.name == name }) else {
                throw .input("node.tokens", "there is a token named \(name); choose another name")
            }
            guard tokens.count < Self.tokensLimit else {
                throw .input(
                    "node.tokens", "there are \(tokens.count) tokens already; revoke some")
            }
            tokens.append(token)
        }
        return Self.prefix + Base64.url.encode(secret)
    }

    /// Takes a secret off the list.
    ///
    /// - Throws: `node.tokens` if there is none by that name, `node.io`.
    package func revoke(name: String) throws(NodeError) {
        try change { tokens throws(NodeError) in
            guard tokens.contains(where: { $0.name == name }) else {
                throw .input("node.tokens", "there is no token named \(name)")
            }
            tokens.removeAll { $0.name == name }
        }
    }

    /// Keeps the days of last use.
    func write(uses: [String: String]) throws(NodeError) {
        try directory.replace(
            Self.useName, with: try NodeError.mapping { try Self.json(uses) }, mode: 0o600)
    }

    private func check(
        name: String, role: AccessRole, organisation: String
    ) throws(NodeError) {
        let isPlain = name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
        guard isPlain, (1...64).contains(name.utf8.count) else {
            throw .input("node.tokens", "a token's name is 1 to 64 characters without spaces")
        }
        guard role != .open else {
            throw .input("node.tokens", "the role is reader, submitter or operator")
        }
        let origin = try directory.configuration().origin
        let governance = try directory.genesis().state
        let own = governance.nodes[origin]?.organisation
        guard role != .nodeOperator || organisation == own else {
            throw .input(
                "node.tokens",
                "an operator is of the organisation that runs the node: \(own ?? "")")
        }
        guard (1...2_048).contains(organisation.utf8.count), organisation.contains(":") else {
            throw .input("node.tokens", "an organisation is named by its URI")
        }
    }

    /// Reads, changes and replaces the list while no other process does.
    private func change(
        _ body: (inout [AccessToken]) throws(NodeError) -> Void
    ) throws(NodeError) {
        let lock = directory.file(Self.lockName)
        let descriptor = unsafe open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw NodeDirectory.failure(lock, "cannot be opened") }
        defer { close(descriptor) }
        guard flock(descriptor, LOCK_EX) == 0 else {
            throw NodeDirectory.failure(lock, "cannot be locked")
        }
        var tokens = try load()
        try body(&tokens)
        try directory.replace(
            Self.name, with: try NodeError.mapping { try Self.json(tokens) }, mode: 0o600)
    }

    private static func json(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return [UInt8](try encoder.encode(value)) + [0x0A]
    }
}
