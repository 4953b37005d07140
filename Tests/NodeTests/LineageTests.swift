import Foundation
import HTTPAPI
import Lineage
import MerkleTrees
import Records
import Storage
import Support
import Testing

@testable import Node

@Suite struct LineageTests {
    /// Cotton of one batch spun into yarn of another, at the supplier's.
    private func story(_ node: TestNode) throws -> [Submission] {
        let supplier = node.network.supplier
        let spinning = DemoNetwork.transformationEvent(
            inputs: [(supplier.batch("COTTON"), "100")],
            outputs: [(supplier.batch("YARN"), "80")], site: supplier.site)
        return [
            try node.commissioning("COTTON"),
            try node.network.submission(event: spinning, by: supplier),
        ]
    }

    private func trace(_ node: TestNode, _ lot: String, _ direction: String) -> String {
        "/trace/" + HTTPCaller.segment(node.network.supplier.batch(lot))
            + "?direction=\(direction)"
    }

    @Test func `lineage leads up and down as soon as a record is acknowledged`() async throws {
        let node = try TestNode()
        try await node.serve { _, caller in
            for submission in try story(node) {
                #expect(try await caller.post(submission).status == 201)
            }
            let up = try await caller.get(trace(node, "YARN", "up"))
            #expect(up.text.contains("COTTON"))
            let down = try await caller.get(trace(node, "COTTON", "down"))
            #expect(down.text.contains("YARN"))
            let dot = try await caller.get(
                trace(node, "YARN", "up"), accept: "text/vnd.graphviz")
            #expect(dot.text.hasPrefix("digraph"))
            #expect(try await caller.get("/trace/not%20a%20uri").status == 400)
            let nobody = try await caller.get(trace(node, "WOOL", "up"))
            #expect(nobody.status == 404)
            #expect(nobody.code == "subject.unknown")
        }
    }

    @Test func `evidence that takes too long to gather is refused`() async throws {
        let node = try TestNode()
        var settings = NodeRuntime.Settings.quiet
        settings.evidencePatience = .zero
        let path = "/evidence/" + HTTPCaller.segment(node.network.supplier.batch("COTTON"))
        try await node.serve(settings) { _, caller in
            let answer = try await caller.get(path)
            #expect(answer.status == 422)
            #expect(answer.code == "evidence.too-large")
        }
        try await node.serve { _, caller in
            let answer = try await caller.get(path)
            #expect(answer.status == 200)
        }
    }

    @Test func `evidence is not gathered for whoever has gone`() async throws {
        let node = try TestNode()
        let thing = node.network.supplier.batch("COTTON")
        try await node.serve { runtime, _ in
            let running = try #require(runtime.running)
            let asking = Task { () async -> Refusal? in
                while !Task.isCancelled { await Task.yield() }
                do throws(Refusal) {
                    _ = try await running.evidence(about: thing, upstream: true, for: .nodeOperator)
                    return nil
                } catch {
                    return error
                }
            }
            asking.cancel()
            #expect(await asking.value?.reason == "whoever asked has gone")
            _ = try await running.evidence(about: thing, upstream: true, for: .nodeOperator)
        }
    }

    @Test func `what strangers say of a thing is marked`() async throws {
        let node = try TestNode()
        let (supplier, carrier) = (node.network.supplier, node.network.carrier)
        let destroyed = DemoNetwork.objectEvent(
            action: "DELETE", bizStep: "destroying", batches: [(supplier.batch("COTTON"), "1")],
            site: carrier.site)
        try await node.serve { _, caller in
            for submission in try story(node) { _ = try await caller.post(submission) }
            let path = trace(node, "COTTON", "up")
            #expect(try await !caller.get(path).text.contains("unrelated"))
            let submission = try node.network.submission(event: destroyed, by: carrier)
            #expect(try await caller.post(submission).status == 201)
            let json = try await caller.get(path).text
            #expect(json.components(separatedBy: "\"unrelated\":true").count == 2)
            let table = try await caller.get(path, accept: "text/plain").text
            #expect(table.split(separator: "\n").filter { $0.contains("(unrelated)") }.count == 1)
        }
    }

    @Test func `views that were deleted are filled again, at start or by rebuild`() async throws {
        let node = try TestNode()
        let path = trace(node, "YARN", "up")
        let before = try await node.serve { _, caller in
            for submission in try story(node) { _ = try await caller.post(submission) }
            return try await caller.get(path).text
        }
        try Views.delete(directory: node.directory)
        let filled = try await node.serve { _, caller in try await caller.get(path).text }
        #expect(filled == before)
        var steps: [UInt64] = []
        try NodeRuntime.rebuild(directory: node.directory) { done, all in
            steps.append(done)
            #expect(all == 6)
        }
        #expect(steps.last == 6)
        let rebuilt = try await node.serve { _, caller in try await caller.get(path).text }
        #expect(rebuilt == before)
    }

    @Test func `a rebuild beside a running node is refused`() async throws {
        let node = try TestNode()
        try await node.serve { _, _ in
            let error = #expect(throws: NodeError.self) {
                try NodeRuntime.rebuild(directory: node.directory) { _, _ in }
            }
            #expect(error?.code == "storage.locked")
        }
    }

    @Test func `a reader waits for the views, but not for ever`() async throws {
        let follower = ViewsFollower(logger: NodeRuntime.Settings.quiet.logger) { size in
            guard size < 10 else { throw NodeError(code: "x", reason: "", isInput: false) }
            return size
        }
        #expect(await follower.reaches(1, within: .milliseconds(20)) == false)
        let waiting = Task { await follower.reaches(5, within: .seconds(10)) }
        follower.start()
        follower.sealed(size: 5)
        #expect(await waiting.value)
        follower.sealed(size: 10)
        #expect(await follower.reaches(10, within: .seconds(10)) == false)
        #expect(await follower.reaches(5, within: .seconds(10)))
    }
}
