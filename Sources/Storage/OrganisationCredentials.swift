import Foundation
import GRDB
import MerkleTrees
package import Queries
package import Records
import Sequencing

extension Views {
    /// The most credentials shown of one organisation, and of all.
    package static let credentialsLimit = 64
    package static let credentialsTogetherLimit = 2_000

    /// The certificates and accreditations about some organisations or their sites, the newest
    /// first, as far as a reader may see them; found through the views, read from the ledger.
    ///
    /// - Throws: ``StorageError``, and what the basis throws.
    package func credentials(
        of organisations: some Collection<Organisation>, as reader: Reader, _ ledger: Ledger,
        basis: @escaping (LedgerStore) throws -> ReadingBasis
    ) throws -> [String: [CredentialSummary]] {
        try ledger.read { store in
            let rights = ReadingRights(of: reader, in: store, views: self, basis: basis)
            let known = try basis(store)
            var room = Self.credentialsTogetherLimit
            var found: [String: [CredentialSummary]] = [:]
            for organisation in organisations.sorted(by: { $0.uri < $1.uri }) {
                let viewed = try credentialRows(about: [organisation.uri] + organisation.sites)
                for one in viewed {
                    guard room > 0 else { return found }
                    guard let credential = try credential(one, store, rights, known) else {
                        continue
                    }
                    room -= 1
                    found[organisation.uri, default: []].append(credential)
                }
            }
            return found
        }
    }

    private func credentialRows(about uris: [String]) throws(StorageError) -> [ViewedEvent] {
        var found: [Hash256: ViewedEvent] = [:]
        for uri in uris {
            let rows = try parts(
                """
                SELECT r.digest, r.leaf, r.registered, r.issuer, r.standing FROM about a
                JOIN record r ON r.number = a.record WHERE a.uri = ?
                AND r.kind IN ('certificate', 'transcribed-certificate', 'accreditation')
                ORDER BY r.number DESC LIMIT ?
                """, [uri, Self.credentialsLimit])
            for row in rows { found[row.digest] = row }
        }
        return Array(
            found.values.sorted { ($1.leafIndex, $1.digest) < ($0.leafIndex, $0.digest) }
                .prefix(Self.credentialsLimit))
    }

    private func credential(
        _ viewed: ViewedEvent, _ store: LedgerStore, _ rights: ReadingRights,
        _ known: ReadingBasis
    ) throws -> CredentialSummary? {
        let governance = known.history.newest
        guard let record = try Self.record(viewed.digest, store, rights), let id = record.id,
            let entry = try store.entry(at: viewed.leafIndex),
            case .statement(let time, let bytes) = try LogEntry.decode(entry)
        else { return nil }
        let statement = try UnverifiedStatement.decode(bytes)
        let fall = governance.fall(
            ofIssuer: statement.issuer, key: statement.keyThumbprint,
            registeredAtMilliseconds: time)
        guard fall == nil else { return nil }
        var ends: [Records::Record] = []
        for other in try records(about: id, limit: Self.credentialsLimit)
        where other.issuer == viewed.issuer {
            guard let end = try Self.record(other.digest, store, rights),
                end.target == .record(id), [.revocation, .suspension].contains(end.kind)
            else { continue }
            ends.append(end)
        }
        return CredentialSummary(
            record: record, issuer: viewed.issuer, standing: viewed.standing,
            statement: statement.id, part: viewed.digest, ends: ends,
            nowMilliseconds: known.nowMilliseconds)
    }

    private static func record(
        _ digest: Hash256, _ store: LedgerStore, _ rights: ReadingRights
    ) throws -> Records::Record? {
        guard let bytes = try store.part(digest), let part = try? Part.decode(bytes),
            try rights.permit(part), case .record(let record)? = try? Content.read(part)
        else { return nil }
        return record
    }
}
