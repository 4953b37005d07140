import EPCIS
import Foundation
import HTTPAPI
import Records
import Support
import Testing

/// The OpenAPI document, held against the router and what the interface answers.
struct APIDocumentTests {
    /// One operation of an OpenAPI document.
    struct Operation {
        var method: String
        var path: String
        var json: JSONValue
        var name: String { "\(method) \(path)" }
    }

    private let document: JSONValue
    private let operations: [Operation]

    init() throws {
        document = try JSONValue.parse(APIDocument.bytes)
        operations = Self.operations(of: document)
    }

    private static func operations(of document: JSONValue) -> [Operation] {
        let methods = ["get", "post", "put", "delete", "options", "head", "patch", "trace"]
        return (document["paths"]?.asObject ?? []).flatMap { path in
            (path.value.asObject ?? []).filter { methods.contains($0.name) }.map {
                Operation(method: $0.name.uppercased(), path: path.name, json: $0.value)
            }
        }
    }

    private static let unreserved = CharacterSet.alphanumerics.union(
        CharacterSet(charactersIn: "-._~"))

    /// What a reference in the document stands for.
    private func target(_ value: JSONValue) throws -> JSONValue {
        guard let reference = value["$ref"]?.asString else { return value }
        try #require(reference.hasPrefix("#/"))
        return try reference.dropFirst(2).split(separator: "/").reduce(document) { json, name in
            try #require(json[String(name)], "\(reference) leads nowhere")
        }
    }

    /// The request of an operation's examples, and the row of the router that it falls under.
    private func example(of operation: Operation) throws -> (target: String, row: RouteRow) {
        var path = operation.path
        var query: [String] = []
        for reference in operation.json["parameters"]?.asArray ?? [] {
            let parameter = try target(reference)
            let name = try #require(parameter["name"]?.asString)
            let example = try #require(parameter["example"], "\(name) has no example")
            let text = example.asString ?? example.asNumber?.text ?? ""
            let value = try #require(
                text.addingPercentEncoding(withAllowedCharacters: Self.unreserved))
            if parameter["in"]?.asString == "path" {
                #expect(path.contains("{\(name)}"), "\(operation.name) has no \(name)")
                path = path.replacing("{\(name)}", with: value)
            } else {
                query.append("\(name)=\(value)")
            }
        }
        #expect(!path.contains("{"), "\(operation.name) says nothing of a part of its path")
        let whole = query.isEmpty ? path : path + "?" + query.joined(separator: "&")
        return (whole, try Route.resolve(method: operation.method, target: whole).row)
    }

    private static func name(_ row: RouteRow) -> String { "\(row.method) \(row.pattern)" }

    /// The rows that GS1's own document describes.
    private static func rowsOfGS1() throws -> Set<String> {
        let gs1 = try JSONValue.parse(Vectors.bytes("gs1-epcis/rest/openapi.json"))
        var rows: Set<String> = []
        for operation in operations(of: gs1) {
            let path = "/epcis" + operation.path.replacing(/\{[^}]*\}/, with: "x")
            for target in [path, path.hasSuffix("/") ? String(path.dropLast()) : path] {
                let row = try Route.resolve(method: operation.method, target: target).row
                rows.insert(name(row))
            }
        }
        return rows
    }

    @Test func `each route is in this document or in GS1's, and none in both`() throws {
        let own = try Set(operations.map { Self.name(try example(of: $0).row) })
        let gs1 = try Self.rowsOfGS1()
        #expect(own.intersection(gs1).isEmpty)
        let table = Set(Route.table.map(Self.name))
        #expect(table.subtracting(own.union(gs1)) == [], "no document has these")
    }

    @Test func `each operation names the role that the router asks for`() throws {
        for operation in operations {
            let role = try example(of: operation).row.access
            let ways = try #require(operation.json["security"]?.asArray)
            let names = role == .open ? [] : [role.rawValue]
            func has(_ scheme: String) -> Bool {
                ways.contains { $0[scheme]?.asArray?.map(\.asString) == names }
            }
            #expect(ways.contains { $0.asObject == [] } == (role == .open), "\(operation.name)")
            #expect(has("secret"), "\(operation.name)")
            // A reader token makes a reader and no more.
            #expect(has("readerToken") == (role <= .reader), "\(operation.name)")
            let statuses = operation.json["responses"]?.asObject?.map(\.name) ?? []
            #expect(Set(["400", "401", "403", "421", "431"]).isSubset(of: statuses))
        }
    }

    @Test func `what is answered to the examples is what the document says`() async throws {
        try await withListener { port in
            for operation in operations {
                let isEntry = operation.path == "/entries"
                let answer = try await RawAnswer.ask(
                    port, operation.method, try example(of: operation).target,
                    fields: [
                        "content-type": isEntry
                            ? "application/vnd.cairn.submission+cbor" : "application/json"
                    ],
                    body: operation.method == "POST" ? try body(of: operation) : nil)
                let response = try #require(
                    operation.json["responses"]?["\(answer.status)"],
                    "\(operation.name): \(answer.status) \(answer.text)")
                let content = try target(response)["content"]?.asObject ?? []
                let type = answer.fields["content-type"]?.prefix { $0 != ";" }
                #expect(
                    content.isEmpty ? type == nil : content.contains { $0.name == type ?? "" },
                    "\(operation.name): \(type ?? "no type")")
            }
        }
    }

    private func body(of operation: Operation) throws -> [UInt8] {
        let content = operation.json["requestBody"]?["content"]
        guard let schema = content?["application/json"]?["schema"] else { return [0x40] }
        return try #require(try target(schema)["examples"]?.asArray?.first).serialized()
    }

    @Test func `each refusal has the status of its codes`() throws {
        let responses = document["components"]?["responses"]?.asObject ?? []
        #expect(responses.count > 20)
        for response in responses {
            let schema = response.value["content"]?["application/problem+json"]?["schema"]
            let stated = try #require(schema?["allOf"]?.asArray?.last?["properties"])
            let status = try #require(stated["status"]?["const"]?.asNumber?.text)
            let code = try #require(stated["code"])
            for value in code["enum"]?.asArray ?? [code["const"]].compactMap({ $0 }) {
                let refusal = Refusal(code: value.asString ?? "", field: "", reason: "")
                #expect("\(Problem(refusal).status)" == status, "\(refusal.code)")
            }
            for operation in operations {
                for (name, given) in operation.json["responses"]?.asObject?.map({
                    ($0.name, $0.value["$ref"]?.asString)
                }) ?? [] where given == "#/components/responses/\(response.name)" {
                    #expect(name == status, "\(operation.name)")
                }
            }
        }
    }

    @Test func `references lead somewhere, and components are referred to`() throws {
        var met: Set<String> = []
        var open = [document]
        while let value = open.popLast() {
            if let reference = value["$ref"]?.asString {
                _ = try target(value)
                met.insert(reference)
            }
            open += (value.asObject ?? []).map(\.value) + (value.asArray ?? [])
        }
        for kind in ["parameters", "responses", "schemas"] {
            for component in document["components"]?[kind]?.asObject ?? [] {
                #expect(met.contains("#/components/\(kind)/\(component.name)"))
            }
        }
    }

    @Test func `the document is handed out to anybody, and tells the program's version`()
        async throws
    {
        try await withListener { port in
            let answer = try await RawAnswer.ask(
                port, "GET", "/openapi.json", fields: ["via": "1.1 proxy"])
            #expect(answer.status == 200)
            #expect(answer.fields["content-type"] == "application/json")
            #expect(answer.fields["cache-control"] == "public, max-age=3600")
            #expect(answer.body == APIDocument.bytes)
        }
        let version = try #require(document["info"]?["version"]?.asString)
        let program = CairnProcess.root.appending(path: "Sources/cairn/Cairn.swift")
        let text = String(decoding: try Data(contentsOf: program), as: UTF8.self)
        #expect(text.contains("version: \"cairn \(version)\""))
    }
}
