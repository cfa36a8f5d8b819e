internal import ObjectFiles
internal import ProfileModel

/// All that libunwind may read while one stack is followed: the snapshot's registers and stack, constant memory from
/// the object files, and frame descriptions.
final class UnwindMemory {
    /// Why the last step could not be made.
    enum Failure {
        case noInformation
        case badInformation
        case unreadable(Address)
        case unknownRegister(NativeRegisters.Name)
    }

    /// A stack of 512 frames needs some 30,000 reads uncached; hostile entries are long.
    private static let readLimit = 1_000_000
    /// How many bytes of code may be decoded for one stack; what was found is kept for the next.
    private static let decodeLimit = 1024 * 1024

    var addressSpace: AddressSpaceMap
    var registers = NativeRegisters()
    /// The instruction whose frame is left.
    var instruction = Address(rawValue: 0)
    private let tables: UnwindTableCache
    private var window = StackWindow(base: Address(rawValue: 0), bytes: [])
    private var generatedCode: (any CodeReader)?
    private var entries = EntryMemory()
    private var layouts = FrameLayouts()
    /// The first thing that went wrong; what follows from it doesn't count.
    private var firstFailure: Failure?
    private var readsLeft = 0
    private var decodableLeft = 0

    init(addressSpace: AddressSpaceMap, tables: UnwindTableCache) {
        self.addressSpace = addressSpace
        self.tables = tables
    }

    func begin(_ window: StackWindow, generatedCode: (any CodeReader)?) {
        self.window = window
        self.generatedCode = generatedCode
        firstFailure = nil
        readsLeft = Self.readLimit
        decodableLeft = Self.decodeLimit
    }

    /// Whether so many entries are kept that the caches, and with them `forgetEntries`, are due.
    var isFull: Bool { entries.isFull }

    /// To be called when the caches are flushed.
    func forgetEntries() {
        entries.removeAll()
        layouts.removeAll()
        knownJumps.removeAll()
    }

    /// Lets go of the snapshot.
    func end() {
        window = StackWindow(base: Address(rawValue: 0), bytes: [])
        generatedCode = nil
    }

    /// What went wrong since the last call.
    func takeFailure() -> Failure? {
        defer { firstFailure = nil }
        return firstFailure
    }

    private func fail(_ failure: Failure) { firstFailure = firstFailure ?? failure }

    /// Why a word of the stack can't be read: the copy ends below it, or it never was part of the stack.
    func unreadable(_ address: Address) -> TruncationReason {
        let isAbove = !window.bytes.isEmpty && address.rawValue >= window.end.rawValue &- 7
        let stack = addressSpace.mapping(containing: Address(rawValue: window.end.rawValue &- 1))
        return isAbove && stack?.contains(address) == true ? .beyondCopiedStack(address) : .unreadableMemory(address)
    }

    // MARK: - What libunwind asks for

    func register(_ name: NativeRegisters.Name) -> UInt64? {
        if let value = registers[name] { return value }
        fail(.unknownRegister(name))
        return nil
    }

    /// The aligned word at `address`.
    func word(at address: UInt64) -> UInt64? {
        guard readsLeft > 0 else {
            fail(.badInformation)
            return nil
        }
        readsLeft -= 1
        if let word = window.word(at: Address(rawValue: address)) { return word }
        if let word = entries.word(at: address) { return word }
        let isLost = address == CallFrameInstructions.lostFramePointer
        fail(isLost ? .unknownRegister(.rbp) : .unreadable(Address(rawValue: address)))
        return nil
    }

    /// Makes the frame description that covers `instruction` readable; returns where it pretends to be.
    func prepareEntry() -> UInt64? {
        let address = instruction
        do {
            guard let found = addressSpace.object(at: address),
                let description = try description(covering: address, found.object, found.bias)
            else {
                fail(.noInformation)
                return nil
            }
            return entries.add(try SanitizedEntry(description, bias: found.bias))
        } catch {
            fail(.badInformation)
            return nil
        }
    }

    private func description(
        covering address: Address, _ object: ObjectFile, _ bias: UInt64
    ) throws(CallFrameError) -> FrameDescription? {
        try tables.table(of: object).description(covering: FileAddress(rawValue: address.rawValue &- bias))
    }

    // MARK: - Code

    /// The start of the function that covers `address`, by call frame information, else by symbols.
    func functionStart(covering address: Address) -> Address? { function(covering: address)?.range.lowerBound }

    /// The function that covers `address`, by call frame information, else by symbols.
    func function(covering address: Address) -> FunctionExtent? {
        guard let found = addressSpace.object(at: address) else { return nil }
        if let description = try? description(covering: address, found.object, found.bias) {
            return FunctionExtent(description, bias: found.bias)
        }
        let symbol = found.object.symbol(containing: FileAddress(rawValue: address.rawValue &- found.bias))
        return symbol.flatMap { FunctionExtent($0, bias: found.bias) }
    }

    /// Where registers point in a frame; `nil` when its code doesn't tell.
    func layout(at address: FrameAddress) -> FrameLayout? { layouts.layout(at: address, in: self) }

    /// Whether a function may end by an indirect jump to another one.
    func hasIndirectTailCall(_ extent: FunctionExtent) -> Bool { layouts.hasIndirectTailCall(extent, in: self) }

    /// Up to `count` bytes of code at `address`: fewer where the mapping ends, none where it can't be read.
    func code(at address: Address, count: Int) -> [UInt8] {
        guard let mapping = addressSpace.mapping(containing: address), mapping.isExecutable else { return [] }
        let available = Int(min(UInt64(count), mapping.end.rawValue - address.rawValue))
        // A writable mapping can differ from its file.
        if !mapping.isWritable, let object = mapping.backing.object, let fileAddress = mapping.fileAddress(of: address)
        {
            return object.bytes(at: fileAddress, count: available)
        }
        return generatedCode?.bytes(at: address, count: available) ?? []
    }

    /// Whether so much code was decoded for this stack that the rest stays unknown.
    var isDecodingExhausted: Bool { decodableLeft < 0 }

    /// Asks to decode `count` bytes of code.
    func mayDecode(_ count: Int) -> Bool {
        decodableLeft -= count
        return decodableLeft >= 0
    }

    /// Whether code at `origin` may jump on to `function`, if that was found out before.
    var knownJumps: [JumpQuestion: Bool] = [:]

    /// The address behind the last copied word, if the stack was copied to its very top.
    var stackTop: Address? {
        let last = Address(rawValue: window.end.rawValue &- 1)
        return addressSpace.end(ofMappingContaining: last) == window.end ? window.end : nil
    }

    /// The word at `address` of the stack; `nil` where it was not copied.
    ///
    /// Never counts as a failure of a step.
    func stackWord(at address: Address) -> UInt64? { window.word(at: address) }
}
