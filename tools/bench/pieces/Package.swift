// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("ExistentialAny"),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
]

let level0: [Target.Dependency] = ["DeterministicCBOR", "MerkleTrees", "GS1"]
let level1: [Target.Dependency] = level0 + ["Signatures", "Notes", "EPCIS", "Records"]
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")

/// A module of the program, compiled here again.
///
/// SwiftPM takes no sources from outside a package, and the program itself does not need the
/// measuring library. `Modules` is a link to them.
func module(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(
        name: name, dependencies: dependencies, path: "Modules/\(name)", swiftSettings: settings)
}

let package = Package(
    name: "cairn-pieces",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        // Its interposers count allocations; they are packages of their own and not needed here.
        .package(url: "https://github.com/ordo-one/benchmark", from: "1.38.1", traits: []),
    ],
    targets: [
        .systemLibrary(
            name: "COpenSSL", path: "Modules/COpenSSL", pkgConfig: "libcrypto",
            providers: [.apt(["libssl-dev"])]),
        module("DeterministicCBOR", []),
        module("MerkleTrees", [crypto]),
        module("GS1", []),
        module("Signatures", level0 + ["COpenSSL", crypto]),
        module("Notes", level0 + ["Signatures"]),
        module("EPCIS", level0),
        module("Records", level0 + ["Signatures", "Notes", "EPCIS", crypto]),
        .executableTarget(
            name: "Pieces",
            dependencies: level1 + [crypto, .product(name: "Benchmark", package: "benchmark")],
            path: "Benchmarks/Pieces", swiftSettings: settings,
            plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]),
    ]
)
