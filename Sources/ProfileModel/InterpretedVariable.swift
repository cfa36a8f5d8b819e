/// A variable of a function that an interpreter runs, with its value as text.
package struct InterpretedVariable: Hashable, Sendable {
    package enum Kind: UInt8, Sendable, CaseIterable, CustomStringConvertible {
        case argument
        case local
        /// Functions inside this one use it, too.
        case cell
        /// Of a function around this one.
        case free

        package var description: String {
            switch self {
            case .argument: "argument"
            case .local: "local"
            case .cell: "cell"
            case .free: "free"
            }
        }
    }

    package let name: String
    package let kind: Kind
    /// Of the value; `nil` where that is not known, or not shown.
    package let type: String?
    /// As the language prints it, as far as it was read: printable, on one line.
    package let value: String
    /// Whether anything can change parts of the value while its function does nothing, such as the elements of a list.
    package let hasMutableParts: Bool

    package init(name: String, kind: Kind, type: String?, value: String, hasMutableParts: Bool) {
        self.name = name
        self.kind = kind
        self.type = type
        self.value = value
        self.hasMutableParts = hasMutableParts
    }
}

/// The variables of one function that have a value.
package struct FrameVariables: Hashable, Sendable {
    /// Why they are not all.
    package enum Loss: UInt8, Sendable, CaseIterable {
        /// There are more than are read.
        case limit
        /// Reading them took too long.
        case timeout
        case unreadable
    }

    /// Arguments first.
    package let variables: [InterpretedVariable]
    package let loss: Loss?

    package init(variables: [InterpretedVariable], loss: Loss?) {
        self.variables = variables
        self.loss = loss
    }

    /// Of one function.
    package static let variableLimit = 256
}

/// How the variables of a stack's functions are read.
package struct VariableReading: Hashable, Sendable {
    /// Patterns of the names whose values are not read.
    package let redactedNames: [String]
    /// Objects, of all variables together.
    package let objectLimit: UInt32
    /// What is not read by then is not shown; in nanoseconds of `CLOCK_MONOTONIC`.
    package let deadline: UInt64

    package init(redactedNames: [String], objectLimit: UInt32, deadline: UInt64) {
        self.redactedNames = redactedNames
        self.objectLimit = objectLimit
        self.deadline = deadline
    }

    package static let patternLimit = 256
}
