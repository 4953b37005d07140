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
let level2: [Target.Dependency] =
    level1 + ["Sequencing", "Replication", "Verdicts", "Queries"]
let level3: [Target.Dependency] = level2 + ["Storage", "HTTPAPI", "Client", "PeerTransport"]

let sqlite: [Target.Dependency] = [
    .product(name: "GRDB", package: "GRDB.swift"),
    .product(name: "GRDBSQLite", package: "GRDB.swift"),
]
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
// What connections between nodes are made of; only PeerTransport and its tests have it.
let sockets: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOPosix", package: "swift-nio"),
    .product(name: "NIOSSL", package: "swift-nio-ssl"),
    .product(name: "NIOTLS", package: "swift-nio"),
    .product(name: "SwiftASN1", package: "swift-asn1"),
    .product(name: "X509", package: "swift-certificates"),
    logging,
]
let collections: [Target.Dependency] = [
    .product(name: "DequeModule", package: "swift-collections"),
    .product(name: "OrderedCollections", package: "swift-collections"),
]

func module(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(
        name: name, dependencies: dependencies + ["Support"], swiftSettings: settings)
}

let package = Package(
    name: "cairn",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "cairn", targets: ["cairn"]),
        .executable(name: "cairn-bench", targets: ["cairn-bench"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.34.1"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0", traits: []),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
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
        module("Notes", level0 + ["Signatures"]),
        module("EPCIS", level0),
        module("Records", level0 + ["Signatures", "Notes", "EPCIS", crypto]),
        module("Lineage", level0 + ["Signatures", "Notes", "EPCIS", "Records"] + collections),
        // L2
        module("Sequencing", level1),
        // A mirror is kept through the same ports as the node's own log.
        module("Replication", level1 + ["Sequencing"]),
        // The texts of verdicts are files, compiled in: the program stays one file.
        .target(
            name: "Verdicts", dependencies: level1 + collections,
            resources: [.embedInCode("Messages")], swiftSettings: settings),
        module("Queries", level1),
        module("Imports", level1),
        // L3
        module("Storage", level2 + sqlite),
        // So is the interface's description of itself.
        .target(
            name: "HTTPAPI",
            dependencies: level2 + [
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HummingbirdTLS", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOWebSocket", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
                crypto,
            ],
            resources: [.embedInCode("Document")], swiftSettings: settings),
        module(
            "Client",
            level2 + [
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ]),
        module("PeerTransport", level2 + sockets),
        // L4
        module(
            "Node",
            level3 + [
                "Imports", .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ]),
        // L5
        .executableTarget(
            name: "cairn",
            dependencies: level3 + [
                "Imports", "Node",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings),
        .executableTarget(
            name: "cairn-bench",
            dependencies: level3 + ["Node", crypto, logging] + sqlite, path: "tools/bench",
            exclude: ["pieces", "run", "lineage.sql", "RESULTS.md"], swiftSettings: settings),

        // Tests
        .target(
            name: "Support", dependencies: level2, path: "Tests/Support",
            swiftSettings: settings),
        .target(
            name: "Stories", dependencies: level2 + ["Support"], path: "Tests/Stories",
            swiftSettings: settings),
        .target(
            name: "Simulation", dependencies: level2 + ["Support"], path: "Tests/Simulation",
            swiftSettings: settings),
        .executableTarget(
            name: "cairn-scenarios", dependencies: level2 + ["Stories", "Support"],
            path: "tools/scenarios/program", swiftSettings: settings),
        tests("DeterministicCBORTests", ["DeterministicCBOR"]),
        tests("MerkleTreesTests", ["MerkleTrees", crypto]),
        tests("GS1Tests", ["GS1"]),
        tests("SignaturesTests", level0 + ["Signatures", crypto]),
        tests("NotesTests", level0 + ["Signatures", "Notes"]),
        tests("EPCISTests", level0 + ["EPCIS"]),
        tests("RecordsTests", level1),
        tests("LineageTests", level1),
        tests("SequencingTests", level2),
        tests("VerdictsTests", level2 + ["Stories"]),
        tests("QueriesTests", level2),
        tests("ImportsTests", level1 + ["Imports"]),
        tests("ReplicationTests", level2),
        tests("SimulationTests", level2 + ["Simulation"]),
        tests("StorageTests", level2 + ["Storage"] + sqlite),
        tests("HTTPAPITests", level2 + ["HTTPAPI", logging]),
        tests("ClientTests", level2 + ["Client", "HTTPAPI", logging]),
        tests("PeerTransportTests", level2 + ["PeerTransport"] + sockets),
        tests("NodeTests", level3 + ["Imports", "Node"]),
        tests("CairnTests", level2 + ["HTTPAPI", logging]),
        tests("ConformanceTests", level1),
        .target(
            name: "CFaultyDisk", path: "Tests/FaultyDisk",
            linkerSettings: [.linkedLibrary("sqlite3")]),
        tests(
            "DurabilityTests", level3 + ["Node", "CFaultyDisk", crypto, logging] + sqlite),
    ]
)
