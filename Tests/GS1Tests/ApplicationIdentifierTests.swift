import GS1
import Support
import Testing

@Suite struct ApplicationIdentifierTests {
    /// The published dictionary's lines without the attributes the module leaves out.
    private static func publishedRows() throws -> [(codes: String, flags: String, spec: [String])] {
        let text = String(
            decoding: try Vectors.bytes("digital-link/gs1-syntax-dictionary.txt"), as: UTF8.self)
        return text.split(separator: "\n").filter { !$0.hasPrefix("#") }.compactMap { line in
            let words = line.prefix { $0 != "#" }.split(separator: " ").map(String.init)
            guard let codes = words.first else { return nil }
            let flags = words.dropFirst().first { $0.allSatisfy { "*?".contains($0) } } ?? ""
            let spec = words.dropFirst().filter { word in
                word.first.map { "NXYZ[".contains($0) } ?? false
            }
            return (codes, flags, spec)
        }
    }

    @Test func `the embedded table has every identifier of the published dictionary`() throws {
        var count = 0
        for row in try Self.publishedRows() {
            let ends = row.codes.split(separator: "-").compactMap { Int($0) }
            let codes = ends.count == 2 ? (ends[0]...ends[1]).map(String.init) : [row.codes]
            for code in codes {
                let identifier = try #require(ApplicationIdentifier.named(code), "\(code)")
                #expect(identifier.isDataAttribute == row.flags.contains("?"), "\(code)")
                #expect(identifier.hasPredefinedLength == row.flags.contains("*"), "\(code)")
                #expect(identifier.components.map(Self.written) == row.spec, "\(code)")
                count += 1
            }
        }
        #expect(count == ApplicationIdentifier.all.count)
        #expect(count == Set(ApplicationIdentifier.all.map(\.code)).count)
        #expect(count > 480)
    }

    /// A component in the dictionary's syntax.
    private static func written(_ component: ElementComponent) -> String {
        let (least, most) = (component.length.lowerBound, component.length.upperBound)
        let format = "\(component.characters.rawValue)" + (least == most ? "" : "..") + "\(most)"
        let isSet = component.isOptional
        return ([isSet ? "[\(format)]" : format] + component.rules).joined(separator: ",")
    }

    @Test func `sixteen keys open a Digital Link, with their qualifiers in order`() {
        let keys = ApplicationIdentifier.all.filter { $0.qualifierSequences != nil }
        #expect(
            keys.map(\.code) == [
                "00", "01", "253", "255", "401", "402", "414", "415", "417", "8003", "8004",
                "8006", "8010", "8013", "8017", "8018",
            ])
        #expect(
            ApplicationIdentifier.named("01")?.qualifierSequences == [["22", "10", "21"], ["235"]])
        #expect(ApplicationIdentifier.named("414")?.qualifierSequences == [["254"], ["7040"]])
        #expect(ApplicationIdentifier.named("00")?.qualifierSequences == [])
        #expect(ApplicationIdentifier.named("01")?.title == "GTIN")
        #expect(ApplicationIdentifier.named("09") == nil)
    }

    @Test(arguments: [
        ("422", "276", true), ("422", "27", false), ("422", "2760", false), ("422", "DE0", false),
        ("423", "276", true), ("423", "276056040528250", true), ("423", "2760", false),
        ("423", "276056040528250100", false),
        ("7030", "276ABC", true), ("7030", "276", false), ("7030", "27A", false),
        ("3103", "000195", true), ("3103", "195", false), ("37", "25", true),
        ("8011", "0", true), ("8011", "10", true), ("8011", "01", false),
        ("8006", "040123451234560202", true), ("8006", "040123451234560302", false),
        ("8003", "04012345000221", true), ("8003", "0401234500022133", true),
        ("8003", "14012345000221", false), ("8013", "2K", false), ("8030", "aZ_-09", true),
        ("8030", "a+b", false), ("10", "", false), ("253", "1231231231232", true),
    ])
    func `a value is checked against its format`(code: String, value: String, isValid: Bool) throws
    {
        let identifier = try #require(ApplicationIdentifier.named(code))
        let result = Result { try identifier.check(Array(value.utf8)) }
        #expect(((try? result.get()) != nil) == isValid)
    }
}
