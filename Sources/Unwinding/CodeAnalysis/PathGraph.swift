internal import ProfileModel

/// The instructions that direct jumps lead to from one instruction, the nearest first.
struct PathGraph {
    struct Node {
        let instruction: MachineInstruction
        let next: Address
        /// Whether the instruction after it can follow: not behind a call after which another function begins.
        var goesOn: Bool
    }

    private(set) var nodes: [Address: Node] = [:]
    /// Where paths meet or begin.
    private(set) var joins: Set<Address> = []
    /// Jumps from these instructions go to the start of another function, whose frame is as after a call.
    private(set) var tailJumps: Set<Address> = []
    /// Calls to code in this mapping that takes the return address: a push and a jump.
    private(set) var pushingCalls: Set<Address> = []
    /// Whether all instructions were followed that are there.
    private(set) var isComplete = true

    let start: Address
    private let mapping: Range<Address>
    private let code: any CodeSource
    private let budget: WorkBudget
    private var window = CodeWindow()

    /// - Parameter limit: the number of instructions after which the graph is not complete.
    init(from start: Address, in code: any CodeSource, budget: WorkBudget, limit: Int) {
        self.start = start
        self.code = code
        self.budget = budget
        mapping = code.executableRange(containing: start) ?? start..<start
        var pending = [start]
        var first = 0
        joins.insert(start)
        while first < pending.count {
            let leader = pending[first]
            first += 1
            follow(from: leader, limit: limit, &pending)
        }
    }

    /// What was decoded, in ascending order.
    var pieces: [Range<Address>] {
        var pieces: [Range<Address>] = []
        for (address, node) in nodes.sorted(by: { $0.key < $1.key }) {
            if let last = pieces.last, address <= last.upperBound {
                pieces[pieces.count - 1] = last.lowerBound..<max(last.upperBound, node.next)
            } else {
                pieces.append(address..<node.next)
            }
        }
        return pieces
    }

    private mutating func follow(from leader: Address, limit: Int, _ pending: inout [Address]) {
        var address = leader
        while nodes[address] == nil {
            guard nodes.count < limit else { return isComplete = false }
            guard let instruction = decode(at: address) else {
                // Bytes that are no instruction are not executed.
                if code.bytes(at: address, count: 1).isEmpty { isComplete = false }
                return
            }
            let next = address.advanced(by: UInt64(instruction.length))
            nodes[address] = Node(instruction: instruction, next: next, goesOn: true)
            switch instruction.operation {
            case .jump(let target): return add(target, from: address, &pending)
            case .conditionalJump(let target, _): add(target, from: address, &pending)
            case .leaveFunction, .trap, .breakpoint: return
            case .call(let target?) where pushesReturnAddress(to: target):
                pushingCalls.insert(address)
                return add(target, from: address, &pending)
            case .call where endsFunction(before: next):
                nodes[address]?.goesOn = false
                return
            default: break
            }
            address = next
        }
        joins.insert(address)
    }

    private mutating func add(_ target: Address?, from address: Address, _ pending: inout [Address]) {
        guard let target else { return }
        if !isOneCode(with: target) || target != start && code.beginsDescribedFunction(at: target) {
            tailJumps.insert(address)
        } else if joins.insert(target).inserted {
            pending.append(target)
        }
    }

    /// Whether a jump may go on in the same frame: within a mapping, or from generated code, whose functions may share
    /// their ends.
    private func isOneCode(with target: Address) -> Bool {
        if mapping.contains(target) { return true }
        return !code.isStable(at: start) && code.executableRange(containing: target) != nil
    }

    private func pushesReturnAddress(to target: Address) -> Bool {
        mapping.contains(target) && CalledCode.takesReturnAddress(from: target, in: code, budget: budget)
    }

    /// Whether another function follows a call, which then never returns.
    ///
    /// Padding shows that, unless it is known to be within a function: before a loop.
    private mutating func endsFunction(before next: Address) -> Bool {
        var address = next
        while let following = decode(at: address), following.isFiller, address.rawValue < next.rawValue + 32 {
            address = address.advanced(by: UInt64(following.length))
        }
        guard let function = code.function(covering: address)?.range else { return address != next }
        return function.lowerBound == address || !function.contains(next)
    }

    private mutating func decode(at address: Address) -> MachineInstruction? {
        guard budget.allows(.decodingBytes, MachineInstruction.longest / 3) else { return nil }
        return window.instruction(at: address, in: code)
    }
}

/// The piece of code that was read last.
struct CodeWindow {
    private static let size = 256
    private var base = Address(rawValue: 0)
    private var bytes: [UInt8] = []

    mutating func instruction(at address: Address, in code: any CodeSource) -> MachineInstruction? {
        if let offset = offset(of: address), offset + MachineInstruction.longest <= bytes.count {
            return MachineInstruction(in: bytes, at: offset, base: base)
        }
        base = address
        bytes = code.bytes(at: address, count: Self.size)
        return MachineInstruction(in: bytes, at: 0, base: base)
    }

    private func offset(of address: Address) -> Int? {
        guard address >= base else { return nil }
        return Int(exactly: address.rawValue - base.rawValue)
    }
}

extension MachineInstruction {
    /// Whether it fills space up to an aligned address; a `nop` of one byte may also mark a place.
    fileprivate var isFiller: Bool {
        switch operation {
        case .breakpoint: true
        case .padding: length > 1
        default: false
        }
    }
}
