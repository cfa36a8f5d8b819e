internal import CLinux
internal import Glibc
internal import ProfileModel

/// Has the kernel copy where stacks go on, at the very time of each sample (bpf(2)): whatever is read of a thread later can
/// be of another call.
///
/// Belongs to one thread at a time.
@safe final class SampledCopies {
    private var raw: clinux_copies
    private var buffer = [UInt8](
        repeating: 0,
        count: Int(CLINUX_COPY_STEPS) * Int(CLINUX_COPY_BYTES) + Int(CLINUX_LIST_ELEMENTS) * Int(CLINUX_LIST_BYTES))
    /// Threads that have plans, and how many bytes of each element of a list are copied.
    private var planned: [ThreadID: Int] = [:]
    private var plannedProcesses: [ProcessID: Int] = [:]

    /// Between a sample's time and that of its copies, in nanoseconds: either can come first, as the kernel has it.
    private static let longestDelay: UInt64 = 100_000

    /// `nil` where the kernel or its administrator doesn't permit it, or threads' numbers aren't the host's.
    init?() {
        unsafe raw = clinux_copies()
        // Safe: the call fills the structure.
        guard unsafe clinux_copies_open(&raw) == 0 else { return nil }
    }

    deinit { unsafe clinux_copies_close(&raw) }

    /// Returns whether samples of the event come with copies.
    @discardableResult
    func attach(to event: PerfEvent) -> Bool { unsafe clinux_copies_attach(&raw, event.descriptor) == 0 }

    /// Has copies made by these plans with each sample of a thread from now on, the first ones first.
    func set(_ plans: ThreadPlans, of thread: ThreadID) {
        var plan = clinux_copy_plan(plans.stacks.flatMap(\.steps))
        if let interpreter = plans.interpreter { plan.set(interpreter) }
        guard plan.step_count > 0 || plan.lists.0.address != 0 else { return remove(thread) }
        // Safe: the call only reads the plan.
        if unsafe clinux_copies_set(&raw, thread.rawValue, &plan) == 0 {
            planned[thread] = Int(plan.lists.0.byte_count)
        }
    }

    /// Has copies made by this plan with each sample of threads of a process that have no plans of their own.
    func set(_ interpreter: InterpreterPlan, ofThreadsOf process: ProcessID) {
        var plan = clinux_copy_plan([])
        plan.set(interpreter)
        // Safe: the call only reads the plan.
        if unsafe clinux_copies_set_process(&raw, process.rawValue, &plan) == 0 {
            plannedProcesses[process] = Int(plan.lists.0.byte_count)
        }
    }

    /// To be called when a thread ends: another one may get its number.
    func remove(_ thread: ThreadID) {
        guard planned.removeValue(forKey: thread) != nil else { return }
        // Safe: no plan is read.
        _ = unsafe clinux_copies_set(&raw, thread.rawValue, nil)
    }

    /// To be called when a process ends, likewise.
    func remove(_ process: ProcessID) {
        guard plannedProcesses.removeValue(forKey: process) != nil else { return }
        // Safe: no plan is read.
        _ = unsafe clinux_copies_set_process(&raw, process.rawValue, nil)
    }

    /// What was copied with a thread's sample of a time, in nanoseconds of the monotonic clock.
    func take(
        of thread: ThreadID, in process: ProcessID, at time: UInt64
    ) -> (stack: [StackWindow], interpreter: [StackWindow]) {
        guard let elementSize = planned[thread] ?? plannedProcesses[process] else { return ([], []) }
        let earliest = time - min(time, Self.longestDelay)
        var copied = clinux_copied()
        // Safe: the call fills the structure, and at most the whole buffer.
        let latest = time &+ Self.longestDelay
        let isFound = unsafe clinux_copies_take(&raw, thread.rawValue, earliest, latest, &copied, &buffer)
        guard isFound != 0 else { return ([], []) }
        var windows: [StackWindow] = []
        var used = 0
        for (base, count) in [
            (copied.base.0, copied.count.0), (copied.base.1, copied.count.1), (copied.base.2, copied.count.2),
        ] where count > 0 {
            windows.append(StackWindow(base: Address(rawValue: base), bytes: Array(buffer[used..<used + Int(count)])))
            used += Int(count)
        }
        return (
            windows.joined,
            copied.placeWindows + copied.pathWindows + elements(of: copied, from: used, size: elementSize)
        )
    }

    /// The elements of the lists, which are in the buffer.
    private func elements(of copied: clinux_copied, from start: Int, size: Int) -> [StackWindow] {
        var windows: [StackWindow] = []
        // Safe: the array is copied out as a whole.
        let bases = unsafe withUnsafeBytes(of: copied.list_base) { unsafe Array($0.bindMemory(to: UInt64.self)) }
        for (index, base) in bases.prefix(Int(copied.list_count)).enumerated() {
            let offset = start + index * Int(CLINUX_LIST_BYTES)
            windows.append(StackWindow(base: Address(rawValue: base), bytes: Array(buffer[offset..<offset + size])))
        }
        return windows
    }
}

@available(*, unavailable)
extension SampledCopies: Sendable {}

extension [StackWindow] {
    /// Those that begin where another one ends are one.
    fileprivate var joined: [StackWindow] {
        sorted { $0.base < $1.base }.reduce(into: []) { joined, next in
            if let last = joined.last, last.end == next.base {
                joined[joined.count - 1] = StackWindow(base: last.base, bytes: last.bytes + next.bytes)
            } else {
                joined.append(next)
            }
        }
    }
}

extension CopyPlan.Step {
    private static let largest = Int(CLINUX_COPY_BYTES)

    /// What else is copied of a stack of which more is needed than is copied at first.
    fileprivate var rest: [CopyPlan.Step] {
        guard byteCount > 2 * Self.largest else { return [] }
        return stride(from: Self.largest, to: byteCount, by: Self.largest).map { offset in
            CopyPlan.Step(
                origin: origin, offsets: offsets, start: start &+ Int64(offset), byteCount: byteCount - offset)
        }
    }
}

extension InterpreterPlan.Step {
    /// The address of a few bytes for which no pointer has to be followed.
    fileprivate var fixedPlace: UInt64? {
        guard case .bytes(let place, let count) = self, place.offsets.isEmpty, count <= UInt32(CLINUX_PLACE_BYTES)
        else {
            return nil
        }
        return place.address.rawValue
    }
}

extension clinux_list_plan {
    /// `nil` for another step, or a list that asks for more than there is room for.
    fileprivate init?(_ step: InterpreterPlan.Step) {
        guard case .list(let first, let next, let count, _) = step, count <= UInt32(CLINUX_LIST_BYTES),
            let offset = first.offsets.first, first.offsets.count <= 1 + Int(CLINUX_LIST_OFFSETS)
        else { return nil }
        self.init()
        address = first.address.rawValue &+ UInt64(offset)
        let rest = first.offsets.dropFirst().map(UInt64.init)
        offset_count = UInt64(rest.count)
        offsets = (rest.first ?? 0, rest.dropFirst().first ?? 0)
        self.next = UInt64(next)
        byte_count = UInt64(count)
    }
}

extension clinux_copied {
    /// The pointers that were followed to the lists.
    fileprivate var pathWindows: [StackWindow] {
        // Safe: the arrays are copied out as a whole.
        let places = unsafe withUnsafeBytes(of: path_places) { unsafe Array($0.bindMemory(to: UInt64.self)) }
        let pointers = unsafe withUnsafeBytes(of: path_pointers) { unsafe Array($0.bindMemory(to: UInt64.self)) }
        return zip(places, pointers).filter { $0.0 != 0 }.map { place, pointer in
            StackWindow(
                base: Address(rawValue: place),
                bytes: (0..<8).map { UInt8(truncatingIfNeeded: pointer >> (8 * UInt64($0))) })
        }
    }

    fileprivate var placeWindows: [StackWindow] {
        // Safe: the array is copied out as a whole.
        let bytes = unsafe withUnsafeBytes(of: place_bytes) { unsafe [UInt8]($0) }
        let size = Int(CLINUX_PLACE_BYTES)
        return [places.0, places.1].enumerated().filter { $0.element != 0 }.map { index, place in
            StackWindow(base: Address(rawValue: place), bytes: Array(bytes[index * size..<(index + 1) * size]))
        }
    }
}

extension clinux_copy_plan {
    /// Has the interpreter's plan carried out: the first lists, and the first places that don't lead to them.
    fileprivate mutating func set(_ plan: InterpreterPlan) {
        let planned = plan.steps.compactMap(clinux_list_plan.init)
        // There is one size for the elements of all lists.
        let lists =
            planned.filter { $0.byte_count == planned[0].byte_count }.prefix(Int(CLINUX_LISTS))
            + [clinux_list_plan(), clinux_list_plan()]
        self.lists = (lists[0], lists[1])
        let starts = lists.map(\.address)
        let fixed = plan.steps.compactMap(\.fixedPlace).filter { !starts.contains($0) } + [0, 0]
        places = (fixed[0], fixed[1])
    }

    /// As many steps as there is room for, up to the first one that begins in a register.
    ///
    /// The rest of what is larger than one copy comes last.
    fileprivate init(_ planned: [CopyPlan.Step]) {
        self.init()
        let steps = planned + planned.flatMap(\.rest)
        let converted = steps.map(clinux_copy_step.init).prefix { $0 != nil }.compactMap { $0 }
        let room = converted.prefix(Int(CLINUX_COPY_STEPS))
        step_count = UInt64(room.count)
        if room.count > 0 { self.steps.0 = room[0] }
        if room.count > 1 { self.steps.1 = room[1] }
        if room.count > 2 { self.steps.2 = room[2] }
    }
}

extension clinux_copy_step {
    fileprivate init?(_ step: CopyPlan.Step) {
        guard step.offsets.count <= Int(CLINUX_COPY_OFFSETS) else { return nil }
        self.init()
        switch step.origin {
        case .memory(let pointer): address = pointer.rawValue
        case .address(let place): (address, is_place) = (place.rawValue, 1)
        case .register: return nil
        }
        offset_count = UInt64(step.offsets.count)
        let padded = step.offsets + [0, 0, 0]
        offsets = (padded[0], padded[1], padded[2])
        start = step.start
        // Copies begin at a multiple of 512.
        byte_count = UInt64(min(step.byteCount + 512, Int(CLINUX_COPY_BYTES)))
    }
}
