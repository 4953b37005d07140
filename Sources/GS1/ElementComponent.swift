/// One part of the value of an application identifier, as in the GS1 Barcode Syntax Dictionary.
package struct ElementComponent: Hashable, Sendable {
    /// The characters a component may have.
    package enum Characters: Character, Hashable, Sendable {
        /// Digits.
        case digits = "N"
        /// CSET 82.
        case set82 = "X"
        /// CSET 39.
        case set39 = "Y"
        /// base64url.
        case base64URL = "Z"

        func contains(_ byte: UInt8) -> Bool {
            switch self {
            case .digits: byte.isDigit
            case .set82: byte.isInCharacterSet82
            case .set39: byte.isInCharacterSet39
            case .base64URL: byte.isInBase64URL
            }
        }

        var name: String {
            switch self {
            case .digits: "digits"
            case .set82: "characters of GS1 set 82"
            case .set39: "characters of GS1 set 39"
            case .base64URL: "base64url characters"
            }
        }
    }

    /// Which characters.
    package let characters: Characters
    /// How many characters at least and at most.
    package let length: ClosedRange<Int>
    /// Whether the component may be missing together with all after it.
    package let isOptional: Bool
    /// The names of the dictionary's rules for the content, such as `csum`.
    package let rules: [String]

    /// Reads one component: `N18,csum,gcppos2`, `X..20` or `[X..17]`.
    init?(parsing text: Substring) {
        isOptional = text.hasPrefix("[")
        let words = text.filter { $0 != "[" && $0 != "]" }.split(separator: ",")
        guard let format = words.first, let letter = format.first,
            let characters = Characters(rawValue: letter)
        else { return nil }
        let isVariable = format.dropFirst().hasPrefix("..")
        guard let maximum = Int(format.dropFirst(isVariable ? 3 : 1)), maximum > 0 else {
            return nil
        }
        self.characters = characters
        length = (isVariable ? 1 : maximum)...maximum
        rules = words.dropFirst().map(String.init)
    }

    /// How many characters precede the GS1 company prefix; nothing if the component has none.
    var companyPrefixOffset: Int? {
        if rules.contains("gcppos1") { return 0 }
        return rules.contains("gcppos2") ? 1 : nil
    }
}

extension ElementComponent {
    /// Refuses content that breaks the rules this ledger enforces; `name` is for the message.
    ///
    /// Enforced are those that decide identity: leading zeros, pieces of a total, check digits and
    /// characters. Dates and flags are judged by ``AttributeContent``, in queries only.
    func checkContent(of part: ArraySlice<UInt8>, as name: @autoclosure () -> String)
        throws(IdentifierError)
    {
        for rule in rules {
            switch rule {
            case "csum":
                try Self.checkDigit(of: part, as: name)
            case "csumalpha":
                try Self.checkCharacters(of: part, as: name)
            case "zero" where part.contains { $0 != 0x30 }:
                throw IdentifierError("identifier.malformed", part, "\(name()) must begin with 0")
            case "nozeroprefix" where part.count > 1 && part.first == 0x30:
                throw IdentifierError(
                    "identifier.malformed", part,
                    "\(name()) must not begin with 0; drop the leading zeros")
            case "pieceoftotal":
                try Self.checkPiece(of: part, as: name)
            default:
                continue
            }
        }
    }

    private static func checkDigit(
        of part: ArraySlice<UInt8>, as name: () -> String
    ) throws(IdentifierError) {
        guard let last = part.last, let expected = CheckDigit.digit(for: part.dropLast()),
            last != expected
        else { return }
        throw IdentifierError(
            "identifier.check-digit", part,
            "check digit of \(name()) is \([last].asText), should be \([expected].asText)")
    }

    private static func checkCharacters(
        of part: ArraySlice<UInt8>, as name: () -> String
    ) throws(IdentifierError) {
        guard part.count > 2, let expected = CheckCharacters.pair(for: part.dropLast(2)) else {
            throw IdentifierError(
                "identifier.malformed", part,
                "\(name()) is too short to end with two check characters")
        }
        let given = part.suffix(2)
        guard !given.elementsEqual(expected) else { return }
        throw IdentifierError(
            "identifier.check-digit", part,
            "check characters of \(name()) are \(PercentEncoding.text(given)), "
                + "should be \(expected.asText)")
    }

    private static func checkPiece(
        of part: ArraySlice<UInt8>, as name: () -> String
    ) throws(IdentifierError) {
        let piece = part.prefix(2).asText
        let total = part.dropFirst(2).asText
        guard piece == "00" || total == "00" || piece > total else { return }
        throw IdentifierError(
            "identifier.malformed", part,
            "\(name()) names piece \(piece) of \(total); pieces count from 01 to the total")
    }
}
