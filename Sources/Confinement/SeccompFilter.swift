internal import CSeccomp
internal import Glibc

/// Which system calls a process may make: seccomp(2) by libseccomp.
///
/// Calls of another architecture's interface (32-bit, x32) end the process.
package struct SeccompFilter: Sendable {
    package enum Action: Hashable, Sendable {
        case allow
        /// The call isn't made and returns -1 with this errno.
        case fail(errno: Int32)
        /// The process ends by SIGSYS.
        case kill
    }

    /// A condition on one argument of a call, which the kernel compares as 64 unsigned bits.
    package struct Condition: Hashable, Sendable {
        package enum Comparison: Hashable, Sendable {
            case equal(UInt64)
            case notEqual(UInt64)
            case atMost(UInt64)
            case atLeast(UInt64)
            /// The bits of `mask` have `value`.
            case bits(mask: UInt64, value: UInt64)
        }

        package let argument: UInt32
        package let comparison: Comparison

        /// On the argument of this number, the first being 0.
        package init(argument: UInt32, _ comparison: Comparison) {
            self.argument = argument
            self.comparison = comparison
        }
    }

    package struct Rule: Hashable, Sendable {
        package let systemCall: String
        package let action: Action
        package let conditions: [Condition]

        /// Applies when all conditions hold, at most one for each argument.
        package init(_ systemCall: String, _ action: Action, where conditions: [Condition] = []) {
            self.systemCall = systemCall
            self.action = action
            self.conditions = conditions
        }
    }

    private let defaultAction: Action
    private var rules: [Rule]

    /// - Parameter defaultAction: for calls that no rule applies to.
    package init(default defaultAction: Action, _ rules: [Rule] = []) {
        self.defaultAction = defaultAction
        self.rules = rules
    }

    /// Adds one rule of the same action for each system call.
    package mutating func add(_ action: Action, _ systemCalls: [String]) {
        rules += systemCalls.map { Rule($0, action) }
    }

    package mutating func add(_ rule: Rule) { rules.append(rule) }

    /// Puts the filter in force for the calling thread, for all threads it starts and all programs it executes, for good.
    ///
    /// Sets no_new_privs too, without which the kernel refuses a filter of an unprivileged process.
    package func load() throws(ConfinementError) {
        guard let context = unsafe seccomp_init(defaultAction.code) else {
            throw ConfinementError(.systemCallFilter, errno: ENOMEM)
        }
        // Safe: the context is valid until the release, which is its last use.
        defer { unsafe seccomp_release(context) }
        try Self.check(unsafe seccomp_attr_set(context, SCMP_FLTATR_ACT_BADARCH, Action.kill.code))
        // A binary tree: a filter of 80 rules is passed in a third of the time. Since libseccomp 2.5.
        try Self.check(unsafe seccomp_attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, 2))
        for rule in rules where rule.action != defaultAction {
            let number = unsafe seccomp_syscall_resolve_name(rule.systemCall)
            guard number != __NR_SCMP_ERROR else {
                throw ConfinementError(.systemCallFilter, .unknownSystemCall(rule.systemCall))
            }
            let comparisons = rule.conditions.map(\.code)
            try Self.check(
                unsafe seccomp_rule_add_array(
                    context, rule.action.code, number, UInt32(comparisons.count), comparisons))
        }
        try Self.check(unsafe seccomp_load(context))
    }

    private static func check(_ result: Int32) throws(ConfinementError) {
        guard result == 0 else { throw ConfinementError(.systemCallFilter, errno: -result) }
    }
}

extension SeccompFilter.Action {
    fileprivate var code: UInt32 {
        switch self {
        case .allow: UInt32(SCMP_ACT_ALLOW)
        case .fail(let number): cseccomp_errno_action(UInt16(truncatingIfNeeded: number))
        case .kill: UInt32(SCMP_ACT_KILL_PROCESS)
        }
    }
}

extension SeccompFilter.Condition {
    fileprivate var code: scmp_arg_cmp {
        switch comparison {
        case .equal(let value): scmp_arg_cmp(arg: argument, op: SCMP_CMP_EQ, datum_a: value, datum_b: 0)
        case .notEqual(let value): scmp_arg_cmp(arg: argument, op: SCMP_CMP_NE, datum_a: value, datum_b: 0)
        case .atMost(let value): scmp_arg_cmp(arg: argument, op: SCMP_CMP_LE, datum_a: value, datum_b: 0)
        case .atLeast(let value): scmp_arg_cmp(arg: argument, op: SCMP_CMP_GE, datum_a: value, datum_b: 0)
        case .bits(let mask, let value):
            scmp_arg_cmp(arg: argument, op: SCMP_CMP_MASKED_EQ, datum_a: mask, datum_b: value)
        }
    }
}
