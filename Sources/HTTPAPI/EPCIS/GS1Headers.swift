import EPCIS
import HTTPTypes
import Records

/// The header fields of EPCIS 2.0's REST binding, read and written (SPEC §17.5).
enum GS1Headers {
    /// The one version of EPCIS and of the vocabulary that is spoken here.
    static let version = "2.0.0"

    /// What every answer under `/epcis` has.
    static let common: [(String, String)] = ["EPCIS", "CBV"].flatMap { standard in
        ["Version", "Min", "Max"].map { ("GS1-\(standard)-\($0)", version) }
    }

    /// What an answer to `OPTIONS` adds.
    static let discovery: [(String, String)] = [
        ("GS1-EPC-Format", EPCFormat.noPreference.rawValue),
        ("GS1-CBV-XML-Format", "Never_Translates"), ("GS1-Vendor-Version", "cairn"),
    ]

    private static let xmlFormats = [
        "No_Preference", "Always_Web_URI", "Always_URN", "Never_Translates",
    ]
    /// The most prefixes that one request may define.
    private static let extensionsLimit = 64

    /// Adds fields to those of an answer.
    static func add(_ fields: [(String, String)], to answer: inout Answer) {
        for (name, value) in fields {
            if let name = HTTPField.Name(name) { answer.fields[name] = value }
        }
    }

    /// Reads what a request asks for.
    ///
    /// - Throws: `request.not-acceptable` for what cannot be answered so; `request.parameter` for
    ///   extensions that cannot be read.
    static func preferences(_ fields: HTTPFields) throws(Refusal) -> EPCISPreferences {
        for standard in ["EPCIS", "CBV"] { try checkVersions(standard, fields) }
        var preferences = EPCISPreferences()
        if let text = value("GS1-EPC-Format", fields) {
            guard let format = EPCFormat(rawValue: text) else {
                let known = EPCFormat.allCases.map(\.rawValue).joined(separator: ", ")
                throw notAcceptable("GS1-EPC-Format", "is one of \(known)")
            }
            preferences.format = format
        }
        if let text = value("GS1-CBV-XML-Format", fields), !xmlFormats.contains(text) {
            let known = xmlFormats.joined(separator: ", ")
            throw notAcceptable("GS1-CBV-XML-Format", "is one of \(known); answers are JSON")
        }
        if let text = value("GS1-Extensions", fields) {
            preferences.extensions = try extensions(text)
        }
        return preferences
    }

    /// The media type of an answer that a caller accepts; JSON is all there is.
    ///
    /// - Throws: `request.not-acceptable`.
    static func mediaType(_ accept: String?) throws(Refusal) -> String {
        guard let type = Negotiation.choose(accept, from: [MediaType.json, MediaType.jsonLD])
        else {
            throw notAcceptable(
                "Accept", "names neither application/json nor application/ld+json; there is no XML")
        }
        return type
    }

    static func value(_ name: String, _ fields: HTTPFields) -> String? {
        guard let name = HTTPField.Name(name), let value = fields[name], !value.isEmpty else {
            return nil
        }
        return value
    }

    private static func notAcceptable(_ field: String, _ reason: String) -> Refusal {
        Refusal(
            code: "request.not-acceptable", field: field.lowercased(),
            reason: "\(field) \(reason)")
    }

    // MARK: Versions

    /// Refuses a caller that speaks no 2.0.
    private static func checkVersions(
        _ standard: String, _ fields: HTTPFields
    ) throws(Refusal) {
        let spoken = [2, 0]
        for (end, holds) in [
            ("Version", { $0 == spoken }),
            ("Min", { !spoken.lexicographicallyPrecedes($0) }),
            ("Max", { !$0.lexicographicallyPrecedes(spoken) }),
        ] as [(String, ([Int]) -> Bool)] {
            let name = "GS1-\(standard)-\(end)"
            guard let text = value(name, fields) else { continue }
            guard let numbers = numbers(text), holds(numbers) else {
                throw notAcceptable(name, "leaves out version 2.0, the one that is spoken here")
            }
        }
    }

    /// The first two numbers of a version such as `2.0.0`.
    private static func numbers(_ text: String) -> [Int]? {
        let pieces = text.split(separator: ".", omittingEmptySubsequences: false)
        let numbers = pieces.compactMap { Int($0) }
        guard (1...4).contains(pieces.count), numbers.count == pieces.count,
            numbers.allSatisfy({ $0 >= 0 })
        else { return nil }
        return [numbers[0], numbers.count > 1 ? numbers[1] : 0]
    }

    // MARK: Extensions

    /// Reads `prefix=uri, prefix=uri` as an entry of a JSON-LD context.
    private static func extensions(_ text: String) throws(Refusal) -> JSONValue {
        var members: [JSONMember] = []
        for piece in text.split(separator: ",") {
            let halves = piece.split(separator: "=", maxSplits: 1).map {
                $0.filter { $0 != " " && $0 != "\t" }
            }
            guard halves.count == 2, !halves[0].isEmpty, halves[1].contains(":"),
                !members.contains(where: { $0.name == halves[0] }),
                members.count < extensionsLimit
            else {
                throw Refusal(
                    code: "request.parameter", field: "gs1-extensions",
                    reason: "GS1-Extensions reads prefix=uri, prefix=uri; each prefix once, at "
                        + "most \(extensionsLimit)")
            }
            members.append(JSONMember(halves[0], .string(halves[1])))
        }
        return .object(members)
    }
}
