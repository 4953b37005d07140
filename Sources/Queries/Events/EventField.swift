import EPCIS

/// What of an event a condition looks at (EPCIS 2.0 §8.2.7.1).
package enum EventField: Hashable, Sendable {
    /// `type`.
    case eventType
    /// `eventTime`.
    case eventTime
    /// When the node registered the event; never a member of the event itself.
    case recordTime
    /// `action`.
    case action
    /// `bizStep`.
    case bizStep
    /// `disposition`.
    case disposition
    /// `set` of `persistentDisposition`.
    case dispositionsSet
    /// `unset` of `persistentDisposition`.
    case dispositionsUnset
    /// `readPoint`.
    case readPoint
    /// `bizLocation`.
    case bizLocation
    /// `transformationID`.
    case transformationID
    /// `eventID`.
    case eventID
    /// EPCs in one or several lists.
    case epcs(Set<EPCList>)
    /// EPC classes in one or several quantity lists.
    case epcClasses(Set<QuantityList>)
    /// `quantity` of all quantity lists; with a unit, of elements of that unit.
    case quantity(uom: String?)
    /// Business transactions of a type, a canonical URI.
    case bizTransaction(type: String)
    /// Sources of a type, a canonical URI.
    case source(type: String)
    /// Destinations of a type, a canonical URI.
    case destination(type: String)
    /// Whether there is an error declaration.
    case errorDeclaration
    /// `declarationTime` of the error declaration.
    case declarationTime
    /// `reason` of the error declaration.
    case errorReason
    /// `correctiveEventIDs` of the error declaration.
    case correctiveEventID
    /// Whether there is a sensor element.
    case sensorElements
    /// A time of sensors.
    case sensorTime(SensorTime)
    /// `type` of sensor reports.
    case sensorType
    /// A text of sensor reports or metadata, by its name.
    case sensorText(String)
    /// A reference of sensor reports or metadata, by its name; identifiers in canonical form.
    case sensorReference(String)
    /// `booleanValue` of sensor reports.
    case sensorFlag
    /// A number of sensor reports, by its name; with a unit, of reports of that unit.
    case sensorNumber(String, uom: String?)
    /// A member that is not the standard's.
    case extended(ExtensionField)
    /// A member of a member that is not the standard's: what XML writes as attribute.
    case attribute([AttributeField])
    /// Names of the members of a top-level extension field.
    case attributeNames(FieldName)
}

/// The lists that name EPCs.
package enum EPCList: Hashable, Sendable, CaseIterable {
    /// `epcList`.
    case epcs
    /// `childEPCs`.
    case children
    /// `parentID`, as a list of one.
    case parent
    /// `inputEPCList`.
    case inputs
    /// `outputEPCList`.
    case outputs
}

/// The lists that name amounts of EPC classes.
package enum QuantityList: Hashable, Sendable, CaseIterable {
    /// `quantityList`.
    case quantities
    /// `childQuantityList`.
    case children
    /// `inputQuantityList`.
    case inputs
    /// `outputQuantityList`.
    case outputs
}

/// Times of sensor elements.
package enum SensorTime: Hashable, Sendable {
    /// `time` of metadata or of a report.
    case time
    /// `startTime` of metadata.
    case startTime
    /// `endTime` of metadata.
    case endTime
}

/// Where an extension field stands.
package enum ExtensionPlace: String, Hashable, Sendable, CaseIterable {
    /// In the event itself.
    case event = ""
    /// In `ilmd`.
    case masterData = "ILMD"
    /// In `errorDeclaration`.
    case errorDeclaration = "ERROR_DECLARATION"
    /// In an element of `sensorElementList`.
    case sensorElement = "SENSORELEMENT"
    /// In `sensorMetadata`.
    case sensorMetadata = "SENSORMETADATA"
    /// In an element of `sensorReport`.
    case sensorReport = "SENSORREPORT"
    /// In `readPoint`.
    case readPoint = "readPoint"
    /// In `bizLocation`.
    case bizLocation = "bizLocation"
}

/// The name of an extension field, as written and with its prefix replaced.
package struct FieldName: Hashable, Sendable {
    /// The full name, where the query defines the prefix; else as written.
    package let text: String

    init(_ text: String, _ prefixes: Prefixes) {
        if let (space, local) = prefixes.resolved(text) {
            self.text = space + local
        } else {
            self.text = text
        }
    }

    /// Whether a member's name means this field, by the prefixes of its event.
    ///
    /// EPCIS 1.x joins a name space and a name with `#`, JSON-LD with nothing: both count.
    func isMeant(by name: String, _ prefixes: Prefixes) -> Bool {
        if name.utf8.elementsEqual(text.utf8) { return true }
        guard let (space, local) = prefixes.resolved(name) else { return false }
        return text.utf8.elementsEqual((space + local).utf8)
            || text.utf8.elementsEqual((space + "#" + local).utf8)
    }
}

/// An extension field: where it stands, and how deep.
package struct ExtensionField: Hashable, Sendable {
    /// Where it stands.
    package let place: ExtensionPlace
    /// Whether it is inside other extension fields, at any depth, instead of at the place itself.
    package let isInner: Bool
    /// Its name.
    package let name: FieldName
}

/// A member of a top-level extension field.
package struct AttributeField: Hashable, Sendable {
    /// The extension field.
    package let field: FieldName
    /// The member.
    package let attribute: FieldName
}
