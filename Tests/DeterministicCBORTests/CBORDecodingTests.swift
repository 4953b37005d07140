import DeterministicCBOR
import Support
import Testing

@Suite struct CBORDecodingTests {
    @Test(arguments: 0..<20)
    func `random values survive encoding and decoding`(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        for _ in 0..<40 {
            let value = CBORValue.random(&generator)
            let bytes = value.encoded()
            let decoded = try CBORValue.decode(bytes)
            #expect(decoded == value.sorted)
            #expect(decoded.encoded() == bytes)
        }
    }

    @Test func `a value cut short at any byte is truncated, and nothing else`() throws {
        var generator = SplitMix64(seed: 7)
        var cuts = 0
        for _ in 0..<60 {
            let bytes = CBORValue.random(&generator, depth: 3).encoded()
            for end in 0..<min(bytes.count, 2_000) {
                #expect(refusal(Array(bytes[..<end])) == .truncated)
                cuts += 1
            }
        }
        #expect(cuts > 1_000)
    }

    @Test func `a value with one byte more is refused`() {
        var generator = SplitMix64(seed: 8)
        for _ in 0..<50 {
            let bytes = CBORValue.random(&generator, depth: 2).encoded()
            #expect(refusal(bytes + [0xf6]) == .trailingBytes)
        }
    }

    @Test func `whatever is accepted is its own encoding`() throws {
        var generator = SplitMix64(seed: 9)
        var accepted = 0
        for _ in 0..<20_000 {
            var bytes = CBORValue.random(&generator, depth: 2).encoded()
            guard bytes.count < 60 else { continue }
            for _ in 0...Int.random(in: 0...2, using: &generator) {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] =
                    UInt8(truncatingIfNeeded: generator.next())
            }
            guard let value = try? CBORValue.decode(bytes) else { continue }
            #expect(value.encoded() == bytes)
            accepted += 1
        }
        #expect(accepted > 1_000)
    }

    @Test func `every input of one or two bytes that is accepted is the only one for its value`()
        throws
    {
        var accepted = 0
        var seen: Set<CBORValue> = []
        for length in 1...2 {
            for number in 0..<(1 << (8 * length)) {
                let bytes = (0..<length).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
                guard let value = try? CBORValue.decode(bytes) else { continue }
                #expect(value.encoded() == bytes)
                #expect(seen.insert(value).inserted)
                accepted += 1
            }
        }
        #expect(accepted == seen.count && accepted > 500)
    }

    @Test func `a sequence is read value by value`() throws {
        let values: [CBORValue] = [.unsigned(1), .text("two"), .array([.null]), .map([])]
        let bytes: [UInt8] = [0xff] + values.flatMap { $0.encoded() as [UInt8] }
        var position = 1
        var read: [CBORValue] = []
        while position < bytes.count {
            let (value, end) = try CBORValue.decodePrefix(bytes[position...])
            read.append(value)
            position = end
        }
        #expect(read == values)
    }

    @Test func `errors point into the slice that was given`() throws {
        let bytes: [UInt8] = [0, 0, 0x82, 0x01, 0x18, 0x17]
        let error = #expect(throws: CBORError.self) {
            try CBORValue.decodePrefix(bytes[2...])
        }
        #expect(error?.kind == .nonDeterministic)
        #expect(error?.offset == 4)
        #expect(error?.code == "cbor.non-deterministic")
    }

    @Test func `map keys sort by their encoded bytes`() throws {
        let keys: [CBORValue] = [
            .unsigned(10), .unsigned(100), .negative(0), .text("z"), .text("aa"),
            .array([.unsigned(100)]), .array([.negative(0)]), .bool(false),
        ]
        let map = CBORValue.map(keys.reversed().map { CBORPair(key: $0, value: .null) })
        // The example of RFC 8949 §4.2.1.
        #expect(try CBORValue.decode(map.encoded()).asPairs?.map(\.key) == keys)
    }

    @Test func `equal keys stop the encoder`() async {
        await #expect(processExitsWith: .failure) {
            _ = CBORValue.map([CBORPair(1, .null), CBORPair(1, .bool(true))]).encoded()
        }
    }
}

@Suite struct CBORLimitTests {
    @Test func `nesting is accepted to the limit and refused beyond it`() {
        for limit in [0, 1, 2, 32, CBORLimits.deepestAllowed] {
            let limits = CBORLimits(depth: limit)
            for container: UInt8 in [0x81, 0xc1] {
                let deepest = [UInt8](repeating: container, count: limit) + [0xf6]
                #expect(refusal(deepest, limits: limits) == nil)
                #expect(refusal([container] + deepest, limits: limits) == .depth)
            }
        }
        let maps: [UInt8] = [0xa1, 0x00, 0xa1, 0x00, 0xa1, 0x00, 0xf6]
        #expect(refusal(maps, limits: CBORLimits(depth: 3)) == nil)
        #expect(refusal(maps, limits: CBORLimits(depth: 2)) == .depth)
    }

    @Test func `a bomb of nested arrays is refused at the limit`() {
        #expect(refusal([UInt8](repeating: 0x81, count: 1 << 20)) == .depth)
    }

    @Test func `items are accepted to the limit and refused beyond it`() {
        let array = CBORValue.array([.null, .null, .array([.null])]).encoded()
        #expect(refusal(array, limits: CBORLimits(items: 5)) == nil)
        #expect(refusal(array, limits: CBORLimits(items: 4)) == .tooLarge)
        let map = CBORValue.map([CBORPair(1, .tagged(1, .null))]).encoded()
        #expect(refusal(map, limits: CBORLimits(items: 4)) == nil)
        #expect(refusal(map, limits: CBORLimits(items: 3)) == .tooLarge)
        #expect(refusal([0x00], limits: CBORLimits(items: 0)) == .tooLarge)
    }

    @Test func `bytes are accepted to the limit and refused beyond it`() {
        let bytes = CBORValue.array([.bytes([1, 2, 3]), .text("four")]).encoded()
        #expect(refusal(bytes, limits: CBORLimits(byteCount: bytes.count)) == nil)
        for limit in 0..<bytes.count {
            #expect(refusal(bytes, limits: CBORLimits(byteCount: limit)) == .tooLarge)
        }
    }

    @Test func `announced lengths allocate nothing before they are checked`() {
        for major: UInt8 in [2, 3] {
            let head = [major << 5 | 27] + [UInt8](repeating: 0xff, count: 8)
            #expect(refusal(head) == .tooLarge)
        }
        for major: UInt8 in [4, 5] {
            let head = [major << 5 | 27] + [UInt8](repeating: 0xff, count: 8)
            #expect(refusal(head) == .tooLarge)
        }
        #expect(refusal([0x9a, 0, 0x0f, 0, 0]) == .truncated)
        #expect(refusal([0x5a, 0, 0x0f, 0, 0]) == .truncated)
    }
}
