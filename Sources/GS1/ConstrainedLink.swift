/// The form of a GS1 identifier that the event hash of CBV 2.0 §8.9 asks for, and nothing else.
///
/// A constrained canonical Digital Link: `https://id.gs1.org`, the key, and of its qualifiers the
/// one that names the finest level. It is not ``CanonicalIdentifier``: check digits are not
/// judged, qualifiers that the hash does not know (7040, 8019) are dropped, keys it does not know
/// (415, 8013) are no link, and `'`, `;` and `=` stand unencoded, as in the reference.
package enum ConstrainedLink {
    /// The constrained link of an EPC URN or Digital Link; nothing for any other text.
    package static func text(of identifier: String) -> String? {
        guard let bytes = try? CanonicalIdentifier.limited(identifier),
            let uri = try? AbsoluteURI(bytes)
        else { return nil }
        if let key = try? EPCURN.read(uri) {
            return text(key: key.key, qualifiers: key.qualifiers)
        }
        guard let form = DigitalLinkPath(uri)?.form else { return nil }
        return text(key: form.key, qualifiers: form.qualifiers)
    }

    /// For each key the qualifiers that may stay, finest first.
    private static let finest: [String: [String]] = [
        "00": [], "01": ["21", "235", "10"], "253": [], "255": [], "401": [], "402": [],
        "414": ["254"], "417": [], "8003": [], "8004": [], "8006": ["21", "10"],
        "8010": ["8011"], "8017": [], "8018": [],
    ]

    private static func text(key: ElementString, qualifiers: [ElementString]) -> String? {
        guard let order = finest[key.code] else { return nil }
        let kept = order.lazy.compactMap { code in
            qualifiers.first { $0.code == code && !($0.code == "254" && $0.value == [0x30]) }
        }.first
        var output = Array("https://id.gs1.org".utf8)
        append(key, to: &output)
        if let kept { append(kept, to: &output) }
        return output.asText
    }

    private static func append(_ element: ElementString, to output: inout [UInt8]) {
        output += [0x2F] + element.code.utf8 + [0x2F]
        for byte in element.value {
            if byte.isUnreserved || byte == 0x27 || byte == 0x3B || byte == 0x3D {
                output.append(byte)
            } else {
                PercentEncoding.appendTriplet(byte, to: &output)
            }
        }
    }
}
