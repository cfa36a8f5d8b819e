import Foundation

/// A port of the loopback address whose queue of connections is full: the kernel drops requests to connect to it.
package final class UnansweredPort: Sendable {
    package let port: UInt16
    private let descriptors: [CInt]

    package init() throws {
        let (listener, port) = try LoopbackPort.listen(backlog: 0)
        self.port = port
        descriptors = [listener] + (0..<4).map { _ in LoopbackPort.beginConnecting(to: port) }
    }

    deinit { for descriptor in descriptors { close(descriptor) } }
}
