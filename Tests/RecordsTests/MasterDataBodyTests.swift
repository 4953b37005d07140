import DeterministicCBOR
import GS1
import Records
import Support
import Testing

@Suite struct `The body of master data` {
    static func body(_ members: [(UInt64, CBORValue)]) -> [UInt8] {
        CBORValue.map(members.map { CBORPair(key: .unsigned($0.0), value: $0.1) }).encoded()
    }

    static func pair(_ texts: String...) -> CBORValue { .array(texts.map { .text($0) }) }

    static func refusal(_ members: [(UInt64, CBORValue)]) -> String {
        do throws(Refusal) {
            let bytes = body(members)
            return try MasterData.read(bytes).encoded() == bytes ? "" : "other bytes"
        } catch {
            return "\(error.code) \(error.field)"
        }
    }

    @Test func `whole bodies come back byte for byte`() {
        let whole: [(UInt64, CBORValue)] = [
            (1, .text("plot")),
            (2, .array([Self.pair("de", "Feld"), Self.pair("en", "Field")])),
            (3, .array([Self.pair("country", "India"), Self.pair("countryCode", "IN")])),
            (4, Self.pair("23.5", "-90")),
            (5, .text(#"{"type":"Point","coordinates":[90.10,23.5]}"#)),
            (6, .array([Self.pair("C62", "KGM", "0.45")])),
            (7, .array([.array([.null, .text("12"), .text("C62")])])),
            (8, .array([Self.pair("a", "1"), Self.pair("a", "2")])),
        ]
        #expect(Self.refusal(whole) == "")
        #expect(Self.refusal([(1, .text("site"))]) == "")
    }

    @Test(
        arguments: [
            ([], "body.kind"),
            ([(1, .text("farm"))], "body.kind"),
            ([(1, .text("site")), (9, .null)], "body"),
            ([(1, .text("site")), (2, .array([]))], "body.names"),
            (
                [(1, .text("site")), (2, .array([pair("en", "b"), pair("de", "a")]))],
                "body.names[1]"
            ),
            (
                [(1, .text("site")), (2, .array([pair("en", "a"), pair("en", "b")]))],
                "body.names.en"
            ),
            ([(1, .text("site")), (2, .array([pair("de_DE", "a")]))], "body.names"),
            ([(1, .text("site")), (4, pair("1.0", "1"))], "body.coordinates.latitude"),
            ([(1, .text("site")), (4, pair("1", "181"))], "body.coordinates"),
            (
                [(1, .text("site")), (5, .text(#"{"coordinates":[1,1],"type":"Point"}"#))],
                "body.geometry"
            ),
            ([(1, .text("product")), (6, .array([pair("C62", "KGM", "-1")]))], "body.conversions"),
            (
                [(1, .text("product")), (6, .array([pair("C62", "KGM", "1e1")]))],
                "body.conversions"
            ),
            (
                [(1, .text("product")), (7, .array([pair("urn:epc:id:sgtin:1", "1", "C62")]))],
                "body.packs"
            ),
        ] as [([(UInt64, CBORValue)], String)])
    func `another body is refused with its member`(
        members: [(UInt64, CBORValue)], field: String
    ) {
        #expect(Self.refusal(members) == "record.master-data \(field)")
    }

    @Test func `who signs or admits reads it, who audits does not`() throws {
        let network = try DemoNetwork()
        let signer = Signer(
            network: network.id, issuer: network.supplier.uri, key: network.supplier.key)
        var record = MasterData(kind: .site).record(
            about: network.supplier.site, fromMilliseconds: 1)
        #expect(throws: Never.self) {
            let part = try signer.part(record, visibility: .network)
            _ = try signer.submissions([part], issuedAtSeconds: 1)
        }
        record.body?.bytes = [0xa0]
        let part = try signer.part(record, visibility: .network)
        #expect(throws: Refusal.self) {
            _ = try signer.submissions([part], issuedAtSeconds: 1)
        }
        #expect(throws: Never.self) { _ = try Content.read(part) }
        // Another kind of body is anybody's own.
        record.body?.contentType = "application/ld+json"
        let other = try signer.part(record, visibility: .network)
        #expect(try signer.submissions([other], issuedAtSeconds: 1).count == 1)
    }
}
