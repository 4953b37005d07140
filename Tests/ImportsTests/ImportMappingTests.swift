import Imports
import Testing

@Suite struct `Mappings` {
    static func refusal(_ text: String) -> String {
        do throws(ImportRefusal) {
            return "read: \(try ImportMapping(Array(text.utf8)).name)"
        } catch {
            return "\(error.code) \(error.field)"
        }
    }

    static func with(_ columns: String, table: String = "{}", event: String = "") -> String {
        do throws(ImportRefusal) {
            return try Tables.mapping(columns, table: table, event: event).name
        } catch {
            return "\(error.code) \(error.field)"
        }
    }

    @Test(arguments: [
        ("{", "json.truncated "),
        ("[]", "mapping.format "),
        ("{}", "mapping.format cairnMapping"),
        (#"{"cairnMapping": 2}"#, "mapping.format cairnMapping"),
        (#"{"cairnMapping": 1}"#, "mapping.format name"),
        (#"{"cairnMapping": 1, "nmae": ""}"#, "mapping.format nmae"),
        (#"{"cairnMapping": 1, "name": "x"}"#, "mapping.format columns"),
        (#"{"cairnMapping": 1, "name": "x", "columns": {}}"#, "mapping.format columns"),
        (#"{"cairnMapping": 1, "name": "x", "columns": {"a": {}}}"#, "mapping.format "),
        (
            #"{"cairnMapping": 1, "name": "x", "columns": {"a": {}}, "event": {}}"#,
            "mapping.format event.type"
        ),
        (
            #"{"cairnMapping": 1, "name": "x", "columns": {"a": {}}, "masterData": {"kind": ""}}"#,
            "mapping.format masterData.subject"
        ),
    ])
    func `a mapping that is incomplete says what is missing`(text: String, expected: String) {
        #expect(Self.refusal(text) == expected)
    }

    @Test(arguments: [
        (#""a": {}"#, "{}", "", "test"),
        (#""a b": {}"#, "{}", "", "mapping.format columns.a b"),
        (#""row": {}"#, "{}", "", "mapping.format columns.row"),
        (#""a": {"typ": "text"}"#, "{}", "", "mapping.format columns.a.typ"),
        (#""a": {"type": "euro"}"#, "{}", "", "mapping.format columns.a.type"),
        (#""a": {"header": 1}"#, "{}", "", "mapping.format columns.a.header"),
        (#""a": {"optional": "yes"}"#, "{}", "", "mapping.format columns.a.optional"),
        (#""a": {"zone": "UTC"}"#, "{}", "", "mapping.format columns.a"),
        (#""a": {"type": "time"}"#, "{}", "", "mapping.format columns.a.format"),
        (
            #""a": {"type": "time", "format": "yyyy-MM-dd HH:mm"}"#, "{}", "",
            "mapping.format columns.a.zone"
        ),
        (
            #""a": {"type": "time", "format": "yyyy-MM-dd HH:mm", "zone": "CEST"}"#, "{}", "",
            "mapping.format columns.a.zone"
        ),
        (
            #""a": {"type": "time", "format": "yyyy-MM-dd"}"#, #"{"zone": "UTC"}"#, "",
            "mapping.format columns.a.format"
        ),
        (
            #""a": {"type": "date", "format": "yy-MM-dd"}"#, "{}", "",
            "mapping.format columns.a.format"
        ),
        (
            #""a": {"values": {"KG": "KGM", "kg": "KGM"}}"#, "{}", "",
            "mapping.format columns.a.values.kg"
        ),
        (#""a": {}"#, #"{"delimiter": "ab"}"#, "", "mapping.format table.delimiter"),
        (#""a": {}"#, #"{"encoding": "utf-7"}"#, "", "mapping.format table.encoding"),
        (#""a": {}"#, #"{"decimal": ",", "grouping": ","}"#, "", "mapping.format table"),
        (#""a": {}"#, "{}", #", "eventID": "{b}""#, "mapping.format event.eventID"),
        (#""a": {}"#, "{}", #", "eventID": "{a.offset}""#, "mapping.format event.eventID"),
        (#""a": {}"#, "{}", #", "ex:x": ["{a"]"#, "mapping.format event.ex:x[0]"),
        (#""a": {}"#, "{}", #", "ex:x": ["a}"]"#, "mapping.format event.ex:x[0]"),
        (#""a": {}"#, "{}", #", "ex:x": ["{{a}}"]"#, "test"),
    ])
    func `a mapping that is wrong says where`(
        columns: String, table: String, event: String, expected: String
    ) {
        #expect(Self.with(columns, table: table, event: event) == expected)
    }

    static func header(_ text: String, _ columns: String) throws -> String {
        let mapping = try Tables.mapping(columns)
        do throws(ImportRefusal) {
            return "\(try Tables.run(text, mapping).count)"
        } catch {
            return "\(error.code) \(error.field)"
        }
    }

    @Test func `columns are found by any of their headers, once`() throws {
        #expect(try Self.header("A\n1\n", #""a": {}"#) == "1")
        #expect(try Self.header(" Zwei ,b\n1,2\n", #""a": {"header": ["Eins", "zwei"]}"#) == "1")
        #expect(try Self.header("b\n1\n", #""a": {}"#) == "csv.header a")
        #expect(try Self.header("b\n1\n", #""a": {"optional": true}"#) == "1")
        #expect(try Self.header("a,A\n1,2\n", #""a": {}"#) == "csv.header a")
        #expect(try Self.header("a,b,b\n1,2,3\n", #""a": {}"#) == "1")
        #expect(try Self.header("", #""a": {}"#) == "csv.header ")
    }

    @Test func `an empty field leaves out what cannot stand without it`() throws {
        let mapping = try Tables.mapping(
            #""a": {"optional": true}, "b": {"default": "9"}, "c": {"optional": true}"#,
            event: #"""
                , "ex:member": "x{a?}", "ex:array": ["{a}", "{b}"], "ex:gone": {"x": {"y": "{a}"}},
                "ex:kept": {"x": "{a?}", "y": "{b}"}, "ex:empty": [{"x": "{c}", "y": "{b}"}],
                "ex:uri": "https://x.example/{b}/{c?}", "ex:braces": "{{{b}}}"
                """#)
        let words = Tables.words(try Tables.run("a,b,c\n,,\nx/y,1,ü \n", mapping))
        let end = try words.map { word in
            let parts = word.split(separator: #"0000000001"],"#)
            return try #require(parts.last).split(separator: #","eventID""#)[0]
        }
        #expect(end[0] == #""ex:array":["9"],"ex:kept":{"y":"9"},"ex:braces":"{9}""#)
        #expect(
            end[1] == #""ex:member":"xx/y","ex:array":["x/y","1"],"ex:gone":{"x":{"y":"x/y"}},"#
                + #""ex:kept":{"x":"x/y","y":"1"},"ex:empty":[{"x":"ü","y":"1"}],"#
                + #""ex:uri":"https://x.example/1/%C3%BC","ex:braces":"{1}""#)
    }
}
