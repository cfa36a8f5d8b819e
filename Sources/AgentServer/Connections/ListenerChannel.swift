import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1

/// What every connection of a listener passes: TLS as it is configured now, the HTTP decoder with its limits, deadlines.
struct ListenerChannel: HTTPChannelHandler {
    typealias Value = NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>

    let responder: HTTPChannelHandler.Responder
    /// `nil`: this listener has no TLS.
    let access: WebAccess?
    let limits: ServerLimits
    let connections: OpenConnections
    /// Of lines in the log.
    private let refusals = RequestRate(perSecond: 1 / 60, burst: 5)

    init(
        responder: @escaping HTTPChannelHandler.Responder, access: WebAccess?, limits: ServerLimits,
        connections: OpenConnections
    ) {
        self.responder = responder
        self.access = access
        self.limits = limits
        self.connections = connections
    }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            let client = ClientAddress(channel.remoteAddress)
            let isAdmitted = connections.admit(channel, of: client)
            let pipeline = channel.pipeline.syncOperations
            if let tls = access?.tls(logger: logger) { try PeerCertificate.add(tls, to: pipeline) }
            var decoderLimits = NIOHTTPDecoderLimitConfiguration()
            decoderLimits.maxHeaderFieldSize = limits.head
            decoderLimits.maxHeaderListSize = limits.head
            decoderLimits.maxHeaderFieldCount = limits.fields
            try pipeline.configureHTTPServerPipeline(
                withPipeliningAssistance: false, withErrorHandling: false, withOutboundHeaderValidation: false,
                withEncoderConfiguration: .init(), withDecoderLimitConfiguration: decoderLimits)
            try pipeline.addHandler(ConnectionGuard(limits, connections))
            try pipeline.addHandler(HTTP1ToHTTPServerCodec(secure: false))
            // The guard has the deadlines; this one closes idle connections when the server stops.
            try pipeline.addHandler(HTTPConnectionStateHandler(idleTimeout: nil, logger: logger))
            if !isAdmitted { refuse(channel, of: client, logger) }
            return try NIOAsyncChannel(
                wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
        }
    }

    /// Closes a connection once it is set up: an error at its setup would end the listener.
    private func refuse(_ channel: any Channel, of client: ClientAddress, _ logger: Logger) {
        channel.eventLoop.execute { channel.close(promise: nil) }
        guard refusals.takes("refusals") else { return }
        logger.warning(
            "connection refused: its address has as many open connections with requests as it may have",
            metadata: ["client": "\(client)", "maximum": "\(limits.connectionsPerClient)"])
    }

    func handle(value: Value, logger: Logger) async { await handleHTTP(asyncChannel: value, logger: logger) }
}
