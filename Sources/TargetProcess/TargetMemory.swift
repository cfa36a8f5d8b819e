internal import CLinux
package import ProfileModel

/// Reads a process's memory from outside (process_vm_readv(2)), whether it runs or not.
package struct TargetMemory: Sendable {
    package let process: ProcessID

    package init(of process: ProcessID) { self.process = process }

    /// Reads up to the buffer's size at `address`; returns how many bytes there were before the first that can't be read.
    package func read(at address: Address, into buffer: UnsafeMutableRawBufferPointer) -> Int {
        guard buffer.count > 0 else { return 0 }
        // Safe: the kernel writes at most `count` bytes.
        return max(0, unsafe clinux_read_memory(process.rawValue, address.rawValue, buffer.baseAddress, buffer.count))
    }

    /// Up to `count` bytes at `address`; fewer where the memory ends.
    package func bytes(at address: Address, count: Int) -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            initialized = unsafe read(at: address, into: UnsafeMutableRawBufferPointer(buffer))
        }
    }
}
