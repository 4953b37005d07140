import Foundation
import Signatures
import Testing

/// PEM key files: our own, and those of the `openssl` command.
@Suite struct KeyFileTests {
    @Test(arguments: SignatureAlgorithm.allCases)
    func `a key is written and read back, plain and encrypted`(
        algorithm: SignatureAlgorithm
    ) throws {
        let key = try testKey(algorithm)
        let plain = try KeyFile.write(key)
        #expect(String(decoding: plain, as: UTF8.self).hasPrefix("-----BEGIN PRIVATE KEY-----\n"))
        let again = try KeyFile.read(pem: plain)
        #expect(again.publicKey == key.publicKey && again.saltSecret == key.saltSecret)

        let sealed = try KeyFile.write(key, passphrase: Array("correct horse".utf8))
        #expect(
            String(decoding: sealed, as: UTF8.self)
                .hasPrefix("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"))
        let opened = try KeyFile.read(pem: sealed, passphrase: Array("correct horse".utf8))
        #expect(opened.publicKey == key.publicKey && opened.saltSecret == key.saltSecret)

        let shared = KeyFile.writePublic(key.publicKey)
        #expect(try KeyFile.readPublic(pem: shared) == key.publicKey)
    }

    @Test func `the same key is never encrypted to the same file`() throws {
        let key = try testKey(.ed25519)
        let passphrase = Array("correct horse".utf8)
        #expect(
            try KeyFile.write(key, passphrase: passphrase)
                != KeyFile.write(key, passphrase: passphrase))
    }

    @Test func `a wrong, missing or unusable passphrase is told apart`() throws {
        let key = try testKey(.ed25519)
        let sealed = try KeyFile.write(key, passphrase: Array("correct horse".utf8))
        func code(_ passphrase: [UInt8]?) -> String? {
            keyRefusal { () throws(KeyError) in
                _ = try KeyFile.read(pem: sealed, passphrase: passphrase)
            }
        }
        #expect(code(Array("incorrect horse".utf8)) == "key.passphrase")
        #expect(code(Array("correct hors".utf8)) == "key.passphrase")
        #expect(code(nil) == "key.passphrase-missing")
        #expect(code([]) == "key.passphrase-form")
        #expect(code([0x61, 0, 0x62]) == "key.passphrase-form")
        let long = [UInt8](repeating: 0x61, count: 1025)
        #expect(code(long) == "key.passphrase-form")
        #expect(
            keyRefusal { () throws(KeyError) in _ = try KeyFile.write(key, passphrase: long) }
                == "key.passphrase-form")
        let longest = Array(long.dropLast())
        let file = try KeyFile.write(key, passphrase: longest)
        #expect(try KeyFile.read(pem: file, passphrase: longest).publicKey == key.publicKey)
        #expect(
            keyRefusal { () throws(KeyError) in
                _ = try KeyFile.read(pem: file, passphrase: Array(longest.dropLast()))
            } == "key.passphrase")
    }

    @Test func `a file that holds something else says so`() throws {
        let key = try testKey(.ed25519)
        let own = try KeyFile.write(key)
        let shared = KeyFile.writePublic(key.publicKey)
        func reason(_ pem: [UInt8]) -> String {
            keyError { () throws(KeyError) in _ = try KeyFile.read(pem: pem) }?.reason ?? ""
        }
        func block(_ label: String) -> [UInt8] {
            Array("-----BEGIN \(label)-----\nAAAA\n-----END \(label)-----\n".utf8)
        }
        #expect(reason(shared).contains("a public key; a private key is needed"))
        #expect(reason(block("CERTIFICATE")).contains("a certificate"))
        #expect(reason(block("OPENSSH PRIVATE KEY")).contains("an OpenSSH key"))
        #expect(reason(block("PGP MESSAGE")).contains("PGP MESSAGE"))
        #expect(reason([]).contains("not a PEM file"))
        #expect(reason(own + own).contains("2 private keys"))
        #expect(reason(block("PRIVATE KEY")).contains("damaged"))
        #expect(reason([UInt8](repeating: 0x20, count: 65_537)).contains("65536"))
        let swapped = keyError { () throws(KeyError) in _ = try KeyFile.readPublic(pem: own) }
        #expect(swapped?.reason.contains("a private key; a public key is needed") == true)
    }

    @Test func `each changed character of the base64 is refused or gives another key`() throws {
        let key = try testKey(.ed25519)
        let file = try KeyFile.write(key)
        let body = try #require(file.firstIndex(of: 0x0a)) + 1..<(file.count - 27)
        #expect(body.count == 64)
        for index in body {
            var damaged = file
            damaged[index] ^= 1
            guard let read = try? KeyFile.read(pem: damaged) else { continue }
            #expect(read.publicKey != key.publicKey, "byte \(index)")
        }
    }

    // MARK: - The openssl command

    static let openSSL: String? = ["/usr/bin/openssl", "/usr/local/bin/openssl"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    /// Runs `openssl` on an input and gives its output.
    private func run(_ arguments: [String], input: [UInt8] = []) throws -> [UInt8] {
        let process = Process()
        process.executableURL = URL(filePath: Self.openSSL ?? "")
        process.arguments = arguments
        let (stdin, stdout) = (Pipe(), Pipe())
        (process.standardInput, process.standardOutput) = (stdin, stdout)
        process.standardError = FileHandle.nullDevice
        try process.run()
        try stdin.fileHandleForWriting.write(contentsOf: Data(input))
        try stdin.fileHandleForWriting.close()
        let output = try stdout.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "openssl \(arguments)")
        return [UInt8](output)
    }

    static let generations: [(SignatureAlgorithm, [String])] = [
        (.ed25519, ["genpkey", "-algorithm", "ed25519"]),
        (.esp256, ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]),
    ]

    @Test(.enabled(if: openSSL != nil), arguments: generations)
    func `openssl's keys are read, plain, encrypted both ways, and traditional`(
        algorithm: SignatureAlgorithm, generate: [String]
    ) throws {
        let plain = try run(generate)
        let key = try KeyFile.read(pem: plain)
        #expect(key.algorithm == algorithm)
        let shared = try run(["pkey", "-pubout"], input: plain)
        #expect(try KeyFile.readPublic(pem: shared) == key.publicKey)
        #expect(KeyFile.writePublic(key.publicKey) == shared)
        #expect(try KeyFile.write(key) == plain)
        let pbkdf2 = try run(
            [
                "pkcs8", "-topk8", "-v2", "aes-256-cbc", "-v2prf", "hmacWithSHA256", "-passout",
                "pass:horse",
            ], input: plain)
        let scrypt = try run(
            ["pkcs8", "-topk8", "-scrypt", "-passout", "pass:horse"], input: plain)
        for file in [pbkdf2, scrypt] {
            #expect(
                try KeyFile.read(pem: file, passphrase: Array("horse".utf8)).publicKey
                    == key.publicKey)
        }
        guard algorithm == .esp256 else { return }
        let traditional = try run(["ec"], input: plain)
        #expect(try KeyFile.read(pem: traditional).publicKey == key.publicKey)
        let sealed = try run(["ec", "-aes256", "-passout", "pass:horse"], input: plain)
        #expect(
            keyRefusal { () throws(KeyError) in _ = try KeyFile.read(pem: sealed) }
                == "key.passphrase-missing")
        #expect(
            try KeyFile.read(pem: sealed, passphrase: Array("horse".utf8)).publicKey
                == key.publicKey)
    }

    @Test(.enabled(if: openSSL != nil), arguments: SignatureAlgorithm.allCases)
    func `openssl reads our keys, plain and encrypted`(algorithm: SignatureAlgorithm) throws {
        let key = try testKey(algorithm)
        let shared = KeyFile.writePublic(key.publicKey)
        #expect(try run(["pkey", "-pubout"], input: KeyFile.write(key)) == shared)
        let sealed = try KeyFile.write(key, passphrase: Array("correct horse".utf8))
        let opened = try run(["pkey", "-passin", "pass:correct horse", "-pubout"], input: sealed)
        #expect(opened == shared)
        let parsed = String(
            decoding: try run(["asn1parse"], input: sealed), as: UTF8.self)
        #expect(parsed.contains("PBES2") && parsed.contains(":scrypt"))
        #expect(parsed.contains("aes-256-cbc"))
    }

    @Test(.enabled(if: openSSL != nil))
    func `openssl's keys of other kinds are named in the refusal`() throws {
        let kinds: [([String], String)] = [
            (
                ["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"],
                "this PEM holds an RSA key; Cairn uses Ed25519 or P-256"
            ),
            (["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"], "secp384r1"),
            (["genpkey", "-algorithm", "ed448"], "ED448"),
            (["genpkey", "-algorithm", "x25519"], "X25519"),
        ]
        for (generate, words) in kinds {
            let pem = try run(generate)
            let refusal = keyError { () throws(KeyError) in _ = try KeyFile.read(pem: pem) }
            #expect(refusal?.code == "key.algorithm")
            #expect(refusal?.reason.contains(words) == true, "\(String(describing: refusal))")
            let shared = try run(["pkey", "-pubout"], input: pem)
            #expect(
                keyRefusal { () throws(KeyError) in _ = try KeyFile.readPublic(pem: shared) }
                    == "key.algorithm")
        }
    }
}
