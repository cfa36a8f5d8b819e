package import ObjectFiles

/// Why debug information, or a part of it, could not be read.
package enum DebugInfoError: Error, Sendable, Hashable {
    /// What is at an offset of a section contradicts itself or the section's size.
    case malformed(section: String, offset: UInt64)
    /// A version, a form or a count at an offset of a section that Sonde doesn't read.
    case unsupported(section: String, offset: UInt64, value: UInt64)
    /// The file, or a section of it.
    case file(ObjectFileError)
    case budgetExhausted(BudgetExhausted)
}

extension DebugInfoError {
    init(_ error: ObjectFileError) {
        switch error {
        case .budgetExhausted(_, _, let cause): self = .budgetExhausted(cause)
        default: self = .file(error)
        }
    }
}

extension DebugInfoError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .malformed(let section, let offset): "\(section) is damaged at offset \(offset)"
        case .unsupported(let section, let offset, let value):
            "\(section) has a version, form or count at offset \(offset) that isn't read: \(value)"
        case .file(let error): error.message
        case .budgetExhausted(let cause):
            "the limit of \(cause.limit) for the \(cause.resource.rawValue) of debug information is reached"
        }
    }
}
