import HTTPTypes

/// The OpenAPI document of this interface, all but what GS1's own describes (SPEC §17).
///
/// It stands in `Document/openapi.json` and comes with the program.
package enum APIDocument {
    /// Its bytes, JSON in UTF-8.
    package static var bytes: [UInt8] { PackageResources.openapi_json }

    /// What `GET /openapi.json` answers: another only with another program.
    static var answer: Answer {
        var answer = Answer(type: MediaType.json, bytes)
        answer.fields[.cacheControl] = "public, max-age=3600"
        return answer
    }
}
