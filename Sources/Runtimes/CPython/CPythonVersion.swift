/// A version of CPython, and how it was built.
package struct CPythonVersion: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let major: Int
    package let minor: Int
    package let micro: Int
    /// Built without a global interpreter lock (`--disable-gil`, from 3.13 on).
    package let isFreeThreaded: Bool

    package init(_ major: Int, _ minor: Int, _ micro: Int = 0, isFreeThreaded: Bool = false) {
        self.major = major
        self.minor = minor
        self.micro = micro
        self.isFreeThreaded = isFreeThreaded
    }

    /// As in `Py_Version` and in `_Py_DebugOffsets`: 0x030C01F0 is 3.12.1 (CPython's Include/patchlevel.h).
    package init(hexadecimal version: UInt64, isFreeThreaded: Bool = false) {
        self.init(
            Int(version >> 24 & 0xFF), Int(version >> 16 & 0xFF), Int(version >> 8 & 0xFF),
            isFreeThreaded: isFreeThreaded)
    }

    package var description: String { "\(major).\(minor).\(micro)" + (isFreeThreaded ? "t" : "") }

    package static func < (left: Self, right: Self) -> Bool {
        (left.major, left.minor, left.micro) < (right.major, right.minor, right.micro)
    }
}
