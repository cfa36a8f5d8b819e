internal import ProfileModel

/// Reads what coroutines wait for: a chain of suspended functions, each of which awaits the next one.
struct CPythonCoroutines {
    /// A function of the chain, as it was at one time.
    struct Link: Hashable {
        let object: Address
        /// `nil` for one that has ended.
        let frame: CPythonFrame?
        /// `nil` for one that is executed, or is suspended at a `yield` of its own.
        let awaited: Address?
    }

    struct Chain: Hashable {
        /// The outermost function first.
        var links: [Link] = []
        var loss: RuntimeTask.Loss?
    }

    let layout: CPythonTaskLayout.Generator
    let whole: CPythonLayout
    let objects: CPythonObjects

    /// The chain that begins with a task's coroutine.
    func chain(from coroutine: Address) -> Chain {
        var chain = Chain()
        var seen: Set<Address> = []
        var next: Address? = coroutine
        do throws(RuntimeReadError) {
            while let object = next {
                guard let kind = try kind(of: object) else { return chain }
                guard seen.insert(object).inserted else {
                    chain.loss = .cycle
                    return chain
                }
                // Wrappers stand between any two of them.
                guard chain.links.count < RuntimeTasks.frameLimit, seen.count < 3 * RuntimeTasks.frameLimit else {
                    chain.loss = .tooDeep
                    return chain
                }
                switch kind {
                case .function:
                    let link = try link(at: object)
                    chain.links.append(link)
                    next = link.awaited
                case .wrapper: next = try objects.field(0, of: object)
                }
            }
        } catch {
            chain.loss = .unreadable
        }
        return chain
    }

    // MARK: - Kinds

    private enum Kind {
        case function
        /// What iterates over a coroutine or an asynchronous generator.
        case wrapper
    }

    private static let functions: Set<String> = ["coroutine", "generator", "async_generator"]
    private static let wrappers: Set<String> = [
        "coroutine_wrapper", "async_generator_asend", "async_generator_athrow", "anext_awaitable",
    ]
    private static let longestName = 32

    /// `nil` for an object that isn't the interpreter's own.
    private func kind(of object: Address) throws(RuntimeReadError) -> Kind? {
        let type = try objects.type(of: object)
        guard !type.flags.contains(.heap) else { return nil }
        let bytes = objects.memory.terminatedBytes(at: type.name, limit: Self.longestName)
        let name = String(decoding: bytes, as: UTF8.self)
        return Self.functions.contains(name) ? .function : Self.wrappers.contains(name) ? .wrapper : nil
    }

    // MARK: - Frames

    func link(at object: Address) throws(RuntimeReadError) -> Link {
        switch layout.frame {
        case .object(let offset, let stack):
            guard let place = try objects.memory.pointer(at: object, offset: offset) else {
                return Link(object: object, frame: nil, awaited: nil)
            }
            let frame = try frame(at: place)
            return Link(object: object, frame: frame, awaited: try awaited(by: frame, stack, state: nil))
        case .embedded(let offset, let state, let stack):
            guard let byte = try objects.memory.allBytes(at: object.offset(by: state), count: 1).first else {
                throw .unreadable(object)
            }
            let state = Int8(bitPattern: byte)
            guard state <= Self.executing else { return Link(object: object, frame: nil, awaited: nil) }
            let frame = try frame(at: object.offset(by: offset))
            let awaited = state < Self.executing ? try awaited(by: frame, stack, state: state) : nil
            return Link(object: object, frame: frame, awaited: awaited)
        }
    }

    /// `FRAME_EXECUTING`: frames that are suspended or have not begun have a lower state, those that have ended a higher one.
    private static let executing: Int8 = 0

    func frame(at address: Address) throws(RuntimeReadError) -> CPythonFrame {
        let bytes = try objects.memory.allBytes(at: address, count: whole.frame.byteCount)
        let copied = CopiedMemory([StackWindow(base: address, bytes: bytes)])
        guard let frame = CPythonFrame(at: address, whole, in: copied) else { throw .unreadable(address) }
        return frame
    }

    /// What a suspended frame awaits.
    private func awaited(
        by frame: CPythonFrame, _ stack: CPythonTaskLayout.Stack, state: Int8?
    ) throws(RuntimeReadError) -> Address? {
        guard try isDelegating(frame, state) else { return nil }
        let place: Address
        switch stack {
        case .top(let offset):
            guard let top = try objects.memory.pointer(at: frame.address, offset: offset) else { return nil }
            place = top.offset(by: -8)
        case .depth(let offset, let values):
            let bytes = try objects.memory.allBytes(at: frame.address.offset(by: offset), count: 4)
            let depth = Int32(truncatingIfNeeded: bytes.littleEndianWord(at: 0, count: 4))
            guard depth > 0, let first = try self.values(of: frame, values) else { return nil }
            place = first.offset(by: 8 * (Int(depth) - 1))
        }
        let word = try objects.memory.word(at: place) & ~Self.tags
        return word == 0 ? nil : Address(rawValue: word)
    }

    private func values(
        of frame: CPythonFrame, _ values: CPythonTaskLayout.Values
    ) throws(RuntimeReadError) -> Address? {
        switch values {
        case .pointer(let offset): try objects.memory.pointer(at: frame.address, offset: offset)
        case .inFrame(let offset): frame.address.offset(by: offset)
        }
    }

    /// The two lowest bits of a reference on the stack (3.14 and later); objects lie on multiples of eight.
    private static let tags: UInt64 = 3

    private func isDelegating(_ frame: CPythonFrame, _ state: Int8?) throws(RuntimeReadError) -> Bool {
        guard let instruction = frame.instruction else { return false }
        switch layout.delegation {
        case .state(let delegating): return state == delegating
        case .resumption(let numbers):
            let next = try objects.memory.allBytes(at: Address(rawValue: instruction).advanced(by: 2), count: 2)
            return numbers.contains(next[0]) && next[1] >= Self.firstDelegatingResumption
        case .nextInstruction(let number):
            guard let offset = whole.code.instructionBytes,
                let bytes = try objects.memory.pointer(at: frame.code, offset: offset)
            else { return false }
            let first = bytes.offset(by: objects.layout.bytes)
            return try objects.memory.allBytes(at: first.advanced(by: instruction + 2), count: 1) == [number]
        }
    }

    private static let firstDelegatingResumption: UInt8 = 2
}
