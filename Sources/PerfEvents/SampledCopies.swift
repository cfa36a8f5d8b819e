internal import CLinux
internal import Glibc
internal import ProfileModel

/// Has the kernel copy where stacks go on, at the very time of each sample (bpf(2)): whatever is read of a thread later can
/// be of another call.
///
/// Belongs to one thread at a time.
@safe final class SampledCopies {
    private var raw: clinux_copies
    private var buffer = [UInt8](repeating: 0, count: Int(CLINUX_COPY_STEPS) * Int(CLINUX_COPY_BYTES))
    /// Threads that have plans.
    private var planned: Set<ThreadID> = []

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
    func set(_ plans: [CopyPlan], of thread: ThreadID) {
        var plan = clinux_copy_plan(plans.flatMap(\.steps))
        guard plan.step_count > 0 else { return remove(thread) }
        // Safe: the call only reads the plan.
        if unsafe clinux_copies_set(&raw, thread.rawValue, &plan) == 0 { planned.insert(thread) }
    }

    /// To be called when a thread ends: another one may get its number.
    func remove(_ thread: ThreadID) {
        guard planned.remove(thread) != nil else { return }
        // Safe: no plan is read.
        _ = unsafe clinux_copies_set(&raw, thread.rawValue, nil)
    }

    /// What was copied with a thread's sample of a time, in nanoseconds of the monotonic clock.
    func take(of thread: ThreadID, at time: UInt64) -> [StackWindow] {
        guard planned.contains(thread) else { return [] }
        let earliest = time - min(time, Self.longestDelay)
        var copied = clinux_copied()
        // Safe: the call fills the structure, and at most the whole buffer.
        let latest = time &+ Self.longestDelay
        let isFound = unsafe clinux_copies_take(&raw, thread.rawValue, earliest, latest, &copied, &buffer)
        guard isFound != 0 else { return [] }
        var windows: [StackWindow] = []
        var used = 0
        for (base, count) in [
            (copied.base.0, copied.count.0), (copied.base.1, copied.count.1), (copied.base.2, copied.count.2),
        ] where count > 0 {
            windows.append(StackWindow(base: Address(rawValue: base), bytes: Array(buffer[used..<used + Int(count)])))
            used += Int(count)
        }
        return windows.joined
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

extension clinux_copy_plan {
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
