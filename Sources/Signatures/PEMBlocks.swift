/// The labels of the blocks in a PEM file (RFC 7468), read before libcrypto is asked, so that a
/// refusal can say what the file really holds.
struct PEMBlocks {
    /// The labels in order, such as `PRIVATE KEY`.
    let labels: [String]
    /// Whether a traditional block says that it is encrypted (`Proc-Type: 4,ENCRYPTED`).
    let hasEncryptedHeader: Bool

    /// The largest key file that is read, in bytes.
    static let byteCountLimit = 65_536

    init(_ bytes: [UInt8]) throws(KeyError) {
        guard bytes.count <= Self.byteCountLimit else {
            throw KeyError(
                code: "key.file-size",
                reason: "a key file has at most \(Self.byteCountLimit) bytes; this has "
                    + "\(bytes.count)")
        }
        var labels: [String] = []
        var encrypted = false
        for line in bytes.split(whereSeparator: { $0 == 0x0a || $0 == 0x0d }) {
            let text = String(decoding: line, as: UTF8.self)
            if text.hasPrefix("-----BEGIN "), text.hasSuffix("-----"), text.utf8.count > 16 {
                labels.append(String(text.dropFirst(11).dropLast(5)))
            }
            encrypted = encrypted || text.hasPrefix("Proc-Type: 4,ENCRYPTED")
        }
        guard !labels.isEmpty else {
            throw KeyError(
                code: "key.pem",
                reason: "this is not a PEM file: no line says -----BEGIN PRIVATE KEY-----")
        }
        self.labels = labels
        hasEncryptedHeader = encrypted
    }

    private static let privateLabels: Set<String> = [
        "PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "EC PRIVATE KEY", "RSA PRIVATE KEY",
        "DSA PRIVATE KEY",
    ]

    /// Checks that the file holds one private key; true when it is encrypted.
    func requirePrivateKey() throws(KeyError) -> Bool {
        let keys = labels.filter(Self.privateLabels.contains)
        guard keys.count <= 1 else {
            throw KeyError(
                code: "key.pem", reason: "this PEM holds \(keys.count) private keys; give one")
        }
        guard let label = keys.first else { throw lacking("private key") }
        return label == "ENCRYPTED PRIVATE KEY" || hasEncryptedHeader
    }

    /// Checks that the file holds a public key.
    func requirePublicKey() throws(KeyError) {
        guard labels.contains("PUBLIC KEY") else { throw lacking("public key") }
    }

    /// The refusal of a file that holds something else.
    private func lacking(_ wanted: String) -> KeyError {
        let held =
            labels.contains("OPENSSH PRIVATE KEY")
            ? "an OpenSSH key (make one with: openssl genpkey -algorithm ed25519)"
            : labels.contains("CERTIFICATE")
                ? "a certificate"
                : labels.contains(where: Self.privateLabels.contains)
                    ? "a private key"
                    : labels.contains("PUBLIC KEY")
                        ? "a public key" : labels.joined(separator: ", ")
        return KeyError(
            code: "key.pem", reason: "this PEM holds \(held); a \(wanted) is needed here")
    }
}
