import GS1

/// Why a text can be no lot or serial: a character that GS1 does not have there, or its length.
struct QualifierFault {
    /// What is wrong, for whoever has the list before them.
    let message: String

    /// Looks at a text under a qualifier's application identifier; nil if it can be one.
    init?(_ text: String, of code: String) {
        guard let identifier = ApplicationIdentifier.named(code) else { return nil }
        let isPossible = { (bytes: [UInt8]) in (try? identifier.check(bytes)) != nil }
        guard !isPossible(Array(text.utf8)) else { return nil }
        let shown = "\"\(Shown.text(text))\""
        let name = "\(identifier.title) (\(code))"
        if let strange = text.unicodeScalars.first(where: { !isPossible(Array("\($0)".utf8)) }) {
            let character = strange == " " ? "a space" : "\"\(Shown.text(String(strange)))\""
            message =
                "\(shown) has \(character), which \(name) cannot have: letters from A to Z, digits "
                + "and !\"%&'()*+,-./:;<=>?_ are allowed"
            return
        }
        let most = identifier.components.reduce(0) { $0 + $1.length.upperBound }
        guard text.utf8.count > most else { return nil }
        message = "\(shown) has \(text.utf8.count) characters, \(name) has \(most) at most"
    }
}
