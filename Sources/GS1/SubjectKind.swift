/// What a canonical identifier identifies (SPEC §4.1).
package enum SubjectKind: UInt8, Hashable, Sendable, CaseIterable {
    /// A lot of one product: GTIN or ITIP with a lot (AI 10).
    case batch = 0
    /// One serialised thing: GTIN or ITIP with a serial (21), UPUI (235), CPID with serial (8011).
    case item = 1
    /// A logistic unit: SSCC.
    case logisticUnit = 2
    /// A class of things: GTIN or ITIP without lot and serial, CPID without serial.
    case product = 3
    /// A physical location: GLN under AI 414, with or without extension (254).
    case site = 4
    /// A party: GLN under AI 417.
    case organisation = 5
    /// A document: GDTI.
    case document = 6
    /// An asset: GRAI or GIAI.
    case asset = 7
    /// Every other GS1 key, and every other URI.
    case other = 8
}
