import DeterministicCBOR
import Records

/// Signed submissions and the file they come from.
struct SignedFile {
    /// The file's path as given.
    let name: String
    /// Its submissions, in order.
    let submissions: [Submission]

    /// What each submission is called in messages.
    var statementNames: [String] {
        submissions.indices.map { "\(name): statement \($0 + 1) of \(submissions.count)" }
    }

    /// Wraps submissions.
    init(name: String, submissions: [Submission]) {
        self.name = name
        self.submissions = submissions
    }

    /// Reads a file that `cairn sign` wrote.
    init(reading path: String) throws {
        let bytes = try Files.read(path)
        if FileKind.of(bytes) == .json {
            throw CommandFailure(
                .badInput, "\(path): is JSON; give --key, --issuer and --genesis to sign it")
        }
        var rest = try Files.check(bytes, of: path, as: .submissions)[...]
        var found: [Submission] = []
        while !rest.isEmpty {
            let place = "\(path): statement \(found.count + 1)"
            do {
                let (value, end) = try CBORValue.decodePrefix(rest)
                found.append(try Submission.decode(value.encoded()))
                rest = rest[end...]
            } catch let error as CBORError {
                throw CommandFailure(
                    .badInput, "\(place): \(error.reason) at byte \(error.offset) (\(error.code))")
            } catch let refusal as Refusal {
                throw CommandFailure(refusal, about: place)
            }
        }
        self.init(name: path, submissions: found)
    }
}
