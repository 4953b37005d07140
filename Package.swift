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

// The layers of SPEC.md §1: a module imports only from lower layers.
let level0: [Target.Dependency] = ["DeterministicCBOR", "MerkleTrees", "GS1"]
let level1: [Target.Dependency] =
    level0 + ["Signatures", "Notes", "EPCIS", "Records", "Lineage"]
let level2: [Target.Dependency] = level1 + ["Sequencing", "Verdicts", "Queries"]

let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let collections: [Target.Dependency] = [
    .product(name: "DequeModule", package: "swift-collections"),
    .product(name: "OrderedCollections", package: "swift-collections"),
]

func module(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(
        name: name, dependencies: dependencies + ["Support"], exclude: [],
        swiftSettings: settings)
}

let package = Package(
    name: "cairn",
    platforms: [.macOS(.v15)],
    products: [],
    dependencies: [
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    ],
    targets: [
        // L0
        .systemLibrary(
            name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        module("DeterministicCBOR", []),
        module("MerkleTrees", [crypto]),
        module("GS1", []),
        // L1
        module("Signatures", level0 + ["COpenSSL", crypto]),
        module("Notes", level0 + ["Signatures", crypto]),
        module("EPCIS", level0 + [crypto]),
        module("Records", level0 + ["Signatures", "Notes", "EPCIS", crypto]),
        module("Lineage", level0 + ["Signatures", "Notes", "EPCIS", "Records"] + collections),
        // L2
        module("Sequencing", level1 + [crypto]),
        module("Verdicts", level1),
        module("Queries", level1),

        // Tests
        .target(
            name: "Support", dependencies: level2, path: "Tests/Support",
            swiftSettings: settings),
        tests("DeterministicCBORTests", ["DeterministicCBOR"]),
        tests("MerkleTreesTests", ["MerkleTrees", crypto]),
        tests("GS1Tests", ["GS1"]),
        tests("SignaturesTests", level0 + ["Signatures", crypto]),
        tests("NotesTests", level0 + ["Signatures", "Notes", crypto]),
        tests("EPCISTests", level0 + ["EPCIS"]),
        tests("RecordsTests", level1),
        tests("LineageTests", level1),
        tests("SequencingTests", level2),
        tests("VerdictsTests", level2),
        tests("QueriesTests", level2),
        tests("ConformanceTests", level1),
    ]
)
