import Foundation

/// Where the passphrase of a key comes from: a file that others cannot read, never an argument or
/// an environment variable, which any process of the machine may see.
package enum KeyPassphrase {
    /// The name of the systemd credential (`LoadCredential=`) that is read when no file is named.
    package static let credentialName = "log-key-passphrase"
    /// The same for the key that signs what is captured.
    package static let captureCredentialName = "capture-key-passphrase"
    /// That of the key for connections with peers.
    package static let peerCredentialName = "peer-key-passphrase"
    /// That of the cosigner key.
    package static let cosignerCredentialName = "cosigner-key-passphrase"
    /// That of the witness key.
    package static let witnessCredentialName = "witness-key-passphrase"
    /// The longest passphrase file.
    static let bytesLimit = 4_096

    /// The passphrase, without the line's end; nil if no file is named and there is no credential.
    ///
    /// - Throws: `node.passphrase-file`: it is missing, empty, too long, or others may read it.
    package static func read(
        file: String?, credential: String = credentialName, environment: [String: String]
    ) throws(NodeError) -> [UInt8]? {
        if let file { return try read(file) }
        guard let folder = environment["CREDENTIALS_DIRECTORY"], !folder.isEmpty else { return nil }
        let credential = folder + "/" + credential
        guard FileManager.default.fileExists(atPath: credential) else { return nil }
        return try read(credential)
    }

    private static func read(_ path: String) throws(NodeError) -> [UInt8] {
        // Opened once: what is checked is what is read.
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw refusal(path, "cannot be read: \(SystemWords.last)")
        }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw refusal(path, "is not a file")
        }
        guard status.st_mode & 0o007 == 0 else {
            throw refusal(path, "is open to every user of this machine; run chmod 600 \(path)")
        }
        guard let data = try? handle.read(upToCount: bytesLimit + 1), !data.isEmpty else {
            throw refusal(path, "is empty")
        }
        guard data.count <= bytesLimit else { throw refusal(path, "is longer than a passphrase") }
        var bytes = [UInt8](data)
        while bytes.last == 0x0A || bytes.last == 0x0D { bytes.removeLast() }
        return bytes
    }

    private static func refusal(_ path: String, _ what: String) -> NodeError {
        .input("node.passphrase-file", "\(path) \(what)")
    }
}
