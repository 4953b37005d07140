import Foundation
import MerkleTrees
import NIOSSL
import Signatures
import Testing

@testable import PeerTransport

/// TLS 1.3 lets a client take up a former session without showing its certificate again.
struct ResumptionTests {
    /// Says something through `openssl s_client`, lets it go on until something holds, ends it, and
    /// gives what it printed.
    private func openssl(
        _ arguments: [String], saying bytes: [UInt8], until holds: () async -> Bool
    ) async throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/openssl")
        process.arguments = arguments
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        process.standardError = output
        try process.run()
        try input.fileHandleForWriting.write(contentsOf: Data(bytes))
        _ = await eventually(seconds: 30, holds)
        try input.fileHandleForWriting.close()
        // It ends by itself once its input is closed; no test may wait for it for ever.
        DispatchQueue.global().asyncAfter(deadline: .now() + 10) {
            if process.isRunning { process.terminate() }
        }
        return await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                let data = output.fileHandleForReading.readDataToEndOfFile()
                process.waitUntilExit()
                continuation.resume(returning: String(decoding: data, as: UTF8.self))
            }
        }
    }

    @Test func `a removed peer does not come back by taking up a former session`() async throws {
        let (node, peer) = (try Party(.esp256), try Party(.esp256))
        let pins = Pins(peer.publicKey)
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "cairn-resumption-\(peer.publicKey.thumbprint.hex.prefix(16))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let (key, certificate, session) = (
            folder.appending(path: "key.pem"), folder.appending(path: "certificate.pem"),
            folder.appending(path: "session.pem")
        )
        try Data(KeyFile.write(peer.key)).write(to: key)
        let der = Data(try peer.identity.certificate.toDERBytes())
        let body = der.base64EncodedString(options: .lineLength64Characters)
        try Data("-----BEGIN CERTIFICATE-----\n\(body)\n-----END CERTIFICATE-----\n".utf8)
            .write(to: certificate)
        let hello = FrameDecoder.head(of: 5) + Array("hello".utf8)
        let record = Record()
        try await withListener(
            node.identity, PeerVerifier(isPinned: pins.contains), record: record
        ) { listener in
            let call = [
                "s_client", "-connect", "127.0.0.1:\(listener.address.port)", "-tls1_3", "-alpn",
                "cairn/1", "-cert", certificate.path(), "-key", key.path(),
            ]
            let first = try await openssl(
                call + ["-sess_out", session.path()], saying: hello,
                until: {
                    record.frames.count == 1
                        && FileManager.default.fileExists(atPath: session.path())
                })
            #expect(first.contains("TLSv1.3"))
            #expect(record.frames.count == 1)
            // The control: whoever is pinned does come back so.
            let second = try await openssl(
                call + ["-sess_in", session.path()], saying: hello,
                until: { record.frames.count == 2 })
            #expect(second.contains("Reused"))
            #expect(await eventually { record.frames.count == 2 })
            pins.remove(peer.publicKey)
            let third = try await openssl(
                call + ["-sess_in", session.path()], saying: hello,
                until: { record.codes.last == "peer.not-pinned" })
            #expect(third.contains("Reused"))
            #expect(await eventually { record.codes.last == "peer.not-pinned" })
            #expect(record.served == 2 && record.frames.count == 2)
        }
    }
}
