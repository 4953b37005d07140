import Crypto

/// The signature of a delivery, by which a receiver tells its node from others (SPEC §17.4).
package enum WebhookSignature {
    /// What stands in `GS1-Signature`: `sha256=` and, in lower-case hexadecimal, HMAC-SHA-256 of
    /// the body's bytes under the UTF-8 bytes of the `signatureToken`.
    package static func field(token: String, body: [UInt8]) -> String {
        let code = HMAC<SHA256>.authenticationCode(
            for: body, using: SymmetricKey(data: Array(token.utf8)))
        let digits = Array("0123456789abcdef".utf8)
        let text = code.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        return "sha256=" + String(decoding: text, as: UTF8.self)
    }
}
