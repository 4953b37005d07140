import EPCIS
import Testing

@Suite struct `JSON limits` {
    static func limits(_ change: (inout JSONLimits) -> Void) -> JSONLimits {
        var limits = JSONLimits()
        change(&limits)
        return limits
    }

    static func nested(_ depth: Int) -> [UInt8] {
        [UInt8](repeating: 0x5b, count: depth) + [UInt8](repeating: 0x5d, count: depth)
    }

    @Test func `nesting is bounded on both sides of the limit`() {
        #expect(`JSON reader`.error(Self.nested(64)) == nil)
        #expect(`JSON reader`.error(Self.nested(65))?.code == "json.too-deep")
        let objects =
            String(repeating: "{\"a\":", count: 65) + "1" + String(repeating: "}", count: 65)
        #expect(`JSON reader`.error(objects)?.code == "json.too-deep")
    }

    @Test func `a million brackets do not exhaust the stack whatever the caller asks`() {
        let greedy = Self.limits { $0.depth = .max }
        #expect(`JSON reader`.error(Self.nested(1_000_000), greedy)?.code == "json.too-deep")
        #expect(`JSON reader`.error(Self.nested(256), greedy) == nil)
        #expect(`JSON reader`.error(Self.nested(257), greedy)?.code == "json.too-deep")
    }

    @Test func `the size of the text is bounded`() {
        let limits = Self.limits { $0.byteCount = 5 }
        #expect(`JSON reader`.error("[1,2]", limits) == nil)
        #expect(`JSON reader`.error("[1,23]", limits)?.code == "json.too-large")
    }

    @Test func `the number of values is bounded`() {
        let limits = Self.limits { $0.valueCount = 4 }
        #expect(`JSON reader`.error("[1,2,3]", limits) == nil)
        #expect(`JSON reader`.error("[1,2,3,4]", limits)?.code == "json.too-many-values")
        #expect(`JSON reader`.error("{\"a\":{\"b\":{\"c\":{\"d\":1}}}}", limits)?.path == "a.b.c.d")
    }

    @Test(arguments: ["aaaa", "é\\u0041", "\\n\\n"])
    func `the length of a string is bounded`(content: String) {
        let length = content.utf8.count
        let fits = Self.limits {
            $0.stringByteCount = length; $0.nameByteCount = length
        }
        let short = Self.limits {
            $0.stringByteCount = length - 1; $0.nameByteCount = length - 1
        }
        #expect(`JSON reader`.error("\"\(content)\"", fits) == nil)
        #expect(`JSON reader`.error("\"\(content)\"", short)?.code == "json.string-too-long")
        #expect(`JSON reader`.error("{\"\(content)\":1}", fits) == nil)
        #expect(`JSON reader`.error("{\"\(content)\":1}", short)?.code == "json.name-too-long")
    }

    @Test func `the length of a number is bounded`() {
        #expect(`JSON reader`.error(String(repeating: "9", count: 128)) == nil)
        let error = `JSON reader`.error("[" + String(repeating: "9", count: 129) + "]")
        #expect(error?.code == "json.number-too-long")
        #expect(error?.path == "[0]")
    }
}
