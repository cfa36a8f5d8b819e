/// Why a profile can't be written.
package enum RenderingError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Not enough to compress what is written.
    case noMemory

    package var description: String {
        switch self {
        case .noMemory: "there is no memory for the result"
        }
    }
}
