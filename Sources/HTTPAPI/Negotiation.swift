/// Content negotiation (RFC 9110 §12.5.1), for the few types a route offers.
package enum Negotiation {
    /// The offered type that an `Accept` field likes best.
    ///
    /// Ties and a missing field go to the first offer; nil if the field excludes every offer.
    /// Offers are media types without parameters, in lower case.
    package static func choose(_ accept: String?, from offers: [String]) -> String? {
        guard let accept, !accept.allSatisfy({ $0 == " " }) else { return offers.first }
        let ranges = accept.split(separator: ",").prefix(64).map(MediaRange.init)
        var best: (offer: String, quality: Double)?
        for offer in offers {
            let match = ranges.filter { $0.matches(offer) }.max { $0.precision < $1.precision }
            guard let quality = match?.quality, quality > 0 else { continue }
            if quality > best?.quality ?? 0 { best = (offer, quality) }
        }
        return best?.offer
    }

    /// A media type in lower case without parameters and spaces.
    package static func essence(_ contentType: String) -> String {
        contentType.prefix { $0 != ";" }.filter { $0 != " " && $0 != "\t" }.lowercased()
    }
}

/// One element of an `Accept` field.
private struct MediaRange {
    let type: String
    let quality: Double

    init(_ text: Substring) {
        let pieces = text.split(separator: ";")
        type = Negotiation.essence(pieces.first.map(String.init) ?? "")
        let weight = pieces.dropFirst().map { $0.filter { $0 != " " }.lowercased() }
            .first { $0.hasPrefix("q=") }
        quality = weight.map { Double($0.dropFirst(2)) ?? 0 } ?? 1
    }

    /// 2 for one type, 1 for `text/*`, 0 for `*/*`.
    var precision: Int {
        if type == "*/*" { return 0 }
        return type.hasSuffix("/*") ? 1 : 2
    }

    func matches(_ offer: String) -> Bool {
        switch precision {
        case 0: true
        case 1: offer.hasPrefix(type.dropLast())
        default: offer == type
        }
    }
}
