/// One function of a stack, as a person reads it.
///
/// A raw frame yields several where calls were inlined.
package struct Frame: Hashable, Sendable {
    /// The demangled name, `[libfoo.so+0x1234]` where the object has no symbol, `0x0` where a wrong call
    /// led to no code, or `[unknown]`.
    package let name: String
    /// The name as the linker knows it; `nil` where that is the name itself, or not known as a whole.
    package let systemName: String?
    package let kind: FrameKind
    /// The base name of the object file, `kernel`, or a kernel module; `nil` for generated and unmapped code.
    package let object: String?
    /// `nil` where no debug information covers the instruction.
    package let source: SourcePosition?

    package init(
        name: String, systemName: String? = nil, kind: FrameKind, object: String?, source: SourcePosition? = nil
    ) {
        self.name = name
        self.systemName = systemName
        self.kind = kind
        self.object = object
        self.source = source
    }
}

extension Frame {
    /// A function of the kernel or of a module, by the name in its symbol table; clones have the name of their function.
    ///
    /// - Parameter module: `nil` for the kernel itself.
    package init(kernelFunction symbol: String, module: String?) {
        let mangled = MangledName(symbol)
        let name = String(mangled.base) + mangled.suffix
        self.init(
            name: name, systemName: name == symbol ? nil : symbol, kind: .kernel, object: module ?? "kernel")
    }

    /// An interpreted function whose name was not kept.
    package static let unnamedInterpreted = Frame(name: "[python]", kind: .python, object: nil)
    /// An address of the kernel whose function isn't known.
    package static let unnamedKernel = Frame(name: "[kernel]", kind: .kernel, object: nil)
    /// What a thread of the kernel's own in a process does, where the kernel's functions aren't known.
    package static let kernelWorker = Frame(name: "[kernel worker]", kind: .kernel, object: "kernel")
}

/// A line of a source file.
package struct SourcePosition: Hashable, Sendable {
    /// The path, as the debug information has it.
    package let file: String
    /// From 1.
    package let line: Int
    /// The line on which the function begins, from 1; `nil` where that is not known.
    package let functionLine: Int?

    package init(file: String, line: Int, functionLine: Int? = nil) {
        self.file = file
        self.line = line
        self.functionLine = functionLine
    }

    /// The last part of the path of a source file, and the one before where that is a package's own: `json/__init__.py`.
    package static func shortName(ofFile path: String) -> Substring {
        let parts = path.split(separator: "/", omittingEmptySubsequences: true)
        guard let last = parts.last else { return path[...] }
        guard last == "__init__.py" || last == "__main__.py", parts.count > 1 else { return last }
        return path[parts[parts.count - 2].startIndex..<last.endIndex]
    }
}

/// What kind of code a function is.
package enum FrameKind: String, Hashable, Sendable, CaseIterable {
    case native
    case kernel
    /// Code that a runtime generated, named by its perf map.
    case jit
    /// A Python function, which an interpreter runs.
    case python
    /// An address without a name.
    case unknown
}
