internal import CLinux
internal import Glibc
internal import ProcFS
package import ProfileModel

/// Reads a process's memory from outside (process_vm_readv(2)), whether it runs or not.
package struct TargetMemory: Sendable {
    package let process: ProcessID

    package init(of process: ProcessID) { self.process = process }

    /// Reads up to the buffer's size at `address`; returns how many bytes there were before the first that can't be read.
    package func read(at address: Address, into buffer: UnsafeMutableRawBufferPointer) -> Int {
        guard buffer.count > 0 else { return 0 }
        let count = unsafe read(at: address, into: buffer, as: process.rawValue)
        guard count == -Int(ESRCH), let thread = try? ProcFS().process(process).livingThread() else {
            return max(0, count)
        }
        return max(0, unsafe read(at: address, into: buffer, as: thread.process.rawValue))
    }

    /// - Parameter id: any thread of the process that has not ended.
    private func read(at address: Address, into buffer: UnsafeMutableRawBufferPointer, as id: Int32) -> Int {
        // Safe: the kernel writes at most `count` bytes.
        unsafe clinux_read_memory(id, address.rawValue, buffer.baseAddress, buffer.count)
    }

    /// Up to `count` bytes at `address`; fewer where the memory ends.
    package func bytes(at address: Address, count: Int) -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            initialized = unsafe read(at: address, into: UnsafeMutableRawBufferPointer(buffer))
        }
    }
}
