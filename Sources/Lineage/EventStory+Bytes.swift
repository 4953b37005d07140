import EPCIS
import GS1

/// The compact form in which the views keep stories.
///
/// It is a node's own and never leaves it: views of another form are made again. Integers are
/// LEB128 without sign; a text is its length, doubled, one more where the stem of GS1's canonical
/// URIs is left out, and its bytes; a text that may be absent is one integer more.
package struct StoryWriter {
    /// What was written.
    package private(set) var bytes: [UInt8] = []

    /// Begins with nothing.
    package init() {}

    /// Writes a whole number.
    package mutating func write(_ number: UInt64) {
        var rest = number
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    /// Writes bytes as they are; who reads them knows how many there are.
    package mutating func write(raw more: some Sequence<UInt8>) { bytes.append(contentsOf: more) }

    /// Writes a text.
    package mutating func write(_ text: String) {
        let hasStem = text.utf8.starts(with: StoryReader.stem)
        let count = text.utf8.count - (hasStem ? StoryReader.stem.count : 0)
        write(UInt64(count) << 1 | (hasStem ? 1 : 0))
        bytes.append(contentsOf: text.utf8.suffix(count))
    }

    /// Writes a text that may be absent.
    package mutating func write(_ text: String?) {
        guard let text else { return write(0) }
        write(1)
        write(text)
    }

    /// Writes texts and their number.
    package mutating func write(_ texts: [String]) {
        write(UInt64(texts.count))
        for text in texts { write(text) }
    }
}

/// Reads what ``StoryWriter`` wrote; nil where the bytes end too soon or say what cannot be.
package struct StoryReader {
    static let stem = Array("https://id.gs1.org/".utf8)

    private let bytes: [UInt8]
    private var place = 0
    private let pool: TextPool

    /// Reads from the beginning, texts that stand in many stories out of a pool.
    package init(_ bytes: [UInt8], pool: TextPool) {
        self.bytes = bytes
        self.pool = pool
    }

    /// A whole number.
    package mutating func number() -> UInt64? {
        var number: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            guard place < bytes.count else { return nil }
            let byte = bytes[place]
            place += 1
            number |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return number }
        }
        return nil
    }

    /// So many bytes.
    package mutating func raw(_ count: Int) -> ArraySlice<UInt8>? {
        range(count).map { bytes[$0] }
    }

    private mutating func range(_ count: Int) -> Range<Int>? {
        guard count >= 0, count <= bytes.count - place else { return nil }
        defer { place += count }
        return place..<place + count
    }

    /// A text of this story alone.
    package mutating func text() -> String? {
        guard let (range, hasStem) = textRange() else { return nil }
        return Self.text(bytes[range], hasStem)
    }

    /// A text that stands in many stories.
    package mutating func sharedText() -> String? {
        guard let (range, hasStem) = textRange() else { return nil }
        return pool.text(bytes, range, hasStem)
    }

    private mutating func textRange() -> (range: Range<Int>, hasStem: Bool)? {
        guard let head = number(), let range = range(Int(clamping: head >> 1)) else { return nil }
        return (range, head & 1 == 1)
    }

    fileprivate static func text(_ rest: ArraySlice<UInt8>, _ hasStem: Bool) -> String {
        guard hasStem else { return String(decoding: rest, as: UTF8.self) }
        return unsafe String(unsafeUninitializedCapacity: stem.count + rest.count) { text in
            _ = unsafe text.update(fromContentsOf: stem)
            _ = unsafe text[stem.count...].update(fromContentsOf: rest)
            return stem.count + rest.count
        }
    }

    /// A text of this story alone that may be absent.
    package mutating func optionalText() -> String?? { optional { $0.text() } }

    /// A text that may be absent and stands in many stories.
    package mutating func optionalSharedText() -> String?? { optional { $0.sharedText() } }

    private mutating func optional(_ read: (inout Self) -> String?) -> String?? {
        switch number() {
        case 0: .some(nil)
        case 1: read(&self).map { .some($0) }
        default: nil
        }
    }

    /// Texts and their number, after one that is known.
    package mutating func texts(after first: String? = nil) -> [String]? {
        guard let count = number() else { return nil }
        var texts: [String] = []
        if let first { texts.append(first) }
        for _ in 0..<count {
            guard let text = text() else { return nil }
            texts.append(text)
        }
        return texts
    }
}

/// Texts that stand in many stories, each made once while it is remembered.
///
/// A text takes the place of another with the same few last bytes, so that it holds 64 at most. It
/// belongs to one reader on one thread.
package final class TextPool {
    private struct Slot {
        var bytes: [UInt8] = []
        var hasStem = false
        var text = ""

        /// The text, if it is the one that stands there.
        func text(_ other: [UInt8], _ range: Range<Int>, _ isStemmed: Bool) -> String? {
            guard range.count == bytes.count, isStemmed == hasStem else { return nil }
            let isEqual = unsafe bytes.withUnsafeBytes { mine in
                unsafe other.withUnsafeBytes { theirs in
                    unsafe Self.areEqual(mine, UnsafeRawBufferPointer(rebasing: theirs[range]))
                }
            }
            return isEqual ? text : nil
        }

        /// Compares as many bytes, eight at a time: most texts asked for are the ones found.
        private static func areEqual(
            _ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer
        ) -> Bool {
            var place = 0
            while place + 8 <= left.count {
                let isEqual =
                    unsafe left.loadUnaligned(fromByteOffset: place, as: UInt64.self)
                    == right.loadUnaligned(fromByteOffset: place, as: UInt64.self)
                guard isEqual else { return false }
                place += 8
            }
            while place < left.count {
                guard unsafe left[place] == right[place] else { return false }
                place += 1
            }
            return true
        }
    }

    private var slots = [Slot](repeating: Slot(), count: 64)

    /// An empty pool.
    package init() {}

    fileprivate func text(_ bytes: [UInt8], _ range: Range<Int>, _ hasStem: Bool) -> String {
        var place = range.count
        for index in max(range.lowerBound, range.upperBound - 8)..<range.upperBound {
            place = place &* 31 &+ Int(bytes[index])
        }
        place &= slots.count - 1
        if let text = slots[place].text(bytes, range, hasStem) { return text }
        let text = StoryReader.text(bytes[range], hasStem)
        slots[place] = Slot(bytes: Array(bytes[range]), hasStem: hasStem, text: text)
        return text
    }
}

extension EventStory {
    private static let types = EventType.allCases
    private static let actions = EventAction.allCases
    private static let roles = FlowRole.allCases
    private static let places = FlowPlace.allCases

    private static func code<T: Equatable>(_ value: T?, in all: [T]) -> UInt64 {
        UInt64(value.flatMap { all.firstIndex(of: $0) }.map { $0 + 1 } ?? 0)
    }

    /// Writes the story.
    package func write(to writer: inout StoryWriter) {
        writer.write(Self.code(type, in: Self.types))
        writer.write(Self.code(action, in: Self.actions))
        writer.write(UInt64(bitPattern: timeMilliseconds))
        for text in [eventID, bizStep, site, process] { writer.write(text) }
        writer.write(places.filter { $0 != site })
        writer.write(transactions)
        writer.write(UInt64(declaration == nil ? 0 : 1))
        if let declaration {
            writer.write(declaration.reason)
            writer.write(declaration.correctiveEventIDs)
        }
        writer.write(UInt64(things.count))
        for thing in things {
            writer.write(thing.uri)
            let codes =
                UInt64(thing.kind.rawValue) << 8 | Self.code(thing.role, in: Self.roles) << 5
                | Self.code(thing.place, in: Self.places) << 1 | (thing.isNamedBatch ? 1 : 0)
            writer.write(codes)
            let isPlain = thing.quantity == nil && thing.unit == nil && thing.batch == nil
            writer.write(isPlain ? 0 : 1)
            guard !isPlain else { continue }
            for text in [thing.quantity, thing.unit, thing.batch] { writer.write(text) }
        }
    }

    /// Reads a story; nil where it is none.
    package init?(_ reader: inout StoryReader) {
        guard let type = Self.value(reader.number(), in: Self.types), let type,
            let action = Self.value(reader.number(), in: Self.actions),
            let time = reader.number(), let eventID = reader.optionalText(),
            let bizStep = reader.optionalSharedText(), let site = reader.optionalSharedText(),
            let process = reader.optionalText(), let places = reader.texts(after: site),
            let transactions = reader.texts(), let declares = reader.number()
        else { return nil }
        var declaration: ErrorDeclaration?
        if declares == 1 {
            guard let reason = reader.optionalText(), let ids = reader.texts() else { return nil }
            declaration = ErrorDeclaration(
                declarationTimeMilliseconds: nil, reason: reason, correctiveEventIDs: ids)
        }
        guard let things = Self.things(&reader) else { return nil }
        self.init(
            type: type, action: action, eventID: eventID, declaration: declaration,
            timeMilliseconds: Int64(bitPattern: time), bizStep: bizStep, site: site,
            places: places, transactions: transactions,
            process: process, things: things)
    }

    private static func things(_ reader: inout StoryReader) -> [Thing]? {
        guard let count = reader.number() else { return nil }
        var things: [Thing] = []
        things.reserveCapacity(Int(min(count, 16)))
        for _ in 0..<count {
            guard let uri = reader.sharedText(), let codes = reader.number(),
                let kind = SubjectKind(rawValue: UInt8(truncatingIfNeeded: codes >> 8)),
                let role = value(codes >> 5 & 7, in: roles), let role,
                let place = value(codes >> 1 & 15, in: Self.places), let place,
                let isMore = reader.number()
            else { return nil }
            var (quantity, unit, batch): (String?, String?, String?) = (nil, nil, nil)
            if isMore == 1 {
                guard let ownQuantity = reader.optionalText(),
                    let ownUnit = reader.optionalSharedText(), let ownBatch = reader.optionalText()
                else { return nil }
                (quantity, unit, batch) = (ownQuantity, ownUnit, ownBatch)
            }
            things.append(
                Thing(
                    uri: uri, kind: kind, role: role, place: place, quantity: quantity, unit: unit,
                    batch: batch, isNamedBatch: codes & 1 == 1))
        }
        return things
    }

    /// What a code stands for: nil for none, `.some(nil)` for absence.
    private static func value<T>(_ code: UInt64?, in all: [T]) -> T?? {
        guard let code, code <= UInt64(all.count) else { return nil }
        return code == 0 ? .some(nil) : all[Int(code) - 1]
    }
}
