internal import Glibc

/// A user and the user's own group, by number.
package struct UserAccount: Hashable, Sendable {
    package let id: UInt32
    package let group: UInt32

    package init(id: UInt32, group: UInt32) {
        self.id = id
        self.group = group
    }

    /// The user of a name or a decimal number in the user database; a number that it doesn't have is its own group.
    ///
    /// `nil` for a name that the database doesn't have.
    package init?(named name: String) {
        var buffer = Self.stringBuffer
        var entry = unsafe passwd()
        var found: UnsafeMutablePointer<passwd>?
        // Safe: entry, buffer and result outlive the call.
        if unsafe getpwnam_r(name, &entry, &buffer, buffer.count, &found) == 0, unsafe found != nil {
            unsafe self.init(id: entry.pw_uid, group: entry.pw_gid)
        } else if let number = UInt32(name), number != .max {
            self = Self(numbered: number) ?? Self(id: number, group: number)
        } else {
            return nil
        }
    }

    /// The user whom the database has under a number.
    package init?(numbered number: UInt32) {
        var buffer = Self.stringBuffer
        var entry = unsafe passwd()
        var found: UnsafeMutablePointer<passwd>?
        // Safe: entry, buffer and result outlive the call.
        guard unsafe getpwuid_r(number, &entry, &buffer, buffer.count, &found) == 0, unsafe found != nil else {
            return nil
        }
        unsafe self.init(id: entry.pw_uid, group: entry.pw_gid)
    }

    /// For the entry's strings, of which none is used: more than any entry that useradd(8) makes.
    private static var stringBuffer: [CChar] { [CChar](repeating: 0, count: 16384) }
}
