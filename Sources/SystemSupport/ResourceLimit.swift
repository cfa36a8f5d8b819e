package import Glibc

/// A limit of this process, of getrlimit(2).
package struct ResourceLimit: Hashable, Sendable {
    package typealias Resource = __rlimit_resource

    /// What is in force; `nil` without a limit.
    package let soft: UInt64?
    /// How far the soft limit can be raised without privileges; `nil` without a limit.
    package let hard: UInt64?

    package init(of resource: Resource) throws(SystemCallError) {
        var limit = rlimit()
        // Safe: the structure outlives the call.
        guard unsafe getrlimit(__rlimit_resource_t(resource.rawValue), &limit) == 0 else {
            throw SystemCallError(call: "getrlimit", errno: errno)
        }
        soft = limit.rlim_cur == rlim_t.max ? nil : UInt64(limit.rlim_cur)
        hard = limit.rlim_max == rlim_t.max ? nil : UInt64(limit.rlim_max)
    }
}
