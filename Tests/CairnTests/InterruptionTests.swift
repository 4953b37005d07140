import Foundation
import HTTPAPI
import Logging
import Records
import Support
import Testing

@Suite struct `A submitter whose node stops` {
    /// Three statements of the farm in a file.
    private static func statements(_ place: DemoPlace) throws -> String {
        let output = place.folder.appending(path: "farm.cairn")
        let signed = try CairnProcess.run([
            "sign", "genesis/demo/documents/01-farm.json", "--key", DemoPlace.key("farm"),
            "--issuer", "https://id.gs1.org/417/9521101000009", "--genesis",
            DemoPlace.genesis.path(), "-o", output.path(),
        ])
        #expect(signed.code == 0, "\(signed.errors)")
        let one = try Data(contentsOf: output)
        try (one + one + one).write(to: output)
        return output.path()
    }

    /// Runs `cairn` on a thread of its own, so that the node in this process keeps answering.
    private static func run(_ arguments: [String]) async throws -> CairnProcess.Outcome {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(with: Result { try CairnProcess.run(arguments) })
            }
        }
    }

    @Test(arguments: [0, 1, 2] as [UInt64])
    func `ends with 3, says how far it came and what to do`(taken: UInt64) async throws {
        let place = try DemoPlace()
        defer { place.remove() }
        let file = try Self.statements(place)
        let listener = try await HTTPListener.start(
            service: StoppingNode(taking: taken), address: .ephemeral,
            callers: .loopback(as: Caller(role: .nodeOperator, reader: .nodeOperator)),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let url = "http://\(listener.address)"
        let run = try await Self.run([
            "submit", file, "--node", url, "--receipts",
            place.folder.appending(path: "receipts").path(),
        ])
        let traced = try await Self.run(["trace", "urn:x:1", "--node", url])
        await listener.stop(drainSeconds: 1)
        #expect(run.code == 3)
        #expect(
            run.errors.hasSuffix(
                "\(taken) of 3 statements are acknowledged; run the same command again, nothing "
                    + "is entered twice\n"), "\(run.errors)")
        #expect(run.errors.contains("the node is stopping"))
        #expect(!run.errors.contains(": :"))
        #expect(run.output.split(separator: "\n").count == Int(taken))
        #expect(traced.code == 3)
        #expect(!traced.errors.contains(": :"), "\(traced.errors)")
    }

    @Test func `waits for a node that says when to try again`() async throws {
        let place = try DemoPlace()
        defer { place.remove() }
        let file = try Self.statements(place)
        var limits = HTTPLimits()
        limits.streams = 1
        let listener = try await HTTPListener.start(
            service: StoppingNode(taking: 3), address: .ephemeral,
            callers: .loopback(as: Caller(role: .nodeOperator, reader: .nodeOperator)),
            limits: limits, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let port = listener.address.port
        func waitUntilTold(_ line: String) async throws -> Bool {
            let deadline = ContinuousClock.now + .seconds(60)
            while ContinuousClock.now < deadline {
                if try await RawAnswer.ask(port, "GET", "/metrics").text.contains(line) {
                    return true
                }
            }
            return false
        }
        let other = try RawConnection(port: port)
        await other.send(
            "POST /entries HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n"
                + "Content-Type: application/vnd.cairn.submission+cbor-seq\r\n\r\n")
        #expect(try await waitUntilTold("cairn_submission_streams 1"))
        async let run = Self.run(["submit", file, "--node", "http://\(listener.address)"])
        #expect(try await waitUntilTold("status=\"503\""))
        await other.send("0\r\n\r\n")
        let outcome = try await run
        await listener.stop(drainSeconds: 1)
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(outcome.errors.contains("(node.busy); trying again in "))
        #expect(outcome.output.split(separator: "\n").count == 3)
    }

    @Test func `says so too if nobody is there`() throws {
        let place = try DemoPlace()
        defer { place.remove() }
        let run = try CairnProcess.run([
            "submit", try Self.statements(place), "--node", "http://127.0.0.1:9",
        ])
        #expect(run.code == 3)
        #expect(
            run.errors == "Error: cannot reach http://127.0.0.1:9: nobody listens there; "
                + "0 of 3 statements are acknowledged; run the same command again, nothing is "
                + "entered twice\n")
        let signing = try CairnProcess.run([
            "submit", "genesis/demo/documents/01-farm.json", "--key", DemoPlace.key("farm"),
            "--issuer", "https://id.gs1.org/417/9521101000009", "--genesis",
            DemoPlace.genesis.path(), "--node", "http://127.0.0.1:9",
        ])
        #expect(signing.code == 3)
        #expect(signing.errors.hasSuffix("again, an event that is signed twice counts once\n"))
    }
}
