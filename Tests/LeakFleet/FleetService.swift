package import TrendFamilies

/// A service of a simulated host, with the processes that it has now.
///
/// It is played in steps, by mechanisms: how allocators, collectors, caches and supervisors behave, not by formulas for
/// curves.
package protocol FleetService {
    /// Bytes that all its processes may use together before the kernel kills the largest one.
    var limit: Double { get }
    /// Those that run now.
    var processes: [FleetProcess] { get }

    /// Plays on up to a moment.
    ///
    /// - Parameter seconds: since the start of the simulation, which is midnight of a Monday.
    mutating func advance(to seconds: Double, _ draw: inout Draw)

    /// The kernel has killed a process for lack of memory; its supervisor does what it does then.
    mutating func kill(_ number: Int32, at seconds: Double, _ draw: inout Draw)
}

/// A process of a simulated service.
package struct FleetProcess: Sendable {
    /// No two processes of a service have the same in one simulation.
    package var number: Int32
    package var command: String
    /// Seconds since the start of the simulation; below zero where it ran before.
    package var startedAt: Double
    /// Bytes: anonymous memory and swap.
    package var memory = 0.0
    /// Of the memory, bytes that were leaked.
    package var leaked = 0.0
    /// CPU seconds since its start.
    package var cpu = 0.0
    /// Established connections.
    package var connections = 0

    package init(number: Int32, command: String, startedAt: Double) {
        self.number = number
        self.command = command
        self.startedAt = startedAt
    }
}

/// A kind of service.
package struct FleetKind: Sendable {
    package let name: String
    package let leaks: Bool
    private let make: @Sendable (inout Draw, _ onset: Double) -> any FleetService

    package init(sound name: String, _ make: @escaping @Sendable (inout Draw) -> any FleetService) {
        (self.name, leaks) = (name, false)
        self.make = { draw, _ in make(&draw) }
    }

    /// - Parameter make: takes the moment in seconds from which on it leaks; before it, it behaves as its healthy like.
    package init(
        leaking name: String, _ make: @escaping @Sendable (inout Draw, _ onset: Double) -> any FleetService
    ) {
        (self.name, leaks) = (name, true)
        self.make = make
    }

    package func service(_ draw: inout Draw, onset: Double) -> any FleetService { make(&draw, onset) }
}
