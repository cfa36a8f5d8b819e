package import DebugInfo
package import ObjectFiles
package import ProfileModel

/// Turns code locations into frames that a person reads.
///
/// Belongs to one thread. Symbol tables belong to the object files, so that every process that maps a library shares
/// one; what is kept here is bounded.
package final class Symbolicator {
    private struct SymbolKey: Hashable {
        let object: ObjectID
        let address: FileAddress
    }

    private var frames: [CodeLocation: [Frame]] = [:]
    /// Without lines.
    private var symbols: [SymbolKey: Frame] = [:]
    /// The bytes of all names in `symbols`, which `frames` shares, and of what `frames` has beside them: the frames
    /// themselves, the paths of source files, and the names of Go's functions.
    private(set) var keptBytes = 0
    private let debugInformation: DebugInformationStore?
    private let mayReadDebugInformation: (ObjectFile) -> Bool
    private let object: (ObjectID) -> ObjectFile?
    private let path: (ObjectID) -> String?
    private let generatedCode: (ObjectID, GeneratedCodeID) -> String?
    private let lastFunction: LastFunction
    private let mayDemangle: NameCheck
    private let showsTemplateArguments: Bool

    /// The bounds, by other evidence than symbols, of the function that begins last of those at or before an address; `nil`
    /// where they are not known.
    package typealias LastFunction = (ObjectFile, FileAddress) -> Range<FileAddress>?

    /// Whether the name of the symbol that begins at an address may be demangled; asked before each.
    package typealias NameCheck = (ObjectFile, FileAddress) -> Bool

    /// - Parameters:
    ///   - object: the object file of a number, where it can be read.
    ///   - path: of a file that isn't an object file, or can't be read.
    ///   - generatedCode: what a perf map calls code.
    ///   - debugInformation: where lines and inlined calls come from; `nil` for neither.
    ///   - mayReadDebugInformation: asked before that of an object file is used.
    ///   - lastFunction: asked where no symbol with a size covers an address.
    ///   - showsTemplateArguments: whether C++ names have long lists of template arguments.
    package init(
        object: @escaping (ObjectID) -> ObjectFile?, path: @escaping (ObjectID) -> String? = { _ in nil },
        generatedCode: @escaping (ObjectID, GeneratedCodeID) -> String? = { _, _ in nil },
        debugInformation: DebugInformationStore? = nil,
        mayReadDebugInformation: @escaping (ObjectFile) -> Bool = { _ in true },
        lastFunction: @escaping LastFunction = { _, _ in nil },
        mayDemangle: @escaping NameCheck = { _, _ in true }, showsTemplateArguments: Bool = true
    ) {
        self.object = object
        self.path = path
        self.generatedCode = generatedCode
        self.debugInformation = debugInformation
        self.mayReadDebugInformation = mayReadDebugInformation
        self.lastFunction = lastFunction
        self.mayDemangle = mayDemangle
        self.showsTemplateArguments = showsTemplateArguments
    }

    /// The frames at a location, leaf first: several where calls were inlined, and never none.
    ///
    /// A location must lie inside of its instruction, as `FrameAddress.instruction` does. The kernel's names, and those of
    /// interpreted functions, aren't known here.
    package func frames(for location: CodeLocation) -> [Frame] {
        switch location {
        case .anonymous: return [.anonymousCode]
        case .generated(let map, let code, _):
            return [generatedCode(map, code).map(frame(ofGenerated:)) ?? .anonymousCode]
        case .unmapped(let address): return [Frame(name: "\(address)", kind: .unknown, object: nil)]
        case .kernel: return [.unnamedKernel]
        case .kernelWorker: return [.kernelWorker]
        case .interpreted: return [.unnamedInterpreted]
        case .signalReturn: return [Frame(name: "[signal]", kind: .native, object: nil)]
        case .object(let id, let address):
            if let known = frames[location] { return known }
            guard let object = object(id) else { return [frame(at: address, inFile: path(id))] }
            let goFrames = goFrames(at: address, in: object)
            let found = goFrames ?? frames(at: address, in: object)
            makeRoom(for: found.reduce(0) { $0 + $1.ownBytes(withName: goFrames != nil) })
            frames[location] = found
            return found
        }
    }

    /// The calls that debug information knows; the outermost function has the symbol table's name, where that has one:
    /// code that a linker merged belongs to several functions, and a clone has a name of its own.
    private func frames(at address: FileAddress, in object: ObjectFile) -> [Frame] {
        let function = self.function(at: address, in: object)
        var calls: [SourceCall] = []
        if let debugInformation, mayReadDebugInformation(object) {
            calls = debugInformation.calls(at: address, in: object)
        }
        guard let outermost = calls.popLast() else { return [frame(of: function, in: object)] }
        let inlined = calls.map { frame(of: $0, in: object) }
        if case .unnamed = function, outermost.symbol != nil { return inlined + [frame(of: outermost, in: object)] }
        return inlined + [frame(of: function, in: object).with(outermost.source)]
    }

    /// What a Go program's own table says, which debug information has no more than; `nil` where it has no lines.
    private func goFrames(at address: FileAddress, in object: ObjectFile) -> [Frame]? {
        guard let frames = object.goFunctions?.function(covering: address)?.sourceFrames(at: address),
            frames.contains(where: { $0.line != nil })
        else { return nil }
        let base = DisplayName.base(ofPath: object.path)
        return frames.map { frame in
            let source = frame.file.flatMap { file in
                frame.line.map { line in
                    SourcePosition(file: file, line: line, functionLine: frame.functionLine)
                }
            }
            return Frame(
                name: DisplayName.cleaned(frame.name, maximumLength: Self.maximumNameLength), kind: .native,
                object: base
            ).with(source)
        }
    }

    private func frame(of call: SourceCall, in object: ObjectFile) -> Frame {
        let base = DisplayName.base(ofPath: object.path)
        guard let symbol = call.symbol else {
            return Frame(name: "[inlined]", kind: .native, object: base).with(call.source)
        }
        // No address of a program has the highest bit.
        let place = FileAddress(rawValue: call.function | 1 << 63)
        let key = SymbolKey(object: object.id, address: place)
        let isShortened = !showsTemplateArguments && symbol == call.name
        return frame(
            named: isShortened ? TemplateArguments.shortened(in: symbol) : symbol, linkageName: call.linkageName, key,
            in: object
        ).with(call.source)
    }

    private func frame(ofGenerated text: String) -> Frame {
        let raw = DisplayName.cleaned(text, maximumLength: Self.maximumNameLength)
        let name = showsTemplateArguments ? raw : GeneratedName.readable(raw)
        return Frame(name: name.isEmpty ? "[unprintable]" : name, kind: .jit, object: nil)
    }

    /// Code of a file without symbols is known by its offset in the file.
    private func frame(at offset: FileAddress, inFile path: String?) -> Frame {
        guard let path else { return Frame(name: "[unknown]", kind: .unknown, object: nil) }
        let base = DisplayName.base(ofPath: path)
        return Frame(name: "[\(base)+\(offset)]", kind: .unknown, object: base)
    }

    private func frame(of function: Function, in object: ObjectFile) -> Frame {
        switch function {
        case .named(let symbol):
            return frame(named: symbol.name, SymbolKey(object: object.id, address: symbol.address), in: object)
        case .unnamed(let start):
            let base = DisplayName.base(ofPath: object.path)
            return Frame(name: "[\(base)+\(start)]", kind: .unknown, object: base)
        }
    }

    private func frame(
        named written: @autoclosure () -> String, linkageName: String? = nil, _ key: SymbolKey, in object: ObjectFile
    ) -> Frame {
        if let known = symbols[key] { return known }
        let name = written()
        // Go's names have dots, and nothing behind them that a compiler appended.
        let isReadable = object.goFunctions?.function(covering: key.address)?.range.lowerBound == key.address
        let frame = self.frame(
            named: name, linkageName: linkageName ?? name, in: DisplayName.base(ofPath: object.path),
            demangled: !isReadable && mayDemangle(object, key.address))
        makeRoom(for: frame.name.utf8.count + (frame.systemName?.utf8.count ?? 0))
        symbols[key] = frame
        return frame
    }

    private func makeRoom(for bytes: Int) {
        if max(symbols.count, frames.count) >= Self.capacity || keptBytes + bytes > Self.byteCapacity { removeAll() }
        keptBytes += bytes
    }

    private enum Function {
        case named(Symbol)
        /// The address is that of the function's start, where that is known: all addresses in a function get one name.
        case unnamed(FileAddress)
    }

    /// A symbol without a size names what call frame information says of the function that begins there; where there is
    /// none, what lies between the functions that have some.
    private func function(at address: FileAddress, in object: ObjectFile) -> Function {
        let symbol = object.symbol(containing: address)
        if let symbol, symbol.isSized { return .named(symbol) }
        guard let function = lastFunction(object, address) else {
            return symbol.map(Function.named) ?? .unnamed(address)
        }
        guard function.contains(address) else {
            // A label in a function reaches no further than that.
            guard let symbol, symbol.address >= function.upperBound else { return .unnamed(address) }
            return .named(symbol)
        }
        let first = object.symbol(containing: function.lowerBound)
        if let first, !first.isSized, first.address == function.lowerBound { return .named(first) }
        guard let symbol, symbol.address >= function.lowerBound else { return .unnamed(function.lowerBound) }
        return .named(symbol)
    }

    private func removeAll() {
        symbols.removeAll()
        frames.removeAll()
        keptBytes = 0
    }

    private func frame(
        named symbol: String, linkageName: String, in object: String, demangled isDemangled: Bool
    ) -> Frame {
        let raw = DisplayName.cleaned(symbol, maximumLength: Self.maximumRawLength)
        let text =
            isDemangled ? Demangling.readable(raw, withTemplateArguments: showsTemplateArguments) : raw
        let name = DisplayName.cleaned(text, maximumLength: Self.maximumNameLength)
        // A name that was cut or cleaned is none that a linker knows.
        let isWhole = DisplayName.cleaned(linkageName, maximumLength: Self.maximumNameLength) == linkageName
        return Frame(
            name: name.isEmpty ? "[unprintable]" : name, systemName: isWhole && linkageName != name ? linkageName : nil,
            kind: .native, object: object)
    }

    private static let capacity = 1 << 16
    private static let byteCapacity = 24 << 20
    private static let maximumRawLength = 1 << 16
    /// Twice what is shown of a name: the tracer keeps the names of a whole recording.
    private static let maximumNameLength = 4096
}

extension Frame {
    fileprivate static let anonymousCode = Frame(name: "[anonymous]", kind: .unknown, object: nil)

    /// With a line of a file whose path a program gives.
    fileprivate func with(_ source: SourcePosition?) -> Frame {
        let shown = source.flatMap { source -> SourcePosition? in
            let file = DisplayName.cleaned(source.file, maximumLength: SourcePosition.pathLimit)
            guard !file.isEmpty else { return nil }
            return SourcePosition(file: file, line: source.line, functionLine: source.functionLine)
        }
        return Frame(name: name, systemName: systemName, kind: kind, object: object, source: shown)
    }

    /// What it takes up beside its name, or with that.
    fileprivate func ownBytes(withName isNamed: Bool) -> Int {
        MemoryLayout<Frame>.stride + (source?.file.utf8.count ?? 0) + (isNamed ? name.utf8.count : 0)
    }
}

extension SourcePosition {
    /// Bytes, as Linux limits paths.
    fileprivate static let pathLimit = 4096
}

extension SourceCall {
    /// The name to show, mangled or not: that which was written where a linker's isn't mangled (glibc's `__GI___libc_write`).
    fileprivate var symbol: String? {
        guard let linkageName else { return name }
        return MangledName(linkageName).scheme == .none ? name ?? linkageName : linkageName
    }
}
