internal import CLibunwind

/// The version of libunwind that Sonde was built with, such as `1.6`.
package var libunwindVersion: String {
    // Safe: the shim returns a constant string.
    unsafe String(cString: clibunwind_version())
}
