import EPCIS
import GS1
import Records

/// Reads the field of a column by its rule.
struct CellReader {
    let rule: ColumnRule
    let format: TableFormat

    /// Why a field cannot be read: the code and what to do.
    struct Problem: Error {
        let code: String
        let message: String

        init(_ code: String, _ message: String) {
            self.code = code
            self.message = message
        }
    }

    /// The field's value; `time` is the field of the column with the time of day.
    func read(_ raw: String, time: String?) throws(Problem) -> Cell {
        var text = XMLText.trimmed(raw)
        if !rule.values.isEmpty, let mapped = rule.values[text.lowercased()] { text = mapped }
        if text.isEmpty, let standard = rule.standard { text = standard }
        guard !text.isEmpty else {
            guard rule.isOptional else {
                throw Problem("row.missing", "is empty; a value is required")
            }
            return .absent
        }
        switch rule.kind {
        case .text: return .text(text)
        case .number: return .number(try number(text))
        case .unit: return .text(try unit(text))
        case .gtin: return .text(try key(text, 8...14, [8, 12, 13, 14], padded: 14, path: "/01/"))
        case .gln: return .text(try key(text, 13...13, [13], padded: 13, path: "/414/"))
        case .sscc: return .text(try key(text, 18...18, [18], padded: 18, path: "/00/"))
        case .uri: return .text(try uri(text))
        case .time: return try self.time(text, time)
        case .date: return .text(try date(text))
        case .country: return .text(try country(text))
        case .latitude: return .number(try degrees(text, 90))
        case .longitude: return .number(try degrees(text, 180))
        case .language: return .text(try language(text))
        case .geometry: return .json(try geometry(text))
        }
    }

    private func shown(_ text: String) -> String { "\"\(Shown.text(text))\"" }

    /// A number with the table's decimal sign, exactly.
    private func number(_ text: String) throws(Problem) -> JSONNumber {
        var whole: [UInt8] = []
        var fraction: [UInt8]?
        var group = 0
        var groups = 0
        for (index, byte) in text.utf8.enumerated() {
            switch byte {
            case UInt8(ascii: "+") where index == 0: continue
            case UInt8(ascii: "-") where index == 0: continue
            case 0x30...0x39:
                if fraction == nil { whole.append(byte) } else { fraction?.append(byte) }
                group += 1
            case format.decimal where fraction == nil:
                guard groups == 0 || group == 3 else { throw badNumber(text) }
                fraction = []
            case _ where byte == format.grouping && fraction == nil:
                guard groups == 0 ? (1...3).contains(group) : group == 3 else {
                    throw badNumber(text)
                }
                (group, groups) = (0, groups + 1)
            default: throw badNumber(text)
            }
        }
        guard !whole.isEmpty, fraction.map({ !$0.isEmpty }) ?? (groups == 0 || group == 3) else {
            throw badNumber(text)
        }
        var bytes = Array(text.utf8.prefix(1).filter { $0 == UInt8(ascii: "-") })
        bytes += whole.drop { $0 == 0x30 }
        if whole.allSatisfy({ $0 == 0x30 }) { bytes.append(0x30) }
        if let fraction { bytes += [UInt8(ascii: ".")] + fraction }
        guard let number = JSONNumber(String(decoding: bytes, as: UTF8.self)),
            ExactDecimal(number.text) != nil
        else { throw badNumber(text) }
        return number
    }

    private func badNumber(_ text: String) -> Problem {
        let sign = Unicode.Scalar(format.decimal)
        let grouping = format.grouping.map {
            ", groups of three digits by \"\(Unicode.Scalar($0))\""
        }
        return Problem(
            "row.number",
            "\(shown(text)) is no number with the decimal sign \"\(sign)\"\(grouping ?? "")")
    }

    private func unit(_ text: String) throws(Problem) -> String {
        guard UnitCode(text) != nil else {
            throw Problem(
                "row.unit",
                "\(shown(text)) is no UN Rec 20 code like KGM: add it to \"values\" in the mapping")
        }
        return text
    }

    private func key(
        _ text: String, _ range: ClosedRange<Int>, _ lengths: Set<Int>, padded: Int, path: String
    ) throws(Problem) -> String {
        let digits = text.utf8.filter { $0 != 0x20 && $0 != 0x2d }
        let kind = rule.kind.rawValue.uppercased()
        guard digits.allSatisfy({ (0x30...0x39).contains($0) }) else {
            throw Problem("row.key", "\(shown(text)) is no \(kind): digits are expected")
        }
        guard lengths.contains(digits.count) else {
            let expected = lengths.sorted().map(String.init).joined(separator: ", ")
            throw Problem(
                "row.key",
                "\(shown(text)) has \(digits.count) digits, a \(kind) has \(expected): a "
                    + "spreadsheet may have dropped zeros in front")
        }
        let zeros = String(repeating: "0", count: padded - digits.count)
        let value = zeros + String(decoding: digits, as: UTF8.self)
        do {
            _ = try CanonicalIdentifier("https://id.gs1.org\(path)\(value)")
        } catch {
            throw Problem(error.code, "\(shown(text)): \(error.reason)")
        }
        return value
    }

    private func uri(_ text: String) throws(Problem) -> String {
        do {
            return try CanonicalIdentifier(text).uri
        } catch {
            throw Problem(error.code, "\(shown(text)): \(error.reason)")
        }
    }

    private func time(_ text: String, _ clock: String?) throws(Problem) -> Cell {
        let text = clock.map { "\(text) \(XMLText.trimmed($0))" } ?? text
        guard let pattern = rule.pattern, let reading = pattern.read(text) else {
            throw Problem(
                "row.time",
                "\(shown(text)) is no time written \(rule.pattern?.text ?? "") from 1970 on")
        }
        if let offset = reading.offsetMinutes {
            return .time(
                milliseconds: reading.wallMilliseconds - Int64(offset) * 60_000,
                offsetMinutes: offset)
        }
        guard let zone = rule.zone else { throw Problem("row.time", "has no zone") }
        switch zone.instant(reading) {
        case .one(let milliseconds, let offset):
            guard milliseconds >= 0 else { throw Problem("row.time", "lies before 1970") }
            return .time(milliseconds: milliseconds, offsetMinutes: offset)
        case .missing:
            throw Problem(
                "row.time-missing",
                "\(shown(text)): the clocks of \(zone.name) were put forward over this time; it "
                    + "never was: correct it, or write times with their offset (xxx)")
        case .ambiguous(let offsets):
            let both = offsets.map(LocalZone.offsetText).joined(separator: " or ")
            throw Problem(
                "row.time-ambiguous",
                "\(shown(text)): the clocks of \(zone.name) were put back over this time; it was "
                    + "twice, at \(both): write times with their offset (xxx)")
        }
    }

    private func date(_ text: String) throws(Problem) -> String {
        guard let pattern = rule.pattern, let reading = pattern.read(text) else {
            throw Problem(
                "row.date",
                "\(shown(text)) is no day written \(rule.pattern?.text ?? "") from 1970 on")
        }
        return String(ZonedTime.text(milliseconds: reading.wallMilliseconds).prefix(10))
    }

    private func country(_ text: String) throws(Problem) -> String {
        guard let code = CountryNames.code(text) else {
            throw Problem(
                "row.country",
                "\(shown(text)) is no country that is known by this name: use two letters of ISO "
                    + "3166-1, or add it to \"values\" in the mapping")
        }
        return code
    }

    private func degrees(_ text: String, _ limit: Int64) throws(Problem) -> JSONNumber {
        let number = try number(text)
        guard let value = ExactDecimal(number.text), value <= ExactDecimal(limit),
            ExactDecimal(-limit) <= value
        else { throw Problem("row.value", "\(shown(text)) is not between −\(limit) and \(limit)") }
        return number
    }

    private func language(_ text: String) throws(Problem) -> String {
        guard MasterData.isLanguage(text) else {
            throw Problem("row.value", "\(shown(text)) is no language tag like de or zh-Hant")
        }
        return text
    }

    private func geometry(_ text: String) throws(Problem) -> JSONValue {
        do {
            let compact = try GeometryText.compact(text)
            return try JSONValue.parse(Array(compact.utf8))
        } catch let refusal as Refusal {
            throw Problem(refusal.code, refusal.reason)
        } catch {
            throw Problem("json.syntax", "is no GeoJSON geometry")
        }
    }
}
