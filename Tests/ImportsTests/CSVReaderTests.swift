import Imports
import Support
import Testing

@Suite struct `Comma-separated values` {
    static func rows(
        _ text: String, chunk: Int = 1_000, delimiter: UInt8 = 0x2c, limits: CSVLimits = CSVLimits()
    ) throws(ImportRefusal) -> [CSVRow] {
        try rows(Array(text.utf8), chunk: chunk, delimiter: delimiter, limits: limits)
    }

    static func rows(
        _ bytes: [UInt8], chunk: Int = 1_000, delimiter: UInt8 = 0x2c,
        encoding: CSVEncoding = .utf8, limits: CSVLimits = CSVLimits()
    ) throws(ImportRefusal) -> [CSVRow] {
        var reader = CSVReader(delimiter: delimiter, encoding: encoding, limits: limits)
        var rows: [CSVRow] = []
        var rest = bytes[...]
        repeat {
            let next = rest.prefix(chunk)
            rest = rest.dropFirst(next.count)
            rows += try reader.read(next, isLast: rest.isEmpty)
        } while !rest.isEmpty
        return rows
    }

    static func fields(_ rows: [CSVRow]) -> [[String]] {
        rows.map { row in
            switch row.fields {
            case .success(let fields): fields
            case .failure(let error): ["!\(error.code)"]
            }
        }
    }

    @Test(arguments: [
        ("a,b\n1,2\n", [["a", "b"], ["1", "2"]]),
        ("a,b\r\n1,2", [["a", "b"], ["1", "2"]]),
        ("a,b\r1,2\r", [["a", "b"], ["1", "2"]]),
        ("a,b\n\n1,\n", [["a", "b"], ["1", ""]]),
        ("\u{FEFF}a\n1", [["a"], ["1"]]),
        ("\u{FEFF}\"a\"\n1", [["a"], ["1"]]),
        ("\"a,\"\"b\"\"\r\nc\",d\n1,2", [["a,\"b\"\r\nc", "d"], ["1", "2"]]),
        ("\"\",x\n", [["", "x"]]),
        ("a\"b,c\n1,2", [["!csv.quote"], ["1", "2"]]),
        ("\"a\"b,c\n1,2", [["!csv.quote"], ["1", "2"]]),
        ("ü,\u{1F600}\n", [["ü", "\u{1F600}"]]),
        ("", []),
        ("\n\r\n", []),
    ])
    func `rows are cut as RFC 4180 has them, however the bytes arrive`(
        text: String, expected: [[String]]
    ) throws {
        for chunk in [1, 2, 3, 1_000] {
            #expect(Self.fields(try Self.rows(text, chunk: chunk)) == expected)
        }
    }

    @Test func `rows know their number, line and end`() throws {
        let text = "h\r\n\"a\nb\"\n\nc\n"
        let rows = try Self.rows(text, chunk: 1)
        #expect(rows.map(\.number) == [0, 1, 2])
        #expect(rows.map(\.line) == [1, 2, 5])
        #expect(rows.map(\.endOffset) == [3, 9, 12])
        #expect(rows.flatMap(\.bytes).count == 11)
    }

    @Test func `bytes that are no text spoil their row alone`() throws {
        let bytes = Array("a,b\n1,".utf8) + [0xfc] + Array("\n3,4\n".utf8)
        let rows = try Self.rows(bytes)
        #expect(Self.fields(rows) == [["a", "b"], ["!csv.encoding"], ["3", "4"]])
        guard case .failure(let error) = rows[1].fields else { return }
        #expect(error.row == 1 && error.line == 2 && error.message.contains("field 2"))
        let western = try Self.rows(bytes, encoding: .windows1252)
        #expect(Self.fields(western)[1] == ["1", "ü"])
        #expect(Self.fields(try Self.rows([0x80, 0x0a], encoding: .windows1252)) == [["€"]])
    }

    static func refusal(_ text: String, limits: CSVLimits = CSVLimits()) -> String {
        do throws(ImportRefusal) {
            return "\(try rows(text, limits: limits).count) rows"
        } catch {
            return "\(error.code) \(error.field)"
        }
    }

    @Test func `a quotation mark that is never closed stops the table at its row`() {
        #expect(Self.refusal("a\nb\n\"c\nd\n") == "csv.quote line 3")
        var limits = CSVLimits()
        limits.rowByteCount = 10
        #expect(Self.refusal("a\n\"c\n123456789\n", limits: limits) == "csv.quote line 2")
        #expect(Self.refusal("a\n12345678901\n", limits: limits) == "csv.too-large line 2")
        #expect(Self.refusal("a\n123456789\n", limits: limits) == "2 rows")
    }

    @Test func `long fields and wide rows are errors of their rows`() throws {
        var limits = CSVLimits()
        limits.fieldByteCount = 3
        limits.columnCount = 2
        let rows = try Self.rows("a,b\n123,1\n1234,1\n1,2,3\n1,2", limits: limits)
        #expect(
            Self.fields(rows)
                == [
                    ["a", "b"], ["123", "1"], ["!csv.too-large"], ["!csv.too-large"], ["1", "2"],
                ])
    }
}

@Suite struct `Lists from strangers` {
    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func `any bytes are rows, errors or a refusal, never a crash`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let alphabet = Array("a1,;\"\r\n{}é ".utf8) + [0x00, 0xff]
        let mapping = try Tables.mapping(
            #""a": {"optional": true}, "n": {"type": "number", "optional": true}"#)
        for _ in 0..<300 {
            let bytes =
                Array("a,n\n".utf8)
                + (0..<60).map { _ in
                    alphabet[Int(random.next() % UInt64(alphabet.count))]
                }
            var table = TableImport(mapping: mapping)
            let whole = (try? table.read(bytes, isLast: true))?.map(\.cursor)
            // One byte at a time gives the same.
            var slow = TableImport(mapping: mapping)
            var cursors: [ImportCursor]? = []
            for (index, byte) in bytes.enumerated() {
                guard
                    let rows = try? slow.read(
                        CollectionOfOne(byte), isLast: index + 1 == bytes.count)
                else {
                    cursors = nil
                    break
                }
                cursors? += rows.map(\.cursor)
            }
            #expect(whole == cursors)
        }
    }

    @Test func `a long list is read in the same memory as a short one`() throws {
        let mapping = try ImportMapping(Array(BuiltInMapping.shipmentList.json.utf8))
        var table = TableImport(mapping: mapping)
        let header = "Shipped,From GLN,Receiver GLN,GTIN,Lot,Quantity,Unit\n"
        var events = try table.read(Array(header.utf8), isLast: false).count
        for lot in 0..<5_000 {
            let row =
                "2026-08-01 08:00,9521101001013,9521102000008,9521101000016,L\(lot),1.5,kg\n"
            let rows = try table.read(Array(row.utf8), isLast: false)
            guard case .event = rows.first?.outcome else { continue }
            events += rows.count
        }
        events += try table.read([], isLast: true).count
        #expect(events == 5_000)
    }
}
