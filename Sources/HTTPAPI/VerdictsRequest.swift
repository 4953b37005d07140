import EPCIS
import Records
import Verdicts

/// What `POST /verdicts` asks: one claim about many subjects (SPEC §17.7).
struct VerdictsRequest {
    /// The claim and its times.
    let request: ClaimRequest
    /// The subjects in any spelling, in the order in which they are answered.
    let subjects: [String]

    /// Subjects of one request (SPEC §19).
    static let subjectsLimit = 1_000
    /// Bytes of its body (SPEC §19).
    static let bodyBytes = 4 << 20

    /// Reads a body.
    ///
    /// - Throws: `json.*`, `request.parameter`, `claim.*`.
    init(_ body: [UInt8]) throws(Refusal) {
        let json: JSONValue
        do {
            json = try JSONValue.parse(body)
        } catch {
            throw Refusal(code: error.code, field: "body", reason: error.reason)
        }
        guard let members = json.asObject else {
            throw Self.refusal("body", "is an object with claim and subjects")
        }
        let texts = ["claim", "share", "model", "validAt", "knownAt"]
        if let stranger = members.first(where: { !(texts + ["subjects"]).contains($0.name) }) {
            throw Self.refusal(stranger.name, "is not a member here")
        }
        var values: [String: String] = [:]
        for member in members where texts.contains(member.name) && !member.value.isNull {
            // A share may be written as a number too: its text is what counts.
            guard
                let text = member.value.asString
                    ?? (member.name == "share" ? member.value.asNumber?.text : nil)
            else { throw Self.refusal(member.name, "is a text") }
            values[member.name] = text
        }
        guard let items = json["subjects"]?.asArray, !items.isEmpty,
            items.count <= Self.subjectsLimit
        else {
            throw Self.refusal("subjects", "is an array of 1 to \(Self.subjectsLimit) texts")
        }
        var subjects: [String] = []
        for item in items {
            guard let text = item.asString else {
                throw Self.refusal("subjects", "is an array of texts")
            }
            subjects.append(text)
        }
        self.subjects = subjects
        request = try ClaimRequest(
            scheme: values["claim"] ?? "", share: values["share"], model: values["model"],
            validAt: values["validAt"], knownAt: values["knownAt"])
    }

    private static func refusal(_ name: String, _ reason: String) -> Refusal {
        Refusal(code: "request.parameter", field: name, reason: "\(name) \(reason)")
    }
}
