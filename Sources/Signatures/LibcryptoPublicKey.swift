import COpenSSL
import Synchronization

/// A public key parsed by libcrypto, for the second opinion on a signature.
///
/// The pointer is owned: made in `init`, freed in `deinit`, never handed out. It may call itself
/// sendable because libcrypto allows any number of threads to verify with one `EVP_PKEY` that
/// nobody changes, and nothing here changes it.
@safe final class LibcryptoPublicKey: @unchecked Sendable {
    private let key: OpaquePointer

    /// Reads a SubjectPublicKeyInfo; nil when libcrypto refuses it.
    init?(subjectPublicKeyInfo der: [UInt8]) {
        let parsed = unsafe der.withUnsafeBufferPointer { buffer in
            var cursor = buffer.baseAddress
            return unsafe d2i_PUBKEY(nil, &cursor, buffer.count)
        }
        guard let parsed = unsafe parsed else {
            ERR_clear_error()
            return nil
        }
        unsafe key = parsed
    }

    deinit { unsafe EVP_PKEY_free(key) }

    /// Whether libcrypto accepts a signature; `der` for ECDSA, raw for Ed25519.
    func accepts(_ signature: [UInt8], for message: [UInt8], algorithm: SignatureAlgorithm) -> Bool
    {
        guard let context = unsafe EVP_MD_CTX_new() else { return false }
        defer {
            unsafe EVP_MD_CTX_free(context)
            ERR_clear_error()
        }
        let digest = unsafe algorithm == .esp256 ? EVP_sha256() : nil
        guard unsafe EVP_DigestVerifyInit(context, nil, digest, nil, key) == 1 else { return false }
        let verdict = unsafe signature.withUnsafeBufferPointer { signature in
            unsafe message.withUnsafeBufferPointer { message in
                unsafe EVP_DigestVerify(
                    context, signature.baseAddress, signature.count,
                    message.baseAddress, message.count)
            }
        }
        return verdict == 1
    }
}

/// The libcrypto form of one key, parsed on first use and then shared by all copies of the key.
final class LibcryptoSlot: Sendable {
    private let parsed = Mutex<LibcryptoPublicKey?>(nil)

    /// The parsed key, or nil when libcrypto refuses its encoding.
    func key(subjectPublicKeyInfo der: [UInt8]) -> LibcryptoPublicKey? {
        parsed.withLock { slot in
            if slot == nil { slot = LibcryptoPublicKey(subjectPublicKeyInfo: der) }
            return slot
        }
    }
}
