import Glibc

/// A system call that failed.
struct SystemError: Error, CustomStringConvertible {
    let call: String
    let number: CInt

    /// The call that has just set `errno`.
    init(_ call: String, number: CInt = errno) {
        self.call = call
        self.number = number
    }

    var description: String {
        // Safe: strerror returns a valid C string for every number.
        unsafe "\(call): \(String(cString: strerror(number)))"
    }
}
