internal import ObjectFiles
internal import ProfileModel

/// Where stacks begin: code that nobody called.
///
/// Where call frame information says so, with an undefined return address, it needs no other evidence. Belongs to one thread.
final class StackRoots {
    private static let knownLimit = 4096
    /// Entries of programs have some dozen instructions before their call.
    private static let entryLength = 64

    private let code: MappedCode
    private let calls: CallVerifier
    private var knownCalls: [Address: Bool] = [:]
    private var entries: [ObjectID: Entry] = [:]

    /// The straight code from an object's entry point.
    private struct Entry {
        /// Up to its first call.
        var instructions: Set<FileAddress> = []
        /// Behind that.
        var firstReturn: FileAddress?
        /// What follows that, unless the first call never returns: the loader's entry.
        var laterInstructions: Set<FileAddress> = []
        /// Behind all calls.
        var returns: Set<FileAddress> = []
        /// Whether the file is a program, whose entry point is what the kernel or the loader jumps to.
        var isProgram = false
    }

    init(of code: MappedCode, calls: CallVerifier) {
        self.code = code
        self.calls = calls
    }

    /// To be called when other code is mapped.
    func removeAll() {
        knownCalls.removeAll()
        entries.removeAll()
    }

    /// Whether a frame is the outermost one.
    func contain(_ position: StackPosition, in stack: StackMemory) -> Bool {
        switch position.address {
        case .returnAddress(let target):
            if contain(callAt: position.address.instruction) { return true }
            guard let (entry, address) = entry(at: target) else { return false }
            return entry.returns.contains(address) && stack.holdsArguments(at: position.stackPointer)
        case .programCounter(let pc):
            guard let (entry, address) = entry(at: pc) else { return false }
            if entry.isProgram, entry.instructions.contains(address) { return true }
            return entry.laterInstructions.contains(address) && stack.holdsArguments(at: position.stackPointer)
        }
    }

    /// Whether a call that `instruction` is the last byte of is made by the outermost frame of its stack, by code alone.
    func contain(callAt instruction: Address) -> Bool {
        if let known = knownCalls[instruction] { return known }
        guard let isRoot = findRoot(callAt: instruction) else { return false }
        // Generated code may be replaced by other code.
        guard code.isStable(at: instruction) else { return isRoot }
        if knownCalls.count >= Self.knownLimit { knownCalls.removeAll() }
        knownCalls[instruction] = isRoot
        return isRoot
    }

    /// `nil` when it can't be known for the present stack.
    private func findRoot(callAt instruction: Address) -> Bool? {
        let next = instruction.advanced(by: 1)
        if GoStackRoots.containExit(at: next, in: code) { return true }
        guard calls.call(before: next) != nil else { return false }
        if GoStackRoots.contain(callAt: instruction, in: code) { return true }
        if EntryCode.marksOutermostFrame(before: next, in: code), EntryCode.neverReturns(from: next, in: code) {
            switch isUndescribed(instruction) {
            case true?: return true
            case false?: if beginsStacks(instruction) { return true }
            case nil: return nil
            }
        }
        guard let (entry, address) = entry(at: next) else { return false }
        return entry.isProgram && entry.firstReturn == address
    }

    /// Whether no call frame information says where the frame's caller is, which code alone doesn't outweigh; `nil` when it
    /// can't be read for the present stack.
    private func isUndescribed(_ instruction: Address) -> Bool? {
        do { _ = try code.entry(covering: instruction) } catch {
            return switch error {
            case .noDescription: true
            case .unusableDescription: false
            case .parsingBudgetExhausted, .workLimit: nil
            }
        }
        return false
    }

    /// Functions with the outermost frames of programs and threads, which musl describes as if they had been called.
    private static let beginningNames: Set<String> = ["_start", "__clone", "clone"]

    private func beginsStacks(_ instruction: Address) -> Bool {
        guard let (object, bias) = code.object(at: instruction) else { return false }
        let symbol = object.symbol(containing: FileAddress(rawValue: instruction.rawValue &- bias))
        return symbol.map { Self.beginningNames.contains($0.name) } ?? false
    }

    // MARK: - Entry points

    /// The entry of the object that holds `address`.
    private func entry(at address: Address) -> (Entry, FileAddress)? {
        guard let (object, bias) = code.object(at: address) else { return nil }
        let fileAddress = FileAddress(rawValue: address.rawValue &- bias)
        if let known = entries[object.id] { return (known, fileAddress) }
        let entry = readEntry(of: object, bias: bias)
        entries[object.id] = entry
        return (entry, fileAddress)
    }

    private func readEntry(of object: ObjectFile, bias: UInt64) -> Entry {
        var entry = Entry()
        guard object.entryPoint.rawValue != 0 else { return entry }
        entry.isProgram = !object.isPositionIndependent || object.section(named: ".interp") != nil
        var address = Address(rawValue: object.entryPoint.rawValue &+ bias)
        var window = CodeWindow()
        // A function that the entry calls may follow right behind it.
        var called: Set<Address> = []
        for _ in 0..<Self.entryLength {
            guard !called.contains(address) else { return entry }
            guard let instruction = window.instruction(at: address, in: code) else { return entry }
            let place = FileAddress(rawValue: address.rawValue &- bias)
            if entry.firstReturn == nil {
                entry.instructions.insert(place)
            } else {
                entry.laterInstructions.insert(place)
            }
            if EntryCode.clearsFramePointer(at: address, in: code) { entry.isProgram = true }
            let next = address.advanced(by: UInt64(instruction.length))
            switch instruction.operation {
            // Behind a call that never returns there is another function.
            case .jump(let target?) where entry.firstReturn == nil: address = target
            case .jump, .leaveFunction, .trap, .conditionalJump: return entry
            case .call(let target):
                if let target { called.insert(target) }
                let returnPlace = FileAddress(rawValue: next.rawValue &- bias)
                entry.firstReturn = entry.firstReturn ?? returnPlace
                entry.returns.insert(returnPlace)
                address = next
            default: address = next
            }
        }
        return entry
    }
}

extension StackMemory {
    private static let longestGap: UInt64 = 8
    private static let mostArguments: UInt64 = 1 << 16

    /// Whether the words that the kernel passes to a program are at `address`, or a little above it: the number of
    /// arguments, pointers to them up the stack, and zero (System V ABI for x86-64, figure 3.9).
    func holdsArguments(at address: Address) -> Bool {
        (0...Self.longestGap).contains { gap in
            let start = address.advanced(by: 8 * gap)
            guard let count = word(at: start), (1...Self.mostArguments).contains(count),
                let first = word(at: start.advanced(by: 8)), first > start.rawValue,
                word(at: start.advanced(by: 8 * (count + 1))) == 0
            else { return false }
            return mapping(containing: start)?.contains(Address(rawValue: first)) == true
        }
    }
}

/// Where the stacks of Go's scheduler begin.
///
/// Each thread of a Go program has a stack of its own (g0), to which `runtime.mcall` and `runtime.morestack` switch
/// without a trace of where they come from: what lies above them there is left from earlier. Threads begin in
/// `runtime.clone`, the first one in `runtime.rt0_go`. Source: `topofstack` in Go's runtime/traceback.go.
enum GoStackRoots {
    private static let names: Set<String> = [
        "runtime.mcall", "runtime.morestack", "runtime.clone", "runtime.rt0_go",
    ]

    /// Whether a call that `instruction` is the last byte of is made by the outermost frame of its stack.
    static func contain(callAt instruction: Address, in code: MappedCode) -> Bool {
        guard let found = object(at: instruction, in: code),
            let symbol = found.object.symbol(containing: FileAddress(rawValue: instruction.rawValue &- found.bias))
        else { return false }
        return names.contains(symbol.name)
    }

    /// Whether a return address is that of a goroutine's first function, which nothing called.
    ///
    /// It points behind the `nop` with which `runtime.goexit` begins, before its call and another `nop`.
    static func containExit(at address: Address, in code: MappedCode) -> Bool {
        let bytes = code.bytes(at: address.lowered(by: 1), count: 7)
        guard bytes.count == 7, bytes[0] == 0x90, bytes[1] == 0xe8, bytes[6] == 0x90 else { return false }
        return object(at: address, in: code) != nil
    }

    private static func object(at address: Address, in code: MappedCode) -> (object: ObjectFile, bias: UInt64)? {
        guard let found = code.object(at: address), found.object.isGo else { return nil }
        return found
    }
}
