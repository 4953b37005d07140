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

let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")

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
    ],
    targets: [
        // L0
        module("DeterministicCBOR", []),
        module("MerkleTrees", [crypto]),
        module("GS1", []),

        // Tests
        .target(
            name: "Support", dependencies: level0, path: "Tests/Support",
            swiftSettings: settings),
        tests("DeterministicCBORTests", ["DeterministicCBOR"]),
        tests("MerkleTreesTests", ["MerkleTrees", crypto]),
        tests("GS1Tests", ["GS1"]),
    ]
)
