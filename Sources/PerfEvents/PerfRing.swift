internal import CLinux
internal import Glibc

/// The memory to which the events of one CPU write, and from which Sonde reads.
@safe package final class PerfRing {
    /// Powers of two, in bytes: some sixty samples with deep stacks, and three of the usual depth.
    package static let sizes = 64 << 10...2 << 20

    private let owner: PerfEvent
    private let memory: UnsafeMutableRawPointer
    private let size: Int
    package let processor: Int32

    /// What poll(2) waits for: a quarter of the ring being full.
    package var descriptor: Int32 { owner.descriptor }

    /// - Parameter size: in bytes, a power of two.
    /// - Throws: `.noProcessor` when the CPU is not online, `.lockedMemory` when so much may not be locked.
    package init(of processor: Int32, size: Int) throws(PerfEventError) {
        let owner = try PerfEvent(ringOn: processor, wakeupBytes: size / 4)
        guard let mapped = unsafe clinux_perf_map(owner.descriptor, size) else {
            throw errno == EPERM || errno == ENOMEM ? .lockedMemory : .failed(errno: errno)
        }
        self.processor = processor
        self.owner = owner
        unsafe memory = mapped
        self.size = size
    }

    deinit { unsafe clinux_perf_unmap(memory, size) }

    /// Moves all that the kernel has written, whole records, to the beginning of `buffer`, which grows as needed.
    ///
    /// - Returns: the number of bytes.
    package func drain(into buffer: inout [UInt8]) -> Int {
        if buffer.count < size { buffer = [UInt8](repeating: 0, count: size) }
        return unsafe buffer.withUnsafeMutableBytes { bytes in
            // Safe: the buffer has room for the whole ring.
            unsafe bytes.baseAddress.map { unsafe clinux_perf_drain(memory, size, $0) } ?? 0
        }
    }
}
