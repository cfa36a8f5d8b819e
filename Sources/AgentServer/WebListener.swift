import AgentConfiguration
import Glibc
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import Synchronization

/// One address at which the server listens.
struct WebListener: Sendable {
    let address: ListenAddress
    let limits: ServerLimits
    let access: WebAccess
    let responder: WebResponder
    let connections: OpenConnections
    let logger: Logger

    /// Listens until the server shuts down; `onListening` gets the address with its port.
    func run(
        on loops: MultiThreadedEventLoopGroup, onListening: @escaping @Sendable (ListenAddress) -> Void
    ) async throws {
        let file = socketFile
        try file?.prepare()
        let failure = ListeningFailure()
        let server = Server(
            childChannelSetup: channel, configuration: configuration,
            onServerRunning: { channel in
                do {
                    try file?.restrict()
                    onListening(address.bound(to: channel.localAddress))
                } catch {
                    failure.keep(error)
                    channel.close(promise: nil)
                }
            },
            eventLoopGroup: loops, logger: quietLogger)
        do {
            try await server.run()
        } catch {
            throw Self.listenError(of: error, address)
        }
        file?.remove()
        try failure.check()
    }

    private var socketFile: UnixSocketFile? {
        if case .unix(let path) = address { UnixSocketFile(path: path) } else { nil }
    }

    private var channel: ListenerChannel {
        let responder = responder
        return ListenerChannel(
            responder: { request, writer, channel in
                try await responder.respond(to: request, through: writer, of: channel)
            },
            // A client of the socket is on this host: there is no network in between on which to encrypt.
            access: socketFile == nil ? access : nil, limits: limits, connections: connections)
    }

    private var configuration: ServerConfiguration {
        let bindAddress: BindAddress =
            switch address {
            case .host(let host, let port): .hostname(host, port: Int(port))
            case .any(let port): .hostname(Self.wildcard, port: Int(port))
            case .unix(let path): .unixDomainSocket(path: path)
            }
        return ServerConfiguration(
            address: bindAddress, backlog: limits.backlog,
            availableConnectionsDelegate: MaximumAvailableConnections(limits.connections))
    }

    /// The address of IPv6 takes IPv4 connections too, where the kernel has IPv6.
    private static var wildcard: String {
        let descriptor = socket(AF_INET6, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return "0.0.0.0" }
        close(descriptor)
        return "::"
    }

    /// The agent itself logs that it listens.
    private var quietLogger: Logger {
        var logger = logger
        logger.logLevel = max(logger.logLevel, .warning)
        return logger
    }

    private static func listenError(of error: any Error, _ address: ListenAddress) -> any Error {
        switch error {
        case let error as IOError:
            switch error.errnoCode {
            case EADDRINUSE: return WebServerError.addressInUse(address)
            case EACCES, EPERM: return WebServerError.notPermitted(address)
            case EADDRNOTAVAIL:
                return WebServerError.unknownAddress(address, reason: "this host doesn't have the address")
            default: return WebServerError.cannotListen(address, reason: error.description)
            }
        case is SocketAddressError, is SocketAddressError.UnknownHost, is NIOConnectionError:
            return WebServerError.unknownAddress(address, reason: "the name is not known")
        case is CancellationError, is WebServerError: return error
        default: return WebServerError.cannotListen(address, reason: "\(error)")
        }
    }
}

extension ListenAddress {
    fileprivate func bound(to address: SocketAddress?) -> ListenAddress {
        guard let port = address?.port.flatMap(UInt16.init(exactly:)) else { return self }
        return switch self {
        case .host(let host, _): .host(host, port: port)
        case .any: .any(port: port)
        case .unix: self
        }
    }
}

/// Why a listener that could be bound can't be used.
final class ListeningFailure: Sendable {
    private let error = Mutex<(any Error)?>(nil)

    func keep(_ error: any Error) { self.error.withLock { $0 = error } }

    func check() throws {
        if let error = error.withLock({ $0 }) { throw error }
    }
}
