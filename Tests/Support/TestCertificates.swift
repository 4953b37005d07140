package import Foundation

/// Certificates made by the `openssl` command for one test: an authority, and nodes' certificates
/// from it.
package struct TestCertificates: Sendable {
    /// Where the files lie.
    package let folder: URL
    /// The authority's certificate, PEM.
    package var authority: URL { folder.appending(path: "ca.pem") }

    /// Makes the authority in a folder that is there.
    package init(in folder: URL) throws {
        self.folder = folder
        try run("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", path("ca.key"))
        try run(
            "req", "-x509", "-new", "-key", path("ca.key"), "-subj", "/CN=Test authority", "-days",
            "30", "-out", path("ca.pem"))
    }

    /// Makes a certificate for some hosts.
    ///
    /// - Parameters:
    ///   - name: of its files, `<name>.pem` and `<name>.key`.
    ///   - hosts: what it is for, such as `DNS:localhost,IP:127.0.0.1`.
    ///   - days: how long it counts from now; negative: it has expired.
    /// - Returns: the certificate's and the key's bytes.
    /// - Throws: if `openssl` does.
    package func make(
        _ name: String, hosts: String = "DNS:localhost,IP:127.0.0.1", days: Int = 30
    ) throws -> (certificate: [UInt8], key: [UInt8]) {
        let key = path("\(name).key")
        try run("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key)
        let request = path("\(name).csr")
        try run("req", "-new", "-key", key, "-subj", "/CN=node", "-out", request)
        let extensions = path("\(name).ext")
        try Data("subjectAltName=\(hosts)\n".utf8).write(to: URL(filePath: extensions))
        try run(
            "x509", "-req", "-in", request, "-CA", path("ca.pem"), "-CAkey", path("ca.key"),
            "-CAcreateserial", "-days", String(days), "-extfile", extensions, "-out",
            path("\(name).pem"))
        return (try bytes("\(name).pem"), try bytes("\(name).key"))
    }

    /// The path of one of the files.
    package func path(_ name: String) -> String { folder.appending(path: name).path() }

    private func bytes(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: folder.appending(path: name)))
    }

    private func run(_ arguments: String...) throws {
        let outcome = try CairnProcess.run(URL(filePath: "/usr/bin/openssl"), arguments)
        guard outcome.code == 0 else { throw CocoaError(.executableRuntimeMismatch) }
    }
}
