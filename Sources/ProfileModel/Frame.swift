/// One line of a stack as a person reads it.
///
/// A raw frame yields several when calls were inlined.
package struct Frame: Hashable, Sendable {
    /// The demangled name, `[libfoo.so+0x1234]` where the object has no symbol, or `[unknown]`.
    package let name: String
    package let kind: FrameKind
    /// The base name of the object file; `nil` for generated and unmapped code.
    package let object: String?

    package init(name: String, kind: FrameKind, object: String?) {
        self.name = name
        self.kind = kind
        self.object = object
    }
}

/// What kind of code a frame is in; decides its colour and its suffix in folded stacks.
package enum FrameKind: String, Hashable, Sendable, CaseIterable {
    case native
    case kernel
    case inlined
    case jit
    case interpreter
    /// An address without a name.
    case unknown
    /// Not a function: a row such as `[truncated: frame_limit]` that says why a stack has no root.
    case marker
}
