import Glibc

/// A reader of outside bytes, and what must hold of it for every input.
struct FuzzTarget: Sendable {
    /// Kinds of seeds that `tools/fuzz/run` gathers from Tests/Vectors.
    enum Pool: String, Sendable {
        /// What vectors write as hexadecimal digits, and binary files.
        case bytes
        /// JSON documents and events.
        case json
        /// Texts of vectors: identifiers, notes, times.
        case text
    }

    /// The name under which it is run.
    let name: String
    /// The longest input, in bytes.
    let byteLimit: Int
    /// Which vectors it begins with.
    let pools: [Pool]
    /// Gives one input to the reader and calls ``violated(_:)`` if something does not hold.
    let check: @Sendable ([UInt8]) -> Void
    /// Inputs that no vector has.
    let seeds: @Sendable () throws -> [[UInt8]]

    init(
        _ name: String, byteLimit: Int, pools: [Pool] = [],
        seeds: @escaping @Sendable () throws -> [[UInt8]] = { [] },
        check: @escaping @Sendable ([UInt8]) -> Void
    ) {
        self.name = name
        self.byteLimit = byteLimit
        self.pools = pools
        self.check = check
        self.seeds = seeds
    }

    static let all: [FuzzTarget] = {
        let groups: [[FuzzTarget]] = [
            [.cbor, .json, .scalars, .identifier],
            [.cose, .signature, .publicKey, .keyFile],
            [.note, .verifierKey, .receipt, .witness],
            [.tile, .treeProof, .indexProof],
            [.statement, .entry, .alarm, .manifest, .part, .submission, .record, .governance],
            [.genesisFile, .token, .event, .document, .evidence, .forgedEvidence],
            [.framer, .request, .peerFrames],
        ]
        return groups.flatMap(\.self) + Canaries.all
    }()
}

/// Ends the process, which is how the fuzzer learns of a finding.
func violated(_ property: String) -> Never {
    write(to: STDERR_FILENO, "property violated: \(property)\n")
    abort()
}

/// A property of the input at hand.
func expect(_ holds: Bool, _ property: @autoclosure () -> String) {
    if !holds { violated(property()) }
}

/// Every refusal has a code of words in lower case between full stops, and says why.
func expectCoded(_ code: String, _ reason: String) {
    let words = code.utf8.split(separator: 0x2e, omittingEmptySubsequences: false)
    let isCode = words.allSatisfy { word in
        !word.isEmpty
            && word.allSatisfy {
                (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2d
            }
    }
    expect(words.count >= 2 && isCode && !reason.isEmpty, "a refusal without a code: \(code)")
}

/// Writes a whole text to an open file.
func write(to file: CInt, _ text: String) {
    write(to: file, Array(text.utf8))
}

/// Writes bytes to an open file.
func write(to file: CInt, _ bytes: [UInt8]) {
    var rest = bytes[...]
    while !rest.isEmpty {
        let count = unsafe rest.withUnsafeBytes {
            unsafe Glibc.write(file, $0.baseAddress, $0.count)
        }
        guard count > 0 else { return }
        rest = rest.dropFirst(count)
    }
}
