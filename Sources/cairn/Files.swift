import Foundation
import Records
import Signatures

/// Reading and writing files with errors that name them; what is written is written whole.
enum Files {
    /// How many bytes tell what kind of file one is.
    private static let kindBytes = 3

    /// The bytes of a file.
    static func read(_ path: String) throws -> [UInt8] {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        guard let type = attributes?[.type] as? FileAttributeType else {
            throw CommandFailure(.badInput, "\(path): there is no such file")
        }
        guard type != .typeDirectory else {
            throw CommandFailure(.badInput, "\(path): is a directory, not a file")
        }
        do {
            return [UInt8](try Data(contentsOf: URL(filePath: path)))
        } catch {
            throw CommandFailure(.badInput, "\(path): cannot be read: \(reason(error))")
        }
    }

    /// Writes a file under its name only once it is whole.
    ///
    /// A file that is there is replaced only if it begins as one of the same kind does, so that no
    /// input, key or stranger's file is lost to a slip.
    static func write(_ bytes: [UInt8], to path: String) throws {
        if let attributes = try? FileManager.default.attributesOfItem(atPath: path) {
            let isFile = attributes[.type] as? FileAttributeType == .typeRegular
            guard isFile, mayReplace(try read(path), by: bytes) else {
                throw CommandFailure(
                    .badInput, "\(path): is there and is something else; choose another name")
            }
        }
        do {
            try Data(bytes).write(to: URL(filePath: path), options: .atomic)
        } catch {
            throw CommandFailure(.unreachable, "\(path): cannot be written: \(reason(error))")
        }
    }

    /// Whether a file may give way to another: never a key or a genesis file, unless it is equal.
    private static func mayReplace(_ old: [UInt8], by new: [UInt8]) -> Bool {
        let isKept = old.starts(with: Array("---".utf8)) || old.starts(with: [0x84, 0x6F])
        return old.isEmpty || old == new || !isKept && old.starts(with: new.prefix(kindBytes))
    }

    /// Writes a file that only its owner may read, and that must not exist yet.
    static func writePrivate(_ bytes: [UInt8], to path: String) throws {
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw CommandFailure(
                errno == EEXIST ? .badInput : .unreachable,
                errno == EEXIST
                    ? "\(path): exists already; keys are never overwritten"
                    : "\(path): cannot be written: \(unsafe String(cString: strerror(errno)))")
        }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        do {
            try file.write(contentsOf: Data(bytes))
            try file.synchronize()
        } catch {
            throw CommandFailure(.unreachable, "\(path): cannot be written: \(reason(error))")
        }
    }

    /// A private key, its passphrase taken from a file if one is given.
    static func signingKey(_ path: String, passphraseFile: String?) throws -> SigningKey {
        let passphrase = try passphrase(passphraseFile)
        let pem = try read(path, as: .key)
        do {
            return try KeyFile.read(pem: pem, passphrase: passphrase)
        } catch {
            throw CommandFailure(.badInput, "\(path): \(error.reason) (\(error.code))")
        }
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
                throw CommandFailure(.badInput, "\(path): \(error.reason) (\(error.code))")
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

    private static func reason(_ error: any Error) -> String {
        let error = error as NSError
        let underlying = error.userInfo[NSUnderlyingErrorKey] as? NSError
        return underlying?.localizedDescription ?? error.localizedDescription
    }
}
