internal import ProfileModel
internal import SystemSupport

/// The interpreted functions that workers found in stacks, by their identities.
///
/// A worker sends each once. They are kept here, so that stacks have their names also when the worker, or the process, has
/// ended.
struct InterpretedFunctions {
    private var functions: [InterpretedFunctionID: InterpretedFunction] = [:]
    private var byteCount = 0

    private static let limit = 1 << 17
    private static let byteLimit = 32 << 20

    mutating func add(_ function: InterpretedFunction) {
        guard functions.count < Self.limit, byteCount < Self.byteLimit, functions[function.id] == nil else { return }
        functions[function.id] = function
        byteCount += function.textSize
    }

    /// The frame at a line of a function; without a name where there was no room for it.
    func frame(of id: InterpretedFunctionID, at line: UInt32?) -> Frame {
        functions[id]?.frame(at: line) ?? .unnamedInterpreted
    }
}
