import GS1
import Testing

@Suite struct CheckDigitTests {
    @Test func `the check digit of the General Specifications' example is found`() {
        #expect(CheckDigit.digit(for: Array("629104150021".utf8)) == UInt8(ascii: "3"))
    }

    @Test func `every wrong last digit and every single wrong digit is found`() {
        let key = Array("09520123456788".utf8)
        for place in key.indices {
            for digit in UInt8(0x30)...0x39 {
                var changed = key
                changed[place] = digit
                let fits = CheckDigit.digit(for: changed.dropLast()) == changed.last
                #expect(fits == (changed == key))
            }
        }
    }

    @Test func `a text that is not all digits has no check digit`() {
        #expect(CheckDigit.digit(for: Array("12a4".utf8)) == nil)
    }

    @Test func `the check characters of the General Specifications' example are found`() {
        let pair = CheckCharacters.pair(for: Array("1987654Ad4X4bL5ttr2310c".utf8))
        #expect(pair == Array("2K".utf8))
    }

    @Test func `a model number outside set 82 or longer than 23 characters has no pair`() {
        #expect(CheckCharacters.pair(for: Array("12#4".utf8)) == nil)
        #expect(CheckCharacters.pair(for: [UInt8](repeating: 0x31, count: 23)) != nil)
        #expect(CheckCharacters.pair(for: [UInt8](repeating: 0x31, count: 24)) == nil)
    }
}
