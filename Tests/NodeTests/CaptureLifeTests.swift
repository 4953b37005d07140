import EPCIS
import Foundation
import HTTPAPI
import MerkleTrees
import Records
import Signatures
import Storage
import Support
import Testing

@testable import Node

@Suite struct `A node that captures` {
    private let node: TestNode

    init() throws { node = try TestNode() }

    private var identity: LogIdentity {
        LogIdentity(origin: DemoNetwork.origin, network: node.network.id, indexDepth: 8)
    }

    /// Puts a job into the service state of a node that does not run.
    private func promise(_ document: [UInt8], id: String) throws {
        let ledger = try Ledger.inspect(directory: node.directory)
        let identity = ledger.identity
        try ledger.close()
        let state = try ServiceState(directory: node.directory, identity: identity)
        let isTaken = try state.add(
            CaptureOrder(
                id: id, createdMilliseconds: DemoNetwork.startMilliseconds, behaviour: "rollback",
                form: "json", extensions: nil, document: document))
        #expect(isTaken)
        try state.close()
    }

    private func secret(
        _ role: AccessRole, _ member: DemoNetwork.Member, _ name: String
    ) throws -> String {
        let now = SystemClock.nowMilliseconds()
        return try TokenFile(directory: node.directory).add(
            name: name, role: role, organisation: member.uri,
            expiresMilliseconds: now + 86_400_000, nowMilliseconds: now)
    }

    @Test func `goes on at its next start with what it promised, without doubles`() async throws {
        try promise(node.document(["a", "b"]), id: "first")
        try await node.serve(node.capturing()) { runtime, _ async throws in
            let job = try await CaptureCaller(runtime).job("/epcis/capture/first")
            #expect(job["success"] == .bool(true))
            #expect(try await node.statements(runtime) == 1)
        }
        // Killed after the statement was sealed and before the job was: the promise stands, and so
        // does a part of what was promised.
        try promise(node.document(["a", "b", "c"]), id: "second")
        try await node.serve(node.capturing()) { runtime, _ async throws in
            let caller = CaptureCaller(runtime)
            #expect(try await caller.job("/epcis/capture/second")["success"] == .bool(true))
            #expect(try await node.statements(runtime) == 2)
            #expect(try await caller.job("/epcis/capture/first")["success"] == .bool(true))
        }
        #expect(try node.findings() == [])
    }

    @Test func `keeps its promises while it has no key`() async throws {
        try promise(node.document(["a"]), id: "kept")
        try await node.serve { runtime, _ async throws in
            let caller = CaptureCaller(runtime)
            let job = try JSONValue.parse(try await caller.get("/epcis/capture/kept").body)
            #expect(job["running"] == .bool(true))
            let answer = try await caller.post(node.document(["b"]))
            #expect(answer.status == 501)
            #expect(answer.text.contains("epcisException:ImplementationException"))
            #expect(answer.text.contains("captureKey"))
            #expect(try await caller.post([], to: "/epcis/events").status == 501)
        }
        try await node.serve(node.capturing()) { runtime, _ async throws in
            let caller = CaptureCaller(runtime)
            #expect(try await caller.job("/epcis/capture/kept")["success"] == .bool(true))
        }
    }

    @Test func `captures for the organisation that runs it, and for no other`() async throws {
        let document = node.document(["a"])
        let own = try secret(.submitter, node.network.wholesaler, "erp")
        let other = try secret(.submitter, node.network.supplier, "other")
        let reader = try secret(.reader, node.network.wholesaler, "reader")
        try await node.serve(node.capturing(), exposure: .proxied) { runtime, _ async throws in
            let caller = CaptureCaller(runtime, credential: own)
            let answer = try await caller.post(document)
            #expect(answer.status == 202)
            let location = try #require(answer.fields["location"])
            #expect(try await caller.job(location)["success"] == .bool(true))
            for (credential, status, code) in [
                (other, 403, "capture.organisation"), (reader, 403, "access.role"),
                (nil, 401, "access.required"),
            ] {
                let asker = CaptureCaller(runtime, credential: credential)
                for answer in [
                    try await asker.post(document), try await asker.post([], to: "/epcis/events"),
                    try await asker.get("/epcis/capture"), try await asker.get(location),
                ] {
                    #expect(answer.status == status)
                    #expect(answer.text.contains(code))
                    #expect(answer.text.contains("epcisException:SecurityException"))
                }
            }
        }
    }

    @Test func `shows what it captured to whom its operator said`() async throws {
        let carrier = try secret(.reader, node.network.carrier, "carrier")
        let supplier = try secret(.reader, node.network.supplier, "supplier")
        let own = try secret(.submitter, node.network.wholesaler, "erp")
        let settings = node.capturing(visibility: node.network.carrier.uri)
        let part = try Signer(
            network: node.network.id, issuer: node.network.wholesaler.uri,
            key: node.network.wholesaler.key
        ).parts(
            epcisDocument: node.document(["a"]),
            visibility: .only([node.network.carrier.uri, node.network.wholesaler.uri]))[0]
        try await node.serve(settings, exposure: .proxied) { runtime, _ async throws in
            let caller = CaptureCaller(runtime, credential: own)
            #expect(try await caller.capture(node.document(["a"]))["success"] == .bool(true))
            let path = "/log/part/\(part.digest.hex)"
            #expect(try await caller.get(path).status == 200)
            #expect(try await CaptureCaller(runtime, credential: carrier).get(path).status == 200)
            #expect(try await CaptureCaller(runtime, credential: supplier).get(path).status == 403)
        }
    }

    @Test func `does not start with a key that is not its organisation's`() async throws {
        let stranger = try DemoNetwork.key("nobody")
        for (key, visibility, code) in [
            (node.network.carrier.key, "network", "node.capture-key"),
            (node.network.logKey, "network", "node.capture-key"),
            (stranger, "network", "node.capture-key"),
            (node.network.wholesaler.key, "everybody", "node.configuration"),
            (node.network.wholesaler.key, "urn:x:stranger", "node.configuration"),
        ] {
            var settings = NodeRuntime.Settings.quiet
            settings.capture = CaptureKey(key, visibility: visibility)
            let error = await #expect(throws: NodeError.self) {
                try await node.serve(settings) { _, _ in }
            }
            #expect(error?.code == code)
        }
        try await node.serve(node.capturing()) { _, _ in }
    }

    @Test func `reads its key and passphrase from files that its settings name`() async throws {
        let passphrase = Array("correct horse".utf8)
        func write(_ key: SigningKey, _ name: String) throws {
            try Data(try KeyFile.write(key, passphrase: passphrase))
                .write(to: URL(filePath: node.directory + "/" + name))
        }
        try write(node.network.wholesaler.key, "issuer.pem")
        try write(node.network.carrier.key, "wrong.pem")
        let file = node.directory + "/passphrase"
        try Data(passphrase + [0x0A]).write(to: URL(filePath: file))
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o600], ofItemAtPath: file)
        func rehearse(_ settings: String, _ environment: [String: String] = [:]) throws {
            try Data(settings.utf8)
                .write(to: URL(filePath: node.directory + "/config.json"))
            let serving = try ServingConfiguration(directory: node.directory)
            try NodeRuntime.rehearse(
                directory: node.directory, serving, environment: environment)
        }
        try rehearse(
            #"{"captureKey":"issuer.pem","captureKeyPassphraseFile":"passphrase"}"#)
        for (settings, code) in [
            (#"{"captureKey":"issuer.pem"}"#, "key.passphrase-missing"),
            (
                #"{"captureKey":"wrong.pem","captureKeyPassphraseFile":"passphrase"}"#,
                "node.capture-key"
            ),
            (#"{"captureKey":"none.pem"}"#, "node.configuration"),
            (#"{"captureKeyPassphraseFile":"passphrase"}"#, "node.configuration"),
        ] {
            let error = #expect(throws: NodeError.self) { try rehearse(settings) }
            #expect(error?.code == code, "\(settings)")
        }
        let credential = node.directory + "/capture-key-passphrase"
        try FileManager.default.moveItem(atPath: file, toPath: credential)
        try rehearse(
            #"{"captureKey":"issuer.pem"}"#, ["CREDENTIALS_DIRECTORY": node.directory])
    }
}
