import Foundation

/// What the tests may do here.
package enum Privileges {
    package static let isRoot = geteuid() == 0

    /// The command, run by the user `nobody`.
    package static func asNobody(_ command: [String]) -> [String] {
        ["/usr/bin/setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--"] + command
    }
}
