import GS1

/// Repairs of values without parts: what each kind may become, one step at a time.
struct LeafRepairs {
    /// The zone of the event, for times without one: `+01:00`.
    let zone: String?

    /// A value of a kind and the repairs that made it so; nothing if no repair of the list does.
    func repaired(
        _ value: JSONValue, as leaf: Leaf
    ) -> (value: JSONValue, kinds: [Repair.Kind])? {
        var (current, kinds): (JSONValue, [Repair.Kind]) = (value, [])
        // White space, then form, then a second look, such as a zone behind a repaired time.
        for _ in 0..<3 {
            guard let (next, kind) = step(current, leaf), next != current else { return nil }
            current = next
            kinds.append(kind)
            if (try? leaf.check(current)) != nil { return (current, kinds) }
        }
        return nil
    }

    private func step(_ value: JSONValue, _ leaf: Leaf) -> (JSONValue, Repair.Kind)? {
        guard let text = value.asString else { return quoted(value, leaf) }
        let trimmed = Self.trimmed(text)
        if trimmed.utf8.count != text.utf8.count { return (.string(trimmed), .whiteSpace) }
        switch leaf {
        case .action: return changed(text, text.uppercased(), .wordSpelling)
        case .boolean: return Self.boolean(text).map { (.bool($0), .unquoted) }
        case .eventType:
            return EventRepairer.eventType(text).map { (.string($0.rawValue), .eventType) }
        case .identifier, .uri: return uri(text)
        case .measurementType, .sensorException: return webTerm(text, leaf)
        case .number, .quantity: return JSONNumber(text).map { (.number($0), .unquoted) }
        case .offset:
            return LooseTime.offset(text).map { (.string($0), .offsetForm) }
        case .time: return time(text)
        case .unit:
            return UnitCode.spelled(text).flatMap { changed(text, $0.text, .wordSpelling) }
        case .word(let vocabulary): return word(text, vocabulary)
        case .anything, .attributeContent, .constant, .context, .hexBinary, .string, .version:
            return nil
        }
    }

    private func changed(
        _ text: String, _ other: String, _ kind: Repair.Kind
    ) -> (JSONValue, Repair.Kind)? {
        other == text ? nil : (.string(other), kind)
    }

    /// A number where a text belongs.
    private func quoted(_ value: JSONValue, _ leaf: Leaf) -> (JSONValue, Repair.Kind)? {
        guard case .string = leaf, let number = value.asNumber else { return nil }
        return (.string(number.text), .quoted)
    }

    private static func boolean(_ text: String) -> Bool? {
        switch text.lowercased() {
        case "true": true
        case "false": false
        default: nil
        }
    }

    /// Without the white space of XML and JSON, and the no-break space, at its ends.
    private static func trimmed(_ text: String) -> String {
        let isSpace = { (scalar: Unicode.Scalar) in
            [0x09, 0x0A, 0x0D, 0x20, 0xA0].contains(scalar.value)
        }
        let scalars = text.unicodeScalars.drop(while: isSpace)
        let end = scalars.lastIndex { !isSpace($0) }
        return end.map { String(scalars[...$0]) } ?? ""
    }
}

// MARK: - Times and URIs

extension LeafRepairs {
    private func time(_ text: String) -> (JSONValue, Repair.Kind)? {
        guard let loose = LooseTime(text) else { return nil }
        guard let written = loose.zone else {
            // Form first, zone second: each is told.
            if loose.local != text { return (.string(loose.local), .timeForm) }
            return zone.map { (.string(loose.local + $0), .zoneAdded) }
        }
        return changed(text, loose.local + written, .timeForm)
    }

    private func uri(_ text: String) -> (JSONValue, Repair.Kind)? {
        if Self.isUUID(text) { return (.string("urn:uuid:" + text), .uuidScheme) }
        return changed(text, Self.encoded(text), .uriCharacters)
    }

    /// Five groups of 8, 4, 4, 4 and 12 hexadecimal digits (RFC 9562 §4).
    private static func isUUID(_ text: String) -> Bool {
        let groups = text.utf8.split(separator: 0x2D, omittingEmptySubsequences: false)
        return groups.map(\.count) == [8, 4, 4, 4, 12]
            && groups.joined().allSatisfy {
                (0x30...0x39).contains($0) || (0x61...0x66).contains($0 | 0x20)
            }
    }

    /// Every character that RFC 3986 does not have as `%` and two digits; what it has stays.
    private static func encoded(_ text: String) -> String {
        var output: [UInt8] = []
        let refused = Array(" \"<>\\^`{|}".utf8)
        for byte in text.utf8 {
            if byte > 0x20, byte < 0x7F, !refused.contains(byte) {
                output.append(byte)
            } else {
                output += percentEncoded(byte)
            }
        }
        return String(decoding: output, as: UTF8.self)
    }

    /// `%` and two upper-case hexadecimal digits.
    static func percentEncoded(_ byte: UInt8) -> [UInt8] {
        let digits = Array("0123456789ABCDEF".utf8)
        return [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }
}

// MARK: - Words

extension LeafRepairs {
    private func word(_ text: String, _ vocabulary: Vocabulary) -> (JSONValue, Repair.Kind)? {
        let spellings =
            vocabulary.urnSpellings
            + ["https://ns.gs1.org/cbv/", "http://ns.gs1.org/cbv/"].map { $0 + vocabulary.prefix }
        for spelling in spellings where text.lowercased().hasPrefix(spelling.lowercased()) {
            let word = String(text.dropFirst(spelling.count))
            return vocabulary.words.contains(word) ? (.string(word), .vocabulary) : nil
        }
        let plain = text.lowercased().replacing(["-"], with: "_").replacing([" "], with: "_")
        return vocabulary.words.contains(plain) ? changed(text, plain, .wordSpelling) : nil
    }

    private func webTerm(_ text: String, _ leaf: Leaf) -> (JSONValue, Repair.Kind)? {
        let current = Prefixes.current(text)
        let space = "https://ref.gs1.org/voc/"
        if current.hasPrefix(space) {
            return (.string(String(current.dropFirst(space.count))), .vocabulary)
        }
        if case .sensorException = leaf { return changed(text, text.uppercased(), .wordSpelling) }
        let word = SensorFields.measurementTypes.first { $0.lowercased() == text.lowercased() }
        return word.map { (.string($0), .wordSpelling) }
    }
}
