internal import CLinux
internal import Glibc

/// The memory to which the events of one CPU write, and from which Sonde reads.
@safe package final class PerfRing {
    /// A power of two, as all sizes are; some sixty samples with deep stacks.
    package static let largestSize = 2 << 20
    package static let smallestSize = 256 << 10

    private let owner: PerfEvent
    private let memory: UnsafeMutableRawPointer
    private let size: Int
    package let processor: Int32

    /// What poll(2) waits for: a quarter of the ring being full.
    package var descriptor: Int32 { owner.descriptor }

    /// - Parameter largestSize: in bytes; where the kernel allows less, it is less.
    /// - Throws: `.noProcessor` when the CPU is not online, `.lockedMemory` when not even a small ring may be had.
    package init(of processor: Int32, largestSize: Int) throws(PerfEventError) {
        self.processor = processor
        var size = Self.largestSize
        while size > max(largestSize, Self.smallestSize) { size /= 2 }
        while true {
            let owner = try PerfEvent(ringOn: processor, wakeupBytes: size / 4)
            if let mapped = unsafe clinux_perf_map(owner.descriptor, size) {
                self.owner = owner
                unsafe memory = mapped
                self.size = size
                return
            }
            guard errno == EPERM || errno == ENOMEM else { throw .failed(errno: errno) }
            guard size > Self.smallestSize else { throw .lockedMemory }
            size /= 2
        }
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
