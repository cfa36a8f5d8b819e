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
    private var symbols: [SymbolKey: Frame] = [:]
    /// The bytes of all names in `symbols`, which `frames` shares.
    private var nameBytes = 0
    private let object: (ObjectID) -> ObjectFile?
    private let path: (ObjectID) -> String?
    private let lastFunction: LastFunction
    private let mayDemangle: NameCheck

    /// The bounds, by other evidence than symbols, of the function that begins last of those at or before an address; `nil`
    /// where they are not known.
    package typealias LastFunction = (ObjectFile, FileAddress) -> Range<FileAddress>?

    /// Whether the name of the symbol that begins at an address may be demangled; asked before each.
    package typealias NameCheck = (ObjectFile, FileAddress) -> Bool

    /// - Parameters:
    ///   - object: the object file of a number, where it can be read.
    ///   - path: of a file that isn't an object file, or can't be read.
    ///   - lastFunction: asked where no symbol with a size covers an address.
    package init(
        object: @escaping (ObjectID) -> ObjectFile?, path: @escaping (ObjectID) -> String? = { _ in nil },
        lastFunction: @escaping LastFunction = { _, _ in nil },
        mayDemangle: @escaping NameCheck = { _, _ in true }
    ) {
        self.object = object
        self.path = path
        self.lastFunction = lastFunction
        self.mayDemangle = mayDemangle
    }

    /// The frames at a location, leaf first: several where calls were inlined, and never none.
    ///
    /// A location must lie inside of its instruction, as `FrameAddress.instruction` does. The kernel's names aren't known
    /// here.
    package func frames(for location: CodeLocation) -> [Frame] {
        switch location {
        case .anonymous: return [Frame(name: "[anonymous]", kind: .unknown, object: nil)]
        case .unmapped(let address): return [Frame(name: "\(address)", kind: .unknown, object: nil)]
        case .kernel: return [Frame(name: "[kernel]", kind: .kernel, object: nil)]
        case .kernelWorker: return [.kernelWorker]
        case .signalReturn: return [Frame(name: "[signal]", kind: .native, object: nil)]
        case .object(let id, let address):
            if let known = frames[location] { return known }
            guard let object = object(id) else { return [frame(at: address, inFile: path(id))] }
            let found = [frame(at: address, in: object)]
            if frames.count >= Self.capacity { frames.removeAll() }
            frames[location] = found
            return found
        }
    }

    /// Code of a file without symbols is known by its offset in the file.
    private func frame(at offset: FileAddress, inFile path: String?) -> Frame {
        guard let path else { return Frame(name: "[unknown]", kind: .unknown, object: nil) }
        let base = DisplayName.base(ofPath: path)
        return Frame(name: "[\(base)+\(offset)]", kind: .unknown, object: base)
    }

    private func frame(at address: FileAddress, in object: ObjectFile) -> Frame {
        let base = DisplayName.base(ofPath: object.path)
        let symbol: Symbol
        switch self.symbol(at: address, in: object) {
        case .named(let found): symbol = found
        case .unnamed(let start): return Frame(name: "[\(base)+\(start)]", kind: .unknown, object: base)
        }
        let key = SymbolKey(object: object.id, address: symbol.address)
        if let known = symbols[key] { return known }
        // Go's names have dots, and nothing behind them that a compiler appended.
        let isReadable = object.goFunctions?.function(covering: symbol.address)?.range.lowerBound == symbol.address
        let frame = Self.frame(
            of: symbol, in: base, demangled: !isReadable && mayDemangle(object, symbol.address))
        let size = frame.name.utf8.count + (frame.systemName?.utf8.count ?? 0)
        if symbols.count >= Self.capacity || nameBytes + size > Self.nameCapacity { removeAll() }
        nameBytes += size
        symbols[key] = frame
        return frame
    }

    private enum Function {
        case named(Symbol)
        /// The address is that of the function's start, where that is known: all addresses in a function get one name.
        case unnamed(FileAddress)
    }

    /// A symbol without a size names what call frame information says of the function that begins there; where there is
    /// none, what lies between the functions that have some.
    private func symbol(at address: FileAddress, in object: ObjectFile) -> Function {
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
        nameBytes = 0
    }

    private static func frame(of symbol: Symbol, in object: String, demangled isDemangled: Bool) -> Frame {
        let raw = DisplayName.cleaned(symbol.name, maximumLength: maximumRawLength)
        let text = isDemangled ? Demangling.readable(raw) : raw
        let name = DisplayName.cleaned(text, maximumLength: maximumNameLength)
        // A name that was cut or cleaned is none that a linker knows.
        let isMangled = raw != name && raw == symbol.name && raw.utf8.count <= maximumNameLength
        return Frame(
            name: name.isEmpty ? "[unprintable]" : name, systemName: isMangled ? raw : nil, kind: .native,
            object: object)
    }

    private static let capacity = 1 << 16
    private static let nameCapacity = 16 << 20
    private static let maximumRawLength = 1 << 16
    /// Twice what is shown of a name: the tracer keeps the names of a whole recording.
    private static let maximumNameLength = 4096
}
