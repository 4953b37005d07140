import EPCIS
import Imports
import MerkleTrees
import Records
import Support
import Testing

@Suite struct `Tables` {
    static func mapping(
        _ columns: String, table: String = "{}", event: String = "", target: String? = nil
    ) throws(ImportRefusal) -> ImportMapping {
        let event =
            target ?? """
                "event": {"type": "ObjectEvent", "eventTime": "2026-03-01T08:00:00Z",
                  "eventTimeZoneOffset": "+00:00", "action": "OBSERVE",
                  "epcList": ["urn:epc:id:sscc:9521107.0000000001"]\(event)}
                """
        return try ImportMapping(
            Array(
                """
                {"cairnMapping": 1, "name": "test", "table": \(table),
                 "columns": {\(columns)}, \(event)}
                """.utf8))
    }

    static func run(
        _ text: String, _ mapping: ImportMapping, options: TableImport.Options = .init(),
        resuming cursor: ImportCursor? = nil, chunk: Int = 64
    ) throws(ImportRefusal) -> [ImportedRow] {
        var table = TableImport(mapping: mapping, options: options, resuming: cursor)
        var rows: [ImportedRow] = []
        var rest = Array(text.utf8)[...]
        repeat {
            let next = rest.prefix(chunk)
            rest = rest.dropFirst(next.count)
            rows += try table.read(next, isLast: rest.isEmpty)
        } while !rest.isEmpty
        return rows
    }

    static func words(_ rows: [ImportedRow]) -> [String] {
        rows.map { row in
            switch row.outcome {
            case .event(let bytes): String(decoding: bytes, as: UTF8.self)
            case .record(let record): record.about.joined()
            case .repeated: "repeated"
            case .failed(let errors):
                errors.map { "\($0.row) \($0.column) \($0.code)" }.joined(separator: "; ")
            }
        }
    }

    static let shipments = """
        Shipped,From GLN,Sender GLN,Receiver GLN,GTIN,Lot,Quantity,Unit,Delivery note
        2026-03-01 08:00,9521107000010,9521107000003,9521101000009,9521107000126,T26/1,12.50,kg,D 1
        2026-03-01 09:00,9521107000010,,9521101000009,9521107000126,T26/2,,,
        """

    @Test func `a shipment list gives shipping events that satisfy the standard`() throws {
        let mapping = try ImportMapping(Array(BuiltInMapping.shipmentList.json.utf8))
        let rows = try Self.run(Self.shipments, mapping)
        let first = try #require(Self.words(rows).first)
        let head = [
            #"{"@context":["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"]"#,
            #""type":"ObjectEvent","eventTime":"2026-03-01T08:00:00.000+00:00""#,
            #""eventTimeZoneOffset":"+00:00","action":"OBSERVE","bizStep":"shipping""#,
            #""disposition":"in_transit""#,
            #""readPoint":{"id":"https://id.gs1.org/414/9521107000010"}"#,
            #""quantityList":[{"epcClass":"https://id.gs1.org/01/09521107000126/10/T26%2F1""#,
            #""quantity":12.50,"uom":"KGM"}],"bizTransactionList":[{"type":"desadv""#,
            #""bizTransaction":"urn:epcglobal:cbv:bt:9521107000010:D%201"}],"#,
        ]
        #expect(first.hasPrefix(head.joined(separator: ",")))
        #expect(first.contains(#""eventID":"urn:uuid:"#))
        // What is empty is left out, with what cannot stand without it.
        let second = Self.words(rows)[1]
        for absent in [
            "uom", #""quantity":"#, "bizTransaction", #""source":"https://id.gs1.org/417"#,
        ] {
            #expect(!second.contains(absent))
        }
        #expect(second.contains(#""destinationList":[{"type":"possessing_party","destination":"#))
    }

    @Test func `a production list gives transformations`() throws {
        let mapping = try ImportMapping(Array(BuiltInMapping.productionList.json.utf8))
        let rows = try Self.run(
            """
            Produced,Site GLN,Order,Input GTIN,Input lot,Input quantity,Input unit,\
            Output GTIN,Output lot,Output quantity,Output unit
            2026-03-01 08:00,9521107000010,P1,9521101000016,C1,100,kg,9521107000126,T26-1,95,kg
            2026-03-01 08:00,9521107000010,P1,9521101000016,C2,100,kg,,,,
            """, mapping)
        let events = try rows.map { row in
            guard case .event(let bytes) = row.outcome else { throw Unexpected() }
            return try EPCISEvent.read(bytes, by: .schema)
        }
        #expect(events.map(\.type) == [.transformation, .transformation])
        #expect(events[0].transformationID == events[1].transformationID)
        #expect(events[1].outputQuantityList.isEmpty)
    }

    struct Unexpected: Error {}

    @Test func `every built-in mapping can be read and has its own name`() throws {
        for mapping in BuiltInMapping.allCases {
            #expect(try ImportMapping(Array(mapping.json.utf8)).name == mapping.rawValue)
        }
    }

    @Test func `the same row gives the same event, and one that stands twice is taken once`() throws
    {
        let mapping = try ImportMapping(Array(BuiltInMapping.shipmentList.json.utf8))
        let once = Self.words(try Self.run(Self.shipments, mapping))
        let lines = Self.shipments.split(separator: "\n")
        let twice = Self.words(
            try Self.run(
                (lines + [lines[1], lines[2]]).joined(separator: "\r\n"), mapping, chunk: 7))
        #expect(twice == once + ["repeated", "repeated"])
        // Another order of columns, and columns that the mapping does not use, change nothing.
        let moved = lines.map { line in
            let fields = line.split(separator: ",", omittingEmptySubsequences: false)
            return (["x"] + fields.dropFirst() + [fields[0]]).joined(separator: ",")
        }
        #expect(Self.words(try Self.run(moved.joined(separator: "\n"), mapping)) == once)
    }

    @Test func `a table is resumed where it was left, and only the same table`() throws {
        let mapping = try ImportMapping(Array(BuiltInMapping.shipmentList.json.utf8))
        let all = try Self.run(Self.shipments, mapping)
        let cursor = all[0].cursor
        let rest = try Self.run(Self.shipments, mapping, resuming: cursor)
        #expect(Self.words(rest) == [Self.words(all)[1]])
        #expect(rest[0].cursor == all[1].cursor)
        #expect(try Self.run(Self.shipments, mapping, resuming: all[1].cursor).isEmpty)
        // A row that stands before the place is still known after it.
        let lines = Self.shipments.split(separator: "\n")
        let longer = (lines + [lines[1]]).joined(separator: "\n")
        #expect(
            Self.words(try Self.run(longer, mapping, resuming: cursor)).last == "repeated")
        for changed in [
            Self.shipments.replacing("T26/1", with: "T26/9"),
            Self.shipments.replacing("T26/1", with: "T26/10"),
            String(lines[0]) + "\n", "x" + Self.shipments,
        ] {
            #expect(throws: ImportRefusal.self) {
                _ = try Self.run(changed, mapping, resuming: cursor)
            }
        }
        let other = try ImportMapping(
            Array(BuiltInMapping.shipmentList.json.replacing("UTC", with: "Asia/Dhaka").utf8))
        #expect(throws: ImportRefusal.self) {
            _ = try Self.run(Self.shipments, other, resuming: cursor)
        }
    }

    @Test(arguments: [
        ("A B", "\"A B\" has a space, which BATCH/LOT (10) cannot have"),
        ("\u{DC}1", "\"\u{DC}1\" has \"\u{DC}\", which BATCH/LOT (10) cannot have"),
        ("L12345678901234567890", "has 21 characters, BATCH/LOT (10) has 20 at most"),
    ])
    func `a lot that can be none is told by its column`(lot: String, expected: String) throws {
        let mapping = try ImportMapping(Array(BuiltInMapping.shipmentList.json.utf8))
        let text = Self.shipments.replacing("T26/1", with: lot)
        guard case .failed(let errors) = try #require(Self.run(text, mapping).first).outcome else {
            Issue.record("the row was taken")
            return
        }
        let error = try #require(errors.first)
        #expect(errors.count == 1 && error.column == "Lot" && error.code == "identifier.malformed")
        #expect(error.message.contains(expected), "\(error.message)")
    }

    @Test func `each wrong column of a row is told, and the rows beside it stand`() throws {
        let mapping = try ImportMapping(Array(BuiltInMapping.shipmentList.json.utf8))
        let rows = try Self.run(
            """
            Shipped,From GLN,Receiver GLN,GTIN,Lot,Quantity,Unit
            01.03.2026,9521107000019,,952110700012,T1,1.2.3,stone
            2026-03-01 08:00,9521107000010,9521101000009,9521107000126,T1,1,kg
            2026-03-01 08:00,9521107000010,9521101000009,9521107000126,T1
            2026-03-01 08:00,9521107000010,9521101000009,,,1,kg
            """, mapping)
        let words = Self.words(rows)
        #expect(
            words[0]
                == "1 Shipped row.time; 1 From GLN identifier.check-digit; "
                + "1 Receiver GLN row.missing; 1 GTIN identifier.check-digit; "
                + "1 Quantity row.number; 1 Unit row.unit")
        #expect(words[1].hasPrefix("{"))
        #expect(words[2] == "3  row.width")
        #expect(words[3] == "4  epcis.nothing-stated")
    }

    @Test func `events older than the network are errors unless they are meant`() throws {
        let mapping = try ImportMapping(Array(BuiltInMapping.shipmentList.json.utf8))
        var options = TableImport.Options()
        options.earliestMilliseconds = 1_772_355_600_000
        let words = Self.words(try Self.run(Self.shipments, mapping, options: options))
        #expect(words[0] == "1 Shipped row.before-network")
        #expect(words[1].hasPrefix("{"))
    }

    @Test(arguments: [
        ("1234.5", "1234.5"), ("-0.50", "-0.50"), ("+7", "7"), ("007", "7"), ("1,234.5", nil),
        ("1e3", nil), (".5", nil), ("5.", nil), ("1 2", nil), ("", nil), ("--1", nil),
    ])
    func `numbers are read exactly with the table's decimal sign`(
        text: String, expected: String?
    ) throws {
        for (table, shown) in [
            ("{}", text),
            (
                #"{"decimal": ",", "delimiter": ";"}"#,
                String(text.map { $0 == "." ? "," : $0 == "," ? "." : $0 })
            ),
        ] {
            let mapping = try Self.mapping(
                #""n": {"type": "number"}"#, table: table, event: #", "ex:n": "{n}""#)
            let quoted = "n\n\"\(shown)\"\n"
            let words = Self.words(try Self.run(quoted, mapping))
            if let expected {
                #expect(words[0].contains(#""ex:n":\#(expected),"#))
            } else {
                #expect(words == (text.isEmpty ? [] : ["1 n row.number"]))
            }
        }
    }

    @Test(arguments: [
        ("1.234.567,5", "1234567.5"), ("234,5", "234.5"), ("1.23,5", nil), ("12.34", nil),
        ("1.234", "1234"), (".234", nil), ("1..234", nil),
    ])
    func `groups of digits are three digits wide`(text: String, expected: String?) throws {
        let mapping = try Self.mapping(
            #""n": {"type": "number"}"#,
            table: #"{"decimal": ",", "grouping": ".", "delimiter": ";"}"#,
            event: #", "ex:n": "{n}""#)
        let words = Self.words(try Self.run("n\n\(text)\n", mapping))
        if let expected {
            #expect(words[0].contains(#""ex:n":\#(expected),"#))
        } else {
            #expect(words == ["1 n row.number"])
        }
    }
}
