import EPCIS
import GS1

extension ParameterForm {
    /// The form of a parameter by its name; nothing if no parameter has it.
    static func named(_ name: String, _ prefixes: Prefixes) -> ParameterForm? {
        fixed[name] ?? typed(name) ?? measured(name) ?? attribute(name, prefixes)
            ?? extended(name, prefixes)
    }

    /// Parameters of fixed names.
    private static let fixed: [String: ParameterForm] = {
        var forms: [String: ParameterForm] = [
            "eventType": .types, "EQ_action": .actions, "EQ_type": .measurementTypes,
            "EQ_bizStep": .words(.bizStep, .businessStep),
            "EQ_disposition": .words(.disposition, .disposition),
            "EQ_persistentDisposition_set": .words(.dispositionsSet, .disposition),
            "EQ_persistentDisposition_unset": .words(.dispositionsUnset, .disposition),
            "EQ_errorReason": .words(.errorReason, .errorReason),
            "EQ_readPoint": .places(.readPoint, withDescendants: false),
            "WD_readPoint": .places(.readPoint, withDescendants: true),
            "EQ_bizLocation": .places(.bizLocation, withDescendants: false),
            "WD_bizLocation": .places(.bizLocation, withDescendants: true),
            "EQ_transformationID": .identifiers(.transformationID),
            "EQ_eventID": .texts(.eventID),
            "EQ_correctiveEventID": .texts(.correctiveEventID),
            "EXISTS_errorDeclaration": .existence(.errorDeclaration),
            "EXISTS_sensorElementList": .existence(.sensorElements),
            "EQ_booleanValue": .flag(.sensorFlag),
            "MATCH_epc": .patterns(.epcs([.epcs, .children])),
            "MATCH_parentID": .patterns(.epcs([.parent])),
            "MATCH_inputEPC": .patterns(.epcs([.inputs])),
            "MATCH_outputEPC": .patterns(.epcs([.outputs])),
            "MATCH_anyEPC": .patterns(.epcs(Set(EPCList.allCases))),
            "MATCH_epcClass": .patterns(.epcClasses([.quantities, .children])),
            "MATCH_inputEPCClass": .patterns(.epcClasses([.inputs])),
            "MATCH_outputEPCClass": .patterns(.epcClasses([.outputs])),
            "MATCH_anyEPCClass": .patterns(.epcClasses(Set(QuantityList.allCases))),
        ]
        for name in ["stringValue", "hexBinaryValue"] {
            forms["EQ_" + name] = .texts(.sensorText(name))
        }
        for name in references { forms["EQ_" + name] = .references(.sensorReference(name)) }
        for (name, field) in times {
            forms["GE_" + name] = .time(field, .greaterOrEqual)
            forms["LT_" + name] = .time(field, .less)
        }
        for comparison in Comparison.allCases {
            forms[comparison.rawValue + "_quantity"] = .number(.quantity(uom: nil), comparison)
            forms[comparison.rawValue + "_percRank"] =
                .number(.sensorNumber("percRank", uom: nil), comparison)
        }
        return forms
    }()

    private static let references = [
        "deviceID", "dataProcessingMethod", "microorganism", "chemicalSubstance", "bizRules",
        "uriValue",
    ]

    /// GS1's OpenAPI document and its JSON schema spell the time of a declaration differently.
    private static let times: [(String, EventField)] = [
        ("eventTime", .eventTime), ("recordTime", .recordTime),
        ("errorDeclarationTime", .declarationTime), ("errorDeclaration_Time", .declarationTime),
        ("time", .sensorTime(.time)), ("startTime", .sensorTime(.startTime)),
        ("endTime", .sensorTime(.endTime)),
    ]

    /// `EQ_bizTransaction_<type>` and its like.
    private static func typed(_ name: String) -> ParameterForm? {
        if let type = name.rest(after: "EQ_bizTransaction_") {
            return .references(.bizTransaction(type: canonical(type, .transactionType)))
        }
        if let type = name.rest(after: "EQ_source_") {
            return .identifiers(.source(type: canonical(type, .sourceDestinationType)))
        }
        if let type = name.rest(after: "EQ_destination_") {
            return .identifiers(.destination(type: canonical(type, .sourceDestinationType)))
        }
        return nil
    }

    private static func canonical(_ type: String, _ vocabulary: Vocabulary) -> String {
        vocabulary.canonical(vocabulary.asked(type))
    }

    /// `GE_quantity_<uom>`, `GE_value_<uom>` and their like.
    private static func measured(_ name: String) -> ParameterForm? {
        for comparison in Comparison.allCases {
            guard let rest = name.rest(after: comparison.rawValue + "_") else { continue }
            let numbers = ["quantity", "value", "minValue", "maxValue", "meanValue", "sDev"]
            for number in numbers + ["percValue"] {
                guard let uom = rest.rest(after: number + "_"), isUnit(uom) else { continue }
                return .number(
                    number == "quantity" ? .quantity(uom: uom) : .sensorNumber(number, uom: uom),
                    comparison)
            }
        }
        return nil
    }

    /// Two to four capital letters or digits, as GS1's schema of queries has it.
    private static func isUnit(_ text: String) -> Bool {
        (2...4).contains(text.utf8.count)
            && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) }
    }

    /// `HASATTR_<field>`, and `EQATTR_<field>_<attribute>`, which the schema spells `EQ_ATTR_`.
    ///
    /// Names may hold underscores themselves: every way to part them counts.
    private static func attribute(_ name: String, _ prefixes: Prefixes) -> ParameterForm? {
        if let field = name.rest(after: "HASATTR_") {
            return isName(field) ? .names(.attributeNames(FieldName(field, prefixes))) : nil
        }
        guard let rest = name.rest(after: "EQATTR_") ?? name.rest(after: "EQ_ATTR_") else {
            return nil
        }
        var fields: [AttributeField] = []
        for index in rest.utf8.indices where rest.utf8[index] == UInt8(ascii: "_") {
            let field = String(rest[..<index])
            let attribute = String(rest[rest.utf8.index(after: index)...])
            guard !field.isEmpty, !attribute.isEmpty else { continue }
            fields.append(
                AttributeField(
                    field: FieldName(field, prefixes), attribute: FieldName(attribute, prefixes)))
        }
        guard (1...QueryLimits.patternCount).contains(fields.count) else { return nil }
        return .operands(.attribute(fields), .equal)
    }

    /// `EQ_<prefix:name>`, `EXISTS_INNER_ILMD_<prefix:name>` and their like.
    private static func extended(_ name: String, _ prefixes: Prefixes) -> ParameterForm? {
        for operation in Comparison.allCases.map(\.rawValue) + ["EXISTS"] {
            guard let rest = name.rest(after: operation + "_") else { continue }
            let inner = rest.rest(after: "INNER_")
            var (place, fieldName) = (ExtensionPlace.event, inner ?? rest)
            for candidate in ExtensionPlace.allCases where candidate != .event {
                guard let within = (inner ?? rest).rest(after: candidate.rawValue + "_") else {
                    continue
                }
                (place, fieldName) = (candidate, within)
            }
            guard isName(fieldName) else { return nil }
            let field = EventField.extended(
                ExtensionField(
                    place: place, isInner: inner != nil, name: FieldName(fieldName, prefixes)))
            guard let comparison = Comparison(rawValue: operation) else {
                return .existence(field)
            }
            return .operands(field, comparison)
        }
        return nil
    }

    /// The name of an extension field has a prefix or is a URI.
    private static func isName(_ text: String) -> Bool {
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else { return false }
        return colon != text.utf8.startIndex && text.utf8.index(after: colon) != text.utf8.endIndex
    }
}

extension String {
    /// What follows a beginning, if there is something.
    fileprivate func rest(after beginning: String) -> String? {
        guard utf8.starts(with: beginning.utf8), utf8.count > beginning.utf8.count else {
            return nil
        }
        return String(self[utf8.index(startIndex, offsetBy: beginning.utf8.count)...])
    }
}
