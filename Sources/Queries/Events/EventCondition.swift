import EPCIS
import GS1

/// One condition of a query: one parameter that restricts which events are in the answer.
package struct EventCondition: Hashable, Sendable {
    /// The parameter's name as given.
    package let parameter: String
    /// What of an event it looks at.
    package let field: EventField
    /// What it asks of the values.
    package let test: ValueTest
    /// Whether sites below the named ones count too: `WD_*`, until
    /// ``EventQuery/expandingSites(_:)``.
    package let includesDescendants: Bool

    init(
        _ parameter: String, _ field: EventField, _ test: ValueTest,
        includesDescendants: Bool = false
    ) {
        self.parameter = parameter
        self.field = field
        self.test = test
        self.includesDescendants = includesDescendants
    }

    /// Whether an event satisfies the condition: one value of the field passes the test.
    package func holds(for event: QueryableEvent) -> Bool {
        field.values(of: event).contains(where: test.accepts)
    }
}

/// What values a parameter takes, and what it asks with them.
enum ParameterForm {
    case types
    case actions
    case words(EventField, Vocabulary)
    case measurementTypes
    case places(EventField, withDescendants: Bool)
    case identifiers(EventField)
    case patterns(EventField)
    case references(EventField)
    case texts(EventField)
    case time(EventField, Comparison)
    case number(EventField, Comparison)
    case flag(EventField)
    case existence(EventField)
    case names(EventField)
    case operands(EventField, Comparison)

    /// The condition that a parameter states; none for `EXISTS_…=false`, which restricts nothing.
    func condition(
        _ parameter: QueryParameter, _ prefixes: Prefixes
    ) throws(QueryRefusal) -> EventCondition? {
        let values = ParameterValues(parameter)
        let name = parameter.name
        switch self {
        case .types: return .init(name, .eventType, .texts(try values.eventTypes()))
        case .actions: return .init(name, .action, .texts(try values.actions()))
        case .words(let field, let vocabulary):
            return .init(name, field, .texts(try values.words(vocabulary)))
        case .measurementTypes:
            return .init(name, .sensorType, .texts(try values.list().map(WebTerms.canonical)))
        case .places(let field, let withDescendants):
            return .init(
                name, field, .identifiers(IdentifierTest(try values.identifiers())),
                includesDescendants: withDescendants)
        case .identifiers(let field):
            return .init(name, field, .identifiers(IdentifierTest(try values.identifiers())))
        case .patterns(let field):
            return .init(name, field, .identifiers(IdentifierTest(try values.patterns())))
        case .references(let field):
            return .init(
                name, field, .texts(try values.list().map(EventField.canonicalReference)))
        case .texts(let field): return .init(name, field, .texts(try values.list()))
        case .time(let field, let comparison):
            return .init(name, field, .time(comparison, try values.time()))
        case .number(let field, let comparison):
            return .init(name, field, .numbers(comparison, try values.numbers(comparison)))
        case .flag(let field): return .init(name, field, .flag(try values.flag()))
        case .existence(let field):
            return try values.isDemanded() ? .init(name, field, .exists) : nil
        case .names(let field):
            let names = try values.list().map { FieldName($0, prefixes).text }
            return .init(name, field, .texts(names))
        case .operands(let field, let comparison):
            return .init(name, field, .operands(comparison, try values.operands(comparison)))
        }
    }
}
