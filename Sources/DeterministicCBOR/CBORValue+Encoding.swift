extension CBORValue {
    /// The one deterministic encoding of this value.
    ///
    /// Map pairs may stand in any order; they are written in bytewise order of their encoded keys
    /// (RFC 8949 §4.2.1). Two equal keys in one map are a mistake of the caller and stop the
    /// program.
    package func encoded() -> [UInt8] {
        var output: [UInt8] = []
        append(to: &output)
        return output
    }

    /// Appends the encoding of this value.
    package func append(to output: inout [UInt8]) {
        switch self {
        case .unsigned(let number):
            CBORHead.append(.unsigned, number, to: &output)
        case .negative(let number):
            CBORHead.append(.negative, number, to: &output)
        case .bytes(let bytes):
            CBORHead.append(.bytes, UInt64(bytes.count), to: &output)
            output += bytes
        case .text(let text):
            CBORHead.append(.text, UInt64(text.utf8.count), to: &output)
            output += text.utf8
        case .array(let items):
            CBORHead.append(.array, UInt64(items.count), to: &output)
            for item in items { item.append(to: &output) }
        case .map(let pairs):
            Self.append(pairs, to: &output)
        case .tagged(let tag, let item):
            CBORHead.append(.tag, tag, to: &output)
            item.append(to: &output)
        case .bool(let flag):
            output.append(flag ? CBORHead.true : CBORHead.false)
        case .null:
            output.append(CBORHead.null)
        }
    }

    private static func append(_ pairs: [CBORPair], to output: inout [UInt8]) {
        CBORHead.append(.map, UInt64(pairs.count), to: &output)
        var rows = pairs.map { (key: $0.key.encoded(), value: $0.value) }
        rows.sort { $0.key.lexicographicallyPrecedes($1.key) }
        for (index, row) in rows.enumerated() {
            precondition(index == 0 || rows[index - 1].key != row.key, "a map has one key twice")
            output += row.key
            row.value.append(to: &output)
        }
    }
}

/// The initial byte of a data item and the argument that follows it (RFC 8949 §3).
enum CBORHead {
    /// The seven major types that carry an argument, by their number.
    enum Major: UInt8 {
        case unsigned, negative, bytes, text, array, map, tag, simple
    }

    static let `false`: UInt8 = 0xf4
    static let `true`: UInt8 = 0xf5
    static let null: UInt8 = 0xf6

    /// Appends the shortest head for an argument, as RFC 8949 §4.2.1 requires.
    static func append(_ major: Major, _ argument: UInt64, to output: inout [UInt8]) {
        let type = major.rawValue << 5
        guard argument >= 24 else {
            output.append(type | UInt8(argument))
            return
        }
        let width = argument <= 0xff ? 0 : argument <= 0xffff ? 1 : argument <= 0xffff_ffff ? 2 : 3
        output.append(type | UInt8(24 + width))
        for shift in stride(from: (8 << width) - 8, through: 0, by: -8) {
            output.append(UInt8(truncatingIfNeeded: argument >> UInt64(shift)))
        }
    }
}
