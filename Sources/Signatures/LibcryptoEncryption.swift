import COpenSSL

/// PKCS #8 encryption by libcrypto: PBES2 with scrypt and AES-256-CBC (RFC 8018, RFC 7914 §7).
///
/// With these parameters scrypt takes 16 MiB, below the 32 MiB that every libcrypto allows when it
/// reads the file again.
enum LibcryptoEncryption {
    private static let cost: UInt64 = 16_384
    private static let blockSize: UInt64 = 8
    private static let parallelism: UInt64 = 5
    private static let saltByteCount: CInt = 16

    /// The EncryptedPrivateKeyInfo of a PrivateKeyInfo.
    ///
    /// - Throws: `key.libcrypto`.
    static func encrypt(_ privateKeyInfo: [UInt8], passphrase: [UInt8]) throws(KeyError) -> [UInt8]
    {
        defer { ERR_clear_error() }
        let parsed = unsafe privateKeyInfo.withUnsafeBufferPointer { buffer in
            var cursor = buffer.baseAddress
            return unsafe d2i_PKCS8_PRIV_KEY_INFO(nil, &cursor, buffer.count)
        }
        guard let key = unsafe parsed else { throw .libcrypto("read back the key to encrypt") }
        defer { unsafe PKCS8_PRIV_KEY_INFO_free(key) }
        guard
            let scheme = unsafe PKCS5_pbe2_set_scrypt(
                EVP_aes_256_cbc(), nil, saltByteCount, nil, cost, blockSize, parallelism)
        else { throw .libcrypto("set up scrypt") }
        let sealed = unsafe passphrase.withUnsafeBytes { bytes in
            unsafe PKCS8_set0_pbe(
                bytes.assumingMemoryBound(to: CChar.self).baseAddress, CInt(bytes.count), key,
                scheme)
        }
        guard let sealed = unsafe sealed else {
            unsafe X509_ALGOR_free(scheme)
            throw .libcrypto("encrypt the key")
        }
        defer { unsafe X509_SIG_free(sealed) }
        let count = unsafe i2d_X509_SIG(sealed, nil)
        guard count > 0 else { throw .libcrypto("encode the encrypted key") }
        var output = [UInt8](repeating: 0, count: Int(count))
        let written = unsafe output.withUnsafeMutableBufferPointer { buffer in
            var cursor = buffer.baseAddress
            return unsafe i2d_X509_SIG(sealed, &cursor)
        }
        guard written == count else { throw .libcrypto("encode the encrypted key") }
        return output
    }
}
