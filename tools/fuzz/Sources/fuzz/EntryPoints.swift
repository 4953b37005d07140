import CMemory
import Glibc

/// What the environment asks of this process.
///
/// `CAIRN_FUZZ` is the name of a target; or `list`; or `seeds`, which writes the targets' own seeds
/// to the folder `CAIRN_FUZZ_FOLDER`; or `proofs`, which is the long run of F3.
private enum Order {
    static let target: FuzzTarget? = {
        let name = environment("CAIRN_FUZZ") ?? ""
        return FuzzTarget.all.first { $0.name == name }
    }()
}

/// A variable of the environment.
func environment(_ name: String) -> String? {
    unsafe getenv(name).map { unsafe String(cString: $0) }
}

/// A number in the environment.
func environmentNumber(_ name: String, default fallback: Int) -> Int {
    environment(name).flatMap { Int($0) } ?? fallback
}

/// Called by libFuzzer once, before anything else.
@_cdecl("LLVMFuzzerInitialize")
public func initialiseFuzzer(
    _ count: UnsafeMutablePointer<CInt>?, _ arguments: UnsafeMutableRawPointer?
) -> CInt {
    switch environment("CAIRN_FUZZ") {
    case "list":
        for target in FuzzTarget.all {
            let pools = target.pools.map(\.rawValue).joined(separator: ",")
            write(to: STDOUT_FILENO, "\(target.name) \(target.byteLimit) \(pools)\n")
        }
        exit(0)
    case "seeds":
        writeSeeds()
        exit(0)
    case "proofs":
        let sweep = ProofSweep(sizes: environmentNumber("CAIRN_FUZZ_SIZES", default: 1_024))
        exit(sweep.run(flips: environmentNumber("CAIRN_FUZZ_FLIPS", default: 1_000_000)) ? 0 : 1)
    default:
        guard Order.target == nil else {
            atexit { writePeak() }
            return 0
        }
        write(to: STDERR_FILENO, "CAIRN_FUZZ names no target; tools/fuzz/run does\n")
        exit(2)
    }
}

/// Called by libFuzzer for each input.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = unsafe [UInt8](UnsafeBufferPointer(start: start, count: count))
    fuzz_memory_begin(memoryLimit)
    Order.target?.check(bytes)
    fuzz_memory_end()
    return 0
}

/// What one input may take, in bytes.
private let memoryLimit = environmentNumber("CAIRN_FUZZ_MEMORY", default: 64) << 20

private func writePeak() {
    write(to: STDERR_FILENO, "stat::input_peak_kib: \(fuzz_memory_peak() >> 10)\n")
}

private func writeSeeds() {
    let folder = environment("CAIRN_FUZZ_FOLDER") ?? "."
    for target in FuzzTarget.all {
        guard let seeds = try? target.seeds() else { violated("\(target.name) makes its seeds") }
        for (number, seed) in seeds.enumerated() {
            let path = "\(folder)/\(target.name)-\(number)"
            let file = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
            expect(file >= 0, "\(path) can be written")
            write(to: file, seed)
            close(file)
        }
    }
}
