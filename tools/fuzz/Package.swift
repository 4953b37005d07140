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
let collections: [Target.Dependency] = [
    .product(name: "DequeModule", package: "swift-collections"),
    .product(name: "OrderedCollections", package: "swift-collections"),
]
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")

/// A module of the program, compiled here again with the fuzzer's instruments.
///
/// SwiftPM takes no sources from outside a package: `Modules` is a link to them.
func module(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(
        name: name, dependencies: dependencies, path: "Modules/\(name)", swiftSettings: settings)
}

let package = Package(
    name: "cairn-fuzz",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
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
        .target(
            name: "Verdicts", dependencies: level1 + collections,
            path: "Modules/Verdicts", resources: [.embedInCode("Messages")],
            swiftSettings: settings),
        .target(name: "CMemory"),
        // Its folders HTTPAPI and PeerTransport link to readers that need no network library.
        .executableTarget(
            name: "fuzz", dependencies: level1 + ["Verdicts", "CMemory"],
            swiftSettings: settings),
    ]
)
