/// Every limit of SPEC §19 that concerns records, with its unit in the name.
///
/// Each is checked before memory is taken for what it bounds.
package enum Limits {
    /// The longest identifier, issuer URI or organisation URI, in UTF-8 bytes.
    package static let identifierBytes = 2_048
    /// The longest content of one part, in bytes.
    package static let partContentBytes = 1 << 20
    /// The longest content type of a part, in bytes.
    package static let contentTypeBytes = 255
    /// The length of a part's salt, in bytes.
    package static let saltBytes = 16
    /// The most organisations a visibility may list.
    package static let visibilityOrganisations = 256
    /// The longest encoded part: its content and the most that can stand around it, in bytes.
    package static let partBytes =
        partContentBytes + visibilityOrganisations * (identifierBytes + 3) + 1_024
    /// The most rows in one manifest.
    package static let manifestRows = 32_768
    /// The most parts in one statement.
    package static let statementParts = 4_096
    /// The longest statement, in bytes.
    package static let statementBytes = 4_096
    /// The longest submission, in bytes.
    package static let submissionBytes = 8 << 20
    /// The longest genesis document or amendment body, in bytes.
    package static let governanceBodyBytes = 512 << 10
    /// The longest genesis file, in bytes.
    package static let genesisFileBytes = 2 << 20
    /// The longest entry a C2SP entry bundle can hold, in bytes.
    package static let entryBytes = 65_535
    /// The most peer heads in one seal: one for each other log.
    package static let sealPeerHeads = 63
    /// The longest alarm, in bytes.
    package static let alarmBytes = 8 << 20
    /// The most amendments in one alarm.
    package static let alarmAmendments = 10_000
    /// The most hashes of a proof about a tree.
    package static let proofHashes = 64
    /// The most statements in one seal.
    package static let sealStatements = 16_384
    /// The most governors.
    package static let governors = 64
    /// The most organisations.
    package static let organisations = 4_096
    /// The most nodes.
    package static let nodes = 64
    /// The most items of any other list in governance: no more fit into a body of 512 KiB.
    package static let governanceListItems = 128 << 10
    /// The most changes in one amendment.
    package static let amendmentChanges = 256
    /// The longest name of a network or an organisation, in bytes.
    package static let nameBytes = 200
    /// The longest origin of a log, in bytes.
    package static let originBytes = 255
    /// The shortest and longest GS1 company prefix, in digits.
    package static let companyPrefixDigits = 4...12
    /// The latest time anything may name, in milliseconds since the epoch: what every JSON reader
    /// holds exactly.
    package static let timeMilliseconds: UInt64 = (1 << 53) - 1
    /// What one signer puts into one statement at most: parts (SPEC §7).
    package static let signedParts = 1_024
    /// What one signer puts into one statement at most: rows.
    package static let signedRows = 16_384
    /// What one signer puts into one statement at most: bytes of parts.
    package static let signedPartBytes = 4 << 20
}
