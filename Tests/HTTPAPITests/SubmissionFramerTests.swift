import DeterministicCBOR
import HTTPAPI
import Records
import Support
import Testing

struct SubmissionFramerTests {
    private static func submission(_ size: Int, parts: Int) -> [UInt8] {
        Submission(
            statement: [UInt8](repeating: 1, count: size), manifest: [],
            parts: (0..<parts).map { [UInt8](repeating: UInt8($0 & 255), count: $0) }
        ).encoded()
    }

    @Test func `items come out whole however the bytes are cut`() throws {
        var generator = SplitMix64(seed: 7)
        let items = [0, 1, 23, 24, 255, 256, 3_000].enumerated().map { index, size in
            Self.submission(size, parts: index + 1)
        }
        let sequence = items.flatMap { $0 }
        for _ in 0..<200 {
            var framer = SubmissionFramer()
            var found: [[UInt8]] = []
            var rest = sequence[...]
            while !rest.isEmpty {
                let count = Int.random(in: 1...900, using: &generator)
                framer.append(rest.prefix(count))
                rest = rest.dropFirst(count)
                while let item = try framer.next() { found.append(item) }
            }
            try framer.finish()
            #expect(found == items)
        }
    }

    @Test func `one byte at a time gives the same items`() throws {
        let items = [Self.submission(30, parts: 3), [0x01], [0xa1, 0x01, 0x02], [0xc1, 0x00]]
        var framer = SubmissionFramer()
        var found: [[UInt8]] = []
        for byte in items.flatMap({ $0 }) {
            framer.append([byte])
            while let item = try framer.next() { found.append(item) }
        }
        #expect(found == items)
        #expect(framer.waitingBytes == 0)
    }

    @Test func `a sequence that ends inside an item is refused`() throws {
        var framer = SubmissionFramer()
        framer.append(Self.submission(10, parts: 1).dropLast())
        #expect(try framer.next() == nil)
        #expect { try framer.finish() } throws: { ($0 as? Refusal)?.code == "cbor.truncated" }
    }

    @Test func `text is called no submission`() {
        var framer = SubmissionFramer()
        framer.append(Array(#"{"type": "EPCISDocument"}"#.utf8))
        #expect {
            try framer.next()
        } throws: {
            ($0 as? Refusal)?.code == "submission.format"
        }
    }

    @Test(arguments: [[0x5f], [0x9f], [0xff], [0x1c]] as [[UInt8]])
    func `indefinite lengths and reserved heads are refused`(bytes: [UInt8]) {
        var framer = SubmissionFramer()
        framer.append(bytes)
        #expect { try framer.next() } throws: { ($0 as? Refusal)?.code == "cbor.non-deterministic" }
    }

    @Test func `an announced size beyond the limit is refused before it arrives`() throws {
        let limit = 1_000
        for head in [[0x59, 0x03, 0xe6], [0x81, 0x59, 0x03, 0xe5]] as [[UInt8]] {
            var framer = SubmissionFramer(itemBytesLimit: limit)
            framer.append(head)
            #expect { try framer.next() } throws: {
                ($0 as? Refusal)?.code == "submission.too-large"
            }
        }
        var framer = SubmissionFramer(itemBytesLimit: limit)
        framer.append([0x59, 0x03, 0xe5])
        #expect(try framer.next() == nil)
        framer.append([UInt8](repeating: 0, count: 997))
        #expect(try framer.next()?.count == limit)
    }

    @Test(
        arguments: [
            [0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
            [0xbb, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
            [0x5b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        ] as [[UInt8]])
    func `huge counts are refused without taking memory`(bytes: [UInt8]) {
        var framer = SubmissionFramer()
        framer.append(bytes)
        #expect { try framer.next() } throws: { ($0 as? Refusal)?.code == "submission.too-large" }
    }
}
