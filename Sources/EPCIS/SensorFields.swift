/// Checks sensor elements by the standard's structure (EPCIS 2.0 §7.3.7); nothing is computed.
///
/// The standard also asks that sensor times do not lie after the event's; GS1's own examples
/// break that, so it is left to those who judge the content.
enum SensorFields {
    /// One element of `sensorElementList`.
    static func element(_ value: JSONValue) throws(EPCISError) {
        let object = try ObjectReader(
            value, names: ["sensorMetadata", "sensorReport"], extensible: true)
        try object.read("sensorMetadata", metadata)
        try object.require("sensorReport", reports)
    }

    /// `sensorMetadata`.
    private static func metadata(_ value: JSONValue) throws(EPCISError) {
        let object = try ObjectReader(value, names: metadataNames, extensible: true)
        for name in metadataTimes { _ = try object.read(name, Scalars.time) }
        for name in metadataURIs { _ = try object.read(name, Scalars.uri) }
    }

    /// `sensorReport`, which must hold at least one.
    private static func reports(_ value: JSONValue) throws(EPCISError) {
        guard value.asArray != [] else {
            throw EPCISError("epcis.value", "the list must not be empty")
        }
        _ = try Scalars.list(value, report)
    }

    /// One element of `sensorReport`.
    private static func report(_ value: JSONValue) throws(EPCISError) {
        let object = try ObjectReader(value, names: reportNames, extensible: true)
        try object.require("type", measurementType)
        try object.read("exception", exception)
        _ = try object.read("time", Scalars.time)
        _ = try object.read("component", Vocabulary.component.read)
        for name in reportURIs { _ = try object.read(name, Scalars.uri) }
        for name in reportNumbers { try object.read(name, Scalars.number) }
        for name in reportStrings { _ = try object.read(name, Scalars.string) }
        try object.read("booleanValue", boolean)
        try object.read("hexBinaryValue", hexBinary)
    }

    static func measurementType(_ value: JSONValue) throws(EPCISError) {
        try word(value, of: measurementTypes, "measurement type")
    }

    static func exception(_ value: JSONValue) throws(EPCISError) {
        try word(value, of: ["ALARM_CONDITION", "ERROR_CONDITION"], "sensor alert type")
    }

    /// A word of the GS1 Web Vocabulary, or a URI outside the vocabulary's own namespace.
    private static func word(
        _ value: JSONValue, of words: Set<String>, _ name: String
    ) throws(EPCISError) {
        let text = try Scalars.string(value)
        if Vocabulary.contains(words, text) { return }
        let isRefused = vocabularyNamespaces.contains(where: text.lowercased().hasPrefix)
        guard !isRefused, URISyntax.isURI(text) else {
            throw EPCISError(
                "epcis.vocabulary",
                "\"\(JSONPath.shown(text))\" is neither a \(name) of the GS1 Web Vocabulary, "
                    + "as bare word, nor a URI of one's own")
        }
    }

    static func boolean(_ value: JSONValue) throws(EPCISError) {
        guard value.asBool != nil else { throw .format("true or false", value) }
    }

    static func hexBinary(_ value: JSONValue) throws(EPCISError) {
        let text = try Scalars.string(value)
        guard !text.isEmpty, text.utf8.allSatisfy(isHexDigit) else {
            throw EPCISError("epcis.value", "hexadecimal digits are expected here")
        }
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte | 0x20)
    }

    static let metadataTimes = ["time", "startTime", "endTime"]
    static let metadataURIs = [
        "deviceID", "deviceMetadata", "rawData", "dataProcessingMethod", "bizRules",
    ]
    private static let metadataNames = Set(metadataTimes + metadataURIs)

    static let reportURIs = [
        "deviceID", "deviceMetadata", "rawData", "dataProcessingMethod", "bizRules",
        "microorganism", "chemicalSubstance", "coordinateReferenceSystem", "uriValue",
    ]
    static let reportNumbers = [
        "value", "minValue", "maxValue", "meanValue", "sDev", "percRank", "percValue",
    ]
    static let reportStrings = ["stringValue", "uom"]
    static let reportNames = Set(
        reportURIs + reportNumbers + reportStrings
            + ["type", "exception", "time", "component", "booleanValue", "hexBinaryValue"])

    private static let vocabularyNamespaces = [
        "https://gs1.org/voc/", "http://gs1.org/voc/", "https://www.gs1.org/voc/",
        "http://www.gs1.org/voc/",
    ]

    static let measurementTypes = Vocabulary.wordSet(
        """
        AbsoluteHumidity AbsorbedDose AbsorbedDoseRate Acceleration Altitude AmountOfSubstance \
        AmountOfSubstancePerUnitVolume Angle AngularAcceleration AngularMomentum AngularVelocity \
        Area Capacitance Conductance Conductivity Count Density Dimensionless DoseEquivalent \
        DoseEquivalentRate DynamicViscosity ElectricCharge ElectricCurrent ElectricCurrentDensity \
        ElectricFieldStrength Energy Exposure Force Frequency Illuminance Inductance Irradiance \
        KinematicViscosity Length LinearMomentum Luminance LuminousFlux LuminousIntensity \
        MagneticFlux MagneticFluxDensity MagneticVectorPotential Mass MassConcentration \
        MassFlowRate MassPerAreaTime MemoryCapacity MolalityOfSolute MolarEnergy MolarMass \
        MolarVolume Power Pressure RadiantFlux RadiantIntensity Radioactivity RelativeHumidity \
        Resistance Resistivity SolidAngle SpecificVolume Speed SurfaceDensity SurfaceTension \
        Temperature Time Torque Voltage Volume VolumeFlowRate VolumeFraction VolumetricFlux \
        Wavenumber
        """)
}
