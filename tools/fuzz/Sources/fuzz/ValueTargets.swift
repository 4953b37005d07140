import DeterministicCBOR
import EPCIS
import GS1
import MerkleTrees
import Signatures

extension FuzzTarget {
    /// CBOR values, alone and at the head of a sequence, under wide and narrow limits.
    static let cbor = FuzzTarget("cbor", byteLimit: 4_096, pools: [.bytes]) { bytes in
        do throws(CBORError) {
            let value = try CBORValue.decode(bytes)
            expect(value.encoded() == bytes, "what is decoded encodes to the same bytes")
            let (first, end) = try CBORValue.decodePrefix((bytes + [0])[...])
            expect(first == value && end == bytes.count, "a value begins its sequence")
            do throws(CBORError) {
                _ = try CBORValue.decode(Array(bytes.dropLast()))
                violated("a value without its last byte is none")
            } catch {
                expect(error.kind == .truncated, "a value without its last byte is cut off")
            }
        } catch {
            expectCoded(error.code, error.reason)
            expect((0...bytes.count).contains(error.offset), "an error lies in the input")
        }
        let narrow = CBORLimits(depth: 3, items: 12, byteCount: 64)
        if let value = try? CBORValue.decode(bytes, limits: narrow) {
            expect(bytes.count <= 64, "a limit on bytes holds")
            expect((try? CBORValue.decode(bytes)) == value, "wider limits give the same value")
        }
    }

    /// JSON texts.
    static let json = FuzzTarget("json", byteLimit: 4_096, pools: [.json]) { bytes in
        do throws(JSONError) {
            let value = try JSONValue.parse(bytes)
            let text = value.serialized()
            let again = try JSONValue.parse(text)
            expect(again == value, "what is written is read as an equal value")
            expect(again.serialized() == text, "a value has one text")
        } catch {
            expectCoded(error.code, error.reason)
            expect((0...bytes.count).contains(error.offset), "an error lies in the input")
        }
    }

    /// Times, decimals, units, hashes and base64 in text.
    static let scalars = FuzzTarget("scalars", byteLimit: 512, pools: [.text]) { bytes in
        for alphabet in [Base64.standard, .url] {
            expect(
                alphabet.decode(alphabet.encode(bytes)) == bytes, "base64 gives back its bytes")
            if let decoded = alphabet.decode(bytes: bytes) {
                expect(Array(alphabet.encode(decoded).utf8) == bytes, "base64 has one spelling")
            }
        }
        guard let text = String(validating: bytes, as: UTF8.self) else { return }
        checkTime(text)
        checkNumber(text)
        if let hash = Hash256(hex: text) {
            expect(hash.hex == text.lowercased(), "a hash has one spelling but for case")
            expect(Hash256(hash.bytes) == hash, "a hash is its bytes")
        }
        if let unit = UnitCode(text) { expect(unit.text == text, "a unit is its text") }
    }

    private static func checkTime(_ text: String) {
        do throws(EPCISError) {
            let time = try ZonedTime(text)
            expect(
                (0...ZonedTime.latestMilliseconds).contains(time.milliseconds)
                    && (-840...840).contains(time.offsetMinutes), "a time lies in its range")
            let again = try ZonedTime(ZonedTime.text(milliseconds: time.milliseconds))
            expect(again.milliseconds == time.milliseconds, "a time is written and read back")
        } catch {
            expectCoded(error.code, error.reason)
        }
    }

    private static func checkNumber(_ text: String) {
        let number = JSONNumber(text)
        if let number { expect(number.text == text, "a number is its text") }
        guard let decimal = ExactDecimal(text) else { return }
        expect(number != nil || text.utf8.count > 128, "a decimal is a JSON number")
        expect(ExactDecimal(decimal.description) == decimal, "a decimal is written and read back")
        expect(
            ExactDecimal(significand: decimal.significand, exponent: decimal.exponent) == decimal,
            "a decimal is in normal form")
        if let sum = decimal + ExactDecimal(1) {
            expect(decimal < sum && sum - ExactDecimal(1) == decimal, "sums are exact")
        }
        if let negated = -decimal { expect(-negated == decimal, "a sign turns twice") }
    }

    /// Identifiers of every spelling: EPC URNs, Digital Links, other URIs.
    static let identifier = FuzzTarget("identifier", byteLimit: 2_200, pools: [.text]) { bytes in
        guard let text = String(validating: bytes, as: UTF8.self) else { return }
        do throws(IdentifierError) {
            let identifier = try CanonicalIdentifier(text)
            let whole = try CanonicalIdentifier(whole: bytes)
            expect(isSame(identifier, whole), "the shortcut gives what the whole reading gives")
            let again = try CanonicalIdentifier(identifier.uri)
            expect(
                isSame(again, identifier, butForBatch: again.batch == nil),
                "a canonical identifier is canonical")
            expect(
                (identifier.batch == nil) == (identifier.batchIdentifier == nil)
                    && identifier.batchIdentifier?.uri == identifier.batch,
                "a batch is canonical")
            expect(
                (identifier.product == nil) == (identifier.productIdentifier == nil)
                    && identifier.productIdentifier?.uri == identifier.product,
                "a product is canonical")
        } catch {
            expectCoded(error.code, error.reason)
        }
        do throws(IdentifierError) {
            guard try DigitalLink.read(text) != nil else { return }
            let identifier = try CanonicalIdentifier(text)
            expect(
                identifier.uri.hasPrefix("https://id.gs1.org/"), "a link has a canonical form")
        } catch {
            expectCoded(error.code, error.reason)
        }
    }

    private static func isSame(
        _ left: CanonicalIdentifier, _ right: CanonicalIdentifier, butForBatch: Bool = false
    ) -> Bool {
        left.uri == right.uri && left.kind == right.kind && left.product == right.product
            && (butForBatch || left.batch == right.batch)
            && left.ownershipDigits == right.ownershipDigits
    }
}
