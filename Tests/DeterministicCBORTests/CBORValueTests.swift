import DeterministicCBOR
import Testing

@Suite struct CBORValueTests {
    @Test func `signed integers keep their value over the whole range`() {
        for number: Int64 in [.min, .min + 1, -257, -256, -25, -24, -1, 0, 1, 23, 24, .max] {
            #expect(CBORValue.integer(number).asInt64 == number)
        }
        #expect(CBORValue.unsigned(1 << 63).asInt64 == nil)
        #expect(CBORValue.negative(1 << 63).asInt64 == nil)
        #expect(CBORValue.integer(.min) == .negative((1 << 63) - 1))
    }

    @Test func `text is compared by its bytes`() {
        let composed = CBORValue.text("\u{e9}")
        let decomposed = CBORValue.text("e\u{301}")
        #expect(composed != decomposed)
        #expect(Set([composed, decomposed]).count == 2)
        let map = CBORValue.map([CBORPair("\u{e9}", .unsigned(1)), CBORPair("e\u{301}", .null)])
        #expect(map["\u{e9}"] == .unsigned(1))
        #expect(map["e\u{301}"] == .null)
        #expect((try? CBORValue.decode(map.encoded())) != nil)
    }

    @Test func `accessors answer only for their own kind`() {
        let values: [CBORValue] = [
            .unsigned(1), .negative(1), .bytes([1]), .text("1"), .array([.null]),
            .map([CBORPair(1, .null)]), .tagged(1, .null), .bool(true), .null,
        ]
        #expect(values.compactMap(\.asUnsigned) == [1])
        #expect(values.compactMap(\.asInt64) == [1, -2])
        #expect(values.compactMap(\.asBytes) == [[1]])
        #expect(values.compactMap(\.asText) == ["1"])
        #expect(values.compactMap(\.asArray) == [[.null]])
        #expect(values.compactMap(\.asPairs).count == 1)
        #expect(values.compactMap(\.asBool) == [true])
        #expect(values.filter(\.isNull) == [.null])
        #expect(values.compactMap { $0[1] } == [.null])
        #expect(values.compactMap { $0[2] } == [])
        #expect(Set(values).count == values.count)
    }
}

@Suite struct CBORFieldsTests {
    private let entry = CBORValue.array([
        .unsigned(300), .integer(-5), .bytes([1, 2]), .text("lot"), .array([.null]), .bool(true),
        .null,
    ])

    @Test func `an array is read element by element`() throws {
        var fields = try CBORFields(array: entry, count: 7, path: "entry")
        #expect(try fields.unsigned("kind") == 300)
        #expect(try fields.int64("offset") == -5)
        #expect(try fields.bytes("digest", count: 2) == [1, 2])
        #expect(try fields.text("lot", limit: 3) == "lot")
        #expect(try fields.array("rows", limit: 1) == [.null])
        #expect(try fields.bool("flag"))
        #expect(!fields.isAtEnd)
        #expect(try fields.valueOrNull("rest") == nil)
        try fields.finish()
    }

    @Test func `a refusal names the field and what was found`() throws {
        func refused(_ read: (inout CBORFields) throws -> Void) -> String? {
            do {
                var fields = try CBORFields(array: entry, count: 1...9, path: "entry")
                try read(&fields)
                return nil
            } catch {
                return "\(error)"
            }
        }
        #expect(
            refused { _ = try $0.text("kind", limit: 9) }
                == "cbor.field entry.kind: expected a text string, found an integer")
        #expect(
            refused { _ = try $0.unsigned("kind", as: UInt8.self) }
                == "cbor.field entry.kind: expected at most 255")
        #expect(
            refused {
                for _ in 0..<2 { _ = try $0.value("a") }; _ = try $0.bytes("b", count: 3)
            }
                == "cbor.field entry.b: expected 3 bytes, found 2")
        #expect(
            refused {
                for _ in 0..<3 { _ = try $0.value("a") }; _ = try $0.text("b", limit: 2)
            }
                == "cbor.field entry.b: 3 bytes of text, at most 2 allowed")
        #expect(
            refused { for _ in 0..<8 { _ = try $0.value("a") } } == "cbor.field entry.a: missing")
        #expect(
            refused { try $0.finish() } == "cbor.field entry: 7 elements more than expected")
    }

    @Test func `an array of another length is refused`() {
        #expect(throws: CBORFieldError(field: "e", reason: "expected 6 elements, found 7")) {
            try CBORFields(array: entry, count: 6, path: "e")
        }
        #expect(throws: CBORFieldError(field: "e", reason: "expected an array, found null")) {
            try CBORFields(array: .null, count: 6, path: "e")
        }
    }
}
