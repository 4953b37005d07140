extension CBORValue {
    /// Reads one value that makes up all of the bytes.
    ///
    /// - Throws: the first breach of RFC 8949 §4.2.1, of our data model or of a limit;
    ///   `cbor.trailing-bytes` if something follows the value.
    package static func decode(
        _ bytes: [UInt8], limits: CBORLimits = CBORLimits()
    ) throws(CBORError) -> CBORValue {
        let (value, end) = try decodePrefix(bytes[...], limits: limits)
        guard end == bytes.count else {
            throw CBORError(.trailingBytes, at: end, "\(bytes.count - end) bytes follow the value")
        }
        return value
    }

    /// Reads the value with which the bytes begin, as in a CBOR sequence (RFC 8742).
    ///
    /// `end` is the index in `bytes` just behind the value; offsets of errors are indices in
    /// `bytes` too. The byte limit holds for the value, not for what follows it.
    ///
    /// - Throws: as ``decode(_:limits:)``; `cbor.truncated` means that the value may become whole
    ///   when more bytes arrive, every other code that it never will.
    package static func decodePrefix(
        _ bytes: ArraySlice<UInt8>, limits: CBORLimits = CBORLimits()
    ) throws(CBORError) -> (value: CBORValue, end: Int) {
        var decoder = CBORDecoder(input: bytes, limits: limits)
        let value = try decoder.item(depth: 0)
        return (value, decoder.position)
    }
}

/// The state of decoding one value.
///
/// Recursion is bounded by the depth limit.
private struct CBORDecoder {
    let input: ArraySlice<UInt8>
    let limits: CBORLimits
    /// The index of the next byte.
    var position: Int
    /// How many more items the limit allows.
    ///
    /// A container pays for its children when its head is read, so that the room reserved for all
    /// containers together stays below the limit.
    var itemsLeft: Int

    init(input: ArraySlice<UInt8>, limits: CBORLimits) {
        self.input = input
        self.limits = limits
        position = input.startIndex
        itemsLeft = limits.items
    }

    mutating func item(depth: Int) throws(CBORError) -> CBORValue {
        let start = position
        if depth == 0 { try spend(1, at: start) }
        let head = try self.head()
        switch head.major {
        case .unsigned: return .unsigned(head.argument)
        case .negative: return .negative(head.argument)
        case .bytes: return .bytes([UInt8](try string(head.argument, at: start)))
        case .text: return try text(head.argument, at: start)
        case .array: return try array(head.argument, depth: depth, at: start)
        case .map: return try map(head.argument, depth: depth, at: start)
        case .tag:
            try checkDepth(depth, at: start)
            try spend(1, at: start)
            return .tagged(head.argument, try item(depth: depth + 1))
        case .simple: return try simple(head.argument, at: start)
        }
    }

    // MARK: Heads

    private mutating func head() throws(CBORError) -> (major: CBORHead.Major, argument: UInt64) {
        let start = position
        let initial = try byte(start)
        // Three bits always name one of the eight major types.
        let major = CBORHead.Major(rawValue: initial >> 5) ?? .simple
        let information = initial & 0x1f
        switch information {
        case ..<24:
            return (major, UInt64(information))
        case 24...27:
            if major == .simple { throw unsupportedSimple(information, at: start) }
            return (major, try argument(width: 1 << Int(information - 24), at: start))
        case 31 where major != .unsigned && major != .negative && major != .tag:
            throw CBORError(.nonDeterministic, at: start, "indefinite lengths are not accepted")
        default:
            throw CBORError(.unsupported, at: start, "reserved initial byte \(initial)")
        }
    }

    private mutating func argument(width: Int, at start: Int) throws(CBORError) -> UInt64 {
        var argument: UInt64 = 0
        for _ in 0..<width { argument = argument << 8 | UInt64(try byte(start)) }
        let smallest: UInt64 = width == 1 ? 24 : 1 << UInt64(width * 4)
        guard argument >= smallest else {
            throw CBORError(.nonDeterministic, at: start, "\(argument) fits into a shorter head")
        }
        return argument
    }

    private func simple(_ number: UInt64, at start: Int) throws(CBORError) -> CBORValue {
        switch number {
        case 20: .bool(false)
        case 21: .bool(true)
        case 22: .null
        default: throw CBORError(.unsupported, at: start, "simple value \(number)")
        }
    }

    private func unsupportedSimple(_ information: UInt8, at start: Int) -> CBORError {
        let what = information == 24 ? "simple values above 23" : "floating-point numbers"
        return CBORError(.unsupported, at: start, "\(what) are not accepted")
    }

    // MARK: Strings

    private mutating func string(
        _ count: UInt64, at start: Int
    ) throws(CBORError) -> ArraySlice<UInt8> {
        try checkLength(count, at: start)
        let slice = input[position..<position + Int(count)]
        position = slice.endIndex
        return slice
    }

    private mutating func text(_ count: UInt64, at start: Int) throws(CBORError) -> CBORValue {
        let bytes = try string(count, at: start)
        // Most text is ASCII, which needs no validation.
        if bytes.allSatisfy({ $0 < 0x80 }) { return .text(String(decoding: bytes, as: UTF8.self)) }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw CBORError(.unsupported, at: start, "the text string is not UTF-8")
        }
        return .text(text)
    }

    // MARK: Containers

    private mutating func array(
        _ count: UInt64, depth: Int, at start: Int
    ) throws(CBORError) -> CBORValue {
        try checkDepth(depth, at: start)
        let count = try children(count, each: 1, at: start)
        var items: [CBORValue] = []
        items.reserveCapacity(count)
        for _ in 0..<count { items.append(try item(depth: depth + 1)) }
        return .array(items)
    }

    private mutating func map(
        _ count: UInt64, depth: Int, at start: Int
    ) throws(CBORError) -> CBORValue {
        try checkDepth(depth, at: start)
        let count = try children(count, each: 2, at: start)
        var pairs: [CBORPair] = []
        pairs.reserveCapacity(count)
        var previous = input[position..<position]
        for index in 0..<count {
            let keyStart = position
            let key = try item(depth: depth + 1)
            let encoded = input[keyStart..<position]
            if index > 0 { try checkOrder(previous, encoded) }
            previous = encoded
            pairs.append(CBORPair(key: key, value: try item(depth: depth + 1)))
        }
        return .map(pairs)
    }

    private func checkOrder(
        _ previous: ArraySlice<UInt8>, _ key: ArraySlice<UInt8>
    ) throws(CBORError) {
        if previous.lexicographicallyPrecedes(key) { return }
        guard previous != key else {
            throw CBORError(.nonDeterministic, at: key.startIndex, "the map has this key twice")
        }
        throw CBORError(.nonDeterministic, at: key.startIndex, "map keys are out of order")
    }

    // MARK: Limits

    private mutating func byte(_ start: Int) throws(CBORError) -> UInt8 {
        try checkLength(1, at: start)
        defer { position += 1 }
        return input[position]
    }

    /// Checks that `count` more bytes are allowed and there.
    private func checkLength(_ count: UInt64, at start: Int) throws(CBORError) {
        guard count <= UInt64(limits.byteCount - (position - input.startIndex)) else {
            throw CBORError(.tooLarge, at: start, "more than \(limits.byteCount) bytes")
        }
        guard count <= UInt64(input.endIndex - position) else {
            throw CBORError(
                .truncated, at: start, "\(count) bytes announced, \(input.endIndex - position) left"
            )
        }
    }

    private func checkDepth(_ depth: Int, at start: Int) throws(CBORError) {
        guard depth < limits.depth else {
            throw CBORError(.depth, at: start, "nested deeper than \(limits.depth) levels")
        }
    }

    /// Pays for the items of a container, each of which needs at least one byte of input.
    private mutating func children(
        _ count: UInt64, each: UInt64, at start: Int
    ) throws(CBORError) -> Int {
        let (total, overflow) = count.multipliedReportingOverflow(by: each)
        guard !overflow, total <= UInt64(itemsLeft) else {
            throw CBORError(.tooLarge, at: start, "more than \(limits.items) items")
        }
        try checkLength(total, at: start)
        itemsLeft -= Int(total)
        return Int(count)
    }

    private mutating func spend(_ count: Int, at start: Int) throws(CBORError) {
        guard itemsLeft >= count else {
            throw CBORError(.tooLarge, at: start, "more than \(limits.items) items")
        }
        itemsLeft -= count
    }
}
