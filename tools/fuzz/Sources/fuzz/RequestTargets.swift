import DeterministicCBOR
import Records

extension FuzzTarget {
    private static let itemLimit = 1_024

    /// The framer of submissions, fed at once and in pieces.
    static let framer = FuzzTarget("framer", byteLimit: 4_096, pools: [.bytes]) { bytes in
        guard let first = bytes.first else { return }
        let sequence = Array(bytes.dropFirst())
        let whole = framed(sequence, pieces: max(1, sequence.count))
        let cut = framed(sequence, pieces: 1 + Int(first))
        expect(whole.items == cut.items && whole.code == cut.code, "where it is cut is all one")
        expect(sequence.starts(with: whole.items.joined()), "items are the sequence")
        var rest = sequence[...]
        let limits = CBORLimits(byteCount: itemLimit)
        for item in whole.items {
            expect(!item.isEmpty && item.count <= itemLimit, "an item is bounded")
            if let (_, end) = try? CBORValue.decodePrefix(rest, limits: limits) {
                expect(end - rest.startIndex == item.count, "an item is one CBOR value")
            }
            rest = rest.dropFirst(item.count)
        }
    }

    private static func framed(
        _ sequence: [UInt8], pieces size: Int
    ) -> (items: [[UInt8]], code: String?) {
        var framer = SubmissionFramer(itemBytesLimit: itemLimit)
        var items: [[UInt8]] = []
        do throws(Refusal) {
            for start in stride(from: 0, to: sequence.count, by: size) {
                framer.append(sequence[start..<min(sequence.count, start + size)])
                while let item = try framer.next() { items.append(item) }
            }
            try framer.finish()
            return (items, nil)
        } catch {
            expectCoded(error.code, error.reason)
            return (items, error.code)
        }
    }

    /// What a request says of itself in text: its query and its `Accept` field.
    static let request = FuzzTarget(
        "request", byteLimit: 1_024, pools: [.text],
        seeds: {
            ["from=2&depth=10&format=json", "text/*;q=0.5, application/json;q=0.9, */*;q=0.1"]
                .map { Array($0.utf8) }
        },
        check: { bytes in
            guard let text = String(validating: bytes, as: UTF8.self) else { return }
            let offers = ["application/json", "text/plain", "application/cbor"]
            if let chosen = Negotiation.choose(text, from: offers) {
                expect(offers.contains(chosen), "what is chosen was offered")
            }
            let essence = Negotiation.essence(text)
            expect(Negotiation.essence(essence) == essence, "an essence is its own")
            do throws(Refusal) {
                var query = try QueryParameters(text)
                if let number = try query.number("from", in: 0...10) {
                    expect((0...10).contains(number), "a number lies in its range")
                }
                _ = try query.choice("format", of: ["json", "dot"])
                try query.finish()
            } catch {
                expectCoded(error.code, error.reason)
            }
        })
}
