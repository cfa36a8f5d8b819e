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
    private let functionStart: FunctionStart
    private let mayDemangle: NameCheck

    /// Where the function that covers an address begins; `nil` where that is not known.
    package typealias FunctionStart = (ObjectFile, FileAddress) -> FileAddress?

    /// Whether the name of the symbol that begins at an address may be demangled; asked before each.
    package typealias NameCheck = (ObjectFile, FileAddress) -> Bool

    /// - Parameters:
    ///   - object: the object file of a number, where it can be read.
    ///   - functionStart: asked where there is no symbol, so that all addresses in a function get one name.
    package init(
        object: @escaping (ObjectID) -> ObjectFile?, functionStart: @escaping FunctionStart = { _, _ in nil },
        mayDemangle: @escaping NameCheck = { _, _ in true }
    ) {
        self.object = object
        self.functionStart = functionStart
        self.mayDemangle = mayDemangle
    }

    /// The frames at a location, leaf first: several where calls were inlined, and never none.
    ///
    /// A location must lie inside of its instruction, as `FrameAddress.instruction` does. The kernel's names aren't known
    /// here.
    package func frames(for location: CodeLocation) -> [Frame] {
        switch location {
        case .anonymous: return [Frame(name: "[anonymous]", kind: .unknown, object: nil)]
        case .unmapped: return [Frame(name: "[unknown]", kind: .unknown, object: nil)]
        case .kernel: return [Frame(name: "[kernel]", kind: .kernel, object: nil)]
        case .object(let id, let address):
            if let known = frames[location] { return known }
            guard let object = object(id) else { return [Frame(name: "[unknown]", kind: .unknown, object: nil)] }
            let found = [frame(at: address, in: object)]
            if frames.count >= Self.capacity { frames.removeAll() }
            frames[location] = found
            return found
        }
    }

    private func frame(at address: FileAddress, in object: ObjectFile) -> Frame {
        let base = DisplayName.base(ofPath: object.path)
        guard let symbol = object.symbol(containing: address) else {
            let place = functionStart(object, address) ?? address
            return Frame(name: "[\(base)+\(place)]", kind: .unknown, object: base)
        }
        let key = SymbolKey(object: object.id, address: symbol.address)
        if let known = symbols[key] { return known }
        let frame = Self.frame(of: symbol, in: base, demangled: mayDemangle(object, symbol.address))
        let size = frame.name.utf8.count + (frame.systemName?.utf8.count ?? 0)
        if symbols.count >= Self.capacity || nameBytes + size > Self.nameCapacity { removeAll() }
        nameBytes += size
        symbols[key] = frame
        return frame
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
