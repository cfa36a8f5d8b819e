internal import CLinux

/// The descriptors that a process has open.
package enum OpenDescriptors {
    /// Closes all but those given; the owners of the others must not use them any more.
    package static func close(except kept: Set<Int32>) throws(ConfinementError) {
        var first: UInt32 = 0
        for descriptor in kept.sorted() where descriptor >= 0 {
            let number = UInt32(descriptor)
            if number > first { try close(first, number - 1) }
            first = number + 1
        }
        try close(first, .max)
    }

    private static func close(_ first: UInt32, _ last: UInt32) throws(ConfinementError) {
        let error = clinux_close_range(first, last)
        guard error == 0 else { throw ConfinementError(.descriptors, errno: error) }
    }
}
