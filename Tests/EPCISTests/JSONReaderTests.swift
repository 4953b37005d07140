import EPCIS
import Testing

@Suite struct `JSON reader` {
    static func parse(_ text: String, _ limits: JSONLimits = JSONLimits()) throws -> JSONValue {
        try JSONValue.parse([UInt8](text.utf8), limits: limits)
    }

    static func error(_ text: String, _ limits: JSONLimits = JSONLimits()) -> JSONError? {
        error([UInt8](text.utf8), limits)
    }

    static func error(_ bytes: [UInt8], _ limits: JSONLimits = JSONLimits()) -> JSONError? {
        do throws(JSONError) {
            _ = try JSONValue.parse(bytes, limits: limits)
            return nil
        } catch {
            return error
        }
    }

    @Test func `every kind of value is read`() throws {
        let value = try Self.parse(#" {"a":[null,true,false,-0.50e+3,"x"],"b":{},"c":[]} "#)
        #expect(value["a"]?.asArray?.count == 5)
        #expect(value["a"]?.asArray?[0].isNull == true)
        #expect(value["a"]?.asArray?[1].asBool == true)
        #expect(value["a"]?.asArray?[2].asBool == false)
        #expect(value["a"]?.asArray?[3].asNumber?.text == "-0.50e+3")
        #expect(value["a"]?.asArray?[4].asString == "x")
        #expect(value["b"]?.asObject == [])
        #expect(value["c"]?.asArray == [])
        #expect(value["d"] == nil)
    }

    @Test(arguments: [
        (#""\u0041\n\"\\\/\b\f\r\t""#, "A\n\"\\/\u{8}\u{c}\r\t"),
        (#""\ud83d\ude00é\u00e9""#, "😀éé"), (#""\u0000""#, "\0"), (#""𝄞""#, "𝄞"),
    ])
    func `escapes are resolved`(text: String, expected: String) throws {
        #expect(try Self.parse(text).asString == expected)
    }

    @Test(arguments: [
        "", " ", "{", "[", "\"", "\"a", "tru", "-", "1.", "1e", "1e+", "{\"a\"", "{\"a\":", "[1",
        "[1,", "{\"a\":1,", "\"\\", "\"\\u12", "\"\\ud83d", "\"\\ud83d\\",
    ])
    func `a text that ends early is truncated`(text: String) {
        #expect(Self.error(text)?.code == "json.truncated")
        #expect(Self.error(text)?.offset == text.utf8.count)
    }

    @Test(arguments: [
        ("01", "json.invalid-number"), ("-01", "json.invalid-number"),
        ("1 2", "json.trailing-bytes"),
        ("+1", "json.syntax"), (".5", "json.syntax"), ("1.e3", "json.invalid-number"),
        ("1.5.2", "json.trailing-bytes"), ("--1", "json.invalid-number"),
        ("1e5.2", "json.trailing-bytes"),
        ("NaN", "json.syntax"), ("Infinity", "json.syntax"), ("nul!", "json.syntax"),
        ("[1,]", "json.syntax"), ("[,1]", "json.syntax"), ("[1 2]", "json.syntax"),
        ("{\"a\":1,}", "json.syntax"), ("{a:1}", "json.syntax"), ("{\"a\" 1}", "json.syntax"),
        ("{'a':1}", "json.syntax"), ("[1}", "json.syntax"), ("// x\n1", "json.syntax"),
        ("\"\\x41\"", "json.invalid-escape"), ("\"\\u00g0\"", "json.invalid-escape"),
        ("\"\\U0041\"", "json.invalid-escape"), ("\"a\nb\"", "json.control-character"),
        ("\"\t\"", "json.control-character"), ("\u{feff}1", "json.byte-order-mark"),
        ("\"\\ud83d\"", "json.lone-surrogate"), ("\"\\ude00\"", "json.lone-surrogate"),
        ("\"\\ud83d\\n\"", "json.lone-surrogate"), ("\"\\ud83d\\ud83d\"", "json.lone-surrogate"),
        ("\"\\ud83dx\"", "json.lone-surrogate"), ("\u{a0}1", "json.syntax"),
        ("1\u{0}", "json.trailing-bytes"),
    ])
    func `what RFC 8259 does not allow is refused`(text: String, code: String) {
        #expect(Self.error(text)?.code == code)
    }

    @Test(
        arguments: [
            [0x80], [0xc0, 0x80], [0xc3], [0xe0, 0x80, 0x80], [0xed, 0xa0, 0x80],
            [0xf4, 0x90, 0x80, 0x80],
            [0xf5, 0x80, 0x80, 0x80], [0xff], [0xe2, 0x82], [0xc3, 0x5c, 0x6e],
        ] as [[UInt8]])
    func `bytes that are not UTF-8 are refused in values and names`(bytes: [UInt8]) {
        let quoted = [0x22] + bytes + [0x22]
        #expect(Self.error(quoted)?.code == "json.invalid-utf8")
        #expect(Self.error([0x7b] + quoted + [0x3a, 0x31, 0x7d])?.code == "json.invalid-utf8")
    }

    @Test func `two members of one name are refused with the path`() {
        let error = Self.error(#"{"a":[0,{"b":1,"c":2,"\u0062":3}]}"#)
        #expect(error?.code == "json.duplicate-name")
        #expect(error?.path == "a[1].b")
        #expect(error?.offset == 21)
    }

    @Test(arguments: [2, 12, 13, 40])
    func `a duplicate is found among few and many members`(count: Int) {
        let names = (0..<count).map { "\"n\($0)\":0" }
        #expect(Self.error("{\(names.joined(separator: ","))}") == nil)
        for repeated in [0, count / 2, count - 1] {
            let text = "{\(names.joined(separator: ",")),\"n\(repeated)\":0}"
            #expect(Self.error(text)?.code == "json.duplicate-name")
        }
    }

    @Test func `names that only look alike are different members`() throws {
        let value = try Self.parse(#"{"\u00e9":1,"e\u0301":2,"K":3,"\u212a":4}"#)
        #expect(value["é"]?.asNumber?.text == "1")
        #expect(value["e\u{301}"]?.asNumber?.text == "2")
        #expect(value["K"]?.asNumber?.text == "3")
    }

    @Test func `an error tells the path of the value it is in`() {
        #expect(
            Self.error(#"{"epcisBody":{"eventList":[1,{"x":2,"action":tru}]}}"#)?.path
                == "epcisBody.eventList[1].action")
        #expect(Self.error("[[0,[}]]")?.path == "[0][1][0]")
    }

    @Test func `a long or dangerous name is cut in the path`() throws {
        let long = String(repeating: "n", count: 1000)
        let path = try #require(Self.error("{\"\(long)\\u0007\":x}")?.path)
        #expect(path.utf8.count < 100)
        #expect(try #require(Self.error(#"{"a\u0007":x}"#)?.path) == "a\u{fffd}")
    }
}
