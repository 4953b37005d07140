/// What lenient reading changed in its view of a document (SPEC §8.5).
package struct Repair: Hashable, Sendable {
    /// Why: the list of SPEC §8.5.
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        /// A byte order mark before the text was passed over.
        case byteOrderMark = "repair.byte-order-mark"
        /// A text in UTF-16 was read as such.
        case encoding = "repair.encoding"
        /// An event without context got GS1's.
        case contextAdded = "repair.context-added"
        /// What is no context was left out of a context.
        case contextEntry = "repair.context-entry"
        /// A name in another spelling, such as `@type` or `isA` for `type`.
        case memberName = "repair.member-name"
        /// A name without prefix became `urn:cairn:unprefixed:` and the name.
        case extensionName = "repair.extension-name"
        /// A standard field that this event may not have was kept as an extension.
        case misplacedField = "repair.misplaced-field"
        /// A member was left out of an object that can have no others than the standard's.
        case memberLeftOut = "repair.member-left-out"
        /// A member that is `null`, or an empty text, list or object, was left out.
        case emptyLeftOut = "repair.empty-left-out"
        /// A repetition was left out of a list.
        case repetition = "repair.repetition"
        /// A value became a list of it alone.
        case listWrapped = "repair.list-wrapped"
        /// The text of a place became an object with `id`.
        case place = "repair.place"
        /// An event type in another spelling.
        case eventType = "repair.event-type"
        /// A word in the URN or web spelling became the bare word.
        case vocabulary = "repair.vocabulary"
        /// A word, action or unit in other letters.
        case wordSpelling = "repair.word-spelling"
        /// A UUID without scheme got `urn:uuid:`.
        case uuidScheme = "repair.uuid-scheme"
        /// Characters that a URI may not have were percent-encoded.
        case uriCharacters = "repair.uri-characters"
        /// White space around a value was cut off.
        case whiteSpace = "repair.white-space"
        /// A time in another form of ISO 8601.
        case timeForm = "repair.time-form"
        /// A time without zone got the event's.
        case zoneAdded = "repair.zone-added"
        /// An event without `eventTimeZoneOffset` got that of its time, or the caller's.
        case offsetAdded = "repair.offset-added"
        /// An offset in another form.
        case offsetForm = "repair.offset-form"
        /// A text became the number or truth value it writes.
        case unquoted = "repair.unquoted"
        /// A number became a text where only a text may stand.
        case quoted = "repair.quoted"
    }

    /// Why.
    package let kind: Kind
    /// The place in the document as it was, as JSON Pointer (RFC 6901).
    package let pointer: String
    /// The place in the event.
    package let field: String
    /// What stood there; nothing where something was added.
    package let before: JSONValue?
    /// What stands there in the view; nothing where something was left out.
    package let after: JSONValue?
}
