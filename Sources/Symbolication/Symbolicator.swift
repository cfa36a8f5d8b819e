package import ObjectFiles
package import ProfileModel
internal import Synchronization

/// Turns code locations into frames that a person reads.
///
/// It may be used from several threads. Symbol tables belong to the object files, so that every process that maps a
/// library shares one; what is kept here is bounded.
package final class Symbolicator: Sendable {
    private struct SymbolKey: Hashable {
        let object: ObjectID
        let address: FileAddress
    }

    private struct Caches {
        var frames: [CodeLocation: [Frame]] = [:]
        var symbols: [SymbolKey: Frame] = [:]
    }

    private let objects: ObjectFileStore
    private let caches = Mutex(Caches())

    private let functionStart: FunctionStart
    private let kernelFunction: KernelFunction

    /// Where the function that covers an address begins; `nil` where that is not known.
    package typealias FunctionStart = @Sendable (ObjectFile, FileAddress) -> FileAddress?

    /// The kernel's function at an address, and the module that it is in; `nil` where that is not known.
    package typealias KernelFunction = @Sendable (Address) -> (name: String, module: String?)?

    /// - Parameters:
    ///   - functionStart: asked where there is no symbol, so that all addresses in a function get one name.
    ///   - kernelFunction: asked for addresses in the kernel.
    package init(
        objects: ObjectFileStore, functionStart: @escaping FunctionStart = { _, _ in nil },
        kernelFunction: @escaping KernelFunction = { _ in nil }
    ) {
        self.objects = objects
        self.functionStart = functionStart
        self.kernelFunction = kernelFunction
    }

    /// The frames at a location, leaf first: several where calls were inlined, and never none.
    ///
    /// A location must lie inside of its instruction, as `FrameAddress.instruction` does.
    package func frames(for location: CodeLocation) -> [Frame] {
        switch location {
        case .anonymous: return [Frame(name: "[anonymous]", kind: .unknown, object: nil)]
        case .unmapped: return [Frame(name: "[unknown]", kind: .unknown, object: nil)]
        case .object(let id, let address):
            guard let object = objects.object(id) else {
                return [Frame(name: "[unknown]", kind: .unknown, object: nil)]
            }
            return remembered(location) { [frame(at: address, in: object)] }
        case .kernel(let address): return remembered(location) { [kernelFrame(at: address)] }
        }
    }

    private func remembered(_ location: CodeLocation, _ find: () -> [Frame]) -> [Frame] {
        if let known = caches.withLock({ $0.frames[location] }) { return known }
        let frames = find()
        caches.withLock { caches in
            if caches.frames.count >= Self.capacity { caches.frames.removeAll() }
            caches.frames[location] = frames
        }
        return frames
    }

    private func kernelFrame(at address: Address) -> Frame {
        guard let function = kernelFunction(address) else { return Frame(name: "[kernel]", kind: .kernel, object: nil) }
        let name = DisplayName.cleaned(function.name, maximumLength: Self.maximumRawLength)
        return Frame(name: name.isEmpty ? "[unprintable]" : name, kind: .kernel, object: function.module ?? "kernel")
    }

    private func frame(at address: FileAddress, in object: ObjectFile) -> Frame {
        let base = DisplayName.base(ofPath: object.path)
        guard let symbol = object.symbol(containing: address) else {
            let place = functionStart(object, address) ?? address
            return Frame(name: "[\(base)+\(place)]", kind: .unknown, object: base)
        }
        let key = SymbolKey(object: object.id, address: symbol.address)
        if let known = caches.withLock({ $0.symbols[key] }) { return known }
        let frame = Frame(name: Self.name(of: symbol), kind: .native, object: base)
        caches.withLock { caches in
            if caches.symbols.count >= Self.capacity { caches.symbols.removeAll() }
            caches.symbols[key] = frame
        }
        return frame
    }

    private static func name(of symbol: Symbol) -> String {
        let raw = DisplayName.cleaned(symbol.name, maximumLength: maximumRawLength)
        let name = DisplayName.cleaned(Demangling.readable(raw), maximumLength: maximumNameLength)
        return name.isEmpty ? "[unprintable]" : name
    }

    private static let capacity = 1 << 16
    private static let maximumRawLength = 4096
    private static let maximumNameLength = 1 << 16
}
