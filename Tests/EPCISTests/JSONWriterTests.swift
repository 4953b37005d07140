import EPCIS
import Testing

@Suite struct `JSON writer` {
    static func rewritten(_ text: String) throws -> String {
        String(decoding: try `JSON reader`.parse(text).serialized(), as: UTF8.self)
    }

    @Test(arguments: [
        ("  { \"b\" : [ 1 , 2.50 , 1E+2 ] , \"a\" : null }\n", #"{"b":[1,2.50,1E+2],"a":null}"#),
        (#""\u0041\/\u00e9\u001f\u0008\n\"\\\u007f""#, "\"A/é\\u001f\\b\\n\\\"\\\\\u{7f}\""),
        (#""\ud83d\ude00\u2028""#, "\"😀\u{2028}\""), ("[true,false,{},[]]", "[true,false,{},[]]"),
        ("-0", "-0"), ("1.0", "1.0"),
    ])
    func `output is compact and keeps order and numbers`(text: String, expected: String) throws {
        #expect(try Self.rewritten(text) == expected)
    }

    @Test func `every character below U+0020 is escaped and reads back`() throws {
        for code in UInt8(0)..<0x20 {
            let value = JSONValue.string(String(Unicode.Scalar(code)))
            let bytes = value.serialized()
            #expect(bytes.allSatisfy { $0 >= 0x20 })
            #expect(try JSONValue.parse(bytes) == value)
        }
    }

    @Test func `a number's text is checked`() {
        #expect(JSONNumber("1e3")?.text == "1e3")
        #expect(JSONNumber(12).text == "12")
        for text in ["", " 1", "1 ", "0x1", "1,0", "\"1\""] { #expect(JSONNumber(text) == nil) }
    }
}
