import EPCIS
import GS1
import MerkleTrees
import Records
import Testing

@Suite struct `Records written as JSON` {
    private static let hash = String(repeating: "ab", count: 32)

    /// Every kind, as people write it.
    static let texts: [String] = [
        #"""
        "record": "certificate", "id": "urn:x:1", "about": "urn:x:a", "from": "2026-03-01",
        "until": "2026-03-01", "body": {"contentType": "application/pdf", "base64": "AQI="}
        """#,
        #"""
        "record": "transcribed-certificate", "id": "urn:x:1", "about": ["urn:x:a"],
        "from": "2026-03-01T00:00:00Z", "reason": "paper",
        "body": {"contentType": "application/pdf", "file": "scan.pdf"}
        """#,
        #"""
        "record": "accreditation", "id": "urn:x:1", "about": ["urn:x:a"], "from": "2026-03-01",
        "scope": [["scheme", "urn:x:s"]]
        """#,
        #"""
        "record": "delegation", "id": "urn:x:1", "to": ["urn:epc:id:pgln:9521101.00000"],
        "from": "2026-03-01", "scope": [["site", "urn:epc:id:sgln:9521101.00101.0"]]
        """#,
        #"""
        "record": "allocation", "id": "urn:x:1", "about": ["urn:x:e"], "target": "urn:x:account",
        "quantity": ["12.50", "KGM"]
        """#,
        #""record": "grant", "about": ["urn:x:a"], "to": ["urn:x:o"]"#,
        #""record": "revocation", "target": "urn:x:1", "from": "2026-03-01", "reason": "why""#,
        #"""
        "record": "suspension", "target": "urn:x:1", "from": "2026-03-01", "reason": "why",
        "until": "2026-04-01"
        """#,
        #""record": "recall", "about": ["urn:x:a"], "from": "2026-03-01", "reason": "why""#,
        #"""
        "record": "dispute", "about": ["urn:x:a"], "target": "\#(hash)", "reason": "why",
        "body": {"contentType": "text/plain", "text": "ä"}
        """#,
        #""record": "resolution", "about": ["urn:x:a"], "target": "urn:x:1", "reason": "why""#,
        #""record": "erasure", "target": "\#(hash)", "keys": ["\#(hash)"], "reason": "why""#,
        #"""
        "record": "master-data", "about": ["urn:x:a"], "from": "2026-03-01",
        "body": {"contentType": "application/json", "json": {"b": 1.0, "a": [null]}}
        """#,
        #"""
        "record": "period-balance", "id": "urn:x:1", "month": "2026-03",
        "material": "urn:x:m", "site": "urn:epc:id:sgln:9521101.00101.0",
        "head": [7, "\#(hash)"], "quantity": [3, "KGM"]
        """#,
    ]

    private func read(_ members: String, field: String = "record") throws -> Record {
        let json = try JSONValue.parse(Array("{\(members)}".utf8))
        return try Record.read(json: json, field: field) { name throws(Refusal) in
            guard name == "scan.pdf" else {
                throw Refusal(code: "record.field", field: "file", reason: "no \(name)")
            }
            return [9]
        }
    }

    @Test func `every kind can be written`() throws {
        let records = try Self.texts.map { try read($0) }
        #expect(records.map(\.kind) == RecordKind.allCases)
        for record in records { #expect(try Record.read(record.encoded()) == record) }
    }

    @Test func `values arrive as they were meant`() throws {
        let records = try Self.texts.map { try read($0) }
        #expect(records[0].body?.bytes == [1, 2])
        #expect(records[0].fromMilliseconds == 1_772_323_200_000)
        #expect(records[0].untilMilliseconds == 1_772_409_599_999)
        #expect(records[1].body?.bytes == [9])
        #expect(records[3].to == ["https://id.gs1.org/417/9521101000009"])
        #expect(records[3].scope == [ScopeItem("site", "https://id.gs1.org/414/9521101001013")])
        #expect(records[4].quantity == RecordQuantity(amount: "12.50", unit: "KGM"))
        #expect(records[9].target == Hash256(hex: Self.hash).map(RecordTarget.part))
        #expect(records[9].body?.bytes == Array("ä".utf8))
        #expect(records[12].body?.bytes == Array(#"{"b":1.0,"a":[null]}"#.utf8))
        #expect(records[13].head?.count == 7)
        #expect(records[13].quantity?.amount == "3")
    }

    @Test func `lists are sorted and said once`() throws {
        let record = try read(
            #""record": "grant", "about": ["urn:x:b", "URN:x:a", "urn:x:b"], "to": "urn:x:o""#)
        #expect(record.about == ["urn:x:a", "urn:x:b"])
    }

    @Test(arguments: [
        (#""record": "promise""#, "record.kind", "record[2]"),
        (
            #""kind": "grant""#, "record.field",
            "record[2].kind"
        ),
        (#""record": "grant", "to": ["urn:x:o"]"#, "record.field", "record[2].about"),
        (#""record": "grant", "about": [], "to": ["urn:x:o"]"#, "record.field", "record[2].about"),
        (
            #""record": "grant", "about": ["a"], "to": ["urn:x:o"]"#, "record.field",
            "record[2].about[0]"
        ),
        (#""record": "grant", "about": ["urn:x:a"], "to": [7]"#, "record.field", "record[2].to[0]"),
        (
            #""record": "grant", "about": ["urn:x:a"], "to": ["urn:x:o"], "month": "2026-03""#,
            "record.field", "record[2].month"
        ),
        (
            #""record": "recall", "about": ["urn:x:a"], "reason": "r", "from": "March""#,
            "record.field", "record[2].from"
        ),
        (
            #""record": "recall", "about": ["urn:x:a"], "reason": "r", "from": 7"#, "record.field",
            "record[2].from"
        ),
        (
            #"""
            "record": "recall", "about": ["urn:x:a"], "reason": "r", "from": "2026-03-02",
            "until": "2026-03-01"
            """#, "record.field", "record[2].until"
        ),
        (
            #""record": "erasure", "target": "urn:x:1", "keys": ["ab"], "reason": "r""#,
            "record.field", "record[2].keys[0]"
        ),
        (
            #"""
            "record": "allocation", "id": "urn:x:1", "about": ["urn:x:e"], "target": "urn:x:a",
            "quantity": ["1e3", "KGM"]
            """#, "record.field", "record[2].quantity"
        ),
        (
            #"""
            "record": "dispute", "about": ["urn:x:a"], "target": "urn:x:1", "reason": "r",
            "body": {"contentType": "text/plain"}
            """#, "record.field", "record[2].body"
        ),
        (
            #"""
            "record": "dispute", "about": ["urn:x:a"], "target": "urn:x:1", "reason": "r",
            "body": {"text": "x"}
            """#, "record.field", "record[2].body.contentType"
        ),
        (
            #"""
            "record": "dispute", "about": ["urn:x:a"], "target": "urn:x:1", "reason": "r",
            "body": {"contentType": "text/plain", "base64": "A"}
            """#, "record.field",
            "record[2].body.base64"
        ),
        (
            #"""
            "record": "dispute", "about": ["urn:x:a"], "target": "urn:x:1", "reason": "r",
            "body": {"contentType": "text/plain", "file": "other"}
            """#, "record.field", "file"
        ),
        (
            #"""
            "record": "accreditation", "id": "urn:x:1", "about": ["urn:x:a"], "from": "2026-03-01",
            "scope": [["scheme", "none"]]
            """#, "record.field", "record[2].scope[0]"
        ),
        (
            #"""
            "record": "accreditation", "id": "urn:x:1", "about": ["urn:x:a"], "from": "2026-03-01",
            "scope": {"scheme": "urn:x:s"}
            """#, "record.field", "record[2].scope"
        ),
    ])
    func `what is wrong is refused by index and member`(
        members: String, code: String, field: String
    ) {
        let refusal = expectRefusal(code) { try read(members, field: "record[2]") }
        #expect(refusal?.field == field)
    }
}
