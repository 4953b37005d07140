/// What an organisation does in the trade (SPEC §9.1).
package enum OrganisationRole: String, Hashable, Sendable, CaseIterable {
    case supplier, carrier, wholesaler, retailer, certifier, accreditor, registrar
}
