package import EPCIS
import GS1

/// The kinds of values that are listed (SPEC §17.2).
package enum ValueKind: String, Hashable, Sendable, CaseIterable {
    /// What the lists of EPCs name.
    case epc
    /// Business steps.
    case bizStep
    /// Dispositions.
    case disposition
    /// Read points.
    case readPoint
    /// Business locations.
    case bizLocation

    /// The kind of term under which the views list such values; EPCs are in the flows.
    var term: TermKind? {
        switch self {
        case .epc: nil
        case .bizStep: .bizStep
        case .disposition: .disposition
        case .readPoint: .readPoint
        case .bizLocation: .bizLocation
        }
    }

    /// The values that an event has.
    package func values(of event: EPCISEvent) -> [String] {
        switch self {
        case .epc:
            let epcs =
                event.epcList + event.childEPCs + event.inputEPCList + event.outputEPCList
            return (epcs + [event.parentID].compactMap(\.self)).map(\.uri)
        case .bizStep: return [event.bizStep].compactMap(\.self)
        case .disposition: return [event.disposition].compactMap(\.self)
        case .readPoint: return [event.readPoint?.uri].compactMap(\.self)
        case .bizLocation: return [event.bizLocation?.uri].compactMap(\.self)
        }
    }
}
