import EPCIS
import Foundation
package import Logging
import Queries

/// Writes one line for each event: text for people, or a JSON object for collectors (SPEC §18).
///
/// `code` is stable and names the kind of event; texts are not. No key, passphrase, token or
/// content of a record is ever given to it.
package struct EventLog: LogHandler {
    /// How a line looks.
    package enum Form: String, Hashable, Sendable {
        /// `time level code message field=value …`
        case text
        /// `{"time":…,"level":…,"code":…,"message":…, fields…}`
        case json
    }

    /// The code of an event that names none.
    static let otherCode = "log.event"

    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?
    package var logLevel: Logger.Level
    private let form: Form
    private let label: String
    private let nowMilliseconds: @Sendable () -> UInt64
    private let write: @Sendable ([UInt8]) -> Void

    /// A log in a form; `write` takes whole lines and may be called from anywhere at once.
    package init(
        label: String, form: Form, level: Logger.Level,
        nowMilliseconds: @escaping @Sendable () -> UInt64 = SystemClock.nowMilliseconds,
        write: @escaping @Sendable ([UInt8]) -> Void = EventLog.toStandardError
    ) {
        self.label = label
        self.form = form
        self.logLevel = level
        self.nowMilliseconds = nowMilliseconds
        self.write = write
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var fields = metadata
        for (key, value) in metadataProvider?.get() ?? [:] { fields[key] = value }
        for (key, value) in event.metadata ?? [:] { fields[key] = value }
        let code = fields.removeValue(forKey: "code")?.description ?? Self.otherCode
        let time = Timestamp.text(milliseconds: Int64(clamping: nowMilliseconds()))
        let sorted = fields.sorted { $0.key < $1.key }
        switch form {
        case .text:
            var line = "\(time) \(event.level) \(code) \(Self.oneLine("\(event.message)"))"
            for (key, value) in sorted { line += " \(key)=\(Self.oneLine("\(value)"))" }
            write(Array((line + "\n").utf8))
        case .json:
            var members = [
                JSONMember("time", .string(time)),
                JSONMember("level", .string(event.level.rawValue)),
                JSONMember("code", .string(code)),
                JSONMember("message", .string("\(event.message)")),
            ]
            let taken = Set(members.map(\.name))
            for (key, value) in sorted {
                let name = taken.contains(key) ? "field_" + key : key
                members.append(JSONMember(name, Self.json(value)))
            }
            write(JSONValue.object(members).serialized() + [0x0A])
        }
    }

    /// What came from outside must not begin a line of its own.
    private static func oneLine(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : $0 }))
    }

    private static func json(_ value: Logger.Metadata.Value) -> JSONValue {
        switch value {
        case .string(let text): .string(text)
        case .stringConvertible(let value):
            (value as? any BinaryInteger).map { .number(JSONNumber($0)) } ?? .string("\(value)")
        default: .string("\(value)")
        }
    }

    /// Writes a line to standard error in one call, so that lines of many threads do not mix.
    @Sendable package static func toStandardError(_ line: [UInt8]) {
        // A log that cannot be written must not stop the node.
        _ = unsafe line.withUnsafeBytes { unsafe Foundation.write(2, $0.baseAddress, $0.count) }
    }
}
