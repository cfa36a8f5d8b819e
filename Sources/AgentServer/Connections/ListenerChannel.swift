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

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            connections.insert(channel)
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
            // The guard's deadlines tell silence from a head that doesn't come; this one ends what is idle at the stop.
            try pipeline.addHandler(HTTPConnectionStateHandler(idleTimeout: nil, logger: logger))
            return try NIOAsyncChannel(
                wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
        }
    }

    func handle(value: Value, logger: Logger) async { await handleHTTP(asyncChannel: value, logger: logger) }
}
