import Records
import Testing

/// Expects a refusal with this code, and gives it back.
@discardableResult
func expectRefusal<Value>(
    _ code: String, sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Value
) -> Refusal? {
    do {
        let value = try body()
        Issue.record("\(value) was accepted; expected \(code)", sourceLocation: sourceLocation)
    } catch let refusal as Refusal {
        #expect(refusal.code == code, "\(refusal)", sourceLocation: sourceLocation)
        return refusal
    } catch {
        Issue.record("\(error) is no refusal", sourceLocation: sourceLocation)
    }
    return nil
}
