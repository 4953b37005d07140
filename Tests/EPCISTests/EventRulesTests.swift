import EPCIS
import Testing

@Suite struct `Event rules` {
    static let nothing = "epcis.nothing-stated "

    @Test func `an object event names an object, or senses at a place`() throws {
        let sensor = #"[{"sensorReport":[{"type":"Temperature","value":4}]}]"#
        let place = #"{"id":"ex:cold-store"}"#
        let without: KeyValuePairs<String, String?> = ["epcList": nil, "quantityList": nil]
        #expect(try Sample.refusal(Sample.object, without) == Self.nothing)
        #expect(
            try Sample.refusal(Sample.object, ["epcList": "[]", "quantityList": "[]"])
                == Self.nothing)
        #expect(
            try Sample.refusal(
                Sample.object, ["epcList": nil, "quantityList": nil, "sensorElementList": sensor])
                == Self.nothing)
        #expect(
            try Sample.refusal(
                Sample.object,
                [
                    "epcList": nil, "quantityList": nil, "sensorElementList": sensor,
                    "readPoint": place,
                ]) == nil)
        #expect(try Sample.refusal(Sample.object, ["epcList": nil]) == nil)
        #expect(try Sample.refusal(Sample.object, ["quantityList": nil]) == nil)
    }

    @Test func `master data goes with new objects and transformations only`() throws {
        let data = #"{"ex:bestBefore":"2027-01-01"}"#
        #expect(try Sample.refusal(Sample.object, ["action": #""ADD""#, "ilmd": data]) == nil)
        for action in ["OBSERVE", "DELETE"] {
            #expect(
                try Sample.refusal(Sample.object, ["action": "\"\(action)\"", "ilmd": data])
                    == "epcis.unexpected ilmd")
        }
        #expect(try Sample.refusal(Sample.transformation, ["ilmd": data]) == nil)
        #expect(
            try Sample.refusal(Sample.transformation, ["ilmd": #"{"bestBefore":1}"#])
                == "epcis.unexpected ilmd.bestBefore")
        #expect(try Sample.refusal(Sample.aggregation, ["ilmd": data]) == "epcis.unexpected ilmd")
    }

    @Test(arguments: ["ADD", "OBSERVE", "DELETE"])
    func `an aggregation needs its parent unless observed`(action: String) throws {
        let refusal = try Sample.refusal(
            Sample.aggregation, ["action": "\"\(action)\"", "parentID": nil])
        #expect(refusal == (action == "OBSERVE" ? nil : "epcis.missing parentID"))
    }

    @Test(arguments: ["ADD", "OBSERVE", "DELETE"])
    func `an association always needs its parent`(action: String) throws {
        let refusal = try Sample.refusal(
            Sample.association, ["action": "\"\(action)\"", "parentID": nil])
        #expect(refusal == "epcis.missing parentID")
    }

    @Test(arguments: [Sample.aggregation, Sample.association], ["ADD", "OBSERVE", "DELETE"])
    func `children may be left out only when all leave`(sample: String, action: String) throws {
        let refusal = try Sample.refusal(
            sample, ["action": "\"\(action)\"", "childEPCs": nil, "childQuantityList": "[]"])
        #expect(refusal == (action == "DELETE" ? nil : Self.nothing))
    }

    @Test(arguments: ["ADD", "OBSERVE", "DELETE"])
    func `a transaction needs objects unless all are untied`(action: String) throws {
        let refusal = try Sample.refusal(
            Sample.transaction, ["action": "\"\(action)\"", "epcList": "[]", "quantityList": nil])
        #expect(refusal == (action == "DELETE" ? nil : Self.nothing))
    }

    @Test func `a transaction event names a business transaction`() throws {
        for list in [nil, "[]"] {
            #expect(
                try Sample.refusal(Sample.transaction, ["bizTransactionList": list])
                    == "epcis.missing bizTransactionList")
        }
    }

    @Test(arguments: [true, false], [true, false])
    func `a transformation needs both sides, or one and its process`(
        inputs: Bool, outputs: Bool
    ) throws {
        for process in [true, false] {
            var changes: [(String, String?)] = []
            if !inputs { changes += [("inputEPCList", "[]"), ("inputQuantityList", nil)] }
            if !outputs { changes += [("outputEPCList", nil), ("outputQuantityList", "[]")] }
            if !process { changes += [("transformationID", nil)] }
            var text = Sample.transformation
            for (name, value) in changes {
                let changed = try Sample.changed(text, [name: value])
                text = String(decoding: changed.serialized(), as: UTF8.self)
            }
            let holds = inputs && outputs || process && (inputs || outputs)
            #expect(try Sample.refusal(text, [:]) == (holds ? nil : Self.nothing))
        }
    }
}
