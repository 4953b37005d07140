import Foundation
import HTTPAPI
import Logging
import MerkleTrees
import Notes
import Records
import Signatures
import Storage
import Support
import Synchronization
import Testing

@testable import Node

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// A node of the demo network in a directory of its own, removed when the test ends.
final class TestNode: Sendable {
    let network: DemoNetwork
    let directory: String
    private let parent: String

    init(_ network: DemoNetwork? = nil) throws {
        self.network = try network ?? DemoNetwork()
        parent = NSTemporaryDirectory() + "cairn-node-" + UUID().uuidString
        directory = parent + "/node"
        try FileManager.default.createDirectory(
            atPath: parent, withIntermediateDirectories: true)
        try initialise()
    }

    deinit { try? FileManager.default.removeItem(atPath: parent) }

    func initialise(at path: String? = nil, key: SigningKey? = nil, origin: String? = nil) throws {
        try NodeRuntime.initialise(
            directory: path ?? directory, genesis: network.file.encoded(),
            origin: origin ?? DemoNetwork.origin,
            logKeyPEM: try KeyFile.write(key ?? network.logKey), passphrase: nil)
    }

    /// The names of the files in a directory of this test.
    func files(_ path: String? = nil) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path ?? directory).sorted()
    }

    /// Another path beside the node's directory.
    func sibling(_ name: String) -> String { parent + "/" + name }

    /// Runs something against the serving node, stops it, and checks the ledger left behind.
    func serve<Value>(
        _ settings: NodeRuntime.Settings = .quiet, exposure: NodeRuntime.Exposure = .machine,
        _ body: (NodeRuntime, HTTPCaller) async throws -> Value
    ) async throws -> Value {
        let runtime = try NodeRuntime(
            directory: directory, exposure: exposure, settings: settings)
        try await runtime.start()
        do {
            let value = try await body(runtime, HTTPCaller(address: runtime.address))
            try await runtime.stop()
            return value
        } catch {
            try? await runtime.stop()
            throw error
        }
    }

    /// The submission of a batch being made by the supplier at its site.
    func commissioning(
        _ lot: String, kilograms: String = "100", visibility: Visibility = .network
    ) throws -> Submission {
        let supplier = network.supplier
        let event = DemoNetwork.objectEvent(
            action: "ADD", bizStep: "commissioning",
            batches: [(supplier.batch(lot), kilograms)], site: supplier.site)
        return try network.submission(event: event, by: supplier, visibility: visibility)
    }
}

extension NodeRuntime.Settings {
    /// The usual settings with a log that says nothing.
    static var quiet: NodeRuntime.Settings {
        var settings = NodeRuntime.Settings()
        settings.logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        // A busy machine must not fail a test that is about something else.
        settings.drainSeconds = 60
        settings.viewsPatience = .seconds(60)
        return settings
    }
}

/// Calls a node as its clients do.
struct HTTPCaller: Sendable {
    struct Answer: Sendable {
        var status: Int
        var body: [UInt8]
        var type: String
        var location: String?

        var text: String { String(decoding: body, as: UTF8.self) }

        /// The `code` of a problem.
        var code: String? {
            let json = try? JSONSerialization.jsonObject(with: Data(body)) as? [String: Any]
            return json?["code"] as? String
        }
    }

    var address: ListenAddress

    func get(_ path: String, accept: String? = nil) async throws -> Answer {
        var request = try request(path)
        if let accept { request.setValue(accept, forHTTPHeaderField: "Accept") }
        return try await answer(request)
    }

    func post(_ submission: Submission, accept: String? = nil) async throws -> Answer {
        var request = try request("/entries")
        request.httpMethod = "POST"
        request.httpBody = Data(submission.encoded())
        request.setValue(
            "application/vnd.cairn.submission+cbor", forHTTPHeaderField: "Content-Type")
        if let accept { request.setValue(accept, forHTTPHeaderField: "Accept") }
        return try await answer(request)
    }

    func post(_ submissions: [Submission]) async throws -> Answer {
        var request = try request("/entries")
        request.httpMethod = "POST"
        request.httpBody = Data(submissions.flatMap { $0.encoded() })
        request.setValue(
            "application/vnd.cairn.submission+cbor-seq", forHTTPHeaderField: "Content-Type")
        return try await answer(request)
    }

    /// Asks a witness (SPEC §25.7).
    func addCheckpoint(_ text: String) async throws -> Answer {
        var request = try request("/add-checkpoint")
        request.httpMethod = "POST"
        request.httpBody = Data(text.utf8)
        return try await answer(request)
    }

    /// The subject as a path segment.
    static func segment(_ uri: String) -> String {
        uri.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? uri
    }

    private func request(_ path: String) throws -> URLRequest {
        var request = URLRequest(url: try #require(URL(string: "http://\(address)\(path)")))
        request.timeoutInterval = 120
        return request
    }

    private func answer(_ request: URLRequest) async throws -> Answer {
        let (body, response) = try await URLSession.shared.data(for: request)
        let http = try #require(response as? HTTPURLResponse)
        return Answer(
            status: http.statusCode, body: [UInt8](body),
            type: http.value(forHTTPHeaderField: "Content-Type") ?? "",
            location: http.value(forHTTPHeaderField: "Location"))
    }
}

/// A log as a stranger sees it through HTTP: the newest checkpoint, with every entry recomputed.
struct PublicLog {
    var checkpoint: Checkpoint
    var entries: [[UInt8]]

    /// Reads checkpoint, entry bundles and tiles, and checks that all give the signed root.
    init(_ caller: HTTPCaller, network: DemoNetwork) async throws {
        let note = try SignedNote.parse(try await caller.get("/log/checkpoint").body)
        let verifier = try NoteVerifier(
            name: DemoNetwork.origin, key: network.logKey.publicKey)
        _ = try note.verify(known: [verifier])
        checkpoint = try Checkpoint(parsing: note.text)
        entries = []
        var frontier = TreeFrontier()
        for index in 0...(checkpoint.size - 1) >> 8 {
            let width = TilePath.width(level: 0, index: index, size: checkpoint.size)
            let path = TilePath(entries: index, width: width)
            let bundle = try await caller.get("/log/" + path.path)
            #expect(bundle.status == 200)
            let read = try #require(EntryBundle.decode(bundle.body, width: width))
            let tile = try await caller.get(
                "/log/" + TilePath(level: 0, index: index, width: width).path)
            #expect(tile.body == read.flatMap { TreeHash.leaf($0).bytes })
            for entry in read { frontier.append(TreeHash.leaf(entry)) }
            entries += read
        }
        #expect(frontier.root == checkpoint.root)
    }
}

extension TestNode {
    /// What `cairn check` finds in the directory.
    func findings() throws -> [String] {
        try NodeRuntime.check(directory: directory) { _, _ in }.findings.map(\.description)
    }
}
