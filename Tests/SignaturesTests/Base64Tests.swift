import Foundation
import Signatures
import Testing

/// Base64 in one spelling only.
@Suite struct Base64Tests {
    @Test func `the examples of RFC 4648 §10`() {
        let pairs = [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
        ]
        for (plain, coded) in pairs {
            #expect(Base64.standard.encode(Array(plain.utf8)) == coded)
            #expect(Base64.standard.decode(coded) == Array(plain.utf8))
            let bare = coded.replacing("=", with: "")
            #expect(Base64.url.encode(Array(plain.utf8)) == bare)
            #expect(Base64.url.decode(bare) == Array(plain.utf8))
        }
    }

    @Test func `every length to 100 agrees with Foundation`() {
        for count in 0...100 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 73 &+ count) }
            let coded = Data(bytes).base64EncodedString()
            #expect(Base64.standard.encode(bytes) == coded)
            #expect(Base64.standard.decode(coded) == bytes)
            #expect(Base64.url.decode(Base64.url.encode(bytes)) == bytes)
        }
    }

    @Test(arguments: [
        "Z", "Zg", "Zg=", "Zg===", "Zm8", "Zm8==", "Zm9v=", "=", "====", "Zh==", "Zm9=", "Zm 9v",
        "Zm9v\n", "Zm-_", "Zm9\u{0}", "Zm9é",
    ])
    func `another spelling is refused`(text: String) {
        #expect(Base64.standard.decode(text) == nil)
    }

    @Test(arguments: ["Z", "Zg==", "Zh", "Zm9", "Zm+/"])
    func `another spelling for URLs is refused`(text: String) {
        #expect(Base64.url.decode(text) == nil)
    }

    @Test func `all 64 characters of both alphabets`() {
        let word: [UInt8] = [0xfb, 0xff, 0xbf]
        #expect(Base64.standard.encode(word) == "+/+/")
        #expect(Base64.url.encode(word) == "-_-_")
        #expect(Base64.url.decode("-_-_") == word)
    }
}
