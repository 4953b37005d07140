import MerkleTrees
import Notes
import Signatures
import Testing

/// What a log asks of a witness, as text.
@Suite struct CheckpointRequestTests {
    private static let root = CheckpointTests.root
    private static let line = "— log \(Base64.standard.encode([UInt8](repeating: 7, count: 68)))\n"

    private static func text(
        first: String = "old 3\n", proof: [String] = [root], between: String = "\n",
        checkpoint: String = "log\n5\n\(root)\n\n"
    ) -> String {
        first + proof.map { $0 + "\n" }.joined() + between + checkpoint + line
    }

    private static func read(_ text: String) throws(WitnessObjection) -> CheckpointRequest {
        try CheckpointRequest(parsing: Array(text.utf8))
    }

    @Test func `a request is read`() throws {
        let request = try Self.read(Self.text())
        #expect(request.oldSize == 3)
        #expect(request.proof.map { Base64.standard.encode($0.bytes) } == [Self.root])
        #expect(request.origin == "log")
        #expect(request.text == "log\n5\n\(Self.root)\n")
        let most = Self.text(proof: Array(repeating: Self.root, count: 63))
        #expect(try Self.read(most).proof.count == 63)
        let largest = Self.text(checkpoint: "log\n9223372036854775807\n\(Self.root)\n\n")
        #expect(try Self.read(largest).oldSize == 3)
        #expect(try Self.read(Self.text(first: "old 0\n", proof: [])).proof.isEmpty)
    }

    @Test(arguments: [
        "", "old 3", "old 3\n", "old 3\n\n",
        text(first: ""), text(first: "Old 3\n"), text(first: "old  3\n"), text(first: "old 03\n"),
        text(first: "old +3\n"), text(first: "old -3\n"), text(first: "old\n"),
        text(first: "old 3 \n"), text(first: "old 3\r\n"),
        text(first: "old 18446744073709551616\n"),
        text(proof: ["AAAA"]), text(proof: [root + " "]), text(proof: ["#"]),
        text(proof: Array(repeating: root, count: 64)), text(between: ""),
        text(checkpoint: "log\n05\n\(root)\n\n"), text(checkpoint: "log\n5\nAAAA\n\n"),
        text(checkpoint: "log\n5\n\n"), text(checkpoint: "\n5\n\(root)\n\n"),
        text(checkpoint: "log\n9223372036854775808\n\(root)\n\n"),
        text(checkpoint: "log\n5\n\(root)\n"), text(checkpoint: "log\n5\n\(root)\nx\n\ny\n\n"),
    ])
    func `anything else is not`(text: String) {
        guard
            case .malformed = objection({ () throws(WitnessObjection) in
                _ = try Self.read(text)
            })
        else {
            Issue.record("read")
            return
        }
    }

    @Test func `signature lines that cannot be read are no signature of the log`() throws {
        let request = try Self.read(Self.text() + "— log AAA\n")
        guard
            case .unsigned = objection({ () throws(WitnessObjection) in
                _ = try request.verify(signedBy: [])
            })
        else {
            Issue.record("verified")
            return
        }
    }

    @Test func `a request of 128 KiB is read, and no longer one`() throws {
        let head = Self.text(checkpoint: "log\n5\n\(Self.root)\n")
        let room = CheckpointRequest.byteCountLimit - head.utf8.count - 2
        let exact = Self.text(
            checkpoint: "log\n5\n\(Self.root)\n" + String(repeating: "x", count: room) + "\n\n")
        #expect(exact.utf8.count == CheckpointRequest.byteCountLimit)
        #expect(try Self.read(exact).oldSize == 3)
        #expect(objection { () throws(WitnessObjection) in _ = try Self.read(exact + "\n") } != nil)
    }

    private func objection(
        _ body: () throws(WitnessObjection) -> Void
    ) -> WitnessObjection? {
        do throws(WitnessObjection) {
            try body()
            return nil
        } catch {
            return error
        }
    }
}
