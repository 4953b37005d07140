import Foundation
import GS1
import MerkleTrees
import Node
import Records
import Signatures
import Verdicts

/// Reading and writing files with errors that name them; what is written is written whole.
enum Files {
    /// How many bytes tell what kind of file one is.
    private static let kindBytes = 3

    /// The bytes of a file.
    static func read(_ path: String) throws -> [UInt8] {
        // Opening waits for a pipe's writer; what kind of file it is must be known before.
        var status = stat()
        guard unsafe stat(path, &status) == 0 else {
            throw CommandFailure(
                .badInput,
                errno == ENOENT
                    ? "\(path): there is no such file"
                    : "\(path): cannot be read: \(systemReason())")
        }
        let kind = status.st_mode & S_IFMT
        guard kind != S_IFDIR else {
            throw CommandFailure(.badInput, "\(path): is a directory, not a file")
        }
        guard kind == S_IFREG || kind == S_IFIFO else {
            throw CommandFailure(.badInput, "\(path): is not a regular file")
        }
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw CommandFailure(.badInput, "\(path): cannot be read: \(systemReason())")
        }
        defer { close(descriptor) }
        return try bytes(of: descriptor, limit: kind == S_IFIFO ? pipeBytes : .max, path)
    }

    /// How many bytes a pipe may give: what it will hold is not known before.
    private static let pipeBytes = 64 << 20
    private static let chunkBytes = 64 << 10

    /// The bytes of an open file to its end.
    private static func bytes(
        of descriptor: Int32, limit: Int, _ path: String
    ) throws -> [UInt8] {
        var found: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: chunkBytes)
        while true {
            let (count, code) = unsafe chunk.withUnsafeMutableBytes { buffer in
                let count = unsafe Foundation.read(descriptor, buffer.baseAddress, buffer.count)
                return (count, count < 0 ? errno : 0)
            }
            if count < 0 && code == EINTR { continue }
            guard count >= 0 else {
                throw CommandFailure(
                    .badInput,
                    "\(path): cannot be read: \(unsafe String(cString: strerror(code)))")
            }
            guard count > 0 else { return found }
            guard found.count + count <= limit else {
                throw CommandFailure(.badInput, "\(path): is longer than \(limit) bytes")
            }
            found += chunk.prefix(count)
        }
    }

    /// The system's words for the call that just failed.
    private static func systemReason() -> String { unsafe String(cString: strerror(errno)) }

    /// A directory's path without a slash at its end, so that names can follow one.
    static func directory(_ path: String) -> String {
        let stem = String(path.reversed().drop { $0 == "/" }.reversed())
        return stem.isEmpty && path.hasPrefix("/") ? "/" : stem
    }

    /// A path without turns, so that two names of one file are equal.
    static func place(_ path: String) -> String {
        URL(filePath: path).standardizedFileURL.resolvingSymlinksInPath().path(
            percentEncoded: false)
    }

    /// Refuses a path where no new key can be made, before anything is made.
    static func requireFree(_ path: String) throws {
        var status = stat()
        guard unsafe lstat(path, &status) != 0 else {
            throw CommandFailure(.badInput, "\(path): exists already; keys are never overwritten")
        }
        let folder = URL(filePath: path).deletingLastPathComponent().path(percentEncoded: false)
        guard errno == ENOENT, unsafe access(folder, W_OK | X_OK) == 0 else {
            throw CommandFailure(.unreachable, "\(path): cannot be written: \(systemReason())")
        }
    }

    /// Writes a file under its name only once it is whole.
    ///
    /// A file that is there is replaced only if it begins as one of the same kind does, and proofs
    /// only by those of the same thing, so that nothing is lost to a slip. Durably: it outlives a
    /// power cut.
    static func write(_ bytes: [UInt8], to path: String, durably: Bool = false) throws {
        if let attributes = try? FileManager.default.attributesOfItem(atPath: path) {
            let isFile = attributes[.type] as? FileAttributeType == .typeRegular
            let old = isFile ? try read(path) : []
            guard isFile, mayReplace(old, by: bytes) else {
                throw CommandFailure(
                    .badInput, "\(path): is there and is something else; choose another name")
            }
            if let other = thing(of: old), let own = thing(of: bytes), other != own {
                throw CommandFailure(
                    .badInput,
                    "\(path): holds the proof about \(other.uri); choose another name, or remove "
                        + "it first")
            }
        }
        if durably { return try DurableFile.replace(path, with: bytes) }
        do {
            try Data(bytes).write(to: URL(filePath: path), options: .atomic)
        } catch {
            throw CommandFailure(
                .unreachable, "\(path): cannot be written: \(SystemWords.reason(error))")
        }
    }

    /// Whether a file may give way to another: never a key or a genesis file, unless it is equal.
    private static func mayReplace(_ old: [UInt8], by new: [UInt8]) -> Bool {
        let isKept = old.starts(with: Array("---".utf8)) || old.starts(with: [0x84, 0x6F])
        let isAlike =
            old.starts(with: new.prefix(kindBytes))
            || FileKind.of(old) == .evidence && FileKind.of(new) == .evidence
        return old.isEmpty || old == new || !isKept && isAlike
    }

    /// What a file of proofs is about.
    private struct ProvenThing: Equatable {
        var uri: String
        /// Nil where the file does not name it.
        var network: Hash256?
    }

    /// What evidence or a dossier is about; nil for another file, and for one that is broken.
    private static func thing(of bytes: [UInt8]) -> ProvenThing? {
        switch FileKind.of(bytes) {
        case .evidence:
            let evidence = try? Evidence.decode(bytes)
            return evidence.map { ProvenThing(uri: $0.question.uri, network: $0.network) }
        case .dossier:
            let dossier = try? RecallDossier.decode(bytes)
            return dossier.map { ProvenThing(uri: $0.subject.uri) }
        default: return nil
        }
    }

    /// Writes a file that only its owner may read, and that must not exist yet.
    static func writePrivate(_ bytes: [UInt8], to path: String) throws {
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw CommandFailure(
                errno == EEXIST ? .badInput : .unreachable,
                errno == EEXIST
                    ? "\(path): exists already; keys are never overwritten"
                    : "\(path): cannot be written: \(systemReason())")
        }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        do {
            try file.write(contentsOf: Data(bytes))
            try file.synchronize()
        } catch {
            throw CommandFailure(
                .unreachable, "\(path): cannot be written: \(SystemWords.reason(error))")
        }
    }

    /// A private key, its passphrase taken from a file if one is given.
    static func signingKey(
        _ path: String, passphraseFile: String?, option: String = "--passphrase-file"
    ) throws -> SigningKey {
        let passphrase = try passphrase(passphraseFile)
        let pem = try read(path, as: .key)
        do {
            return try KeyFile.read(pem: pem, passphrase: passphrase)
        } catch {
            throw failure(error, of: path, "name a file that holds it with \(option)")
        }
    }

    /// An error of a key, with what to do where its passphrase is missing.
    private static func failure(
        _ error: KeyError, of path: String, _ advice: String
    ) -> CommandFailure {
        let isMissing = error.code == "key.passphrase-missing"
        let words = isMissing ? "\(error.reason): \(advice)" : error.reason
        return CommandFailure(.badInput, "\(path): \(words) (\(error.code))")
    }

    /// The passphrase in a file, without the line's end; nil without a file.
    static func passphrase(_ path: String?) throws -> [UInt8]? {
        guard let path else { return nil }
        var bytes = try read(path)
        while bytes.last == 0x0A || bytes.last == 0x0D { bytes.removeLast() }
        return bytes
    }

    /// The public key of a PEM file that holds it, or a private key that is not encrypted.
    static func publicKey(_ path: String) throws -> VerificationKey {
        let pem = try read(path, as: .key)
        do {
            return try KeyFile.readPublic(pem: pem)
        } catch {
            do {
                return try KeyFile.read(pem: pem, passphrase: nil).publicKey
            } catch {
                throw failure(
                    error, of: path,
                    "name a file that holds it with --passphrase-file, or give the public key")
            }
        }
    }

    /// A genesis file.
    static func genesis(_ path: String) throws -> GenesisFile {
        do {
            return try GenesisFile.decode(try read(path, as: .genesis))
        } catch let refusal as Refusal {
            throw CommandFailure(refusal, about: path)
        }
    }
}
