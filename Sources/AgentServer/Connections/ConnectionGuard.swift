import NIOCore
import NIOHTTP1

/// Keeps a connection within time and order: a request that doesn't arrive, a response that isn't taken, malformed bytes.
///
/// It stands between the HTTP decoder and the rest, closes as `Connection` and the HTTP version ask for, and after the
/// last response reads on for a moment: a socket that is closed with unread bytes resets, which may lose the response.
final class ConnectionGuard: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private enum Phase {
        case open
        /// Malformed bytes came: what was asked for before is answered, then they are refused.
        case refusing(HTTPParserError)
        /// Nothing more is answered.
        case closing
    }

    private let time: TimeAmount
    private var phase = Phase.open
    /// Of each request that is not answered, whether the connection may stay open after it.
    private var unanswered = CircularBuffer<Bool>()
    private var isRequestIncomplete = false
    private var closesAfterResponse = false
    private var arrival: Scheduled<Void>?
    private var departure: Scheduled<Void>?

    init(seconds: Double) { time = .milliseconds(Int64(seconds * 1000)) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .open = phase else { return }
        switch unwrapInboundIn(data) {
        case .head(let head):
            unanswered.append(head.isKeepAlive)
            isRequestIncomplete = true
            arrival?.cancel()
            arrival = schedule(context) { if $0.isRequestIncomplete { $1.fireErrorCaught(RequestTimeout()) } }
        case .body: break
        case .end:
            isRequestIncomplete = false
            arrival?.cancel()
        }
        context.fireChannelRead(data)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        // The handlers after this one have stopped to ask for more.
        if case .closing = phase { context.read() }
        context.fireChannelReadComplete()
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .closing = phase {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        switch unwrapOutboundIn(data) {
        case .head(var head):
            if unanswered.first != true { head.headers.replaceOrAdd(name: "connection", value: "close") }
            closesAfterResponse = head.headers[canonicalForm: "connection"].contains("close")
            departure?.cancel()
            departure = schedule(context) { $1.close(promise: nil) }
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .body: context.write(data, promise: promise)
        case .end: writeEnd(context, data, promise)
        }
    }

    private func writeEnd(_ context: ChannelHandlerContext, _ data: NIOAny, _ promise: EventLoopPromise<Void>?) {
        _ = unanswered.popFirst()
        if closesAfterResponse { phase = .closing }
        let promise = promise ?? context.eventLoop.makePromise()
        let loopBound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        promise.futureResult.whenSuccess {
            let (connection, context) = loopBound.value
            connection.responseLeft(context)
        }
        context.write(data, promise: promise)
    }

    private func responseLeft(_ context: ChannelHandlerContext) {
        departure?.cancel()
        switch phase {
        case .open: break
        case .refusing(let error): if unanswered.isEmpty { refuse(error, context) }
        case .closing: linger(context)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch (error, phase) {
        case (_, .closing): context.close(promise: nil)
        case (let error as HTTPParserError, .open):
            // Who reads the rest of the request has to learn that it doesn't come.
            if isRequestIncomplete { return context.fireErrorCaught(error) }
            phase = .refusing(error)
            if unanswered.isEmpty { refuse(error, context) }
        case (is HTTPParserError, .refusing): break
        default: context.close(promise: nil)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .closing = phase, let event = event as? ChannelEvent, event == .inputClosed {
            context.close(promise: nil)
        }
        context.fireUserInboundEventTriggered(event)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        arrival?.cancel()
        departure?.cancel()
    }

    private func refuse(_ error: HTTPParserError, _ context: ChannelHandlerContext) {
        let refusal = MalformedRequest(error)
        phase = .closing
        context.write(wrapOutboundOut(.head(refusal.head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(refusal.body))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        linger(context)
    }

    private func linger(_ context: ChannelHandlerContext) {
        arrival?.cancel()
        departure?.cancel()
        departure = schedule(context, in: .seconds(1)) { $1.close(promise: nil) }
        context.close(mode: .output, promise: nil)
        context.read()
    }

    private func schedule(
        _ context: ChannelHandlerContext, in time: TimeAmount? = nil,
        _ action: @escaping @Sendable (ConnectionGuard, ChannelHandlerContext) -> Void
    ) -> Scheduled<Void> {
        let loopBound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        return context.eventLoop.scheduleTask(in: time ?? self.time) { action(loopBound.value.0, loopBound.value.1) }
    }
}

@available(*, unavailable)
extension ConnectionGuard: Sendable {}

/// The rest of a request did not come in time.
struct RequestTimeout: Error {}
