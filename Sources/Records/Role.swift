/// What a part does to the subject of a row (SPEC §6).
package enum Role: UInt8, Hashable, Sendable, CaseIterable {
    /// The subject comes into being.
    case create = 0
    /// The subject is used up.
    case consume = 1
    /// The subject changes place or hands.
    case move = 2
    /// Certified volume is allotted to the subject.
    case allocate = 3
    /// Something is asserted about the subject.
    case assert = 4
    /// The subject is named.
    case mention = 5
}
