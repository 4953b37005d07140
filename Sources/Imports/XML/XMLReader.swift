/// Reads one XML 1.0 document with namespaces into elements.
///
/// Written here rather than taken from Foundation: what comes from strangers is read without any
/// document type, hence without entities of its own, files from elsewhere or expansion, and every
/// size is bounded before it is allocated; and the node needs no libxml2. Not validated: what
/// EPCIS asks for is checked by those who read the elements.
struct XMLReader {
    var bytes: [UInt8]
    let limits: XMLLimits
    var position = 0
    var line = 1
    private var open: [XMLElement] = []
    private var scope = XMLScope(["xml": XMLNamespace.xml])
    /// For each open element, what its declarations hid.
    private var hidden: [[String: String?]] = []
    private var elementsLeft: Int
    private var root: XMLElement?

    private init(bytes: [UInt8], limits: XMLLimits) {
        self.bytes = bytes
        self.limits = limits
        elementsLeft = limits.elementCount
    }

    /// The document's root element.
    static func read(
        _ bytes: [UInt8], limits: XMLLimits = XMLLimits()
    ) throws(ImportRefusal) -> XMLElement {
        guard bytes.count <= limits.byteCount else {
            throw ImportRefusal(
                "xml.too-large",
                "the document has \(bytes.count) bytes, the limit is \(limits.byteCount): split it")
        }
        var reader = XMLReader(bytes: try XMLEncoding.utf8(bytes), limits: limits)
        return try reader.document()
    }

    private mutating func document() throws(ImportRefusal) -> XMLElement {
        while position < bytes.count {
            if bytes[position] == UInt8(ascii: "<") {
                try markup()
            } else {
                try characters()
            }
        }
        if let unclosed = open.last {
            throw failure("xml.syntax", "<\(Shown.text(unclosed.name.local))> is never closed")
        }
        guard let root else { throw failure("xml.syntax", "there is no element") }
        return root
    }

    /// A refusal at the present line.
    func failure(_ code: String, _ reason: String) -> ImportRefusal {
        ImportRefusal(code, field: "line \(line)", reason)
    }

    private mutating func markup() throws(ImportRefusal) {
        if starts("<!--") {
            try skip(past: "-->", "a comment")
        } else if starts("<![CDATA[") {
            position += 9
            let start = position
            try skip(past: "]]>", "a CDATA section")
            try append(text: bytes[start..<(position - 3)])
        } else if starts("<!") {
            throw failure(
                "xml.doctype",
                "a document type is not read, for it can define entities: delete the line <!…>")
        } else if starts("<?") {
            try skip(past: "?>", "a processing instruction")
        } else if starts("</") {
            try endTag()
        } else {
            try startTag()
        }
    }

    /// Text between tags.
    private mutating func characters() throws(ImportRefusal) {
        let start = position
        while position < bytes.count, bytes[position] != UInt8(ascii: "<") { position += 1 }
        let slice = bytes[start..<position]
        guard !open.isEmpty else {
            guard slice.allSatisfy(XMLText.isSpace) else {
                throw failure("xml.syntax", "text stands outside the document's element")
            }
            countLines(slice)
            return
        }
        guard slice.contains(UInt8(ascii: "&")) else { return try append(text: slice) }
        try append(text: try resolved(slice)[...])
    }

    private mutating func append(text: ArraySlice<UInt8>) throws(ImportRefusal) {
        guard let last = open.indices.last else {
            throw failure("xml.syntax", "text stands outside the document's element")
        }
        try checkCharacters(text)
        guard open[last].text.utf8.count + text.count <= limits.textByteCount else {
            throw failure(
                "xml.too-large", "an element's text passes \(limits.textByteCount) bytes")
        }
        // The space between elements is no text of theirs worth keeping.
        if !text.allSatisfy(XMLText.isSpace) || open[last].children.isEmpty {
            open[last].text += String(decoding: text, as: UTF8.self)
        }
        countLines(text)
    }

    private mutating func startTag() throws(ImportRefusal) {
        guard root == nil || !open.isEmpty else {
            throw failure("xml.syntax", "a second element follows the document's own")
        }
        guard open.count < limits.depth else {
            throw failure("xml.too-deep", "elements nest deeper than \(limits.depth)")
        }
        guard elementsLeft > 0 else {
            throw failure("xml.too-large", "more than \(limits.elementCount) elements")
        }
        elementsLeft -= 1
        let tag = try readTag()
        let outer = scope.enter(tag.declared)
        guard scope.count <= limits.namespaceCount else {
            throw failure(
                "xml.too-large", "more than \(limits.namespaceCount) prefixes are declared here")
        }
        let element = XMLElement(
            name: try resolve(tag.name, isAttribute: false),
            attributes: try attributes(tag.attributes), declared: tag.declared, line: tag.line)
        if tag.isEmpty {
            scope.leave(outer)
            close(element)
        } else {
            open.append(element)
            hidden.append(outer)
        }
    }

    private func attributes(
        _ raw: [(name: RawName, value: String)]
    ) throws(ImportRefusal) -> [XMLAttribute] {
        var seen: Set<XMLName> = []
        var result: [XMLAttribute] = []
        for (rawName, value) in raw {
            var name = try resolve(rawName, isAttribute: true)
            let attribute = XMLAttribute(name: name, value: value)
            name.prefix = ""
            guard seen.insert(name).inserted else {
                throw failure(
                    "xml.syntax", "the attribute \(Shown.text(name.local)) stands twice")
            }
            result.append(attribute)
        }
        return result
    }

    private func resolve(
        _ raw: RawName, isAttribute: Bool
    ) throws(ImportRefusal) -> XMLName {
        if raw.prefix.isEmpty {
            let namespace = isAttribute ? "" : scope[""] ?? ""
            return XMLName(namespace: namespace, local: raw.local, prefix: "")
        }
        guard let namespace = scope[raw.prefix] else {
            throw failure(
                "xml.syntax",
                "the prefix \(Shown.text(raw.prefix)) is not declared: add xmlns:\(raw.prefix)")
        }
        return XMLName(namespace: namespace, local: raw.local, prefix: raw.prefix)
    }

    private mutating func endTag() throws(ImportRefusal) {
        position += 2
        let name = try readName()
        skipSpace()
        guard position < bytes.count, bytes[position] == UInt8(ascii: ">") else {
            throw failure("xml.syntax", "> is missing after </\(Shown.text(name.local))")
        }
        position += 1
        guard let element = open.last, element.name.local == name.local,
            element.name.prefix == name.prefix
        else {
            let expected = open.last.map { "</\(Shown.text($0.name.local))> of line \($0.line)" }
            throw failure(
                "xml.syntax",
                "</\(Shown.text(name.local))> closes nothing: \(expected ?? "nothing") is expected")
        }
        open.removeLast()
        scope.leave(hidden.removeLast())
        close(element)
    }

    private mutating func close(_ element: XMLElement) {
        if let last = open.indices.last {
            open[last].children.append(element)
        } else {
            root = element
        }
    }
}
