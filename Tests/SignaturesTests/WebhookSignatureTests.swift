import Signatures
import Testing

@Suite struct WebhookSignatureTests {
    @Test func `the signature of a delivery is HMAC-SHA-256, here RFC 4231's second case`() {
        let body = Array("what do ya want for nothing?".utf8)
        #expect(
            WebhookSignature.field(token: "Jefe", body: body)
                == "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    }
}
