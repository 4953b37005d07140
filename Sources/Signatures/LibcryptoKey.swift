import COpenSSL

/// A key as libcrypto parsed it from PEM, private or public, until it is taken over as one of ours.
///
/// The pointer is owned: made in `init`, freed in `deinit`, never handed out.
@safe final class LibcryptoKey {
    private let key: OpaquePointer

    /// Reads the first private key; nil when the passphrase is wrong or the file is damaged.
    init?(privatePEM pem: [UInt8], passphrase: [UInt8]?) {
        // Without a passphrase libcrypto would ask on the terminal: this callback refuses instead.
        let refuse:
            @convention(c) (
                UnsafeMutablePointer<CChar>?, CInt, CInt, UnsafeMutableRawPointer?
            ) -> CInt = { _, _, _, _ in -1 }
        var secret = (passphrase ?? []) + [0]
        let parsed = unsafe Self.withReader(of: pem) { reader in
            unsafe secret.withUnsafeMutableBytes { secret in
                unsafe passphrase == nil
                    ? PEM_read_bio_PrivateKey(reader, nil, refuse, nil)
                    : PEM_read_bio_PrivateKey(reader, nil, nil, secret.baseAddress)
            }
        }
        guard let parsed = unsafe parsed else { return nil }
        unsafe key = parsed
    }

    /// Reads the first public key; nil when the file is damaged.
    init?(publicPEM pem: [UInt8]) {
        let parsed = unsafe Self.withReader(of: pem) { reader in
            unsafe PEM_read_bio_PUBKEY(reader, nil, nil, nil)
        }
        guard let parsed = unsafe parsed else { return nil }
        unsafe key = parsed
    }

    deinit { unsafe EVP_PKEY_free(key) }

    /// Our form of the private key.
    ///
    /// - Throws: `key.algorithm` for a key of another kind.
    func signingKey() throws(KeyError) -> SigningKey {
        switch try algorithm() {
        case .ed25519:
            let seed = unsafe Self.raw(count: 32) { bytes, count in
                unsafe EVP_PKEY_get_raw_private_key(key, bytes, count)
            }
            guard let seed else { throw .libcrypto("give the seed of this key") }
            return try SigningKey(ed25519Seed: seed)
        case .esp256:
            var number: OpaquePointer?
            guard unsafe EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &number) == 1 else {
                throw .libcrypto("give the scalar of this key")
            }
            defer { unsafe BN_clear_free(number) }
            var scalar = [UInt8](repeating: 0, count: 32)
            let written = unsafe scalar.withUnsafeMutableBufferPointer { buffer in
                unsafe BN_bn2binpad(number, buffer.baseAddress, CInt(buffer.count))
            }
            guard written == 32 else { throw .libcrypto("give the scalar of this key") }
            return try SigningKey(p256Scalar: scalar)
        }
    }

    /// Our form of the public key.
    ///
    /// - Throws: `key.algorithm` for a key of another kind, `key.point`.
    func verificationKey() throws(KeyError) -> VerificationKey {
        switch try algorithm() {
        case .ed25519:
            let point = unsafe Self.raw(count: 32) { bytes, count in
                unsafe EVP_PKEY_get_raw_public_key(key, bytes, count)
            }
            guard let point else { throw .libcrypto("give the point of this key") }
            return try VerificationKey(ed25519: point)
        case .esp256:
            let point = unsafe Self.raw(count: 65) { bytes, count in
                unsafe EVP_PKEY_get_octet_string_param(
                    key, OSSL_PKEY_PARAM_PUB_KEY, bytes, count?.pointee ?? 0, count)
            }
            guard let point else { throw .libcrypto("give the point of this key") }
            return try VerificationKey(p256X: Array(point[1..<33]), y: Array(point[33...]))
        }
    }

    /// Which of our algorithms the key is for.
    private func algorithm() throws(KeyError) -> SignatureAlgorithm {
        switch unsafe EVP_PKEY_get_base_id(key) {
        case EVP_PKEY_ED25519: return .ed25519
        case EVP_PKEY_EC where curveName() == "prime256v1": return .esp256
        case EVP_PKEY_EC: throw .algorithm("PEM", holds: "an elliptic curve key on \(curveName())")
        case EVP_PKEY_RSA, EVP_PKEY_RSA_PSS: throw .algorithm("PEM", holds: "an RSA key")
        default:
            let name = unsafe EVP_PKEY_get0_type_name(key).map { unsafe String(cString: $0) }
            throw .algorithm("PEM", holds: "a key of type \(name ?? "unknown")")
        }
    }

    private func curveName() -> String {
        var name = [CChar](repeating: 0, count: 80)
        let found = unsafe name.withUnsafeMutableBufferPointer { buffer in
            unsafe EVP_PKEY_get_utf8_string_param(
                key, OSSL_PKEY_PARAM_GROUP_NAME, buffer.baseAddress, buffer.count, nil)
        }
        ERR_clear_error()
        guard found == 1 else { return "an unnamed curve" }
        let bytes = name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Exactly `count` bytes that a libcrypto getter writes, or nil.
    private static func raw(
        count: Int, _ getter: (UnsafeMutablePointer<UInt8>?, UnsafeMutablePointer<Int>?) -> CInt
    ) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        var written = count
        let result = unsafe bytes.withUnsafeMutableBufferPointer { buffer in
            unsafe getter(buffer.baseAddress, &written)
        }
        ERR_clear_error()
        return result == 1 && written == count ? bytes : nil
    }

    /// Runs a PEM reader of libcrypto over bytes in memory, and empties its error queue after it.
    private static func withReader(
        of bytes: [UInt8], _ read: (OpaquePointer) -> OpaquePointer?
    ) -> OpaquePointer? {
        defer { ERR_clear_error() }
        return unsafe bytes.withUnsafeBytes { buffer in
            guard
                let reader = unsafe BIO_new_mem_buf(buffer.baseAddress, CInt(buffer.count))
            else { return nil }
            defer { unsafe BIO_free_all(reader) }
            return unsafe read(reader)
        }
    }
}
