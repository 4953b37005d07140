package import DeterministicCBOR
import GS1

extension SchemeTerms {
    /// Reads the terms of a scheme, strictly.
    ///
    /// - Throws: `scheme.terms` with the field, such as `terms.criteria[2]`.
    package static func read(_ terms: CBORValue) throws(Refusal) -> SchemeTerms {
        try SchemeTermsReader().terms(terms)
    }
}

/// Reads the values of one map of terms.
private struct SchemeTermsReader {
    let shape = ShapeReader(code: "scheme.terms")

    func terms(_ value: CBORValue) throws(Refusal) -> SchemeTerms {
        let items = try shape.map(value, keys: 0..<15, "terms")
        guard let reach = SchemeReach(rawValue: try shape.unsigned(items[7], "terms.reach")) else {
            throw shape.refusal("terms.reach", "is 0 subject, 1 all or 2 origins")
        }
        var terms = SchemeTerms(
            version: try shape.text(items[0], 1...64, "terms.version"),
            title: try shape.text(items[1], 1...200, "terms.title"),
            topic: try shape.text(items[2], 1...200, "terms.topic"),
            criteria: try uris(items[3], 1...SchemeTerms.criteriaCount, "terms.criteria"),
            covers: try covers(items[6]), reach: reach)
        terms.models = try models(items[4])
        terms.minimumShare = try share(items[5])
        terms.processes = try processes(items[8])
        terms.unit = try unit(items[9])
        terms.elements = try elements(items[10])
        terms.months = try shape.unsigned(items[11], "terms.months")
        guard (1...24).contains(terms.months) else {
            throw shape.refusal("terms.months", "is 1 to 24")
        }
        terms.checkers = try uris(items[12], 0...SchemeTerms.checkerCount, "terms.checkers")
        if items[13] != .null {
            terms.freshnessSeconds = try shape.time(items[13], "terms.freshness")
        }
        let plots = try shape.unsigned(items[14], "terms.plots")
        guard plots <= 1 else { throw shape.refusal("terms.plots", "is 0 or 1") }
        terms.needsPlots = plots == 1
        return terms
    }

    private func uris(
        _ value: CBORValue, _ count: ClosedRange<Int>, _ field: String
    ) throws(Refusal) -> [String] {
        var uris: [String] = []
        for (index, item) in try shape.list(value, count, field).enumerated() {
            uris.append(try shape.canonicalURI(item, "\(field)[\(index)]"))
        }
        try shape.requireAscending(uris, field, by: precedesBytewise)
        return uris
    }

    private func models(_ value: CBORValue) throws(Refusal) -> [CustodyModel] {
        var models: [CustodyModel] = []
        let count = 0...CustodyModel.allCases.count
        for (index, item) in try shape.list(value, count, "terms.models").enumerated() {
            let field = "terms.models[\(index)]"
            guard let model = CustodyModel(rawValue: try shape.unsigned(item, field)) else {
                throw shape.refusal(
                    field,
                    "is 0 identity preserved, 1 segregated, 2 controlled blending or 3 mass balance"
                )
            }
            models.append(model)
        }
        try shape.requireAscending(models, "terms.models", by: <)
        return models
    }

    private func covers(_ value: CBORValue) throws(Refusal) -> [CoverKind] {
        var covers: [CoverKind] = []
        let count = 1...CoverKind.allCases.count
        for (index, item) in try shape.list(value, count, "terms.covers").enumerated() {
            let field = "terms.covers[\(index)]"
            guard let cover = CoverKind(rawValue: try shape.text(item, 1...64, field)) else {
                throw shape.refusal(field, "is batch, party, product or site")
            }
            covers.append(cover)
        }
        try shape.requireAscending(covers, "terms.covers") {
            precedesBytewise($0.rawValue, $1.rawValue)
        }
        return covers
    }

    private func processes(_ value: CBORValue) throws(Refusal) -> [SchemeProcess] {
        var processes: [SchemeProcess] = []
        let count = 0...SchemeTerms.processCount
        for (index, item) in try shape.list(value, count, "terms.processes").enumerated() {
            let field = "terms.processes[\(index)]"
            let values = try shape.tuple(item, 3, field)
            let kind = try shape.unsigned(values[1], "\(field).kind")
            guard kind <= 1 else {
                throw shape.refusal("\(field).kind", "is 0 conserves or 1 grows")
            }
            let yield = try decimal(values[2], "\(field).yield")
            guard !yield.isNegative else {
                throw shape.refusal("\(field).yield", "is zero or more")
            }
            processes.append(
                SchemeProcess(
                    uri: try shape.canonicalURI(values[0], "\(field).process"), grows: kind == 1,
                    yield: yield))
        }
        try shape.requireAscending(processes, "terms.processes") {
            precedesBytewise($0.uri, $1.uri)
        }
        return processes
    }

    private func elements(_ value: CBORValue) throws(Refusal) -> [String] {
        var elements: [String] = []
        let count = 0...SchemeTerms.elementCount
        for (index, item) in try shape.list(value, count, "terms.elements").enumerated() {
            elements.append(try shape.text(item, 1...64, "terms.elements[\(index)]"))
        }
        try shape.requireAscending(elements, "terms.elements", by: precedesBytewise)
        return elements
    }

    private func unit(_ value: CBORValue) throws(Refusal) -> UnitCode? {
        guard value != .null else { return nil }
        guard let unit = UnitCode(try shape.text(value, 1...64, "terms.unit")) else {
            throw shape.refusal("terms.unit", "a unit is a UN Rec 20 code like KGM")
        }
        return unit
    }

    private func share(_ value: CBORValue) throws(Refusal) -> ExactDecimal {
        let share = try decimal(value, "terms.minimumShare")
        guard share > .zero, share <= ExactDecimal(1) else {
            throw shape.refusal("terms.minimumShare", "is above 0 and at most 1")
        }
        return share
    }

    /// A decimal in the one spelling that is written: no exponent, no useless zeros.
    private func decimal(_ value: CBORValue, _ field: String) throws(Refusal) -> ExactDecimal {
        let text = try shape.text(value, 1...200, field)
        guard let number = ExactDecimal(text), number.description == text else {
            throw shape.refusal(field, "is a decimal without exponent and without useless zeros")
        }
        return number
    }
}
