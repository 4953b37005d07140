/// Keys as PEM files, the form every other tool reads and writes.
///
/// Private keys are PKCS #8: `PRIVATE KEY`, or `ENCRYPTED PRIVATE KEY` under PBES2 (RFC 8018) with
/// scrypt (N = 16384, r = 8, p = 5) and AES-256-CBC. Read are also PBES2 with PBKDF2, whatever
/// else libcrypto decrypts, and the traditional `EC PRIVATE KEY`. Public keys are `PUBLIC KEY`.
///
/// A key file is trusted: its owner put it there. One made to burn time by an absurd iteration
/// count would do so.
package enum KeyFile {
    /// The longest passphrase, in bytes: libcrypto's own limit.
    package static let passphraseByteCountLimit = 1024

    /// Reads the one private key of a PEM file.
    ///
    /// A passphrase given for a file that is not encrypted is not used.
    ///
    /// - Throws: `key.passphrase-missing`, `key.passphrase` (wrong, or the file is damaged),
    ///   `key.passphrase-form`, `key.algorithm` (an RSA key, say), `key.pem`, `key.file-size`.
    package static func read(
        pem: [UInt8], passphrase: [UInt8]? = nil
    ) throws(KeyError) -> SigningKey {
        let encrypted = try PEMBlocks(pem).requirePrivateKey()
        if let passphrase { try check(passphrase) }
        if encrypted, passphrase == nil {
            throw KeyError(
                code: "key.passphrase-missing",
                reason: "this private key is encrypted; its passphrase is needed")
        }
        guard let key = LibcryptoKey(privatePEM: pem, passphrase: passphrase) else {
            throw encrypted
                ? KeyError(
                    code: "key.passphrase",
                    reason: "the passphrase is wrong, or the key file is damaged")
                : KeyError(
                    code: "key.pem", reason: "this private key cannot be read: the file is damaged")
        }
        return try key.signingKey()
    }

    /// Writes a private key as PEM, encrypted when a passphrase is given.
    ///
    /// Salt and initialisation vector are drawn by libcrypto.
    ///
    /// - Throws: `key.passphrase-form`; `key.libcrypto` when libcrypto fails.
    package static func write(
        _ key: SigningKey, passphrase: [UInt8]? = nil
    ) throws(KeyError) -> [UInt8] {
        guard let passphrase else { return armoured(key.privateKeyInfo, label: "PRIVATE KEY") }
        try check(passphrase)
        let encrypted = try LibcryptoEncryption.encrypt(key.privateKeyInfo, passphrase: passphrase)
        return armoured(encrypted, label: "ENCRYPTED PRIVATE KEY")
    }

    /// Reads the public key of a PEM file.
    ///
    /// - Throws: `key.algorithm`, `key.point`, `key.pem`, `key.file-size`.
    package static func readPublic(pem: [UInt8]) throws(KeyError) -> VerificationKey {
        try PEMBlocks(pem).requirePublicKey()
        guard let key = LibcryptoKey(publicPEM: pem) else {
            throw KeyError(
                code: "key.pem", reason: "this public key cannot be read: the file is damaged")
        }
        return try key.verificationKey()
    }

    /// Writes a public key as PEM.
    package static func writePublic(_ key: VerificationKey) -> [UInt8] {
        armoured(key.subjectPublicKeyInfo, label: "PUBLIC KEY")
    }

    /// libcrypto takes passphrases as C strings: no zero byte, and a bounded length.
    private static func check(_ passphrase: [UInt8]) throws(KeyError) {
        guard !passphrase.isEmpty, passphrase.count <= passphraseByteCountLimit,
            !passphrase.contains(0)
        else {
            throw KeyError(
                code: "key.passphrase-form",
                reason: "a passphrase has 1 to \(passphraseByteCountLimit) bytes, none of them zero"
            )
        }
    }

    /// The textual encoding of RFC 7468: 64 characters a line.
    private static func armoured(_ der: [UInt8], label: String) -> [UInt8] {
        var text = "-----BEGIN \(label)-----\n"
        var rest = Base64.standard.encode(der)[...]
        while !rest.isEmpty {
            text += rest.prefix(64) + "\n"
            rest = rest.dropFirst(64)
        }
        return Array((text + "-----END \(label)-----\n").utf8)
    }
}
