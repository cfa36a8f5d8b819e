import Glibc

/// Names of users, each asked for once.
struct UserNames {
    /// Asking may go over the network, so names are kept; a host with more users than this forgets them all.
    private static let mostKept = 10_000

    private var names: [UInt32: String] = [:]

    /// The user's name, or the number where it has none.
    mutating func name(of user: UInt32) -> String {
        if let name = names[user] { return name }
        if names.count >= Self.mostKept { names.removeAll() }
        let name = Self.lookUp(user) ?? String(user)
        names[user] = name
        return name
    }

    private static func lookUp(_ user: UInt32) -> String? {
        var entry = unsafe passwd()
        var found: UnsafeMutablePointer<passwd>?
        return unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 16 * 1024) { buffer in
            guard let start = buffer.baseAddress else { return nil }
            // Safe: the entry's strings lie in the buffer, and are copied before it goes.
            guard unsafe getpwuid_r(user, &entry, start, buffer.count, &found) == 0,
                unsafe found != nil, let name = unsafe entry.pw_name
            else { return nil }
            return unsafe String(cString: name)
        }
    }
}
