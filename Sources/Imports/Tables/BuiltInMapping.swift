import GS1

/// The mappings that the program brings along, for lists as companies keep them.
///
/// They stand in the program itself, so that one file is all there is to install; `cairn import
/// --show-mapping NAME` writes one out, to be changed for a list with other columns.
package enum BuiltInMapping: String, CaseIterable, Sendable {
    /// What was sent, when, from where, to whom.
    case shipmentList = "shipment-list"
    /// What was made of what.
    case productionList = "production-list"
    /// Sites with their GLN.
    case siteList = "site-list"
    /// Sites that have no number: each is known by its row.
    case openSiteList = "site-list-without-gln"

    /// The mapping's JSON.
    package var json: String {
        switch self {
        case .shipmentList: Self.shipments
        case .productionList: Self.production
        case .siteList:
            Self.sites(
                name: rawValue, description: "Sites with their GLN, as master data.",
                column: #""gln": { "header": ["GLN", "Site GLN"], "type": "gln" },"#,
                subject: "https://id.gs1.org/414/{gln}")
        case .openSiteList:
            Self.sites(
                name: rawValue,
                description: "Sites without number: another name or address is another site.",
                column: "", subject: "urn:uuid:{row.uuid}")
        }
    }

    /// Units as people write them.
    ///
    /// Fields are compared whatever their capitals, so that `mg` is not
    /// taken: `Mg` is a tonne.
    private static let units =
        "{ "
        + UnitCode.spellings.filter { $0.key != "mg" }.map { "\"\($0.key)\": \"\($0.value)\"" }
        .joined(separator: ", ") + " }"

    private static let shipments = #"""
        {
          "cairnMapping": 1,
          "name": "shipment-list",
          "description": "One row for each batch or logistic unit that was sent.",
          "table": {
            "delimiter": ",", "decimal": ".", "dateFormat": "yyyy-MM-dd HH:mm", "zone": "UTC"
          },
          "columns": {
            "shipped": { "header": ["Shipped", "Ship date"], "type": "time" },
            "site": { "header": ["From site GLN", "From GLN"], "type": "gln" },
            "sender": { "header": ["Sender GLN", "Sender"], "type": "gln", "optional": true },
            "receiver": { "header": ["Receiver GLN", "Receiver"], "type": "gln" },
            "place": { "header": ["To site GLN", "To GLN"], "type": "gln", "optional": true },
            "gtin": { "header": "GTIN", "type": "gtin", "optional": true },
            "lot": { "header": ["Lot", "Batch"], "optional": true },
            "quantity": { "header": "Quantity", "type": "number", "optional": true },
            "unit": {
              "header": "Unit", "type": "unit", "optional": true,
              "values": \#(units)
            },
            "sscc": { "header": "SSCC", "type": "sscc", "optional": true },
            "note": { "header": ["Delivery note", "Despatch advice"], "optional": true }
          },
          "event": {
            "type": "ObjectEvent",
            "eventTime": "{shipped}",
            "eventTimeZoneOffset": "{shipped.offset}",
            "action": "OBSERVE",
            "bizStep": "shipping",
            "disposition": "in_transit",
            "readPoint": { "id": "https://id.gs1.org/414/{site}" },
            "epcList": ["https://id.gs1.org/00/{sscc}"],
            "quantityList": [
              {
                "epcClass": "https://id.gs1.org/01/{gtin}/10/{lot}",
                "quantity": "{quantity?}",
                "uom": "{unit?}"
              }
            ],
            "bizTransactionList": [
              { "type": "desadv", "bizTransaction": "urn:epcglobal:cbv:bt:{site}:{note}" }
            ],
            "sourceList": [
              { "type": "possessing_party", "source": "https://id.gs1.org/417/{sender}" },
              { "type": "location", "source": "https://id.gs1.org/414/{site}" }
            ],
            "destinationList": [
              { "type": "possessing_party", "destination": "https://id.gs1.org/417/{receiver}" },
              { "type": "location", "destination": "https://id.gs1.org/414/{place}" }
            ]
          }
        }
        """#

    private static let production = #"""
        {
          "cairnMapping": 1,
          "name": "production-list",
          "description": "One row for each input, output or pair; an order's rows are one process.",
          "table": {
            "delimiter": ",", "decimal": ".", "dateFormat": "yyyy-MM-dd HH:mm", "zone": "UTC"
          },
          "columns": {
            "made": { "header": ["Produced", "Production date"], "type": "time" },
            "site": { "header": ["Site GLN", "GLN"], "type": "gln" },
            "order": { "header": ["Order", "Production order"] },
            "inGTIN": { "header": "Input GTIN", "type": "gtin", "optional": true },
            "inLot": { "header": "Input lot", "optional": true },
            "inQuantity": { "header": "Input quantity", "type": "number", "optional": true },
            "inUnit": {
              "header": "Input unit", "type": "unit", "optional": true,
              "values": \#(units)
            },
            "outGTIN": { "header": "Output GTIN", "type": "gtin", "optional": true },
            "outLot": { "header": "Output lot", "optional": true },
            "outQuantity": { "header": "Output quantity", "type": "number", "optional": true },
            "outUnit": {
              "header": "Output unit", "type": "unit", "optional": true,
              "values": \#(units)
            }
          },
          "event": {
            "type": "TransformationEvent",
            "eventTime": "{made}",
            "eventTimeZoneOffset": "{made.offset}",
            "transformationID": "urn:epcglobal:cbv:bt:{site}:{order}",
            "bizLocation": { "id": "https://id.gs1.org/414/{site}" },
            "inputQuantityList": [
              {
                "epcClass": "https://id.gs1.org/01/{inGTIN}/10/{inLot}",
                "quantity": "{inQuantity?}",
                "uom": "{inUnit?}"
              }
            ],
            "outputQuantityList": [
              {
                "epcClass": "https://id.gs1.org/01/{outGTIN}/10/{outLot}",
                "quantity": "{outQuantity?}",
                "uom": "{outUnit?}"
              }
            ]
          }
        }
        """#

    private static func sites(
        name: String, description: String, column: String, subject: String
    ) -> String {
        """
        {
          "cairnMapping": 1,
          "name": "\(name)",
          "description": "\(description)",
          "table": { "delimiter": ",", "decimal": ".", "dateFormat": "yyyy-MM-dd" },
          "columns": {
            \(column)
            "name": { "header": ["Name", "Site name", "Facility name"] },
            "address": { "header": ["Address", "Street"], "optional": true },
            "postalCode": { "header": ["Postal code", "Zip"], "optional": true },
            "city": { "header": ["City", "Town"], "optional": true },
            "region": { "header": ["Region", "State"], "optional": true },
            "country": {
              "header": ["Country", "Country code"], "type": "country", "optional": true
            },
            "latitude": { "header": ["Latitude", "Lat"], "type": "latitude", "optional": true },
            "longitude": {
              "header": ["Longitude", "Lng", "Lon"], "type": "longitude", "optional": true
            },
            "outline": { "header": ["Geometry", "GeoJSON"], "type": "geometry", "optional": true },
            "sector": { "header": ["Sector"], "optional": true },
            "since": { "header": ["Valid from"], "type": "date", "optional": true }
          },
          "masterData": {
            "kind": "site",
            "subject": "\(subject)",
            "validFrom": "{since}",
            "names": { "und": "{name}" },
            "address": {
              "streetAddress": "{address?}",
              "postalCode": "{postalCode?}",
              "addressLocality": "{city?}",
              "addressRegion": "{region?}",
              "countryCode": "{country?}"
            },
            "latitude": "{latitude}",
            "longitude": "{longitude}",
            "geometry": "{outline}",
            "attributes": { "sector": "{sector?}" }
          }
        }
        """
    }
}
