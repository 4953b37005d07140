/// Bounds on one JSON text, all checked before memory is taken.
package struct JSONLimits: Hashable, Sendable {
    /// How deeply arrays and objects may nest; 64, and never above `depthCeiling`.
    package var depth = 64
    /// Bytes of the whole text; 16 MiB.
    package var byteCount = 16 << 20
    /// Values in the whole text, containers included; one million.
    package var valueCount = 1_000_000
    /// UTF-8 bytes of one string value in its source form; 1 MiB.
    package var stringByteCount = 1 << 20
    /// UTF-8 bytes of one member name in its source form; 2,048.
    package var nameByteCount = 2048
    /// Bytes of one number's text; 128.
    package var numberByteCount = 128

    /// The depth no caller can exceed: reading is recursive and must fit any thread's stack.
    package static let depthCeiling = 256

    /// The default limits.
    package init() {}
}

/// Why a text is not acceptable JSON, and where.
package struct JSONError: Error, Hashable, Sendable {
    /// The stable code: `json.syntax`, `json.truncated`, `json.trailing-bytes`,
    /// `json.byte-order-mark`, `json.invalid-utf8`, `json.invalid-escape`, `json.lone-surrogate`,
    /// `json.control-character`, `json.invalid-number`, `json.duplicate-name` or, for a limit,
    /// `json.too-large`, `json.too-deep`, `json.too-many-values`, `json.string-too-long`,
    /// `json.name-too-long`, `json.number-too-long`.
    package let code: String
    /// The offset in bytes at which reading stopped.
    package let offset: Int
    /// The JSON path of the value being read: `epcisBody.eventList[3].action`; empty at the top.
    package let path: String
    /// What is wrong, for a person.
    package let reason: String
}
